"""Convolution: windows of an array, each multiplied with a kernel and summed (the kernel is not
flipped).
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from defn import ops
from defn.errors import ArgumentError, ShapeError
from defn.numpy.axes import integer
from defn.numpy.composite import inexact
from defn.numpy.parts import part, reshaped, stacked, transposed
from defn.nx.settings import each_axis, pads_of
from defn.nx.windows import Windows
from defn.tensor import apply, asarray, astype
from defn.types import promote

ELEMENTWISE = 64  # taps of a kernel of one channel that are multiplied one by one


def conv(
    x,
    kernel,
    *,
    strides=1,
    padding="valid",
    input_dilation=1,
    kernel_dilation=1,
    feature_group_size=1,
    batch_group_size=1,
    input_permutation=None,
    kernel_permutation=None,
    output_permutation=None,
):
    """The windows of `x` (batch, channels, *sizes) times `kernel` (outputs, channels, *widths),
    summed.

    Groups: of `feature_group_size` groups of channels, or of `batch_group_size` groups of the
    batch, each has its own part of the outputs. A permutation says which axis of an array is the
    batch (outputs), which the channels, which the sizes: (0, 3, 1, 2) for channels that come last.

    >>> conv([[[1.0, 2.0, 3.0]]], [[[1.0, 10.0]]]).tolist()
    [[[21.0, 32.0]]]
    """
    x, kernel = inexact(asarray(x)), inexact(asarray(kernel))
    dtype = promote(x.dtype, kernel.dtype)
    demand_ranks(x, kernel)
    x = transposed(astype(x, dtype), order(input_permutation, x.ndim, "input_permutation"))
    kernel = transposed(
        astype(kernel, dtype), order(kernel_permutation, x.ndim, "kernel_permutation")
    )
    groups = integer(feature_group_size, "feature_group_size")
    batches = integer(batch_group_size, "batch_group_size")
    if batches != 1:
        x, groups = batch_as_features(x, groups, batches), batches
    demand_channels(x, kernel, groups)
    spatial = x.ndim - 2
    x = dilated(x, each_axis(input_dilation, spatial, "input_dilation"))
    windows = spatial_windows(x, kernel, strides, padding, kernel_dilation)
    found = convolved(windows.padded(x, 0), kernel, groups, windows)
    out = order(output_permutation, x.ndim, "output_permutation")
    return transposed(found, tuple(int(k) for k in np.argsort(out)))


# The operands.


def demand_ranks(x, kernel):
    """Refuse arrays that are no batch of channels, and kernels of another rank."""
    if x.ndim < 3 or kernel.ndim != x.ndim:
        raise ShapeError(
            "conv takes x of shape (batch, channels, *sizes) and a kernel of shape (outputs, "
            "channels, *widths), "
            f"not {x.shape} and {kernel.shape}"
        )


def order(permutation, ndim, what):
    """A permutation of all axes."""
    if permutation is None:
        return tuple(range(ndim))
    found = tuple(integer(k, what) % ndim for k in permutation)
    if sorted(found) != list(range(ndim)):
        raise ArgumentError(f"{what} has each of {ndim} axes once, not {tuple(permutation)}")
    return found


def batch_as_features(x, groups, batches):
    """Groups of the batch as groups of channels."""
    if groups != 1:
        raise ArgumentError("conv takes feature_group_size or batch_group_size, not both")
    size, channels, *rest = x.shape
    if batches < 1 or size % batches:
        raise ShapeError(f"a batch of {size} cannot be parted into {batches} groups")
    apart = reshaped(x, (batches, size // batches, channels, *rest))
    axes = (1, 0, *range(2, apart.ndim))
    return reshaped(transposed(apart, axes), (size // batches, batches * channels, *rest))


def demand_channels(x, kernel, groups):
    """Refuse kernels that do not have the channels of their group."""
    channels, outputs = x.shape[1], kernel.shape[0]
    if groups < 1 or channels % groups or outputs % groups:
        raise ShapeError(
            f"{channels} channels and {outputs} outputs cannot be parted into {groups} groups"
        )
    if channels // groups != kernel.shape[1]:
        raise ShapeError(
            f"the kernel has {kernel.shape[1]} channels, a group of x has {channels // groups}"
        )


def dilated(x, dilations):
    """The array with zeros between its elements."""
    if all(d == 1 for d in dilations):
        return x
    none = (0,) * x.ndim
    interior = (0, 0, *(d - 1 for d in dilations))
    return apply(ops.pad, x, asarray(0, x.dtype), low=none, high=none, interior=interior)


def spatial_windows(x, kernel, strides, padding, dilation):
    """The windows of a kernel: over the sizes, not over batch and channels."""
    spatial = x.ndim - 2
    steps = each_axis(dilation, spatial, "kernel_dilation")
    widths = kernel.shape[2:]
    reaches = tuple((w - 1) * d + 1 for w, d in zip(widths, steps))
    pads = ((0, 0), (0, 0), *pads_of(padding, reaches))
    jumps = (1, 1, *each_axis(strides, spatial, "strides"))
    return Windows(x, (1, 1, *widths), jumps, pads, (1, 1, *steps))


# The product.


def convolved(x, kernel, groups, windows):
    """The windows times the kernel: a matrix product for each group, or a sum of a few products."""
    taps = math.prod(kernel.shape[2:])
    if kernel.shape[1] == 1 and kernel.shape[0] == groups and taps <= ELEMENTWISE:
        return one_by_one(x, kernel, windows)
    channels_first = transposed(x, (1, 0, *range(2, x.ndim)))
    pieces = [shifted(channels_first, offset, windows) for offset in offsets_of(windows)]
    columns = pieces[0] if taps == 1 else stacked(pieces, 1)
    batch, outputs = x.shape[0], kernel.shape[0]
    inner, outside = kernel.shape[1] * taps, (batch, *windows.shape[2:])
    left = reshaped(kernel, (groups, outputs // groups, inner))
    right = reshaped(columns, (groups, inner, math.prod(outside)))
    found = reshaped(apply(ops.matmul, left, right), (outputs, *outside))
    return transposed(found, (1, 0, *range(2, x.ndim)))


def offsets_of(windows):
    """The places inside a window, in order."""
    spans = [range(0, w * d, d) for w, d in zip(windows.widths[2:], windows.dilations[2:])]
    return list(itertools.product(*spans))


def shifted(x, offset, windows):
    """The element at a place of every window."""
    for axis, start in enumerate(offset, 2):
        x = part(x, axis, start, windows.shape[axis], windows.strides[axis])
    return x


def one_by_one(x, kernel, windows):
    """Each channel with a kernel of its own: a sum of products."""
    channels, *widths = kernel.shape[0], *kernel.shape[2:]
    taps = reshaped(kernel, (channels, math.prod(widths)))
    found = None
    for k, offset in enumerate(offsets_of(windows)):
        weight = reshaped(taps[:, k], (1, channels, *(1 for _ in widths)))
        term = shifted(x, offset, windows) * weight
        found = term if found is None else found + term
    return found
