"""Loops of a few known trips in which whole arrays are computed anew: written out, their trips are
one pass.

`for k in range(5): out = out + w[k] * x[k : k + n]` goes through memory five times, written out once.
"""

from __future__ import annotations

from math import prod

from defn import ops
from defn.expr import constant_value, index, item
from defn.transforms.simplify import simplify
from defn.transforms.states import with_structures

MOST_TRIPS = 9
LONGEST = 400  # nodes of all trips
LEAST = 64  # elements of an array that is worth it
ALONG = (ops.Kind.LEAF, ops.Kind.ELEMENTWISE, ops.Kind.MOVEMENT)


def unrolled(graph):
    """The graph without such loops."""
    if graph.operations.isdisjoint(ops.LEAD):
        return graph
    return simplify(with_structures(graph, _written_out))


def _written_out(node, wanted, scope):
    trips = _trips(node)
    if trips is None or not _pays(node, len(trips)):
        return node, {k: item(node, k) for k in wanted}
    (body,) = node.attrs["bodies"]
    states = ops.carry(node)
    for trip in trips:
        states, _ = body.inline((index(trip), *states, *ops.captures(node)))
    return node, {k: states[k] for k in wanted}


def _trips(node):
    """The indices of a loop of few trips, in order; None where they are many, or not known."""
    ends = [constant_value(end) for end in ops.lead(node)] if node.op is ops.loop else [None]
    if None in ends or not 0 < int(ends[1]) - int(ends[0]) <= MOST_TRIPS:
        return None
    trips = range(int(ends[0]), int(ends[1]))
    return trips[::-1] if node.attrs.get("reverse") else trips


def _pays(node, trips):
    """Are all states computed anew, element by element?"""
    (body,) = node.attrs["bodies"]
    if body.effects or trips * len(body.order) > LONGEST:
        return False
    if any(n.op.kind not in ALONG and n.op is not ops.get for n in body.order):
        return False
    large = [o for o in body.outputs if prod(o.shape) >= LEAST]
    return bool(large) and all(o.op.kind is ops.Kind.ELEMENTWISE for o in large)
