"""Means and variances, in the dtypes NumPy computes them in."""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import ArgumentError, ShapeError, TypeMismatch
from defn.numpy.axes import normalized_axes
from defn.numpy.composite import FLOAT16, into, is_complex, settled
from defn.numpy.parts import reshaped
from defn.numpy.reduction import UNSET, sum
from defn.tensor import apply, asarray, astype, broadcast_to
from defn.types import BOOL, FLOAT32, FLOAT64, INT64, as_dtype, promote


@implements(np.mean, method="mean")
def mean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    """The mean along axes: in float64 for integers, of half precision summed in float32.

    >>> mean([[1, 2], [3, 5]], axis=0).tolist()
    [2.0, 3.5]
    """
    a = asarray(a)
    summing, result = mean_dtypes(a.dtype, dtype)
    total = sum(a, axis, summing, None, keepdims, where=where)
    return into(out, settled(divided(total, counted(a, axis, keepdims, where)), result))


def mean_dtypes(dtype, asked):
    """The dtype a mean sums in, and that of its result."""
    if asked is not None:
        return (as_dtype(asked),) * 2
    if dtype.kind in "biu":
        return FLOAT64, FLOAT64
    return (FLOAT32, dtype) if dtype == FLOAT16 else (dtype, dtype)


def counted(a, axis, keepdims, where):
    """How many elements a reduction takes: a number, or a tensor where they are chosen."""
    if where is True:
        # Unlike sums, means refuse an axis of an array without axes.
        named = axis if axis is None or isinstance(axis, tuple) else (axis,)
        return math.prod(a.shape[k] for k in normalized_axes(named, a.ndim))
    return sum(broadcast_to(asarray(where, BOOL), a.shape), axis, INT64, None, keepdims)


def divided(total, count):
    """The total over a count, in the total's dtype."""
    return astype(np.true_divide(total, count), total.dtype)


@implements(np.var, method="var")
def var(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *,
    where=True, mean=UNSET, correction=UNSET,
):  # fmt: skip
    """The variance along axes: the mean squared distance from the mean, over `n - ddof`.

    >>> var([1.0, 2.0, 3.0, 4.0]).item()
    1.25
    """
    a = asarray(a)
    result = variance(a, axis, dtype, freedom(ddof, correction), keepdims, where, mean)
    return into(out, settled(result, result.dtype))


@implements(np.std, method="std")
def std(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *,
    where=True, mean=UNSET, correction=UNSET,
):  # fmt: skip
    """The standard deviation along axes: the root of the variance.

    >>> std([1.0, 3.0]).item()
    1.0
    """
    a = asarray(a)
    result = variance(a, axis, dtype, freedom(ddof, correction), keepdims, where, mean)
    return into(out, settled(root(result), result.dtype))


def root(squares):
    """The square root, whose derivative at zero is zero: there all that is squared is zero."""
    at_zero = squares == 0
    return np.where(at_zero, 0.0, np.sqrt(np.where(at_zero, 1.0, squares)))


def freedom(ddof, correction):
    """What is taken off the count."""
    if correction is UNSET:
        return ddof
    if ddof != 0:
        raise ArgumentError(
            "ddof and correction can't be provided simultaneously: pass one of them"
        )
    return correction


def variance(a, axis, dtype, ddof, keepdims, where, mean):
    """The variance of a tensor."""
    summing = as_dtype(dtype) if dtype is not None else FLOAT64 if a.dtype.kind in "biu" else None
    centre = mean if mean is not UNSET and mean is not None else central(a, axis, summing, where)
    squares = squared(a - centre)
    total = sum(squares, axis, summing, None, keepdims, where=where)
    count = counted(a, axis, keepdims, where)
    return divided(total, max(count - ddof, 0) if where is True else np.maximum(count - ddof, 0))


def central(a, axis, summing, where):
    """The mean, with its axes kept."""
    total = sum(a, axis, summing, None, True, where=where)
    return divided(total, counted(a, axis, True, where))


def squared(x):
    """The squared magnitude."""
    if not is_complex(x):
        return x * x
    re, im = apply(ops.real_part, x), apply(ops.imag_part, x)
    return re * re + im * im


@implements(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    """The mean weighted by `weights`; with `returned`, also the sum of the weights.

    >>> average([1.0, 2.0, 4.0], weights=[1, 1, 2]).item()
    2.75
    """
    a = asarray(a)
    keepdims = keepdims is True or keepdims == 1
    if weights is None:
        result = mean(a, axis, keepdims=keepdims)
        scale = asarray(a.size / max(result.size, 1), result.dtype)
    else:
        result, scale = weighted(a, axis, valid_weights(a, axis, asarray(weights)), keepdims)
    if not returned:
        return result
    return result, settled(broadcast_to(scale, result.shape), scale.dtype)


def weighted(a, axis, weights, keepdims):
    """The weighted mean and the sum of the weights."""
    dtype = promote(a.dtype, weights.dtype, *([FLOAT64] if a.dtype.kind in "biu" else []))
    scale = sum(weights, axis, dtype, None, keepdims)
    total = sum(astype(a, dtype) * astype(weights, dtype), axis, None, None, keepdims)
    return total / scale, scale


def valid_weights(a, axis, weights):
    """The weights in the shape of the array, or one that broadcasts to it."""
    if weights.shape == a.shape:
        return weights
    if axis is None:
        raise TypeMismatch("Axis must be specified when shapes of a and weights differ.")
    axes = normalized_axes(axis, a.ndim)
    if weights.shape != tuple(a.shape[k] for k in axes):
        raise ShapeError(
            "Shape of weights must be consistent with shape of a along specified axis: "
            f"the weights have shape {weights.shape}, the array {a.shape}"
        )
    along = tuple(n if k in axes else 1 for k, n in enumerate(a.shape))
    return reshaped(weights, along)
