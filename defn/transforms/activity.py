"""Which values carry a derivative: those computed from the inputs asked for, by operations that
have one.
"""

from __future__ import annotations

from itertools import compress

from defn import ops
from defn.transforms.vjp import vjp
from defn.types import is_inexact


def carries_derivative(type):
    """Can a value of this type have a cotangent? Integers and booleans cannot."""
    return is_inexact(type.dtype) if type.parts is None else bool(type.parts)


def differentiable_bodies(node):
    """The bodies of a structure that make states: all but the test of a `while`."""
    return node.attrs["bodies"][1:] if node.op is ops.while_ else node.attrs["bodies"]


class Activity:
    """Answers for the scopes of one program; a body asked about twice is walked once."""

    def __init__(self):
        self.known = {}

    def scope(self, order, inputs):
        """The active nodes of a scope, and for each structure which states and which captures are
        active.
        """
        active, masks = set(inputs), {}
        for node in order:
            if node.op in ops.LEAD:
                masks[node] = self.structure(node, active)
                if any(masks[node][0]):
                    active.add(node)
            elif node not in active and self._is_active(node, active, masks):
                active.add(node)
        return active, masks

    def _is_active(self, node, active, masks):
        if node.op is ops.item and node.args[0] in masks:
            return masks[node.args[0]][0][node.attrs["index"]]
        return (
            carries_derivative(node.type)
            and node.op not in vjp.absences
            and any(a in active for a in node.args)
        )

    def structure(self, node, active):
        """Which states and captures of a loop, while or cond are active: a fixpoint, for states
        feed themselves.
        """
        carry = tuple(c in active for c in ops.carry(node))
        captures = tuple(c in active for c in ops.captures(node))
        while True:
            results = [
                self.body(node, body, carry + captures) for body in differentiable_bodies(node)
            ]
            after = tuple(map(any, zip(carry, *results)))
            if after == carry:
                return carry, captures
            carry = after

    def body(self, node, body, active):
        """Which results of a body are active, given which of its states and captures are."""
        if (body, active) not in self.known:
            inputs = compress(body.parameters[ops.INDEX[node.op] :], active)
            found, _ = self.scope(body.order, inputs)
            self.known[body, active] = tuple(o in found for o in body.outputs)
        return self.known[body, active]
