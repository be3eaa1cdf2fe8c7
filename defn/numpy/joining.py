"""Arrays put together, repeated and rolled: copies, all of them."""

from __future__ import annotations

import operator

import numpy as np

from defn import ops
from defn.dispatch import METHODS, implements
from defn.errors import ArgumentError, ShapeError, Unsupported
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import fresh, into
from defn.numpy.orders import moveaxis
from defn.numpy.positions import known
from defn.numpy.rows import picked
from defn.numpy.shapes import expanded, logical_reshape, ravel, sizes_of
from defn.numpy.span import counting, taken
from defn.numpy.uneven_value import is_uneven
from defn.tensor import Tensor, apply, asarray, astype, broadcast_to
from defn.types import INT64, as_dtype, promote


def common_dtype(arrays, dtype=None, casting="same_kind"):
    """The dtype of arrays put together."""
    if dtype is not None:
        wanted = as_dtype(dtype)
        for each in arrays:
            if not np.can_cast(each.dtype, wanted, casting):
                raise ArgumentError(
                    f"cannot cast from {each.dtype} to {wanted} according to the rule {casting!r}"
                )
        return wanted
    return promote(*(a.dtype for a in arrays))


def gathered(sequence, what):
    """The arrays of a sequence; an array is taken apart along its first axis."""
    if type(sequence) is not Tensor and not isinstance(sequence, (list, tuple)):
        sequence = asarray(sequence) if hasattr(sequence, "__array__") else list(sequence)
    arrays = [asarray(a) for a in sequence]
    if not arrays:
        raise ArgumentError(f"need at least one array to {what}")
    return arrays


@implements(np.concatenate)
def concatenate(arrays, /, axis=0, out=None, *, dtype=None, casting="same_kind"):
    """The arrays one after the other along an axis.

    >>> concatenate([asarray([1]), asarray([2, 3])]).tolist()
    [1, 2, 3]
    """
    arrays = gathered(arrays, "concatenate")
    if axis is None:
        arrays, axis = [ravel(a) for a in arrays], 0
    if not arrays[0].ndim:
        raise ShapeError("zero-dimensional arrays cannot be concatenated")
    return into(out, joined(arrays, axis, common_dtype(arrays, dtype, casting)))


def joined(arrays, axis, dtype):
    """Arrays that agree but along an axis, one after the other."""
    first = arrays[0]
    axis = normalized_axis(axis, first.ndim)
    for k, each in enumerate(arrays):
        if each.ndim != first.ndim:
            raise ShapeError(
                "all the input array dimensions must agree: the array at index 0 has "
                f"{first.ndim} dimension(s) and the array at index {k} has {each.ndim}"
            )
        if any(n != m for j, (n, m) in enumerate(zip(each.shape, first.shape)) if j != axis):
            raise ShapeError(
                f"all the input array dimensions except for axis {axis} must match: the array "
                f"at index 0 has shape {first.shape}, the array at index {k} has shape {each.shape}"
            )
    return apply(ops.concatenate, *(astype(a, dtype) for a in arrays), axis=axis)


