"""Reductions over windows that slide along the axes.

All take the `window`, a width for each axis; `strides`, from one window to the next; `padding`,
"valid" for none, "same" for one window per element, or a pair (before, after) for each axis;
`window_dilations`, from one element of a window to the next.
"""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.errors import ShapeError, TypeMismatch
from defn.numpy.composite import filled, fresh, inexact, settled, strong
from defn.numpy.parts import flat, part, reshaped
from defn.numpy.span import counting
from defn.numpy.uneven import highest, lowest
from defn.nx.folds import reduce
from defn.nx.settings import count_of, each_axis, pads_of, spread_over
from defn.tensor import apply, asarray, astype, broadcast_to
from defn.types import INT64, promote

DIRECTLY = 4  # elements that are combined one by one; more, by halves


# Sizes.


class Windows:
    """Where windows lie in an array: its settings, checked."""

    def __init__(self, x, window, strides=1, padding="valid", window_dilations=1):
        self.widths = each_axis(window, x.ndim, "window")
        self.strides = each_axis(strides, x.ndim, "strides")
        self.dilations = each_axis(window_dilations, x.ndim, "window_dilations")
        self.reaches = tuple(map(spread_over, self.widths, self.dilations))
        self.pads = pads_of(padding, self.reaches)
        self.size = math.prod(self.widths)
        padded = tuple(n + low + high for n, (low, high) in zip(x.shape, self.pads))
        self.shape = tuple(map(count_of, padded, self.reaches, self.strides))
        if 0 in self.shape:
            raise ShapeError(
                f"windows of shape {self.widths} (dilated {self.dilations}) do not fit into "
                f"shape {padded}"
            )

    def padded(self, x, value):
        """The array with its padding; negative padding cuts."""
        for axis, (low, high) in enumerate(self.pads):
            cut = [max(0, -low), max(0, -high)]
            if any(cut):
                x = part(x, axis, cut[0], x.shape[axis] - sum(cut))
        ends = [tuple(max(0, n) for n in side) for side in zip(*self.pads)]
        if not any(map(any, ends)):
            return x
        low, high = ends
        return apply(
            ops.pad, x, asarray(value, x.dtype), low=low, high=high, interior=(0,) * x.ndim
        )


# The same combination along every axis, one axis after the other.


def combined(ufunc, x, windows, neutral):
    """What a ufunc that takes its operands in any order makes of each window."""
    x = windows.padded(x, neutral)
    for axis in range(x.ndim):
        x = along_axis(ufunc, x, axis, windows)
    return settled(fresh(x), x.dtype)


def along_axis(ufunc, x, axis, windows):
    """The windows of one axis, combined: from windows of a power of two, as the width is written in
    bits.
    """
    width, step = windows.widths[axis], windows.dilations[axis]
    count, stride = windows.shape[axis], windows.strides[axis]
    if width <= DIRECTLY:
        parts = [part(x, axis, k * step, count, stride) for k in range(width)]
        return folded(ufunc, parts)
    powers, parts, start = x, [], 0
    for bit in range(width.bit_length()):
        if width >> bit & 1:
            parts.append(part(powers, axis, start, count, stride))
            start += step << bit
        distance = step << bit
        if width >> (bit + 1):
            size = powers.shape[axis] - distance
            powers = ufunc(part(powers, axis, 0, size), part(powers, axis, distance, size))
    return folded(ufunc, parts)


def folded(ufunc, parts):
    """Arrays combined from the first to the last."""
    found = parts[0]
    for each in parts[1:]:
        found = ufunc(found, each)
    return found


def window_sum(x, window, *, strides=1, padding="valid", window_dilations=1):
    """The sum of each window.

    >>> window_sum([1, 2, 3, 4], (2,)).tolist()
    [3, 5, 7]
    """
    x = strong(asarray(x))
    return combined(np.add, x, Windows(x, window, strides, padding, window_dilations), 0)


def window_product(x, window, *, strides=1, padding="valid", window_dilations=1):
    """The product of each window.

    >>> window_product([1, 2, 3, 4], (2,)).tolist()
    [2, 6, 12]
    """
    x = strong(asarray(x))
    return combined(np.multiply, x, Windows(x, window, strides, padding, window_dilations), 1)


def window_max(x, window, *, strides=1, padding="valid", window_dilations=1):
    """The greatest element of each window; padding never is.

    >>> window_max([1, 4, 2, 3], (2,), strides=2).tolist()
    [4, 3]
    """
    x = ordered(x)
    windows = Windows(x, window, strides, padding, window_dilations)
    return combined(np.maximum, x, windows, lowest(x.dtype))


