"""Loops that go through columns of arrays: the arrays are turned before, so that columns are rows.

`for j: a[:, j] = f(a[:, j - 1], b[:, j])` reads memory against its grain in every trip, and what it
does with a column does not vectorise. Turned once, by blocks, each column lies in memory as it is
read.
"""

from __future__ import annotations

from math import prod

from defn import ops
from defn.compilers.numba.turns import turn
from defn.expr import constant_value, item, make, parameter
from defn.graph import Graph, structure
from defn.transforms.passes import prepare
from defn.transforms.simplify import simplify
from defn.transforms.states import settings, where_changed

NEAREST = 2**15  # bytes that stay in the innermost cache
NEAR = 2**21  # bytes that stay in an outer one
PAGE = 4096  # bytes after which addresses fall into the same places of the innermost cache
SHORTEST = 32  # elements of a column
PLACED = (ops.put, ops.add_at)

AFTERWARDS = ((simplify, "an array that is turned and turned back is left as it lies"),)


def sideways(graph):
    """The graph in which loops find the columns of arrays as rows, whose rows lie so far apart that
    the elements of a column push each other out of the cache."""
    return _with_rows(graph, lambda scope, found: any(map(_collides, found)))


def sideways_inside(graph):
    """The graph in which loops inside of other loops do, where several arrays that stay in the
    cache are turned: threads do not share those loops, and an array is mostly turned for several."""
    near = lambda scope, found: len(found) > 1 and all(map(_is_near, found))
    return _with_rows(graph, lambda scope, found: scope.ranges.bounds and near(scope, found))


def _collides(array):
    return _bytes(array) > NEAREST and prod(array.shape[1:]) * array.dtype.itemsize % PAGE == 0


def _is_near(array):
    return _bytes(array) <= NEAR


def _bytes(array):
    return array.type.size * array.dtype.itemsize


def _with_rows(graph, may):
    if graph.operations.isdisjoint(ops.LEAD):
        return graph
    made = where_changed(graph, lambda node, wanted, scope: _turned(node, wanted, scope, may))
    return made if made is graph else prepare(made, AFTERWARDS)


def _turned(node, wanted, scope, may):
    trips = _trips(node)
    found = _columns(node, scope, trips) if trips is not None else {}
    if not found or not may(scope, found.values()):
        return node, {k: item(node, k) for k in wanted}
    made = _loop(node, found)
    return made, {k: _back(item(made, k), k in found) for k in wanted}


def _trips(node):
    """How many trips a loop makes, at most; None where that is not known, and for what is none."""
    if node.op is not ops.loop:
        return None
    low, high = map(constant_value, ops.lead(node))
    if low is not None and high is not None:
        return max(0, int(high) - int(low))
    return node.attrs["extent"]


# --- which arrays --------------------------------------------------------------------------------


def _columns(node, scope, trips):
    """The operands after the bounds, by number, that are only read and written in columns that move
    with the trips, where turning them pays."""
    (body,) = node.attrs["bodies"]
    inside, users, found = scope.inside(node, body), body.users(), {}
    for k, operand in enumerate(body.parameters[1:]):
        if operand not in users or operand.type.tape or len(operand.shape) < 2:
            continue
        is_state = k < node.attrs["carries"]
        read = _accesses(body, operand, users, inside, body.outputs[k] if is_state else None)
        turns = 2 if is_state else 1
        if read is not None and 5 * read * trips >= 4 * turns * operand.type.size:
            found[k] = operand
    return found


def _accesses(body, operand, users, inside, last):
    """How many elements of an array a trip reads and writes; None where not all are of columns."""
    version, amount, longest = [operand], 0, 0
    for array in version:
        if array in body.outputs and (array is not last or body.outputs.count(array) > 1):
            return None
        for each in users[array]:
            if each.op not in (*PLACED, ops.get) or array in each.args[1:]:
                return None
            if not _is_column(each, inside, body.parameters[0]):
                return None
            longest = max(longest, prod(n or 1 for n in each.attrs["sizes"]))
            times = 2 if each.op is ops.add_at else 1
            amount += times * prod(n or 1 for n in each.attrs["sizes"])
            if each.op in PLACED:
                version.append(each)
    if longest < SHORTEST or last is not None and last not in version:
        return None
    return amount


def _is_column(node, inside, trip):
    """Is a window one column, the next in every trip?"""
    *others, (form, _, _) = inside.place(node).axes
    moves = form.factors in ({trip: 1}, {trip: -1}) and node.attrs["sizes"][-1] is None
    return moves and not any(trip in f.factors for f, _, _ in others)


# --- the loop ------------------------------------------------------------------------------------


def _order(rank):
    """The last axis becomes the first."""
    return (rank - 1, *range(rank - 1))


def _back(value, is_turned):
    rank = len(value.shape)
    return turn(value, (*range(1, rank), 0)) if is_turned else value


def _loop(node, found):
    (body,) = node.attrs["bodies"]
    operands = [*ops.carry(node), *ops.captures(node)]
    operands = [turn(x, _order(len(x.shape))) if k in found else x for k, x in enumerate(operands)]
    fresh = [body.parameters[0], *(parameter(x.type, "x", x.where) for x in operands)]
    given = dict(zip(body.parameters, fresh))
    arrays = {given[p] for p in found.values()}

    def remade(each, args):
        if not args or args[0] not in arrays:
            return each.with_args(args) if args else each
        starts = len(each.args) - len(each.attrs["sizes"])
        attrs = {name: _first(each.attrs[name]) for name in ("sizes", "steps")}
        made = make(each.op, (*args[:starts], *_first(args[starts:])), attrs, where=each.where)
        if each.op in PLACED:
            arrays.add(made)
        return made

    outputs, effects = body.replayed(fresh, remade)
    carries = node.attrs["carries"]
    bodies = [Graph(fresh, outputs, effects)]
    return structure(ops.loop, ops.lead(node), operands[:carries], operands[carries:], bodies,
                     node.where, **settings(node))  # fmt: skip


def _first(values):
    """The last one first."""
    return (values[-1], *values[:-1])
