"""Indices of the values of a batch that take no part in a branch or trip, which both run for all of them.

What such a value would read or write is not used, and its index may lie anywhere: it is 0 instead.
"""

from __future__ import annotations

from defn import ops
from defn.errors import Unsupported
from defn.expr import make, parameter
from defn.graph import Graph, structure
from defn.tensor import apply, wrap
from defn.transforms.shapes import broadcast, select
from defn.transforms.states import settings

# Operations that index, and how many operands stand before their indices.
INDEXED = {ops.gather: 1, ops.scatter: 2, ops.scatter_add: 2}


def partaking(graph, arguments, mask):
    """The outputs and effects of a batched graph, in which only the values under the mask index anything."""
    return graph.replayed(arguments, lambda node, args: _visited(node, args, mask))


def _visited(node, operands, mask):
    if node.op in ops.LEAD and any(body.effects for body in node.attrs["bodies"]):
        return _knowing(node, operands, mask)
    before = INDEXED.get(node.op)
    if before is not None:
        operands[before:] = [_of_partakers(index, mask) for index in operands[before:]]
    return node.with_args(operands) if operands else node


def _knowing(node, operands, mask):
    """A structure whose bodies know which values take part, for the sake of their checks."""
    bodies = []
    for body in node.attrs["bodies"]:
        own = parameter(mask.type, "takes_part")
        outputs, effects = partaking(body, body.parameters, wrap(own))
        bodies.append(Graph((*body.parameters, own), outputs, masked(effects, wrap(own))))
    first = ops.LEAD[node.op]
    last = first + node.attrs["carries"]
    parts = operands[:first], operands[first:last], [*operands[last:], mask.node]
    return structure(node.op, *parts, bodies, node.where, **settings(node))


def masked(effects, taking_part):
    """The checks of a body, for the values that take part in it; nothing else is done for some of a batch only."""
    return [_masked(effect, taking_part) for effect in effects]


def _masked(effect, taking_part):
    if effect.op in ops.LEAD:  # whose checks look at who takes part already
        return effect
    if effect.op is not ops.check:
        raise Unsupported(
            "vmap of a print or hook in a loop or branch whose course differs between values: it would be done for "
            "all of them or for none"
        )
    condition, *values = effect.args
    if effect.attrs.get("every"):
        of_each = wrap(condition.args[0]) | ~taking_part
        condition = apply(ops.all, of_each, axes=(0,)).node
    else:
        condition = (wrap(condition) | ~apply(ops.any, taking_part, axes=(0,))).node
    return make(ops.check, (condition, *values), effect.attrs)


def _of_partakers(index, mask):
    """An index of each value; one that is the same for all is left alone."""
    if index.shape[:1] != mask.shape or _is_lane(index):
        return index
    return select(broadcast(mask, index.shape, (0,)), wrap(index), 0).node


def _is_lane(index):
    """Is the index the number of the value in the batch?"""
    return index.op is ops.iota or index.op is ops.broadcast and _is_lane(index.args[0])
