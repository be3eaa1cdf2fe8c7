"""Reductions: one value for each row along some axes, as NumPy's and `ufunc.reduce` give it."""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.dispatch import UFUNC_METHODS, implements
from defn.errors import ArgumentError, Unsupported
from defn.numpy.axes import kept_shape, normalized_axes, normalized_axis
from defn.numpy.composite import filled, fresh, into, select, settled
from defn.numpy.labelling import keeping
from defn.numpy.parts import elements, flat, joined, part, reshaped
from defn.promotion import broadcast_shapes, reduced_dtype
from defn.tensor import apply, asarray, astype, broadcast_to, call_ufunc
from defn.types import BOOL, INT64, as_dtype

UNSET = np._NoValue

# The row behind a ufunc; of truth values, the row that says the same.
ROWS = {
    np.add: ops.sum,
    np.multiply: ops.prod,
    np.maximum: ops.max,
    np.minimum: ops.min,
    np.logical_or: ops.any,
    np.logical_and: ops.all,
}
OF_TRUTH = {ops.sum: ops.any, ops.max: ops.any, ops.prod: ops.all, ops.min: ops.all}
LOGICAL = {np.logical_or, np.logical_and, np.logical_xor}
# These give the same in any order, so pairs of halves are combined; others go from left to right.
REORDERABLE = {
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.fmax, np.fmin, np.gcd, np.hypot,
    np.logaddexp, np.logaddexp2, np.logical_xor,
}  # fmt: skip
# Extremes that pass over nan: the row, and what stands in for nan.
NUMBERS_ONLY = {np.fmax: (ops.max, -np.inf), np.fmin: (ops.min, np.inf)}
UNROLLED = 1000


def reduced(op, x, axes, keepdims=False):
    """A reduction row applied to a tensor: of truth values the row that says the same."""
    if x.dtype == BOOL:
        op = OF_TRUTH.get(op, op)
    result = apply(op, x, axes=axes) if axes else fresh(x)
    result = settled(reshaped(result, kept_shape(x.shape, axes, keepdims)), result.dtype)
    return keeping(result, x) if keepdims else result


# What `ufunc.reduce` means.


def reduce(ufunc, a, axis=0, dtype=None, out=None, keepdims=False, initial=UNSET, where=True):
    """The elements along the axes, combined by a ufunc.

    >>> reduce(np.maximum, [[1, 5], [3, 2]], axis=1).tolist()
    [5, 3]
    """
    a = asarray(a)
    axes = normalized_axes(axis, a.ndim)
    x = astype(a, loop_dtype(ufunc, a.dtype, dtype, out))
    x = masked(ufunc, x, where, initial)
    if initial is UNSET or initial is None:
        demand_elements(ufunc, x, axes, initial)
        x = x if initial is None else from_identity(ufunc, x, axes)
        result = combined(ufunc, x, axes, keepdims)
    else:
        result = started(ufunc, x, axes, keepdims, asarray(initial, x.dtype))
    return into(out, settled(result, x.dtype))


def started(ufunc, x, axes, keepdims, start):
    """The elements along the axes combined, from a start on."""
    if 0 in [x.shape[k] for k in axes]:
        return broadcast_to(start, kept_shape(x.shape, axes, keepdims))
    if not axes or ufunc in ROWS or ufunc in REORDERABLE:
        return call_ufunc(ufunc, start, combined(ufunc, x, axes, keepdims))
    first = broadcast_to(start, kept_shape(x.shape, axes))
    return combined(ufunc, joined((first, x), axes[0]), axes, keepdims)


def loop_dtype(ufunc, dtype, asked, out=None):
    """The dtype in which a reduction computes: the one asked for, that of `out`, or NumPy's."""
    if asked is None and out is not None:
        asked = (out[0] if isinstance(out, tuple) else out).dtype
    if asked is None or ufunc in LOGICAL:
        return reduced_dtype(ufunc, dtype)
    return as_dtype(asked)


def identity(ufunc, dtype, initial=UNSET):
    """The value that changes nothing, or the given start where the ufunc has none."""
    if ufunc is np.bitwise_and:
        return np.invert(np.zeros((), dtype))[()]
    own = -np.inf if ufunc in (np.logaddexp, np.logaddexp2) else ufunc.identity
    return own if own is not None else None if initial is UNSET else initial


