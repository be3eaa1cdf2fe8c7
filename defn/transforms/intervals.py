"""The least and the largest value that an integer of the program may have: what is known to be
inside needs no test.

Whoever asks (`asker`) keeps what it found: `asker.interval(node)`.
"""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.expr import constant_value

ANY = (-(2**62), 2**62)
DEEPEST = 100  # operations that are looked through


def interval(asker, node):
    """The bounds of an integer, from what it is computed of."""
    if node.type.parts is not None or node.dtype.kind not in "iu":
        return ANY
    known = constant_value(node)
    if known is not None and known.size:
        return int(known.min()), int(known.max())
    low, high = INTERVAL.get(node.op, lambda *args: ANY)(asker, node)
    limits = np.iinfo(node.dtype)
    return (low, high) if low >= limits.min and high <= limits.max else ANY


def may_wrap(asker, node):
    """Is an element computed of integers that may be as large as any?"""
    ends = [asker.interval(x) for x in node.args]
    return node.shape and any(low <= ANY[0] or high >= ANY[1] for low, high in ends)


def _far(interval):
    """An interval to compute with: an end that is not known is too far away to come into sight."""
    low, high = interval
    return -(2**80) if low <= ANY[0] else low, 2**80 if high >= ANY[1] else high


def _near(interval):
    low, high = interval
    return max(low, ANY[0]), min(high, ANY[1])


def _of_ends(function):
    def rule(asker, node):
        if function not in (min, max) and may_wrap(asker, node):
            return ANY
        (a, b), (c, d) = (_far(asker.interval(x)) for x in node.args)
        ends = [function(x, y) for x in (a, b) for y in (c, d)]
        return _near((min(ends), max(ends)))

    return rule


def _select_interval(asker, node):
    condition, yes, no = node.args
    if _is_never(asker, condition):
        return asker.interval(no)
    (a, b), (c, d) = _counted_from_end(asker, node) or map(asker.interval, (yes, no))
    return min(a, c), max(b, d)


def _counted_from_end(asker, node):
    """Of `i + n if i < 0 else i` the bounds of either side; None for other choices."""
    condition, yes, i = node.args
    if condition.op is not ops.less or condition.args[0] is not i or yes.op is not ops.add:
        return None
    border, size = (constant_value(x) for x in (condition.args[1], yes.args[1]))
    if border is None or border.any() or size is None or yes.args[0] is not i:
        return None
    low, high = asker.interval(i)
    if low <= ANY[0] or high >= ANY[1]:
        return None
    size = int(size.flat[0])
    return (low + size, min(high, -1) + size), (max(low, 0), high)


def _is_never(asker, condition):
    """Is it a test `x < y` of integers of which x is never less?"""
    if condition.op is not ops.less or condition.args[0].dtype.kind not in "iu":
        return False
    (low, _), (_, high) = (asker.interval(x) for x in condition.args)
    return low >= high and high < ANY[1]


def _cast_interval(asker, node):
    source = node.args[0].dtype
    if source.kind not in "iu" or node.dtype.kind not in "iu":
        return (0, 1) if source.kind == "b" else ANY
    low, high = asker.interval(node.args[0])
    limits = np.iinfo(node.dtype)
    return (low, high) if low >= limits.min and high <= limits.max else ANY


def _remainder_interval(asker, node):
    """It has the sign of the divisor, and is nearer to zero; of a zero divisor it is zero."""
    low, high = _far(asker.interval(node.args[1]))
    return _near((min(low + 1, 0), max(high - 1, 0)))


def _masked_interval(asker, node):
    """Bits that are left: no more than those of an operand that is not negative."""
    ends = [high for low, high in map(asker.interval, node.args) if low >= 0]
    return (0, min(ends)) if ends else ANY


def _shifted_interval(asker, node):
    (a, b), (c, d) = (_far(asker.interval(x)) for x in node.args)
    return _near((min(a, a >> c), max(b, b >> c))) if 0 <= c <= d < 64 else ANY


def _absolute_interval(asker, node):
    low, high = asker.interval(node.args[0])
    return 0, max(-low, high)


def _quotient_interval(asker, node):
    (a, b), (c, d) = (_far(asker.interval(x)) for x in node.args)
    return _near((min(a // c, a // d), max(b // c, b // d))) if c > 0 else ANY


def same_interval(asker, node):
    return asker.interval(node.args[0])


def _place_interval(asker, node):
    """Of a place along an axis."""
    shape = node.shape if node.op is ops.iota else node.args[0].shape
    return 0, max(shape[node.attrs["axis"]] - 1, 0)


MOVES = (
    ops.broadcast, ops.reshape, ops.transpose, ops.flip, ops.get, ops.gather, ops.stop_grad,
    ops.sort, ops.partition,
)  # fmt: skip
INTERVAL = {
    **dict.fromkeys(MOVES, same_interval),
    **dict.fromkeys(
        (ops.iota, ops.argmax, ops.argmin, ops.argsort, ops.argpartition), _place_interval
    ),
    ops.add: _of_ends(lambda x, y: x + y),
    ops.subtract: _of_ends(lambda x, y: x - y),
    ops.multiply: _of_ends(lambda x, y: x * y),
    ops.maximum: _of_ends(max),
    ops.minimum: _of_ends(min),
    ops.select: _select_interval,
    ops.cast: _cast_interval,
    ops.remainder: _remainder_interval,
    ops.bitwise_and: _masked_interval,
    ops.right_shift: _shifted_interval,
    ops.absolute: _absolute_interval,
    ops.floor_divide: _quotient_interval,
}


class Intervals:
    """What is known of the integers of one scope, from what is known of its parameters."""

    def __init__(self, known=()):
        self.known, self.looking = dict(known), 0

    def interval(self, node):
        """The least and the largest value of an integer, or of any in an array."""
        if node not in self.known and self.looking < DEEPEST:
            self.looking += 1
            self.known[node] = interval(self, node)
            self.looking -= 1
        return self.known.get(node, ANY)

    def inside(self, node, body):
        """What is known in a body of a structure: of its index, and of what it captures."""
        first = ops.INDEX[node.op]
        captured = body.parameters[first + node.attrs["carries"] :]
        known = {p: self.interval(x) for p, x in zip(captured, ops.captures(node))}
        if first:
            (low, _), (_, high) = (self.interval(bound) for bound in node.args[:2])
            known[body.parameters[0]] = low, high - 1
        return Intervals(known)
