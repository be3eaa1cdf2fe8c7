"""Elements by arrays of indices."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import METHODS
from defn.errors import BoundsError, ShapeError
from defn.numpy.basic import as_scalar, lenses_of
from defn.numpy.layout import seen, store, type_like
from defn.numpy.slices import Part
from defn.numpy.subscript import Chosen, Fresh, Point
from defn.numpy.uneven_value import is_uneven
from defn.promotion import broadcast_shapes
from defn.tensor import apply, asarray, astype, broadcast_to

# Arrays of indices.


class Selection:
    """Elements of an array by index arrays that are broadcast together, beside slices and new axes.

    Integers beside index arrays count as index arrays.
    """

    def __init__(self, x, items):
        self.root = x
        whole = [_all_of(item, size) for item, size in with_sizes(items, x.shape)]
        self.chain, shape = lenses_of(x.shape, whole)
        self.x = seen(x, self.chain, type_like(x, shape))
        self.axes = tuple(k for k, item in enumerate(items) if type(item) in (Chosen, Point))
        indices = [_index_of(items[k]) for k in self.axes]
        self.shape = shape_of_indices(indices)
        self.indices = [broadcast_to(i, self.shape) for i in indices]
        adjacent = self.axes[-1] - self.axes[0] < len(self.axes)
        self.first = self.axes[0] if adjacent else 0
        self.rest = tuple(n for k, n in enumerate(shape) if k not in self.axes)

    def order(self):
        """The axes of what `gather` gives, in the order in which NumPy gives them."""
        count = len(self.shape)
        rest = list(range(count, count + len(self.rest)))
        return (*rest[: self.first], *range(count), *rest[self.first :])

    def read(self):
        """The chosen elements: a copy."""
        found, order = apply(ops.gather, self.x, *self.indices, axes=self.axes), self.order()
        return found if order == tuple(range(len(order))) else METHODS["transpose"](found, order)

    def result_shape(self):
        """The shape that NumPy gives the selection."""
        return tuple((*self.shape, *self.rest)[k] for k in self.order())

    def values(self, value):
        """A value cast and repeated to the selection, its axes in the order of `scatter`."""
        if is_uneven(value):
            value = value.exactly(self.result_shape())
        value = spread(value, self.result_shape(), self.x.dtype)
        return transposed(value, tuple(int(k) for k in np.argsort(self.order())))

    def write(self, value):
        """Let the chosen elements hold a value; of two for one element, the last counts."""
        self.store(apply(ops.scatter, self.x, self.values(value), *self.indices, axes=self.axes))

    def store(self, new):
        """Let the array that was chosen from hold this."""
        store(self.root, self.chain, self.x, new)


def _all_of(item, size):
    """Where indices choose, the whole axis is there to choose from."""
    return Part(0, size, 1) if type(item) in (Chosen, Point) else item


def _index_of(item):
    return item.indices if type(item) is Chosen else as_scalar(item.at)


def shape_of_indices(indices):
    """The shape that index arrays have together."""
    try:
        return broadcast_shapes(*(i.shape for i in indices))
    except ShapeError:
        listed = " ".join(str(i.shape) for i in indices)
        raise BoundsError(
            f"shape mismatch: indexing arrays could not be broadcast together with shapes {listed}"
        ) from None


def transposed(x, order):
    """The axes in this order; the array itself where they are."""
    return x if order == tuple(range(len(order))) else apply(ops.transpose, x, axes=tuple(order))


def spread(value, shape, dtype):
    """A value cast and repeated to a shape, as an assignment takes it."""
    value = astype(asarray(value), dtype)
    while value.ndim > len(shape) and value.shape[0] == 1:
        value = METHODS["reshape"](value, value.shape[1:])
    if broadcast_shapes(value.shape, shape) != shape:
        raise ShapeError(
            f"shape mismatch: value array of shape {value.shape} could not be broadcast to "
            f"indexing result of shape {shape}"
        )
    return broadcast_to(value, shape)


def with_sizes(items, shape):
    """The items of an index, each with a size of the shape; 1 for a new axis."""
    sizes = iter(shape)
    return [(item, 1 if type(item) is Fresh else next(sizes)) for item in items]
