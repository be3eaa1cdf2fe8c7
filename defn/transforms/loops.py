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
from defn.order import schedule
from defn.transforms.activity import differentiable_bodies
from defn.transforms.masks import accumulated
from defn.transforms.rebuild import replaced, used
from defn.transforms.residuals import (
    chain,
    choose_saved,
    frontier,
    made_again,
    previous,
    wanted_versions,
)
from defn.transforms.walk import Walk, new_tape, pop, push
from defn.types import INT64, Type, is_inexact


@dataclass(frozen=True)
class Site:
    """A place that saves: type and room of its tape, and the tape as it enters and leaves both
    passes.
    """

    type: Type
    capacity: int | None
    forward: tuple
    backward: tuple


@dataclass(frozen=True)
class Derivative:
    """The bodies of a structure in both passes.

    forward:  (index?, *carry, *tapes, *captures) -> (*carry, *tapes)
    backward: (index?, *cotangents of the carry, *of the captures, *restored, *tapes, *captures)
              -> (*cotangents of the carry, *of the captures, *restored, *tapes)
    """

    sites: tuple
    restored: tuple
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
        carry_on, capture_on = walk.masks[node]
        derivative = self.derivative(
            node, carry_on, capture_on, walk.restore.get(node, frozenset())
        )
        again = bool(node.attrs.get("recompute") and derivative.sites)
        tapes = [_entering(walk, site, again) for site in derivative.sites]
        saving, count = saving_form(node, derivative, tapes, again)
        leaving = [item(saving, node.attrs["carries"] + k) for k in range(len(tapes))]
        returning = leaving if walk.top or again else [_parameter(t.type, "tape") for t in tapes]
        restored = [item(saving if again else node, k) for k in derivative.restored]
        carry = (*_running(walk, node, carry_on, capture_on), *restored, *returning)
        results = items(backward_form(node, derivative, carry, count))
        emptied = _hand_on(walk, node, derivative, results)
        if again:
            walk.local += tapes
            return
        ends = zip(derivative.sites, zip(tapes, leaving), zip(returning, emptied))
        walk.sites += [Site(*site, forward, backward) for site, forward, backward in ends]
        if saving is not node:
            walk.saving[node] = saving

    # The structure as a whole.

    def derivative(self, node, carry_on, capture_on, restore):
        """Both passes of the bodies. Demands only grow, so what was found for a smaller one may
        still do.
        """
        key = (node, carry_on, capture_on)
        known = self.known.get(key)
        if known is None or not restore <= set(known.restored):
            known = self.known[key] = self._derivative(node, carry_on, capture_on, restore)
        return known

    def _derivative(self, node, carry_on, capture_on, restore):
        bodies = [
            Body(self, node, body, carry_on, capture_on) for body in differentiable_bodies(node)
        ]
        while True:
            parts = [body.derivative(restore) for body in bodies]
            restore = frozenset().union(*(part.restored for part in parts))
            if all(restore == set(part.restored) for part in parts):
                return joined(parts, 1 if node.op is ops.cond else node.attrs.get("extent"))


def joined(parts, extent):
    """The derivatives of the bodies as one, over the tapes of all; a branch passes the others'
    through.
    """
    sites = [(s.type, s.capacity) for part in parts for s in part.sites]
    sites = [(t, None if c is None or extent is None else c * extent) for t, c in sites]
    forward = [_over_all(parts, part, part.forward, "forward") for part in parts]
    backward = [_over_all(parts, part, part.backward, "backward") for part in parts]
    return Derivative(tuple(sites), parts[0].restored, tuple(forward), tuple(backward))


def _over_all(parts, part, ends, way):
    """One body's pass as a graph: its ends before the tapes, tapes, captures."""
    tapes = []
    for other in parts:
        own = [getattr(site, way) for site in other.sites]
        tapes += (
            own if other is part else [(t, t) for t in (_parameter(a.type, "tape") for a, _ in own)]
        )
    parameters = (*ends.parameters, *(a for a, _ in tapes), *part.captures)
    return Graph(parameters, (*ends.outputs, *(b for _, b in tapes)), ends.effects)


def _entering(walk, site, again):
    """The tape to save on, as this scope has it: its own at the top, else one that is handed in."""
    type, capacity = site
    if walk.top or again:
        return new_tape(type, capacity)
    return _parameter(Type(type.dtype, type.shape, tape=True), "tape")


