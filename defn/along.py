"""NumPy's functions that call a function of the user's along axes: one loop over the rows."""

from __future__ import annotations

import numpy as np

from defn.control import map as map_rows
from defn.dispatch import implements
from defn.errors import ArgumentError, ShapeError
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import fresh, strong
from defn.numpy.parts import moved, reshaped
from defn.tensor import asarray


@implements(np.apply_along_axis)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """What a function gives for each row along an axis, in the place of the row.

    >>> apply_along_axis(lambda row: row.sum(), 1, asarray([[1, 2], [3, 4]])).tolist()
    [3, 7]
    """
    arr = strong(asarray(arr))
    if not arr.ndim or not arr.size:
        raise ArgumentError(
            f"Cannot apply_along_axis when any iteration dimensions are 0: shape {arr.shape}"
        )
    axis = normalized_axis(axis, arr.ndim)
    rows = moved(arr, axis, -1)
    outer = rows.shape[:-1]
    count = arr.size // rows.shape[-1]
    found = map_rows(
        lambda row: asarray(func1d(row, *args, **kwargs)), reshaped(rows, (count, rows.shape[-1]))
    )
    found = reshaped(found, (*outer, *found.shape[1:]))
    new = range(len(outer), found.ndim)
    return fresh(np.moveaxis(found, tuple(new), tuple(range(axis, axis + len(new)))))


@implements(np.apply_over_axes)
def apply_over_axes(func, a, axes):
    """The array after `func(array, axis)` for one axis after the other, each kept with size one.

    >>> apply_over_axes(np.sum, asarray([[1, 2], [3, 4]]), [0, 1]).tolist()
    [[10]]
    """
    found = strong(asarray(a))
    ndim = found.ndim
    for axis in axes if isinstance(axes, (tuple, list)) else (axes,):
        axis = normalized_axis(axis, ndim)
        result = asarray(func(found, axis))
        found = np.expand_dims(result, axis) if result.ndim == ndim - 1 else result
        if found.ndim != ndim:
            raise ShapeError(
                f"function is not returning an array of the correct shape: {result.shape}"
            )
    return found
