"""What an index asks for: points, parts, new axes, arrays of indices and masks, one item for each."""

from __future__ import annotations

import operator
from typing import NamedTuple

import numpy as np

from defn import ops
from defn.dispatch import GIVE_WAY
from defn.errors import BoundsError, TypeMismatch
from defn.expr import constant, index
from defn.numpy.linear import bounds, difference
from defn.tensor import Tensor, apply, asarray, astype, broadcast_to, concrete, effect, wrap
from defn.trace import current, known_value
from defn.types import BOOL, INT64

VALID = (
    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are "
    "valid indices"
)


class Point(NamedTuple):
    """One element of an axis: a Python integer or a traced one, in range."""

    at: object
    copied: bool = False  # a 0-d array as an index gives a copy


class Part(NamedTuple):
    """Some elements of an axis at equal distances: the first may be traced, how many is known."""

    start: object
    size: int
    step: int


class Fresh(NamedTuple):
    """A new axis of size one."""


class Chosen(NamedTuple):
    """Elements of an axis by an array of indices."""

    indices: Tensor


class Marked(NamedTuple):
    """Elements of one axis or more where a mask is true; known only when the program runs."""

    mask: Tensor


class Stretch(NamedTuple):
    """A slice whose size is known only when the program runs: bounds as traced integers, not cut to the axis."""

    start: object
    stop: object
    step: int


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
    """Known indices made in the program are constants of it; arrays from outside are read anew at every call."""
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
    if not item.ndim:
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


# Single integers.


def in_range(k, axis, size):
    """A known index, counted from the front."""
    if not -size <= k < size:
        raise BoundsError(f"index {k} is out of bounds for axis {axis} with size {size}")
    return k + size if k < 0 else k


def known(tensor):
    """The value of a tensor that depends on no argument, as an array; else None."""
    if tensor.storage.trace is None:
        return concrete(tensor, "an index") if current() is None else None
    return known_value(tensor.node)


def known_integer(value):
    """The Python integer that a value is, if that is known; else None."""
    if type(value) is not Tensor:
        return operator.index(value)
    found = known(value)
    return None if found is None else int(found)


def points(shape, subscript):
    """The positions that a subscript of nothing but integers names, as nodes; None for other subscripts.

    Positions met before are remembered: a loop's body names the same ones again and again.
    """
    given = subscript if type(subscript) is tuple else (subscript,)
    trace = current()
    if trace is None or len(given) != len(shape):
        return None
    memo, found = trace.positions, []
    for axis, (item, size) in enumerate(zip(given, shape)):
        kind = type(item)
        if kind is Tensor and (item.scalar or item.weak is int) and item.type.dtype.kind in "iu":
            key = (item.node, size)
        elif kind is int:
            key = (item, size)
        else:
            return None
        if key not in memo:
            memo[key] = _point(item, axis, size)
        found.append(memo[key])
    return found


def _point(item, axis, size):
    at = in_range(item, axis, size) if type(item) is int else position(item, axis, size)
    return as_node(at)


def position(tensor, axis, size):
    """A traced index counted from the front; a known one is checked now."""
    found = known_integer(tensor)
    if found is not None:
        return in_range(found, axis, size)
    return from_front(astype(tensor, INT64), size)


def from_front(tensor, size):
    """Indices below zero count from the end; nothing to do where there can be none."""
    low, high = bounds(tensor.node) if not tensor.ndim else (None, None)
    if low is not None and low >= 0:
        return tensor
    moved = apply(ops.add, tensor, everywhere(size, tensor.shape))
    if high is not None and high < 0:
        return moved
    return apply(ops.select, apply(ops.less, tensor, everywhere(0, tensor.shape)), moved, tensor)


def everywhere(value, shape):
    """A known integer at every place of a shape."""
    return broadcast_to(wrap_integer(value), shape)


def wrap_integer(value):
    """A known integer as a tensor."""
    return wrap(constant(value, INT64)) if current() is not None else asarray(value, INT64)


def positions(indices, axis, size):
    """Indices counted from the front; known ones are checked now."""
    value = known(indices)
    if value is None:
        return from_front(astype(indices, INT64), size)
    bad = value[(value < -size) | (value >= size)]
    if bad.size:
        raise BoundsError(f"index {bad.flat[0]} is out of bounds for axis {axis} with size {size}")
    if not (value < 0).any():
        return astype(indices, INT64)
    return asarray(np.where(value < 0, value + size, value).tolist(), INT64)


