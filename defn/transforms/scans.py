"""Derivatives of running reductions and of sorting, along one axis."""

from __future__ import annotations

from defn import ops
from defn.tensor import apply
from defn.transforms.shapes import full, select, window, zeros
from defn.types import Type


def along(op, x, axis):
    """A running reduction of `x`, or its sorting."""
    return apply(op, x, axis=axis)


def backwards(op, x, axis):
    """The same from the end."""
    return flip(along(op, flip(x, axis), axis), axis)


def flip(x, axis):
    return apply(ops.flip, x, axes=(axis,))


def places_along(index, axis):
    """One array of indices per axis: `index` along `axis`, each element's own place along the
    others.
    """
    return [
        index if k == axis else apply(ops.iota, shape=index.shape, axis=k)
        for k in range(index.ndim)
    ]


def read_along(x, index, axis):
    """`x` at the places `index` along an axis."""
    return apply(ops.gather, x, *places_along(index, axis), axes=tuple(range(x.ndim)))


def add_along(x, index, axis):
    """Zeros, to which the elements of `x` are added at the places `index` along an axis."""
    return apply(
        ops.scatter_add, zeros(x.type), x, *places_along(index, axis), axes=tuple(range(x.ndim))
    )


def shifted(x, by, axis, value):
    """`x` moved by some places towards the front of an axis (by a negative number: the end), filled
    with a value.
    """
    n = x.shape[axis]
    if abs(by) >= n:
        return full(x.type, value)
    low = [max(by, 0) if k == axis else 0 for k in range(x.ndim)]
    kept = window(x, low, [n - abs(by) if k == axis else size for k, size in enumerate(x.shape)])
    before = [max(-by, 0) if k == axis else 0 for k in range(x.ndim)]
    after = [max(by, 0) if k == axis else 0 for k in range(x.ndim)]
    filling = full(Type(x.dtype), value)
    return apply(
        ops.pad, kept, filling, low=tuple(before), high=tuple(after), interior=(0,) * x.ndim
    )


def recurrence(a, b, axis):
    """The r with r[k] = b[k] + a[k] r[k + 1] along an axis: by doubling, without division."""
    step = 1
    while step < b.shape[axis]:
        b = b + a * shifted(b, step, axis, 0)
        a = a * shifted(a, step, axis, 0)
        step *= 2
    return b


def cumulative_product_vjp(ct, out, x, *, axis):
    """By the k-th factor: the product of those before, times what the rest weighs; exact where
    factors are zero.
    """
    return (shifted(out, -1, axis, 1) * recurrence(shifted(x, 1, axis, 0), ct, axis),)


def extreme_place(x, out, axis):
    """Where along the axis each running extreme was last attained."""
    own = apply(ops.iota, shape=x.shape, axis=axis)
    return along(ops.cummax, select(x == out, own, 0), axis)


def cumulative_extreme_vjp(ct, out, x, *, axis):
    return (add_along(ct, extreme_place(x, out, axis), axis),)


def sort_vjp(ct, out, x, *, axis):
    return (add_along(ct, along(ops.argsort, x, axis), axis),)


def partition_vjp(ct, out, x, *, axis, kth):
    """By way of both orders: that of the operand, and that which the parts were left in."""
    ordered = read_along(ct, along(ops.argsort, out, axis), axis)
    return sort_vjp(ordered, out, x, axis=axis)
