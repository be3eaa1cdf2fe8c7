"""Slices: parts of known size, or stretches whose size is known only when the program runs."""

from __future__ import annotations

import operator
from typing import NamedTuple

from defn import ops
from defn.errors import BoundsError, TypeMismatch, Unsupported
from defn.expr import constant
from defn.numpy.linear import bounds, difference, forwards
from defn.numpy.positions import from_front, known_integer, wrap_integer
from defn.tensor import Tensor, apply, astype, effect, wrap
from defn.trace import current, parameters_of
from defn.types import INT64


class Part(NamedTuple):
    """Some elements of an axis at equal distances: the first may be traced, how many is known."""

    start: object
    size: int
    step: int


class Stretch(NamedTuple):
    """A slice whose size is known only when the program runs; its bounds are as given."""

    start: object
    stop: object
    step: object


# Slices.


def sliced(item, size):
    """A slice as a part of known size, or as a stretch."""
    start, stop, step = map(_bound, (item.start, item.stop, item.step))
    step = 1 if step is None else step if only_running(step) else operator.index(step)
    if type(step) is Tensor:
        return _stretch(start, stop, _directed(step), size)
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
    if value.vectors:
        raise Unsupported(
            "a slice with a bound for each entry of a vectorised axis: use nx.slice, whose length is known"
        )
    found = known_integer(value)
    return found if found is not None else astype(value, INT64)


def only_running(value):
    """Is an integer known to nobody but the running program: no integer arguments decide it?"""
    if type(value) is not Tensor or not value.traced:
        return False
    fixable = current().root().fixable
    return any(p not in fixable for p in parameters_of(value.node))


def _directed(step):
    """A traced step; that it goes the way it is taken to go is checked when the program runs."""
    least, most = bounds(step.node)
    onwards = forwards(step)
    if least is not None and least > 0 or most is not None and most < 0:
        return step
    effect(
        ops.check,
        apply(ops.greater if onwards else ops.less, step, wrap_integer(0)),
        step,
        message="a slice has a step of {}, where x[a:b:k] with a k that the program computes must go "
        "forwards, and x[a:b:-k] backwards: k must be positive",
        error="value",
    )
    return step


def _window(start, stop, step, size):
    """A traced start and a stop at a constant distance, `a[k:k + 3]`, that no end of the axis cuts.

    Where that is not certain, the program checks it when it runs; where the indices are known to
    reach beyond the axis, as in the last trip of a loop over blocks, the slice is a stretch.
    """
    if start is None or stop is None or step < 0:
        return None
    start, stop = _end(start, size), _end(stop, size)
    length = difference(stop.node, start.node)
    (low, high), (end, _) = bounds(start.node), bounds(stop.node)
    inside = low is not None and low >= 0
    if (
        length is None
        or length > size
        or length <= 0
        and not (inside and end is not None and end >= 0)
    ):
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
        message=f"a slice of {length} elements from {{}} on reaches beyond its axis of size "
        f"{size}: write its stop as np.minimum(stop, size)",
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
    first, beyond = (0, size) if forwards(step) else (size - 1, -1)
    start = first if start is None else _counted(start, size)
    stop = beyond if stop is None else _counted(stop, size)
    first = _not_before(start) if forwards(step) else _not_beyond(start, size - 1)
    return Stretch(first, stop, step)


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
