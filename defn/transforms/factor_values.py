"""Values and vectors together or values alone: a matrix is factorised once, and only as far as is
asked.
"""

from __future__ import annotations

from defn import ops
from defn.expr import item, make
from defn.graph import Graph
from defn.transforms.rebuild import replaced

# Of each factorisation, the operation that gives its values alone, and which result they are.
ALONE = {ops.svd: (ops.svdvals, 1), ops.eigh: (ops.eigvalsh, 0), ops.eig: (ops.eigvals, 0)}
WHOLE = {alone: whole for whole, (alone, _) in ALONE.items()}


def as_asked(graph):
    """The graph in which values come from a factorisation that is made anyway, and alone where that
    is all.
    """
    graph = graph.map_bodies(as_asked)
    made = [n for n in graph.order if n.op in ALONE or n.op in WHOLE]
    if not made:
        return graph
    items = {n: [] for n in made}
    for node in graph.order:
        if node.op is ops.item and node.args[0] in items:
            items[node.args[0]].append(node)
    whole = [n for n in made if any(i.attrs["index"] != ALONE[n.op][1] for i in items[n])]
    only_values = [n for n in made if n.op in ALONE and n not in whole]
    new = {i: _alone(n) for n in only_values for i in items[n]} | _shared(made, whole)
    roots = replaced(graph.roots, new)
    count = len(graph.outputs)
    return Graph(graph.parameters, roots[:count], roots[count:], graph.updates)


def _alone(node):
    """The operation that gives the values of a factorisation only."""
    settings = {k: v for k, v in node.attrs.items() if k != "full"}
    return make(ALONE[node.op][0], node.args, settings, where=node.where)


def _shared(made, whole):
    """The values for which there is a factorisation that also has vectors."""
    known = {_key(n.op, n): n for n in whole}
    wanted = ((n, known.get(_key(WHOLE[n.op], n))) for n in made if n.op in WHOLE)
    return {n: item(full, ALONE[full.op][1]) for n, full in wanted if full is not None}


def _key(whole, node):
    """What a factorisation is of: a matrix, and which triangle of it."""
    return whole, node.args, node.attrs.get("lower")
