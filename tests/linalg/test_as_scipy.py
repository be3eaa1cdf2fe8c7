"""What SciPy and Nx have beside NumPy, against SciPy: eager and traced."""

import numpy as np
import pytest
from evaluation import traced

from defn import linalg
from defn.numpy import tensor
from defn.tensor import is_tensor

scipy = pytest.importorskip("scipy.linalg")
draw = np.random.default_rng(2)
DTYPES = ("f8", "f4", "c16", "c8")


def matrices(dtype, *shape):
    x = draw.normal(size=shape)
    return (x + 1j * draw.normal(size=shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def both(function, *arrays, **settings):
    """The results of a function, which must be the same eager and traced."""
    eager = function(*map(tensor, arrays), **settings)
    found = traced(lambda *xs: function(*xs, **settings), *arrays)
    pairs = zip(eager, found) if isinstance(eager, tuple) else [(eager, found)]
    for e, f in pairs:
        assert is_tensor(e)
        np.testing.assert_array_equal(e.numpy(), f)
    return found


def close(got, wanted, dtype):
    assert got.dtype == wanted.dtype and got.shape == wanted.shape
    within = 2e-4 if np.dtype(dtype).char in "fF" else 1e-10
    np.testing.assert_allclose(got, wanted, rtol=within, atol=within)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (100, 90)], ids=str)
def test_lu(shape, dtype):
    x = matrices(dtype, *shape)
    for got, wanted in zip(both(linalg.lu, x), scipy.lu(x)):
        close(got, wanted.astype(dtype), dtype)
    for got, wanted in zip(both(linalg.lu, x, p_indices=True), scipy.lu(x, p_indices=True)):
        np.testing.assert_allclose(got, wanted, rtol=2e-3, atol=1e-4)


def test_lu_of_batches():
    x = matrices("f8", 2, 3, 4, 4)
    permutation, lower, upper = both(linalg.lu, x)
    close(permutation @ lower @ upper, x, "f8")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize("transform, trans", [("none", 0), ("transpose", 1), ("conjugate", 2)])
def test_triangular_solve(transform, trans, unit, lower, dtype):
    a = (matrices(dtype, 4, 4) + 4 * np.eye(4)).astype(dtype)
    for b in (matrices(dtype, 4), matrices(dtype, 4, 3)):
        settings = {"lower": lower, "transform_a": transform, "unit_diagonal": unit}
        wanted = scipy.solve_triangular(a, b, trans, lower, unit)
        close(both(linalg.triangular_solve, a, b, **settings), wanted, dtype)
        right = np.ascontiguousarray(b.T)
        got = both(linalg.triangular_solve, a, right, left_side=False, **settings)
        t = np.tril(a) if lower else np.triu(a)
        if unit:
            np.fill_diagonal(t, 1)
        t = {"none": t, "transpose": t.T, "conjugate": t.conj().T}[transform]
        close(got @ t, right, dtype)


def test_triangular_solve_of_batches_and_long_triangles():
    a, b = matrices("f8", 2, 3, 3) + 4 * np.eye(3), matrices("f8", 3, 2)
    found = both(linalg.triangular_solve, a, b)
    close(np.tril(a) @ found, np.broadcast_to(b, (2, 3, 2)), "f8")
    a = matrices("f8", 150, 150) / 20 + 2 * np.eye(150)
    close(both(linalg.triangular_solve, a, a[0]), scipy.solve_triangular(a, a[0], lower=True), "f8")


def test_triangular_solve_refuses():
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        linalg.triangular_solve(np.zeros((2, 2)), np.ones(2))
    with pytest.raises(np.linalg.LinAlgError, match="do not go together"):
        linalg.triangular_solve(np.eye(2), np.ones(3))
    with pytest.raises(ValueError, match="transform_a must be one of"):
        linalg.triangular_solve(np.eye(2), np.ones(2), transform_a="other")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [0, 1e-3, 0.5, 3, 40])
def test_expm(scale, dtype):
    x = (matrices(dtype, 3, 4, 4) * scale).astype(dtype)
    x = x - np.conj(np.swapaxes(x, -1, -2)) if scale > 3 else x  # of large ones, no overflow
    wanted = scipy.expm(x)
    got = both(linalg.expm, x)
    size = np.abs(wanted).max(axis=(-2, -1), keepdims=True)
    assert got.dtype == np.dtype(dtype)
    np.testing.assert_allclose(
        got / size, wanted / size, atol=2e-4 if np.dtype(dtype).char in "fF" else 2e-12
    )


def test_expm_of_integers_and_of_nothing():
    close(both(linalg.expm, np.zeros((2, 2), int)), np.eye(2), "f8")
    assert both(linalg.expm, np.zeros((0, 2, 2))).shape == (0, 2, 2)
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        linalg.expm(np.ones((2, 3)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_null_space(dtype):
    x = matrices(dtype, 2, 5)
    wanted = scipy.null_space(x)
    for got in (linalg.null_space(x).numpy(), both(linalg.null_space, x, size=3)):
        close(got @ got.conj().T, wanted @ wanted.conj().T, dtype)
    with pytest.raises(TypeError, match="pass size="):
        traced(linalg.null_space, x)


def test_least_squares():
    a, b = matrices("f8", 5, 3), matrices("f8", 5)
    close(both(linalg.least_squares, a, b), scipy.lstsq(a, b)[0], "f8")
