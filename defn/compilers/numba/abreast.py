"""Loops whose trips go down columns of their own: some columns are done together, side by side.

`for j in range(n): a[:, j] -= q * (q @ a[:, j])` reads memory against its grain. For a number of
columns at once each operation has one axis more, along which the memory lies, and the loop over it
vectorises. What the trips have in common stays as it is.
"""

from __future__ import annotations

from math import prod

from defn import ops
from defn.expr import constant_value, depending_on, index, item, make, parameter
from defn.graph import Graph, structure
from defn.transforms.affine import INTEGER, Scope
from defn.transforms.passes import prepare
from defn.transforms.rebuild import used
from defn.transforms.simplify import simplify
from defn.transforms.states import Ends, settings, where_changed
from defn.transforms.unused import drop_unused

WIDTHS = (32, 8)  # columns that are done together, then those of what is left
SHORTEST = 32  # elements of a column
LONGEST = 100  # nodes of a body
PLACED = (ops.put, ops.add_at)

AFTERWARDS = (
    (simplify, "what is the same for all columns is an operand like others"),
    (drop_unused, "states that nobody asked for are gone"),
)


class Apart(LookupError):
    """The trips of a loop are not columns that can be done together."""


def abreast(graph):
    """The graph in which such loops do some columns at once."""
    if graph.operations.isdisjoint(ops.LEAD):
        return graph
    made = where_changed(graph, _in_columns)
    return made if made is graph else prepare(made, AFTERWARDS)


def _in_columns(node, wanted, scope):
    try:
        return _widened(node, wanted, _columns_of(node, scope))
    except Apart:
        return node, {k: item(node, k) for k in wanted}


def _columns_of(node, scope):
    """For each array that moves with the trips the axis, and the offset, of the trip's column."""
    if node.op is not ops.loop or not node.attrs["carries"]:
        raise Apart
    (body,) = node.attrs["bodies"]
    states, column = Ends(node, body).carry, body.parameters[0]
    plain = not body.effects and len(body.order) <= LONGEST
    plain = plain and all(s.shape for s in states) and body.operations.isdisjoint(ops.LEAD)
    if not plain or not body.operations.isdisjoint((ops.tape, ops.push, ops.pop)):
        raise Apart
    scope, versions, places, longest = scope.inside(node, body), {s: s for s in states}, {}, 0
    for each in body.order:
        if not any(a in versions for a in each.args):
            continue
        if each.op not in (*PLACED, ops.get) or any(a in versions for a in each.args[1:]):
            raise Apart
        state = versions[each.args[0]]
        axis, offset = _column(each, scope, column)
        if places.setdefault(state, (axis, offset)) != (axis, offset):
            raise Apart
        if axis == len(state.shape) - 1:
            longest = max(longest, prod(n or 1 for n in each.attrs["sizes"]))
        if each.op in PLACED:
            versions[each] = state
    if longest < SHORTEST or [versions.get(o) for o in body.outputs] != [*states]:
        raise Apart
    return places


def _column(node, scope, column):
    """The axis along which a window is the trip's, and how far it is from the trip's number."""
    place, found = scope.place(node), []
    for axis, ((form, _, _), size) in enumerate(zip(place.axes, node.attrs["sizes"])):
        if column in form.factors:
            if size is not None or form.factors != {column: 1}:
                raise Apart
            found.append((axis, form.constant))
    if len(found) != 1:
        raise Apart
    return found[0]


# --- the loops -----------------------------------------------------------------------------------


def _widened(node, wanted, columns):
    """Blocks of columns from wide to narrow, and the columns that are left."""
    low, high = ops.lead(node)
    states, made = ops.carry(node), node
    for width in WIDTHS:
        many, after = _divided(low, high, width)
        states = _blocks(node, states, columns, low, many, width)
        low = after
    attrs = {**settings(node), "reverse": False}
    made = structure(ops.loop, (low, high), states, ops.captures(node), node.attrs["bodies"],
                     node.where, **attrs)  # fmt: skip
    return made, {k: item(made, k) for k in wanted}


def _divided(low, high, width):
    """How many blocks of a width there are, and where they end."""
    known = [constant_value(end) for end in (low, high)]
    if None not in known:
        first, last = map(int, known)
        many = max(0, last - first) // width
        return index(many), index(first + many * width)
    left = make(ops.maximum, (make(ops.subtract, (high, low)), index(0)))
    many = make(ops.floor_divide, (left, index(width)))
    return many, make(ops.add, (low, make(ops.multiply, (many, index(width)))))


def _blocks(node, states, columns, low, many, width):
    """The states after some blocks of columns of a width."""
    (body,) = node.attrs["bodies"]
    ends = Ends(node, body)
    copies = lambda nodes, name: tuple(parameter(n.type, name, n.where) for n in nodes)
    block, inside, known = parameter(INTEGER, "b"), copies(ends.carry, "x"), copies(ends.captures, "c")  # fmt: skip
    start = parameter(INTEGER, "c")
    first = make(ops.add, (start, make(ops.multiply, (block, index(width)))))
    # No block ends behind an array; said so, it need not be tested.
    room = min(s.shape[axis] - offset for s, (axis, offset) in columns.items()) - width
    if room < 0 or constant_value(many) == 0:
        return states
    if constant_value(many) is None:
        first = make(ops.minimum, (first, index(room)))
    lanes = Lanes(node, body, (first, *inside, *known), first, width)
    outputs = [lanes.version(o) for o in body.outputs]
    graph = Graph((block, *inside, *known, start), outputs)
    captures, bodies = used((*ops.captures(node), low), [graph])
    attrs = {**settings(node), "extent": None, "reverse": False}
    made = structure(ops.loop, (index(0), many), states, captures, bodies, node.where, **attrs)
    return tuple(item(made, k) for k in range(len(states)))


