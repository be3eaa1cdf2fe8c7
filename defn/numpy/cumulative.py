"""Running sums, products and extremes, and `ufunc.accumulate`, `outer`, `reduceat`."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import UFUNC_METHODS, implements
from defn.errors import ArgumentError, BoundsError, TypeMismatch, Unsupported
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import fresh, into
from defn.numpy.parts import elements, flat, joined, part, reshaped, stacked
from defn.numpy.reduction import UNROLLED, identity, loop_dtype, reduce
from defn.tensor import apply, asarray, astype, broadcast_to, call_ufunc, concrete
from defn.types import BOOL

ROWS = {
    np.add: ops.cumsum,
    np.multiply: ops.cumprod,
    np.maximum: ops.cummax,
    np.minimum: ops.cummin,
    np.logical_or: ops.cummax,
    np.logical_and: ops.cummin,
}
OF_TRUTH = {ops.cumsum: ops.cummax, ops.cumprod: ops.cummin}


def accumulate(ufunc, a, axis=0, dtype=None, out=None):
    """What `ufunc.accumulate` gives: the results of combining more and more elements along an axis.

    >>> accumulate(np.maximum, [1, 3, 2, 5]).tolist()
    [1, 3, 3, 5]
    """
    a = asarray(a)
    if not a.ndim:
        raise TypeMismatch("cannot accumulate on a scalar")
    if axis is None:
        if a.ndim > 1:
            raise ArgumentError("accumulate does not allow multiple axes: name one of them")
        axis = 0
    x = astype(a, loop_dtype(ufunc, a.dtype, dtype, out))
    return into(out, running(ufunc, x, normalized_axis(axis, x.ndim)))


def running(ufunc, x, axis):
    """A running reduction along one axis, by its row or written out."""
    if ufunc not in ROWS:
        return written_out(ufunc, x, axis)
    row = ROWS[ufunc]
    return apply(OF_TRUTH.get(row, row) if x.dtype == BOOL else row, x, axis=axis)


def written_out(ufunc, x, axis):
    """A running reduction, element by element."""
    size = x.shape[axis]
    if size > UNROLLED:
        raise Unsupported(
            f"np.{ufunc.__name__}.accumulate over {size} elements would be written out one by one: "
            "write a for loop over them instead"
        )
    if not size:
        return fresh(x)
    results = elements(x, axis)
    for k in range(1, size):
        results[k] = astype(call_ufunc(ufunc, results[k - 1], results[k]), x.dtype)
    return stacked(results, axis)


@implements(np.cumsum, method="cumsum")
def cumsum(a, axis=None, dtype=None, out=None):
    """The running sum along an axis, or of the flat array.

    >>> cumsum([1, 2, 3]).tolist()
    [1, 3, 6]
    """
    return flattened(np.add, a, axis, dtype, out)


@implements(np.cumprod, method="cumprod")
def cumprod(a, axis=None, dtype=None, out=None):
    """The running product along an axis, or of the flat array.

    >>> cumprod([1, 2, 3, 4]).tolist()
    [1, 2, 6, 24]
    """
    return flattened(np.multiply, a, axis, dtype, out)


def flattened(ufunc, a, axis, dtype, out):
    """A running reduction along an axis, or along all elements."""
    a = asarray(a)
    x = flat(a) if axis is None or not a.ndim else a
    return accumulate(ufunc, x, 0 if axis is None else axis, dtype, out)


@implements(np.cumulative_sum)
def cumulative_sum(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    """The running sum along an axis; with `include_initial`, from zero on.

    >>> cumulative_sum([1, 2, 3], include_initial=True).tolist()
    [0, 1, 3, 6]
    """
    return with_initial(np.add, x, axis, dtype, out, include_initial)


@implements(np.cumulative_prod)
def cumulative_prod(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    """The running product along an axis; with `include_initial`, from one on.

    >>> cumulative_prod([1, 2, 3], include_initial=True).tolist()
    [1, 1, 2, 6]
    """
    return with_initial(np.multiply, x, axis, dtype, out, include_initial)


def with_initial(ufunc, x, axis, dtype, out, include_initial):
    """A running reduction, with the identity before it where that is asked."""
    x = asarray(x)
    if x.ndim != 1 and axis is None:
        raise ArgumentError(
            "For arrays which have more than one dimension ``axis`` argument is required: "
            f"ndim is {x.ndim}"
        )
    axis = normalized_axis(axis or 0, x.ndim)
    result = accumulate(ufunc, x, axis, dtype)
    if include_initial:
        shape = tuple(1 if k == axis else n for k, n in enumerate(result.shape))
        start = broadcast_to(asarray(identity(ufunc, result.dtype), result.dtype), shape)
        result = joined((start, result), axis)
    return into(out, result)


# The other methods of ufuncs.


def outer(ufunc, a, b, **settings):
    """What `ufunc.outer` gives: the ufunc of every element of `a` with every element of `b`.

    >>> outer(np.subtract, [10, 20], [1, 2, 3]).tolist()
    [[9, 8, 7], [19, 18, 17]]
    """
    a, b = asarray(a), asarray(b)
    column = reshaped(a, (*a.shape, *(1 for _ in b.shape)))
    return ufunc(column, b, **settings)


def reduceat(ufunc, a, indices, axis=0, dtype=None, out=None):
    """What `ufunc.reduceat` gives: the reductions of the stretches between known places.

    >>> reduceat(np.add, [0, 1, 2, 3, 4, 5, 6, 7], [0, 4, 1, 5]).tolist()
    [6, 4, 10, 18]
    """
    a = asarray(a)
    axis = normalized_axis(axis, a.ndim)
    places = concrete(asarray(indices), f"the places of np.{ufunc.__name__}.reduceat").tolist()
    for place in places:
        if not 0 <= place < a.shape[axis]:
            raise BoundsError(
                f"index {place} out-of-bounds in {ufunc.__name__}.reduceat [0, {a.shape[axis]})"
            )
    ends = [*places[1:], a.shape[axis]]
    made = [stretch(ufunc, a, axis, start, end, dtype) for start, end in zip(places, ends)]
    return into(out, stacked(made, axis))


def stretch(ufunc, a, axis, start, end, dtype):
    """The reduction from `start` to `end`; the one element at `start` where that is no stretch."""
    return reduce(ufunc, part(a, axis, start, max(end - start, 1)), axis, dtype, initial=None)


UFUNC_METHODS[None, "accumulate"] = accumulate
UFUNC_METHODS[None, "outer"] = outer
UFUNC_METHODS[None, "reduceat"] = reduceat
