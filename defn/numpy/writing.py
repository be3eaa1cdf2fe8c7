"""Elements written by functions: put, place, copyto, `ufunc.at`."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import UFUNC_METHODS, implements
from defn.errors import ArgumentError, ShapeError, TypeMismatch, Unsupported
from defn.numpy.composite import fresh, select
from defn.numpy.indexing import getitem, setitem, without_truths
from defn.numpy.listing import Listing
from defn.numpy.masked import ranks
from defn.numpy.selection import Selection
from defn.numpy.sequence import in_sequence
from defn.numpy.shapes import logical_reshape, ravel, reshape
from defn.numpy.slices import Stretch
from defn.numpy.span import counting, taken
from defn.numpy.subscript import Chosen, Listed, Marked, parse
from defn.numpy.taking import along, brought_inside, is_given
from defn.tensor import (
    Tensor,
    apply,
    asarray,
    assign,
    astype,
    broadcast_to,
    eager,
)
from defn.trace import current
from defn.types import BOOL, INT64


@implements(np.put_along_axis)
def put_along_axis(arr, indices, values, axis):
    """Let the elements that `take_along_axis` takes hold values."""
    if axis is None:
        arr, axis = flat_view(arr), 0
    along(arr, indices, axis).write(values)


def flat_view(a):
    """All elements in a row, aliased whatever their layout."""
    return logical_reshape(asarray(a), (asarray(a).size,))


@implements(np.put, method="put")
def put(a, ind, v, mode="raise"):
    """Let the elements at places in the row of all hold values, which start again when they end."""
    a = asarray(a)
    at = asarray(
        brought_inside(asarray(ind, None if is_given(ind) else INT64), a.size, mode)
    ).reshape(-1)
    if at.size:
        set_flat(a, at, cycled(v, at.size))


def cycled(values, size):
    """A row of so many values, which start again when they end."""
    values = ravel(asarray(values))
    if not values.size:
        raise ArgumentError("no values are given to put")
    if values.size in (1, size):
        return values
    return taken(values, counting((size,), 0) % values.size, 0)


def set_flat(a, subscript, values):
    """`a.flat[subscript] = values`, whatever the layout of `a`."""
    row = flat_view(a)
    setitem(row, subscript, values)
    if current() is None:
        a.write(reshape(row, a.shape))


# Writing.


@implements(np.copyto)
def copyto(dst, src, casting="same_kind", where=True):
    """Let an array hold the values of another, where the mask is true."""
    dst = asarray(dst)
    if where is True:
        return assign(dst, src, casting)
    mask = broadcast_to(asarray(where, BOOL), dst.shape)
    value = broadcast_to(_castable(src, dst.dtype, casting), dst.shape)
    assign(dst, select(mask, value, fresh(dst)))


def _castable(value, dtype, casting):
    value = asarray(value)
    if not np.can_cast(_weak_or_dtype(value), dtype, casting):
        raise TypeMismatch(
            f"cannot cast array data from {value.dtype} to {dtype} by the rule {casting!r}"
        )
    return astype(value, dtype)


def _weak_or_dtype(value):
    if value.weak is None:
        return value.dtype
    return np.min_scalar_type(value.weak(1))


@implements(np.place)
def place(arr, mask, vals):
    """Let the elements where the mask is true hold values, which start again when they end."""
    arr, mask, vals = asarray(arr), asarray(mask, BOOL), ravel(vals)
    if mask.size != arr.size:
        raise ShapeError("place: mask and data must be the same size")
    if not vals.size:
        raise ArgumentError("Cannot insert from an empty array!")
    row = ravel(mask)
    value = taken(vals, np.maximum(ranks(row), 0) % vals.size, 0)
    assign(arr, select(mask, astype(reshape(value, arr.shape), arr.dtype), fresh(arr)))


@implements(np.putmask)
def putmask(a, mask, values):
    """Let the elements where the mask is true hold the values at their places."""
    a, mask = asarray(a), asarray(mask, BOOL)
    if mask.size != a.size:
        raise ShapeError("putmask: mask and data must be the same size")
    value = astype(cycled(ravel(values)[: a.size], a.size), a.dtype)
    value = reshape(broadcast_to(value, (a.size,)), a.shape)
    assign(a, select(reshape(mask, a.shape), value, fresh(a)))


@implements(np.fill_diagonal)
def fill_diagonal(a, val, wrap=False):
    """Let the main diagonal hold a value."""
    a = asarray(a)
    if a.ndim < 2:
        raise ShapeError("array must be at least 2-d")
    if a.ndim > 2 and len(set(a.shape)) > 1:
        raise ShapeError("All dimensions of input must be of equal length")
    step = a.shape[1] + 1 if a.ndim == 2 else 1 + int(np.cumprod(a.shape[:-1]).sum())
    stop = a.shape[1] ** 2 if a.ndim == 2 and not wrap else a.size
    count = len(range(0, min(stop, a.size), step))
    set_flat(a, slice(0, min(stop, a.size), step), cycled(val, count)[:count])


# ufunc.at: unlike `x[i] += v`, an element that is met twice is changed twice.


def at(ufunc, a, indices, b=None):
    """Change the elements of `a` at indices by the ufunc with values `b`, one after the other."""
    if type(a) is not Tensor:
        a = asarray(a)
    if current() is None and not any(getattr(x, "vectors", ()) for x in (a, indices, b)):
        return _at_once(ufunc, a, indices, b)
    given, x = without_truths(indices, a)
    items = parse(x.shape, given)
    kinds = {type(item) for item in items}
    if Listed in kinds:
        return _at_listed(ufunc, x, items, b)
    if kinds & {Marked, Stretch} or Chosen not in kinds:
        setitem(a, indices, _changed(ufunc, getitem(a, indices), b))
        return None
    selection = Selection(x, items)
    _at_indices(ufunc, selection, None if b is None else selection.values(b))


UFUNC_METHODS[None, "at"] = at


def _changed(ufunc, old, b):
    return ufunc(old) if b is None else ufunc(old, b)


def _at_once(ufunc, a, indices, b):
    """For eager tensors NumPy does it."""
    array = np.array(a.backend.get(a.buffer))
    indices = tuple(map(_plain, indices)) if isinstance(indices, tuple) else _plain(indices)
    ufunc.at(array, indices, *(() if b is None else (_plain(b),)))
    a.write(eager(a.backend.put(array), a.backend))


def _plain(value):
    return value.backend.get(value.buffer) if type(value) is Tensor else value


def _at_listed(ufunc, x, items, b):
    listing = Listing(x, items)
    mask = listing.counts.mask
    selection = listing.selection
    if ufunc not in SUMS:
        raise Unsupported(
            f"np.{ufunc.__name__}.at with indices of traced length: use np.where and whole arrays"
        )
    values = listing.values(b)
    shape = values.shape
    mask = apply(ops.broadcast, mask, shape=shape, axes=tuple(range(mask.ndim)))
    _at_indices(
        ufunc, selection, select(mask, values, broadcast_to(asarray(0, values.dtype), shape))
    )


SUMS = {np.add, np.subtract}


def _at_indices(ufunc, selection, values):
    if ufunc in SUMS and selection.x.dtype != BOOL:
        values = values if ufunc is np.add else apply(ops.negative, values)
        done = apply(ops.scatter_add, selection.x, values, *selection.indices, axes=selection.axes)
    else:
        done = _one_by_one(ufunc, selection, values)
    selection.store(done)


def _one_by_one(ufunc, selection, values):
    """The elements in a row, each changed by what comes in turn."""
    if any(x.vectors for x in (selection.x, values, *selection.indices) if type(x) is Tensor):
        raise Unsupported(
            f"np.{ufunc.__name__}.at of vectorised values: only add and subtract; use vmap, or .devectorize() first"
        )
    x, axes = selection.x, selection.axes
    places = reshape(counting((x.size,), 0), x.shape)
    chosen = apply(ops.gather, places, *selection.indices, axes=axes)
    row, at = ravel(x), ravel(chosen)
    values = ravel(at if values is None else values)
    one = (lambda old, new: ufunc(old)) if ufunc.nin == 1 else ufunc
    done = in_sequence(lambda old, new: astype(one(old, new), x.dtype), row, at, values)
    return reshape(done, x.shape)
