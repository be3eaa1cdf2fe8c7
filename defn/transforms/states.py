"""Structures with no more states than they change, and with nothing in a loop that need not be
there.
"""

from __future__ import annotations

from defn import ops
from defn.expr import depending_on, item, parameter, substitute
from defn.graph import Graph, remade_inside, risky, structure, with_bodies, without_offset
from defn.transforms.activity import differentiable_bodies
from defn.transforms.affine import Scope
from defn.transforms.rebuild import used


def with_structures(graph, rule, scope=None):
    """The graph in which `rule(structure, wanted results, scope)` stands for each structure, those
    in bodies first.

    A rule gives the structure and what each wanted result is now.
    """
    if graph.operations.isdisjoint(ops.LEAD):
        return graph
    scope, wanted = scope or Scope(), wanted_results(graph)
    done, results = {}, {}
    for node in graph.order:
        if node.op in ops.LEAD:
            made = _deepened(node.with_args([done[a] for a in node.args]), rule, scope)
            done[node], results[node] = rule(made, wanted[node], scope)
        elif node.op is ops.item and node.args[0] in results:
            done[node] = results[node.args[0]][node.attrs["index"]]
        else:
            done[node] = node.with_args([done[a] for a in node.args]) if node.args else node
    outputs, effects = ([done[each] for each in group] for group in (graph.outputs, graph.effects))
    return Graph(graph.parameters, outputs, effects, graph.updates)


def where_changed(graph, rule):
    """The graph after `with_structures`; the same graph where the rule leaves all structures as
    they are."""
    changed = []

    def noting(node, wanted, scope):
        made, results = rule(node, wanted, scope)
        if made is not node:
            changed.append(node)
        return made, results

    made = with_structures(graph, noting)
    return made if changed else graph


def _deepened(node, rule, scope):
    """The structure whose bodies the rule has gone through."""
    return with_bodies(node, lambda body: with_structures(body, rule, scope.inside(node, body)))


def wanted_results(graph):
    """For each structure, the results that somebody reads."""
    found = {node: set() for node in graph.order if node.op in ops.LEAD}
    for node in graph.order:
        if node.op is ops.item and node.args[0] in found:
            found[node.args[0]].add(node.attrs["index"])
    return found


def settings(node):
    """The settings of a structure besides its bodies."""
    return {k: v for k, v in node.attrs.items() if k not in ("bodies", "carries")}


class Ends:
    """A body's parameters by what they are."""

    def __init__(self, node, body):
        first, n = ops.INDEX[node.op], node.attrs["carries"]
        self.index, self.carry = body.parameters[:first], body.parameters[first : first + n]
        self.captures = body.parameters[first + n :]


def restated(node, kept, fixed=(), inside=lambda body: body):
    """The structure with the states `kept`, those in `fixed` as captures; and its results.

    A fixed state is the same in every trip, so its result is its first value. `inside` is done to
    each body, of which the other results are gone.
    """
    carry = ops.carry(node)
    moving = differentiable_bodies(node)
    bodies = []
    for body in node.attrs["bodies"]:
        ends = Ends(node, body)
        parameters = (
            *ends.index,
            *(ends.carry[k] for k in kept),
            *(ends.carry[k] for k in fixed),
            *ends.captures,
        )
        outputs = [body.outputs[k] for k in kept] if body in moving else body.outputs
        bodies.append(inside(Graph(parameters, outputs, body.effects)))
    captures = (*(carry[k] for k in fixed), *ops.captures(node))
    captures, bodies = used(captures, bodies)
    made = structure(
        node.op,
        ops.lead(node),
        [carry[k] for k in kept],
        captures,
        bodies,
        node.where,
        **settings(node),
    )
    results = {k: item(made, place) for place, k in enumerate(kept)}
    return made, {**results, **{k: carry[k] for k in fixed}}


# The passes.


def fix_states(graph):
    """The graph in which a state that no trip changes is a capture, its result its first value."""
    return with_structures(graph, _with_fixed)


def _with_fixed(node, wanted, scope):
    fixed = [k for k in range(node.attrs["carries"]) if _is_fixed(node, k)]
    if not fixed:
        return node, {k: item(node, k) for k in wanted}
    return restated(node, [k for k in range(node.attrs["carries"]) if k not in fixed], fixed)


def _is_fixed(node, k):
    """Does every body return the k-th state as it came? A tape is left alone: it has one reader."""
    unchanged = (b.outputs[k] is Ends(node, b).carry[k] for b in differentiable_bodies(node))
    return not node.type.parts[k].tape and all(unchanged)


def hoist(graph):
    """The graph in which what is the same in every trip of a loop is computed once, before it."""
    return with_structures(graph, _hoisted)


def _hoisted(node, wanted, scope):
    results = {k: item(node, k) for k in wanted}
    if node.op is ops.cond:
        return node, results
    captures, bodies = list(ops.captures(node)), list(node.attrs["bodies"])
    for place, body in enumerate(bodies):
        ends = Ends(node, body)
        outside = dict(zip(ends.captures, captures))
        found = _invariant(body, (*ends.index, *ends.carry), node, scope)
        inside = [parameter(n.type, "c", n.where) for n in found]
        captures += substitute(found, outside)
        for other in range(len(bodies)):
            # Every body has a parameter for every capture, whether it reads it or not.
            more = inside if other == place else [parameter(n.type, "c", n.where) for n in found]
            bodies[other] = _with_captures(
                bodies[other], more, dict(zip(found, inside)) if other == place else {}
            )
    if len(captures) == len(ops.captures(node)):
        return node, results
    made = structure(
        node.op,
        ops.lead(node),
        ops.carry(node),
        *used(captures, bodies),
        node.where,
        **settings(node),
    )
    return made, {k: item(made, k) for k in wanted}


def _with_captures(body, more, new):
    roots = substitute(body.roots, new)
    n = len(body.outputs)
    return Graph((*body.parameters, *more), roots[:n], roots[n:])


def _invariant(body, changing, node, scope):
    """The outermost values of a body that are worth computing and depend on nothing that changes.

    What may fail stays, unless the loop surely runs, or the place it reads is proved to be there.
    """
    order, inside = body.order, scope.inside(node, body)
    # A tape has one reader at a time, and a loop that never ends must not run before its time.
    linear = [n for n in order if n.type.parts is not None or n.type.tape]
    risk = [] if scope.runs(node) else [n for n in order if risky(n) and not inside.safe(n)]
    staying = depending_on(order, {*changing, *linear, *risk})
    staying |= {n for n in order if _free(n)}
    read = {a for n in order if n in staying for a in n.args} | set(body.outputs)
    return [n for n in order if n in read and n not in staying]


def _free(node):
    """Is the value made again in the loop at no cost: moved elements, constants, an index and an
    offset?
    """
    return (
        node.op.kind in (ops.Kind.LEAF, ops.Kind.MOVEMENT, ops.Kind.EFFECT)
        or remade_inside(node)
        or without_offset(node).op in (ops.parameter, ops.constant)
    )
