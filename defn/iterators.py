"""NumPy's iterators over the places of arrays, `np.ndindex`, `np.ndenumerate` and `np.nditer`, as nests of loops."""

from __future__ import annotations

import math

import numpy as np

from defn.builtin_calls import Walk
from defn.errors import ArgumentError, ShapeError, Unsupported
from defn.numpy.layout import inside, is_contiguous
from defn.promotion import broadcast_shapes
from defn.pytree import leaves
from defn.tensor import asarray, broadcast_to, is_tensor

ALLOWED = {"multi_index", "c_index", "refs_ok", "zerosize_ok"}
ACCESS = {"readonly", "readwrite", "writeonly"}


class Nest(Walk):
    """The places of a shape, in C order: `at(*indices)` is the item of a place.

    >>> list(Nest((2, 2), lambda *place: place))
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """

    __slots__ = ("shape", "at", "__dict__")

    def __init__(self, shape, at):
        self.shape, self.at = shape, at
        super().__init__(math.prod(shape), self.flat)

    def flat(self, k):
        """The item of the place that is number `k`."""
        place = []
        for size in reversed(self.shape):
            place.append(k % size)
            k = k // size
        return self.at(*reversed(place))


def ndindex(*shape):
    """The indices of the elements of a shape."""
    if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
        (shape,) = shape
    sizes = tuple(n.__index__() for n in shape)
    if any(n < 0 for n in sizes):
        raise ArgumentError(f"negative dimensions are not allowed: {sizes}")
    return Nest(sizes, lambda *place: place)


def ndenumerate(arr):
    """The indices of the elements of an array, and the elements."""
    array = asarray(arr)
    return Nest(array.shape, lambda *place: (place, array[place]))


class Iterator(Nest):
    """`np.nditer` of arrays in C order: views of their elements, side by side."""

    def __init__(self, op, flags=(), op_flags=None, op_dtypes=None, order="K", casting="safe", op_axes=None,
                 itershape=None, buffersize=0):  # fmt: skip
        refuse_settings(flags, op_dtypes, op_axes, itershape)
        given = op if isinstance(op, (tuple, list)) else (op,)
        if any(each is None for each in given):
            raise Unsupported(
                "np.nditer that allocates an operand (None): pass an array, or use np.vectorize"
            )
        arrays = [asarray(each) for each in given]
        demand_order(arrays, order)
        shape = broadcast_shapes(*(a.shape for a in arrays))
        for array, flag in zip(arrays, access(op_flags, len(arrays)), strict=True):
            demand_full(array, flag, shape)
        self.operands = tuple(broadcast_to(a, shape) for a in arrays)
        super().__init__(shape, self.views)

    def views(self, *place):
        """The elements at a place, as arrays without axes: one, or a tuple of several."""
        self.multi_index, self.index = place, 0
        for k, size in zip(place, self.shape):
            self.index = self.index * size + k
        found = tuple(a[(*place, Ellipsis)] for a in self.operands)
        return found[0] if len(found) == 1 else found

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    @property
    def finished(self):
        raise Unsupported(
            "np.nditer stepped by hand while tracing: write `for x in np.nditer(...)`"
        )

    def iternext(self):
        """Refused: a `for` loop steps."""
        return self.finished


def refuse_settings(flags, op_dtypes, op_axes, itershape):
    """Refuse what asks about buffers and memory, which traced values do not have."""
    unknown = set(flags or ()) - ALLOWED
    if unknown or op_dtypes is not None or op_axes is not None or itershape is not None:
        asked = sorted(unknown) or "op_dtypes, op_axes or itershape"
        raise Unsupported(
            f"np.nditer with {asked} while tracing: the flags {sorted(ALLOWED)} are supported; cast, "
            "transpose or broadcast the arrays before"
        )


def demand_order(arrays, order):
    """Refuse an order other than C's: another one would be that of the memory."""
    if order == "C" or order in "KA" and all(is_contiguous(inside(a)) for a in arrays):
        return
    raise Unsupported(
        f"np.nditer in the order {order!r} while tracing follows the memory of its arrays: "
        "pass order='C', or iterate over the transposed array"
    )


def access(op_flags, count):
    """For each operand, whether it is read or written."""
    if op_flags is None:
        return ["readonly"] * count
    each = op_flags if isinstance(op_flags[0], (tuple, list)) else [op_flags] * count
    return [next((f for f in flags if f in ACCESS), "readonly") for flags in each]


def demand_full(array, flag, shape):
    """Refuse to write into an array that is repeated."""
    if flag != "readonly" and array.shape != shape:
        raise ShapeError(
            f"np.nditer writes into an operand of shape {array.shape}, broadcast to {shape}: "
            "broadcast and copy it first"
        )


def is_iterated(function, args):
    """Is this an iterator of NumPy's that must walk traced values, or any shape?"""
    if function is np.ndindex:
        return True
    return function in ITERATORS and any(is_tensor(x) for x in leaves(list(args)))


ITERATORS = {np.ndindex: ndindex, np.ndenumerate: ndenumerate, np.nditer: Iterator}
