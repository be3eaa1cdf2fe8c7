"""What is known of a node while a graph is rewritten: constants, and arrays of one value."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.expr import constant, constant_value, make


def known(node):
    """The one value of a node whose elements are all that value, as a NumPy scalar; None where it
    is not known.
    """
    value = constant_value(node)
    return value[()] if value is not None and value.ndim == 0 else None


def is_value(node, value):
    """Is every element this number? Zero has a sign: 0.0 is not -0.0."""
    found = known(node)
    if found is None or found != value:
        return False
    return node.dtype.kind not in "fc" or bool(np.signbit(found.real) == np.signbit(value))


def filled(value, like):
    """An array of one value, of the type of another node."""
    made = constant(value, like.dtype)
    return (
        made if not like.shape else make(ops.broadcast, (made,), {"shape": like.shape, "axes": ()})
    )


def is_integer(node):
    """Is the node of integers (of a width that wraps around)?"""
    return node.dtype.kind in "iu"
