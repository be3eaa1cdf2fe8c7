"""Cotangents that a `select` has masked: exactly zero where their branch was not taken.

The rule of an operation multiplies by a derivative that may be infinite or nan where the mask is
off, and zero times infinity is nan. So the mask is taken off, the rule applied, and the mask put on
again: the branch that `where` did not take gets exactly zero, whatever its derivative.
"""

from __future__ import annotations

from defn import ops
from defn.expr import make
from defn.tensor import wrap
from defn.transforms.shapes import is_zero, zeros

# Their rules move the cotangent and compute nothing, so they move its mask as well.
MOVING = {ops.sum, ops.reshape, ops.transpose, ops.flip}


def mask_of(ct):
    """The mask of a cotangent and what is under it; None where it has no mask."""
    if ct.op is ops.select and is_zero(ct.args[2]):
        return ct.args[0], ct.args[1]
    return None


def masked(mask, value):
    """The value where the mask is on, zero elsewhere; one mask where the value has one already."""
    if under := mask_of(value):
        mask, value = both(mask, under[0]), under[1]
    return make(ops.select, (mask, value, zeros(value.type).node))


def both(p, q):
    """Where both masks are on."""
    if p is q or p in q.args and q.op is ops.logical_and:
        return q
    return make(ops.logical_and, (p, q))


def passed_through(rule, ct, node):
    """The cotangents of a node's operands, with the mask of the node's own put on again."""
    under = mask_of(ct) if node.op.kind is ops.Kind.ELEMENTWISE or node.op in MOVING else None
    if under is None:
        return applied(rule, ct, node)
    mask, value = under
    if node.op in MOVING:
        (mask,) = applied(rule, mask, node)
    return [
        each and (ct if each is value else masked(mask, each))
        for each in applied(rule, value, node)
    ]


def applied(rule, ct, node):
    """A rule, written for tensors, applied to nodes."""
    found = rule(wrap(ct), wrap(node), *map(wrap, node.args), **node.attrs)
    return [None if each is None else each.node for each in found]


def accumulated(before, value):
    """The sum of two cotangents; of two masked ones, masked where both are zero."""
    one, other = mask_of(before), mask_of(value)
    if one is None or other is None:
        return plus(before, value)
    if one[0] is other[0]:
        return masked(one[0], plus(one[1], other[1]))
    either = make(ops.logical_or, (one[0], other[0]))
    return masked(either, plus(before, value))


def plus(x, y):
    """The sum of two nodes of one type."""
    return make(ops.add, (x, y))
