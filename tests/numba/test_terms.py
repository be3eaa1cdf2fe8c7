"""Sums of products: one kernel, and the same to the last bit as the products added one by one."""

import numpy as np
import pytest

from defn import jit

RANDOM = np.random.default_rng(8)
NUMBA = {"compiler": "numba"}


def matrices(*shapes, dtype="float32"):
    return [RANDOM.standard_normal(shape).astype(dtype) for shape in shapes]


def gates(x, w, h, u):
    return np.tanh(x @ w + h @ u)


def from_zeros(x, w, h, u):
    total = np.zeros((x.shape[0], w.shape[1]), x.dtype)
    for left, right in ((x, w), (h, u), (x, u)):
        total = left @ right + total
    return total


def transposed(x, w, h, u):
    return x @ w.T + h @ u.T


@pytest.mark.parametrize("f, turned", [(gates, False), (from_zeros, False), (transposed, True)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sum_of_products_is_one_kernel(f, turned, dtype):
    right = (70, 200) if turned else (200, 70)
    x, w, h, u = matrices((33, 200), right, (33, 200), right, dtype=dtype)
    compiled = jit(f, **NUMBA)
    result = compiled(x, w, h, u)
    near = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else {"rtol": 1e-11, "atol": 1e-11}
    np.testing.assert_allclose(result, f(x, w, h, u), **near)
    assert compiled.explain(x, w, h, u).count("product of") == 1


def test_terms_are_added_in_the_order_written():
    def terms(x, w, h, u):
        return x @ w, h @ u

    x, w, h, u = matrices((20, 190), (190, 100), (20, 190), (190, 100))
    first, second = jit(terms, **NUMBA)(x, w, h, u)
    together = jit(lambda x, w, h, u: x @ w + h @ u, **NUMBA)(x, w, h, u)
    assert (together == first + second).all()


def test_a_product_that_is_needed_elsewhere_stays():
    def f(x, w):
        y = x @ w
        return y + x @ (w * 2), y

    x, w = matrices((40, 50), (50, 60))
    compiled = jit(f, **NUMBA)
    for found, exact in zip(compiled(x, w), f(x, w)):
        np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-4)
    assert compiled.explain(x, w).count("product of") == 2


def test_unequal_terms_are_products_of_their_own():
    x, w, h, u = matrices((40, 50), (50, 60), (40, 30), (30, 60))
    found = jit(gates, **NUMBA)(x, w, h, u)
    np.testing.assert_allclose(found, gates(x, w, h, u), rtol=1e-5, atol=1e-5)


def test_a_convolution_by_taps_is_one_product():
    def channels(x, w):
        n, m = x.shape[1] - 2, x.shape[2] - 2
        out = np.zeros((w.shape[0], n, m), x.dtype)
        for i in range(3):
            for j in range(3):
                out = out + np.tensordot(w[:, :, i, j], x[:, i : i + n, j : j + m], axes=1)
        return out

    x, w = matrices((16, 30, 30), (8, 16, 3, 3))
    compiled = jit(channels, **NUMBA)
    np.testing.assert_allclose(compiled(x, w), channels(x, w), rtol=1e-5, atol=1e-5)
    assert compiled.explain(x, w).count("product of") == 1
