"""Reading and writing at an index.

`get`, `put` and `add_at` take one start per axis (an int64 scalar, constant or traced, in range), a static size
per axis (`None` drops the axis) and a static step. `gather` and `scatter` take arrays of indices of one shape.
"""

from __future__ import annotations

import numpy as np

from defn.ops.op import Kind, Op
from defn.types import Type


def window(starts, sizes, steps):
    """The index as NumPy writes it."""
    return tuple(
        int(s) if n is None else slice(int(s), int(s) + n * k, k) if n else slice(0, 0)
        for s, n, k in zip(starts, sizes, steps)
    )


def window_shape(sizes):
    """The shape of what a window reads."""
    return tuple(n for n in sizes if n is not None)


def _get(a, *starts, sizes, steps):
    return a[window(starts, sizes, steps)]


def _put(a, value, *starts, sizes, steps):
    out = np.array(a)
    out[window(starts, sizes, steps)] = value
    return out


def _add_at(a, value, *starts, sizes, steps):
    out = np.array(a)
    out[window(starts, sizes, steps)] += value
    return out


def _get_type(a, *starts, sizes, steps):
    return Type(a.dtype, window_shape(sizes))


def _first(a, *rest, **attrs):
    return a


get = Op("get", Kind.INDEX, _get_type, _get)
put = Op("put", Kind.INDEX, _first, _put)
add_at = Op("add_at", Kind.INDEX, _first, _add_at)


def gathered_shape(shape, axes, indices):
    """The shape of the indices, then of the axes that are not indexed."""
    return tuple(indices) + tuple(n for k, n in enumerate(shape) if k not in axes)


def _gather_type(a, *indices, axes):
    return Type(a.dtype, gathered_shape(a.shape, axes, indices[0].shape))


def in_front(a, axes):
    """The array with its indexed axes first: a view."""
    return np.transpose(a, (*axes, *(k for k in range(np.ndim(a)) if k not in axes)))


def _gather(a, *indices, axes):
    return in_front(a, axes)[indices]


def _scatter(a, values, *indices, axes):
    out = np.array(a)
    in_front(out, axes)[indices] = values
    return out


def _scatter_add(a, values, *indices, axes):
    out = np.array(a)
    np.add.at(in_front(out, axes), indices, values)
    return out


gather = Op("gather", Kind.INDEX, _gather_type, _gather, cost=4)
scatter = Op("scatter", Kind.INDEX, _first, _scatter, cost=4)
scatter_add = Op("scatter_add", Kind.INDEX, _first, _scatter_add, cost=4)
