"""The reverse of loops, whiles and conds: two passes, and what one leaves for the other.

A structure L becomes L+, which also saves, and L-, which runs the steps backwards with the
cotangents of the active states, the running cotangents of the active captures, the arrays whose
writes it undoes, and the tapes as its states. L- reads the bounds, the predicate and the captures
of L: values of the enclosing scope, which must then have them in its own backward pass. That is all
there is to nesting.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress

from defn import ops
from defn.expr import index, item, items, make, parameter
from defn.graph import Graph, structure
from defn.transforms.activity import differentiable_bodies
from defn.transforms.body import Body, Site, fresh, tape_of
from defn.transforms.rebuild import used
from defn.transforms.walk import new_tape
from defn.types import INT64, Type


@dataclass(frozen=True)
class Derivative:
    """The bodies of a structure in both passes.

    forward:  (index?, *carry, *tapes, *captures) -> (*carry, *tapes)
    backward: (index?, *cotangents of the carry, *of the captures, *restored, *tapes, *captures)
              -> (*cotangents of the carry, *of the captures, *restored, *tapes)

    The captures of the backward bodies end with the states in `kept`, as they are in the end.
    """

    sites: tuple
    restored: tuple
    kept: tuple
    forward: tuple
    backward: tuple


class Structures:
    """Reverses the structures of one program; each is taken up once for each demand on it."""

    def __init__(self, activity):
        self.activity = activity
        self.known = {}

    # In the scope that holds the structure.

    def reverse(self, walk, node):
        """Let the walk pass over a structure: note L+, make L-, hand its results on."""
        derivative = self.derivative(walk, node)
        again = bool(node.attrs.get("recompute") and derivative.sites)
        tapes = [_entering(walk, site, again) for site in derivative.sites]
        saving, count = saving_form(node, derivative, tapes, again)
        leaving = [item(saving, node.attrs["carries"] + k) for k in range(len(tapes))]
        returning = leaving if walk.top or again else fresh(tapes, "tape")
        ended = lambda states: [item(saving if again else node, k) for k in states]
        carry = (*_running(walk, node), *ended(derivative.restored), *returning)
        results = items(backward_form(node, derivative, carry, ended(derivative.kept), count))
        emptied = _hand_on(walk, node, derivative, results)
        if again:
            walk.local += tapes
            return
        ends = zip(derivative.sites, zip(tapes, leaving), zip(returning, emptied))
        walk.sites += [Site(*site, forward, backward) for site, forward, backward in ends]
        if saving is not node:
            walk.saving[node] = saving

    # The structure as a whole.

    def derivative(self, walk, node):
        """Both passes of the bodies. Demands only grow: what a smaller one found may still do."""
        key, restore = (node, *walk.masks[node]), walk.restore.get(node, frozenset())
        known = self.known.get(key)
        if known is None or not restore <= set(known.restored):
            known = self.known[key] = self._derivative(walk, node, restore)
        return known

    def _derivative(self, walk, node, restore):
        bodies = [
            Body(self, node, body, walk.masks[node], walk.scope)
            for body in differentiable_bodies(node)
        ]
        while True:
            parts = [body.derivative(restore) for body in bodies]
            restore = frozenset().union(*(part.restored for part in parts))
            if all(restore == set(part.restored) for part in parts):
                return joined(parts, 1 if node.op is ops.cond else node.attrs.get("extent"))


def joined(parts, extent):
    """The derivatives of the bodies as one, over all their tapes: a branch passes others' on."""
    sites = [(s.type, s.capacity) for part in parts for s in part.sites]
    sites = [(t, None if c is None or extent is None else c * extent) for t, c in sites]
    kept = {k: final for part in parts for k, final in sorted(part.kept.items())}
    forward = [_over_all(parts, part, part.forward, "forward", ()) for part in parts]
    backward = [
        _over_all(parts, part, part.backward, "backward", _finals(part, kept)) for part in parts
    ]
    return Derivative(tuple(sites), parts[0].restored, tuple(kept), tuple(forward), tuple(backward))


def _finals(part, kept):
    """The parameters that stand for states as they are in the end, of all branches."""
    return [part.kept.get(k) or parameter(final.type, "final") for k, final in kept.items()]


