"""One body of a structure, reversed: its forward pass that also saves, and its backward pass.

What the backward pass reads of the forward pass is free, or read from an array as it is in the end,
or read from an array whose writes are undone step by step, or made again, or saved on a tape.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import compress

from defn import ops
from defn.expr import make, parameter
from defn.graph import Graph
from defn.order import schedule
from defn.transforms.masks import accumulated
from defn.transforms.rebuild import replaced
from defn.transforms.residuals import (
    backward_nodes,
    chain,
    choose_saved,
    frontier,
    made_again,
    previous,
    wanted_versions,
    written_in_all,
)
from defn.transforms.settled import Settled
from defn.transforms.uncleared import uncleared
from defn.transforms.walk import Walk, pop, push
from defn.types import Type, is_inexact

NEVER = float("inf")
READ_AND_WRITE = {
    ops.put: (ops.get, ops.put),
    ops.add_at: (ops.get, ops.put),
    ops.scatter: (ops.gather, ops.scatter),
    ops.scatter_add: (ops.gather, ops.scatter),
}


@dataclass(frozen=True)
class Site:
    """A place that saves: type and room of its tape, and the tape before and after each pass."""

    type: Type
    capacity: int | None
    forward: tuple
    backward: tuple


@dataclass(frozen=True)
class Part:
    """One body in both passes, tapes and captures not yet among the ends.

    `restored` are the states that are un-written, `kept` those that are read as they are in the
    end.
    """

    sites: list
    restored: tuple
    kept: dict
    forward: Graph
    backward: Graph
    captures: tuple


def fresh(nodes, name):
    """A new parameter for each of these nodes."""
    return [parameter(n.type, name) for n in nodes]


def tape_of(node):
    """A parameter that is a tape of values such as this node's."""
    return parameter(Type(node.dtype, node.shape, tape=True), "tape")


class Body:
    """A body of a structure, and what stays the same whatever the demand."""

    def __init__(self, structures, node, graph, masks, scope):
        self.structures, self.node, self.graph = structures, node, graph
        self.scope = scope.inside(node, graph)
        first, n = ops.INDEX[node.op], node.attrs["carries"]
        self.index, ends = graph.parameters[:first], graph.parameters[first:]
        self.carry, self.captures = ends[:n], ends[n:]
        self.carry_on, self.capture_on = masks
        self.inputs = (*compress(self.carry, masks[0]), *compress(self.captures, masks[1]))
        self.order = schedule(graph)
        self.place = {node: k for k, node in enumerate(self.order)}
        self.from_floats = _from_floats(self.order)
        self.active, self.masks = structures.activity.scope(self.order, self.inputs)
        self.chains = {k: chain(node, graph, k) for k in range(n) if written_in_all(node, k)}

    def derivative(self, restore):
        """Both passes; the states in `restore`, and those it wants itself, are un-written."""
        # What is un-written may make a loop inside want more un-written: the demand only grows.
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


