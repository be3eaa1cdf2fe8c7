"""Skinny products: every shape of tile, any strides on the left, the same on any threads."""

import math

import numpy as np
import pytest

from defn.compilers.numba import product
from defn.compilers.numba.kernels import compile_kernel
from defn.compilers.numba.threads import Program

RANDOM = np.random.default_rng(5)
SLOTS = [(k, k, "array") for k in range(3)]


def multiplied(left, right, chunk, threads=1):
    """left @ right, where left may be a transposed array, or both stacks of matrices."""
    (*batch, rows, inner), columns = left.shape, right.shape[-1]
    down, along = (stride // left.itemsize for stride in left.strides[-2:])
    kernel = compile_kernel(product.text(columns, left.dtype.name))
    every, sizes = math.prod(batch) * rows, [rows, inner, columns, down, along]
    run = Program([(kernel, every, chunk, True, 0)], [0, 0, 0, *sizes], SLOTS)
    result = np.full((every + 1, columns), np.nan, left.dtype)
    assert run(left, right, result, threads=threads) == 0
    assert np.isnan(result[every]).all()
    return result[:every].reshape(*batch, rows, columns)


def operands(rows, inner, columns, dtype):
    return (
        RANDOM.standard_normal(shape).astype(dtype) for shape in ((rows, inner), (inner, columns))
    )


def near(result, left, right):
    exact = left.astype(np.longdouble) @ right.astype(np.longdouble)
    size = abs(left).astype(np.longdouble) @ abs(right)
    eps = np.finfo(result.dtype).eps
    assert (abs(result - exact) <= 2 * np.sqrt(left.shape[1] + 1) * eps * size).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("columns", [1, 2, 7, 8, 9, 16, 17, 33, 48, 64, 65, 128, 200])
def test_all_widths(columns, dtype):
    for rows, inner in [(1, 1), (3, 5), (14, 300), (61, 257)]:
        left, right = operands(rows, inner, columns, dtype)
        near(multiplied(left, right, max(rows, 1)), left, right)


@pytest.mark.parametrize("columns", [3, 20, 64])
def test_a_transposed_left_side(columns):
    left, right = operands(50, 70, columns, "float64")
    near(multiplied(np.asfortranarray(left), right, 50), left, right)


@pytest.mark.parametrize("chunk", [1, 5, 7, 20, 63])
def test_stacks_of_matrices(chunk):
    left = RANDOM.standard_normal((9, 7, 12)).astype(np.float32)
    right = RANDOM.standard_normal((9, 12, 70)).astype(np.float32)
    result = multiplied(left, right, chunk, threads=2)
    for found, one, other in zip(result, left, right):
        near(found, one, other)


def test_threads_and_chunks_change_nothing():
    left, right = operands(300, 600, 10, "float32")
    whole = multiplied(left, right, 300)
    for chunk in (1, 13, 14, 15, 77):
        assert (multiplied(left, right, chunk, threads=3) == whole).all()


def test_nan_and_infinity_stay_in_their_rows():
    left, right = operands(30, 20, 10, "float32")
    left[3, 4], left[7, 1] = np.nan, np.inf
    result = multiplied(left, right, 30)
    assert np.isnan(result[3]).all() and np.isinf(result[7]).all()
    assert np.isfinite(np.delete(result, [3, 7], axis=0)).all()
