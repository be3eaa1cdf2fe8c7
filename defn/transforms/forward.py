"""Forward mode: one scope walked forwards, with the tangent of each active node beside it.

A structure gets the tangents of its active states as further states, those of its active captures
as further captures.
"""

from __future__ import annotations

from itertools import compress

from defn import ops
from defn.expr import item, items, make, parameter, visit_each
from defn.graph import Graph, structure
from defn.tensor import wrap
from defn.transforms.activity import Activity, differentiable_bodies
from defn.transforms.jvp import jvp
from defn.transforms.rebuild import replaced, shared
from defn.transforms.shapes import zeros
from defn.transforms.walk import new_tape, pop, push, room
from defn.types import Type


def forward(graph, tangents):
    """The outputs, the effects, and the tangents of the outputs (None where one does not change).

    `tangents` gives the tangents of some parameters, by position. All are nodes over the graph's
    parameters.
    """
    graph = shared(graph)
    seeds = {graph.parameters[k]: t for k, t in tangents.items()}
    walk = Forward(Activity(), graph.order, seeds).run()
    changes = [walk.tangents.get(o) for o in graph.outputs]
    found = replaced((*graph.roots, *(c for c in changes if c is not None)), walk.doubled)
    n, m = len(graph.outputs), len(graph.roots)
    rest = iter(found[m:])
    return found[:n], found[n:m], [None if c is None else next(rest) for c in changes]


class Forward:
    """The tangents of one scope, and the structures that stand for the ones without tangents."""

    def __init__(self, activity, order, seeds):
        self.activity, self.order, self.tangents, self.doubled = activity, order, dict(seeds), {}
        self.active, self.masks = activity.scope(order, seeds)

    def run(self):
        """Visit every active node without a tangent, operands first."""
        missing = (n for n in self.order if n in self.active and n not in self.tangents)
        visit_each(missing, self.visit)
        return self

    def visit(self, node):
        """Find the tangent of a node from those of its operands."""
        if node.op in ops.LEAD:
            self.doubled[node] = self.double(node)
        elif node.op in SPECIAL:
            SPECIAL[node.op](self, node)
        elif any(a in self.tangents for a in node.args):
            self._apply_rule(node)

    def _apply_rule(self, node):
        given = [wrap(self.tangents[a]) if a in self.tangents else None for a in node.args]
        results = items(node) if node.type.parts is not None else ()
        out = tuple(map(wrap, results)) if results else wrap(node)
        try:
            found = jvp[node.op](given, out, *map(wrap, node.args), **node.attrs)
        except Exception as error:
            error.add_note(f"in the tangent of {node.op}, written at {node.where}")
            raise
        for result, change in zip(results or (node,), found if results else (found,)):
            if change is not None:
                self.tangents[result] = change.node

    def tangent(self, node):
        """The tangent of a node: zeros, or an empty tape, where it does not change."""
        if node in self.tangents:
            return self.tangents[node]
        return (
            new_tape(Type(node.dtype, node.shape), room(node))
            if node.type.tape
            else zeros(node.type).node
        )

    def double(self, node):
        """The structure with tangents, and the tangents of its results."""
        carry_on, capture_on = self.masks[node]
        changing = [self.tangent(c) for c in compress(ops.carry(node), carry_on)]
        captured = [self.tangent(c) for c in compress(ops.captures(node), capture_on)]
        moving = differentiable_bodies(node)
        bodies = [
            self._doubled_body(node, body, carry_on, capture_on, body in moving)
            for body in node.attrs["bodies"]
        ]
        attrs = {k: v for k, v in node.attrs.items() if k not in ("bodies", "carries")}
        carry, captures = (*ops.carry(node), *changing), (*ops.captures(node), *captured)
        made = structure(node.op, ops.lead(node), carry, captures, bodies, node.where, **attrs)
        for place, k in enumerate(compress(range(len(carry_on)), carry_on)):
            self.tangents[item(node, k)] = item(made, len(carry_on) + place)
        return made

    def _doubled_body(self, node, body, carry_on, capture_on, moving):
        first, n = ops.INDEX[node.op], node.attrs["carries"]
        carry, captures = body.parameters[first : first + n], body.parameters[first + n :]
        changing = {p: parameter(p.type, "t") for p in compress(carry, carry_on)}
        captured = {p: parameter(p.type, "t") for p in compress(captures, capture_on)}
        ends = (*body.parameters[:first], *carry, *changing.values(), *captures, *captured.values())
        if not moving:
            return Graph(ends, body.outputs, body.effects)
        walk = Forward(self.activity, body.order, {**changing, **captured}).run()
        changes = [walk.tangent(o) for o in compress(body.outputs, carry_on)]
        found = replaced((*body.outputs, *changes, *body.effects), walk.doubled)
        count = n + len(changes)
        return Graph(ends, found[:count], found[count:])


def _item(walk, node):
    """A result of a structure has its tangent already; of a popped pair, the tangent was popped,
    too.
    """
    source = node.args[0]
    if source.op is ops.pop and source in walk.tangents:
        walk.tangents[node] = make(ops.item, (walk.tangents[source],), node.attrs)


def _push(walk, node):
    tape, value = node.args
    walk.tangents[node] = push(walk.tangent(tape), walk.tangent(value))


def _pop(walk, node):
    left, _ = pop(walk.tangent(node.args[0]))
    walk.tangents[node] = left.args[0]


SPECIAL = {ops.item: _item, ops.push: _push, ops.pop: _pop}
