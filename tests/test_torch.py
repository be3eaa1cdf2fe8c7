"""PyTorch's tensors on the CPU as arguments: results are tensors too."""

import numpy as np
import pytest

from defn import errors, grad, jit

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "bool", "float16", "bfloat16"])
def test_tensors_in_and_out(compiler, dtype):
    x = torch.arange(6).reshape(2, 3).to(getattr(torch, dtype))
    result = jit(lambda x: np.maximum(x, x)[:, ::2], compiler=compiler)(x)
    assert isinstance(result, torch.Tensor) and torch.equal(result, x[:, ::2])


def test_gradient():
    assert torch.equal(grad(lambda x: np.sum(x**2))(torch.arange(3.0)), 2 * torch.arange(3.0))


def test_a_tensor_cannot_be_written():
    def write(x):
        x[0] = 1
        return x

    with pytest.raises(errors.TypeMismatch, match="torch argument is written in place"):
        jit(write)(torch.zeros(3))


def test_a_function_of_pytorchs_is_named():
    with pytest.raises(errors.TypeMismatch, match="PyTorch's sin takes"):
        jit(lambda x: torch.sin(x))(torch.ones(2))
