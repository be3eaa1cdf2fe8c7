"""Loops over steps that go through rows which never meet: the steps move inside.

`for t in steps: x[:] = f(x)` goes through memory once a step; for a block of rows at a time, all
steps find them in the cache. `for j: a[:, j] = f(a[:, j - 1])` goes down columns that lie far
apart; a few rows at a time, it goes along them.
"""

from __future__ import annotations

from math import prod

from defn import ops
from defn.compilers.numba.portions import PLACED, Meet, Portion, Rows
from defn.expr import constant_value, index, item, make, parameter
from defn.graph import Graph, structure
from defn.transforms.affine import INTEGER
from defn.transforms.passes import prepare
from defn.transforms.rebuild import used
from defn.transforms.simplify import simplify
from defn.transforms.states import settings, where_changed
from defn.transforms.unused import drop_unused

CACHE = 32 * 1024  # bytes that stay in the innermost cache
ABREAST = 8  # rows of a recurrence along them that are done together
PAGE = 4096  # bytes after which addresses fall into the same places of the innermost cache
FOLLOWED = 4  # arrays of which a processor foresees eight rows each
LONGEST = 200  # nodes of a body that is made again

AFTERWARDS = (
    (simplify, "a window of a window is a window"),
    (drop_unused, "states that nobody asked for are gone"),
)


def inward(graph):
    """The graph in which the steps of such loops are inside of a loop over blocks of rows."""
    if graph.operations.isdisjoint(ops.LEAD):
        return graph
    made = where_changed(graph, _moved_inside)
    return made if made is graph else prepare(made, AFTERWARDS)


def _moved_inside(node, wanted, scope):
    for rows in _arrangements(node):
        try:
            return _in_blocks(node, rows, wanted)
        except Meet:
            continue
    return node, {k: item(node, k) for k in wanted}


# --- which axes may be rows ----------------------------------------------------------------------


def _arrangements(node):
    """For each state, its rows; those worth trying first."""
    if node.op is not ops.loop or any(t.tape for t in node.type.parts):
        return
    (body,) = node.attrs["bodies"]
    if body.effects or len(body.order) > LONGEST:
        return
    states = [k for k, t in enumerate(node.type.parts) if t.shape]
    found = {k: dict(_candidates(body, 1 + k, body.outputs[k])) for k in states}
    if sum(_bytes(node.type.parts[k]) for k in states) <= CACHE:
        return
    for first, count in found[states[0]].items():
        rows = [_fitting(found[k], first.axis, count) for k in states]
        if None not in rows and any(_pays(node.type.parts[k], r) for k, r in zip(states, rows)):
            yield dict(zip(states, rows)), count


def _candidates(body, place, output):
    """The rows that an array may have, and how many."""
    state = body.parameters[place]
    versions, reads, whole = {state}, [], False
    for node in body.order:
        array = node.args[0] if node.args else None
        if node.op in (*PLACED, ops.get) and array in versions:
            reads.append(node)
            if node.op is not ops.get:
                versions.add(node)
            whole = whole or any(a in versions for a in node.args[1:])
        else:
            whole = whole or any(a in versions for a in node.args)
    whole = whole or output not in versions
    for axis, size in enumerate(state.shape):
        windows = {_along(node, axis) for node in reads} | ({(0, size)} if whole else set())
        if len(windows) == 1 and None not in windows:
            ((first, count),) = windows
            yield Rows(axis, first, whole), count


def _along(node, axis):
    """The start and size of a window along an axis; None where it moves, or has gaps."""
    starts = node.args[1:] if node.op is ops.get else node.args[2:]
    start, size = constant_value(starts[axis]), node.attrs["sizes"][axis]
    if start is None or size is None or node.attrs["steps"][axis] != 1:
        return None
    return int(start), size


def _fitting(candidates, axis, count):
    """The candidate that has so many rows, along the same axis if one does."""
    fit = [rows for rows, n in candidates.items() if n == count]
    return min(fit, key=lambda rows: (rows.axis != axis, rows.axis), default=None)


def _pays(type, rows):
    """Is an array computed anew in each step, or written in columns?"""
    return rows.whole or rows.axis < len(type.shape) - 1


def _bytes(type):
    return prod(type.shape) * type.dtype.itemsize


# --- the loops -----------------------------------------------------------------------------------


def _in_blocks(node, arrangement, wanted):
    """Blocks of equal size, and the rows that are left."""
    rows, total = arrangement
    count = min(total, _block(node, rows, total))
    if count == total:
        raise Meet(node)
    many, rest = divmod(total, count)
    made, results = _blocks(node, ops.carry(node), rows, wanted, 0, many, count)
    if rest:
        # A number begins with the same value for the rows that are left.
        states = [results.get(k, s) if k in rows else s for k, s in enumerate(ops.carry(node))]
        made, results = _blocks(node, states, rows, wanted, many * count, 1, rest)
    return made, results