def masked(ufunc, x, where, initial):
    """The tensor in which elements that are not chosen change nothing."""
    if where is True:
        return x
    neutral = identity(ufunc, x.dtype, initial)
    if neutral is None:
        raise ArgumentError(
            f"reduction operation {ufunc.__name__!r} does not have an identity, "
            "so to use a where mask one has to specify 'initial'"
        )
    shape = broadcast_shapes(x.shape, np.shape(where))
    x, chosen = broadcast_to(x, shape), broadcast_to(asarray(where, BOOL), shape)
    return select(chosen, x, filled(x, neutral))


def demand_elements(ufunc, x, axes, initial):
    """Refuse to reduce nothing where there is nothing to start from."""
    start = None if initial is None else identity(ufunc, x.dtype, initial)
    if start is None and 0 in [x.shape[k] for k in axes]:
        raise ArgumentError(
            f"zero-size array to reduction operation {ufunc.__name__} which has no identity: "
            f"the shape is {x.shape}; pass initial="
        )


def combined(ufunc, x, axes, keepdims):
    """A tensor's elements along the axes combined."""
    if ufunc in ROWS:
        return reduced(ROWS[ufunc], x, axes, keepdims)
    if ufunc in NUMBERS_ONLY and axes:
        return of_numbers(*NUMBERS_ONLY[ufunc], x, axes, keepdims)
    if len(axes) > 1 and ufunc not in REORDERABLE:
        raise ArgumentError(
            f"reduction operation {ufunc.__name__!r} is not reorderable, "
            "so at most one axis may be specified"
        )
    result = x
    for axis in axes:
        result = folded(ufunc, result, axis)
    return reshaped(result, kept_shape(x.shape, axes, keepdims))


def of_numbers(row, fill, x, axes, keepdims):
    """An extreme of what is not nan; nan where nothing is left."""
    if x.dtype.kind not in "fc":
        return reduced(row, x, axes, keepdims)
    missing = np.isnan(x)
    result = reduced(row, select(missing, filled(x, fill), x), axes, keepdims)
    return select(reduced(ops.all, missing, axes, keepdims), filled(result, np.nan), result)


def from_identity(ufunc, x, axes):
    """One element alone: NumPy combines it with the identity, so no gcd or hypot is negative."""
    neutral = identity(ufunc, x.dtype)
    if ufunc in ROWS or neutral is None or math.prod(x.shape[k] for k in axes) != 1:
        return x
    return call_ufunc(ufunc, filled(x, neutral), x)


def folded(ufunc, x, axis):
    """The elements along one axis combined; the axis keeps size one."""
    if not x.shape[axis]:
        shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
        return broadcast_to(asarray(identity(ufunc, x.dtype), x.dtype), shape)
    return in_halves(ufunc, x, axis) if ufunc in REORDERABLE else in_order(ufunc, x, axis)


def in_halves(ufunc, x, axis):
    """Halves of the array combined until one element is left."""
    while (size := x.shape[axis]) > 1:
        half = size // 2
        pairs = call_ufunc(ufunc, part(x, axis, 0, half), part(x, axis, half, half))
        x = with_last(ufunc, pairs, part(x, axis, size - 1, 1), axis) if size % 2 else pairs
    return x


def with_last(ufunc, x, last, axis):
    """The odd element, combined with the first of the others."""
    first = call_ufunc(ufunc, part(x, axis, 0, 1), last)
    rest = part(x, axis, 1, x.shape[axis] - 1)
    return joined((first, rest), axis)


def in_order(ufunc, x, axis):
    """The elements combined one after the other."""
    if x.shape[axis] > UNROLLED:
        raise Unsupported(
            f"np.{ufunc.__name__}.reduce over {x.shape[axis]} elements would be written out "
            "one by one: "
            "write a for loop over them instead"
        )
    result, *others = elements(x, axis)
    for each in others:
        result = astype(call_ufunc(ufunc, result, each), x.dtype)
    return reshaped(result, kept_shape(x.shape, (axis,), True))


UFUNC_METHODS[None, "reduce"] = reduce


