"""Choosing elements by functions: take, choose, compress, diagonals; and writing them: put, place, copyto, ufunc.at."""

from __future__ import annotations

import operator

import numpy as np

from defn import ops, views
from defn.dispatch import METHODS, UFUNC_METHODS, implements
from defn.errors import ArgumentError, BoundsError, ShapeError, TypeMismatch, Unsupported
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import fresh, into, select
from defn.numpy.indexing import Listing, Selection, flat_position, getitem, setitem, without_truths
from defn.numpy.layout import STRIDES, seen, type_like
from defn.numpy.masked import Masked, ranks
from defn.numpy.ragged import is_uneven, uneven_rule
from defn.numpy.sequence import in_sequence
from defn.numpy.shapes import logical_reshape, ravel, reshape
from defn.numpy.span import counting, taken
from defn.numpy.subscript import Chosen, Listed, Marked, Stretch, known, parse, positions
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

# Taking.


@implements(np.take, method="take")
def take(a, indices, axis=None, out=None, mode="raise"):
    """The elements at indices along an axis; of the array in a row, if no axis is given.

    >>> take(asarray([10, 20, 30]), [2, 0]).tolist()
    [30, 10]
    """
    a = asarray(a)
    if axis is None:
        a, axis = ravel(a), 0
    axis = normalized_axis(axis, a.ndim)
    indices = (
        indices if is_uneven(indices) else asarray(indices, None if _given(indices) else INT64)
    )
    at = _inside(indices, a.shape[axis], mode)
    found = getitem(a, (slice(None),) * axis + (at,))
    if is_uneven(found) or found.scalar:
        return found
    return into(out, fresh(found))


uneven_rule(np.take)(take)


def _given(indices):
    return type(indices) is Tensor or np.size(indices)


def _inside(indices, size, mode):
    """The indices, brought into range as `mode` says."""
    if mode == "raise":
        return indices
    if mode == "wrap":
        return indices % size
    if mode == "clip":
        return np.minimum(np.maximum(indices, 0), size - 1)
    raise ArgumentError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")


def along(arr, indices, axis):
    """The selection of one element along an axis for every index."""
    arr, indices = asarray(arr), asarray(indices)
    if indices.dtype.kind not in "iu":
        raise BoundsError("`indices` must be an integer array")
    if indices.ndim != arr.ndim:
        raise ShapeError("`indices` and `arr` must have the same number of dimensions")
    axis = normalized_axis(axis, arr.ndim)
    rows = [_row(n, k, arr.ndim) for k, n in enumerate(arr.shape)]
    rows[axis] = positions(indices, axis, arr.shape[axis])
    return Selection(arr, [Chosen(row) for row in rows])


def _row(size, axis, ndim):
    return counting(tuple(size if k == axis else 1 for k in range(ndim)), axis)


@implements(np.take_along_axis)
def take_along_axis(arr, indices, axis=-1):
    """For every index, the element there along an axis.

    >>> take_along_axis(asarray([[3, 1], [2, 4]]), asarray([[1], [0]]), 1).tolist()
    [[1], [2]]
    """
    if axis is None:
        arr, axis = ravel(arr), 0
    return along(arr, indices, axis).read()


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
    """Let the elements at places in the row of all elements hold values, which start again when they end."""
    a = asarray(a)
    at = asarray(_inside(asarray(ind, None if _given(ind) else INT64), a.size, mode)).reshape(-1)
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


@implements(np.compress)
def compress(condition, a, axis=None, out=None):
    """The parts of an axis where the condition holds.

    >>> compress([True, False, True], asarray([1, 2, 3])).tolist()
    [1, 3]
    """
    a, condition = asarray(a), asarray(condition, BOOL)
    if condition.ndim != 1:
        raise ShapeError("condition must be a 1-d array")
    if axis is None:
        a, axis = ravel(a), 0
    before = (slice(None),) * normalized_axis(axis, a.ndim)
    part = a[(*before, slice(condition.shape[0]))]
    found = part[(*before, condition[: part.shape[len(before)]])]
    return found if is_uneven(found) else into(out, found)


METHODS["compress"] = lambda a, condition, axis=None, out=None: compress(condition, a, axis, out)


@implements(np.extract)
def extract(condition, arr):
    """The elements where the condition holds, in a row."""
    return ravel(arr)[ravel(asarray(condition, BOOL))]


