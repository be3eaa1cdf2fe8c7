"""Reductions by a function of the user's."""

from __future__ import annotations

import math

from defn.control import fori_loop
from defn.control import map as map_along
from defn.errors import ShapeError
from defn.numpy.axes import kept_shape, normalized_axes
from defn.numpy.composite import settled, strong
from defn.numpy.parts import reshaped, transposed
from defn.nx.spelling import axes_of, spelled
from defn.tensor import asarray, astype, broadcast_to
from defn.types import promote


@spelled
def reduce(x, start, function, *, axes=None, keepdims=False):
    """The elements along the axes, combined by `function(element, accumulated)` from a start.

    The function is called with arrays of the other axes: it works on each of their elements alone.

    >>> reduce([1, 2, 3], 0, lambda each, total: total + each).item()
    6
    """
    x, start = strong(asarray(x)), strong(asarray(start))
    if start.ndim:
        raise ShapeError(f"reduce starts from one number, not from {start.type}")
    dtype = promote(x.dtype, start.dtype)
    reduced = normalized_axes(axes_of(axes), x.ndim)
    others = tuple(k for k in range(x.ndim) if k not in reduced)
    shape = tuple(x.shape[k] for k in others)
    count = math.prod(x.shape[k] for k in reduced)
    rows = astype(reshaped(transposed(x, reduced + others), (count, *shape)), dtype)
    state = broadcast_to(astype(start, dtype), shape)
    total = fori_loop(
        0, count, lambda k, state: astype(asarray(function(rows[k], state)), dtype), state
    )
    return settled(reshaped(asarray(total), kept_shape(x.shape, reduced, keepdims)), dtype)


def map(x, function):
    """`function` of each element, itself an array without axes.

    >>> map([1.0, 2.0], lambda v: v * v).tolist()
    [1.0, 4.0]
    """
    x = strong(asarray(x))
    return reshaped(asarray(map_along(function, reshaped(x, (x.size,)))), x.shape)
