"""Zeros and quotients of polynomials, in compiled functions and eagerly, against NumPy."""

import numpy as np
import pytest

import defn
import defn.numpy as xp

COMPLEX_ROOTS = np.array([2.0, 1.0, 3.0, 1.5])


@pytest.mark.parametrize("compiler", ["numpy", "numba"])
def test_roots(compiler):
    got = defn.jit(lambda p: np.roots(p), compiler=compiler)(COMPLEX_ROOTS)
    np.testing.assert_allclose(np.sort_complex(got), np.sort_complex(np.roots(COMPLEX_ROOTS)))
    np.testing.assert_allclose(np.sort(np.asarray(xp.roots([1, -3, 2])).real), [1, 2])


def test_roots_of_a_constant():
    assert defn.jit(lambda p: np.roots(p))(np.array([3.0])).shape == (0,)


def test_a_first_coefficient_of_zero_is_refused():
    with pytest.raises(ValueError, match="cut it off"):
        defn.jit(lambda p: np.roots(p))(np.array([0.0, 1.0, 2.0]))


def test_gradient_of_a_root():
    largest = lambda p: np.max(np.roots(p).real)
    found = defn.grad(largest)(np.array([1.0, -3.0, 2.0]))
    np.testing.assert_allclose(found, [-4.0, -2.0, -1.0])  # -x**k / p'(x) at x = 2


# XLA gives no results whose sizes depend on values.
@pytest.mark.parametrize("compiler", ["numpy", "numba"])
@pytest.mark.parametrize(
    "u, v",
    [
        ([3.0, 5.0, 2.0], [2.0, 1.0]),
        ([1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 2.0, 3.0]),
        ([1.0, 0.0, 0.0, -1.0], [1.0, -1.0]),
        ([2.0], [1.0, 2.0]),
        ([4, 2], [2]),
    ],
)
def test_polydiv(u, v, compiler):
    u, v = np.array(u), np.array(v)
    wanted = np.polydiv(u, v)
    for got in (
        defn.jit(lambda u, v: np.polydiv(u, v), compiler=compiler)(u, v),
        xp.polydiv(u, v),
    ):
        for g, w in zip(got, wanted, strict=True):
            np.testing.assert_allclose(np.asarray(g), w, atol=1e-12)
            assert g.shape == w.shape
