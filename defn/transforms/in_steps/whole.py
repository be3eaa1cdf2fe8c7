"""Batches of matrices (one axis for all leading ones, then rows and columns) in whole-array terms."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.tensor import apply
from defn.transforms.shapes import broadcast, cast, full, select
from defn.transforms.written_out.elements import index
from defn.types import INT64, Type

# Places are divided in 32 bits where they fit: in 64 it takes longer than all else.
FEW, NARROW = 1 << 32, np.dtype("uint32")


def counting(shape, axis):
    """Each element's place along an axis."""
    return apply(ops.iota, shape=tuple(shape), axis=axis)


def along(x, axis, like):
    """A value for each matrix and place along an axis (1: rows, 2: columns), over the matrices."""
    return broadcast(x, like.shape, (0, axis))


def over(x, like):
    """A value for each matrix, or each row, repeated over what follows it."""
    return broadcast(x, like.shape, range(x.ndim))


def repeated(x, like):
    """One number in the shape of an array."""
    return broadcast(x, like.shape, ())


def batch_places(shape):
    """The number of the matrix, in any shape whose first axis counts them."""
    return counting(shape, 0)


def picked(x, places):
    """Of each matrix the rows at (count, n) places; at (count,) places one row each."""
    return apply(ops.gather, x, batch_places(places.shape), places, axes=(0, 1))


def diagonal(x):
    """The diagonals, as rows."""
    count, rows, columns = x.shape
    shape = count, min(rows, columns)
    place = counting(shape, 1)
    return apply(ops.gather, x, batch_places(shape), place, place, axes=(0, 1, 2))


def constant(x, *shape, value=0, dtype=None):
    """A new array of one value, of the dtype of another."""
    return full(Type(dtype or x.dtype, shape), value)


def ranks(values, descending=False):
    """For each row of values the order in which they ascend: equal ones in the order in which they
    stand. By counting, for which no threads need to wait for each other.
    """
    count, n = values.shape
    shape = count, n, n
    own, other = broadcast(values, shape, (0, 1)), broadcast(values, shape, (0, 2))
    before = other > own if descending else other < own
    first = (other == own) & (counting(shape, 2) < counting(shape, 1))
    place = apply(ops.sum, apply(ops.cast, before | first, dtype=INT64), axes=(2,))
    numbers = counting(place.shape, 1)
    start = full(Type(INT64, place.shape), 0)
    return apply(ops.scatter, start, numbers, batch_places(place.shape), place, axes=(0, 1))


def spoiled(values):
    """Rows of values; nan throughout, where one is."""
    bad = apply(ops.any, values != values, axes=(1,))
    return select(over(bad, values), float("nan"), values)


def padded(x, rows, columns):
    """Matrices with zeros below and to the right, up to a size."""
    missing = rows - x.shape[1], columns - x.shape[2]
    if not any(missing):
        return x
    settings = {"low": (0, 0, 0), "high": (0, *missing), "interior": (0, 0, 0)}
    return apply(ops.pad, x, full(Type(x.dtype), 0), **settings)


def up_to(n, block):
    """The least multiple of a block that holds n."""
    return -(-n // block) * block


def block(x, row, column, rows, columns):
    """The block of so many rows and columns from a place, known or not, on."""
    starts = index(0), index(row), index(column)
    return apply(ops.get, x, *starts, sizes=(x.shape[0], rows, columns), steps=(1, 1, 1))


def with_block(x, value, row, column):
    """The matrices with another block at a place."""
    starts = index(0), index(row), index(column)
    return apply(ops.put, x, value, *starts, sizes=value.shape, steps=(1, 1, 1))


def divided(k, n, most=0):
    """The quotient and the rest of a place, which is less than 2^32 if `most` is."""
    if n == 1:
        return k, 0
    k = cast(k, NARROW) if most <= FEW else k
    return cast(k // n, INT64), cast(k % n, INT64)
