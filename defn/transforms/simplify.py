"""The laws of algebra, where they are exact: nan, infinity and the sign of zero included.

A law is a function of a node that returns an equal, simpler node, or None where it does not apply.
Operands are simple already when a law sees a node.
"""

from __future__ import annotations

from defn import ops
from defn.expr import attribute_to, sharing
from defn.graph import Graph, with_bodies
from defn.transforms.fold import fold
from defn.transforms.laws import arithmetic, indexing, logic, movement, structures, windows

TABLES = (structures.LAWS, arithmetic.LAWS, logic.LAWS, movement.LAWS, indexing.LAWS, windows.LAWS)
MOST_STEPS = 100  # no chain of laws is this long; if one were, two laws would undo each other


def laws_of(op):
    """All laws of an operation."""
    return tuple(law for table in TABLES for law in table.get(op, ()))


LAWS = {
    op: (*laws_of(op), fold)
    for op in ops.ALL.values()
    if op.kind not in (ops.Kind.LEAF, ops.Kind.EFFECT)
}


def simplify(graph):
    """The graph in which no law applies any more."""
    with sharing():
        return _simplified_graph(graph, {})


def _simplified_graph(graph, done):
    if graph in done:
        return done[graph]
    values, same, before = {}, True, attribute_to(None)
    try:
        for node in graph.order:
            now = node.with_args([values[a] for a in node.args]) if node.args else node
            if not now.simple:
                attribute_to(node.where or before)
                now = _simplified_node(now, done)
            values[node] = now
            same = same and now is node
    finally:
        attribute_to(before)
    if same:
        return done.setdefault(graph, graph)
    outputs, effects = (
        [values[each] for each in group] for group in (graph.outputs, graph.effects)
    )
    return done.setdefault(graph, Graph(graph.parameters, outputs, effects, graph.updates))


def _simplified_node(node, done):
    node = with_bodies(node, lambda body: _simplified_graph(body, done))
    for _ in range(MOST_STEPS):
        simpler = _simpler(node)
        if simpler is None:
            node.simple = "bodies" not in node.attrs  # bodies are asked each time
            break
        node = simpler
    return node


def _simpler(node):
    """What the first law that applies makes of a node; None where none does."""
    for law in LAWS.get(node.op, ()):
        found = law(node)
        if found is not None:
            return found
    return None
