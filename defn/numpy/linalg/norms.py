"""Norms, and what is said with them: condition and rank."""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import ArgumentError, LinAlgError
from defn.numpy.axes import kept_shape, normalized_axes, normalized_axis
from defn.numpy.composite import inexact, settled
from defn.numpy.linalg.factorisations import svdvals
from defn.numpy.linalg.operands import demand_square, identity, matrix
from defn.numpy.linalg.solving import default_tolerance
from defn.numpy.moments import root
from defn.numpy.parts import reshaped, transposed
from defn.tensor import apply_several, asarray, astype
from defn.types import INT64, real_of


def length(x, axes, keepdims=False):
    """The root of the sum of squares; its derivative at zero is zero."""
    return root(np.sum(np.real(np.conjugate(x) * x), axis=axes, keepdims=keepdims))


@implements(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    """The norm of vectors along one axis, or of matrices in two; of all elements where neither is
    asked for.

    `ord` of vectors: any number, inf, -inf; of matrices: "fro", "nuc", 1, -1, 2, -2, inf, -inf.

    >>> norm([3.0, 4.0]).item(), norm([[0.0, 2.0], [1.0, 0.0]], 2).item()
    (5.0, 2.0)
    """
    x = inexact(asarray(x))
    if axis is None and (
        ord is None or ord in ("f", "fro") and x.ndim == 2 or ord == 2 and x.ndim == 1
    ):
        return settled(length(x, None, keepdims), real_of(x.dtype))
    axes = _axes(axis, x.ndim)
    if len(axes) not in (1, 2):
        raise ArgumentError(
            f"Improper number of dimensions to norm: {len(axes)} axes, ord={ord!r}; "
            "give one axis or two"
        )
    result = (
        of_vectors(x, ord, axes[0], keepdims)
        if len(axes) == 1
        else of_matrices(x, ord, axes, keepdims)
    )
    return settled(result, real_of(x.dtype))


def _axes(axis, ndim):
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, tuple):
        found = tuple(normalized_axis(k, ndim) for k in axis)
    else:
        found = (normalized_axis(axis, ndim),)
    if len({*found}) < len(found):
        raise ArgumentError(f"Duplicate axes given: {axis}")
    return found


def of_vectors(x, ord, axis, keepdims):
    """The norm along one axis."""
    settings = {"axis": axis, "keepdims": keepdims}
    if isinstance(ord, str):
        raise ArgumentError(f"Invalid norm order {ord!r} for vectors")
    if ord is None or ord == 2:
        return length(x, axis, keepdims)
    if ord == 0:
        return np.sum(astype(x != 0, real_of(x.dtype)), **settings)
    size = np.abs(x)
    if ord == np.inf:
        return np.max(size, initial=0, **settings)
    if ord == -np.inf:
        return np.min(size, **settings)
    if ord == 1:
        return np.sum(size, **settings)
    return np.sum(size**ord, **settings) ** (1 / ord)


def of_matrices(x, ord, axes, keepdims):
    """The norm over two axes: rows, columns."""
    rule = MATRIX_NORMS.get(ord)
    if rule is None:
        raise ArgumentError(
            f"Invalid norm order for matrices: {ord!r}; "
            f"known are {', '.join(map(repr, MATRIX_NORMS))}"
        )
    others = [k for k in range(x.ndim) if k not in axes]
    result = rule(transposed(x, (*others, *axes)))
    return reshaped(result, kept_shape(x.shape, axes)) if keepdims else result


def _sums(axis, extreme, **initial):
    return lambda x: extreme(np.sum(np.abs(x), axis=axis), axis=-1, **initial)


def _spectral(extreme, **initial):
    return lambda x: extreme(svdvals(x), axis=-1, **initial)


def frobenius(x):
    """The root of the sum of all squares."""
    return length(x, (-2, -1))


MATRIX_NORMS = {
    None: frobenius, "fro": frobenius, "f": frobenius, "nuc": _spectral(np.sum),
    2: _spectral(np.max, initial=0), -2: _spectral(np.min),
    1: _sums(-2, np.max, initial=0), -1: _sums(-2, np.min),
    np.inf: _sums(-1, np.max, initial=0), -np.inf: _sums(-1, np.min),
}  # fmt: skip


@implements(np.linalg.matrix_norm)
def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    """The norm of the matrices in the last two axes.

    >>> matrix_norm([[3.0, 0.0], [0.0, 4.0]]).item()
    5.0
    """
    return norm(x, axis=(-2, -1), keepdims=keepdims, ord=ord)


@implements(np.linalg.vector_norm)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """The norm of all elements as one vector, or along axes.

    >>> vector_norm([[3.0, 0.0], [0.0, 4.0]], ord=1).item()
    7.0
    """
    x = asarray(x)
    axes = normalized_axes(axis, x.ndim)
    others = [k for k in range(x.ndim) if k not in axes]
    together = reshaped(
        transposed(x, (*others, *axes)),
        (*(x.shape[k] for k in others), math.prod(x.shape[k] for k in axes)),
    )
    result = norm(together, axis=-1, ord=ord)
    return reshaped(result, kept_shape(x.shape, axes)) if keepdims else result


@implements(np.linalg.cond)
def cond(x, p=None):
    """The condition number: how much larger a relative error can become in `solve`; infinite for
    singular matrices.

    >>> cond([[4.0, 0.0], [0.0, 2.0]]).item()
    2.0
    """
    x = matrix(x)
    if not x.shape[-1] * x.shape[-2]:
        raise LinAlgError(f"cond is not defined on empty arrays, got shape {x.shape}")
    result = by_singular_values(x, p) if p in (None, 2, -2) else by_inverse(x, p)
    clean = np.logical_not(np.any(np.isnan(x), axis=(-2, -1)))
    result = np.where(np.isnan(result) & clean, np.inf, result)
    return settled(result, real_of(x.dtype))


def by_singular_values(x, p):
    """The condition number for the orders 2 and -2, by singular values."""
    s = svdvals(x)
    return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]


def by_inverse(x, p):
    """The condition number for other orders: the norm times the norm of the inverse."""
    demand_square(x)
    inverse, _ = apply_several(ops.solve, x, identity(x))
    return norm(x, p, axis=(-2, -1)) * norm(inverse, p, axis=(-2, -1))


@implements(np.linalg.matrix_rank)
def matrix_rank(A, tol=None, hermitian=False, *, rtol=None):
    """How many singular values are more than `tol`, or than `rtol` times the greatest.

    >>> matrix_rank([[1.0, 2.0], [2.0, 4.0]]).item()
    1
    """
    if rtol is not None and tol is not None:
        raise ArgumentError("`tol` and `rtol` can't be both set.")
    x = asarray(A)
    if x.ndim < 2:
        return settled(np.any(x != 0), INT64)
    s = svdvals(x)
    if tol is None:
        rtol = default_tolerance(matrix(x)) if rtol is None else np.expand_dims(asarray(rtol), -1)
        tol = np.max(s, axis=-1, keepdims=True, initial=0) * rtol
    else:
        tol = np.expand_dims(asarray(tol), -1)
    return settled(np.sum(s > tol, axis=-1), INT64)
