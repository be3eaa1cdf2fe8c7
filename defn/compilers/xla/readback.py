"""Reads of what was written last.

XLA keeps a value that two kernels need in an array of its own, and then copies it to where it is
written. Where only the write needs it, it is computed into its place: the others read it there.
And XLA copies an array that is read after it was written into: what a write left as it was is read
in what it made.
"""

from __future__ import annotations

from defn import ops
from defn.expr import constant_value, make, substitute, toposort
from defn.graph import Graph

LARGE = 1 << 12  # bytes: copying less than this costs less than a kernel more
MOST = 16  # writes in a scope: each takes a walk over it


def read_back(graph):
    """The graph in which a value that is written to a known place of a result is read from there."""
    graph = _with_late_reads(graph.map_bodies(read_back))
    for _ in range(MOST):
        write = next(_asked_for(graph), None) if ops.put in graph.operations else None
        if write is None:
            break
        graph = _with_value_read(graph, write)
    return graph


def _asked_for(graph):
    """The writes whose values others read too, that stay as they are and are made of nothing of these others."""
    users = graph.users()
    for write in (n for n in graph.outputs if n.op is ops.put and _is_large(n.args[1])):
        others = [u for u in users[write.args[1]] if u is not write]
        stays = all(user.op in (ops.get, ops.gather) for user in users[write])
        if others and is_known(write, 2) and stays and write.args[1] not in graph.roots:
            if all(_is_elementwise(u) for u in others) and set(toposort([write])).isdisjoint(
                others
            ):
                yield write


def _is_elementwise(node):
    return node.op.kind is ops.Kind.ELEMENTWISE


def _is_large(value):
    return _is_elementwise(value) and value.type.bytes >= LARGE


def _with_late_reads(graph):
    """The graph in which reads of an array that is written look at the array as it is afterwards."""
    if not {ops.put, ops.get} <= graph.operations:
        return graph
    for k in range(MOST):
        writes = [n for n in graph.order if n.op is ops.put and is_known(n, 2)]
        writes = [n for n in writes if n.args[1].type.size > 1]  # `rows.py` joins those of elements
        if k >= len(writes):
            break
        graph = _with_reads_after(graph, writes[k])
    return graph


def _with_reads_after(graph, write):
    """The graph in which what is not needed for a write, and not changed by it, is read after it."""
    before = set(toposort([write]))
    reads = [n for n in graph.order if n.op is ops.get and n.args[0] is write.args[0]]
    later = [n for n in reads if n not in before and is_known(n, 1) and _is_apart(n, write)]
    if not later:
        return graph
    moved = {n: make(ops.get, (write, *n.args[1:]), n.attrs, where=n.where) for n in later}
    return _replaced(graph, {**moved, write: write})


def is_known(node, first):
    """Is the window of a read or write known, whose starts begin there among the operands?"""
    return all(constant_value(start) is not None for start in node.args[first:])


def _is_apart(read, write):
    """Are two known windows apart along some axis?"""
    spans = zip(_spans(read, 1), _spans(write, 2))
    return any(a > d or c > b for (a, b), (c, d) in spans)


def _spans(node, first):
    """The first and the last place along each axis."""
    settings = zip(node.args[first:], node.attrs["sizes"], node.attrs["steps"])
    places = [(int(constant_value(start)), n, k) for start, n, k in settings]
    return [(at, at if n is None else at + (n - 1) * k) for at, n, k in places]


def _replaced(graph, new):
    roots = substitute(graph.roots, new)
    count = len(graph.outputs)
    return Graph(graph.parameters, roots[:count], roots[count:], graph.updates)


def _with_value_read(graph, write):
    value, starts = write.args[1], write.args[2:]
    window = {name: write.attrs[name] for name in ("sizes", "steps")}
    read = make(ops.get, (write, *starts), window, where=value.where)
    return _replaced(graph, {value: read, write: write})
