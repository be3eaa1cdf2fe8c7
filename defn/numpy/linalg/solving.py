"""Equations by NumPy's names: solutions, inverses, determinants, least squares."""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import ArgumentError, LinAlgError
from defn.numpy.axes import integer
from defn.numpy.composite import settled
from defn.numpy.linalg.operands import (
    demand,
    identity,
    matrix,
    numbers,
    of_one_batch,
    square,
)
from defn.numpy.parts import part, reshaped, transposed
from defn.numpy.product import as_column
from defn.tensor import apply, apply_several, asarray, broadcast_to
from defn.types import real_of

SlogdetResult = type(np.linalg.slogdet(np.eye(1)))
SINGULAR = "Singular matrix"
UNSET = object()


@implements(np.linalg.solve)
def solve(a, b):
    """The `x` with `a x = b`; `b` is a vector if it has one axis, else matrices.

    Raises LinAlgError where `a` is singular.

    >>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).tolist()
    [1.0, 0.5]
    """
    x = square(a)
    x, y = numbers(x, b)
    if not y.ndim:
        raise LinAlgError("0-dimensional array given. Array must be at least one-dimensional")
    if y.ndim > 1:
        return solved(x, y)
    result = solved(x, as_column(y))
    return reshaped(result, result.shape[:-1])


def solved(a, b):
    """The `x` with `a x = b`, for matrices `b`."""
    if b.shape[-2] != a.shape[-1]:
        raise LinAlgError(
            f"matrices of shape {a.shape[-2:]} and {b.shape[-2:]} cannot be solved: "
            "the rows must agree"
        )
    x, singular = apply_several(ops.solve, *of_one_batch(a, b))
    demand(np.logical_not(singular), SINGULAR)
    return x


@implements(np.linalg.inv)
def inv(a):
    """The inverse of square matrices; LinAlgError where one is singular.

    >>> inv([[2.0, 0.0], [0.0, 4.0]]).tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    x = square(a)
    return solved(x, identity(x))


@implements(np.linalg.tensorsolve)
def tensorsolve(a, b, axes=None):
    """The `x` with `tensordot(a, x, x.ndim) = b`.

    >>> tensorsolve(np.eye(4).reshape(2, 2, 4), [[1.0, 2.0], [3.0, 4.0]]).tolist()
    [1.0, 2.0, 3.0, 4.0]
    """
    x, y = numbers(a, b)
    if axes is not None:
        order = [k for k in range(x.ndim) if k not in [axis % x.ndim for axis in axes]]
        x = transposed(x, (*order, *(axis % x.ndim for axis in axes)))
    shape = x.shape[y.ndim - x.ndim :]
    size = math.prod(shape)
    if x.size != size**2:
        raise LinAlgError(
            "Input arrays must satisfy the requirement prod(a.shape[b.ndim:]) == "
            f"prod(a.shape[:b.ndim]), they are of shapes {x.shape} and {y.shape}"
        )
    return reshaped(solve(reshaped(x, (size, size)), reshaped(y, (y.size,))), shape)


@implements(np.linalg.tensorinv)
def tensorinv(a, ind=2):
    """The inverse of `tensordot(a, ...)` over all but the first `ind` axes.

    >>> tensorinv(np.eye(4).reshape(4, 2, 2), ind=1).shape
    (2, 2, 4)
    """
    (x,) = numbers(a)
    ind = integer(ind, "ind")
    if ind <= 0:
        raise ArgumentError(f"Invalid ind argument: it must be positive, not {ind}")
    rows = math.prod(x.shape[:ind])
    found = inv(reshaped(x, (rows, x.size // rows if rows else 0)))
    return reshaped(found, (*x.shape[ind:], *x.shape[:ind]))


# Determinants.


@implements(np.linalg.det)
def det(a):
    """The determinants of square matrices.

    >>> det([[1.0, 2.0], [3.0, 4.0]]).round(12).item()
    -2.0
    """
    x = square(a)
    return settled(apply(ops.det, x), x.dtype)


@implements(np.linalg.slogdet)
def slogdet(a):
    """The sign of the determinants and the logarithm of their size.

    >>> slogdet([[2.0, 0.0], [0.0, -1.0]]).sign.item()
    -1.0
    """
    x = square(a)
    sign, size = apply_several(ops.slogdet, x)
    return SlogdetResult(settled(sign, sign.dtype), settled(size, size.dtype))


# Pseudoinverses and least squares.


@implements(np.linalg.pinv)
def pinv(a, rcond=None, hermitian=False, *, rtol=UNSET):
    """The pseudoinverse: singular values up to `rtol` times the largest count as zero.

    The derivative is that of matrices whose rank does not change.

    >>> pinv([[2.0, 0.0], [0.0, 0.0]]).tolist()
    [[0.5, 0.0], [0.0, 0.0]]
    """
    x = matrix(a)
    if rcond is not None and rtol is not UNSET and not _is_numpys(rtol):
        raise ArgumentError("`rtol` and `rcond` can't be both set.")
    asked = rcond if rcond is not None else 1e-15 if rtol is UNSET or _is_numpys(rtol) else rtol
    return pseudoinverse(x, default_tolerance(x) if asked is None else asked)


def _is_numpys(value):
    """NumPy's own mark of an argument that was not given, as its dispatcher hands it on."""
    return type(value).__name__ == "_NoValueType"


