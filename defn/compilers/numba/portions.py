"""The part of a value that belongs to some rows: the same operations, on fewer rows.

A loop's body is made again for the rows from `begin` on. What reads other rows than it writes has
no such part (`Meet`).
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from defn import ops
from defn.compilers.numba.access import same_order
from defn.expr import constant_value, depending_on, index, make
from defn.ops.reduction import kept_axes

PLACED = (ops.put, ops.add_at)


class Meet(LookupError):
    """The rows of a value need each other."""


class Rows(NamedTuple):
    """Which elements of an array are a row: those at one place along `axis`, from `first` on."""

    axis: int
    first: int
    whole: bool  # is the array computed row by row, or are windows of it read and written?


class Portion:
    """Values of a body for `count` rows from `begin` on. `given` holds what its parameters are, of
    which those in `rows` are states that have rows."""

    def __init__(self, body, rows, given, begin, count):
        self.rows, self.given, self.begin, self.count = rows, given, begin, count
        self.moving = depending_on(body.order, rows)
        self.done = {}

    def value(self, node, axis):
        """The rows of a value that has them along an axis; all of it where `axis` is None."""
        key = (node, axis)
        if key not in self.done:
            self.done[key] = self._still(node) if axis is None else self._rows(node, axis)
        return self.done[key]

    def version(self, node):
        """An array of which windows are written, after the writes to these rows."""
        if node in self.rows and not self.rows[node].whole:
            return self.given[node]
        if node.op not in PLACED:
            raise Meet(node)
        if node not in self.done:
            array, value, *starts = node.args
            rows = self._rows_of(array)
            written = self.value(value, _inner(node.attrs["sizes"], rows.axis))
            window = self._window(node, starts, rows)
            self.done[node] = make(
                node.op, (self.version(array), written, *window[0]), window[1], where=node.where
            )
        return self.done[node]

    def _rows_of(self, node):
        """The rows of the state of which this is a version; None where it is none."""
        while node.op in PLACED:
            node = node.args[0]
        found = self.rows.get(node)
        return found if found and not found.whole else None

    def _window(self, node, starts, rows):
        """The starts and settings of a window that has these rows alone."""
        sizes, steps = node.attrs["sizes"], node.attrs["steps"]
        starts = [self.value(s, None) for s in starts]
        starts[rows.axis] = moved(self.begin, rows.first)
        sizes = (*sizes[: rows.axis], self.count, *sizes[rows.axis + 1 :])
        return starts, {"sizes": sizes, "steps": steps}

    def _still(self, node):
        """A value that is the same for all rows; what takes work is not done again for each
        block."""
        free = node.op.kind in (ops.Kind.LEAF, ops.Kind.MOVEMENT, ops.Kind.INDEX)
        if node in self.moving or not free and (prod(node.shape) > 1 or node.op.kind in LONG):
            raise Meet(node)
        if node.op is ops.parameter:
            return self.given[node]
        return node.with_args([self.value(a, None) for a in node.args])

    def _rows(self, node, axis):
        if node in self.rows:
            if self.rows[node] != Rows(axis, 0, True):
                raise Meet(node)
            return self.given[node]
        rule = PORTION.get(node.op, _elementwise)
        if rule is _elementwise and node.op.kind is not ops.Kind.ELEMENTWISE:
            return self.cut(node, axis)
        return rule(self, node, axis)

    def cut(self, node, axis):
        """The rows of an array that no trip changes."""
        starts = [index(0)] * len(node.shape)
        starts[axis] = self.begin
        sizes = (*node.shape[:axis], self.count, *node.shape[axis + 1 :])
        settings = {"sizes": sizes, "steps": (1,) * len(sizes)}
        return make(ops.get, (self.value(node, None), *starts), settings, where=node.where)

    def remade(self, node, args, **attrs):
        return make(node.op, tuple(args), {**node.attrs, **attrs}, where=node.where)

    def shape(self, node, axis):
        return (*node.shape[:axis], self.count, *node.shape[axis + 1 :])


LONG = (ops.Kind.STRUCTURE, ops.Kind.LIBRARY, ops.Kind.EFFECT)


def moved(begin, offset):
    return make(ops.add, (begin, index(offset))) if offset else begin


def _inner(sizes, axis):
    """Which axis of a window an axis of the array is."""
    return sum(n is not None for n in sizes[:axis])


def _outer(sizes, axis):
    """Which axis of the array an axis of the window is."""
    return [k for k, n in enumerate(sizes) if n is not None][axis]


def _elementwise(portion, node, axis):
    return portion.remade(node, [portion.value(a, axis) for a in node.args])


def _broadcast(portion, node, axis):
    (x,) = node.args
    axes = node.attrs["axes"]
    place = axes.index(axis) if axis in axes else None
    if place is not None and x.shape[place] == 1 != node.shape[axis]:
        place = None
    return portion.remade(node, [portion.value(x, place)], shape=portion.shape(node, axis))


def _iota(portion, node, axis):
    shape = portion.shape(node, axis)
    made = portion.remade(node, (), shape=shape)
    if node.attrs["axis"] != axis:
        return made
    first = make(ops.broadcast, (portion.begin,), {"shape": shape, "axes": ()})
    return make(ops.add, (made, first), where=node.where)


def _get(portion, node, axis):
    array, *starts = node.args
    sizes, along = node.attrs["sizes"], _outer(node.attrs["sizes"], axis)
    rows = portion._rows_of(array)
    if rows is not None:
        if rows.axis != along:
            raise Meet(node)
        starts, attrs = portion._window(node, starts, rows)
        return make(ops.get, (portion.version(array), *starts), attrs, where=node.where)
    shorter = {"sizes": (*sizes[:along], portion.count, *sizes[along + 1 :])}
    if array in portion.moving:
        if constant_value(starts[along]) != 0 or sizes[along] != array.shape[along]:
            raise Meet(node)
        starts = [portion.value(s, None) for s in starts]
        return portion.remade(node, (portion.value(array, along), *starts), **shorter)
    starts = [portion.value(s, None) for s in starts]
    further = make(ops.multiply, (portion.begin, index(node.attrs["steps"][along])))
    starts[along] = make(ops.add, (further, starts[along]))
    return portion.remade(node, (portion.value(array, None), *starts), **shorter)


def _placed(portion, node, axis):
    """A write into an array that is computed row by row."""
    array, value, *starts = node.args
    if constant_value(starts[axis]) != 0 or node.attrs["sizes"][axis] != node.shape[axis]:
        raise Meet(node)
    sizes = node.attrs["sizes"]
    written = portion.value(value, _inner(sizes, axis))
    starts = [portion.value(s, None) for s in starts]
    sizes = (*sizes[:axis], portion.count, *sizes[axis + 1 :])
    return portion.remade(node, (portion.value(array, axis), written, *starts), sizes=sizes)


def _transpose(portion, node, axis):
    return portion.remade(node, [portion.value(node.args[0], node.attrs["axes"][axis])])


def _reshape(portion, node, axis):
    (x,) = node.args
    if not same_order(node):
        raise Meet(node)
    place = sum(n != 1 for n in node.shape[:axis])
    before = [k for k, n in enumerate(x.shape) if n != 1][place]
    return portion.remade(node, [portion.value(x, before)], shape=portion.shape(node, axis))


def _along_others(portion, node, axis):
    """What is done along other axes than the rows'."""
    attrs = node.attrs
    if axis in (attrs["axes"] if "axes" in attrs else (attrs["axis"],)):
        raise Meet(node)
    return portion.remade(node, [portion.value(a, axis) for a in node.args])


def _pad(portion, node, axis):
    x, value = node.args
    if any(node.attrs[end][axis] for end in ("low", "high", "interior")):
        raise Meet(node)
    return portion.remade(node, (portion.value(x, axis), portion.value(value, None)))


def _reduction(portion, node, axis):
    axes = node.attrs["axes"] if "axes" in node.attrs else (node.attrs["axis"],)
    (x,) = node.args
    place = kept_axes(len(x.shape), axes)[axis]
    return portion.remade(node, [portion.value(x, place)])


PORTION = {
    ops.broadcast: _broadcast,
    ops.iota: _iota,
    ops.get: _get,
    **dict.fromkeys(PLACED, _placed),
    ops.transpose: _transpose,
    ops.reshape: _reshape,
    **dict.fromkeys((ops.flip, ops.concatenate), _along_others),
    ops.pad: _pad,
    **dict.fromkeys(ops.of_kind(ops.Kind.REDUCTION), _reduction),
}
