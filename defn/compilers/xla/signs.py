"""Values that are known to have a sign: the exponential of what is never positive needs no care."""

from __future__ import annotations

from defn import ops
from defn.expr import constant_value

DEEPEST = 12  # operations that are looked through
SAME = {ops.broadcast, ops.reshape, ops.transpose, ops.flip, ops.get, ops.sum, ops.max, ops.min}


def sign(node, depth=0):
    """1 where a value is never negative, -1 where it is never positive, else 0; a nan is neither.

    >>> from defn import jit
    >>> sign(jit(lambda x: -abs(x) * 0.5).graph(1.0).outputs[0])
    -1
    """
    if depth > DEEPEST or node.op not in SIGN:
        return 0
    return SIGN[node.op](node, lambda x: sign(x, depth + 1))


def _of_constant(node, of):
    known = constant_value(node)
    if known is None or known.dtype.kind not in "iuf":
        return 0
    return 1 if (known >= 0).all() else -1 if (known <= 0).all() else 0


def _of_product(node, of):
    x, y = node.args
    return 1 if x is y else of(x) * of(y)


def _of_sum(node, of):
    x, y = map(of, node.args)
    return x if x == y else 0


def _of_difference(node, of):
    x, y = node.args
    if _is_maximum_of(x, y):
        return -1
    return of(x) if of(x) == -of(y) else 0


def _is_maximum_of(x, node):
    """Is the value the greatest along axes of `x`, spread over them?"""
    if node.op is not ops.broadcast or node.shape != x.shape:
        return False
    axes, node = node.attrs["axes"], node.args[0]
    greatest = node.args[0] if node.op is ops.reshape else node
    if greatest.op is not ops.max or greatest.args[0] is not x:
        return False
    gone = greatest.attrs["axes"]
    kept = tuple(k for k in range(len(x.shape)) if k not in gone)
    ones = tuple(1 if k in gone else n for k, n in enumerate(x.shape))
    # As it is, along the axes that are left; or with ones for the others, along all.
    return (
        axes == kept if node is greatest else node.shape == ones and axes == tuple(range(len(ones)))
    )


SIGN = {
    **{op: lambda node, of: 1 for op in (ops.absolute, ops.exp, ops.sqrt)},
    ops.constant: _of_constant,
    ops.multiply: _of_product,
    ops.divide: _of_product,
    ops.add: _of_sum,
    ops.subtract: _of_difference,
    ops.negative: lambda node, of: -of(node.args[0]),
    ops.maximum: lambda node, of: int(any(of(x) > 0 for x in node.args)),
    ops.minimum: lambda node, of: -int(any(of(x) < 0 for x in node.args)),
    **{op: lambda node, of: of(node.args[0]) for op in SAME},
}
