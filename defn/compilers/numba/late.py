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
    """Pairs of a read and the same read of a later version."""
    users = graph.users()
    for read in graph.order:
        if read.op is not ops.get or prod(read.shape) <= 1:
            continue
        array, *places = read.args
        for write in users[array]:
            if write.op in PLACED and write.args[0] is array and _may_wait(graph, read, write):
                if scope.place(read).apart(scope.place(write), scope.ranges):
                    yield read, make(ops.get, (write, *places), read.attrs, where=read.where)


def _may_wait(graph, read, write):
    """Is what is read needed together with what is written, or much more of it, and not for it?"""
    needed = depending_on(graph.order, [read])
    if write in needed:
        return False
    small = FEWER * prod(write.args[1].shape) <= prod(read.shape)
    return small or not needed.isdisjoint(depending_on(graph.order, [write]))
