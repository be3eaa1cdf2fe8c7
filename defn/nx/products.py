"""Products of arrays over named axes."""

from __future__ import annotations

import math

import numpy as np

from defn import numpy as functions
from defn import ops
from defn.errors import ArgumentError, ShapeError
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import settled, strong
from defn.numpy.parts import flat, reshaped, transposed
from defn.nx.indexed import together
from defn.tensor import apply


def dot(*operands):
    """The sum of products: `dot(x, y)` over the last axis of x and the last but one of y, or the
    only one; `dot(x, axes, y, axes)` over named axes; `dot(x, axes, batch, y, axes, batch)` for each
    place of the batch axes, which come first in the result.

    >>> dot([[1, 2], [3, 4]], [1], [10, 1], [0]).tolist()
    [12, 34]
    """
    if len(operands) == 2:
        return functions.dot(*together(*operands))
    if len(operands) not in (4, 6):
        raise ArgumentError(f"dot takes 2, 4 or 6 arguments, not {len(operands)}")
    half = len(operands) // 2
    x, y = together(operands[0], operands[half])
    settings = operands[1:half], operands[half + 1 :]
    left, right = (Parted(v, *s) for v, s in zip((x, y), settings))
    demand_pairs(left, right)
    product = apply(ops.matmul, left.matrices(False), right.matrices(True))
    shape = (*left.sizes(left.batch), *left.sizes(left.free), *right.sizes(right.free))
    return settled(reshaped(product, shape), x.dtype)


class Parted:
    """An operand of a product, its axes parted into batch, free and summed ones."""

    def __init__(self, x, summed, batch=()):
        self.x = x
        self.summed, self.batch = (
            tuple(normalized_axis(k, x.ndim) for k in s) for s in (summed, batch)
        )
        used = (*self.summed, *self.batch)
        if len(set(used)) != len(used):
            raise ArgumentError(f"dot names an axis twice: {summed} and {batch}")
        self.free = tuple(k for k in range(x.ndim) if k not in used)

    def sizes(self, axes):
        """The sizes of some axes."""
        return tuple(self.x.shape[k] for k in axes)

    def matrices(self, summed_first):
        """The operand as matrices, one for each place of the batch axes."""
        sides = (self.summed, self.free) if summed_first else (self.free, self.summed)
        sizes = (*self.sizes(self.batch), *(math.prod(self.sizes(side)) for side in sides))
        return reshaped(transposed(self.x, (*self.batch, *sides[0], *sides[1])), sizes)


def demand_pairs(left, right):
    """Refuse operands whose summed or batch axes differ in size."""
    for what in ("summed", "batch"):
        sizes = [side.sizes(getattr(side, what)) for side in (left, right)]
        if sizes[0] != sizes[1]:
            raise ShapeError(f"the {what} axes of dot are of sizes {sizes[0]} and {sizes[1]}")


def outer(x, y):
    """All products of an element of `x` and one of `y`, which is conjugated where it is complex.

    >>> outer([1, 2], [10, 20]).tolist()
    [[10, 20], [20, 40]]
    """
    x, y = together(x, y)
    y = np.conjugate(y) if y.dtype.kind == "c" else y
    return strong(reshaped(flat(x), (x.size, 1)) * flat(y))
