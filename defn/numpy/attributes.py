"""Attributes and methods of arrays that are about their elements' dtype, memory and order."""

from __future__ import annotations

import numpy as np

from defn import ops, views
from defn.dispatch import METHODS, implements
from defn.errors import TypeMismatch, Unsupported
from defn.expr import make
from defn.numpy.composite import fresh
from defn.numpy.indexing import getitem
from defn.numpy.layout import STRIDES, contiguous, inside, read_only, seen, strides_of
from defn.numpy.orders import copied, transpose
from defn.numpy.shapes import ravel
from defn.numpy.writing import cycled, flat_view, set_flat
from defn.tensor import Tensor, asarray, assign
from defn.tensor import astype as cast
from defn.trace import current
from defn.types import Type, as_dtype


def astype(a, dtype, order="K", casting="unsafe", subok=True, copy=True):
    """The values cast to a dtype: a copy, unless nothing changes and `copy` is false.

    >>> astype(asarray([1.5, 2.5]), int).tolist()
    [1, 2]
    """
    dtype = as_dtype(dtype)
    if casting != "unsafe" and not np.can_cast(a.dtype, dtype, casting):
        raise TypeMismatch(
            f"cannot cast array data from {a.dtype} to {dtype} according to the rule {casting!r}"
        )
    if a.dtype == dtype and not a.weak:
        return a if a.scalar or not copy else _copy(a, order)
    found = _copy(cast(a, dtype), order) if a.weak else _copy(a, order, dtype)
    found.scalar = a.scalar
    return found


def _copy(a, order, dtype=None):
    return copied(a, dtype) if order == "K" else fresh(cast(a, dtype or a.dtype))


METHODS["astype"] = astype


@implements(np.astype)
def astype_function(x, dtype, /, *, copy=True, device=None):
    """The values cast to a dtype."""
    return astype(asarray(x), dtype, copy=copy)


class Bits(views.Lens):
    """The same bytes, read as another dtype of the same width."""

    __slots__ = ("dtype",)

    def __init__(self, dtype):
        self.dtype = dtype

    def over(self, count):
        return self

    def read(self, base):
        return make(ops.bitcast, (base,), {"dtype": self.dtype})

    def write(self, base, value):
        return make(ops.bitcast, (value,), {"dtype": base.dtype})


STRIDES[Bits] = lambda lens, shape, strides: (shape, strides)


def view(a, dtype=None, type=None):
    """The same array again; with a dtype of the same width, its bytes read as that."""
    if dtype is None:
        return seen(a, (), a.type)
    dtype = as_dtype(dtype)
    if dtype.itemsize != a.dtype.itemsize or "b" in (dtype.kind, a.dtype.kind):
        raise Unsupported(
            f".view({dtype}) of an array of dtype {a.dtype}: only dtypes of the same width; "
            "use .astype"
        )
    return seen(a, (Bits(dtype),), Type(dtype, a.shape))


METHODS["view"] = view


def fill(a, value):
    """Let every element hold a value."""
    assign(a, value)


METHODS["fill"] = fill


class Flat:
    """The elements in a row, as `x.flat` gives them: reading copies, writing writes the array."""

    __slots__ = ("array",)

    def __init__(self, array):
        self.array = array

    def __getitem__(self, subscript):
        found = getitem(flat_view(self.array), subscript)
        return fresh(found) if type(found) is Tensor and not found.scalar else found

    def __setitem__(self, subscript, value):
        count = getitem(flat_view(self.array), subscript)
        if type(count) is Tensor and count.ndim:
            value = cycled(value, count.size)[: count.size]
        set_flat(self.array, subscript, value)

    def __len__(self):
        return self.array.size

    def __iter__(self):
        return iter(flat_view(self.array))

    def __array__(self, dtype=None, copy=None):
        return self.copy().__array__(dtype, copy)

    def copy(self):
        """The elements in a row of their own."""
        return fresh(ravel(self.array))


METHODS["flat"] = property(Flat)


def strides(a):
    """The distance in bytes between neighbours along each axis."""
    counted = (
        tuple(2 * n for n in contiguous(a.shape)) if current() is None else strides_of(inside(a))
    )
    if counted is None:
        raise Unsupported("the strides of this view are not known: use .copy() first")
    width = a.dtype.itemsize if current() is None else inside(a).storage.value.type.dtype.itemsize
    return tuple(n * width // 2 for n in counted)


METHODS["strides"] = property(strides)


class Flags:
    """What `x.flags` says of an array's memory."""

    def __init__(self, array):
        self.writeable = not (array.scalar or read_only(array))
        self.c_contiguous = lies_in_order(array)
        self.f_contiguous = lies_in_order(transpose(array))
        self.fnc = self.f_contiguous and not self.c_contiguous
        self.owndata = not array.lenses
        self.aligned = True


def lies_in_order(array):
    """Do the elements lie in C order, without gaps?"""
    packed = tuple(n * array.itemsize for n in contiguous(array.shape))
    return not array.size or all(
        n == 1 or s == p for n, s, p in zip(array.shape, strides(array), packed)
    )


METHODS["flags"] = property(Flags)


@implements(np.shares_memory, np.may_share_memory)
def shares_memory(a, b, max_work=None):
    """Are the two arrays views of one?"""
    a, b = (asarray(v) for v in (a, b))
    if a.storage is b.storage and a.lenses and b.lenses:
        raise Unsupported(
            "np.shares_memory of two parts of one array: it is not computed; copy one of them"
        )
    return a.storage is b.storage


@implements(np.lib.stride_tricks.as_strided)
def as_strided(x, *arguments, **settings):
    """Refused: it reads memory by address."""
    raise Unsupported(
        "as_strided reads memory by address: use np.lib.stride_tricks.sliding_window_view(x, width) for "
        "windows, else slices or np.broadcast_to"
    )
