"""The least and the largest value that an integer of the program may have: what is known to be
inside needs no test."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.compilers.numba.index import ANY
from defn.compilers.numba.roots import own
from defn.expr import constant_value

DEEPEST = 100  # operations that are looked through


def interval(emitter, node):
    """The bounds of an integer, from what it is computed of."""
    if node.type.parts is not None or node.dtype.kind not in "iu":
        return ANY
    known = constant_value(node)
    if known is not None and known.size:
        return int(known.min()), int(known.max())
    low, high = INTERVAL.get(node.op, lambda *args: ANY)(emitter, node)
    limits = np.iinfo(node.dtype)
    return (low, high) if low >= limits.min and high <= limits.max else ANY


def may_wrap(emitter, node):
    """Is an element computed of integers that may be as large as any?"""
    ends = [emitter.interval(x) for x in node.args]
    return node.shape and any(low <= ANY[0] or high >= ANY[1] for low, high in ends)


def _of_ends(function):
    def rule(emitter, node):
        if function not in (min, max) and may_wrap(emitter, node):
            return ANY
        (a, b), (c, d) = (emitter.interval(x) for x in node.args)
        ends = [function(x, y) for x in (a, b) for y in (c, d)]
        return max(min(ends), ANY[0]), min(max(ends), ANY[1])

    return rule


def _select_interval(emitter, node):
    condition, yes, no = node.args
    if _is_never(emitter, condition):
        return emitter.interval(no)
    (a, b), (c, d) = (emitter.interval(x) for x in (yes, no))
    return min(a, c), max(b, d)


def _is_never(emitter, condition):
    """Is it a test `x < y` of integers of which x is never less?"""
    if condition.op is not ops.less or condition.args[0].dtype.kind not in "iu":
        return False
    (low, _), (_, high) = (emitter.interval(x) for x in condition.args)
    return low >= high and high < ANY[1]


def _cast_interval(emitter, node):
    source = node.args[0].dtype
    if source.kind not in "iu" or node.dtype.kind not in "iu":
        return (0, 1) if source.kind == "b" else ANY
    low, high = emitter.interval(node.args[0])
    limits = np.iinfo(node.dtype)
    return (low, high) if low >= limits.min and high <= limits.max else ANY


def _remainder_interval(emitter, node):
    low, high = emitter.interval(node.args[1])
    return (0, high - 1) if low > 0 else ANY


def _quotient_interval(emitter, node):
    (a, b), (c, d) = (emitter.interval(x) for x in node.args)
    return (min(a // c, a // d), max(b // c, b // d)) if c > 0 else ANY


def _same_interval(emitter, node):
    return emitter.interval(node.args[0])


def _place_interval(emitter, node):
    """Of a place along an axis."""
    shape = node.shape if node.op is ops.iota else node.args[0].shape
    return 0, max(shape[node.attrs["axis"]] - 1, 0)


MOVES = (
    ops.broadcast, ops.reshape, ops.transpose, ops.flip, ops.get, ops.gather, ops.stop_grad,
    ops.sort, own,
)  # fmt: skip
INTERVAL = {
    **dict.fromkeys(MOVES, _same_interval),
    **dict.fromkeys((ops.iota, ops.argmax, ops.argmin, ops.argsort), _place_interval),
    ops.add: _of_ends(lambda x, y: x + y),
    ops.subtract: _of_ends(lambda x, y: x - y),
    ops.multiply: _of_ends(lambda x, y: x * y),
    ops.maximum: _of_ends(max),
    ops.minimum: _of_ends(min),
    ops.select: _select_interval,
    ops.cast: _cast_interval,
    ops.remainder: _remainder_interval,
    ops.floor_divide: _quotient_interval,
}