def as_node(at):
    """A position as a node."""
    return at.node if type(at) is Tensor else index(at)


# Slices.


def sliced(item, size):
    """A slice as a part of known size, or as a stretch."""
    start, stop, step = map(_bound, (item.start, item.stop, item.step))
    step = 1 if step is None else operator.index(step)
    if step == 0:
        raise BoundsError("slice step cannot be zero")
    if type(start) is not Tensor and type(stop) is not Tensor:
        found = range(*slice(start, stop, step).indices(size))
        return Part(found.start if len(found) else 0, len(found), step)
    return _window(start, stop, step, size) or _stretch(start, stop, step, size)


def _bound(value):
    """A bound of a slice: None, a Python integer, or a traced integer."""
    if value is None or type(value) is int:
        return value
    if type(value) is not Tensor:
        return operator.index(value)
    if value.ndim or value.dtype.kind not in "iub":
        raise TypeMismatch("slice indices must be integers or None or have an __index__ method")
    found = known_integer(value)
    return found if found is not None else astype(value, INT64)


def _window(start, stop, step, size):
    """A traced start and a stop at a constant distance, `a[k:k + 3]`, where no end of the axis cuts it.

    Where that is not certain, the program checks it when it runs; where the indices are known to reach beyond
    the axis, as in the last trip of a loop over blocks, the slice is a stretch.
    """
    if start is None or stop is None or step < 0:
        return None
    start, stop = _end(start, size), _end(stop, size)
    length = difference(stop.node, start.node)
    (low, high), (end, _) = bounds(start.node), bounds(stop.node)
    inside = low is not None and low >= 0
    if length is None or length > size or length <= 0 and not (inside and end is not None and end >= 0):
        return None
    if inside and high is not None and high + length > size:
        return None
    first = from_front(start, size)
    if not inside or high is None:
        _demand_inside(start, first, length, size, inside)
    return Part(first if length > 0 else 0, max(0, -(-length // step)), step)


def _demand_inside(start, first, length, size, counted):
    """Check, when the program runs, that a window lies inside its axis, on one side of zero."""
    holds = apply(ops.less_equal, first, wrap_integer(size - length))
    if not counted:
        one_side = apply(
            ops.logical_or,
            apply(ops.greater_equal, start, wrap_integer(0)),
            apply(ops.less, start, wrap_integer(-length)),
        )
        holds = apply(ops.logical_and, apply(ops.logical_and, holds, one_side), _not_below(first))
    effect(
        ops.check,
        holds,
        start,
        message=f"a slice of {length} elements from {{}} on reaches beyond its axis of size {size}: "
        "write its stop as np.minimum(stop, size)",
        error="index",
    )


def _not_below(first):
    return apply(ops.greater_equal, first, wrap_integer(0))


def _end(bound, size):
    """A bound as a traced integer, where a Python integer counts from the front."""
    if type(bound) is Tensor:
        return bound
    return wrap(constant(bound + size if bound < 0 else bound, INT64))


def _stretch(start, stop, step, size):
    first, beyond = (0, size) if step > 0 else (size - 1, -1)
    start = first if start is None else _counted(start, size)
    stop = beyond if stop is None else _counted(stop, size)
    return Stretch(_not_before(start) if step > 0 else _not_beyond(start, size - 1), stop, step)


def _counted(bound, size):
    if type(bound) is Tensor:
        return from_front(bound, size)
    return bound + size if bound < 0 else bound


def _not_before(start):
    """The first element of a stretch that runs forwards: not before the axis."""
    if type(start) is not Tensor:
        return max(start, 0)
    least, _ = bounds(start.node)
    return start if least is not None and least >= 0 else _limited(ops.maximum, start, 0)


def _not_beyond(start, last):
    """The first element of a stretch that runs backwards: not beyond the axis."""
    if type(start) is not Tensor:
        return min(start, last)
    _, most = bounds(start.node)
    return start if most is not None and most <= last else _limited(ops.minimum, start, last)


def _limited(op, start, end):
    return apply(op, start, wrap(constant(end, INT64)))
