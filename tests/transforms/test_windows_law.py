"""Scatters at `place + tap` become sums of shifted arrays, equal to the last bit."""

import numpy as np
import pytest

from defn import grad, jit

SIZES = [(8, 3), (3, 8), (40, 32), (5, 5), (1, 4), (4, 1), (40, 33)]


def at_tap(n, k, first):
    if first:
        return np.arange(n)[:, None] + np.arange(k)
    return np.arange(n)[:, None] + np.arange(k) + 2


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("n, k", SIZES)
@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
def test_sums_as_numpy_adds(n, k, first, compiler):
    def added(values):
        out = np.zeros((n + k + 4, 3), np.float32)
        np.add.at(out, at_tap(n, k, first), values)
        return out

    values = np.random.default_rng(n).standard_normal((n, k, 3)).astype(np.float32)
    result = jit(added, compiler=compiler)(values)
    np.testing.assert_array_equal(result, added(values))


def test_other_axis_and_integers():
    def added(values):
        out = np.zeros((2, 12, 3), np.int8)
        np.add.at(out, (slice(None), np.arange(8)[:, None] + np.arange(4)), values)
        return out

    values = np.random.default_rng(0).integers(-100, 100, (2, 8, 4, 3)).astype(np.int8)
    np.testing.assert_array_equal(jit(added)(values), added(values))


@pytest.mark.parametrize("index", [[[0, 1], [1, 2]], [[0, 2], [1, 3]], [[0, -1], [1, 0]]])
def test_other_indices_stay_scatters(index):
    def added(values):
        out = np.zeros(6)
        np.add.at(out, np.array(index), values)
        return out

    values = np.random.default_rng(0).random((2, 2))
    np.testing.assert_array_equal(jit(added)(values), added(values))


def test_gradient_of_windows():
    def windows(x, w):
        seen = np.lib.stride_tricks.sliding_window_view(x, (3, 2), axis=(0, 1))
        return np.sum(np.einsum("ijkl,kl->ij", seen, w) ** 2)

    x, w = np.random.default_rng(0).random((7, 6)), np.random.default_rng(1).random((3, 2))
    slope = grad(windows)(x, w)
    step = 1e-6
    for place in np.ndindex(x.shape):
        moved = x.copy()
        moved[place] += step
        np.testing.assert_allclose(
            (windows(moved, w) - windows(x, w)) / step, slope[place], rtol=1e-4
        )
    text = str(jit(grad(windows)).explain(x, w))
    assert "scatter" not in text
