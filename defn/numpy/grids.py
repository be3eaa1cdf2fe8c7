"""The coordinates of grids."""

from __future__ import annotations

import numpy as np

from defn.errors import ArgumentError, Unsupported
from defn.numpy.composite import fresh
from defn.numpy.counting import arange, linspace
from defn.numpy.creation import asarray_of, creates, from_values, zeros
from defn.numpy.shapes import logical_reshape, sizes_of
from defn.numpy.span import counting
from defn.tensor import (
    astype,
)
from defn.types import as_dtype

# Grids.


@creates(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    """The coordinates of a grid, from those along each axis.

    >>> [x.tolist() for x in meshgrid([1, 2], [3, 4])]
    [[[1, 2], [1, 2]], [[3, 3], [4, 4]]]
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError("Valid values for `indexing` are 'xy' and 'ij'.")
    rows = [asarray_of(x) for x in xi]
    count = len(rows)
    places = list(range(count))
    if indexing == "xy" and count > 1:
        places[:2] = 1, 0
    laid = [
        logical_reshape(x, tuple(x.size if j == p else 1 for j in range(count)))
        for x, p in zip(rows, places)
    ]
    shown = laid if sparse else np.broadcast_arrays(*laid) if laid else ()
    return tuple(fresh(x) if copy else x for x in shown)


@creates(np.indices)
def indices(dimensions, dtype=int, sparse=False):
    """For each axis of a shape, the positions along it.

    >>> indices((2, 2)).tolist()
    [[[0, 0], [1, 1]], [[0, 1], [0, 1]]]
    """
    shape, dtype = sizes_of(dimensions) if np.size(dimensions) else (), as_dtype(dtype)
    if not sparse:
        rows = [astype(counting(shape, k), dtype) for k in range(len(shape))]
        return np.stack(rows) if rows else zeros((0,), dtype)
    return tuple(
        astype(counting(tuple(n if j == k else 1 for j, n in enumerate(shape)), k), dtype)
        for k in range(len(shape))
    )


@creates(np.fromfunction)
def fromfunction(function, shape, *, dtype=float, **settings):
    """A function of the positions along each axis.

    >>> fromfunction(lambda i, j: i + 2 * j, (2, 2)).tolist()
    [[0.0, 2.0], [1.0, 3.0]]
    """
    return function(*indices(shape, dtype), **settings)


class Grid:
    """`np.mgrid` and `np.ogrid`: a grid by slices."""

    def __init__(self, sparse):
        self.sparse = sparse

    def __getitem__(self, key):
        if not isinstance(key, tuple):
            return _steps(key)
        rows = [_steps(each) for each in key]
        dtype = np.result_type(*(r.dtype for r in rows))
        rows = meshgrid(*(astype(r, dtype) for r in rows), sparse=self.sparse, indexing="ij")
        return rows if self.sparse else np.stack(rows)


def _steps(part):
    """A slice as numbers: a complex step says how many."""
    start = 0 if part.start is None else part.start
    step = 1 if part.step is None else part.step
    if isinstance(step, complex):
        return linspace(start, part.stop, int(abs(step)))
    return arange(start, part.stop, step)


class Row:
    """`np.r_` and `np.c_`: slices and values, one after the other."""

    def __init__(self, columns):
        self.columns = columns

    def __getitem__(self, key):
        parts = [self._part(each) for each in (key if isinstance(key, tuple) else (key,))]
        return np.concatenate(parts, axis=-1) if self.columns else np.concatenate(parts)

    def _part(self, value):
        if isinstance(value, str):
            raise Unsupported(f"np.r_[{value!r}, ...]: use np.concatenate or np.stack")
        part = np.atleast_1d(
            _steps(value) if type(value) is slice else fresh(from_values(value, None))
        )
        return part[:, None] if self.columns and part.ndim == 1 else part


GRIDS = {np.mgrid: Grid(False), np.ogrid: Grid(True), np.r_: Row(False), np.c_: Row(True)}
GRID_KINDS = tuple(type(grid) for grid in GRIDS)
