"""Repeats and parts of an array: views."""

from __future__ import annotations

import operator

import numpy as np

from defn import views
from defn.dispatch import implements
from defn.errors import ArgumentError, ShapeError
from defn.numpy.axes import normalized_axis
from defn.numpy.layout import seen, type_like
from defn.numpy.orders import moveaxis
from defn.numpy.shapes import sizes_of
from defn.tensor import asarray

# Repeats.


@implements(np.broadcast_to)
def broadcast_to(array, shape, subok=False):
    """The array repeated to a shape: a view that cannot be written.

    >>> broadcast_to(asarray([1, 2]), (2, 2)).tolist()
    [[1, 2], [1, 2]]
    """
    array, shape = asarray(array), sizes_of(shape)
    first = len(shape) - array.ndim
    if first < 0 or any(n not in (1, m) for n, m in zip(array.shape, shape[first:])):
        raise ShapeError(f"cannot broadcast an array of shape {array.shape} to shape {shape}")
    axes = tuple(range(first, len(shape)))
    return seen(array, (views.Spread(shape, axes),), type_like(array, shape))


@implements(np.broadcast_arrays)
def broadcast_arrays(*arrays, subok=False):
    """The arrays repeated to one shape.

    >>> [x.shape for x in broadcast_arrays([1, 2, 3], [[1], [2]])]
    [(2, 3), (2, 3)]
    """
    arrays = [asarray(a) for a in arrays]
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    if all(a.shape == shape for a in arrays):
        return tuple(arrays)
    return tuple(broadcast_to(a, shape) for a in arrays)


# Parts.


def cut(a, axis, bounds):
    """The parts of an axis between neighbouring bounds."""
    before = (slice(None),) * axis
    return [a[(*before, slice(low, high))] for low, high in zip(bounds, bounds[1:])]


@implements(np.array_split)
def array_split(ary, indices_or_sections, axis=0):
    """The array in parts as equal as can be, or cut at given places: views.

    >>> [part.tolist() for part in array_split(asarray([1, 2, 3]), 2)]
    [[1, 2], [3]]
    """
    ary = asarray(ary)
    axis = normalized_axis(axis, ary.ndim)
    size = ary.shape[axis]
    if np.iterable(indices_or_sections):
        places = [operator.index(k) for k in indices_or_sections]
        return cut_at(ary, axis, places)
    sections = operator.index(indices_or_sections)
    if sections <= 0:
        raise ArgumentError("number sections must be larger than 0.")
    each, extra = divmod(size, sections)
    sizes = [each + 1] * extra + [each] * (sections - extra)
    return cut(ary, axis, [0, *(int(n) for n in np.cumsum(sizes))])


def cut_at(a, axis, places):
    """The parts of an axis between places, which count as bounds of slices do."""
    before = (slice(None),) * axis
    starts, stops = [0, *places], [*places, a.shape[axis]]
    return [a[(*before, slice(low, high))] for low, high in zip(starts, stops)]


@implements(np.split)
def split(ary, indices_or_sections, axis=0):
    """The array in equal parts, or cut at given places: views.

    >>> [x.tolist() for x in split([1, 2, 3, 4], 2)]
    [[1, 2], [3, 4]]
    """
    ary = asarray(ary)
    size = ary.shape[normalized_axis(axis, ary.ndim)]
    if not np.iterable(indices_or_sections) and size % operator.index(indices_or_sections):
        raise ShapeError(
            f"array split does not result in an equal division: {size} by {indices_or_sections}"
        )
    return array_split(ary, indices_or_sections, axis)


@implements(np.hsplit)
def hsplit(ary, indices_or_sections):
    """The array in parts, side by side.

    >>> [x.tolist() for x in hsplit([1, 2, 3, 4], 2)]
    [[1, 2], [3, 4]]
    """
    ary = asarray(ary)
    if not ary.ndim:
        raise ShapeError("hsplit only works on arrays of 1 or more dimensions")
    return split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@implements(np.vsplit)
def vsplit(ary, indices_or_sections):
    """The array in parts, one above the other.

    >>> [x.tolist() for x in vsplit([[1, 2], [3, 4]], 2)]
    [[[1, 2]], [[3, 4]]]
    """
    ary = asarray(ary)
    if ary.ndim < 2:
        raise ShapeError("vsplit only works on arrays of 2 or more dimensions")
    return split(ary, indices_or_sections, 0)


@implements(np.dsplit)
def dsplit(ary, indices_or_sections):
    """The array in parts along its third axis.

    >>> [x.shape for x in dsplit(np.ones((2, 2, 4)), 2)]
    [(2, 2, 2), (2, 2, 2)]
    """
    ary = asarray(ary)
    if ary.ndim < 3:
        raise ShapeError("dsplit only works on arrays of 3 or more dimensions")
    return split(ary, indices_or_sections, 2)


@implements(np.unstack)
def unstack(x, /, *, axis=0):
    """The parts of an array along an axis, without the axis.

    >>> [x.tolist() for x in unstack([[1, 2], [3, 4]])]
    [[1, 2], [3, 4]]
    """
    x = asarray(x)
    if not x.ndim:
        raise ShapeError("Input array must be at least 1-d.")
    return tuple(moveaxis(x, axis, 0))
