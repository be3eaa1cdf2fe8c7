"""Writes that come one after the other: `ufunc.at` where an element may be met more than once."""

from __future__ import annotations

from defn import ops
from defn.expr import index, item, make, parameter
from defn.graph import Graph, structure
from defn.tensor import wrap
from defn.trace import Trace, current, tracing
from defn.types import INT64, Type

EVERY = {"sizes": (None,), "steps": (1,)}


def in_sequence(function, row, positions, values):
    """The row after `row[p] = function(row[p], v)` for each position and value, in order."""
    count = positions.shape[0]
    body = _body(function, row.type, positions.type, values.type)
    carry, captures = (row.node,), (positions.node, values.node)
    lead = (index(0), index(count))
    node = structure(
        ops.loop, lead, carry, captures, (body,), extent=count, reverse=False, recompute=False
    )
    return wrap(item(node, 0))


def _body(function, row, positions, values):
    k, state = parameter(Type(INT64), "k"), parameter(row, "row")
    captures = parameter(positions, "positions"), parameter(values, "values")
    with tracing(Trace("ufunc.at", current())):
        place, value = (make(ops.get, (c, k), EVERY) for c in captures)
        new = function(wrap(make(ops.get, (state, place), EVERY)), wrap(value))
        done = make(ops.put, (state, new.node, place), EVERY)
    return Graph((k, state, *captures), (done,))
