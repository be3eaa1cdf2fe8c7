"""Moving, joining and sorting values whose size is known only when the program runs."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.errors import UnknownSize, Unsupported
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import fresh
from defn.numpy.linear import forwards
from defn.numpy.masked import Masked
from defn.numpy.orders import axes_of
from defn.numpy.ragged import Ragged
from defn.numpy.span import Span, moved, same
from defn.numpy.uneven import highest
from defn.numpy.uneven_value import ATTRIBUTES, UNEVEN, WAY_OUT, is_uneven, uneven_rule
from defn.tensor import apply, asarray, astype, broadcast_to
from defn.types import INT64, is_float, promote


@uneven_rule(np.flip)
def flip(a, axis=None):
    """The elements backwards along some axes."""
    a = a.in_front()
    axes = tuple(range(a.ndim)) if axis is None else axes_of(axis, a.ndim)
    return a[tuple(slice(None, None, -1 if k in axes else 1) for k in range(a.ndim))]


@uneven_rule(np.transpose)
def transpose(a, axes=None):
    """The axes in another order."""
    a = a.in_front()
    order = tuple(reversed(range(a.ndim))) if axes is None else axes_of(tuple(axes), a.ndim)
    return Ragged(np.transpose(a.tensor, order), [a.spans[k] for k in order])


@uneven_rule(np.expand_dims)
def expand_dims(a, axis):
    """The array with a new axis of size one."""
    axis = normalized_axis(axis, a.ndim + 1)
    return a[(slice(None),) * axis + (None,)]


@uneven_rule(np.ravel)
def ravel(a, order="C"):
    """The elements in a row."""
    if order != "C":
        raise Unsupported(f"ravel(order={order!r}) of {a!r}: transpose first")
    if a.ndim == 1:
        return a
    if type(a) is Masked and a.axis == 0:
        return Masked(a.tensor, broadcast_to(a.valid, a.tensor.shape))
    a = a.in_front().forwards()
    return Masked(fresh(a.tensor), a.mask)


def reshape(a, *shape, order="C"):
    """The elements in a row: other shapes have sizes that are not known."""
    given = shape[0] if len(shape) == 1 else shape
    if given not in (-1, (-1,), [-1]):
        raise UnknownSize(f"reshape({given}) of {a!r}: only reshape(-1); {WAY_OUT}")
    return ravel(a, order)


UNEVEN[np.reshape] = reshape


@uneven_rule(np.concatenate)
def concatenate(arrays, axis=0):
    """The arrays one after the other along an axis."""
    arrays = [a if is_uneven(a) else asarray(a) for a in arrays]
    if axis is None:
        arrays, axis = [ravel(a) if is_uneven(a) else np.ravel(a) for a in arrays], 0
    axis = normalized_axis(axis, arrays[0].ndim)
    dtype = promote(*(a.dtype for a in arrays))
    masks, parts = zip(*(_with_mask(a, axis) for a in arrays))
    joined = apply(ops.concatenate, *(astype(p, dtype) for p in parts), axis=axis)
    return Masked(joined, apply(ops.concatenate, *masks, axis=0), axis)


def _with_mask(a, axis):
    """A part to be joined: what of it counts along the axis, and the whole of it."""
    if not is_uneven(a):
        return broadcast_to(asarray(True), (a.shape[axis],)), a
    if type(a) is Masked and a.axis == axis and a.mask.ndim == 1:
        return a.mask, a.tensor
    a = a.in_front().forwards()
    if any(s is not None for k, s in enumerate(a.spans) if k != axis):
        raise Unsupported(
            f"np.concatenate of {a!r} along axis {axis}: its other sizes are not known"
        )
    span = a.spans[axis]
    mask = None if span is None else span.valid((a.tensor.shape[axis],), 0)
    return broadcast_to(asarray(True), (a.tensor.shape[axis],)) if mask is None else mask, a.tensor


@uneven_rule(np.append)
def append(arr, values, axis=None):
    """The values after the array."""
    values = values if is_uneven(values) else np.atleast_1d(asarray(values))
    return concatenate([arr, values], axis)


@uneven_rule(np.hstack)
def hstack(arrays):
    """The arrays side by side."""
    arrays = [a if is_uneven(a) else np.atleast_1d(asarray(a)) for a in arrays]
    return concatenate(arrays, 0 if arrays[0].ndim == 1 else 1)


@uneven_rule(np.vstack)
def vstack(arrays):
    """The arrays one above the other."""
    return concatenate([a if a.ndim > 1 else a[None] for a in arrays], 0)


# Along an axis.


def axis_along(a, axis, function):
    """The one axis along which a function goes; the only one, if none is named."""
    if axis is None and a.ndim != 1:
        raise Unsupported(f"np.{function.__name__} over all axes of {a!r}: name one axis")
    return 0 if axis is None else normalized_axis(axis, a.ndim)


def _cumulative(function, identity):
    def along(a, axis=None, dtype=None):
        a = a.in_front()
        axis = axis_along(a, axis, function)
        x, span = a.filled(identity), a.spans[axis]
        if span is not None and not forwards(span.step):
            return Ragged(np.flip(function(np.flip(x, axis), axis, dtype), axis), a.spans)
        return Ragged(function(x, axis, dtype), a.spans)

    return along


UNEVEN[np.cumsum] = _cumulative(np.cumsum, 0)
UNEVEN[np.cumprod] = _cumulative(np.cumprod, 1)


@uneven_rule(np.diff)
def diff(a, n=1, axis=-1):
    """The differences of neighbours."""
    a = a.in_front()
    before = (slice(None),) * normalized_axis(axis, a.ndim)
    for _ in range(n):
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


@uneven_rule(np.sort)
def sort(a, axis=-1):
    """The elements in order along an axis."""
    a = a.in_front()
    axis = normalized_axis(axis, a.ndim)
    found = np.sort(a.filled(last_in_order(a.dtype)), axis)
    return Ragged(found, _in_order(a, axis))


@uneven_rule(np.argsort)
def argsort(a, axis=-1):
    """The indices that put the elements in order along an axis."""
    a = a.in_front()
    axis = normalized_axis(axis, a.ndim)
    span = a.spans[axis]
    if span is not None:
        front = Span(0, span.length, 1, span.size)
        spans = [front if k == axis else s for k, s in enumerate(a.spans)]
        a = Ragged(moved(a.tensor, axis, span, front), spans)
    return Ragged(np.argsort(a.filled(last_in_order(a.dtype)), axis, stable=True), a.spans)


def _in_order(a, axis):
    """Sorted, the elements that count stand in front."""
    return [Span(0, s.length, 1, s.size) if k == axis and s else s for k, s in enumerate(a.spans)]


def last_in_order(dtype):
    """The value that no other comes after: what does not count is sorted to the end."""
    return np.nan if is_float(dtype) or dtype.kind == "c" else highest(dtype)


@uneven_rule(np.median)
def median(a, axis=None):
    """The middle of the elements that count."""
    a = ravel(a) if axis is None else a
    axis = 0 if axis is None else normalized_axis(axis, a.ndim)
    ordered, count = sort(a, axis), a.shape[axis]
    before = (slice(None),) * axis
    middle = ordered[(*before, (count - 1) // 2)], ordered[(*before, count // 2)]
    return np.where(middle[0] == middle[1], middle[0], (middle[0] + middle[1]) / 2)


@uneven_rule(np.nonzero, np.flatnonzero)
def nonzero(a):
    """The positions, in a row of traced size, of what is not zero."""
    return (positions_of(a),)


def positions_of(a):
    """The positions, in a row of traced size, of what is not zero."""
    a = a.in_front().forwards()
    if a.ndim != 1:
        raise UnknownSize(f"np.nonzero of {a!r}: {WAY_OUT}")
    (span,) = a.spans
    row = apply(ops.iota, shape=a.tensor.shape, axis=0)
    place = row if span.dense and same(span.start, 0) else (row - span.start) // span.step
    return Ragged(astype(place, INT64), a.spans)[a != 0]


UNEVEN[np.flatnonzero] = positions_of

for _name in "ravel cumsum cumprod nonzero argsort".split():
    ATTRIBUTES[_name] = UNEVEN[getattr(np, _name)]
ATTRIBUTES.update(
    flatten=lambda a: ravel(a).copied(),
    T=transpose,
    transpose=lambda a, *axes: transpose(a, axes or None),
    reshape=reshape,
)
