"""Convolutions as sums of windows and products of matrices: four forms, and which one does least.

All take `x` with its padding, and give (batch, outputs, *counts).
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

from defn import ops
from defn.numpy.parts import element, part, reshaped, stacked, transposed, with_axis
from defn.numpy.windows import sliding_window_view
from defn.ops.product import window_counts
from defn.tensor import apply, asarray, broadcast_to
from defn.types import INT64

DIRECT = 256  # products in a sum that stand in the loop itself, of a kernel of one channel
SHORT = 80  # such products of several channels
FEW = 8  # outputs of a group, for which a product of matrices is too slim
WORTH = 1 << 20  # products altogether, from which on a long loop body is worth compiling


class Slide(NamedTuple):
    """Where the windows lie: how many, how wide, from one to the next, from element to element."""

    counts: tuple
    widths: tuple
    strides: tuple
    steps: tuple

    @property
    def taps(self):
        """The places inside of a window, in order."""
        return places(self.widths, self.steps)


def places(counts, steps):
    """Equally spaced places along each axis, in order."""
    return list(itertools.product(*(range(0, n * s, s) for n, s in zip(counts, steps))))


def convolution(x, kernel, *, groups, **settings):
    """The result, alone in a tuple."""
    counts = window_counts(x.shape[2:], kernel.shape[2:], **settings)
    slide = Slide(counts, kernel.shape[2:], settings["strides"], settings["kernel_dilation"])
    if not x.size or not kernel.size or 0 in counts:
        return (zeros((x.shape[0], kernel.shape[0], *counts), x.dtype),)
    if is_spread(settings, kernel, groups):
        return (spread_out(x, kernel, groups, slide, settings),)
    return (form(x, kernel, groups, slide)(padded(x, settings), kernel, groups, slide),)


def is_spread(settings, kernel, groups):
    """Are most products with zeros between the elements of the input?"""
    return max(settings["input_dilation"]) > 1 == max(settings["strides"]) and not (
        kernel.shape[1] == 1 and kernel.shape[0] == groups
    )


def form(x, kernel, groups, slide):
    """The form with the fewest pieces."""
    alone = kernel.shape[0] == groups
    if is_direct(x, kernel, groups, slide):
        return directly
    if math.prod(slide.counts) < len(slide.taps):
        return by_sums if alone and x.shape[0] == 1 else by_windows
    return by_taps


def is_direct(x, kernel, groups, slide):
    """Are so few products summed that each may stand in the loop itself?"""
    outputs, channels, taps = kernel.shape[0] // groups, kernel.shape[1], len(slide.taps)
    if outputs == channels == 1:
        return taps <= DIRECT
    all_products = x.shape[0] * kernel.size * math.prod(slide.counts)
    slim = outputs <= FEW and 1 < taps and channels * taps <= SHORT
    return slim and max(slide.strides) == 1 and all_products >= WORTH


def zeros(shape, dtype):
    """An array of zeros."""
    return broadcast_to(asarray(0, dtype), shape)


def padded(x, settings):
    """The array with zeros around and between its elements; negative padding cuts."""
    low, high, apart = settings["low"], settings["high"], settings["input_dilation"]
    around = [tuple(max(0, n) for n in side) for side in (low, high)]
    if any(map(any, around)) or max(apart) > 1:
        x = apply(
            ops.pad, x, asarray(0, x.dtype), low=(0, 0, *around[0]), high=(0, 0, *around[1]),
            interior=(0, 0, *(d - 1 for d in apart)),
        )  # fmt: skip
    for axis, (before, after) in enumerate(zip(low, high), 2):
        cut = [max(0, -before), max(0, -after)]
        if any(cut):
            x = part(x, axis, cut[0], x.shape[axis] - sum(cut))
    return x


def seen(x, place, counts, steps):
    """Equally spaced elements from a place on."""
    for axis, start in enumerate(place, 2):
        x = part(x, axis, start, counts[axis - 2], steps[axis - 2])
    return x


def by_taps(x, kernel, groups, slide):
    """For each place inside of the windows the elements there, as the rows of a matrix."""
    outside = (x.shape[0], *slide.counts)
    left = reshaped(kernel, (groups, kernel.shape[0] // groups, kernel.size // kernel.shape[0]))
    right = reshaped(taps_first(x, slide), (groups, left.shape[2], math.prod(outside)))
    found = reshaped(apply(ops.matmul, left, right), (kernel.shape[0], *outside))
    return transposed(found, (1, 0, *range(2, x.ndim)))


def taps_first(x, slide):
    """The elements of the windows, (channels, *places inside, batch, *windows)."""
    space = len(slide.widths)
    reach = [(n - 1) * step + 1 for n, step in zip(slide.widths, slide.steps)]
    windows = sliding_window_view(x, reach, tuple(range(2, x.ndim)))
    for k in range(space):
        windows = part(windows, 2 + k, 0, slide.counts[k], slide.strides[k])
        windows = part(windows, 2 + space + k, 0, slide.widths[k], slide.steps[k])
    return transposed(windows, (1, *range(2 + space, 2 + 2 * space), 0, *range(2, 2 + space)))


def by_windows(x, kernel, groups, slide):
    """Each window as the row of a matrix, where there are fewer of them than places inside."""
    starts = places(slide.counts, slide.strides)
    pieces = [seen(x, start, slide.widths, slide.steps) for start in starts]
    rows = stacked(pieces, 0)
    apart = reshaped(rows, (*rows.shape[:2], groups, kernel.shape[1], *slide.widths))
    inner = kernel.size // kernel.shape[0]
    left = transposed(apart, (2, 0, 1, *range(3, apart.ndim)))
    left = reshaped(left, (groups, len(starts) * x.shape[0], inner))
    right = transposed(reshaped(kernel, (groups, kernel.shape[0] // groups, inner)), (0, 2, 1))
    found = reshaped(
        apply(ops.matmul, left, right), (groups, len(starts), x.shape[0], right.shape[2])
    )
    return reshaped(transposed(found, (2, 0, 3, 1)), (x.shape[0], kernel.shape[0], *slide.counts))


def by_sums(x, kernel, groups, slide):
    """The few windows of one array, each with a kernel of its own: sums of products."""
    axes = tuple(range(1, kernel.ndim))
    found = []
    for start in places(slide.counts, slide.strides):
        window = reshaped(seen(x, start, slide.widths, slide.steps), kernel.shape)
        found.append(apply(ops.sum, window * kernel, axes=axes))
    return reshaped(stacked(found, 1), (1, groups, *slide.counts))


def directly(x, kernel, groups, slide):
    """The sum of products, element by element."""
    outputs, channels = kernel.shape[0] // groups, kernel.shape[1]
    shape = (x.shape[0], groups, outputs, *slide.counts)
    apart = reshaped(x, (x.shape[0], groups, channels, *x.shape[2:]))
    weights = reshaped(kernel, (groups, outputs, channels * len(slide.taps)))
    found = None
    for k, (channel, tap) in enumerate(itertools.product(range(channels), slide.taps)):
        piece = seen(element(apart, 2, channel), tap, slide.counts, slide.strides)
        weight = reshaped(part(weights, 2, k, 1), (groups, outputs, *(1 for _ in tap)))
        term = broadcast_to(with_axis(piece, 2), shape) * broadcast_to(weight, shape)
        found = term if found is None else found + term
    return reshaped(found, (x.shape[0], kernel.shape[0], *slide.counts))


# Where zeros lie between the elements.


def spread_out(x, kernel, groups, slide, settings):
    """The products of every element with every tap, each added where its window is."""
    sizes, taps = x.shape[2:], len(slide.taps)
    outputs, channels = kernel.shape[0] // groups, kernel.shape[1]
    left = transposed(reshaped(kernel, (groups, outputs, channels, taps)), (0, 3, 1, 2))
    right = transposed(x, (1, 0, *range(2, x.ndim)))
    right = reshaped(right, (groups, channels, x.size // x.shape[1]))
    products = apply(ops.matmul, reshaped(left, (groups, taps * outputs, channels)), right)
    products = reshaped(products, (groups, taps, outputs, x.shape[0], *sizes))
    found = zeros((kernel.shape[0], x.shape[0], *slide.counts), x.dtype)
    for k, tap in enumerate(slide.taps):
        piece = reshaped(part(products, 1, k, 1), (kernel.shape[0], x.shape[0], *sizes))
        found = added(found, piece, tap, settings)
    return transposed(found, (1, 0, *range(2, x.ndim)))


def added(found, piece, tap, settings):
    """The sum, with the products of a tap added where they fall inside."""
    starts, apart = [0, 0], settings["input_dilation"]
    for axis, (at, low, step) in enumerate(zip(tap, settings["low"], apart), 2):
        first = max(0, -((low - at) // step))
        last = min(piece.shape[axis] - 1, (found.shape[axis] - 1 - low + at) // step)
        if last < first:
            return found
        piece = part(piece, axis, first, last - first + 1)
        starts.append(first * step + low - at)
    starts = [asarray(start, INT64) for start in starts]
    return apply(ops.add_at, found, piece, *starts, sizes=piece.shape, steps=(1, 1, *apart))
