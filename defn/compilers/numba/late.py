"""Reads of an array after writes to other places of it, so that nothing need be kept from before.

`a[0] = s; a[1:] -= d` reads `a[1:]` as it was at first, which is as it is after the first write.
Read before it, the window would have to be copied; read after it, it is changed in place.
"""

from __future__ import annotations

from math import prod

from defn import ops
from defn.expr import depending_on, make
from defn.graph import Graph, with_bodies
from defn.transforms.affine import Scope
from defn.transforms.rebuild import replaced

PLACED = (ops.put, ops.add_at)
FEWER = 8  # times as many elements are read as are written
LONGEST = 300  # nodes of a body that is looked through


def late(graph, scope=None):
    """The graph in which windows are read from the version of the array that their reader
    changes."""
    if graph.operations.isdisjoint((*PLACED, *ops.LEAD)):
        return graph
    scope = scope or Scope()
    inside = lambda node: with_bodies(node, lambda body: late(body, scope.inside(node, body)))
    graph = graph.transform(lambda node: inside(node) if "bodies" in node.attrs else node)
    if len(graph.order) > LONGEST:
        return graph
    while (found := next(_later(graph, scope), None)) is not None:
        roots = replaced(graph.roots, dict([found]))
        count = len(graph.outputs)
        graph = Graph(graph.parameters, roots[:count], roots[count:], graph.updates)
    return graph


def _later(graph, scope):
    """Pairs of a read and the same read of a later version, the last one that will do."""
    users = graph.users()
    for read in graph.order:
        if read.op is not ops.get or prod(read.shape) <= 1:
            continue
        array, *places = read.args
        needed = depending_on(graph.order, [read]) if _written(array, users) else ()
        while (write := _next(graph, users, scope, read, array, needed)) is not None:
            array = write
        if array is not read.args[0]:
            yield read, make(ops.get, (array, *places), read.attrs, where=read.where)


def _written(array, users):
    """The writes that replace an array."""
    return [n for n in users[array] if n.op in PLACED and n.args[0] is array]


def _next(graph, users, scope, read, array, needed):
    """The version after a write to another place, if the read may be of that one."""
    for write in _written(array, users):
        if write not in needed and scope.place(read).apart(scope.place(write), scope.ranges):
            if _may_wait(graph, scope, read, write, needed):
                return write
    return None


def _may_wait(graph, scope, read, write, needed):
    """Is what is read needed together with what is written, or in a loop, and much more of it?"""
    small = scope.ranges.bounds and FEWER * prod(write.args[1].shape) <= prod(read.shape)
    return small or not needed.isdisjoint(depending_on(graph.order, [write]))
