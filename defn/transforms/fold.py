"""What is known is computed: small constants, and arrays of one value."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.expr import SMALL, constant, constant_value, make
from defn.transforms.known import known

FOLDING = (ops.Kind.ELEMENTWISE, ops.Kind.MOVEMENT, ops.Kind.INDEX, ops.Kind.REDUCTION)


def fold(node):
    """The constant that a node of constants is; an array of one value, where element-wise work
    gives one.
    """
    if node.op.kind not in FOLDING or node.op is ops.broadcast or not node.args:
        return None
    if node.op.kind is ops.Kind.ELEMENTWISE and node.shape:
        return _fold_filled(node)
    if node.type.bytes > SMALL or not all(a.op is ops.constant for a in node.args):
        return None
    return computed(node, [constant_value(a) for a in node.args])


def _fold_filled(node):
    values = []
    for a in node.args:
        value = known(a)
        if value is None:
            return None
        values.append(value)
    scalar = computed(node, [np.asarray(v) for v in values])
    return make(ops.broadcast, (scalar,), {"shape": node.shape, "axes": ()})


def computed(node, values):
    """The value of a node as a constant."""
    with np.errstate(all="ignore"):
        return constant(node.op.numpy(*values, **node.attrs), node.dtype)
