"""Linear algebra: what `numpy.linalg` has, and beside it what SciPy and Nx have.

Matrices are in the last two axes, leading axes are batches. All of it is differentiable in both
modes, real and complex; where a factor is no function of the matrix, it says what its derivative
is.
"""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.control import fori_loop
from defn.errors import ArgumentError, LinAlgError, TraceError
from defn.numpy import linalg as _numpy
from defn.numpy.axes import integer
from defn.numpy.linalg import *  # noqa: F403
from defn.numpy.linalg.factorisations import svd
from defn.numpy.linalg.operands import (
    adjoint,
    conjugate,
    demand,
    identity,
    matrix,
    numbers,
    of_one_batch,
    square,
    turned,
)
from defn.numpy.linalg.solving import SINGULAR, counted_rank, default_tolerance, lstsq
from defn.numpy.matrices import tril, triu
from defn.numpy.parts import diagonal as diagonal_of
from defn.numpy.parts import part, reshaped
from defn.numpy.product import as_column
from defn.tensor import apply, apply_several, astype, broadcast_to
from defn.trace import current, known_value
from defn.types import INT64, real_of

__all__ = [
    *_numpy.__all__, "expm", "least_squares", "lu", "null_space", "triangular_solve",
]  # fmt: skip


# Triangles.


def lu(a, *, p_indices=False):
    """P, L and U with `a = P L U`: a permutation, ones on the diagonal of the lower triangle, an
    upper triangle.

    With `p_indices`, P is the row of places with `a = (L U)[P]`.

    >>> p, l, u = lu([[1.0, 2.0], [2.0, 4.0]])
    >>> l.tolist(), u.tolist()
    ([[1.0, 0.0], [0.5, 1.0]], [[2.0, 4.0], [0.0, 0.0]])
    """
    x = matrix(a)
    rows, columns = x.shape[-2:]
    rank = min(rows, columns)
    packed, _, permutation = apply_several(ops.lu, x)
    left = part(packed, x.ndim - 1, 0, rank)
    ones = astype(on_diagonal(left), x.dtype)
    left, right = tril(left, -1) + ones, triu(part(packed, x.ndim - 2, 0, rank))
    places = apply(ops.argsort, permutation, axis=permutation.ndim - 1)
    if p_indices:
        return places, left, right
    across = apply(ops.iota, shape=(*x.shape[:-2], rows, rows), axis=x.ndim - 1)
    return astype(across == broadcast_to(as_column(places), across.shape), x.dtype), left, right


def on_diagonal(x):
    """Whether an element is on the diagonal."""
    rows, columns = (apply(ops.iota, shape=x.shape, axis=x.ndim - 2 + k) for k in (0, 1))
    return rows == columns


TRANSFORMS = ("none", "transpose", "conjugate")


def triangular_solve(a, b, *, lower=True, left_side=True, transform_a="none", unit_diagonal=False):
    """The `x` with `t x = b` (`x t = b` without `left_side`), where t is a triangle of `a`.

    `transform_a`: "none", "transpose", or "conjugate" for the conjugate transpose; `unit_diagonal`:
    ones are taken for the diagonal. A `b` of one axis is a vector. Raises LinAlgError for a zero on
    the diagonal.

    >>> triangular_solve([[2.0, 0.0], [1.0, 1.0]], [2.0, 3.0]).tolist()
    [1.0, 2.0]
    """
    x, y = numbers(square(a), b)
    if transform_a not in TRANSFORMS:
        raise ArgumentError(
            f"transform_a must be one of {', '.join(map(repr, TRANSFORMS))}, not {transform_a!r}"
        )
    if not unit_diagonal:
        demand(diagonal_of(x) != 0, SINGULAR)
    vector = y.ndim == 1
    if vector:
        y = as_column(y)
    elif not left_side:
        y = turned(y)
    _demand_rows(x, y)
    settings = {"lower": bool(lower), "transposed": (transform_a != "none") == bool(left_side)}
    factor = conjugate(x) if transform_a == "conjugate" else x
    result = apply(
        ops.triangular_solve, *of_one_batch(factor, y), **settings, unit=bool(unit_diagonal)
    )
    if vector:
        return reshaped(result, result.shape[:-1])
    return result if left_side else turned(result)


