"""Work that only one branch needs is done in it."""

from __future__ import annotations

from defn import ops
from defn.expr import parameter, substitute, toposort
from defn.graph import Graph, remade_inside, structure, with_bodies
from defn.transforms.rebuild import used
from defn.transforms.states import Ends, settings

STAYING = {ops.Kind.LEAF, ops.Kind.STRUCTURE, ops.Kind.EFFECT, ops.Kind.INDEX}


def sink(graph):
    """The graph in which a value that one branch alone reads is computed in that branch.

    Reads of arrays stay: the branch may write the array.
    """
    if graph.operations.isdisjoint(ops.LEAD):
        return graph
    wanted, done = _branches(graph), {}
    for node in graph.order:
        node_now = node.with_args([done[a] for a in node.args]) if node.args else node
        if node.op is ops.cond:
            node_now = _with_work(
                node_now, {done[n] for n, w in wanted.items() if w and w[0] is node}
            )
        done[node] = with_bodies(node_now, sink)
    outputs, effects = ([done[each] for each in group] for group in (graph.outputs, graph.effects))
    return Graph(graph.parameters, outputs, effects, graph.updates)


def _branches(graph):
    """For each value that one branch alone reads: the `cond` and which of its branches."""
    readers, found = graph.users(), {}
    roots, read = {*graph.outputs, *graph.effects}, {}
    for node in graph.order:
        if node.op is ops.cond:
            read[node] = [set(body.order) for body in node.attrs["bodies"]]
    for node in reversed(graph.order):
        places = {place for user in readers[node] for place in _places(node, user, found, read)}
        alone = len(places) == 1 and node not in roots and node.op.kind not in STAYING
        found[node] = places.pop() if alone and None not in places else None
    return found


def _places(node, user, found, read):
    """Where a user needs a value: in branches of a `cond`, or at large (None)."""
    if user.op is not ops.cond:
        return [found[user]]
    first = ops.LEAD[ops.cond] + user.attrs["carries"]
    if node in user.args[:first]:
        return [None]
    place = user.args.index(node) - ops.LEAD[ops.cond]
    bodies = zip(user.attrs["bodies"], read[user])
    return [(user, k) for k, (body, nodes) in enumerate(bodies) if body.parameters[place] in nodes]


def _with_work(node, moved):
    """The `cond` with these values computed inside, by the branch that reads them."""
    if not moved:
        return node
    captures = ops.captures(node)
    cone = toposort(captures, lambda n: n.args if n in moved else ())
    outside = [n for n in cone if n not in moved and not remade_inside(n)]
    bodies = []
    for body in node.attrs["bodies"]:
        ends, fresh = Ends(node, body), {n: parameter(n.type, "c", n.where) for n in outside}
        inside = dict(zip(ends.captures, substitute(captures, fresh)))
        roots, n = substitute(body.roots, inside), len(body.outputs)
        bodies.append(Graph((*ends.carry, *fresh.values()), roots[:n], roots[n:]))
    return structure(
        node.op,
        ops.lead(node),
        ops.carry(node),
        *used(outside, bodies),
        node.where,
        **settings(node),
    )
