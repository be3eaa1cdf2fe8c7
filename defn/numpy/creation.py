"""Arrays made from nothing, like another, or from values."""

from __future__ import annotations

import functools
import inspect
import itertools

import numpy as np

from defn import backends
from defn.dispatch import GIVE_WAY, METHODS, implements
from defn.errors import ArgumentError, Unsupported
from defn.numpy.composite import fresh
from defn.numpy.layout import inside, is_contiguous, read_only
from defn.numpy.orders import copied, transpose
from defn.numpy.places import beside, placed
from defn.numpy.shapes import logical_reshape, only_c, sizes_of
from defn.tensor import (
    PYTHON_NUMBERS,
    Tensor,
    asarray,
    astype,
    broadcast_to,
    contains_tensor,
    eager,
)
from defn.trace import current
from defn.types import as_dtype

FLOAT = np.dtype("float64")
# NumPy functions that do not ask their arguments -> what they mean in a traced function.
CREATION: dict = {}


def creates(*functions):
    """Decorate what NumPy functions that make arrays mean; they dispatch only with `like=`."""

    def register(function):
        function = (
            placed(function) if "device" in inspect.signature(function).parameters else function
        )
        for each in functions:
            CREATION[each] = _unlike(function)
        return implements(*functions)(function)

    return register


def _unlike(function):
    """What is made while tracing is traced already: `like=` says nothing more."""

    @functools.wraps(function)
    def made(*arguments, like=None, **settings):
        return function(*arguments, **settings)

    return made


def constant_of(shape, value, dtype):
    """A new array with one value everywhere."""
    if current() is None and type(value) in PYTHON_NUMBERS:
        backend = backends.current()
        return eager(backend.put(np.full(sizes_of(shape), value, dtype)), backend)
    return fresh(broadcast_to(fresh(asarray(value, dtype)), sizes_of(shape)))


@creates(np.zeros, np.empty)
def zeros(shape, dtype=float, order="C", *, device=None):
    """A new array of zeros.

    >>> zeros((2, 2), int).tolist()
    [[0, 0], [0, 0]]
    """
    return constant_of(shape, 0, FLOAT if dtype is None else as_dtype(dtype))