@implements(np.nonzero, method="nonzero")
def nonzero(a):
    """For each axis, the indices of the elements that are not zero.

    >>> [each.tolist() for each in nonzero(asarray([0, 5, 6]))]
    [[1, 2]]
    """
    a = asarray(a)
    if not a.ndim:
        raise ArgumentError(
            "calling nonzero on 0d arrays is not allowed: use np.atleast_1d(scalar).nonzero()"
        )
    mask = astype(a, BOOL) if a.dtype == BOOL else a != 0
    value = known(mask)
    if value is not None:
        return tuple(asarray(each.tolist(), INT64) for each in np.nonzero(value))
    return tuple(Masked(counting(a.shape, k), mask) for k in range(a.ndim))


@implements(np.flatnonzero)
def flatnonzero(a):
    """The places, in the row of all elements, of those that are not zero."""
    return nonzero(ravel(a))[0]


@implements(np.argwhere)
def argwhere(a):
    """The indices of the elements that are not zero, one row for each."""
    found = nonzero(np.atleast_1d(asarray(a)))
    if type(found[0]) is Masked:
        return Masked(np.stack([each.tensor for each in found], -1), found[0].mask)
    return np.stack(found, -1)


@implements(np.choose)
def choose(a, choices, out=None, mode="raise"):
    """For each element of `a`, the element of the choice that it names.

    >>> choose(asarray([1, 0]), [[1, 2], [3, 4]]).tolist()
    [3, 2]
    """
    choices = [asarray(c) for c in choices]
    a, dtype = asarray(a), np.result_type(*(c.dtype for c in choices))
    value = known(a)
    if mode == "raise" and value is not None and ((value < 0) | (value >= len(choices))).any():
        raise BoundsError(f"invalid entry in choice array: there are {len(choices)} choices")
    a, *choices = np.broadcast_arrays(_inside(a, len(choices), mode), *choices)
    found = astype(choices[0], dtype)
    for k, choice in enumerate(choices[1:], 1):
        found = select(a == k, astype(choice, dtype), found)
    return into(out, fresh(found))


METHODS["choose"] = choose


@implements(np.select)
def select_first(condlist, choicelist, default=0):
    """For each place, the element of the first choice whose condition holds there.

    >>> select_first([asarray([True, False])], [asarray([1, 2])], 7).tolist()
    [1, 7]
    """
    if len(condlist) != len(choicelist):
        raise ArgumentError("list of cases must be same length as list of conditions")
    if not condlist:
        raise ArgumentError("select with an empty condition list is not possible")
    found = default if isinstance(default, (int, float, complex)) else asarray(default)
    for condition, choice in zip(reversed(condlist), reversed(choicelist)):
        if asarray(condition).dtype != BOOL:
            raise TypeMismatch("conditions must be boolean arrays")
        found = np.where(asarray(condition), choice, found)
    return found


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
            f"cannot cast array data from {value.dtype} to {dtype} according to the rule {casting!r}"
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
    """Let the elements where the mask is true hold the values at their own places, repeated as needed."""
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
    """Change the elements of `a` at indices by the ufunc with the values `b`, one after the other."""
    if type(a) is not Tensor:
        a = asarray(a)
    if current() is None:
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
    x, axes = selection.x, selection.axes
    places = reshape(counting((x.size,), 0), x.shape)
    chosen = apply(ops.gather, places, *selection.indices, axes=axes)
    row, at = ravel(x), ravel(chosen)
    values = ravel(at if values is None else values)
    one = (lambda old, new: ufunc(old)) if ufunc.nin == 1 else ufunc
    done = in_sequence(lambda old, new: astype(one(old, new), x.dtype), row, at, values)
    return reshape(done, x.shape)


# Diagonals.


class Diagonal(views.Lens):
    """A diagonal of two axes, which becomes the last axis."""

    __slots__ = ("axes", "chain", "length", "writable")

    def __init__(self, shape, offset, axis1, axis2, writable):
        rest = [k for k in range(len(shape)) if k not in (axis1, axis2)]
        rows, columns = shape[axis1], shape[axis2]
        self.axes, self.writable = (axis1, axis2), writable
        self.length = max(
            0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns)
        )
        kept = tuple(shape[k] for k in rest)
        start = offset if offset >= 0 else -offset * columns
        starts = [0] * len(kept) + [start if self.length else 0]
        self.chain = (
            views.Transpose((*rest, axis1, axis2)),
            views.Reshape((*kept, rows * columns)),
            views.Window(
                map(views.index, starts), (*kept, self.length), (*(1,) * len(kept), columns + 1)
            ),
        )

    def read(self, base):
        return views.read(base, self.chain)

    def write(self, base, value):
        return views.write(base, self.chain, value)


