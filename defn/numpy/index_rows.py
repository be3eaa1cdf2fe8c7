"""Rows of indices: for blocks, and for the row of all elements."""

from __future__ import annotations

import numpy as np

from defn.dispatch import implements
from defn.errors import ShapeError, Unsupported
from defn.numpy.creation import CREATION
from defn.numpy.listing import flat_position
from defn.numpy.shapes import logical_reshape
from defn.numpy.taking import brought_inside, is_given, nonzero
from defn.numpy.uneven_value import is_uneven
from defn.tensor import (
    asarray,
    astype,
)
from defn.types import BOOL, INT64

# Indices.


@implements(np.ix_)
def ix_(*args):
    """Rows of indices, each along its own axis, so that together they choose a block.

    >>> [k.shape for k in ix_([0, 2], [1, 3, 4])]
    [(2, 1), (1, 3)]
    """
    found = []
    for k, row in enumerate(args):
        row = asarray(row, None if is_given(row) else INT64)
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
    """The place in the row of all elements, of indices for each axis.

    >>> int(ravel_multi_index((1, 2), (3, 4)))
    6
    """
    if order != "C":
        raise Unsupported(f"ravel_multi_index(order={order!r}): only C order")
    modes = mode if isinstance(mode, tuple) else (mode,) * len(dims)
    indices = [brought_inside(asarray(i), n, m) for i, n, m in zip(multi_index, dims, modes)]
    return flat_position(np.broadcast_arrays(*(astype(i, INT64) for i in indices)), tuple(dims))


@implements(np.unravel_index)
def unravel_index(indices, shape, order="C"):
    """The index for each axis, of places in the row of all elements.

    >>> [int(k) for k in unravel_index(6, (3, 4))]
    [1, 2]
    """
    if order != "C":
        raise Unsupported(f"unravel_index(order={order!r}): only C order")
    rest, found = asarray(indices), []
    shape = tuple(shape) if np.iterable(shape) else (shape,)
    for size in reversed(shape[1:]):
        found.append(rest % size)
        rest = rest // size
    return (rest, *reversed(found)) if shape else ()


def _known(function):
    """A function whose indices are known while tracing."""

    def rows(*arguments, **settings):
        return tuple(asarray(each.tolist(), INT64) for each in function(*arguments, **settings))

    return rows


for _function in (np.tril_indices, np.triu_indices, np.diag_indices):
    CREATION[_function] = _known(_function)


@implements(np.tril_indices_from)
def tril_indices_from(arr, k=0):
    """The indices at and below a diagonal of an array.

    >>> [k.tolist() for k in tril_indices_from(np.ones((2, 2)))]
    [[0, 1, 1], [0, 0, 1]]
    """
    return CREATION[np.tril_indices](*asarray(arr).shape[:1], k, asarray(arr).shape[1])


@implements(np.triu_indices_from)
def triu_indices_from(arr, k=0):
    """The indices at and above a diagonal of an array.

    >>> [k.tolist() for k in triu_indices_from(np.ones((2, 2)))]
    [[0, 0, 1], [0, 1, 1]]
    """
    return CREATION[np.triu_indices](*asarray(arr).shape[:1], k, asarray(arr).shape[1])


@implements(np.diag_indices_from)
def diag_indices_from(arr):
    """The indices of the main diagonal of an array.

    >>> [k.tolist() for k in diag_indices_from(np.eye(2))]
    [[0, 1], [0, 1]]
    """
    arr = asarray(arr)
    return CREATION[np.diag_indices](arr.shape[0], arr.ndim)
