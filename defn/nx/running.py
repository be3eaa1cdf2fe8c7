"""Running sums, products and extremes, in the dtype of their array."""

from __future__ import annotations

from defn import ops
from defn.errors import TypeMismatch
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import settled, strong
from defn.tensor import apply, asarray


def running(op, x, axis, reverse):
    """A running row along an axis, from the front or from the back."""
    x = strong(asarray(x))
    if x.dtype.kind == "b" and op in (ops.cumsum, ops.cumprod):
        raise TypeMismatch(f"a running sum or product of truth values: cast {x.type} to integers")
    axis = normalized_axis(axis, x.ndim)
    turned = apply(ops.flip, x, axes=(axis,)) if reverse else x
    made = apply(op, turned, axis=axis)
    return settled(apply(ops.flip, made, axes=(axis,)) if reverse else made, x.dtype)


def cumulative_sum(x, axis=0, *, reverse=False):
    """The sum of all elements up to each.

    >>> cumulative_sum([1, 2, 3]).tolist(), cumulative_sum([1, 2, 3], reverse=True).tolist()
    ([1, 3, 6], [6, 5, 3])
    """
    return running(ops.cumsum, x, axis, reverse)


def cumulative_product(x, axis=0, *, reverse=False):
    """The product of all elements up to each.

    >>> cumulative_product([1, 2, 3]).tolist()
    [1, 2, 6]
    """
    return running(ops.cumprod, x, axis, reverse)


def cumulative_max(x, axis=0, *, reverse=False):
    """The greatest of all elements up to each.

    >>> cumulative_max([1, 3, 2]).tolist()
    [1, 3, 3]
    """
    return running(ops.cummax, x, axis, reverse)


def cumulative_min(x, axis=0, *, reverse=False):
    """The least of all elements up to each.

    >>> cumulative_min([3, 1, 2]).tolist()
    [3, 1, 1]
    """
    return running(ops.cummin, x, axis, reverse)
