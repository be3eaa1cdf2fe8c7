"""Exponentials and their sums along axes, without overflow."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import by_name
from defn.numpy.axes import kept_shape, normalized_axes
from defn.numpy.composite import filled, inexact, select, settled
from defn.numpy.parts import reshaped
from defn.numpy.reduction import reduced
from defn.tensor import apply, asarray, astype, broadcast_together
from defn.types import promote


@by_name
def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False):
    """`log(sum(b * exp(a)))` along axes, without overflow; `return_sign` gives the sum's sign too.

    >>> logsumexp([1000.0, 1000.0]).item()
    1000.6931471805599
    """
    a, axes, scale = summands(a, axis, b)
    peak = peaks(a if scale is None else select(scale == 0, filled(a, -np.inf), a), axes)
    terms = np.exp(a - peak) if scale is None else scale * np.exp(a - peak)
    total = reduced(ops.sum, terms, axes, True)
    size = total if scale is None or not return_sign else abs(total)
    shape = kept_shape(a.shape, axes, keepdims)
    result = finish(np.log(size) + peak, shape)
    return (result, finish(np.sign(total), shape)) if return_sign else result


def summands(a, axis, b):
    """The exponents, the axes, and the factors, of one shape and floating dtype."""
    a = inexact(asarray(a))
    if b is None:
        return a, normalized_axes(axis, a.ndim), None
    b = inexact(asarray(b))
    dtype = promote(a.dtype, b.dtype)
    a, b = broadcast_together([astype(a, dtype), astype(b, dtype)])
    return a, normalized_axes(axis, a.ndim), b


def peaks(a, axes):
    """The greatest finite exponent of each row, to the derivative a constant; 0 without one."""
    greatest = reduced(ops.max, apply(ops.stop_grad, a), axes, True)
    return select(np.isfinite(greatest), greatest, filled(greatest, 0))


def finish(x, shape):
    """The result in its final shape: a scalar where it has no axes."""
    result = reshaped(x, shape)
    return settled(result, result.dtype)


@by_name
def softmax(x, axis=None):
    """`exp(x)` over its sum along axes.

    >>> softmax([1.0, 1.0]).tolist()
    [0.5, 0.5]
    """
    x = inexact(asarray(x))
    axes = normalized_axes(axis, x.ndim)
    powers = np.exp(x - peaks(x, axes))
    return powers / reduced(ops.sum, powers, axes, True)


@by_name
def log_softmax(x, axis=None):
    """The logarithm of `softmax(x)`.

    >>> log_softmax([0.0, 1000.0]).tolist()
    [-1000.0, 0.0]
    """
    x = inexact(asarray(x))
    axes = normalized_axes(axis, x.ndim)
    shifted = x - peaks(x, axes)
    return shifted - np.log(reduced(ops.sum, np.exp(shifted), axes, True))
