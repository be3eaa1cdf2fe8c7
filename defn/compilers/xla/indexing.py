"""Reading and writing at an index: windows by dynamic slices, index arrays by gather and scatter.

A write is never a scatter where it is a window: a window read, changed and written back is in place
in a loop, on every device. Starts may be known integers, then a read is a static slice.
"""

from __future__ import annotations

import math

import numpy as np
from jax import lax

from defn.compilers.xla.bits import where

NARROW = np.iinfo(np.int32).max  # an index into an axis of no more fits 32 bits
MOST = 4  # a window of at least this part of its array is written in a pass over the array


def extents(sizes, steps):
    """How far each window reaches: its elements and what lies between them."""
    return tuple(1 if n is None else (n - 1) * k + 1 if n else 0 for n, k in zip(sizes, steps))


def kept(sizes):
    """The window's shape with the dropped axes as ones."""
    return tuple(1 if n is None else n for n in sizes)


def known(starts):
    """Are all starts known integers?"""
    return all(isinstance(s, (int, np.integer)) for s in starts)


def read_window(a, starts, reach):
    """A dense window at traced starts, which are in range."""
    return lax.dynamic_slice(a, starts, reach, allow_negative_indices=False)


def write_window(a, value, starts):
    """The array with a dense window replaced."""
    return lax.dynamic_update_slice(a, value, starts, allow_negative_indices=False)


def get(a, *starts, sizes, steps):
    """The window's elements, the dropped axes dropped."""
    reach, shape = extents(sizes, steps), tuple(n for n in sizes if n is not None)
    if known(starts):
        ends = [int(s) + r for s, r in zip(starts, reach)]
        return lax.slice(a, [int(s) for s in starts], ends, steps).reshape(shape)
    window = read_window(a, starts, reach)
    if any(k != 1 for k in steps):
        window = lax.slice(window, [0] * len(reach), reach, steps)
    return window.reshape(shape)


def put(a, value, *starts, sizes, steps):
    """The array with the window's elements replaced."""
    value = value.reshape(kept(sizes))
    if 0 in value.shape:
        return a
    if extents(sizes, steps) == value.shape:
        return write_window(a, value, starts)
    window = read_window(a, starts, extents(sizes, steps))
    return write_window(a, where(*spread(value, steps), window), starts)


def is_most(a, value, starts):
    """Is this a known window of a good part of the array? One pass over the array then fuses with
    its neighbours.
    """
    return known(starts) and MOST * value.size >= a.size


def laid_over(a, value, starts, steps):
    """Where in the array a known window has its elements, and these elements, zeros elsewhere."""
    reach = [int(s) + (n - 1) * k + 1 for s, n, k in zip(starts, value.shape, steps)]
    around = [(int(s), n - r, k - 1) for s, n, r, k in zip(starts, a.shape, reach, steps)]
    mask = lax.pad(lax.full(value.shape, True), np.bool_(False), around)
    return mask, lax.pad(value, np.zeros((), value.dtype), around)


def spread(value, steps):
    """Where a strided window has its elements, and these elements, zeros between them."""
    between = [(0, 0, k - 1) for k in steps]
    mask = lax.pad(lax.full(value.shape, True), np.bool_(False), between)
    return mask, lax.pad(value, np.zeros((), value.dtype), between)


def plus(x, y):
    """NumPy's addition, which is `or` of booleans."""
    return lax.bitwise_or(x, y) if x.dtype == np.bool_ else lax.add(x, y)


def add_at(a, value, *starts, sizes, steps):
    """The array with the values added to the window's elements."""
    if 0 in value.shape:
        return a
    if is_most(a, value, starts):
        mask, values = laid_over(a, value.reshape(kept(sizes)), starts, steps)
        return where(mask, plus(a, values), a)
    here = get(a, *starts, sizes=sizes, steps=steps)
    return put(a, plus(here, value), *starts, sizes=sizes, steps=steps)


# Index arrays.


def stacked(indices, shape):
    """Index arrays of one shape as the last axis of one array, in half the memory where they fit."""
    if max(shape) <= NARROW:
        indices = [lax.convert_element_type(i, np.int32) for i in indices]
    return lax.concatenate([lax.expand_dims(i, [i.ndim]) for i in indices], indices[0].ndim)


def gather(a, *indices, axes):
    """The elements at the indices, the other axes whole and last."""
    rest = tuple(k for k in range(a.ndim) if k not in axes)
    batch = indices[0].ndim
    numbers = lax.GatherDimensionNumbers(
        offset_dims=tuple(range(batch, batch + len(rest))),
        collapsed_slice_dims=tuple(sorted(axes)),
        start_index_map=axes,
    )
    sizes = tuple(1 if k in axes else n for k, n in enumerate(a.shape))
    if not a.size:
        return lax.full((*indices[0].shape, *(a.shape[k] for k in rest)), 0, a.dtype)
    return lax.gather(
        a, stacked(indices, a.shape), numbers, sizes, mode=lax.GatherScatterMode.PROMISE_IN_BOUNDS
    )


def scattered(combine):
    """The rule of a scatter that combines old and new elements in this way."""

    def rule(a, values, *indices, axes):
        if not math.prod(values.shape):
            return a
        rest = tuple(k for k in range(a.ndim) if k not in axes)
        batch = indices[0].ndim
        numbers = lax.ScatterDimensionNumbers(
            update_window_dims=tuple(range(batch, batch + len(rest))),
            inserted_window_dims=tuple(sorted(axes)),
            scatter_dims_to_operand_dims=axes,
        )
        return combine(
            a,
            stacked(indices, a.shape),
            values,
            numbers,
            mode=lax.GatherScatterMode.PROMISE_IN_BOUNDS,
        )

    return rule


scatter = scattered(lax.scatter)
_add = scattered(lax.scatter_add)
_or = scattered(lax.scatter_max)


def scatter_add(a, values, *indices, axes):
    """The array with the values added at the indices; `or` of booleans."""
    if a.dtype != np.bool_:
        return _add(a, values, *indices, axes=axes)
    raised = _or(a.astype(np.uint8), values.astype(np.uint8), *indices, axes=axes)
    return raised != 0
