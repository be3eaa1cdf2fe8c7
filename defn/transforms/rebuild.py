"""Graphs rebuilt with some nodes replaced."""

from __future__ import annotations

from itertools import compress

from defn.expr import adopt, make, toposort
from defn.graph import Graph


def replaced(roots, new):
    """The roots with each key of `new` replaced by its value; in the values, too, keys are
    replaced.
    """
    if not new:
        return list(roots)
    done = {}
    for node in toposort(roots, lambda n: (new[n],) if n in new else n.args):
        if node in new:
            done[node] = done[new[node]]
        else:
            done[node] = node.with_args([done[a] for a in node.args]) if node.args else node
    return [done[root] for root in roots]


def shared(graph):
    """The graph in which equal nodes are one node, in its bodies as well, in the sharing scope that
    is open.
    """
    return graph.remade(_shared_node)


def _shared_node(node, args):
    attrs = node.attrs
    if "bodies" in attrs:
        bodies = tuple(map(shared, attrs["bodies"]))
        if any(a is not b for a, b in zip(bodies, attrs["bodies"])):
            attrs = {**attrs, "bodies": bodies}
    if attrs is node.attrs and args == node.args:
        return adopt(node)
    return make(node.op, args, attrs, node.type, node.where)


def used(captures, bodies):
    """The captures that some body reads, and the bodies without the others."""
    n = len(captures)
    read = [set(body.order) for body in bodies]
    keep = [
        any(b.parameters[len(b.parameters) - n + k] in r for b, r in zip(bodies, read))
        for k in range(n)
    ]
    trimmed = [_trimmed(body, n, keep) for body in bodies]
    return tuple(compress(captures, keep)), tuple(trimmed)


def _trimmed(body, n, keep):
    if all(keep):
        return body
    first = len(body.parameters) - n
    kept = (*body.parameters[:first], *compress(body.parameters[first:], keep))
    return Graph(kept, body.outputs, body.effects, body.updates)
