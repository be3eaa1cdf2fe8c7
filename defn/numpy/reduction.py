"""Reductions: one value for each row along some axes, as NumPy's functions and `ufunc.reduce` give it."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import UFUNC_METHODS, implements
from defn.errors import ArgumentError, AxisError, Unsupported
from defn.numpy.composite import filled, fresh, integer, into, select, settled
from defn.ops import reduction as rows
from defn.promotion import reduced_dtype
from defn.tensor import apply, asarray, astype, broadcast_to, call_ufunc
from defn.types import BOOL, INT64, as_dtype

UNSET = np._NoValue


# Axes.


def normalized_axis(axis, ndim):
    """The axis counted from the front."""
    axis = integer(axis, "an axis")
    if not -ndim <= axis < ndim:
        raise AxisError(f"axis {axis} is out of bounds for array of dimension {ndim}")
    return axis % ndim


def normalized_axes(axis, ndim):
    """The axes to reduce, counted from the front and in order; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, (tuple, list)):
        return (normalized_axis(axis, ndim),) if ndim or integer(axis, "an axis") not in (0, -1) else ()
    found = [normalized_axis(each, ndim) for each in axis]
    if len({*found}) < len(found):
        raise ArgumentError(f"duplicate value in 'axis': {axis}")
    return tuple(sorted(found))


def kept(shape, axes):
    """The shape after a reduction that keeps its axes with size one."""
    return tuple(1 if k in axes else n for k, n in enumerate(shape))


def reduced(op, x, axes, keepdims=False):
    """A reduction row applied to a tensor."""
    result = apply(op, x, axes=axes) if axes or op in TRUTH else fresh(x)
    return shaped(result, kept(x.shape, axes) if keepdims else result.shape)


def shaped(x, shape):
    """The tensor in a shape of as many elements; a scalar where there are no axes."""
    if x.shape != shape:
        x = apply(ops.reshape, x, shape=shape)
    x.scalar = not shape
    return x


TRUTH = {ops.any, ops.all}


# The row behind a ufunc, the value that changes nothing, and whether axes may be taken together.

ROWS = {
    np.add: ops.sum,
    np.multiply: ops.prod,
    np.maximum: ops.max,
    np.minimum: ops.min,
    np.logical_or: ops.any,
    np.logical_and: ops.all,
}
IDENTITY = {np.bitwise_and: -1, np.logaddexp: -np.inf, np.logaddexp2: -np.inf}


def identity(ufunc):
    """The value that changes nothing in a reduction; None where there is none."""
    return IDENTITY.get(ufunc, ufunc.identity)


def reduce(ufunc, a, axis=0, dtype=None, out=None, keepdims=False, initial=UNSET, where=True):
    """What `ufunc.reduce` gives: the elements along the axes combined by the ufunc."""
    a = asarray(a)
    axes = normalized_axes(axis, a.ndim)
    dtype = loop_dtype(ufunc, a, dtype if dtype is not None or out is None else out.dtype)
    x = astype(asarray(a, BOOL) if dtype == BOOL and ufunc in LOGICAL else a, dtype)
    start = identity(ufunc) if initial is UNSET else initial
    x = masked(ufunc, x, where, start)
    if initial is UNSET or initial is None:
        demand_elements(ufunc, x, axes, None if initial is None else start)
    result = combined(ufunc, x, axes, keepdims)
    if initial is not UNSET and initial is not None:
        result = call_ufunc(ufunc, result, asarray(initial, result.dtype))
    return into(out, settled(result, result.dtype))
