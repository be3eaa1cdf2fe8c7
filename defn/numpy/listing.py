"""Elements by rows of indices of traced length."""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.dispatch import METHODS
from defn.errors import Unsupported
from defn.numpy.composite import select
from defn.numpy.masked import Masked
from defn.numpy.positions import from_front
from defn.numpy.ragged import Ragged
from defn.numpy.selection import Selection, transposed, with_sizes
from defn.numpy.span import resized
from defn.numpy.subscript import Chosen, Listed
from defn.tensor import apply, asarray, astype, broadcast_to
from defn.types import INT64


class Listing:
    """Rows of indices of traced length: what `np.nonzero` and `np.where` give."""

    def __init__(self, x, items):
        lists = [item.values for item in items if type(item) is Listed]
        if any(each.ndim != 1 for each in lists):
            raise Unsupported(f"an index of traced length with more than one axis: {lists[0]!r}")
        arrays, form = type(lists[0]).meet(lists)
        self.counts = form(arrays[0])
        found = iter([Listed(form(a).filled(0)) for a in arrays])
        chosen = [
            _chosen(next(found) if type(i) is Listed else i, n)
            for i, n in with_sizes(items, x.shape)
        ]
        self.selection = Selection(x, chosen)

    def read(self):
        """The chosen elements, as many as there are indices."""
        found, first = self.selection.read(), self.selection.first
        if type(self.counts) is Masked:
            return Masked(found, self.counts.mask, first)
        spans = [None] * found.ndim
        (spans[first],) = self.counts.spans
        return Ragged(found, spans)

    def write(self, value):
        """Let the chosen elements hold a value; indices that do not count change nothing."""
        at = self.selection
        at.store(scattered(at.x, self.values(value), at.indices, at.axes, self.counts.mask))

    def values(self, value):
        """The value with its elements where the indices are."""
        return self.selection.values(self.read().aligned(value))


def _chosen(item, size):
    return Chosen(from_front(astype(item.values, INT64), size)) if type(item) is Listed else item


def scattered(x, values, indices, axes, mask):
    """The array with values put at indices where the mask is true.

    The others are put into one element more, which is cut off.
    """
    order = (*axes, *(k for k in range(x.ndim) if k not in axes))
    front = transposed(x, order)
    sizes, rest = front.shape[: len(axes)], front.shape[len(axes) :]
    count = math.prod(sizes)
    at = flat_position(indices, sizes)
    at = select(mask, at, broadcast_to(asarray(count, INT64), at.shape))
    room = resized(METHODS["reshape"](front, (count, *rest)), 0, count + 1)
    done = apply(ops.scatter, room, values, at, axes=(0,))[:count]
    return transposed(
        METHODS["reshape"](done, front.shape), tuple(int(k) for k in np.argsort(order))
    )


def flat_position(indices, sizes):
    """The position in a row of all elements, of an index for each axis."""
    position = indices[0]
    for index, size in zip(indices[1:], sizes[1:]):
        position = position * size + index
    return position
