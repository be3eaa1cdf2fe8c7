"""The derivatives of convolutions, which are convolutions, and convolutions of batches."""

from __future__ import annotations

from defn import ops
from defn.ops.product import reach
from defn.tensor import apply
from defn.transforms.shapes import reshape, transpose


def in_groups(x, groups, axis):
    """The array with an axis parted into (groups, what is in one)."""
    return reshape(x, (*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1 :]))


def exchanged(x, groups):
    """Axes (groups * a, b, ...) as (groups * b, a, ...)."""
    apart = in_groups(x, groups, 0)
    turned = transpose(apart, (0, 2, 1, *range(3, apart.ndim)))
    return reshape(turned, (groups * turned.shape[1], *turned.shape[2:]))


def by_input(ct, x, kernel, *, strides, low, high, input_dilation, kernel_dilation, groups):
    """The cotangent of what is convolved: that of the windows, convolved with the kernel turned
    round.
    """
    reaches = tuple(map(reach, kernel.shape[2:], kernel_dilation))
    before = tuple(r - 1 - a for r, a in zip(reaches, low))
    ends = zip(x.shape[2:], input_dilation, ct.shape[2:], strides, low)
    after = tuple(reach(n, e) + a - reach(m, s) for n, e, m, s, a in ends)
    flipped = apply(ops.flip, kernel, axes=tuple(range(2, kernel.ndim)))
    return apply(
        ops.convolution, ct, exchanged(flipped, groups), strides=input_dilation, low=before,
        high=after, input_dilation=strides, kernel_dilation=kernel_dilation, groups=groups,
    )  # fmt: skip


def by_kernel(ct, x, kernel, *, strides, low, high, input_dilation, kernel_dilation, groups):
    """The cotangent of the kernel: the input, convolved with the cotangent of the windows; what was
    the batch is what is summed over.
    """
    ends = zip(kernel.shape[2:], kernel_dilation, ct.shape[2:], strides, x.shape[2:],
               input_dilation, low)  # fmt: skip
    after = tuple((w - 1) * d + reach(m, s) - a - reach(n, e) for w, d, m, s, n, e, a in ends)
    apart = in_groups(x, groups, 1)
    turned = transpose(apart, (2, 1, 0, *range(3, apart.ndim)))
    channels = reshape(turned, (turned.shape[0], groups * x.shape[0], *x.shape[2:]))
    found = apply(
        ops.convolution, channels, swapped(ct), strides=kernel_dilation, low=low, high=after,
        input_dilation=input_dilation, kernel_dilation=strides, groups=groups,
    )  # fmt: skip
    return swapped(found)


def swapped(x):
    """The array with its first two axes exchanged."""
    return transpose(x, (1, 0, *range(2, x.ndim)))


# Batches.


def batched_input(count, x, kernel, **settings):
    """The values of a batch beside each other in the batch that a convolution has."""
    together = reshape(x, (count * x.shape[1], *x.shape[2:]))
    found = apply(ops.convolution, together, kernel, **settings)
    return in_groups(found, count, 0)


def batched_kernel(count, x, kernel, *, groups, **settings):
    """The outputs of all kernels beside each other, those of each group together."""
    apart = in_groups(kernel, groups, 1)
    turned = transpose(apart, (1, 0, *range(2, apart.ndim)))
    outputs = kernel.shape[1] // groups
    together = reshape(turned, (groups * count * outputs, *kernel.shape[2:]))
    found = apply(ops.convolution, x, together, groups=groups, **settings)
    shape = (found.shape[0], groups, count, outputs, *found.shape[2:])
    back = transpose(reshape(found, shape), (2, 0, 1, 3, *range(4, len(shape))))
    return reshape(back, (count, found.shape[0], kernel.shape[1], *found.shape[2:]))


def batched_both(count, x, kernel, *, groups, **settings):
    """Each value as a group of channels."""
    channels = swapped(x)
    channels = reshape(channels, (x.shape[1], count * x.shape[2], *x.shape[3:]))
    together = reshape(kernel, (count * kernel.shape[1], *kernel.shape[2:]))
    found = apply(ops.convolution, channels, together, groups=count * groups, **settings)
    return swapped(in_groups(found, count, 1))


def batched(count, flags, x, kernel, **settings):
    """The convolutions of a batch."""
    if all(flags):
        return batched_both(count, x, kernel, **settings)
    return (batched_input if flags[0] else batched_kernel)(count, x, kernel, **settings)
