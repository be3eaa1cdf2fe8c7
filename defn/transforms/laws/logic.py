"""Laws of choices and truth values."""

from __future__ import annotations

from defn import ops
from defn.expr import make
from defn.transforms.known import filled, known
from defn.transforms.laws.arithmetic import constant_last


def idempotent(node):
    """`op(x, x)` is `x`."""
    return node.args[0] if node.args[0] is node.args[1] else None


def known_choice(node):
    """A choice that is known, or between one value and itself."""
    p, x, y = node.args
    if x is y:
        return x
    decided = known(p)
    return None if decided is None else x if decided else y


def negated_choice(node):
    """select(not p, x, y) is select(p, y, x)."""
    p, x, y = node.args
    return make(ops.select, (p.args[0], y, x)) if p.op is ops.logical_not else None


def same_choice_twice(node):
    """Within a branch of a choice, the same choice is known."""
    p, x, y = node.args
    if x.op is ops.select and x.args[0] is p:
        return make(ops.select, (p, x.args[1], y))
    if y.op is ops.select and y.args[0] is p:
        return make(ops.select, (p, x, y.args[2]))
    return None


def with_constant(absorbing):
    """`p and False` is False and `p and True` is p; `p or ...` the other way round."""

    def law(node):
        value = known(node.args[1])
        if value is None:
            return None
        return filled(absorbing, node) if bool(value) is absorbing else node.args[0]

    return law


def negated(node):
    """not not p is p; not (x == y) is x != y, and the other way round."""
    p = node.args[0]
    if p.op is ops.logical_not:
        return p.args[0]
    return make(OPPOSITE[p.op], p.args) if p.op in OPPOSITE else None


OPPOSITE = {ops.equal: ops.not_equal, ops.not_equal: ops.equal}
LAWS = {
    ops.select: (known_choice, negated_choice, same_choice_twice),
    ops.logical_and: (idempotent, constant_last, with_constant(False)),
    ops.logical_or: (idempotent, constant_last, with_constant(True)),
    ops.logical_not: (negated,),
    **dict.fromkeys(
        (ops.maximum, ops.minimum, ops.fmax, ops.fmin, ops.bitwise_and, ops.bitwise_or),
        (idempotent,),
    ),
}
