"""Reading and writing at indices: slices that start anywhere, and elements at tuples of indices."""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.errors import ArgumentError, ShapeError
from defn.numpy.axes import integer, normalized_axis
from defn.numpy.composite import fresh, settled, strong
from defn.numpy.parts import element, part
from defn.numpy.positions import positions
from defn.nx.settings import each_axis
from defn.tensor import PYTHON_NUMBERS, apply, asarray, astype, broadcast_to, kind_of
from defn.types import INT64, promote

# Slices.


def slice(x, starts, lengths, strides=1):
    """A part of an array, of known lengths from starts that may be traced: each is held so that the
    part fits. Of the part, each axis keeps every element that a stride comes to.

    >>> slice([1, 2, 3, 4], [3], [2]).tolist(), slice([1, 2, 3, 4], [0], [3], strides=2).tolist()
    ([3, 4], [1, 3])
    """
    x = strong(asarray(x))
    lengths, strides = (
        each_axis(v, x.ndim, w) for v, w in ((lengths, "lengths"), (strides, "strides"))
    )
    demand_axes(starts, x)
    if any(length > n for length, n in zip(lengths, x.shape)):
        raise ShapeError(f"a slice of {lengths} does not fit into shape {x.shape}")
    held = [within(s, n - length) for s, n, length in zip(starts, x.shape, lengths)]
    sizes = tuple(-(-length // step) for length, step in zip(lengths, strides))
    return settled(apply(ops.get, x, *held, sizes=sizes, steps=strides), x.dtype)


def demand_axes(starts, x):
    """Refuse starts that are not one for each axis."""
    if len(starts) != x.ndim:
        raise ShapeError(f"a slice of shape {x.shape} has a start for each axis, not {len(starts)}")


def within(start, last):
    """A start held between 0 and the last that there is."""
    if not isinstance(start, int):
        start = asarray(start)
        if start.dtype.kind not in "iu" or start.ndim:
            raise ShapeError(f"a start is one integer, not {start.type}")
        return np.minimum(np.maximum(astype(start, INT64), 0), last)
    return asarray(min(max(start, 0), last), INT64)


def slice_along_axis(x, start, length, axis=0, strides=1):
    """A part of one axis, of a known length from a start that may be traced.

    >>> slice_along_axis([[1, 2, 3], [4, 5, 6]], 1, 2, axis=1).tolist()
    [[2, 3], [5, 6]]
    """
    x = asarray(x)
    axis = normalized_axis(axis, x.ndim)
    starts, steps = [0] * x.ndim, [1] * x.ndim
    lengths = list(x.shape)
    starts[axis], lengths[axis], steps[axis] = start, length, strides
    return slice(x, starts, lengths, steps)


def put_slice(x, starts, value):
    """The array with a part of it replaced, from starts that are held so that the part fits.

    >>> put_slice([1, 2, 3, 4], [1], [8, 9]).tolist()
    [1, 8, 9, 4]
    """
    x, value = together(x, value)
    demand_axes(starts, x)
    if value.ndim != x.ndim or any(n > m for n, m in zip(value.shape, x.shape)):
        raise ShapeError(f"a slice of shape {value.shape} does not fit into shape {x.shape}")
    held = [within(s, m - n) for s, n, m in zip(starts, value.shape, x.shape)]
    made = apply(ops.put, x, value, *held, sizes=value.shape, steps=(1,) * x.ndim)
    return settled(made, x.dtype)


def together(x, value):
    """An array and what is written into it, in their common dtype."""
    operands = [v if type(v) in PYTHON_NUMBERS else asarray(v) for v in (x, value)]
    dtype = promote(*map(kind_of, operands))
    return [strong(asarray(v, dtype)) for v in operands]


def split(x, at, axis=0):
    """The two parts of an array before and after a place on an axis, or a share of it.

    >>> [part.tolist() for part in split([1, 2, 3, 4, 5], 0.5)]
    [[1, 2, 3], [4, 5]]
    """
    x = strong(asarray(x))
    axis = normalized_axis(axis, x.ndim)
    size = x.shape[axis]
    place = math.ceil(at * size) if isinstance(at, float) else integer(at, "the place of a split")
    place += size * (place < 0)
    if not 0 < place < size:
        raise ArgumentError(f"split of an axis of {size} elements at {at} leaves an empty part")
    parts = part(x, axis, 0, place), part(x, axis, place, size - place)
    return tuple(settled(p, x.dtype) for p in parts)


def to_batched(x, size, leftover="repeat"):
    """The array in batches of its first axis, one after the other; the last one is filled up from
    the front.

    With `leftover="discard"`, what does not fill a batch is left out.

    >>> [batch.tolist() for batch in to_batched([1, 2, 3], 2)]
    [[1, 2], [3, 1]]
    """
    x, size = strong(asarray(x)), integer(size, "the size of a batch")
    if leftover not in ("repeat", "discard"):
        raise ArgumentError(f"leftover is 'repeat' or 'discard', not {leftover!r}")
    if not x.ndim or not 1 <= size <= x.shape[0]:
        raise ShapeError(f"batches of {size} need a first axis of as many elements, not {x.shape}")
    whole, rest = divmod(x.shape[0], size)
    for k in range(whole):
        yield fresh(part(x, 0, k * size, size))
    if rest and leftover == "repeat":
        yield np.concatenate([part(x, 0, whole * size, rest), part(x, 0, 0, size - rest)])


# Elements at tuples of indices.


def indexed_axes(axes, count, ndim):
    """The axes that tuples of so many indices index: the first ones, if none are named."""
    found = range(count) if axes is None else (normalized_axis(k, ndim) for k in axes)
    found = tuple(found)
    if len(found) != count or len(set(found)) != count or count > ndim:
        raise ShapeError(f"tuples of {count} indices index as many axes of {ndim}, not {found}")
    return found


def coordinates(x, indices, axes):
    """Indices (..., k) as k arrays of places, one for each indexed axis."""
    indices = strong(asarray(indices))
    if not indices.ndim or indices.dtype.kind not in "iu":
        raise ShapeError(f"indices are integers of shape (..., k), not {indices.type}")
    last = indices.ndim - 1
    axes = indexed_axes(axes, indices.shape[-1], x.ndim)
    found = [positions(element(indices, last, j), k, x.shape[k]) for j, k in enumerate(axes)]
    return found, axes


def gather(x, indices, *, axes=None):
    """The elements, or parts, at indices: of shape `indices.shape[:-1]`, then the axes not indexed.

    >>> gather([[1, 2], [3, 4]], [[0, 1], [1, 0]]).tolist()
    [2, 3]
    """
    x = strong(asarray(x))
    places, axes = coordinates(x, indices, axes)
    return settled(apply(ops.gather, x, *places, axes=axes), x.dtype)


def indexed_add(x, indices, updates, *, axes=None):
    """The array with updates added at indices; those at the same place add up.

    >>> indexed_add([1, 2], [[0], [0]], [10, 20]).tolist()
    [31, 2]
    """
    return written(ops.scatter_add, x, indices, updates, axes)


def indexed_put(x, indices, updates, *, axes=None):
    """The array with updates put at indices; of several at one place, one stays.

    >>> indexed_put([1, 2], [[1]], [9]).tolist()
    [1, 9]
    """
    return written(ops.scatter, x, indices, updates, axes)


def written(op, x, indices, updates, axes):
    """The array with updates written at indices by a row."""
    x, updates = together(x, updates)
    places, axes = coordinates(x, indices, axes)
    rest = tuple(n for k, n in enumerate(x.shape) if k not in axes)
    wanted = places[0].shape + rest
    if updates.shape not in (wanted, ()):
        raise ShapeError(f"updates at these indices are of shape {wanted}, not {updates.shape}")
    made = apply(op, x, broadcast_to(updates, wanted), *places, axes=axes)
    return settled(made, x.dtype)
