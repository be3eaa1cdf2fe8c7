"""Loops whose trips have nothing to do with each other: a thread for each trip.

Such is a loop over the matrices of a batch, or a user's `for i in range(n): y[i] = f(x[i])`: each
trip reads and writes the arrays that the loop carries at its own place along their first axis.
"""

from __future__ import annotations

from defn import ops
from defn.compilers.numba.kernel import Variable
from defn.compilers.numba.structures import _body, _bound, _captured, _results, _states
from defn.expr import constant_value

PLACES = (ops.get, ops.put, ops.add_at)


def are_apart(node):
    """Does each trip of a loop touch only its own row of what is carried?"""
    if node.op is not ops.loop or not all(a.shape for a in ops.carry(node)):
        return False
    (body,) = node.attrs["bodies"]
    trip, count = body.parameters[0], node.attrs["carries"]
    carried = set(body.parameters[1 : count + 1])
    for step in body.order:
        touched = [k for k, a in enumerate(step.args) if a in carried]
        if not touched:
            continue
        if touched != [0] or step.op not in PLACES or not _is_own_row(step, trip):
            return False
        if step.op is not ops.get:
            carried.add(step)
    return True


def _is_own_row(step, trip):
    starts = step.args[1 if step.op is ops.get else 2 :]
    return starts[0] is trip and step.attrs["sizes"][0] in (1, None)


def trips(node):
    """How many there are, if that is known."""
    low, high = map(constant_value, ops.lead(node))
    return None if low is None or high is None else max(0, int(high) - int(low))


def write_apart(emitter, node):
    """The kernel's text: a grid-stride loop over the trips."""
    low, high = ops.lead(node)
    first, last = _bound(emitter, low), _bound(emitter, high)
    states, captured = _states(emitter, node), _captured(emitter, node)
    writer = emitter.writer
    at, name = writer.fresh("at"), writer.fresh("i")
    writer.line(f"{at} = int64(thread())")
    writer.open(f"while {at} < {last} - {first}:")
    writer.line(f"{name} = {first} + {at}")
    bounds = [(emitter.interval(low)[0], emitter.interval(high)[1] - 1)]
    _body(emitter, node, node.attrs["bodies"][0], [Variable(name)], states, captured, bounds)
    writer.line(f"{at} = {at} + int64(threads())")
    writer.close()
    _results(emitter, node, states)
