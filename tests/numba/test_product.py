"""Products in tiles: every shape of tile, any strides, in parts, the same on any threads."""

import math

import numpy as np
import pytest

from defn import jit
from defn.compilers.numba import product
from defn.compilers.numba.kernels import compile_kernel
from defn.compilers.numba.panels import pieces
from defn.compilers.numba.threads import Program

RANDOM = np.random.default_rng(5)
SLOTS = [(k, k, "array") for k in range(4)]


def multiplied(left, right, chunk=8, threads=1):
    """left @ right, where both may be transposed arrays, or stacks of matrices."""
    (*batch, rows, inner), columns, dtype = left.shape, right.shape[-1], left.dtype
    down, along = (stride // left.itemsize for stride in left.strides[-2:])
    turned = right.strides[-1] != right.itemsize and columns > 1
    cut = pieces((*batch, rows, columns), inner, dtype, turned)
    kernel = compile_kernel(product.text(columns, dtype, turned))
    matrices = math.prod(batch)
    every = cut.count * matrices
    sizes = [rows, inner, columns, rows * inner, down, along, cut.height, cut.blocks, cut.width]
    sizes += [cut.strips, cut.depth, cut.deep, matrices, chunk]
    run = Program([(kernel, every, chunk, True, 0)], [0, 0, 0, 0, *sizes], SLOTS)
    result = np.full((cut.parts * matrices * rows + 1, columns), np.nan, dtype)
    room = np.full(-(-every // chunk) * product.room(columns, dtype), np.nan, dtype)
    assert run(result, room, left, right, threads=threads) == 0
    assert np.isnan(result[-1]).all()
    return result[:-1].reshape(cut.parts, *batch, rows, columns).sum(0)


def operands(rows, inner, columns, dtype):
    return (
        RANDOM.standard_normal(shape).astype(dtype) for shape in ((rows, inner), (inner, columns))
    )


def near(result, left, right):
    exact = left.astype(np.longdouble) @ right.astype(np.longdouble)
    size = abs(left).astype(np.longdouble) @ abs(right)
    eps = np.finfo(result.dtype).eps
    assert (abs(result - exact) <= 2 * np.sqrt(left.shape[1] + 1) * eps * size).all()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("columns", [2, 16, 33, 64, 200])
def test_all_widths(columns, dtype, turned):
    for rows, inner in [(1, 1), (3, 5), (14, 300), (61, 257)]:
        left, right = operands(rows, inner, columns, dtype)
        near(multiplied(left, np.asfortranarray(right) if turned else right), left, right)


@pytest.mark.parametrize("columns", [1, 3, 20, 64])
def test_a_transposed_left_side(columns):
    left, right = operands(50, 70, columns, "float64")
    near(multiplied(np.asfortranarray(left), right), left, right)


@pytest.mark.parametrize("chunk", [1, 5, 7, 20, 63])
@pytest.mark.parametrize("turned", [False, True])
def test_stacks_of_matrices(chunk, turned):
    left = RANDOM.standard_normal((9, 7, 12)).astype(np.float32)
    right = RANDOM.standard_normal((9, 12, 70)).astype(np.float32)
    given = right.swapaxes(1, 2).copy().swapaxes(1, 2) if turned else right
    result = multiplied(left, given, chunk, threads=2)
    for found, one, other in zip(result, left, right):
        near(found, one, other)


@pytest.mark.parametrize(
    "rows, inner, columns", [(300, 600, 10), (30, 2000, 700), (9, 9000, 20), (900, 40, 130)]
)
@pytest.mark.parametrize("turned", [False, True])
def test_threads_and_chunks_change_nothing(rows, inner, columns, turned):
    left, right = operands(rows, inner, columns, "float32")
    given = np.asfortranarray(right) if turned else right
    whole = multiplied(left, given, 1000)
    near(whole, left, right)
    for chunk in (1, 3, 15):
        assert (multiplied(left, given, chunk, threads=3) == whole).all()


def test_a_large_right_side_is_read_along_its_rows():
    left, right = operands(5, 1100, 1100, "float32")
    assert pieces((5, 1100), 1100, left.dtype, False).deep < product.INNER
    near(multiplied(left, right), left, right)


def test_few_results_of_a_long_inner_axis_are_sums_of_parts():
    left, right = operands(6, 40_000, 5, "float32")
    assert pieces((6, 5), 40_000, left.dtype, False).parts > 8
    near(multiplied(left, right, 1, threads=2), left, right)
    f = jit(lambda x, y: x.T @ y, compiler="numba")
    x, y = RANDOM.standard_normal((5_000, 3)), RANDOM.standard_normal((5_000, 4))
    near(f(x, y), x.T, y)
    assert "parts" in f.explain(x, y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_transposed_sides_are_read_as_they_lie(dtype):
    f = jit(lambda x, y: x.T @ y.T, compiler="numba")
    x, y = (
        RANDOM.standard_normal((40, 30)).astype(dtype),
        RANDOM.standard_normal((50, 40)).astype(dtype),
    )
    near(f(x, y), x.T, y.T)
    assert ": transpose" not in f.explain(x, y)


def test_nan_and_infinity_stay_in_their_rows():
    left, right = operands(30, 20, 10, "float32")
    left[3, 4], left[7, 1] = np.nan, np.inf
    result = multiplied(left, right)
    assert np.isnan(result[3]).all() and np.isinf(result[7]).all()
    assert np.isfinite(np.delete(result, [3, 7], axis=0)).all()
