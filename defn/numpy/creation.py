"""Arrays made from nothing, or like another: by sizes, by counting, from lists."""

from __future__ import annotations

import functools
import math
import operator

import numpy as np

from defn import ops
from defn.dispatch import GIVE_WAY, METHODS, implements
from defn.errors import ArgumentError, TypeMismatch, Unsupported
from defn.numpy.composite import fresh
from defn.numpy.shapes import logical_reshape, moveaxis, only_c, sizes_of
from defn.numpy.span import counting, plus
from defn.tensor import (
    PYTHON_NUMBERS,
    Tensor,
    apply,
    asarray,
    astype,
    broadcast_to,
    contains_tensor,
)
from defn.types import as_dtype

FLOAT = np.dtype("float64")
CREATION: dict = {}  # NumPy functions that do not ask their arguments -> what they mean in a traced function


def creates(*functions):
    """Decorate what NumPy functions that make arrays mean; they dispatch only with `like=`."""

    def register(function):
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


def _refuse_device(device):
    if device not in (None, "cpu"):
        raise ArgumentError(f'Device not understood. Only "cpu" is allowed, but received: {device}')


def constant_of(shape, value, dtype):
    """A new array with one value everywhere."""
    return fresh(broadcast_to(fresh(asarray(value, dtype)), sizes_of(shape)))


@creates(np.zeros, np.empty)
def zeros(shape, dtype=float, order="C", *, device=None):
    """A new array of zeros.

    >>> zeros((2, 2), int).tolist()
    [[0, 0], [0, 0]]
    """
    _refuse_device(device)
    return constant_of(shape, 0, FLOAT if dtype is None else as_dtype(dtype))


@creates(np.ones)
def ones(shape, dtype=None, order="C", *, device=None):
    """A new array of ones."""
    _refuse_device(device)
    return constant_of(shape, 1, FLOAT if dtype is None else as_dtype(dtype))


@creates(np.full)
def full(shape, fill_value, dtype=None, order="C", *, device=None):
    """A new array with one value everywhere.

    >>> full(2, 7.5).tolist()
    [7.5, 7.5]
    """
    _refuse_device(device)
    value = asarray(fill_value)
    return constant_of(shape, value, value.dtype if dtype is None else as_dtype(dtype))


def _like(value):
    def like(a, dtype=None, order="K", subok=True, shape=None, *, device=None):
        _refuse_device(device)
        a = asarray(a)
        return constant_of(a.shape if shape is None else shape, value, as_dtype(dtype or a.dtype))

    return like


zeros_like = implements(np.zeros_like, np.empty_like)(_like(0))
ones_like = implements(np.ones_like)(_like(1))


@implements(np.full_like)
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    """A new array with one value everywhere, of the shape and dtype of another."""
    a = asarray(a)
    value = asarray(fill_value)
    return constant_of(a.shape if shape is None else shape, value, as_dtype(dtype or a.dtype))


# Counting.


def number(value):
    """A value that must be known while tracing, as a Python or NumPy number."""
    if type(value) is not Tensor:
        return value
    if value.weak is not None:
        return value.weak(value)
    return value.dtype.type(operator.index(value) if value.dtype.kind in "iu" else float(value))


@creates(np.arange)
def arange(start=None, stop=None, step=None, dtype=None, *, device=None):
    """Numbers from `start` to before `stop`, at equal distances.

    >>> arange(1, 7, 2).tolist()
    [1, 3, 5]
    """
    _refuse_device(device)
    if start is None and stop is None:
        raise TypeMismatch("arange() requires stop to be specified.")
    start, stop = (0, start) if stop is None else (0 if start is None else start, stop)
    start, stop, step = number(start), number(stop), number(1 if step is None else step)
    if dtype is None:
        dtype = np.arange(*(type(v)(0) for v in (start, stop)), type(step)(1)).dtype
    if not step:
        raise ArgumentError("Maximum allowed size exceeded: the step of arange is zero")
    size = max(0, math.ceil((stop - start) / step))
    return counted(start, step, size, as_dtype(dtype))


def counted(start, step, size, dtype):
    """So many numbers from `start` on, each the first and a multiple of the distance to the second."""
    row = astype(counting((size,), 0), dtype)
    if dtype.kind in "iub":
        first, second = dtype.type(start), dtype.type(start) + dtype.type(step)
    else:
        first, second = dtype.type(start), dtype.type(start + step)
    distance = second - first
    row = row if distance == 1 else row * asarray(distance)
    return row if first == 0 else row + asarray(first)


