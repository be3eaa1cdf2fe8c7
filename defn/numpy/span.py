"""Where the elements of a slice lie whose bounds are known only when the program runs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from defn import ops
from defn.numpy.linear import bounds, difference, forwards
from defn.numpy.positions import as_node
from defn.tensor import Tensor, apply, asarray, wrap


class Span(NamedTuple):
    """Element k lies at `start + k * step` on an axis of `size`, as long as that is before `stop`.

    All but the size are Python integers or traced ones; a negative step runs backwards, down to
    above `stop`.
    """

    start: object
    stop: object
    step: object
    size: int

    @property
    def length(self):
        """How many elements there are."""
        if forwards(self.step):
            distance = minus(at_most(self.stop, self.size), self.start)
        else:
            distance = minus(self.start, at_least(self.stop, -1))
        step = self.stride
        return at_least(distance if is_number(step, 1) else (distance + (step - 1)) // step, 0)

    @property
    def stride(self):
        """How far neighbours lie apart."""
        return abs(self.step) if type(self.step) is int or not forwards(self.step) else self.step

    @property
    def dense(self):
        """Do neighbours lie side by side, in order?"""
        return is_number(self.step, 1)

    def place(self, k):
        """Where element k lies; k counts from the front."""
        return plus(self.start, times(k, self.step))

    def backwards(self):
        """The same elements, last first."""
        length = self.length
        return Span(
            self.place(minus(length, 1)), minus(self.start, self.step), -self.step, self.size
        )

    def part(self, start, stop, step):
        """Every `step`-th element from `start` on, before `stop` (both counted from the front)."""
        first, beyond = self.place(start), self.place(at_most(stop, self.length))
        if step < 0:
            first, beyond = self.place(at_most(start, self.length - 1)), self.place(stop)
        return Span(first, beyond, self.step * step, self.size)

    def valid(self, shape, axis):
        """Where along an axis of an array the elements lie; None if they are all of it."""
        along = counting(shape, axis)
        tests = [test(along, bound) for test, bound in self._tests() if bound is not None]
        if not is_number(self.stride, 1):
            tests.append((along - self.start) % self.stride == 0)
        return all_of(tests)

    def _tests(self):
        if forwards(self.step):
            start = None if same(self.start, 0) else self.start
            return (np.greater_equal, start), (np.less, _unless(self.stop, self.size, at_end=True))
        start = None if same(self.start, self.size - 1) else self.start
        return (np.less_equal, start), (np.greater, _unless(self.stop, -1, at_end=False))


def _unless(stop, end, at_end):
    """The bound, or None where it is the end of the axis."""
    if type(stop) is Tensor:
        return None if same(stop, end) else stop
    return None if (stop >= end if at_end else stop <= end) else stop


def whole(size):
    """The span of a whole axis.

    >>> whole(3)
    Span(start=0, stop=3, step=1, size=3)
    """
    return Span(0, size, 1, size)


def counting(shape, axis):
    """The positions along an axis, in an array of this shape."""
    return apply(ops.iota, shape=tuple(shape), axis=axis)


def all_of(tests):
    """Where all masks are true; None where there are none."""
    tests = [t for t in tests if t is not None]
    found = tests[0] if tests else None
    for test in tests[1:]:
        found = found & test
    return found


# Integers that are known, or traced.


def plus(x, y):
    """The sum of two integers."""
    return y if is_number(x, 0) else x if is_number(y, 0) else x + y


def minus(x, y):
    """The difference of two integers."""
    return x if is_number(y, 0) else x - y


def times(x, k):
    """A multiple of an integer."""
    return x if is_number(k, 1) else x * k


def is_number(x, k):
    """Is an integer known to be this one?"""
    return type(x) is int and x == k


def same(x, y):
    """Are two integers, traced or not, certainly equal?"""
    if type(x) is not Tensor and type(y) is not Tensor:
        return x == y
    return difference(as_node(x), as_node(y)) == 0


def at_least(x, low):
    """An integer, or the least it may be."""
    if type(x) is not Tensor:
        return max(x, low) if type(low) is not Tensor else np.maximum(low, x)
    least, _ = bounds(x.node)
    return x if type(low) is int and least is not None and least >= low else np.maximum(x, low)


def at_most(x, high):
    """An integer, or the greatest it may be."""
    if type(x) is not Tensor and type(high) is not Tensor:
        return min(x, high)
    _, most = bounds(as_node(x))
    return x if type(high) is int and most is not None and most <= high else np.minimum(x, high)


def agree(one, other):
    """Have two spans certainly one length?"""
    if not same(one.stride, other.stride):
        return False
    return same(_reach(one), _reach(other)) or same(one.length, other.length)


def _reach(span):
    """The distance from the start to the stop as written, which an axis may cut short."""
    ends = (span.stop, span.start) if forwards(span.step) else (span.start, span.stop)
    return minus(*ends)


# Moving elements from where one span has them to where another has them.


def moved(x, axis, old, new):
    """The array with its elements moved along an axis, from where `old` has them to `new`."""
    alike = same(old.step, new.step)
    if alike and same(old.start, new.start):
        return resized(x, axis, new.size)
    at = counting((new.size,), 0)
    if alike or is_number(new.stride, 1):
        ratio = 1 if alike else times(old.step, new.step)
        at = plus(times(at, ratio), minus(old.start, times(new.start, ratio)))
    else:
        at = (at - new.start) // new.step * old.step + old.start
    return taken(x, np.minimum(np.maximum(at, 0), max(old.size - 1, 0)), axis)


def resized(x, axis, size):
    """The array with its axis cut, or filled up with zeros, to a size."""
    have = x.shape[axis]
    if have > size:
        return x[(slice(None),) * axis + (slice(size),)]
    if have == size:
        return x
    none = (0,) * x.ndim
    high = tuple(size - have if k == axis else 0 for k in range(x.ndim))
    return apply(ops.pad, x, asarray(0, x.dtype), low=none, high=high, interior=none)


def taken(x, indices, axis):
    """The elements of an axis at a row of indices, which are in range."""
    if not x.shape[axis]:
        return resized(x, axis, indices.shape[0])
    found = apply(ops.gather, x, indices, axes=(axis,))
    order = (*range(1, axis + 1), 0, *range(axis + 1, x.ndim))
    return found if not axis else apply(ops.transpose, found, axes=order)


def within(item, span):
    """What a slice or an integer of a ragged axis is on the array below: a span, or a position."""
    if type(item) is not slice:
        at = span.place(_counted(item, span.length))
        return wrap(at.node, scalar=True) if type(at) is Tensor else at
    step = 1 if item.step is None else int(item.step)
    if step == -1 and item.start is None and item.stop is None:
        return span.backwards()
    length = span.length
    if step > 0:
        start = 0 if item.start is None else at_least(_counted(item.start, length), 0)
        stop = length if item.stop is None else _counted(item.stop, length)
        return span.part(start, stop, step)
    start = length - 1 if item.start is None else _counted(item.start, length)
    stop = -1 if item.stop is None else at_least(_counted(item.stop, length), -1)
    return span.part(start, stop, step)


def _counted(k, length):
    """A position counted from the front of a ragged axis."""
    if type(k) is not Tensor:
        return minus(length, -k) if k < 0 else k
    least, _ = bounds(k.node)
    if least is not None and least >= 0:
        return k
    return np.where(k < 0, k + length, k)
