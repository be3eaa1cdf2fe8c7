"""Indices of the values of a batch that take no part in a branch or trip, which both run for all of them.

What such a value would read or write is not used, and its index may lie anywhere: it is 0 instead.
"""

from __future__ import annotations

from defn import ops
from defn.tensor import wrap
from defn.transforms.shapes import broadcast, select

# Operations that index, and how many operands stand before their indices.
INDEXED = {ops.gather: 1, ops.scatter: 2, ops.scatter_add: 2}


def partaking(graph, arguments, mask):
    """The outputs and effects of a batched graph, in which only the values under the mask index anything."""
    return graph.replayed(arguments, lambda node, args: _visited(node, args, mask))


def _visited(node, operands, mask):
    before = INDEXED.get(node.op)
    if before is not None:
        operands[before:] = [_of_partakers(index, mask) for index in operands[before:]]
    return node.with_args(operands) if operands else node


def _of_partakers(index, mask):
    """An index of each value; one that is the same for all is left alone."""
    if index.shape[:1] != mask.shape or _is_lane(index):
        return index
    return select(broadcast(mask, index.shape, (0,)), wrap(index), 0).node


def _is_lane(index):
    """Is the index the number of the value in the batch?"""
    return index.op is ops.iota or index.op is ops.broadcast and _is_lane(index.args[0])
