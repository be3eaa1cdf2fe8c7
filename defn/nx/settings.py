"""The settings that windows and convolutions share."""

from __future__ import annotations

from defn.errors import ArgumentError, ShapeError, suggestion
from defn.numpy.axes import integer

PADDINGS = ("valid", "same")


def each_axis(value, ndim, what):
    """A setting for every axis, from one number for all or one for each.

    >>> each_axis(2, 3, "strides")
    (2, 2, 2)
    """
    if not isinstance(value, (tuple, list)):
        value = (value,) * ndim
    found = tuple(integer(v, what) for v in value)
    if len(found) != ndim:
        raise ShapeError(f"{what} has one number for each of {ndim} axes, not {len(found)}")
    if any(v < 1 for v in found):
        raise ArgumentError(f"{what} must be 1 or more, got {found}")
    return found


def pads_of(padding, widths):
    """What is put before and after each axis, for windows of such widths.

    >>> pads_of("same", (3, 4)), pads_of([(0, 1), (2, 2)], (3, 4))
    (((1, 1), (1, 2)), ((0, 1), (2, 2)))
    """
    if isinstance(padding, str):
        if padding not in PADDINGS:
            raise ArgumentError(
                f"padding is 'valid', 'same' or pairs of numbers, not {padding!r}"
                f"{suggestion(padding, PADDINGS, listed=False)}"
            )
        total = [w - 1 if padding == "same" else 0 for w in widths]
        return tuple((n // 2, n - n // 2) for n in total)
    pairs = tuple((integer(low, "padding"), integer(high, "padding")) for low, high in padding)
    if len(pairs) != len(widths):
        raise ShapeError(f"padding has a pair for each of {len(widths)} axes, not {len(pairs)}")
    return pairs


def spread_over(width, dilation):
    """How many elements a window reaches over."""
    return (width - 1) * dilation + 1


def count_of(size, width, stride):
    """How many windows there are along an axis.

    >>> count_of(7, 3, 2)
    3
    """
    return (size - width) // stride + 1 if size >= width else 0
