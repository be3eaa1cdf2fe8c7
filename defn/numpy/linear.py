"""Index arithmetic: what a traced integer is as a sum, and between which bounds it lies."""

from __future__ import annotations

from defn import ops
from defn.expr import constant_value
from defn.trace import current
from defn.types import INT64

ENOUGH = (
    64  # nodes looked at: an index is a short sum, and sharing could make a long one exponential
)


def linear(node):
    """An integer node as a sum: coefficients by node, and a constant.

    >>> from defn.expr import index, make, parameter
    >>> from defn.types import Type
    >>> i = parameter(Type("i8"))
    >>> terms, constant = linear(make(ops.add, (i, index(3))))
    >>> terms == {i: 1}, constant
    (True, 3)
    """
    terms, constant, stack, looked = {}, 0, [(node, 1)], 0
    while stack:
        each, factor = stack.pop()
        looked += 1
        parts = _parts(each) if looked < ENOUGH else None
        if parts is None:
            terms[each] = terms.get(each, 0) + factor
        elif type(parts) is int:
            constant += factor * parts
        else:
            stack.extend((part, factor * by) for part, by in parts)
    return {n: k for n, k in terms.items() if k}, constant


def _parts(node):
    """A constant's value, or the summands of a node with their factors; None for what is no sum."""
    if node.type.dtype != INT64 or node.type.shape:
        return None
    value = constant_value(node)
    if value is not None:
        return int(value)
    if node.op is ops.add:
        return [(node.args[0], 1), (node.args[1], 1)]
    if node.op is ops.subtract:
        return [(node.args[0], 1), (node.args[1], -1)]
    if node.op is ops.negative:
        return [(node.args[0], -1)]
    return _scaled(node) if node.op is ops.multiply else None


def _scaled(node):
    for k in (0, 1):
        value = constant_value(node.args[k])
        if value is not None:
            return [(node.args[1 - k], int(value))]
    return None


def difference(x, y):
    """`x - y` where that is the same whatever the traced integers are; else None."""
    terms, constant = linear(x)
    others, other = linear(y)
    return constant - other if terms == others else None


def bounds(node):
    """The least and the greatest value an integer node can have; None where that is not known."""
    terms, low = linear(node)
    high = low
    for term, factor in terms.items():
        ends = [None if end is None else factor * end for end in _range(term)]
        least, greatest = ends if factor > 0 else reversed(ends)
        low = None if low is None or least is None else low + least
        high = None if high is None or greatest is None else high + greatest
    return low, high


def forwards(step):
    """Is a step positive? A traced one is, unless it is known to be negative, or is written `-i`."""
    if type(step) is int:
        return step > 0
    least, most = bounds(step.node)
    if least is None and most is None:
        return step.node.op is not ops.negative
    return most is None or most > 0


def counts(k, low, high):
    """Let it be known that an index runs from `low` to before `high`; nodes, all of them."""
    least, most = bounds(low)[0], bounds(high)[1]
    current().ranges[k] = least, None if most is None else most - 1


def _range(node):
    trace = current()
    known = None if trace is None else trace.ranges.get(node)
    if known is not None:
        return known
    rule = RANGE.get(node.op)
    end = constant_value(node.args[1]) if rule else None
    return (None, None) if end is None else rule(int(end))


RANGE = {
    ops.remainder: lambda divisor: (0, divisor - 1) if divisor > 0 else (divisor + 1, 0),
    ops.maximum: lambda end: (end, None),
    ops.minimum: lambda end: (None, end),
}
