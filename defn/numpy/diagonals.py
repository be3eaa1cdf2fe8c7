"""Diagonals: views of an array, and arrays around them."""

from __future__ import annotations

import operator

import numpy as np

from defn import ops, views
from defn.dispatch import implements
from defn.errors import ArgumentError, ShapeError
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import fresh, select
from defn.numpy.layout import STRIDES, seen, type_like
from defn.numpy.shapes import ravel, reshape
from defn.numpy.span import counting
from defn.tensor import (
    apply,
    asarray,
    broadcast_to,
)

# Diagonals.


class Diagonal(views.Lens):
    """A diagonal of two axes, which becomes the last axis."""

    __slots__ = ("axes", "chain", "given", "length", "writable")

    def __init__(self, shape, offset, axis1, axis2, writable):
        self.given = (shape, offset, axis1, axis2, writable)
        rest = [k for k in range(len(shape)) if k not in (axis1, axis2)]
        rows, columns = shape[axis1], shape[axis2]
        self.axes, self.writable = (axis1, axis2), writable
        self.length = max(
            0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns)
        )
        kept = tuple(shape[k] for k in rest)
        start = offset if offset >= 0 else -offset * columns
        starts = [0] * len(kept) + [start if self.length else 0]
        self.chain = (
            views.Transpose((*rest, axis1, axis2)),
            views.Reshape((*kept, rows * columns)),
            views.Window(
                map(views.index, starts), (*kept, self.length), (*(1,) * len(kept), columns + 1)
            ),
        )

    def over(self, count):
        shape, offset, axis1, axis2, writable = self.given
        return Diagonal((count, *shape), offset, axis1 + 1, axis2 + 1, writable)

    def read(self, base):
        return views.read(base, self.chain)

    def write(self, base, value):
        return views.write(base, self.chain, value)


def _diagonal_strides(lens, shape, strides):
    one, other = lens.axes
    rest = [k for k in range(len(shape)) if k not in lens.axes]
    sizes = (*(shape[k] for k in rest), lens.length)
    return sizes, (*(strides[k] for k in rest), strides[one] + strides[other])


STRIDES[Diagonal] = _diagonal_strides


def diagonal_view(a, offset=0, axis1=0, axis2=1, writable=True):
    """A diagonal of two axes, as the last axis of a view."""
    a = asarray(a)
    if a.ndim < 2:
        raise ShapeError("diag requires an array of at least two dimensions")
    axis1, axis2 = normalized_axis(axis1, a.ndim), normalized_axis(axis2, a.ndim)
    if axis1 == axis2:
        raise ArgumentError("axis1 and axis2 cannot be the same")
    lens = Diagonal(a.shape, operator.index(offset), axis1, axis2, writable)
    rest = tuple(n for k, n in enumerate(a.shape) if k not in (axis1, axis2))
    return seen(a, (lens,), type_like(a, (*rest, lens.length)))


@implements(np.diagonal, method="diagonal")
def diagonal(a, offset=0, axis1=0, axis2=1):
    """A diagonal of two axes: a view that cannot be written, as in NumPy.

    >>> diagonal(asarray([[1, 2], [3, 4]])).tolist()
    [1, 4]
    """
    return diagonal_view(a, offset, axis1, axis2, writable=False)


@implements(np.linalg.diagonal)
def matrix_diagonal(x, /, *, offset=0):
    """The diagonals of the matrices in the last two axes."""
    return diagonal(x, offset, -2, -1)


@implements(np.diag)
def diag(v, k=0):
    """The diagonal of a matrix, or a matrix with the row as its diagonal.

    >>> diag(asarray([1, 2])).tolist()
    [[1, 0], [0, 2]]
    """
    v = asarray(v)
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ShapeError("Input must be 1- or 2-d.")
    size = v.size + abs(k)
    rows, columns = counting((size, size), 0), counting((size, size), 1)
    if not size:
        return fresh(reshape(v, (0, 0)))
    at = np.minimum(np.maximum(rows if k >= 0 else columns, 0), max(v.size - 1, 0))
    on = columns == rows + k
    spread = (
        apply(ops.gather, v, at, axes=(0,))
        if v.size
        else broadcast_to(asarray(0, v.dtype), at.shape)
    )
    return select(on, spread, broadcast_to(asarray(0, v.dtype), at.shape))


@implements(np.diagflat)
def diagflat(v, k=0):
    """A matrix with all elements as its diagonal.

    >>> diagflat([1, 2]).tolist()
    [[1, 0], [0, 2]]
    """
    return diag(ravel(v), k)