def _diagonal_strides(lens, shape, strides):
    one, other = lens.axes
    rest = [k for k in range(len(shape)) if k not in lens.axes]
    sizes = (*(shape[k] for k in rest), lens.length)
    return sizes, (*(strides[k] for k in rest), strides[one] + strides[other])


STRIDES[Diagonal] = _diagonal_strides


def diagonal_view(a, offset=0, axis1=0, axis2=1, writable=True):
    """A diagonal of two axes, as the last axis of a view."""
    a = asarray(a)
    if a.ndim < 2:
        raise ShapeError("diag requires an array of at least two dimensions")
    axis1, axis2 = normalized_axis(axis1, a.ndim), normalized_axis(axis2, a.ndim)
    if axis1 == axis2:
        raise ArgumentError("axis1 and axis2 cannot be the same")
    lens = Diagonal(a.shape, operator.index(offset), axis1, axis2, writable)
    rest = tuple(n for k, n in enumerate(a.shape) if k not in (axis1, axis2))
    return seen(a, (lens,), type_like(a, (*rest, lens.length)))


@implements(np.diagonal, method="diagonal")
def diagonal(a, offset=0, axis1=0, axis2=1):
    """A diagonal of two axes: a view that cannot be written, as in NumPy.

    >>> diagonal(asarray([[1, 2], [3, 4]])).tolist()
    [1, 4]
    """
    return diagonal_view(a, offset, axis1, axis2, writable=False)


@implements(np.linalg.diagonal)
def matrix_diagonal(x, /, *, offset=0):
    """The diagonals of the matrices in the last two axes."""
    return diagonal(x, offset, -2, -1)


@implements(np.diag)
def diag(v, k=0):
    """The diagonal of a matrix, or a matrix with the row as its diagonal.

    >>> diag(asarray([1, 2])).tolist()
    [[1, 0], [0, 2]]
    """
    v = asarray(v)
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ShapeError("Input must be 1- or 2-d.")
    size = v.size + abs(k)
    rows, columns = counting((size, size), 0), counting((size, size), 1)
    if not size:
        return fresh(reshape(v, (0, 0)))
    at = np.minimum(np.maximum(rows if k >= 0 else columns, 0), max(v.size - 1, 0))
    on = columns == rows + k
    spread = (
        apply(ops.gather, v, at, axes=(0,))
        if v.size
        else broadcast_to(asarray(0, v.dtype), at.shape)
    )
    return select(on, spread, broadcast_to(asarray(0, v.dtype), at.shape))


@implements(np.diagflat)
def diagflat(v, k=0):
    """A matrix with all elements as its diagonal."""
    return diag(ravel(v), k)


# Indices.


@implements(np.ix_)
def ix_(*args):
    """Rows of indices, each along its own axis, so that together they choose a block."""
    found = []
    for k, row in enumerate(args):
        row = asarray(row, None if _given(row) else INT64)
        if row.ndim != 1:
            raise ShapeError("Cross index must be 1 dimensional")
        (row,) = nonzero(row) if row.dtype == BOOL else (row,)
        if is_uneven(row):
            raise Unsupported("np.ix_ of a traced mask: choose with x[mask][:, other]")
        found.append(
            logical_reshape(row, tuple(row.size if j == k else 1 for j in range(len(args))))
        )
    return tuple(found)


@implements(np.ravel_multi_index)
def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
    """The place in the row of all elements, of indices for each axis."""
    if order != "C":
        raise Unsupported(f"ravel_multi_index(order={order!r}): only C order")
    modes = mode if isinstance(mode, tuple) else (mode,) * len(dims)
    indices = [_inside(asarray(i), n, m) for i, n, m in zip(multi_index, dims, modes)]
    return flat_position(np.broadcast_arrays(*(astype(i, INT64) for i in indices)), tuple(dims))


@implements(np.unravel_index)
def unravel_index(indices, shape, order="C"):
    """The index for each axis, of places in the row of all elements."""
    if order != "C":
        raise Unsupported(f"unravel_index(order={order!r}): only C order")
    rest, found = asarray(indices), []
    shape = tuple(shape) if np.iterable(shape) else (shape,)
    for size in reversed(shape[1:]):
        found.append(rest % size)
        rest = rest // size
    return (rest, *reversed(found)) if shape else ()
