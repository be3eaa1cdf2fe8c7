"""Reads that look past writes to other places, and writes that nobody reads before they are written
over.
"""

from __future__ import annotations

from defn import ops
from defn.expr import make
from defn.graph import Graph, with_bodies
from defn.transforms.affine import Scope

FARTHEST = 16  # writes: a longer way back is not worth the proof
WRITES = (ops.put, ops.add_at)


def look_past(graph, scope=None):
    """The graph in which a read is of the version of the array that last changed what it reads."""
    if graph.operations.isdisjoint((*WRITES, *ops.LEAD)):
        return graph
    scope, done = scope or Scope(), {}
    for node in graph.order:
        node_now = node.with_args([done[a] for a in node.args]) if node.args else node
        if node.op is ops.get:
            node_now = _of_earlier(node_now, scope)
        done[node] = with_bodies(
            node_now, lambda body, n=node_now: look_past(body, scope.inside(n, body))
        )
    return without_lost_writes(_over(graph, done))


def _over(graph, done):
    outputs, effects = ([done[each] for each in group] for group in (graph.outputs, graph.effects))
    return Graph(graph.parameters, outputs, effects, graph.updates)


def _of_earlier(read, scope):
    """The read, of the array as it was before the writes that are proved to be elsewhere."""
    array, places = read.args[0], read.args[1:]
    for _ in range(FARTHEST):
        if array.op not in WRITES:
            break
        if array.op is ops.put and array.args[2:] == places and array.attrs == read.attrs:
            return array.args[1]
        if not scope.place(read).apart(scope.place(array), scope.ranges):
            break
        array = array.args[0]
    return (
        read
        if array is read.args[0]
        else make(ops.get, (array, *places), read.attrs, where=read.where)
    )


def without_lost_writes(graph):
    """The graph without writes that nobody reads before the same place is written again."""
    readers = graph.users()
    kept = {*graph.outputs, *graph.effects}

    def lost(write, before):
        same = before.args[2:] == write.args[2:] and before.attrs == write.attrs
        return before.op in WRITES and same and len(readers[before]) == 1 and before not in kept

    done = {}
    for node in graph.order:
        args = [done[a] for a in node.args]
        if node.op is ops.put and lost(node, node.args[0]):
            args[0] = done[node.args[0].args[0]]
        done[node] = node.with_args(args) if args else node
    return _over(graph, done)
