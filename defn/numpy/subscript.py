"""What an index asks for, one item for each of its entries."""

from __future__ import annotations

import operator
from typing import NamedTuple

import numpy as np

from defn.dispatch import GIVE_WAY
from defn.errors import BoundsError
from defn.numpy.positions import in_range, known, position, positions
from defn.numpy.slices import sliced
from defn.tensor import Tensor, asarray
from defn.types import BOOL, INT64

VALID = (
    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean "
    "arrays are valid indices"
)


class Point(NamedTuple):
    """One element of an axis: a Python integer or a traced one, in range."""

    at: object
    copied: bool = False  # a 0-d array as an index gives a copy


class Fresh(NamedTuple):
    """A new axis of size one."""


class Chosen(NamedTuple):
    """Elements of an axis by an array of indices."""

    indices: Tensor


class Marked(NamedTuple):
    """Elements of one axis or more where a mask is true; known only when the program runs."""

    mask: Tensor


class Listed(NamedTuple):
    """Indices whose number is known only when the program runs: what `np.nonzero` gives."""

    values: object


def parse(shape, subscript):
    """The items that a subscript is made of; together they take every axis of the shape."""
    given = subscript if isinstance(subscript, tuple) else (subscript,)
    given = [prepared(item) for item in given]
    missing = len(shape) - sum(map(_axes_taken, given))
    if missing < 0:
        raise BoundsError(
            f"too many indices for array: array is {len(shape)}-dimensional, "
            f"but {len(shape) - missing} were indexed"
        )
    items, axis = [], 0
    for item in _filled(given, missing):
        items += _items(item, shape, axis)
        axis += _axes_taken(item)
    return items


def prepared(item):
    """One entry of a subscript in the form the rest reads: arrays are tensors, lists too."""
    kind = type(item)
    if item is None or item is Ellipsis or kind is slice or kind is int:
        return item
    if kind in (bool, np.bool_):
        return asarray(item, BOOL)
    if kind in GIVE_WAY:
        return item
    if isinstance(item, str) or not (
        hasattr(item, "__index__") or np.iterable(item) or kind is Tensor
    ):
        raise BoundsError(f"{VALID}, got {item!r}")
    return _array(item)


def _array(item):
    if type(item) is not Tensor and not isinstance(item, np.ndarray) and hasattr(item, "__index__"):
        return operator.index(item)
    if type(item) in (list, tuple) and not len(item):
        return asarray(np.zeros(0, INT64).tolist(), INT64)
    tensor = _indices(item)
    if tensor.dtype.kind not in "iub":
        raise BoundsError(
            f"arrays used as indices must be of integer (or boolean) type, got {tensor.dtype}"
        )
    return tensor


def _indices(item):
    """Indices made in the program are known; arrays from outside are read anew at every call."""
    return item if type(item) is Tensor else asarray(item)


def _axes_taken(item):
    if item is None or item is Ellipsis:
        return 0
    if type(item) is Tensor and item.dtype == BOOL:
        return item.ndim
    return 1


def _filled(given, missing):
    dots = [k for k, item in enumerate(given) if item is Ellipsis]
    if len(dots) > 1:
        raise BoundsError("an index can only have a single ellipsis ('...')")
    place = dots[0] if dots else len(given)
    return [*given[:place], *[slice(None)] * missing, *given[place + 1 :]]


def _items(item, shape, axis):
    if item is None:
        return [Fresh()]
    if type(item) is slice:
        return [sliced(item, shape[axis])]
    if type(item) is int:
        return [Point(in_range(item, axis, shape[axis]))]
    if type(item) in GIVE_WAY:
        return [Listed(item)]
    if item.dtype == BOOL:
        return _masked(item, shape, axis)
    if not item.ndim and not item.vectors:
        return [Point(position(item, axis, shape[axis]), not (item.scalar or item.weak))]
    return [Chosen(positions(item, axis, shape[axis]))]


def _masked(mask, shape, axis):
    """A mask that is known is arrays of indices."""
    for k, size in enumerate(mask.shape):
        if size != shape[axis + k]:
            raise BoundsError(
                f"boolean index did not match indexed array along axis {axis + k}; size of axis is "
                f"{shape[axis + k]} but size of corresponding boolean axis is {size}"
            )
    value = known(mask)
    if value is None or not mask.ndim:
        return [Marked(mask)]
    return [Chosen(asarray(each.tolist(), INT64)) for each in np.nonzero(value)]
