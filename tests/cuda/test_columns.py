"""Rows that lie across memory, side by side; loops of several axes by fours; both executed and equal
to NumPy.
"""

import numpy as np
import pytest
from on_ptx import SETTINGS, agrees, both_ways, launches, reference

import defn
from defn import pytree

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]

draw = np.random.default_rng(8)
# Columns: around a warp, around four warps, and so many that a thread takes four.
SHAPES = [(33, 32), (70, 33), (156, 64), (34, 129), (40, 4096), (33, 4100), (1031, 36), (2048, 132)]


def single(*shape):
    return draw.standard_normal(shape).astype("f4")


def softmax(x):
    shifted = np.exp(x - np.max(x, axis=0))
    return shifted / np.sum(shifted, axis=0)


def close_to_exact(function, *arrays):
    """Not further from what float64 gives than sums of float32 are."""
    wanted = reference(function, *(a.astype("f8") for a in arrays))
    for got in both_ways(function, *arrays):
        for g, w in zip(pytree.leaves(got), pytree.leaves(wanted), strict=True):
            np.testing.assert_allclose(g, w, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_columns(shape):
    x = single(*shape)
    assert "rows side by side" in defn.jit(lambda x: np.sum(x, axis=0), **SETTINGS).explain(x)
    close_to_exact(lambda x: [np.sum(x, 0), np.var(x, 0), np.sum(x, 0) + x[0]], x)
    close_to_exact(softmax, x)
    agrees(lambda x: [np.max(x, 0), np.argmax(x, 0), np.argmin(-x, 0), np.any(x > 2, 0)], x)


@pytest.mark.parametrize("dtype", ["f2", "f8", "i1", "u8", "?", "c8", "c16"])
def test_columns_of_other_dtypes(dtype):
    for shape in ((70, 45), (35, 4104)):
        x = (10 * single(*shape)).astype(dtype)
        agrees(lambda x: [np.sum(x, 0), np.max(x, 0), np.prod(x, 0) * 0 == 0], x, ulp=512)


def test_columns_in_the_middle_and_in_parts():
    x = single(3, 40, 2000)
    close_to_exact(lambda x: [np.sum(x, 1), np.max(x, 1) - np.min(x, 1)], x)
    close_to_exact(lambda x: np.mean(x, (0, 1)), x)
    for shape in ((3000, 64), (5003, 40)):
        kernels = launches(lambda x: np.sum(x, axis=0), single(*shape))
        assert len(kernels) == 2 and kernels[0].grid > kernels[1].grid
        close_to_exact(lambda x: np.sum(x, axis=0), single(*shape))


def test_columns_that_begin_anywhere():
    memory = single(40 * 4096 + 1)
    lent = defn.tensor(memory).to("cuda:ptx")[1:].reshape(40, 4096)
    np.testing.assert_allclose(
        np.asarray(defn.jit(lambda x: np.sum(x, axis=0), compiler="cuda")(lent)),
        np.sum(memory[1:].reshape(40, 4096), axis=0), rtol=1e-4, atol=1e-4)  # fmt: skip


def test_columns_added_in_place():
    def add(y, x):
        y += np.sum(x, axis=0)

    for n in (45, 5000):
        y, x = single(n), single(40, n)
        wanted = y + np.sum(x, axis=0, dtype="f8")
        defn.jit(add, **SETTINGS)(y, x)
        np.testing.assert_allclose(y, wanted, rtol=1e-4, atol=1e-4)


def bias(x, b):
    return np.maximum(x + b, 0)


def stencil(u):
    around = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]
    return u[1:-1, 1:-1] + np.float32(0.1) * (around - 4 * u[1:-1, 1:-1])


@pytest.mark.parametrize("n", [254, 255, 256, 258, 260])
def test_several_loops_by_fours(n):
    x = single(258, n)
    (step,) = launches(bias, x, x[0])
    assert ("put_four" in step.text) == (n % 4 == 0)
    agrees(bias, x, x[0])
    agrees(bias, x, x[:, :1].copy())
    agrees(stencil, single(300, n))
    agrees(lambda x, b: x * b[:, None, :], single(7, 40, n), single(7, n))


def test_what_loops_inside_read_is_not_loaded_before_them():
    agrees(lambda x, y: x @ y, single(5000, 4, 4), single(5000, 4, 4))
    close_to_exact(lambda x: np.sum(x, axis=0), single(33, 140_000))
