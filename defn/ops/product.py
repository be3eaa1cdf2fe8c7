"""Products of matrices, (*batch, m, k) by (*batch, k, n), of one dtype and one batch; and of windows with a kernel."""

from __future__ import annotations

import math

import numpy as np

from defn.ops.op import Kind, Op
from defn.types import Type

matmul = Op(
    "matmul",
    Kind.PRODUCT,
    lambda x, y: Type(x.dtype, (*x.shape[:-1], y.shape[-1])),
    np.matmul,
)


def reach(width, dilation):
    """How far `width` elements reach that lie `dilation` apart."""
    return (width - 1) * dilation + 1 if width else 0


def window_counts(sizes, widths, *, strides, low, high, input_dilation, kernel_dilation):
    """How many windows there are along each axis."""
    settings = zip(sizes, widths, strides, low, high, input_dilation, kernel_dilation)
    return tuple(
        max(0, (reach(n, apart) + before + after - reach(w, step)) // stride + 1)
        for n, w, stride, before, after, apart, step in settings
    )


def _convolution_type(x, kernel, *, groups, **settings):
    counts = window_counts(x.shape[2:], kernel.shape[2:], **settings)
    return Type(x.dtype, (x.shape[0], kernel.shape[0], *counts))


def _convolution(x, kernel, *, groups, **settings):
    counts = window_counts(x.shape[2:], kernel.shape[2:], **settings)
    shape = (x.shape[0], kernel.shape[0], *counts)
    if not math.prod(shape) or not kernel.size or not x.size:
        return np.zeros(shape, x.dtype)
    windows = _windows(_spread(x, settings), kernel.shape[2:], counts, settings)
    batch, _, *rest = windows.shape
    apart = windows.reshape(batch, groups, -1, *rest)
    spatial = len(counts)
    order = (0, 1, 2, *range(3 + spatial, 3 + 2 * spatial), *range(3, 3 + spatial))
    columns = apart.transpose(order).reshape(batch, groups, -1, math.prod(counts))
    weights = kernel.reshape(groups, kernel.shape[0] // groups, -1)
    return np.matmul(weights, columns).reshape(shape)


def _spread(x, settings):
    """The array with zeros around and between its elements; negative padding cuts."""
    low, high, apart = settings["low"], settings["high"], settings["input_dilation"]
    ends = [reach(n, d) for n, d in zip(x.shape[2:], apart)]
    outer = [end + max(0, a) + max(0, b) for end, a, b in zip(ends, low, high)]
    made = np.zeros((*x.shape[:2], *outer), x.dtype)
    starts = [max(0, a) for a in low]
    made[(..., *(slice(a, a + end, d) for a, end, d in zip(starts, ends, apart)))] = x
    cuts = (slice(max(0, -a), n - max(0, -b)) for a, b, n in zip(low, high, outer))
    return made[(..., *cuts)]


def _windows(x, widths, counts, settings):
    """The windows: after the sizes, their own axes."""
    steps, strides = settings["kernel_dilation"], settings["strides"]
    reaches, axes = tuple(map(reach, widths, steps)), tuple(range(2, x.ndim))
    seen = np.lib.stride_tricks.sliding_window_view(x, reaches, axes)
    chosen = [slice(None, (n - 1) * s + 1, s) for n, s in zip(counts, strides)]
    return seen[(slice(None), slice(None), *chosen, *(slice(None, None, d) for d in steps))]


# convolution(x, kernel; strides, low, high, input_dilation, kernel_dilation, groups): windows of x (batch, channels,
# *sizes) times the kernel (outputs, channels of a group, *widths), summed; the kernel is not turned round. `low` and
# `high` pad, or cut where they are negative; dilations put zeros between elements.
convolution = Op("convolution", Kind.PRODUCT, _convolution_type, _convolution, cost=4)
