"""Windows that slide over an array: views that cannot be written."""

from __future__ import annotations

import numpy as np

from defn import ops, views
from defn.dispatch import implements
from defn.errors import ArgumentError, Unsupported
from defn.expr import make
from defn.numpy.axes import normalized_axis
from defn.numpy.layout import STRIDES, seen, type_like
from defn.numpy.shapes import sizes_of
from defn.tensor import asarray


class Windows(views.Lens):
    """Every stretch of so many elements along an axis; those of one stretch are the last axis."""

    __slots__ = ("axis", "width")
    writable = False

    def __init__(self, axis, width):
        self.axis, self.width = axis, width

    def over(self, count):
        return Windows(self.axis + 1, self.width)

    def read(self, base):
        count = base.shape[self.axis] - self.width + 1
        along = [make(ops.iota, (), {"shape": (count, self.width), "axis": k}) for k in (0, 1)]
        found = make(ops.gather, (base, make(ops.add, tuple(along))), {"axes": (self.axis,)})
        order = (*range(2, self.axis + 2), 0, *range(self.axis + 2, found.type.ndim), 1)
        return make(ops.transpose, (found,), {"axes": order})


def _window_strides(lens, shape, strides):
    sizes = (n - (lens.width - 1) * (k == lens.axis) for k, n in enumerate(shape))
    return (*sizes, lens.width), (*strides, strides[lens.axis])


STRIDES[Windows] = _window_strides


@implements(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(x, window_shape, axis=None, *, subok=False, writeable=False):
    """Every window of a shape, as the last axes of a view that cannot be written.

    >>> sliding_window_view(asarray([1, 2, 3]), 2).tolist()
    [[1, 2], [2, 3]]
    """
    x, widths = asarray(x), sizes_of(window_shape)
    if writeable:
        raise Unsupported("sliding_window_view(writeable=True): write into the array itself")
    given = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(normalized_axis(k, x.ndim) for k in given)
    if len(axes) != len(widths):
        raise ArgumentError("Must provide matching length window_shape and axis")
    for k, width in zip(axes, widths):
        x = _windows(x, k, width)
    return x


def _windows(x, axis, width):
    count = x.shape[axis] - width + 1
    if width < 0 or count < 1:
        raise ArgumentError("window shape cannot be larger than input array shape")
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :], width)
    return seen(x, (Windows(axis, width),), type_like(x, shape))