@creates(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    """So many numbers at equal distances between two ends.

    >>> linspace(0, 1, 3).tolist()
    [0.0, 0.5, 1.0]
    """
    _refuse_device(device)
    num = operator.index(num)
    if num < 0:
        raise ArgumentError(f"Number of samples, {num}, must be non-negative.")
    exact = _inexact_dtype(start, stop)
    wanted = exact if dtype is None else as_dtype(dtype)
    start, stop = (astype(asarray(v), exact) for v in (start, stop))
    row, step = _ramp(start, stop, num, num - 1 if endpoint else num, exact)
    if endpoint and num > 1:
        row[-1] = stop
    row = np.floor(row) if wanted.kind in "iu" else row
    row = astype(moveaxis(row, 0, axis) if axis else row, wanted)
    return (row, step) if retstep else row


def _inexact_dtype(*values):
    """The floating dtype in which NumPy spaces numbers between these."""
    kinds = [v if type(v) in PYTHON_NUMBERS else asarray(v) for v in values]
    strong = [v.dtype for v in kinds if type(v) is Tensor and v.weak is None]
    weak = [
        v.weak if type(v) is Tensor else type(v) for v in kinds if type(v) is not Tensor or v.weak
    ]
    samples = [np.zeros(1, d)[0] for d in strong] + [0j if complex in weak else 0.0]
    return (
        np.dtype(np.result_type(*samples))
        if strong
        else np.dtype(complex if complex in weak else float)
    )


def _ramp(start, stop, num, parts, dtype):
    distance = fresh(stop - start)
    row = logical_reshape(counted(0, 1, num, dtype), (num, *(1,) * distance.ndim))
    if parts <= 0:
        return row * distance + start, math.nan
    step = distance / asarray(parts, dtype)
    ordinary, tiny = row * step, row / asarray(parts, dtype) * distance
    # A distance so small that its parts are zero is multiplied out first, as NumPy does.
    return np.where(np.any(step == 0), tiny, ordinary) + start, step


@creates(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    """So many numbers whose logarithms are at equal distances."""
    found = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return found if dtype is None else astype(found, as_dtype(dtype))


@creates(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """So many numbers, each the same multiple of the one before."""
    exact = _inexact_dtype(start, stop)
    first, last = (fresh(astype(asarray(v), exact)) for v in (start, stop))
    sign = np.sign(first)
    first, last = first / sign, last / sign
    found = logspace(np.log10(first), np.log10(last), num, endpoint, 10.0)
    if num > 0:
        found[0] = first
    if num > 1 and endpoint:
        found[-1] = last
    found = found * sign
    found = moveaxis(found, 0, axis) if axis else found
    return astype(found, exact if dtype is None else as_dtype(dtype))


# Matrices.


@creates(np.eye)
def eye(N, M=None, k=0, dtype=float, order="C", *, device=None):
    """Ones on a diagonal, zeros beside it.

    >>> eye(2, dtype=int).tolist()
    [[1, 0], [0, 1]]
    """
    _refuse_device(device)
    shape = (operator.index(N), operator.index(N if M is None else M))
    return astype(
        counting(shape, 1) == plus(counting(shape, 0), operator.index(k)), as_dtype(dtype or float)
    )


@creates(np.identity)
def identity(n, dtype=None):
    """The square matrix of ones on the diagonal."""
    return eye(n, dtype=dtype or float)


@creates(np.tri)
def tri(N, M=None, k=0, dtype=float):
    """Ones at and below a diagonal, zeros above it."""
    shape = (operator.index(N), operator.index(N if M is None else M))
    return astype(
        counting(shape, 1) <= plus(counting(shape, 0), operator.index(k)), as_dtype(dtype)
    )


@implements(np.tril)
def tril(m, k=0):
    """The elements at and below a diagonal; zeros above it."""
    return _side(m, tri(*_last_two(m), k, bool))


@implements(np.triu)
def triu(m, k=0):
    """The elements at and above a diagonal; zeros below it."""
    return _side(m, ~tri(*_last_two(m), k - 1, bool))


def _last_two(m):
    m = asarray(m)
    return m.shape[-2:] if m.ndim > 1 else (m.size, m.size)


def _side(m, mask):
    m = broadcast_to(asarray(m), np.broadcast_shapes(asarray(m).shape, mask.shape))
    mask = broadcast_to(mask, m.shape)
    return apply(ops.select, mask, m, broadcast_to(asarray(0, m.dtype), m.shape))


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
    made = fresh(made) if copy else made
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


@creates(np.asarray, np.asanyarray)
def asarray_of(a, dtype=None, order=None, *, device=None, copy=None):
    """The value as an array: itself, if it is one of this dtype."""
    if type(a) is Tensor and not a.scalar and not a.weak and not copy:
        return a if dtype is None else astype(a, as_dtype(dtype))
    outside = isinstance(a, np.ndarray) and not copy
    return array(a, dtype, copy=not outside)


@creates(np.ascontiguousarray, np.asfortranarray)
def contiguous(a, dtype=None):
    """The value as an array of one axis or more."""
    return np.atleast_1d(asarray_of(a, dtype))


@creates(np.copy)
def copy(a, order="K", subok=False):
    """The same values in memory of their own.

    >>> copy(asarray([1, 2])).tolist()
    [1, 2]
    """
    return array(a)


METHODS["copy"] = lambda a, order="C": a if a.scalar else fresh(a)


# Grids.


@creates(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    """The coordinates of a grid, from those along each axis.

    >>> [x.tolist() for x in meshgrid(asarray([1, 2]), asarray([3, 4]))]
    [[[1, 2], [1, 2]], [[3, 3], [4, 4]]]
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError("Valid values for `indexing` are 'xy' and 'ij'.")
    rows = [asarray_of(x) for x in xi]
    count = len(rows)
    places = list(range(count))
    if indexing == "xy" and count > 1:
        places[:2] = 1, 0
    laid = [
        logical_reshape(x, tuple(x.size if j == p else 1 for j in range(count)))
        for x, p in zip(rows, places)
    ]
    shown = laid if sparse else np.broadcast_arrays(*laid) if laid else ()
    return tuple(fresh(x) if copy else x for x in shown)


@creates(np.indices)
def indices(dimensions, dtype=int, sparse=False):
    """For each axis of a shape, the positions along it."""
    shape, dtype = sizes_of(dimensions) if np.size(dimensions) else (), as_dtype(dtype)
    if not sparse:
        rows = [astype(counting(shape, k), dtype) for k in range(len(shape))]
        return np.stack(rows) if rows else zeros((0,), dtype)
    return tuple(
        astype(counting(tuple(n if j == k else 1 for j, n in enumerate(shape)), k), dtype)
        for k in range(len(shape))
    )


@creates(np.fromfunction)
def fromfunction(function, shape, *, dtype=float, **settings):
    """A function of the positions along each axis."""
    return function(*indices(shape, dtype), **settings)


class Grid:
    """`np.mgrid` and `np.ogrid`: a grid by slices."""

    def __init__(self, sparse):
        self.sparse = sparse

    def __getitem__(self, key):
        if not isinstance(key, tuple):
            return _steps(key)
        rows = [_steps(each) for each in key]
        dtype = np.result_type(*(r.dtype for r in rows))
        rows = meshgrid(*(astype(r, dtype) for r in rows), sparse=self.sparse, indexing="ij")
        return rows if self.sparse else np.stack(rows)


def _steps(part):
    """A slice as numbers: a complex step says how many."""
    start = 0 if part.start is None else part.start
    step = 1 if part.step is None else part.step
    if isinstance(step, complex):
        return linspace(start, part.stop, int(abs(step)))
    return arange(start, part.stop, step)


class Row:
    """`np.r_` and `np.c_`: slices and values, one after the other."""

    def __init__(self, columns):
        self.columns = columns

    def __getitem__(self, key):
        parts = [self._part(each) for each in (key if isinstance(key, tuple) else (key,))]
        return np.concatenate(parts, axis=-1) if self.columns else np.concatenate(parts)

    def _part(self, value):
        if isinstance(value, str):
            raise Unsupported(f"np.r_[{value!r}, ...]: use np.concatenate or np.stack")
        part = np.atleast_1d(
            _steps(value) if type(value) is slice else fresh(from_values(value, None))
        )
        return part[:, None] if self.columns and part.ndim == 1 else part


GRIDS = {np.mgrid: Grid(False), np.ogrid: Grid(True), np.r_: Row(False), np.c_: Row(True)}
GRID_KINDS = tuple(type(grid) for grid in GRIDS)
