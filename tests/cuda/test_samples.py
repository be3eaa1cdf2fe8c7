"""The samples of every operation as CUDA kernels, the PTX executed on the CPU, against NumPy."""

import numpy as np
import pytest
from on_ptx import close, executed, reference
from samples import ROWS, SAMPLES

import defn
from defn import pytree

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]

COMPOSED = [name for name in SAMPLES if name not in ROWS]
# One of each family: the gradients are graphs of operations that are sampled themselves.
DERIVED = """
add multiply divide power arctan2 exp log tanh select cast transpose pad concatenate flip
get put add_at gather scatter_add sum prod max cumsum matmul erf lgamma
""".split()


def leaves_agree(sample, got, wanted):
    for g, w in zip(pytree.leaves(got), pytree.leaves(wanted), strict=True):
        close(np.asarray(g), np.asarray(w), max(8, 2 * sample.ulp))


@pytest.mark.parametrize("name", ROWS)
def test_row(name):
    for sample in SAMPLES[name]:
        leaves_agree(
            sample, executed(sample, *sample.arguments), reference(sample, *sample.arguments)
        )


@pytest.mark.parametrize("name", COMPOSED)
def test_composed(name):
    sample = SAMPLES[name][0]
    leaves_agree(sample, executed(sample, *sample.arguments), reference(sample, *sample.arguments))


@pytest.mark.parametrize("name", DERIVED)
def test_gradient(name):
    sample = next(s for s in SAMPLES[name] if s.wrt and s.arguments[s.wrt[0]].dtype.kind == "f")

    def loss(*arguments):
        return np.sum(np.sin(sample(*arguments)))

    slope = defn.grad(loss, argnums=sample.wrt[0])
    leaves_agree(sample, executed(slope, *sample.arguments), reference(slope, *sample.arguments))