@creates(np.ones)
def ones(shape, dtype=None, order="C", *, device=None):
    """A new array of ones.

    >>> ones((2, 2)).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    return constant_of(shape, 1, FLOAT if dtype is None else as_dtype(dtype))


@creates(np.full)
def full(shape, fill_value, dtype=None, order="C", *, device=None):
    """A new array with one value everywhere.

    >>> full(2, 7.5).tolist()
    [7.5, 7.5]
    """
    value = asarray(fill_value)
    return constant_of(shape, value, value.dtype if dtype is None else as_dtype(dtype))


def _like(name, value):
    def like(a, dtype=None, order="K", subok=True, shape=None, *, device=None):
        a = asarray(a)
        return constant_of(a.shape if shape is None else shape, value, as_dtype(dtype or a.dtype))

    like.__name__ = like.__qualname__ = name
    like.__doc__ = f"""A new array of {value}, of the shape and dtype of another unless others are given.

    >>> {name}([[1, 2]]).tolist()
    [[{value}, {value}]]
    """
    return beside(like)


zeros_like = implements(np.zeros_like, np.empty_like)(_like("zeros_like", 0))
ones_like = implements(np.ones_like)(_like("ones_like", 1))


@implements(np.full_like)
@beside
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    """A new array with one value everywhere, of the shape and dtype of another.

    >>> full_like([1, 2], 7).tolist()
    [7, 7]
    """
    a = asarray(a)
    value = asarray(fill_value)
    return constant_of(a.shape if shape is None else shape, value, as_dtype(dtype or a.dtype))


# From values.


@creates(np.array)
def array(object, dtype=None, *, copy=True, order="K", subok=False, ndmin=0):
    """A new array of the values of numbers, lists and arrays, traced ones among them.

    >>> array([1, 2], float).tolist()
    [1.0, 2.0]
    """
    only_c(order, "array", "CAKF")
    if type(object) in GIVE_WAY:
        return object.astype(dtype) if dtype is not None else object.copy()
    made = from_values(object, None if dtype is None else as_dtype(dtype))
    if copy:
        made = copied(made) if order == "K" else in_order(fresh(made))
    missing = max(0, ndmin - made.ndim)
    return logical_reshape(made, (1,) * missing + made.shape) if missing else made


def from_values(value, dtype):
    """The values as a tensor; Python numbers in lists have dtypes of their own."""
    if type(value) in (list, tuple) and any(type(v) in GIVE_WAY for v in value):
        raise Unsupported(
            "a list of arrays whose sizes are known only when the program runs is no array"
        )
    if type(value) in (list, tuple) and contains_tensor(value):
        made = np.stack([from_values(v, None) for v in value])
        return made if dtype is None else astype(made, dtype)
    if isinstance(value, (list, tuple)) and any(isinstance(v, np.ndarray) for v in value):
        value = [asarray(v) for v in value]
        return from_values(value, dtype)
    return asarray(value, dtype)


@creates(np.frombuffer)
def frombuffer(buffer, dtype=float, count=-1, offset=0):
    """The bytes of an array, or of Python's, as numbers in a row; of an array in dtypes of its width.

    >>> frombuffer(asarray([1.0, -1.0]), "i8", offset=8).tolist()
    [-4616189618054758400]
    """
    dtype = as_dtype(dtype)
    if not isinstance(buffer, np.ndarray) and type(buffer) is not Tensor:
        return copied(asarray(np.frombuffer(buffer, dtype, count, offset)))
    row = METHODS["view"](METHODS["ravel"](asarray(buffer)), dtype)
    start, odd = divmod(offset, dtype.itemsize)
    count = row.size - start if count < 0 else count
    if odd or not 0 <= start <= row.size - count:
        raise ArgumentError(
            f"np.frombuffer asks for {count} elements from byte {offset} on of an array of {row.nbytes} bytes"
        )
    return row[start : start + count]


@creates(np.fromiter)
def fromiter(iter, dtype, count=-1):
    """The first `count` values of an iterable, as an array of one axis.

    >>> fromiter((k * k for k in range(5)), float, count=3).tolist()
    [0.0, 1.0, 4.0]
    """
    values = list(iter if count < 0 else itertools.islice(iter, count))
    if len(values) < count:
        raise ArgumentError(
            f"iterator too short: expected {count} but iterator had only {len(values)} items"
        )
    return array(values, as_dtype(dtype)) if values else zeros(0, dtype)


@creates(np.asarray, np.asanyarray)
def asarray_of(a, dtype=None, order=None, *, device=None, copy=None):
    """The value as an array: itself, if it is one of this dtype."""
    if type(a) is Tensor and not a.scalar and not a.weak and not copy:
        return a if dtype is None else astype(a, as_dtype(dtype))
    outside = isinstance(a, np.ndarray) and not copy
    return array(a, dtype, copy=not outside)


@creates(np.ascontiguousarray)
def ascontiguousarray(a, dtype=None):
    """The value as an array in C order: itself, if it is one."""
    a = np.atleast_1d(asarray_of(a, dtype))
    return a if current() is None else in_order(a if is_contiguous(inside(a)) else fresh(a))


def in_order(a):
    """The array, whose elements must lie in C order if it is a result."""
    if current() is not None:
        current().ordered.add(a.storage)
    return a


@creates(np.asfortranarray)
def asfortranarray(a, dtype=None):
    """The value as an array in Fortran's order: itself, if it is one."""
    return transpose(ascontiguousarray(transpose(np.atleast_1d(asarray_of(a, dtype)))))


ORDERS = {
    "C": ascontiguousarray,
    "C_CONTIGUOUS": ascontiguousarray,
    "CONTIGUOUS": ascontiguousarray,
}
ORDERS |= dict.fromkeys(("F", "F_CONTIGUOUS", "FORTRAN"), asfortranarray)
OWN = {"W", "WRITEABLE", "O", "OWNDATA"}
GIVEN = {"A", "ALIGNED", "E", "ENSUREARRAY"}


@creates(np.require)
def require(a, dtype=None, requirements=None):
    """The value as an array in the order of memory that is asked for: itself, if it is one.

    >>> require([1, 2], float, "C").tolist()
    [1.0, 2.0]
    """
    asked = {each.upper() for each in requirements or ()}
    orders = [made for name, made in ORDERS.items() if name in asked]
    unknown = asked - OWN - GIVEN - {*ORDERS}
    if unknown or len(set(orders)) > 1:
        raise ArgumentError(
            f"np.require of {sorted(unknown or asked)}: one of 'C' and 'F', and 'A', 'O', 'W', 'E'"
        )
    found = asarray_of(a, dtype)
    for order in orders[:1]:
        found = order(found)
    return fresh(found) if asked & OWN and (read_only(found) or found.lenses) else found


@creates(np.copy)
def copy(a, order="K", subok=False):
    """The same values in memory of their own.

    >>> copy(asarray([1, 2])).tolist()
    [1, 2]
    """
    return array(a, order=order)


METHODS["copy"] = lambda a, order="C": a if a.scalar else in_order(fresh(a))