class Lanes:
    """Values of a body for `count` columns from `first` on: those that differ between columns have
    one more axis, the last."""

    def __init__(self, node, body, given, first, count):
        self.column, self.first, self.count = body.parameters[0], first, count
        self.states = Ends(node, body).carry
        self.given = dict(zip(body.parameters, given))
        self.moving = depending_on(body.order, (self.column, *self.states))
        self.scope = Scope().inside(node, body)
        self.done = {}

    def version(self, node):
        """An array after the writes to these columns."""
        if node in self.states:
            return self.given[node]
        if node not in self.done:
            array, value, *_ = node.args
            starts, settled, axis = self._window(node)
            others = sum(n is not None for n in node.attrs["sizes"][axis + 1 :])
            value = self.value(value)
            if others:
                value = self._turned(value, len(value.shape) - 1 - others, back=True)
            self.done[node] = make(
                node.op, (self.version(array), value, *starts), settled, where=node.where
            )
        return self.done[node]

    def value(self, node):
        """A value for each column."""
        if node not in self.moving:
            return self._repeated(self.still(node), node)
        if node not in self.done:
            self.done[node] = self._made(node)
        return self.done[node]

    def still(self, node):
        """What is the same for all columns."""
        if node in self.moving:
            raise Apart
        if node.op is ops.parameter:
            return self.given[node]
        if node not in self.done:
            self.done[node] = node.with_args([self.still(a) for a in node.args])
        return self.done[node]

    def _repeated(self, value, node):
        settled = {"shape": (*node.shape, self.count), "axes": tuple(range(len(node.shape)))}
        return make(ops.broadcast, (value,), settled)

    def _made(self, node):
        if node is self.column:
            numbers = make(ops.iota, (), {"shape": (self.count,), "axis": 0})
            return make(ops.add, (numbers, self._repeated(self.first, node)))
        if node.op.kind is ops.Kind.ELEMENTWISE:
            return make(node.op, tuple(map(self.value, node.args)), node.attrs, where=node.where)
        rule = LANES.get(node.op)
        if rule is None:
            raise Apart
        return rule(self, node)

    def read(self, node):
        """A window of each column."""
        array = node.args[0]
        array = self.version(array) if array in self.moving else self.still(array)
        starts, settled, axis = self._window(node)
        made = make(ops.get, (array, *starts), settled, where=node.where)
        return self._turned(made, sum(n is not None for n in node.attrs["sizes"][:axis]))

    def _window(self, node):
        """The starts and settings of a window of all columns, and their axis."""
        axis, offset = _column(node, self.scope, self.column)
        starts = list(node.args[1:] if node.op is ops.get else node.args[2:])
        sizes = list(node.attrs["sizes"])
        sizes[axis] = self.count
        here = make(ops.add, (self.first, index(offset))) if offset else self.first
        starts = [here if k == axis else self.still(s) for k, s in enumerate(starts)]
        return starts, {"sizes": tuple(sizes), "steps": node.attrs["steps"]}, axis

    def _turned(self, value, axis, back=False):
        """The value with an axis as its last one, or the last one in that place."""
        order = [k for k in range(len(value.shape)) if k != axis] + [axis]
        if back:
            order = [order.index(k) for k in range(len(order))]
        if order == sorted(order):
            return value
        return make(ops.transpose, (value,), {"axes": tuple(order)})


def _shaped(lanes, node):
    """A shape that has the columns, too."""
    return {**node.attrs, "shape": (*node.shape, lanes.count)}


def _broadcast(lanes, node):
    (x,) = node.args
    attrs = {**_shaped(lanes, node), "axes": (*node.attrs["axes"], len(node.shape))}
    return make(ops.broadcast, (lanes.value(x),), attrs, where=node.where)


def _reshape(lanes, node):
    return make(ops.reshape, (lanes.value(node.args[0]),), _shaped(lanes, node), where=node.where)


def _transpose(lanes, node):
    axes = (*node.attrs["axes"], len(node.shape))
    return make(ops.transpose, (lanes.value(node.args[0]),), {"axes": axes}, where=node.where)


def _same(lanes, node):
    return make(node.op, tuple(map(lanes.value, node.args)), node.attrs, where=node.where)


def _product(lanes, node):
    """A product of a row and a column, as a sum."""
    x, y = node.args
    if prod(node.shape) != 1:
        raise Apart
    size = x.shape[-1]
    flat = lambda z: make(ops.reshape, (lanes.value(z),), {"shape": (size, lanes.count)})
    terms = make(ops.multiply, (flat(x), flat(y)), where=node.where)
    found = make(ops.sum, (terms,), {"axes": (0,)}, where=node.where)
    return make(ops.reshape, (found,), {"shape": (*node.shape, lanes.count)})


LANES = {
    ops.get: Lanes.read,
    ops.broadcast: _broadcast,
    ops.reshape: _reshape,
    ops.transpose: _transpose,
    ops.flip: _same,
    **dict.fromkeys(ops.of_kind(ops.Kind.REDUCTION), _same),
    ops.matmul: _product,
}