@implements(np.stack)
def stack(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    """The arrays side by side along a new axis.

    >>> stack([asarray([1, 2]), asarray([3, 4])], -1).tolist()
    [[1, 3], [2, 4]]
    """
    arrays = gathered(arrays, "stack")
    if len({a.shape for a in arrays}) > 1:
        listed = ", ".join(str(a.shape) for a in arrays)
        raise ShapeError(f"all input arrays must have the same shape, got {listed}")
    axis = normalized_axis(axis, arrays[0].ndim + 1)
    return concatenate(
        [expanded(a, (axis,)) for a in arrays], axis, out, dtype=dtype, casting=casting
    )


@implements(np.vstack)
def vstack(tup, *, dtype=None, casting="same_kind"):
    """The arrays one above the other.

    >>> vstack([[1, 2], [3, 4]]).tolist()
    [[1, 2], [3, 4]]
    """
    arrays = [np.atleast_2d(a) for a in gathered(tup, "concatenate")]
    return concatenate(arrays, 0, dtype=dtype, casting=casting)


@implements(np.hstack)
def hstack(tup, *, dtype=None, casting="same_kind"):
    """The arrays side by side.

    >>> hstack([[1, 2], [3]]).tolist()
    [1, 2, 3]
    """
    arrays = [np.atleast_1d(a) for a in gathered(tup, "concatenate")]
    return concatenate(arrays, 0 if arrays[0].ndim == 1 else 1, dtype=dtype, casting=casting)


@implements(np.dstack)
def dstack(tup):
    """The arrays one behind the other.

    >>> dstack([[1, 2], [3, 4]]).tolist()
    [[[1, 3], [2, 4]]]
    """
    return concatenate([np.atleast_3d(a) for a in gathered(tup, "concatenate")], 2)


@implements(np.column_stack)
def column_stack(tup):
    """The rows as columns, side by side.

    >>> column_stack([[1, 2], [3, 4]]).tolist()
    [[1, 3], [2, 4]]
    """
    arrays = gathered(tup, "concatenate")
    return concatenate([a if a.ndim > 1 else logical_reshape(a, (a.size, 1)) for a in arrays], 1)


@implements(np.block)
def block(arrays):
    """Nested lists of blocks as one array."""
    depth = _depth(arrays)
    ndim = max(depth, _widest(arrays))
    return fresh(_block(arrays, depth, ndim))


def _depth(arrays):
    if isinstance(arrays, tuple):
        raise ArgumentError("block takes lists: a tuple is not one")
    if not isinstance(arrays, list):
        return 0
    if not arrays:
        raise ArgumentError("List at arrays cannot be empty")
    depths = {_depth(a) for a in arrays}
    if len(depths) > 1:
        raise ArgumentError("List depths are mismatched")
    return depths.pop() + 1


def _widest(arrays):
    return max(map(_widest, arrays)) if isinstance(arrays, list) else asarray(arrays).ndim


def _block(arrays, depth, ndim):
    if not isinstance(arrays, list):
        a = asarray(arrays)
        return logical_reshape(a, (1,) * (ndim - a.ndim) + a.shape)
    return concatenate([_block(a, depth - 1, ndim) for a in arrays], -depth)


@implements(np.append)
def append(arr, values, axis=None):
    """The values after the array.

    >>> append([1, 2], [3]).tolist()
    [1, 2, 3]
    """
    arr, values = asarray(arr), asarray(values)
    if axis is None:
        return concatenate([ravel(arr), ravel(values)])
    return concatenate([arr, values], axis)


# Repeats.


@implements(np.repeat, method="repeat")
def repeat(a, repeats, axis=None):
    """Every element several times.

    >>> repeat(asarray([1, 2]), 2).tolist()
    [1, 1, 2, 2]
    """
    a = asarray(a)
    if axis is None:
        a, axis = ravel(a), 0
    axis = normalized_axis(axis, a.ndim)
    counts = _counts(repeats)
    if counts.size == 1:
        return _each_repeated(a, int(counts.reshape(-1)[0]), axis)
    if counts.shape != (a.shape[axis],):
        raise ShapeError(
            f"operands could not be broadcast together with shape ({a.shape[axis]},) {counts.shape}"
        )
    return fresh(picked(a, np.repeat(np.arange(counts.size), counts), axis))


def _counts(repeats):
    """How often, known while tracing: the size of the result depends on it."""
    if type(repeats) is Tensor:
        value = known(repeats)
        return (
            np.asarray(operator.index(repeats))
            if value is None and not repeats.ndim
            else np.asarray(repeats if value is None else value)
        )
    return np.asarray(repeats)


def _each_repeated(a, count, axis):
    if count < 0:
        raise ArgumentError("repeats may not contain negative values.")
    if a.shape[axis] == 0 or count == 0:
        return a[(slice(None),) * axis + (slice(0),)].copy()
    shape = (*a.shape[: axis + 1], count, *a.shape[axis + 1 :])
    wide = apply(
        ops.broadcast, a, shape=shape, axes=tuple(k for k in range(len(shape)) if k != axis + 1)
    )
    return fresh(
        logical_reshape(wide, (*a.shape[:axis], a.shape[axis] * count, *a.shape[axis + 1 :]))
    )


@implements(np.tile)
def tile(A, reps):
    """The array several times, along each axis.

    >>> tile(asarray([1, 2]), 2).tolist()
    [1, 2, 1, 2]
    """
    A, reps = asarray(A), sizes_of(reps)
    ndim = max(A.ndim, len(reps))
    reps = (1,) * (ndim - len(reps)) + reps
    sizes = (1,) * (ndim - A.ndim) + A.shape
    shape = tuple(n for pair in zip(reps, sizes) for n in pair)
    placed = dict(zip(range(ndim - A.ndim, ndim), range(A.ndim)))
    axes = tuple(2 * k + 1 for k in sorted(placed))
    wide = apply(ops.broadcast, A, shape=shape, axes=axes)
    return fresh(logical_reshape(wide, tuple(r * n for r, n in zip(reps, sizes))))


@implements(np.resize)
def resize(a, new_shape):
    """The elements in a row, repeated and cut to fill a shape.

    >>> resize([1, 2, 3], (2, 2)).tolist()
    [[1, 2], [3, 1]]
    """
    a, shape = ravel(a), sizes_of(new_shape)
    size = int(np.prod(shape, dtype=int))
    if not a.size or not size:
        return np.zeros_like(a, shape=shape)
    return fresh(logical_reshape(taken(a, counting((size,), 0) % a.size, 0), shape))


# Rolls.


@implements(np.roll)
def roll(a, shift, axis=None):
    """The elements moved on along axes; those that fall out come in again at the other end.

    >>> roll(asarray([1, 2, 3]), 1).tolist()
    [3, 1, 2]
    """
    a = asarray(a)
    if axis is None:
        return fresh(logical_reshape(roll(ravel(a), shift, 0), a.shape))
    axes, shifts = (v if isinstance(v, (tuple, list)) else (v,) for v in (axis, shift))
    count = max(len(axes), len(shifts))
    found = a
    for k, by in zip(axes * (count // len(axes)), shifts * (count // len(shifts))):
        found = _rolled(found, by, normalized_axis(k, a.ndim))
    return fresh(found)


def _rolled(a, shift, axis):
    size = a.shape[axis]
    if not size:
        return a
    if type(shift) is Tensor and known(shift) is None:
        return taken(a, (counting((size,), 0) - astype(shift, INT64)) % size, axis)
    shift = int(shift) % size
    before = (slice(None),) * axis
    if not shift:
        return a
    return joined(
        [a[(*before, slice(size - shift, None))], a[(*before, slice(size - shift))]], axis, a.dtype
    )


# Insertion and deletion.


@implements(np.delete)
def delete(arr, obj, axis=None):
    """The array without some parts of an axis.

    >>> delete(asarray([1, 2, 3]), 1).tolist()
    [1, 3]
    """
    arr = asarray(arr)
    if axis is None:
        arr, axis = ravel(arr), 0
    axis = normalized_axis(axis, arr.ndim)
    kept = np.delete(np.arange(arr.shape[axis]), _static(obj, "np.delete"))
    return fresh(picked(arr, kept, axis))


@implements(np.insert)
def insert(arr, obj, values, axis=None):
    """The array with values inserted before places of an axis.

    >>> insert(asarray([1, 3]), 1, 2).tolist()
    [1, 2, 3]
    """
    arr, values = asarray(arr), asarray(values)
    if axis is None:
        arr, axis = ravel(arr), 0
    axis, places = normalized_axis(axis, arr.ndim), _static(obj, "np.insert")
    values = _to_insert(arr, values, axis, places)
    size, count = arr.shape[axis], values.shape[axis]
    order = np.insert(np.arange(size), places, np.arange(size, size + count))
    both = joined([arr, astype(values, arr.dtype)], axis, arr.dtype)
    return fresh(picked(both, order, axis))


def _to_insert(arr, values, axis, places):
    """The values with the axes of the array; a single place takes them all, as NumPy has it."""
    single = np.ndim(places) == 0 and not isinstance(places, slice)
    values = logical_reshape(values, (1,) * (arr.ndim - values.ndim) + values.shape)
    if single:
        values = moveaxis(values, 0, axis)
    shape = list(arr.shape)
    count = (
        len(np.arange(arr.shape[axis])[places]) if isinstance(places, slice) else np.size(places)
    )
    shape[axis] = values.shape[axis] if single or count == 1 else count
    return broadcast_to(values, tuple(shape))


def _static(obj, name):
    """Places that must be known while tracing: the size of the result depends on them."""
    if is_uneven(obj):
        raise Unsupported(f"{name} at places of a traced number: choose with a mask, x[mask]")
    if type(obj) is not Tensor:
        return [operator.index(k) for k in obj] if isinstance(obj, list) and _traced(obj) else obj
    return operator.index(obj) if not obj.ndim else np.asarray(obj)


def _traced(places):
    return any(type(k) is Tensor for k in places)


METHODS["flatten"] = lambda a, order="C": fresh(ravel(a, order))