def _demand_rows(x, y):
    if x.shape[-1] != y.shape[-2]:
        raise LinAlgError(
            f"a triangle of size {x.shape[-1]} and a right side of size {y.shape[-2]} "
            "do not go together"
        )


# Least squares.


def least_squares(a, b):
    """The `x` of least `|a x - b|`, and of least length among several.

    >>> least_squares([[1.0], [1.0]], [1.0, 3.0]).round(12).tolist()
    [2.0]
    """
    return lstsq(a, b)[0]


def null_space(a, rcond=None, *, size=None):
    """An orthonormal basis, as columns, of what `a` maps to zero: singular values up to `rcond`
    times the largest.

    How many columns it has depends on the values of `a`: while a function is traced, `size` must
    say it.

    >>> abs(null_space([[1.0, 0.0]])).tolist()
    [[0.0], [1.0]]
    """
    x = matrix(a)
    if x.ndim != 2:
        raise LinAlgError(f"null_space takes one matrix, got shape {x.shape}")
    _, s, vh = svd(x)
    rank = x.shape[-1] - integer(size, "size") if size is not None else _known_rank(x, s, rcond)
    return adjoint(part(vh, 0, rank, x.shape[-1] - rank))


def _known_rank(x, s, rcond):
    rank = counted_rank(s, default_tolerance(x) if rcond is None else rcond, INT64)
    if current() is not None and known_value(rank.node) is None:
        raise TraceError(
            "the null space of a traced matrix has as many columns as its values say, and a shape "
            "must be known while tracing: pass size=, the number of columns wanted"
        )
    return int(rank)


# The exponential.

# Coefficients of Pade's approximation of exp, and up to which norm it is exact to rounding.
# Higham, The Scaling and Squaring Method for the Matrix Exponential Revisited, SIAM 2005.
PADE = {
    4: ((17297280, 8648640, 1995840, 277200, 25200, 1512, 56, 1), 3.925724783138660),
    8: (
        (64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800,
         129060195264000, 10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960,
         16380, 182, 1),
        5.371920351148152,
    ),
}  # fmt: skip
MOST_SQUARINGS = 1100  # more than the exponent of any float


def expm(a):
    """The exponential of square matrices: the limit of `(1 + a / n)^n`.

    By scaling, Pade's approximation and squaring (Higham 2005).

    >>> expm([[0.0, 1.0], [0.0, 0.0]]).round(12).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    x = square(a)
    if not x.size:
        return x
    coefficients, largest = PADE[np.finfo(x.dtype).dtype.itemsize]
    size = np.max(np.sum(np.abs(x), axis=-2), axis=-1)
    wanted = np.ceil(np.log2(size / largest))
    times = astype(np.where((wanted > 0) & (wanted < MOST_SQUARINGS), wanted, 0.0), INT64)
    scale = astype(np.exp2(astype(-times, real_of(x.dtype))), x.dtype)
    start = approximated(x * over_matrices(scale, x), coefficients)
    return squared(start, times)


def over_matrices(scalars, like):
    """One number a matrix, for all its elements."""
    return broadcast_to(reshaped(scalars, (*scalars.shape, 1, 1)), like.shape)


def approximated(x, coefficients):
    """Pade's approximation of the exponential: even powers plus, and minus, odd ones."""
    squares = apply(ops.matmul, x, x)
    even, odd = (of_powers(squares, coefficients[k::2]) for k in (0, 1))
    odd = apply(ops.matmul, x, odd)
    return apply_several(ops.solve, even - odd, even + odd)[0]


def of_powers(x, coefficients):
    """A polynomial of a matrix, lowest power first: by Horner's rule."""
    one = identity(x)
    result = one * coefficients[-1]
    for each in coefficients[-2::-1]:
        result = apply(ops.matmul, result, x) + one * each
    return result


def squared(x, times):
    """Each matrix squared as often as is said."""
    once_more = over_matrices(times, x)
    step = lambda k, y: np.where(k < once_more, apply(ops.matmul, y, y), y)
    return fori_loop(0, np.max(times), step, x)
