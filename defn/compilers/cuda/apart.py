"""Loops whose trips have nothing to do with each other: a thread for each trip.

Such is a loop over the matrices of a batch, or a user's `for i in range(n): y[i] = f(x[i])`: each
trip reads and writes the arrays that the loop carries at its own place along their first axis.
"""

from __future__ import annotations

from defn import ops
from defn.compilers.numba.kernel import Variable
from defn.compilers.numba.structures import (
    bound_text,
    end_structure,
    places_of_captures,
    places_of_states,
    write_body,
)
from defn.expr import constant_value

PLACES = (ops.get, ops.put, ops.add_at)


def are_apart(node):
    """Does each trip of a loop touch only its own row of what is carried, and hand it on?"""
    if node.op is not ops.loop or not all(a.shape for a in ops.carry(node)):
        return False
    (body,) = node.attrs["bodies"]
    count = node.attrs["carries"]
    owner = {p: k for k, p in enumerate(body.parameters[1 : count + 1])}
    kept = _keeps_apart(body, body.parameters[0], owner)
    return kept and all(owner.get(output) == k for k, output in enumerate(body.outputs[:count]))


def _keeps_apart(body, trip, owner):
    """Does a body touch only the trip's row? `owner`: which state a value is, or an item of a
    structure.
    """
    for step in body.order:
        touched = [k for k, a in enumerate(step.args) if a in owner]
        if step.op is ops.item:
            if (state := owner.get((step.args[0], step.attrs["index"]))) is not None:
                owner[step] = state
        elif not touched:
            continue
        elif "bodies" in step.attrs:
            if touched[0] < ops.LEAD[step.op] or not _inside_too(step, trip, owner):
                return False
        elif touched != [0] or step.op not in PLACES or not _is_own_row(step, trip):
            return False
        elif step.op is not ops.get:
            owner[step] = owner[step.args[0]]
    return True


def _inside_too(node, trip, owner):
    """The same of the bodies of a structure in the loop."""
    lead, count = ops.LEAD[node.op], node.attrs["carries"]
    given = [owner.get(a) for a in node.args]
    owner.update({(node, k): given[lead + k] for k in range(count)})
    for at, body in enumerate(node.attrs["bodies"]):
        places = body.parameters[ops.INDEX[node.op] :]
        inner = {p: k for p, k in zip(places, given[lead:]) if k is not None}
        own = next((p for p, a in zip(places, node.args[lead:]) if a is trip), None)
        if not _keeps_apart(body, own, inner):
            return False
        states = body.outputs if node.op is not ops.while_ or at else ()
        if any(inner.get(output) != given[lead + k] for k, output in enumerate(states)):
            return False
    return True


def _is_own_row(step, trip):
    starts = step.args[1 if step.op is ops.get else 2 :]
    single = [s for s, size in zip(starts, step.attrs["sizes"]) if size in (1, None)]
    if starts[0] is trip:
        return starts[0] in single
    parts = {_part(start, trip) for start in single}
    return any(n and {(ops.floor_divide, n), (ops.remainder, n)} <= parts for _, n in parts)


def _part(start, trip):
    """Which part of the trip a place is, the quotient or the rest, and of a division by what."""
    node = _uncast(start)
    if node.op not in (ops.floor_divide, ops.remainder) or _uncast(node.args[0]) is not trip:
        return None, None
    known = constant_value(node.args[1])
    return node.op, None if known is None else int(known)


def _uncast(node):
    while node.op is ops.cast and node.args[0].dtype.kind in "iu":
        node = node.args[0]
    return node


def trips(node):
    """How many there are, if that is known."""
    low, high = map(constant_value, ops.lead(node))
    return None if low is None or high is None else max(0, int(high) - int(low))


def write_apart(emitter, node):
    """The kernel's text: a grid-stride loop over the trips."""
    low, high = ops.lead(node)
    first, last = bound_text(emitter, low), bound_text(emitter, high)
    states, captured = places_of_states(emitter, node), places_of_captures(emitter, node)
    writer = emitter.writer
    at, name = writer.fresh("at"), writer.fresh("i")
    writer.line(f"{at} = int64(thread())")
    writer.open(f"while {at} < {last} - {first}:")
    writer.line(f"{name} = {first} + {at}")
    bounds = [(emitter.interval(low)[0], emitter.interval(high)[1] - 1)]
    write_body(emitter, node, node.attrs["bodies"][0], [Variable(name)], states, captured, bounds)
    writer.line(f"{at} = {at} + int64(threads())")
    writer.close()
    end_structure(emitter, node, states)
