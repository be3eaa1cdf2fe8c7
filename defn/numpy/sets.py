"""Arrays as sets: their distinct values, and which values two of them share.

How many values there are, only the program knows: of a traced array the result is the part of a
sorted array that a mask chooses, as `x[mask]` is. With `size=`, `unique` gives an array of a known
size.
"""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import Unsupported
from defn.numpy.axes import integer
from defn.numpy.composite import filled, settled, strong
from defn.numpy.parts import element, flat, joined, part, reshaped
from defn.numpy.sorting import found as bisected
from defn.numpy.sorting import taken
from defn.tensor import apply, asarray, astype, broadcast_to, kind_of
from defn.types import BOOL, INT64, promote


def row_of(x):
    """The elements in a row."""
    return flat(strong(asarray(x)))


def together(x, y):
    """Two arrays as rows of their common dtype."""
    x, y = asarray(x), asarray(y)
    dtype = promote(kind_of(x), kind_of(y))
    return flat(astype(strong(x), dtype)), flat(astype(strong(y), dtype))


def begins(ordered, equal_nan=True):
    """Where in a sorted row a value comes for the first time."""
    size = ordered.shape[0]
    if not size:
        return filled(ordered, True, BOOL)
    later, earlier = part(ordered, 0, 1, size - 1), part(ordered, 0, 0, size - 1)
    differs = later != earlier
    if equal_nan and ordered.dtype.kind in "fc":
        differs = differs & ~(np.isnan(later) & np.isnan(earlier))
    return joined((broadcast_to(asarray(True, BOOL), (1,)), differs), 0)


@implements(np.unique)
def unique(
    ar, return_index=False, return_inverse=False, return_counts=False, axis=None,
    *, equal_nan=True, sorted=True, size=None, fill_value=None,
):  # fmt: skip
    """The distinct values in order; on request the place of each, which of them each element is,
    and how often.

    With `size`, so many of them, filled up with `fill_value` (the least value, if none is given).

    >>> unique([3, 1, 3]).tolist(), unique([3, 1, 3], size=4).tolist()
    ([1, 3], [1, 3, 1, 1])
    """
    if axis is not None:
        raise Unsupported("np.unique(axis=...): sort and compare the slices, or use the flat array")
    x = row_of(ar)
    order = apply(ops.argsort, x, axis=0)
    ordered = taken(x, order)
    first = begins(ordered, equal_nan)
    rank = apply(ops.cumsum, astype(first, INT64), axis=0) - 1
    choose = chosen_by(first, rank, size)
    results = [choose(ordered, fill_value)]
    if return_index:
        results.append(choose(order, None))
    if return_inverse:
        inverse = apply(ops.scatter, rank, rank, order, axes=(0,))
        results.append(settled(reshaped(inverse, np.shape(ar)), INT64))
    if return_counts:
        results.append(choose(times(rank), 0))
    return results[0] if len(results) == 1 else tuple(results)


def times(rank):
    """For each element of a sorted row, how often its value comes."""
    ones = filled(rank, 1)
    return taken(apply(ops.scatter_add, filled(rank, 0), ones, rank, axes=(0,)), rank)


def chosen_by(first, rank, size):
    """A function that picks, of a row, what stands where a value comes for the first time."""
    if size is None:
        return lambda row, fill: row[first]
    size = integer(size, "size")

    def pick(row, fill):
        least = element(row, 0, 0) if fill is None else asarray(fill, row.dtype)
        slots = broadcast_to(least, (size + 1,))
        # Equal values are written to one slot, the first of them last of all; what has no slot, to
        # the last one.
        place = np.where(first & (rank < size), rank, size)
        return settled(
            part(apply(ops.scatter, slots, row, place, axes=(0,)), 0, 0, size), row.dtype
        )

    return pick


# Two sets.


@implements(np.isin)
def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    """Which elements are among the others.

    >>> isin([1, 2, 3], [2, 9]).tolist()
    [False, True, False]
    """
    x, others = together(element, test_elements)
    known = within(x, apply(ops.sort, others, axis=0))
    result = reshaped(~known if invert else known, np.shape(element))
    return settled(result, BOOL)


def within(x, ordered):
    """Which elements of a row are in a sorted one."""
    size = ordered.shape[0]
    if not size:
        return filled(x, False, BOOL)
    if x.dtype.kind == "c":
        return np.any(x[:, None] == ordered[None, :], axis=1)
    place = np.minimum(bisected(ordered, x, "left"), size - 1)
    return taken(ordered, place) == x


def sides(ar1, ar2):
    """The sorted values of the first, where each comes for the first time, and which are in the
    second.
    """
    x, y = together(ar1, ar2)
    ordered = apply(ops.sort, x, axis=0)
    return ordered, begins(ordered), within(ordered, apply(ops.sort, y, axis=0))


@implements(np.intersect1d)
def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
    """The distinct values that both have, in order.

    >>> intersect1d([3, 1, 3], [3, 4]).tolist()
    [3]
    """
    if return_indices:
        raise Unsupported("np.intersect1d(return_indices=True): use np.isin and np.nonzero")
    ordered, first, shared = sides(ar1, ar2)
    return ordered[first & shared]


@implements(np.setdiff1d)
def setdiff1d(ar1, ar2, assume_unique=False):
    """The distinct values of the first that the second has not, in order.

    >>> setdiff1d([3, 1, 2, 1], [3]).tolist()
    [1, 2]
    """
    if assume_unique:
        x, y = together(ar1, ar2)
        return x[~within(x, apply(ops.sort, y, axis=0))]
    ordered, first, shared = sides(ar1, ar2)
    return ordered[first & ~shared]


@implements(np.union1d)
def union1d(ar1, ar2):
    """The distinct values that one of both has, in order.

    >>> union1d([3, 1], [2, 3]).tolist()
    [1, 2, 3]
    """
    return unique(joined(together(ar1, ar2), 0))


@implements(np.setxor1d)
def setxor1d(ar1, ar2, assume_unique=False):
    """The distinct values that just one of both has, in order.

    >>> setxor1d([3, 1], [2, 3]).tolist()
    [1, 2]
    """
    x, y = (apply(ops.sort, v, axis=0) for v in together(ar1, ar2))
    ordered = apply(ops.sort, joined((x, y), 0), axis=0)
    return ordered[begins(ordered) & (within(ordered, x) ^ within(ordered, y))]
