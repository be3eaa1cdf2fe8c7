"""Order along an axis: the first one by default."""

from __future__ import annotations

from defn import numpy as functions
from defn.errors import ArgumentError
from defn.numpy.composite import settled, strong
from defn.numpy.sorting import top_k as greatest
from defn.nx.spelling import spelled
from defn.tensor import asarray
from defn.types import INT64, as_dtype

DIRECTIONS = {"asc": False, "desc": True}


def descends(direction):
    """Whether a direction is from the greatest on."""
    if direction not in DIRECTIONS:
        raise ArgumentError(f"direction is 'asc' or 'desc', not {direction!r}")
    return DIRECTIONS[direction]


def sort(x, axis=0, *, direction="asc", stable=False):
    """The values in order along an axis; nan is last going up, first going down.

    >>> sort([2, 3, 1], direction="desc").tolist()
    [3, 2, 1]
    """
    return functions.sort(strong(asarray(x)), axis, stable=stable, descending=descends(direction))


@spelled
def argsort(x, axis=0, *, direction="asc", stable=False, dtype=INT64):
    """The places of the values in order along an axis; equal ones stay in their order.

    >>> argsort([20, 30, 10], direction="desc").tolist()
    [1, 0, 2]
    """
    x = strong(asarray(x))
    made = functions.argsort(x, axis, stable=stable, descending=descends(direction))
    return settled(made, as_dtype(dtype))


def top_k(x, k=1):
    """The `k` greatest values along the last axis, from the greatest on, and their places.

    >>> [each.tolist() for each in top_k([1.0, 9.0, 4.0], k=2)]
    [[9.0, 4.0], [1, 2]]
    """
    return greatest(strong(asarray(x)), k)


def diff(x, *, order=1, axis=-1):
    """The differences of neighbours, taken so many times.

    >>> diff([1, 4, 9]).tolist()
    [3, 5]
    """
    return functions.diff(strong(asarray(x)), order, axis)


def take(x, indices, *, axis=0):
    """The parts of an axis at indices.

    >>> take([[1, 2], [3, 4]], [1, 1]).tolist()
    [[3, 4], [3, 4]]
    """
    return functions.take(strong(asarray(x)), indices, axis)


def take_along_axis(x, indices, *, axis=0):
    """For every index, the element there along an axis.

    >>> take_along_axis([[1, 2], [3, 4]], [[1, 0]]).tolist()
    [[3, 2]]
    """
    return functions.take_along_axis(strong(asarray(x)), indices, axis)