@dataclass
class Attempt:
    """The backward pass of a body that un-writes some of its states."""

    body: Body
    restore: frozenset
    known: dict = field(
        default_factory=dict
    )  # what stands for a forward value in the backward pass
    logged: list = field(default_factory=list)  # values that a write replaces, and their tapes
    undoing: dict = field(default_factory=dict)  # nodes that undo a write, and when it happened
    replaced_at: dict = field(default_factory=dict)  # when a version of an array is written over

    def __post_init__(self):
        body, self.restored = self.body, tuple(sorted(self.restore))
        self.ct_carry = fresh(compress(body.carry, body.carry_on), "ct")
        self.ct_captures = fresh(compress(body.captures, body.capture_on), "ct")
        self.finals = fresh([body.carry[k] for k in self.restored], "restored")
        self.kept, self.in_part = {}, set()  # in part: versions of which some elements are known
        self.walk = self._walk().run()
        for k, final in zip(self.restored, self.finals):
            self._unwrite(k, final)
        self.gradients = [self.walk.running(p) for p in body.inputs]
        self._settle()
        self.saved = self._saved()
        self.wanted = wanted_versions(self.saved, body.chains, body.carry, self.restore)

    def _walk(self):
        body = self.body
        cotangents = dict(zip(compress(body.captures, body.capture_on), self.ct_captures))
        for output, ct in zip(compress(body.graph.outputs, body.carry_on), self.ct_carry):
            if output in body.active:
                before = cotangents.get(output)
                cotangents[output] = ct if before is None else accumulated(before, ct)
        demand = {}
        for link in (link for k in self.restored for link in body.chains[k] if link.op is ops.item):
            demand[link.args[0]] = demand.get(link.args[0], frozenset()) | {link.attrs["index"]}
        return Walk(
            body.order, body.active, body.masks, cotangents, body.structures, body.scope, demand
        )

    # Arrays whose writes are undone.

    def _unwrite(self, k, final):
        """Each version of a state from the one after it."""
        self.known[self.body.graph.outputs[k]] = final
        for link in self.body.chains[k]:
            looped = link.op is ops.item
            before = self.walk.unwritten[link] if looped else self._undone(link)
            writer, undoing = (link.args[0], before.args[0]) if looped else (link, before)
            self.known[previous(link)] = before
            self.replaced_at[previous(link)] = self.undoing[undoing] = self.body.place[writer]

    def _undone(self, link):
        """The array before a write: with the values it replaced, which the forward pass saves."""
        read, write = READ_AND_WRITE[link.op]
        array, value, *places = link.args
        old = make(read, (array, *places), link.attrs)
        tape = tape_of(old)
        left, lost = pop(tape)
        self.logged.append((old, tape, left))
        if link.op is ops.put and self._still_there(value, places):
            self.known[value] = make(read, (link, *places), link.attrs)
            self.replaced_at[value] = self.replaced_at.get(link, NEVER)
        return make(write, (link, lost, *places), link.attrs)

    def _still_there(self, value, places):
        """May a written value be read from the array before it is un-written? Not to find its
        place.
        """
        return self._worth_reading(value) and not any(p in self.body.from_floats for p in places)

    def _worth_reading(self, value):
        known = value in self.known or value.op.kind is ops.Kind.LEAF or value.op is ops.broadcast
        return not known and is_inexact(value.dtype)

    # Elements that are never written again.

    def _settle(self):
        """Let the backward pass read what is settled from the arrays as they are in the end."""
        settled = Settled(self.body, self.restore)
        if not settled.writes:
            return
        for value, k, places, attrs in settled.elements():
            if value not in self.known and (value.op is ops.get or self._worth_reading(value)):
                self.known[value] = make(ops.get, (self._final(k), *places), attrs)
        for version, k in settled.versions(self._users()):
            if version not in self.known:
                self.known[version] = self._final(k)
                self.in_part.add(version)

    def _final(self, k):
        if k not in self.kept:
            self.kept[k] = parameter(self.body.carry[k].type, "final")
        return self.kept[k]

    def _users(self):
        """The backward nodes that read each value."""
        users = {}
        for node in self._nodes():
            for arg in dict.fromkeys(node.args):
                users.setdefault(arg, []).append(node)
        return users

    # The demand on the forward pass.

    def _nodes(self):
        # A structure that saves takes the place of one in the forward pass.
        forward = {*self.body.place, *self.walk.saving.values()}
        return backward_nodes(self._outputs, self._resolved, forward)

    @property
    def _resolved(self):
        return {value: other for value, other in self.known.items() if value is not other}

    @property
    def _outputs(self):
        states = [self.body.carry[k] for k in self.restored]
        tapes = [site.backward[1] for site in self.walk.sites]
        return (*self.gradients, *states, *tapes, *(left for _, _, left in self.logged))

    def _saved(self):
        body, nodes = self.body, self._nodes()
        late = self._known_too_late(nodes)
        needed = frontier(self._outputs, nodes, {*body.graph.parameters})
        needed = [n for n in needed if n not in self.known]
        free = {*body.index, *body.captures, *self.known, *late} - (self.in_part - set(late))
        return [*late, *choose_saved(needed, free, set(body.order))]

    def _known_too_late(self, nodes):
        """What undoing a write needs, and what is known again only once that write is undone."""
        # Undoing a loop needs cotangents, and these need values: none may wait for that undoing.
        until, deadline, late = self._known_until(), {}, {}
        for node in reversed(nodes):
            due = max(deadline.get(node, -1), self.undoing.get(node, -1))
            for arg in node.args:
                if until.get(arg, NEVER) <= due:
                    late[arg] = True
                else:
                    other = self.known.get(arg, arg)
                    deadline[other] = max(deadline.get(other, -1), due)
        return list(late)

    def _known_until(self):
        """For each forward value, the write whose undoing gives back what it is made of."""
        until = {}
        for node in self.body.order:
            if node in self.known or not made_again(node, self.body.place):
                until[node] = self.replaced_at.get(node, NEVER)
            else:
                until[node] = min([until[a] for a in node.args], default=NEVER)
        return until

    # The passes.

    def part(self):
        """Both passes of the body."""
        body, pops, sites = self.body, {}, list(self.walk.sites)
        for value in self.saved:
            tape = tape_of(value)
            left, pops[value] = pop(tape)
            sites.append(saving_site(value, tape, left))
        sites += [saving_site(*each) for each in self.logged]
        n, m, leaving = len(body.graph.outputs), len(sites), [s.forward[1] for s in sites]
        ahead = replaced([*body.graph.outputs, *leaving, *body.graph.effects], self.walk.saving)
        results = [*self.gradients, *(body.carry[k] for k in self.restored)]
        back = [*results, *(s.backward[1] for s in sites)]
        parameters = (*body.index, *self.ct_carry, *self.ct_captures, *self.finals)
        back = uncleared(parameters, replaced(back, {**self._resolved, **pops}))
        ends = zip(sites, ahead[n:], back[len(results) :])
        return Part(
            [Site(s.type, s.capacity, (s.forward[0], a), (s.backward[0], b)) for s, a, b in ends],
            self.restored,
            self.kept,
            Graph((*body.index, *body.carry), ahead[:n], ahead[n + m :]),
            Graph(parameters, back[: len(results)]),
            body.captures,
        )


def saving_site(value, tape, left):
    """The place where a value of the body is saved, once a step."""
    entering = tape_of(value)
    return Site(Type(value.dtype, value.shape), 1, (entering, push(entering, value)), (tape, left))
