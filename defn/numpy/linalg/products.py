"""Products of matrices and vectors by the names of `numpy.linalg`."""

from __future__ import annotations

import operator

import numpy as np

from defn.dispatch import implements
from defn.errors import LinAlgError, ShapeError, TypeMismatch
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import fresh, into
from defn.numpy.diagonals import matrix_diagonal
from defn.numpy.linalg.operands import demand_rank, demand_square, identity
from defn.numpy.linalg.solving import inv
from defn.numpy.parts import moved, reshaped
from defn.numpy.product import cross as _cross
from defn.numpy.product import matmul as _matmul
from defn.numpy.product import outer as _outer
from defn.numpy.product import tensordot as _tensordot
from defn.numpy.product import trace as _trace
from defn.numpy.product import vecdot as _vecdot
from defn.tensor import asarray

diagonal = matrix_diagonal


@implements(np.linalg.matmul)
def matmul(x1, x2, /):
    """The product of matrices, or of a matrix and a vector, over all leading axes.

    >>> matmul([[1, 2], [3, 4]], [1, 1]).tolist()
    [3, 7]
    """
    return _matmul(x1, x2)


@implements(np.linalg.vecdot)
def vecdot(x1, x2, /, *, axis=-1):
    """The inner product of vectors along an axis, the first conjugated.

    >>> vecdot([[1, 2], [3, 4]], [1, 1]).tolist()
    [3, 7]
    """
    x, y = asarray(x1), asarray(x2)
    if axis == -1:
        return _vecdot(x, y)
    return _vecdot(*(moved(v, normalized_axis(axis, v.ndim), -1) for v in (x, y)))


@implements(np.linalg.tensordot)
def tensordot(x1, x2, /, *, axes=2):
    """The sum of products over pairs of axes.

    >>> tensordot([1, 2], [3, 4], axes=1).item()
    11
    """
    return _tensordot(x1, x2, axes)


@implements(np.linalg.outer)
def outer(x1, x2, /):
    """Every element of a vector times every element of another.

    >>> outer([1, 2], [1, 10]).tolist()
    [[1, 10], [2, 20]]
    """
    x, y = asarray(x1), asarray(x2)
    if x.ndim != 1 or y.ndim != 1:
        raise ShapeError(
            f"Input arrays must be one-dimensional, but they are of shapes {x.shape} and {y.shape}"
        )
    return _outer(x, y)


@implements(np.linalg.cross)
def cross(x1, x2, /, *, axis=-1):
    """The cross product of vectors of three components.

    >>> cross([1, 0, 0], [0, 1, 0]).tolist()
    [0, 0, 1]
    """
    x, y = asarray(x1), asarray(x2)
    sizes = [v.shape[normalized_axis(axis, v.ndim)] for v in (x, y)]
    if sizes != [3, 3]:
        raise ShapeError(
            "Both input arrays must be (arrays of) 3-dimensional vectors, but they are "
            f"{sizes[0]} and {sizes[1]} dimensional instead."
        )
    return _cross(x, y, axis=axis)


@implements(np.linalg.trace)
def trace(x, /, *, offset=0, dtype=None):
    """The sums along the diagonals of the matrices in the last two axes.

    >>> trace([[1, 2], [3, 4]]).item()
    5
    """
    return _trace(x, offset, -2, -1, dtype)


@implements(np.linalg.matrix_power)
def matrix_power(a, n):
    """The product of `n` copies of square matrices: by squaring, of the inverse where `n` is
    negative.

    >>> matrix_power([[1, 1], [0, 1]], 5).tolist()
    [[1, 5], [0, 1]]
    """
    x = asarray(a)
    demand_rank(x)
    demand_square(x)
    try:
        n = operator.index(n)
    except TypeError:
        raise TypeMismatch(f"exponent must be an integer, not {n!r}") from None
    if n == 0:
        return identity(x)
    return powered(inv(x), -n) if n < 0 else powered(x, n)


def powered(x, n):
    """The n-th power, n at least 1; up to 3 as NumPy multiplies them."""
    if n == 1:
        return fresh(x)
    if n == 3:
        return _matmul(_matmul(x, x), x)
    square, result = x, None
    while n:
        if n % 2:
            result = square if result is None else _matmul(result, square)
        n //= 2
        square = _matmul(square, square) if n else square
    return result


@implements(np.linalg.multi_dot)
def multi_dot(arrays, *, out=None):
    """The product of several matrices, multiplied in the cheapest order; the first and last may be
    vectors.

    >>> multi_dot([[1, 1], [[1, 2], [3, 4]], [1, 1]]).item()
    10
    """
    factors = [asarray(a) for a in arrays]
    if len(factors) < 2:
        raise ShapeError("Expecting at least two arrays.")
    inner = [x for k, x in enumerate(factors) if not (k in (0, len(factors) - 1) and x.ndim == 1)]
    if any(x.ndim != 2 for x in inner):
        raise LinAlgError(
            f"{[x.ndim for x in inner if x.ndim != 2][0]}-dimensional array given. "
            "Array must be two-dimensional"
        )
    first, last = factors[0], factors[-1]
    if first.ndim == 1:
        factors[0] = reshaped(first, (1, first.size))
    if last.ndim == 1:
        factors[-1] = reshaped(last, (last.size, 1))
    result = multiplied(
        factors, cheapest_splits([x.shape[0] for x in factors] + [factors[-1].shape[1]])
    )
    kept = [n for n, x in zip(result.shape, (first, last)) if x.ndim == 2]
    result = reshaped(result, kept)
    result.scalar = not kept
    return into(out, result)


def multiplied(factors, splits, first=0, last=None):
    """The product of a run of matrices, split where that is cheapest."""
    last = len(factors) - 1 if last is None else last
    if first == last:
        return factors[first]
    middle = splits[first, last]
    return _matmul(
        multiplied(factors, splits, first, middle), multiplied(factors, splits, middle + 1, last)
    )


def cheapest_splits(sizes):
    """For each run of matrices, after which one to split it. Cormen and others, Introduction to
    Algorithms, 15.2.
    """
    n = len(sizes) - 1
    cost, split = {(k, k): 0 for k in range(n)}, {}
    for width in range(1, n):
        for i in range(n - width):
            j = i + width
            of = {
                k: cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
                for k in range(i, j)
            }
            split[i, j] = min(of, key=of.get)
            cost[i, j] = of[split[i, j]]
    return split