def _block(node, rows, total):
    """How many rows are done together."""
    if not any(r.whole for r in rows.values()):
        crowded = _collide(node, rows) or _arrays(node, rows) > FOLLOWED
        abreast = ABREAST // 2 if crowded else ABREAST
        return max(1, abreast // _columns(node, rows))
    # A state is there twice, before and after a step; as much again is read.
    each = sum(4 * _bytes(node.type.parts[k]) // total for k in rows)
    return 1 << max(0, (2 * CACHE // each).bit_length() - 1)


def _collide(node, rows):
    """Do the rows of an array push each other out of the cache?"""
    types = node.type.parts
    return any(prod(types[k].shape[r.axis + 1 :]) * types[k].dtype.itemsize % PAGE == 0
               for k, r in rows.items())  # fmt: skip


def _arrays(node, rows):
    """How many arrays a step goes through."""
    least = min(node.type.parts[k].size for k in rows)
    return len(rows) + sum(not c.type.tape and c.type.parts is None and c.type.size >= least
                           for c in ops.captures(node))  # fmt: skip


def _columns(node, rows):
    """How many elements of a row lie in a window of it, at most."""
    (body,) = node.attrs["bodies"]
    arrays, most = {body.parameters[1 + k]: r.axis for k, r in rows.items()}, 1
    for each in body.order:
        if each.op in (*PLACED, ops.get) and each.args[0] in arrays:
            axis = arrays[each.args[0]]
            sizes = each.attrs["sizes"]
            most = max(most, prod(n or 1 for k, n in enumerate(sizes) if k != axis))
            if each.op in PLACED:
                arrays[each] = axis
    return most


def _blocks(node, states, rows, wanted, first, many, count):
    """A loop over `many` blocks of `count` rows, and its results."""
    (body,) = node.attrs["bodies"]
    kinds = node.type.parts
    kept = [k for k in range(len(kinds)) if k in wanted or k not in rows or not rows[k].whole]
    block = parameter(INTEGER, "b")
    changed = {k: parameter(kinds[k], "x", node.where) for k in kept}
    # A state that is only needed inside, and a number, begin with the same value for each block.
    fixed = {k: parameter(kinds[k], "c", node.where) for k in range(len(kinds))
             if k not in kept or k not in rows}  # fmt: skip
    bounds = {e: parameter(INTEGER, "c") for e in ops.lead(node) if constant_value(e) is None}
    lead = [bounds.get(end, end) for end in ops.lead(node)]
    captured = [parameter(c.type, "c", c.where) for c in ops.captures(node)]
    begin = make(ops.add, (make(ops.multiply, (block, index(count))), index(first)))
    firsts = [_first(fixed.get(k, changed.get(k)), rows.get(k), begin, count)
              for k in range(len(kinds))]  # fmt: skip
    inner = _inner_loop(node, body, rows, firsts, lead, captured, begin, count)
    # A row by itself may have rows along another axis.
    results = {k: item(inner, k) for k in kept}
    if count == 1:
        _, results = _moved_inside(inner, kept, None)
    outputs = [_last(changed[k], results[k], rows.get(k), begin) for k in kept]
    parameters = (block, *changed.values(), *fixed.values(), *bounds.values(), *captured)
    outside = (*(states[k] for k in fixed), *bounds, *ops.captures(node))
    outside, bodies = used(outside, [Graph(parameters, outputs)])
    settled = {**settings(node), "extent": many, "reverse": False}
    start = [states[k] for k in kept]
    made = structure(
        ops.loop, (index(0), index(many)), start, outside, bodies, node.where, **settled
    )
    return made, {k: item(made, place) for place, k in enumerate(kept)}


def _first(state, rows, begin, count):
    """What the steps of a block begin with."""
    if rows is None or not rows.whole:
        return state
    starts = [index(0)] * len(state.shape)
    starts[rows.axis] = begin
    sizes = tuple(count if k == rows.axis else n for k, n in enumerate(state.shape))
    return make(ops.get, (state, *starts), {"sizes": sizes, "steps": (1,) * len(sizes)})


def _last(state, result, rows, begin):
    """The state after the steps of a block."""
    if rows is None or not rows.whole:
        return result
    starts = [index(0)] * len(state.shape)
    starts[rows.axis] = begin
    settled = {"sizes": result.shape, "steps": (1,) * len(result.shape)}
    return make(ops.put, (state, result, *starts), settled)


def _inner_loop(node, body, rows, firsts, lead, captured, begin, count):
    """All steps of a block of rows."""
    step = parameter(INTEGER, "i", body.parameters[0].where)
    states = [parameter(f.type, "x", f.where) for f in firsts]
    known = [parameter(c.type, "c", c.where) for c in captured]
    here = parameter(INTEGER, "c")
    given = dict(zip(body.parameters, (step, *states, *known)))
    portion = Portion(
        body, {body.parameters[1 + k]: r for k, r in rows.items()}, given, here, count
    )
    outputs = [_portion(portion, o, rows.get(k)) for k, o in enumerate(body.outputs)]
    captures, bodies = used((*captured, begin), [Graph((step, *states, *known, here), outputs)])
    return structure(ops.loop, lead, firsts, captures, bodies, node.where, **settings(node))


def _portion(portion, output, rows):
    if rows is None:
        return portion.value(output, None)
    return portion.value(output, rows.axis) if rows.whole else portion.version(output)
