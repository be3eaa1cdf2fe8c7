"""Sorting, and searching in what is sorted."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import METHODS, by_name, implements
from defn.errors import ArgumentError, ShapeError, Unsupported
from defn.numpy.axes import integer, normalized_axis
from defn.numpy.composite import select, settled
from defn.numpy.parts import element, flat, part
from defn.tensor import apply, asarray, assign, astype, broadcast_to, kind_of
from defn.types import INT64, promote

KINDS = (None, "quicksort", "mergesort", "heapsort", "stable")


def along(a, axis):
    """The array and the axis to sort along: the last of the flat array for None."""
    x = asarray(a)
    if axis is None:
        return flat(x), 0
    return x, normalized_axis(axis, x.ndim)


def checked(kind, order):
    """Refuse settings that are none of NumPy's, or that need structured arrays."""
    if kind not in KINDS:
        raise ArgumentError(f"sort kind must be one of {KINDS[1:]}, not {kind!r}")
    if order is not None:
        raise Unsupported("order= sorts structured arrays, which cannot be traced")


@implements(np.sort)
def sort(a, axis=-1, kind=None, order=None, *, stable=None, descending=False):
    """The values in order along an axis, nan last.

    >>> sort([3, 1, 2]).tolist(), sort([3, 1, 2], descending=True).tolist()
    ([1, 2, 3], [3, 2, 1])
    """
    checked(kind, order)
    x, axis = along(a, axis)
    result = apply(ops.sort, x, axis=axis)
    return apply(ops.flip, result, axes=(axis,)) if descending else result


@implements(np.argsort, method="argsort")
def argsort(a, axis=-1, kind=None, order=None, *, stable=None, descending=False):
    """The places of the values in order along an axis; equal ones stay in their order.

    >>> argsort([30, 10, 20]).tolist(), argsort([30, 10, 20], descending=True).tolist()
    ([1, 2, 0], [0, 2, 1])
    """
    checked(kind, order)
    a = asarray(a)
    x, axis = along(a if a.ndim else flat(a), axis)
    return argsorted_down(x, axis) if descending else apply(ops.argsort, x, axis=axis)


def argsorted_down(x, axis):
    """The places in descending order, equal values in their own order."""
    backward = apply(ops.argsort, apply(ops.flip, x, axes=(axis,)), axis=axis)
    return apply(ops.flip, x.shape[axis] - 1 - backward, axes=(axis,))


def sort_in_place(a, axis=-1, kind=None, order=None, *, stable=None):
    """The array sorted where it is, as the method of arrays does."""
    assign(a, sort(a, normalized_axis(axis, a.ndim), kind, order))


METHODS["sort"] = by_name(sort_in_place)


@implements(np.partition)
def partition(a, kth, axis=-1, kind="introselect", order=None):
    """The values with the kth in its place, no greater ones before it, no lesser ones behind.

    >>> partition([3, 1, 2], 1)[1].item()
    2
    """
    return parted(ops.partition, a, kth, axis, order)


@implements(np.argpartition, method="argpartition")
def argpartition(a, kth, axis=-1, kind="introselect", order=None):
    """The places of the values, that of the kth in its place, those of no greater ones before it.

    >>> argpartition([30, 10, 20], 1)[1].item()
    2
    """
    a = asarray(a)
    return parted(ops.argpartition, a if a.ndim else flat(a), kth, axis, order)


def parted(op, a, kth, axis, order):
    """The array parted along an axis; a place outside of the axis is refused."""
    checked(None, order)
    x, axis = along(a, axis)
    size = x.shape[axis]
    for k in kth if isinstance(kth, (tuple, list)) else (kth,):
        if not -size <= integer(k, "kth") < size:
            raise ArgumentError(f"kth(={k}) out of bounds ({size})")
    kth = kth if isinstance(kth, (tuple, list)) else (kth,)
    return apply(op, x, axis=axis, kth=tuple(sorted({integer(k, "kth") % size for k in kth})))


def partition_in_place(a, kth, axis=-1, kind="introselect", order=None):
    """The array partitioned where it is, as the method of arrays does."""
    assign(a, partition(a, kth, normalized_axis(axis, a.ndim), kind, order))


METHODS["partition"] = by_name(partition_in_place)


