"""The least and the largest value that an integer of the program may have: what is known to be
inside needs no test."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.compilers.numba.index import ANY


def _of_ends(function):
    def rule(emitter, node):
        (a, b), (c, d) = (emitter.interval(x) for x in node.args)
        ends = [function(x, y) for x in (a, b) for y in (c, d)]
        return max(min(ends), ANY[0]), min(max(ends), ANY[1])

    return rule


def _select_interval(emitter, node):
    (a, b), (c, d) = (emitter.interval(x) for x in node.args[1:])
    return min(a, c), max(b, d)


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


INTERVAL = {
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
