"""Nx's names of settings, and what is refused."""

import numpy as np
import pytest

from defn import grad, jit, nx
from defn.errors import ArgumentError, ShapeError, TypeMismatch

X = np.arange(12.0).reshape(3, 4)


def test_settings_may_be_spelled_either_way():
    assert nx.sum(X, axes=[0]).tolist() == nx.sum(X, axis=0).tolist() == X.sum(0).tolist()
    assert nx.mean(X, axes=[1], keep_axes=True).shape == nx.mean(X, (1,), keepdims=True).shape
    assert nx.argmax(X, axis=1, keep_axis=True).shape == (3, 1)
    assert nx.iota((2,), type="u8").dtype == nx.iota((2,), "uint8").dtype == np.uint8
    assert nx.variance(X, axes=[0], ddof=1).tolist() == X.var(0, ddof=1).tolist()


def test_every_name_is_there():
    assert [name for name in nx.__all__ if not hasattr(nx, name)] == []


def test_traced_functions_are_cut_to_their_place():
    traced = jit(lambda x, k: nx.put_slice(x, [k, 3], [[-1.0]]), compiler="numpy")
    assert traced(X, np.int64(9))[2, 3] == -1.0


def test_keys_are_those_of_nx():
    key = nx.random.key(1701)
    assert nx.random.split(key).tolist() == [[56197195, 1801093307], [961309823, 1704866707]]
    drawn, after = nx.random.uniform(key, shape=(2,), type="float32")
    assert drawn.dtype == np.float32 and after.tolist() == nx.random.split(key)[0].tolist()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_single(dtype):
    pytest.importorskip("ml_dtypes")
    x = nx.tensor([[4.0, 1.0], [1.0, 3.0]], type=dtype)
    assert nx.linalg.cholesky(x).dtype == nx.linalg.determinant(x).dtype == x.dtype
    assert all(part.dtype == x.dtype for part in nx.linalg.svd(x))


@pytest.mark.parametrize("function", [nx.linalg.qr, nx.linalg.svd, nx.linalg.lu])
@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 5), (2, 4, 3)])
def test_factors_are_those_of_the_matrix(function, shape):
    x = np.random.default_rng(1).normal(size=shape)
    factors = function(x, full_matrices=False) if function is nx.linalg.svd else function(x)
    if function is nx.linalg.svd:
        u, s, vh = factors
        factors = (u * s[..., None, :], vh)
    product = np.asarray(factors[0])
    for factor in factors[1:]:
        product = product @ np.asarray(factor)
    np.testing.assert_allclose(product, x, atol=1e-12)


def test_the_derivative_of_the_distance_to_zero_at_zero():
    assert grad(lambda x: nx.abs(x))(0.0) == 1.0
    assert grad(lambda x: nx.clip(x, 0.0, 1.0))(1.0) == 1.0


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: nx.sum(X, axes=[0], axis=0), ArgumentError),
        (lambda: nx.quotient(X, 2), TypeMismatch),
        (lambda: nx.round(1j), TypeMismatch),
        (lambda: nx.log(X, 1), ArgumentError),
        (lambda: nx.complex(1j, 1.0), TypeMismatch),
        (lambda: nx.clip(1j, 0, 1), TypeMismatch),
        (lambda: nx.argmax(X, tie_break="middle"), ArgumentError),
        (lambda: nx.argmax(np.ones((0,))), ArgumentError),
        (lambda: nx.sort(X, direction="up"), ArgumentError),
        (lambda: nx.dot(X, [0], X), ArgumentError),
        (lambda: nx.dot(X, [0], X, [1]), ShapeError),
        (lambda: nx.dot(X, [0], [0], X, [0], [0]), ArgumentError),
        (lambda: nx.flatten(np.ones((2, 2, 2)), axes=[0, 2]), ArgumentError),
        (lambda: nx.broadcast(X, (3, 5), axes=[0, 1]), ShapeError),
        (lambda: nx.broadcast(X, (4, 3), axes=[1, 0]), ShapeError),
        (lambda: nx.pad(X, 0, [(0, 0, 0)]), ShapeError),
        (lambda: nx.pad(X, 0, [(-2, -2, 0), (0, 0, 0)]), ShapeError),
        (lambda: nx.pad(X, 0, [(0, 0, -1), (0, 0, 0)]), ArgumentError),
        (lambda: nx.pad_outer(X, "around", [(1, 1), (0, 0)]), ArgumentError),
        (lambda: nx.to_number(X), ShapeError),
        (lambda: nx.linalg.matrix_rank([1.0]), ShapeError),
        (lambda: nx.constants.epsilon("int8"), TypeMismatch),
        (lambda: nx.random.randint_split(nx.random.key(0), 0.0, 1.0), TypeMismatch),
        (lambda: nx.random.choice(nx.random.key(0), 1), ShapeError),
        (lambda: nx.random.choice(nx.random.key(0), [1], samples=2, replace=False), ArgumentError),
        (lambda: nx.random.choice(nx.random.key(0), [1, 2], [1.0]), ShapeError),
        (lambda: nx.random.multivariate_normal(nx.random.key(0), [0.0], [[1.0]], method="lu"), ArgumentError),
        (lambda: nx.random.multivariate_normal(nx.random.key(0), [0.0], [1.0]), ShapeError),
    ],
)  # fmt: skip
def test_refused(call, error):
    with pytest.raises(error):
        call()
