"""Indices counted from the front; those that are known are checked while tracing."""

from __future__ import annotations

import operator

import numpy as np

from defn import ops
from defn.errors import BoundsError
from defn.expr import constant, index
from defn.numpy.linear import bounds
from defn.tensor import Tensor, apply, asarray, astype, broadcast_to, concrete, wrap
from defn.trace import current, known_value
from defn.types import INT64

# Single integers.


def in_range(k, axis, size):
    """A known index, counted from the front."""
    if not -size <= k < size:
        raise BoundsError(f"index {k} is out of bounds for axis {axis} with size {size}")
    return k + size if k < 0 else k


def known(tensor):
    """The value of a tensor that depends on no argument, as an array; else None. What is vectorised
    has no one value.
    """
    if tensor.vectors:
        return None
    if tensor.storage.trace is None:
        return concrete(tensor, "an index") if current() is None else None
    return known_value(tensor.node)


def known_integer(value):
    """The Python integer that a value is, if that is known; else None."""
    if type(value) is not Tensor:
        return operator.index(value)
    found = known(value)
    return None if found is None else int(found)


def points(shape, subscript):
    """The nodes of the positions that a subscript of integers names; None for other subscripts.

    Positions met before are remembered: a loop's body names the same ones again and again.
    """
    given = subscript if type(subscript) is tuple else (subscript,)
    trace = current()
    if trace is None or len(given) != len(shape):
        return None
    memo, found = trace.positions, []
    for axis, (item, size) in enumerate(zip(given, shape)):
        kind = type(item)
        if kind is Tensor and item.vectors:
            return None
        if kind is Tensor and (item.scalar or item.weak is int) and item.type.dtype.kind in "iu":
            key = (item.node, size)
        elif kind is int:
            key = (item, size)
        else:
            return None
        if key not in memo:
            memo[key] = _point(item, axis, size)
        found.append(memo[key])
    return found


def _point(item, axis, size):
    at = in_range(item, axis, size) if type(item) is int else position(item, axis, size)
    return as_node(at)


def position(tensor, axis, size):
    """A traced index counted from the front; a known one is checked now."""
    found = known_integer(tensor)
    if found is not None:
        return in_range(found, axis, size)
    return from_front(astype(tensor, INT64), size)


def from_front(tensor, size):
    """Indices below zero count from the end; nothing to do where there can be none."""
    one = not tensor.ndim and not tensor.vectors
    low, high = bounds(tensor.node) if one else (None, None)
    tensor = taking_part(tensor)
    if low is not None and low >= 0:
        return tensor
    moved = apply(ops.add, tensor, everywhere(size, tensor.shape))
    if high is not None and high < 0:
        return moved
    return apply(ops.select, apply(ops.less, tensor, everywhere(0, tensor.shape)), moved, tensor)


def taking_part(tensor):
    """The indices; 0 for entries of vectorised axes that take no part in the branch or loop around."""
    if current() is None or not tensor.vectors:
        return tensor
    for mask, _ in current().masks:
        zeros = everywhere(0, tensor.shape)
        tensor = apply(ops.select, broadcast_to(mask, tensor.shape), tensor, zeros)
    return tensor


def everywhere(value, shape):
    """A known integer at every place of a shape."""
    return broadcast_to(wrap_integer(value), shape)


def wrap_integer(value):
    """A known integer as a tensor."""
    return wrap(constant(value, INT64)) if current() is not None else asarray(value, INT64)


def positions(indices, axis, size):
    """Indices counted from the front; known ones are checked now."""
    value = known(indices)
    if value is None:
        return from_front(astype(indices, INT64), size)
    bad = value[(value < -size) | (value >= size)]
    if bad.size:
        raise BoundsError(f"index {bad.flat[0]} is out of bounds for axis {axis} with size {size}")
    if not (value < 0).any():
        return astype(indices, INT64)
    return asarray(np.where(value < 0, value + size, value).tolist(), INT64)


def as_node(at):
    """A position as a node."""
    return at.node if type(at) is Tensor else index(at)
