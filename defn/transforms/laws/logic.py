"""Laws of choices and truth values."""

from __future__ import annotations

import numpy as np

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


def bounded(node):
    """|z| < c is re² + im² < c² for a complex z and a known c: right to the last place of |z|."""
    size, bound = node.args[0], known(node.args[1])
    if size.op is not ops.absolute or size.args[0].dtype.kind != "c" or bound is None:
        return None
    # So that no square is lost: what overflows is larger than c, what underflows is smaller.
    if not np.finfo(size.dtype).tiny ** 0.25 < bound < np.finfo(size.dtype).max ** 0.25:
        return None
    re, im = (make(part, size.args) for part in (ops.real_part, ops.imag_part))
    squares = make(ops.add, (make(ops.multiply, (re, re)), make(ops.multiply, (im, im))))
    return make(node.op, (squares, filled(bound * bound, squares)))


def one_or_the_other(node):
    """`p or not p` is True."""
    x, y = node.args
    opposite = any(a.op in NOT and a.args[0] is b for a, b in ((x, y), (y, x)))
    return filled(True, node) if opposite and node.dtype == bool else None


NOT = (ops.logical_not, ops.invert)
OPPOSITE = {ops.equal: ops.not_equal, ops.not_equal: ops.equal}
LAWS = {
    ops.select: (known_choice, negated_choice, same_choice_twice),
    ops.logical_and: (idempotent, constant_last, with_constant(False)),
    ops.logical_or: (idempotent, constant_last, with_constant(True), one_or_the_other),
    ops.logical_not: (negated,),
    **dict.fromkeys((ops.less, ops.less_equal), (bounded,)),
    **dict.fromkeys(
        (ops.maximum, ops.minimum, ops.fmax, ops.fmin, ops.bitwise_and),
        (idempotent,),
    ),
    ops.bitwise_or: (idempotent, one_or_the_other),
}