def window_min(x, window, *, strides=1, padding="valid", window_dilations=1):
    """The least element of each window; padding never is.

    >>> window_min([1, 4, 2, 3], (2,), padding="same").tolist()
    [1, 2, 2, 3]
    """
    x = ordered(x)
    windows = Windows(x, window, strides, padding, window_dilations)
    return combined(np.minimum, x, windows, highest(x.dtype))


def ordered(x):
    """The array, of a dtype that has an order."""
    x = strong(asarray(x))
    if x.dtype.kind == "c":
        raise TypeMismatch(
            f"complex numbers have no order: take abs() or the real part of {x.type}"
        )
    return x


def window_mean(x, window, *, strides=1, padding="valid", window_dilations=1):
    """The mean of each window; padding counts as zeros.

    >>> window_mean([1, 2, 3, 4], (2,)).tolist()
    [1.5, 2.5, 3.5]
    """
    x = inexact(asarray(x))
    windows = Windows(x, window, strides, padding, window_dilations)
    return combined(np.add, x, windows, 0) / windows.size


# Any function.


def reduce_window(x, start, window, function, *, strides=1, padding="valid", window_dilations=1):
    """Each window reduced by `function(element, accumulated)` from a start, which also is the
    padding.

    >>> reduce_window([1, 4, 2], 0, (2,), np.maximum).tolist()
    [4, 4]
    """
    x = strong(asarray(x))
    windows = Windows(x, window, strides, padding, window_dilations)
    elements, _ = spelled_out(windows.padded(x, start), windows)
    return reduce(elements, start, function, axes=(-1,))


def spelled_out(x, windows):
    """The elements of each window in a row, the last axis; and their places along each axis."""
    places = []
    for axis in range(x.ndim):
        firsts = counting(windows.shape + (windows.size,), axis) * windows.strides[axis]
        inside = reshaped(flat(counting(windows.widths, axis)), (1,) * x.ndim + (windows.size,))
        places.append(firsts + broadcast_to(inside * windows.dilations[axis], firsts.shape))
    return apply(ops.gather, x, *places, axes=tuple(range(x.ndim))), places


window_reduce = reduce_window


# Values sent back to where the extreme of a window was.


def window_scatter_max(x, source, start, window, *, strides=1, padding="valid"):
    """An array of `start`, to which each element of `source` is added where its window has its
    maximum.

    Of equal elements the last counts.

    >>> window_scatter_max([1, 4, 2, 3], [10, 20], 0, (2,), strides=2).tolist()
    [0, 10, 0, 20]
    """
    x = ordered(x)
    return scattered(np.argmax, x, lowest(x.dtype), source, start, window, strides, padding)


def window_scatter_min(x, source, start, window, *, strides=1, padding="valid"):
    """An array of `start`, to which each element of `source` is added where its window has its
    minimum.

    >>> window_scatter_min([1, 4, 2, 3], [10, 20], 0, (2,), strides=2).tolist()
    [10, 0, 20, 0]
    """
    x = ordered(x)
    return scattered(np.argmin, x, highest(x.dtype), source, start, window, strides, padding)


def scattered(extreme, x, neutral, source, start, window, strides, padding):
    """The sum of the sources whose window has its extreme at an element, plus a start."""
    source, start = strong(asarray(source)), strong(asarray(start))
    windows = Windows(x, window, strides, padding)
    if source.shape != windows.shape:
        raise ShapeError(
            f"source has one value for each of {windows.shape} windows, not {source.shape}"
        )
    dtype = promote(source.dtype, start.dtype)
    padded = windows.padded(x, neutral)
    elements, places = spelled_out(padded, windows)
    last = windows.size - 1 - extreme(apply(ops.flip, elements, axes=(x.ndim,)), axis=-1)
    at = [np.take_along_axis(p, last[..., None], -1)[..., 0] for p in places]
    nothing = broadcast_to(asarray(0, dtype), padded.shape)
    total = apply(
        ops.scatter_add, nothing, astype(source, dtype), *(astype(p, INT64) for p in at),
        axes=tuple(range(x.ndim)),
    )  # fmt: skip
    return total_inside(total, x, windows) + astype(start, dtype)


def total_inside(total, x, windows):
    """What lies inside the array, without its padding; zeros where padding cut."""
    for axis, (low, high) in enumerate(windows.pads):
        low, high = max(0, low), max(0, high)
        total = part(total, axis, low, total.shape[axis] - low - high)
    missing = [tuple(max(0, -n) for n in side) for side in zip(*windows.pads)]
    if not any(map(any, missing)):
        return total
    zero = filled(total, 0)
    return apply(
        ops.pad,
        total,
        reshaped(part(flat(zero), 0, 0, 1), ()),
        low=missing[0],
        high=missing[1],
        interior=(0,) * x.ndim,
    )
