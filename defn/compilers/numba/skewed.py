"""Loops over the elements of a plane whose rows wait for each other: some rows are done together,
each some columns behind the one before.

`x[i, j] = f(x[i, j - 1], x[i - 1, j], x[i + 1, j])` waits for the element before it in the row, and
the processor with it. The row below may follow two columns behind: then there are several such
chains at once. What is read and written stays the same, to the last bit.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from defn import ops
from defn.expr import constant_value, depending_on, index, item, make, parameter, substitute
from defn.graph import Graph, structure
from defn.transforms.affine import INTEGER
from defn.transforms.lookpast import look_past
from defn.transforms.passes import prepare
from defn.transforms.rebuild import used
from defn.transforms.simplify import simplify
from defn.transforms.states import Ends, settings, where_changed
from defn.transforms.unused import drop_unused

ABREAST = 4  # rows that are done together
LONGEST = 60  # nodes of the work on one element
FARTHEST = 4  # columns that a row is behind the one before
SHORTEST = 32  # columns of a row
PLACED = (ops.put, ops.add_at)

AFTERWARDS = (
    (simplify, "the indices of rows and columns are sums"),
    (look_past, "the rows that are done together do not wait for each other"),
    (drop_unused, "states that nobody asked for are gone"),
)


class Access(NamedTuple):
    """A read or write of an element: which array, and the offsets of its place in trips."""

    state: object
    row: int
    column: int
    writes: bool


class Nest(NamedTuple):
    """Two loops, one directly inside the other, whose states are arrays; `order` says which state
    of the inner loop each state of the outer one is."""

    node: object
    inner: object
    order: tuple


def skewed(graph):
    """The graph in which such loops go through several rows at once."""
    if graph.operations.isdisjoint(ops.LEAD):
        return graph
    made = where_changed(graph, _together)
    return made if made is graph else prepare(made, AFTERWARDS)


def _together(node, wanted, scope):
    nest = _nest(node)
    delay = _delay(nest, scope) if nest else None
    if delay is None:
        return node, {k: item(node, k) for k in wanted}
    rows, columns = _trips(node), _trips(nest.inner)
    many = rows // ABREAST
    states = _blocks(nest, ops.carry(node), many, columns, delay)
    if rows % ABREAST:
        states = _rest(node, states, many * ABREAST)
    return states[0].args[0], {k: states[k] for k in wanted}


# --- which loops ---------------------------------------------------------------------------------


def _trips(node):
    """How many trips a loop makes, where that is known."""
    if node.op is not ops.loop:
        return None
    low, high = map(constant_value, ops.lead(node))
    return None if low is None or high is None else int(high) - int(low)


def _nest(node):
    """The two loops, if these are all there is."""
    rows = _trips(node)
    if rows is None or rows < ABREAST:
        return None
    (body,) = node.attrs["bodies"]
    inner = [n for n in body.order if n.op in ops.LEAD]
    if len(inner) != 1 or body.effects or (_trips(inner[0]) or 0) < SHORTEST:
        return None
    (inner,) = inner
    ends, carry = Ends(node, body), ops.carry(inner)
    if set(carry) != set(ends.carry) or len(carry) != len(ends.carry):
        return None
    order = tuple(carry.index(s) for s in ends.carry)
    straight = all(o.op is ops.item and o.args[0] is inner and o.attrs["index"] == k
                   for o, k in zip(body.outputs, order))  # fmt: skip
    moving = depending_on(body.order, ends.carry)
    settled = not any(c in moving for c in ops.captures(inner))
    return Nest(node, inner, order) if straight and settled and _is_short(inner) else None


def _is_short(inner):
    """Is the work on an element a few operations on numbers?"""
    (body,) = inner.attrs["bodies"]
    states = Ends(inner, body).carry
    writes = {n for n in body.order if n.op in PLACED}
    return (
        not body.effects
        and len(body.order) <= LONGEST
        and all(s.shape for s in states)
        and not any(p.type.tape for p in body.parameters)
        and all(not n.shape or n.op is ops.parameter or n in writes for n in body.order)
        and not any(n.op in ops.LEAD and n.op is not ops.cond for n in body.order)
    )


def _delay(nest, scope):
    """How many columns a row has to be behind the one before; None where that is not known, or
    where a row does not wait for itself."""
    accesses = _accesses(nest, scope)
    if accesses is None:
        return None
    pairs = [(one.row - two.row, one.column - two.column)
             for one, two in product(accesses, repeat=2)
             if one.state is two.state and (one.writes or two.writes)]  # fmt: skip
    if not any(rows == 0 and columns > 0 for rows, columns in pairs):
        return None
    # A trip comes before another that is `rows` rows and `columns` columns on.
    delay = max([0, *(-((columns - 1) // rows) for rows, columns in pairs if 0 < rows < ABREAST)])
    return delay if delay <= FARTHEST else None


def _accesses(nest, scope):
    """All reads and writes of the states, None where one is not at a fixed distance."""
    node, inner = nest.node, nest.inner
    (outer_body,), (body,) = node.attrs["bodies"], inner.attrs["bodies"]
    scope = scope.inside(node, outer_body).inside(inner, body)
    row, column = outer_body.parameters[0], body.parameters[0]
    versions, found = {s: s for s in Ends(inner, body).carry}, []
    for each in body.order:
        if not any(a in versions for a in each.args):
            continue
        reads = each.op is ops.get or each.op in PLACED
        if not reads or any(a in versions for a in each.args[1:]):
            return None
        state, place = versions[each.args[0]], scope.place(each)
        offsets = _offsets(place, row, column)
        if offsets is None:
            return None
        signs = [-1 if n.attrs.get("reverse") else 1 for n in (node, inner)]
        at = [sign * offset for sign, offset in zip(signs, offsets)]
        found.append(Access(state, *at, each.op in PLACED))
        if each.op in PLACED:
            versions[each] = state
    outputs = [versions.get(o) for o in body.outputs]
    return found if outputs == list(Ends(inner, body).carry) else None


def _offsets(place, row, column):
    """How far an element is from the row and the column of the trip; None where it moves
    otherwise."""
    found = {}
    for form, count, _ in place.axes:
        factors = dict(form.factors)
        if count != 1 or len(factors) > 1:
            return None
        for atom, factor in factors.items():
            if factor != 1 or atom not in (row, column) or atom in found:
                return None
            found[atom] = form.constant
    return (found[row], found[column]) if len(found) == 2 else None


# --- the loops -----------------------------------------------------------------------------------


def _blocks(nest, states, many, columns, delay):
    """The states after `many` blocks of rows."""
    (body,) = nest.node.attrs["bodies"]
    ends = Ends(nest.node, body)
    block, inside, known = _fresh(ends.carry, ends.captures)
    lag, now = delay * (ABREAST - 1), inside
    part = lambda first, last, rows: _columns(nest, block, now, known, (first, last), rows)
    for row in range(ABREAST - 1 if lag else 0):
        now = part(0, lag - delay * row, [(row, 0)])
    now = part(lag, columns, [(row, -delay * row) for row in range(ABREAST)])
    for row in range(1, ABREAST if lag else 1):
        now = part(columns - delay * row, columns, [(row, 0)])
    captures, bodies = used(ops.captures(nest.node), [Graph((block, *inside, *known), now)])
    return _loop(nest.node, (index(0), index(many)), states, captures, bodies)


def _fresh(states, captured):
    """An index, and new parameters for the states and captures of a body."""
    copies = lambda nodes, name: tuple(parameter(n.type, name, n.where) for n in nodes)
    return parameter(INTEGER, "i"), copies(states, "x"), copies(captured, "c")


def _columns(nest, block, states, captured, ends, rows):
    """The states after some columns; each of `rows` has a number in the block, and how far it is
    behind."""
    column, inside, known = _fresh(states, captured)
    here, now = parameter(INTEGER, "c"), inside
    for row, behind in rows:
        now = _element(nest, here, index(row), _plus(column, behind), now, known)
    graph = Graph((column, *inside, *known, here), now)
    captures, bodies = used((*captured, block), [graph])
    return _loop(nest.node, tuple(map(index, ends)), states, captures, bodies)


def _element(nest, block, row, column, states, captured):
    """The states after the work on one element."""
    (body,), (work,) = nest.node.attrs["bodies"], nest.inner.attrs["bodies"]
    number = make(ops.add, (make(ops.multiply, (block, index(ABREAST))), row))
    given = (_trip(nest.node, number), *states, *captured)
    captures = substitute(ops.captures(nest.inner), dict(zip(body.parameters, given)))
    inner = [None] * len(states)
    for state, place in zip(states, nest.order):
        inner[place] = state
    outputs, _ = work.inline((_trip(nest.inner, column), *inner, *captures))
    return tuple(outputs[place] for place in nest.order)


def _trip(node, number):
    """The index of a loop in the trip of a number."""
    low, high = (int(constant_value(end)) for end in ops.lead(node))
    if node.attrs.get("reverse"):
        return make(ops.subtract, (index(high - 1), number))
    return _plus(number, low)


def _plus(x, offset):
    return make(ops.add, (x, index(offset))) if offset else x


def _loop(node, lead, states, captures, bodies):
    """The results of a loop that runs forward."""
    attrs = {**settings(node), "extent": None, "reverse": False}
    made = structure(ops.loop, lead, states, captures, bodies, node.where, **attrs)
    return tuple(item(made, k) for k in range(len(states)))


def _rest(node, states, done):
    """The states after the rows that are no block."""
    low, high = (int(constant_value(end)) for end in ops.lead(node))
    back = node.attrs.get("reverse")
    lead = (low, high - done) if back else (low + done, high)
    made = structure(ops.loop, tuple(map(index, lead)), states, ops.captures(node),
                     node.attrs["bodies"], node.where, **settings(node))  # fmt: skip
    return tuple(item(made, k) for k in range(len(states)))