def _over_all(parts, part, ends, way, finals):
    """One body's pass as a graph: its ends before the tapes, tapes, captures."""
    tapes = []
    for other in parts:
        own = [getattr(site, way) for site in other.sites]
        passed = fresh([a for a, _ in own], "tape")
        tapes += own if other is part else zip(passed, passed)
    parameters = (*ends.parameters, *(a for a, _ in tapes), *part.captures, *finals)
    return Graph(parameters, (*ends.outputs, *(b for _, b in tapes)), ends.effects)


def _entering(walk, site, again):
    """The tape to save on, as this scope has it: its own at the top, else one that is handed in."""
    type, capacity = site
    if walk.top or again:
        return new_tape(type, capacity)
    return tape_of(type)


def _running(walk, node):
    """The cotangents with which the backward pass of a structure begins."""
    carry_on, capture_on = walk.masks[node]
    results = [item(node, k) for k in range(node.attrs["carries"])]
    asked = (*compress(results, carry_on), *compress(ops.captures(node), capture_on))
    return [walk.running(each) for each in asked]


def _hand_on(walk, node, derivative, results):
    """Give the results of the backward pass to the walk; the tapes that are left."""
    carry_on, capture_on = walk.masks[node]
    out = iter(results)
    from_carry = [(c, next(out)) for c in compress(ops.carry(node), carry_on)]
    for capture in compress(ops.captures(node), capture_on):
        walk.ct[capture] = next(out)
    for start, value in from_carry:
        walk.add(start, value)
    for k in derivative.restored:
        walk.unwritten[item(node, k)] = next(out)
    return list(out)


def saving_form(node, derivative, tapes, again):
    """L+: the structure that also saves, and for a `while` how often it ran."""
    attrs = {k: v for k, v in node.attrs.items() if k not in ("bodies", "carries")}
    # What L+ saved is on the tapes now; a derivative of the derivative has nothing to run again.
    if "recompute" in attrs:
        attrs["recompute"] = False
    forward = [without_effects(b) for b in derivative.forward] if again else derivative.forward
    carry = (*ops.carry(node), *tapes)
    if node.op is ops.while_:
        return counted(node, forward[0], carry, attrs)
    if not tapes:
        return node, None
    return structure(
        node.op, ops.lead(node), carry, ops.captures(node), forward, node.where, **attrs
    ), None


def without_effects(graph):
    """The graph, but nothing is printed or checked a second time."""
    return Graph(graph.parameters, graph.outputs, (), graph.updates)


def counted(node, forward, carry, attrs):
    """A `while` over more states, and the number of its trips."""
    n, test = node.attrs["carries"], node.attrs["bodies"][0]
    trips = parameter(Type(INT64), "trips")
    more = fresh(carry[n:], "tape")
    one = make(ops.add, (trips, index(1)))
    test = Graph(
        (*test.parameters[:n], *more, parameter(Type(INT64), "trips"), *test.parameters[n:]),
        test.outputs,
        test.effects,
    )
    ends = len(carry)
    body = Graph(
        (*forward.parameters[:ends], trips, *forward.parameters[ends:]),
        (*forward.outputs, one),
        forward.effects,
    )
    made = structure(
        ops.while_, (), (*carry, index(0)), ops.captures(node), (test, body), node.where, **attrs
    )
    return made, item(made, ends)


def backward_form(node, derivative, carry, finals, count):
    """L-: the structure that runs the steps backwards."""
    captures, bodies = used((*ops.captures(node), *finals), derivative.backward)
    if node.op is ops.cond:
        return structure(ops.cond, ops.lead(node), carry, captures, bodies, node.where)
    lead = ops.lead(node)
    if node.op is ops.while_:
        lead, (body,) = (index(0), count), bodies
        bodies = (Graph((parameter(Type(INT64), "i"), *body.parameters), body.outputs),)
    attrs = {
        "extent": node.attrs.get("extent"),
        "reverse": not node.attrs.get("reverse", False),
        "recompute": False,
    }
    return structure(ops.loop, lead, carry, captures, bodies, node.where, **attrs)
