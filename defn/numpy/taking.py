"""Elements chosen by functions: take, compress, nonzero, choose."""

from __future__ import annotations

import numpy as np

from defn.dispatch import METHODS, by_name, implements
from defn.errors import ArgumentError, BoundsError, ShapeError, TypeMismatch
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import fresh, into, select
from defn.numpy.indexing import getitem
from defn.numpy.masked import Masked
from defn.numpy.positions import known, positions
from defn.numpy.selection import Selection
from defn.numpy.shapes import ravel
from defn.numpy.span import counting
from defn.numpy.subscript import Chosen
from defn.numpy.uneven_value import is_uneven, uneven_rule
from defn.tensor import (
    Tensor,
    asarray,
    astype,
)
from defn.types import BOOL, INT64

# Taking.


@implements(np.take, method="take")
def take(a, indices, axis=None, out=None, mode="raise"):
    """The elements at indices along an axis; of the array in a row, if no axis is given.

    >>> take(asarray([10, 20, 30]), [2, 0]).tolist()
    [30, 10]
    """
    a = asarray(a)
    if axis is None:
        a, axis = ravel(a), 0
    axis = normalized_axis(axis, a.ndim)
    indices = (
        indices if is_uneven(indices) else asarray(indices, None if is_given(indices) else INT64)
    )
    at = brought_inside(indices, a.shape[axis], mode)
    found = getitem(a, (slice(None),) * axis + (at,))
    if is_uneven(found) or found.scalar:
        return found
    return into(out, fresh(found))


uneven_rule(np.take)(take)


def is_given(indices):
    """Are there any indices, as far as is known?"""
    return type(indices) is Tensor or np.size(indices)


def brought_inside(indices, size, mode):
    """The indices, brought into range as `mode` says."""
    if mode == "raise":
        return indices
    if mode == "wrap":
        return indices % size
    if mode == "clip":
        return np.minimum(np.maximum(indices, 0), size - 1)
    raise ArgumentError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")


def along(arr, indices, axis):
    """The selection of one element along an axis for every index."""
    arr, indices = asarray(arr), asarray(indices)
    if indices.dtype.kind not in "iu":
        raise BoundsError("`indices` must be an integer array")
    if indices.ndim != arr.ndim:
        raise ShapeError("`indices` and `arr` must have the same number of dimensions")
    axis = normalized_axis(axis, arr.ndim)
    rows = [_row(n, k, arr.ndim) for k, n in enumerate(arr.shape)]
    rows[axis] = positions(indices, axis, arr.shape[axis])
    return Selection(arr, [Chosen(row) for row in rows])


def _row(size, axis, ndim):
    return counting(tuple(size if k == axis else 1 for k in range(ndim)), axis)


@implements(np.take_along_axis)
def take_along_axis(arr, indices, axis=-1):
    """For every index, the element there along an axis.

    >>> take_along_axis(asarray([[3, 1], [2, 4]]), asarray([[1], [0]]), 1).tolist()
    [[1], [2]]
    """
    if axis is None:
        arr, axis = ravel(arr), 0
    return along(arr, indices, axis).read()


@implements(np.compress)
def compress(condition, a, axis=None, out=None):
    """The parts of an axis where the condition holds.

    >>> compress([True, False, True], asarray([1, 2, 3])).tolist()
    [1, 3]
    """
    a, condition = asarray(a), asarray(condition, BOOL)
    if condition.ndim != 1:
        raise ShapeError("condition must be a 1-d array")
    if axis is None:
        a, axis = ravel(a), 0
    before = (slice(None),) * normalized_axis(axis, a.ndim)
    part = a[(*before, slice(condition.shape[0]))]
    found = part[(*before, condition[: part.shape[len(before)]])]
    return found if is_uneven(found) else into(out, found)


METHODS["compress"] = by_name(
    lambda a, condition, axis=None, out=None: compress(condition, a, axis, out)
)


@implements(np.extract)
def extract(condition, arr):
    """The elements where the condition holds, in a row.

    >>> extract([True, False, True], [1, 2, 3]).tolist()
    [1, 3]
    """
    return ravel(arr)[ravel(asarray(condition, BOOL))]


@implements(np.nonzero, method="nonzero")
def nonzero(a):
    """For each axis, the indices of the elements that are not zero.

    >>> [each.tolist() for each in nonzero(asarray([0, 5, 6]))]
    [[1, 2]]
    """
    a = asarray(a)
    if not a.ndim:
        raise ArgumentError(
            "calling nonzero on 0d arrays is not allowed: use np.atleast_1d(scalar).nonzero()"
        )
    mask = astype(a, BOOL) if a.dtype == BOOL else a != 0
    value = known(mask)
    if value is not None:
        return tuple(asarray(each.tolist(), INT64) for each in np.nonzero(value))
    return tuple(Masked(counting(a.shape, k), mask) for k in range(a.ndim))


@implements(np.flatnonzero)
def flatnonzero(a):
    """The places, in the row of all elements, of those that are not zero.

    >>> flatnonzero([0, 5, 7]).tolist()
    [1, 2]
    """
    return nonzero(ravel(a))[0]


@implements(np.argwhere)
def argwhere(a):
    """The indices of the elements that are not zero, one row for each.

    >>> argwhere([0, 5, 7]).tolist()
    [[1], [2]]
    """
    found = nonzero(np.atleast_1d(asarray(a)))
    if type(found[0]) is Masked:
        return Masked(np.stack([each.tensor for each in found], -1), found[0].mask)
    return np.stack(found, -1)


@implements(np.choose)
def choose(a, choices, out=None, mode="raise"):
    """For each element of `a`, the element of the choice that it names.

    >>> choose(asarray([1, 0]), [[1, 2], [3, 4]]).tolist()
    [3, 2]
    """
    choices = [asarray(c) for c in choices]
    a, dtype = asarray(a), np.result_type(*(c.dtype for c in choices))
    value = known(a)
    if mode == "raise" and value is not None and ((value < 0) | (value >= len(choices))).any():
        raise BoundsError(f"invalid entry in choice array: there are {len(choices)} choices")
    a, *choices = np.broadcast_arrays(brought_inside(a, len(choices), mode), *choices)
    found = astype(choices[0], dtype)
    for k, choice in enumerate(choices[1:], 1):
        found = select(a == k, astype(choice, dtype), found)
    return into(out, fresh(found))


METHODS["choose"] = choose


@implements(np.select)
def select_first(condlist, choicelist, default=0):
    """For each place, the element of the first choice whose condition holds there.

    >>> select_first([asarray([True, False])], [asarray([1, 2])], 7).tolist()
    [1, 7]
    """
    if len(condlist) != len(choicelist):
        raise ArgumentError("list of cases must be same length as list of conditions")
    if not condlist:
        raise ArgumentError("select with an empty condition list is not possible")
    found = default if isinstance(default, (int, float, complex)) else asarray(default)
    for condition, choice in zip(reversed(condlist), reversed(choicelist)):
        if asarray(condition).dtype != BOOL:
            raise TypeMismatch("conditions must be boolean arrays")
        found = np.where(asarray(condition), choice, found)
    return found
