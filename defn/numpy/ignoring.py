"""Reductions that pass over nan."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import TypeMismatch
from defn.numpy import cumulative, reduction
from defn.numpy.composite import demand, filled, into, select, settled
from defn.numpy.moments import divided, freedom, mean, root, squared, var
from defn.numpy.reduction import UNSET, reduce
from defn.tensor import apply, asarray, astype
from defn.types import INT64, as_dtype


def replaced(a, value):
    """The array with `value` for nan, and where nan was; None where no nan can be."""
    a = asarray(a)
    if a.dtype.kind not in "fc":
        return a, None
    missing = np.isnan(a)
    return select(missing, filled(a, value), a), missing


@implements(np.nansum)
def nansum(a, axis=None, dtype=None, out=None, keepdims=False, initial=UNSET, where=True):
    """The sum along axes, nan counted as zero.

    >>> nansum([1.0, np.nan, 2.0]).item()
    3.0
    """
    return reduction.sum(replaced(a, 0)[0], axis, dtype, out, keepdims, initial, where)


@implements(np.nanprod)
def nanprod(a, axis=None, dtype=None, out=None, keepdims=False, initial=UNSET, where=True):
    """The product along axes, nan counted as one.

    >>> nanprod([2.0, np.nan, 3.0]).item()
    6.0
    """
    return reduction.prod(replaced(a, 1)[0], axis, dtype, out, keepdims, initial, where)


@implements(np.nanmax)
def nanmax(a, axis=None, out=None, keepdims=False, initial=UNSET, where=True):
    """The greatest element along axes that is not nan; nan where there is none.

    >>> nanmax([1.0, np.nan, 2.0]).item()
    2.0
    """
    return reduce(np.fmax, a, axis, None, out, keepdims, initial, where)


@implements(np.nanmin)
def nanmin(a, axis=None, out=None, keepdims=False, initial=UNSET, where=True):
    """The least element along axes that is not nan; nan where there is none.

    >>> nanmin([1.0, np.nan, 2.0]).item()
    1.0
    """
    return reduce(np.fmin, a, axis, None, out, keepdims, initial, where)


@implements(np.nanargmax)
def nanargmax(a, axis=None, out=None, *, keepdims=False):
    """The place of the first greatest element that is not nan; rows of nan alone are refused.

    >>> nanargmax([1.0, np.nan, 2.0]).item()
    2
    """
    return place(reduction.argmax, a, -np.inf, axis, out, keepdims)


@implements(np.nanargmin)
def nanargmin(a, axis=None, out=None, *, keepdims=False):
    """The place of the first least element that is not nan; rows of nan alone are refused.

    >>> nanargmin([1.0, np.nan, 2.0]).item()
    0
    """
    return place(reduction.argmin, a, np.inf, axis, out, keepdims)


def place(function, a, fill, axis, out, keepdims):
    """A place found among what is not nan."""
    x, missing = replaced(a, fill)
    if missing is not None and missing.size:
        demand(~reduction.all(missing, axis), "All-NaN slice encountered")
    return function(x, axis, out, keepdims=keepdims)


@implements(np.nanmean)
def nanmean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    """The mean along axes of what is not nan.

    >>> nanmean([1.0, np.nan, 2.0]).item()
    1.5
    """
    x, missing = replaced(a, 0)
    if missing is None:
        return mean(x, axis, dtype, out, keepdims, where=where)
    demand_inexact(dtype)
    total = reduction.sum(x, axis, dtype, None, keepdims, where=where)
    count = reduction.sum(~missing, axis, INT64, None, keepdims, where=where)
    return into(out, settled(divided(total, count), total.dtype))


def demand_inexact(dtype):
    """Refuse an integer dtype for what may hold nan."""
    if dtype is not None and as_dtype(dtype).kind not in "fc":
        raise TypeMismatch(f"If a is inexact, then dtype must be inexact, not {as_dtype(dtype)}")


@implements(np.nanvar)
def nanvar(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *,
    where=True, mean=UNSET, correction=UNSET,
):  # fmt: skip
    """The variance along axes of what is not nan.

    >>> nanvar([1.0, np.nan, 3.0]).item()
    1.0
    """
    x, missing = replaced(a, 0)
    ddof = freedom(ddof, correction)
    if missing is None:
        return var(x, axis, dtype, out, ddof, keepdims, where=where, mean=mean)
    demand_inexact(dtype)
    result = variance(x, missing, axis, dtype, ddof, keepdims, where, mean)
    return into(out, settled(result, result.dtype))


@implements(np.nanstd)
def nanstd(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *,
    where=True, mean=UNSET, correction=UNSET,
):  # fmt: skip
    """The standard deviation along axes of what is not nan.

    >>> nanstd([1.0, np.nan, 3.0]).item()
    1.0
    """
    result = nanvar(
        a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction
    )
    return into(out, settled(root(result), result.dtype))


def variance(x, missing, axis, dtype, ddof, keepdims, where, mean):
    """The variance of a tensor without its nan; nan where too little is left."""
    count = reduction.sum(~missing, axis, INT64, None, True, where=where)
    centre = mean
    if mean is UNSET:
        centre = divided(reduction.sum(x, axis, dtype, None, True, where=where), count)
    apart = astype(x - centre, x.dtype)
    squares = squared(select(missing, filled(apart, 0), apart))
    total = reduction.sum(squares, axis, dtype, None, keepdims, where=where)
    freedoms = apply(ops.reshape, count, shape=total.shape) - ddof
    return np.where(freedoms <= 0, asarray(np.nan, total.dtype), divided(total, freedoms))


@implements(np.nancumsum)
def nancumsum(a, axis=None, dtype=None, out=None):
    """The running sum, nan counted as zero.

    >>> nancumsum([1.0, np.nan, 2.0]).tolist()
    [1.0, 1.0, 3.0]
    """
    return cumulative.cumsum(replaced(a, 0)[0], axis, dtype, out)


@implements(np.nancumprod)
def nancumprod(a, axis=None, dtype=None, out=None):
    """The running product, nan counted as one.

    >>> nancumprod([2.0, np.nan, 3.0]).tolist()
    [2.0, 2.0, 6.0]
    """
    return cumulative.cumprod(replaced(a, 1)[0], axis, dtype, out)