@implements(np.lexsort)
def lexsort(keys, axis=-1):
    """The places in order of the last key, ties by the one before it, and so on.

    >>> lexsort(([1, 2, 3], [2, 1, 2])).tolist()
    [1, 0, 2]
    """
    keys = [asarray(key) for key in keys]
    axis = normalized_axis(axis, keys[0].ndim)
    places = apply(ops.argsort, keys[0], axis=axis)
    for key in keys[1:]:
        ordered = taken_along(key, places, axis)
        places = taken_along(places, apply(ops.argsort, ordered, axis=axis), axis)
    return places


def taken_along(x, places, axis):
    """The elements at places along one axis, row by row."""
    indices = [counting(places.shape, k) for k in range(places.ndim)]
    indices[axis] = places
    return apply(ops.gather, x, *indices, axes=tuple(range(x.ndim)))


def counting(shape, axis):
    """Each element's place along an axis."""
    return apply(ops.iota, shape=tuple(shape), axis=axis)


@implements(np.sort_complex)
def sort_complex(a):
    """The values in order along the last axis, as complex numbers.

    >>> sort_complex([3.0, 1.0]).tolist()
    [(1+0j), (3+0j)]
    """
    x = sort(a)
    if x.dtype.kind == "c":
        return x
    return astype(x, np.dtype("complex64" if x.dtype.char in "bhBH" else "complex128"))


def top_k(a, k, axis=-1):
    """The `k` greatest values along an axis, from the greatest on, and their places.

    >>> [each.tolist() for each in top_k([1.0, 9.0, 4.0], 2)]
    [[9.0, 4.0], [1, 2]]
    """
    x, axis = along(a, axis)
    if not 0 <= integer(k, "k") <= x.shape[axis]:
        raise ArgumentError(f"top_k asks for {k} values of an axis of size {x.shape[axis]}")
    size = x.shape[axis]
    # Only the last places are read of the order, so a compiler may find no others.
    backward = apply(ops.argsort, apply(ops.flip, x, axes=(axis,)), axis=axis)
    places = apply(ops.flip, size - 1 - part(backward, axis, size - k, k), axes=(axis,))
    return taken_along(x, places, axis), places


# Searching: halves of the sorted array, as many steps as its size has bits.


@implements(np.searchsorted, method="searchsorted")
def searchsorted(a, v, side="left", sorter=None):
    """Where the values would go in a sorted array: before equal ones, or (`right`) after them.

    >>> searchsorted([1, 2, 2, 3], [2, 5]).tolist(), searchsorted([1, 2, 2, 3], 2, "right").item()
    ([1, 4], 3)
    """
    a, v = asarray(a), asarray(v)
    if side not in ("left", "right"):
        raise ArgumentError(f"side must be 'left' or 'right' (got '{side}')")
    if a.ndim != 1:
        raise ShapeError(f"searchsorted needs a sorted array of one axis, got shape {a.shape}")
    dtype = promote(kind_of(a), kind_of(v))
    sorted_values = taken(a, asarray(sorter)) if sorter is not None else a
    return settled(found(astype(sorted_values, dtype), astype(v, dtype), side), INT64)


def found(a, v, side):
    """The place of each value in a sorted array, by bisection."""
    size = a.shape[0]
    place = broadcast_to(asarray(0, INT64), v.shape)
    for bit in reversed(range(size.bit_length())):
        further = place + 2**bit
        seen = taken(a, np.minimum(further, size) - 1)
        before = comes_before(seen, v) if side == "left" else ~comes_before(v, seen)
        place = select((further <= size) & before, further, place)
    return place


def comes_before(x, y):
    """Is `x` before `y` in sorted order, where nan comes last?"""
    if x.dtype.kind == "f":
        return (x < y) | (np.isnan(y) & ~np.isnan(x))
    return x < y


def taken(a, places):
    """The elements of an array of one axis at some places."""
    return apply(ops.gather, a, places, axes=(0,))


@implements(np.digitize)
def digitize(x, bins, right=False):
    """The number of the bin each value falls into, of bins in rising or falling order.

    >>> digitize([0.2, 6.4, 3.0], [0.0, 1.0, 2.5, 4.0]).tolist()
    [1, 4, 3]
    """
    x, bins = asarray(x), asarray(bins)
    side = "left" if right else "right"
    if bins.shape[0] < 2:
        return searchsorted(bins, x, side)
    falls = element(bins, 0, 0) > element(bins, 0, -1)
    rising = select(broadcast_to(falls, bins.shape), apply(ops.flip, bins, axes=(0,)), bins)
    place = searchsorted(rising, x, side)
    return settled(select(broadcast_to(falls, place.shape), bins.shape[0] - place, place), INT64)
