"""Convolution: windows of an array, each multiplied with a kernel and summed (the kernel is not
flipped).
"""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.errors import ArgumentError, ShapeError
from defn.numpy.axes import integer
from defn.numpy.composite import inexact
from defn.numpy.parts import reshaped, transposed
from defn.nx.settings import each_axis, pads_of, spread_over
from defn.ops.product import window_counts
from defn.tensor import apply, asarray, astype
from defn.types import promote


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
    settings = settings_of(x, kernel, strides, padding, input_dilation, kernel_dilation)
    found = apply(ops.convolution, x, kernel, groups=groups, **settings)
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


def settings_of(x, kernel, strides, padding, input_dilation, kernel_dilation):
    """How the windows lie: over the sizes, not over batch and channels."""
    spatial, widths = x.ndim - 2, kernel.shape[2:]
    steps = each_axis(kernel_dilation, spatial, "kernel_dilation")
    pads = pads_of(padding, tuple(map(spread_over, widths, steps)))
    settings = {
        "strides": each_axis(strides, spatial, "strides"),
        "low": tuple(before for before, _ in pads),
        "high": tuple(after for _, after in pads),
        "input_dilation": each_axis(input_dilation, spatial, "input_dilation"),
        "kernel_dilation": steps,
    }
    if 0 in window_counts(x.shape[2:], widths, **settings):
        raise ShapeError(
            f"a kernel of widths {widths} (dilated {steps}) does not fit into sizes "
            f"{x.shape[2:]}, padded by {pads}"
        )
    return settings