# NumPy's functions.


@implements(np.sum, method="sum")
def sum(a, axis=None, dtype=None, out=None, keepdims=False, initial=UNSET, where=True):
    """The sum along axes; integers narrower than 64 bits, and truth values, widen.

    >>> sum([[1, 2], [3, 4]], axis=0).tolist()
    [4, 6]
    """
    return reduce(np.add, a, axis, dtype, out, keepdims, initial, where)


@implements(np.prod, method="prod")
def prod(a, axis=None, dtype=None, out=None, keepdims=False, initial=UNSET, where=True):
    """The product along axes; integers narrower than 64 bits, and truth values, widen.

    >>> prod([1, 2, 3, 4]).item()
    24
    """
    return reduce(np.multiply, a, axis, dtype, out, keepdims, initial, where)


@implements(np.max, np.amax, method="max")
def max(a, axis=None, out=None, keepdims=False, initial=UNSET, where=True):
    """The greatest element along axes; nan where there is one.

    >>> max([[1, 5], [3, 2]], axis=1).tolist()
    [5, 3]
    """
    return reduce(np.maximum, a, axis, None, out, keepdims, initial, where)


@implements(np.min, np.amin, method="min")
def min(a, axis=None, out=None, keepdims=False, initial=UNSET, where=True):
    """The least element along axes; nan where there is one.

    >>> min([[1, 5], [3, 2]], axis=1).tolist()
    [1, 2]
    """
    return reduce(np.minimum, a, axis, None, out, keepdims, initial, where)


@implements(np.any, method="any")
def any(a, axis=None, out=None, keepdims=False, *, where=True):
    """Is any element along the axes not zero?

    >>> any([[0, 1], [0, 0]], axis=1).tolist()
    [True, False]
    """
    return reduce(np.logical_or, a, axis, None, out, keepdims, UNSET, where)


@implements(np.all, method="all")
def all(a, axis=None, out=None, keepdims=False, *, where=True):
    """Are all elements along the axes not zero?

    >>> all([[0, 1], [2, 3]], axis=1).tolist()
    [False, True]
    """
    return reduce(np.logical_and, a, axis, None, out, keepdims, UNSET, where)


@implements(np.ptp)
def ptp(a, axis=None, out=None, keepdims=False):
    """The range of values along axes: maximum less minimum.

    >>> ptp([3.0, 1.0, 7.0]).item()
    6.0
    """
    return into(out, np.subtract(max(a, axis, None, keepdims), min(a, axis, None, keepdims)))


@implements(np.count_nonzero)
def count_nonzero(a, axis=None, *, keepdims=False):
    """How many elements along the axes are not zero.

    >>> count_nonzero([[0, 1], [2, 3]], axis=0).tolist()
    [1, 2]
    """
    return sum(asarray(a, BOOL), axis, INT64, None, keepdims)


# Places.


@implements(np.argmax, method="argmax")
def argmax(a, axis=None, out=None, *, keepdims=False):
    """The place of the first greatest element along an axis, or of the flat array.

    >>> argmax([[1, 5], [3, 2]], axis=1).tolist()
    [1, 0]
    """
    return place(ops.argmax, a, axis, out, keepdims)


@implements(np.argmin, method="argmin")
def argmin(a, axis=None, out=None, *, keepdims=False):
    """The place of the first least element along an axis, or of the flat array.

    >>> argmin([[1, 5], [3, 2]], axis=1).tolist()
    [0, 1]
    """
    return place(ops.argmin, a, axis, out, keepdims)


def place(op, a, axis, out, keepdims):
    """A row that finds a place, along one axis."""
    a = asarray(a)
    x = a if axis is not None and a.ndim else flat(a)
    along = 0 if axis is None else normalized_axis(axis, x.ndim)
    if not x.shape[along]:
        raise ArgumentError(f"attempt to get {op} of an empty sequence: the shape is {a.shape}")
    axes = range(a.ndim) if axis is None else (along,)
    found = reshaped(
        apply(op, x, axis=along), kept_shape(a.shape, axes if a.ndim else (), keepdims)
    )
    found = settled(found, INT64)
    return into(out, keeping(found, a) if keepdims else found)