def _running(walk, node, carry_on, capture_on):
    """The cotangents with which the backward pass of a structure begins."""
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
    trips = _parameter(Type(INT64), "trips")
    more = [_parameter(t.type, "tape") for t in carry[n:]]
    one = make(ops.add, (trips, index(1)))
    test = Graph(
        (*test.parameters[:n], *more, _parameter(Type(INT64), "trips"), *test.parameters[n:]),
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


def backward_form(node, derivative, carry, count):
    """L-: the structure that runs the steps backwards."""
    captures, bodies = used(ops.captures(node), derivative.backward)
    if node.op is ops.cond:
        return structure(ops.cond, ops.lead(node), carry, captures, bodies, node.where)
    lead = ops.lead(node)
    if node.op is ops.while_:
        lead, (body,) = (index(0), count), bodies
        bodies = (Graph((_parameter(Type(INT64), "i"), *body.parameters), body.outputs),)
    attrs = {
        "extent": node.attrs.get("extent"),
        "reverse": not node.attrs.get("reverse", False),
        "recompute": False,
    }
    return structure(ops.loop, lead, carry, captures, bodies, node.where, **attrs)


def _parameter(type, name):
    return parameter(type, name)


# One body.


@dataclass(frozen=True)
class Part:
    """One body in both passes, tapes and captures not yet among the ends."""

    sites: list
    restored: tuple
    forward: Graph
    backward: Graph
    captures: tuple


class Body:
    """A body of a structure, and what stays the same whatever the demand."""

    def __init__(self, structures, node, graph, carry_on, capture_on):
        self.structures, self.node, self.graph = structures, node, graph
        first, n = ops.INDEX[node.op], node.attrs["carries"]
        self.index = graph.parameters[:first]
        self.carry, self.captures = (
            graph.parameters[first : first + n],
            graph.parameters[first + n :],
        )
        self.carry_on, self.capture_on = carry_on, capture_on
        self.inputs = (*compress(self.carry, carry_on), *compress(self.captures, capture_on))
        self.order = schedule(graph)
        self.place = {node: k for k, node in enumerate(self.order)}
        self.from_floats = _from_floats(self.order)
        self.active, self.masks = structures.activity.scope(self.order, self.inputs)
        chains = {k: chain(node, graph, k) for k in range(n)}
        self.chains = {k: links for k, links in chains.items() if links is not None}

    def derivative(self, restore):
        """The body in both passes; the states in `restore`, and those it wants itself, are
        un-written.
        """
        while True:
            attempt = Attempt(self, restore)
            if attempt.wanted <= restore:
                return attempt.part()
            restore |= attempt.wanted


def _from_floats(order):
    """The nodes that are computed from floating-point values."""
    found = set()
    for node in order:
        if any(a in found or a.dtype is None or is_inexact(a.dtype) for a in node.args):
            found.add(node)
    return found


class Attempt:
    """The backward pass of a body that un-writes some of its states."""

    def __init__(self, body, restore):
        self.body, self.restored = body, tuple(sorted(restore))
        self.ct_carry = [_parameter(c.type, "ct") for c in compress(body.carry, body.carry_on)]
        self.ct_captures = [
            _parameter(c.type, "ct") for c in compress(body.captures, body.capture_on)
        ]
        self.finals = [_parameter(body.carry[k].type, "restored") for k in self.restored]
        self.walk = self._walk().run()
        self.logged, self.version, self.undoing, self.replaced_at = [], {}, {}, {}
        for k, final in zip(self.restored, self.finals):
            self._unwrite(k, final)
        self.gradients = [self.walk.running(p) for p in body.inputs]
        self.saved = self._saved()
        self.wanted = wanted_versions(self.saved, body.chains, body.carry, restore)

    def _walk(self):
        body = self.body
        cotangents = dict(zip(compress(body.captures, body.capture_on), self.ct_captures))
        for output, ct in zip(compress(body.graph.outputs, body.carry_on), self.ct_carry):
            if output in body.active:
                cotangents[output] = (
                    accumulated(cotangents[output], ct) if output in cotangents else ct
                )
        links = [link for k in self.restored for link in body.chains[k] if link.op is ops.item]
        demand = {}
        for link in links:
            demand[link.args[0]] = demand.get(link.args[0], frozenset()) | {link.attrs["index"]}
        return Walk(
            body.order, body.active, body.masks, cotangents, body.structures, restore=demand
        )

    def _unwrite(self, k, final):
        """Each version of a state from the one after it."""
        self.version[self.body.graph.outputs[k]] = final
        for link in self.body.chains[k]:
            before = self.walk.unwritten[link] if link.op is ops.item else self._undone(link)
            writer, undoing = (
                (link.args[0], before.args[0]) if link.op is ops.item else (link, before)
            )
            self.version[previous(link)] = before
            self.replaced_at[previous(link)] = self.undoing[undoing] = self.body.place[writer]

    def _undone(self, link):
        """The array before a write: with the values it replaced, which the forward pass saves."""
        read, write = READ_AND_WRITE[link.op]
        array, value, *places = link.args
        old = make(read, (array, *places), link.attrs)
        tape = _parameter(Type(old.dtype, old.shape, tape=True), "tape")
        left, replaced_values = pop(tape)
        self.logged.append((old, tape, left))
        if link.op is ops.put and self._still_there(value, places):
            self.version[value] = make(read, (link, *places), link.attrs)
            self.replaced_at[value] = self.replaced_at.get(link, NEVER)
        return make(write, (link, replaced_values, *places), link.attrs)

    def _still_there(self, value, places):
        """May a written value be read from the array just before it is un-written? Not to find its
        place.
        """
        if value in self.version or value.op.kind is ops.Kind.LEAF or value.op is ops.broadcast:
            return False
        return is_inexact(value.dtype) and not any(p in self.body.from_floats for p in places)

    # The demand on the forward pass.

    @property
    def resolved(self):
        return {v: e for v, e in self.version.items() if v is not e}

    @property
    def backward_outputs(self):
        states = [self.body.carry[k] for k in self.restored]
        tapes = [site.backward[1] for site in self.walk.sites]
        return (*self.gradients, *states, *tapes, *(left for _, _, left in self.logged))

    def _saved(self):
        body, walk = self.body, self.walk
        leaves = {*self.ct_carry, *self.ct_captures, *self.finals, *walk.local}
        leaves |= {site.backward[0] for site in walk.sites} | {tape for _, tape, _ in self.logged}
        needed = frontier(self.backward_outputs, self.resolved, leaves)
        before = self._read_too_late()
        free = {*body.index, *body.captures, *self.version, *before}
        return [*before, *choose_saved(needed, free, set(body.order))]

    def _read_too_late(self):
        """What undoing a write reads (its place, or a predicate) and that is known again only once
        it is undone.
        """
        forward, until = self.body.place, {}
        for node in self.body.order:
            if node in self.version or not made_again(node, forward):
                until[node] = self.replaced_at.get(node, NEVER)
            else:
                until[node] = min([until[a] for a in node.args], default=NEVER)
        late = [a for n, at in self.undoing.items() for a in n.args if until.get(a, NEVER) <= at]
        return list(dict.fromkeys(late))

    # The passes.

    def part(self):
        """Both passes of the body."""
        body, pops, sites = self.body, {}, []
        for value in self.saved:
            tape = _parameter(Type(value.dtype, value.shape, tape=True), "tape")
            left, pops[value] = pop(tape)
            sites.append(saving_site(value, tape, left))
        sites = [*self.walk.sites, *sites, *(saving_site(*each) for each in self.logged)]
        leaving = replaced(
            [*body.graph.outputs, *(s.forward[1] for s in sites), *body.graph.effects],
            self.walk.saving,
        )
        n, m = len(body.graph.outputs), len(sites)
        gradients = [*self.gradients, *(body.carry[k] for k in self.restored)]
        backward = replaced(
            [*gradients, *(s.backward[1] for s in sites)], {**self.resolved, **pops}
        )
        sites = [
            Site(s.type, s.capacity, (s.forward[0], after), (s.backward[0], left))
            for s, after, left in zip(sites, leaving[n:], backward[len(gradients) :])
        ]
        forward_ends = Graph((*body.index, *body.carry), leaving[:n], leaving[n + m :])
        backward_ends = Graph(
            (*body.index, *self.ct_carry, *self.ct_captures, *self.finals),
            backward[: len(gradients)],
        )
        return Part(sites, self.restored, forward_ends, backward_ends, body.captures)


def saving_site(value, tape, left):
    """The place where a value of the body is saved, once a step."""
    entering = _parameter(tape.type, "tape")
    return Site(Type(value.dtype, value.shape), 1, (entering, push(entering, value)), (tape, left))


NEVER = float("inf")
READ_AND_WRITE = {
    ops.put: (ops.get, ops.put),
    ops.add_at: (ops.get, ops.put),
    ops.scatter: (ops.gather, ops.scatter),
    ops.scatter_add: (ops.gather, ops.scatter),
}