def default_tolerance(x):
    """What rounding makes of a zero, relative to the largest singular value."""
    return max(x.shape[-2:]) * float(np.finfo(x.dtype).eps)


def pseudoinverse(x, rtol):
    """The pseudoinverse of matrices, with a tolerance for each or for all."""
    if not x.size:
        return broadcast_to(asarray(0, x.dtype), (*x.shape[:-2], x.shape[-1], x.shape[-2]))
    rtol = broadcast_to(asarray(rtol, real_of(x.dtype)), x.shape[:-2])
    return apply(ops.pinv, x, rtol)


@implements(np.linalg.lstsq)
def lstsq(a, b, rcond=None):
    """The `x` of least `|a x - b|` (of least length among several), the squared residuals, the
    rank, singular values.

    Where there are more equations than unknowns there is a residual for each column of `b`, also
    where the rank is less than it could be: NumPy leaves them out then, which is known only when
    the program runs.

    >>> lstsq([[1.0], [1.0]], [1.0, 3.0])[0].round(12).tolist()
    [2.0]
    """
    x, y = numbers(a, b)
    vector = y.ndim == 1
    y = as_column(y) if vector else y
    if x.ndim != 2 or y.ndim != 2:
        raise LinAlgError(
            f"lstsq takes a matrix and a vector or matrix, not shapes {x.shape} and {y.shape}"
        )
    if x.shape[0] != y.shape[0]:
        raise LinAlgError(f"Incompatible dimensions: {x.shape[0]} rows of a, {y.shape[0]} of b")
    rtol = default_tolerance(x) if rcond is None else rcond
    found = apply(ops.matmul, pseudoinverse(x, rtol), y)
    s = apply(ops.svdvals, x)
    demand(np.logical_not(np.isnan(s)), "SVD did not converge in Linear Least Squares")
    residuals = squared_residuals(x, found, y)
    found = reshaped(found, found.shape[:1]) if vector else found
    return found, residuals, counted_rank(s, rtol, np.int32), s


def squared_residuals(a, x, b):
    """The squared lengths of the columns of `b - a x`; none where there are as many unknowns as
    equations.
    """
    rows, columns = a.shape
    if rows <= columns:
        return broadcast_to(asarray(0, real_of(a.dtype)), (0,))
    rest = b - apply(ops.matmul, a, x)
    return np.sum(np.real(np.conjugate(rest) * rest), axis=0)


def counted_rank(s, rtol, dtype):
    """How many singular values are more than `rtol` times the greatest."""
    if not s.shape[-1]:
        return settled(broadcast_to(asarray(0, dtype), s.shape[:-1]), np.dtype(dtype))
    greatest = part(s, s.ndim - 1, 0, 1)
    return settled(np.sum(s > greatest * asarray(rtol, s.dtype), axis=-1), np.dtype(dtype))
