"""The few array functions in which the rules of derivatives and batches are written."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.expr import constant_value, index
from defn.ops.reduction import kept_axes
from defn.tensor import apply, converted, is_tensor, wrap


def zeros(type):
    """Zeros of a type, as a tensor."""
    return full(type, 0)


def full(type, value):
    """An array of one value, as a tensor."""
    return broadcast(converted(value, type.dtype), type.shape, ())


def broadcast(x, shape, axes):
    """`x`, axis k of it as axis `axes[k]` of the result."""
    shape, axes = tuple(shape), tuple(axes)
    return x if x.shape == shape else apply(ops.broadcast, x, shape=shape, axes=axes)


def spread(x, shape, axes):
    """`x` repeated along the axes that a reduction dropped from `shape`."""
    return broadcast(x, shape, kept_axes(len(shape), axes))


def total(x, axes):
    """The sum over some axes; over none, `x` itself."""
    return apply(ops.sum, x, axes=tuple(axes)) if axes else x


def reshape(x, shape):
    """`x` in another shape."""
    return x if x.shape == tuple(shape) else apply(ops.reshape, x, shape=tuple(shape))


def transpose(x, axes):
    """`x` with its axes in another order."""
    axes = tuple(axes)
    return x if axes == tuple(range(x.ndim)) else apply(ops.transpose, x, axes=axes)


def matrix_transpose(x):
    """`x` with its last two axes exchanged."""
    return transpose(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def inverse(axes):
    """The order of axes that undoes another."""
    return tuple(int(k) for k in np.argsort(axes))


def window(x, low, sizes, steps=None):
    """The static window of `x` that starts at `low`."""
    steps, sizes = tuple(steps or (1,) * x.ndim), tuple(sizes)
    if sizes == x.shape and not any(low):
        return x
    return apply(ops.get, x, *starts(low), sizes=sizes, steps=steps)


def starts(places):
    """Known starts, as tensors."""
    return [wrap(index(k)) for k in places]


def select(p, x, y):
    """`x` where `p`, else `y`; a number stands for an array of it."""
    x = x if is_tensor(x) else full(y.type, x)
    y = y if is_tensor(y) else full(x.type, y)
    return apply(ops.select, p, x, y)


def cast(x, dtype):
    """`x` in another dtype."""
    return x if x.dtype == dtype else apply(ops.cast, x, dtype=dtype)


def real(x):
    """The real part of complex values; real ones as they are."""
    return apply(ops.real_part, x) if x.dtype.kind == "c" else x


def imag(x):
    """The imaginary part of complex values."""
    return apply(ops.imag_part, x)


def is_zero(node):
    """Is the node zero everywhere, of either sign?"""
    known = constant_value(node)
    return known is not None and not np.any(known)
