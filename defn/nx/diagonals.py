"""Diagonals of matrices in the last two axes."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.errors import ArgumentError, ShapeError
from defn.numpy.axes import integer
from defn.numpy.composite import fresh, settled, strong
from defn.numpy.parts import diagonal
from defn.numpy.span import counting
from defn.nx.indexed import together
from defn.tensor import apply, asarray


def take_diagonal(x, offset=0):
    """The diagonal, or the one so many places to its right.

    >>> take_diagonal([[1, 2], [3, 4]]).tolist(), take_diagonal([[1, 2], [3, 4]], 1).tolist()
    ([1, 4], [2])
    """
    x = strong(asarray(x))
    return fresh(diagonal(x, offset_in(x, offset)))


def offset_in(x, offset):
    """An offset that lies in the matrices."""
    offset = integer(offset, "the offset of a diagonal")
    if x.ndim < 2:
        raise ShapeError(f"a diagonal needs two axes, not the shape {x.shape}")
    rows, columns = x.shape[-2:]
    if not -rows < offset < columns:
        raise ArgumentError(f"the diagonal {offset} lies outside of matrices of {(rows, columns)}")
    return offset


def make_diagonal(x, offset=0):
    """The square matrix with these numbers on a diagonal, and zeros elsewhere.

    >>> make_diagonal([1, 2]).tolist()
    [[1, 0], [0, 2]]
    """
    x = strong(asarray(x))
    if x.ndim != 1:
        raise ShapeError(f"make_diagonal takes one axis of numbers, not the shape {x.shape}")
    return np.diag(x, integer(offset, "the offset of a diagonal"))


def put_diagonal(x, values, offset=0):
    """The matrix with a diagonal replaced.

    >>> put_diagonal([[1, 2], [3, 4]], [8, 9]).tolist()
    [[8, 2], [3, 9]]
    """
    x, values = together(x, values)
    offset = offset_in(x, offset)
    wanted = diagonal(x, offset).shape
    if x.ndim != 2 or values.shape != wanted:
        raise ShapeError(
            f"put_diagonal takes a matrix and its whole diagonal {wanted}, not {x.shape} and "
            f"{values.shape}"
        )
    along = counting(wanted, 0)
    places = along + max(-offset, 0), along + max(offset, 0)
    return settled(apply(ops.scatter, x, values, *places, axes=(0, 1)), x.dtype)
