"""Static parts of arrays, along one axis."""

from __future__ import annotations

from defn import ops
from defn.tensor import apply, asarray
from defn.types import INT64


def part(x, axis, start, size, step=1):
    """`size` elements along an axis, from `start`."""
    return _get(x, axis, start, size, step)


def element(x, axis, place):
    """The element at a place along an axis, which goes away."""
    return _get(x, axis, place % x.shape[axis], None, 1)


def elements(x, axis):
    """All elements along an axis, one by one."""
    return [element(x, axis, k) for k in range(x.shape[axis])]


def _get(x, axis, start, size, step):
    starts = [asarray(start if k == axis else 0, INT64) for k in range(x.ndim)]
    sizes = tuple(size if k == axis else n for k, n in enumerate(x.shape))
    steps = tuple(step if k == axis else 1 for k in range(x.ndim))
    return apply(ops.get, x, *starts, sizes=sizes, steps=steps)


def joined(parts, axis):
    """Arrays one after the other along an axis."""
    parts = tuple(parts)
    return parts[0] if len(parts) == 1 else apply(ops.concatenate, *parts, axis=axis)


def stacked(parts, axis):
    """Arrays of one shape side by side along a new axis."""
    return joined([with_axis(x, axis) for x in parts], axis)


def with_axis(x, axis):
    """The array with a new axis of size one."""
    return apply(ops.reshape, x, shape=(*x.shape[:axis], 1, *x.shape[axis:]))


def reshaped(x, shape):
    """The array in another shape; itself where that is its shape."""
    return x if x.shape == tuple(shape) else apply(ops.reshape, x, shape=tuple(shape))


def transposed(x, axes):
    """The array with its axes in another order; itself where the order is the same."""
    return x if tuple(axes) == tuple(range(x.ndim)) else apply(ops.transpose, x, axes=tuple(axes))


def flat(x):
    """The array as one axis."""
    return reshaped(x, (x.size,))


def moved(x, source, destination):
    """The array with one axis at another place."""
    axes = [k for k in range(x.ndim) if k != source % x.ndim]
    axes.insert(destination % x.ndim, source % x.ndim)
    return transposed(x, axes)


def diagonal(x, offset=0):
    """The diagonals of matrices in the last two axes: one stride over their elements."""
    *batch, rows, columns = x.shape
    size = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    start = (offset if offset >= 0 else -offset * columns) if size else 0
    flattened = reshaped(x, (*batch, rows * columns))
    return part(flattened, len(batch), start, size, columns + 1)
