"""What NumPy's functions mean for values whose size is known only when the program runs."""

from __future__ import annotations

import numpy as np

from defn.errors import ShapeError, UnknownSize, Unsupported
from defn.numpy.axes import normalized_axes
from defn.numpy.composite import fresh, settled
from defn.numpy.linear import forwards
from defn.numpy.moments import root
from defn.numpy.ragged import Ragged
from defn.numpy.span import Span, at_least
from defn.numpy.uneven_value import (
    ATTRIBUTES,
    UNEVEN,
    WAY_OUT,
    elementwise,
    is_uneven,
    outer,
    product_of,
    uneven_rule,
)
from defn.tensor import asarray, astype
from defn.types import as_dtype


def lowest(dtype):
    """The least value of a dtype.

    >>> int(lowest(np.dtype("int8"))), float(lowest(np.dtype("float32")))
    (-128, -inf)
    """
    if dtype.kind == "b":
        return False
    return np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf


def highest(dtype):
    """The greatest value of a dtype."""
    if dtype.kind == "b":
        return True
    return np.iinfo(dtype).max if dtype.kind in "iu" else np.inf


IDENTITY = {
    np.sum: lambda dtype: 0,
    np.prod: lambda dtype: 1,
    np.any: lambda dtype: False,
    np.all: lambda dtype: True,
    np.max: lowest,
    np.min: highest,
    np.count_nonzero: lambda dtype: 0,
    np.nansum: lambda dtype: 0,
}


def _reduction(function, identity):
    def reduce(a, axis=None, *rest, keepdims=False, **settings):
        axes = normalized_axes(axis, a.ndim)
        filled = a.filled(identity(a.dtype))
        result = function(filled, a.below(axes), *rest, keepdims=bool(keepdims), **settings)
        return a.kept(result, axes, keepdims)

    return reduce


for _function, _identity in IDENTITY.items():
    UNEVEN[_function] = _reduction(_function, _identity)


def count_along(a, axes):
    """How many elements there are along some axes."""
    return product_of([a.shape[k] for k in axes])


@uneven_rule(np.mean)
def mean(a, axis=None, dtype=None, keepdims=False):
    """The mean of the elements that count."""
    axes = normalized_axes(axis, a.ndim)
    wanted = (
        as_dtype(dtype)
        if dtype is not None
        else a.dtype
        if a.dtype.kind in "fc"
        else np.dtype("float64")
    )
    half = wanted == np.dtype("float16")
    total = UNEVEN[np.sum](
        a, axes, dtype=np.dtype("float32") if half else wanted, keepdims=keepdims
    )
    divided = total / astype(asarray(count_along(a, axes)), np.dtype(f"f{real_size(total.dtype)}"))
    return divided.astype(wanted) if half else divided


def real_size(dtype):
    """The bytes of a floating dtype, or of a complex dtype's parts."""
    return dtype.itemsize // 2 if dtype.kind == "c" else dtype.itemsize


@uneven_rule(np.var)
def var(a, axis=None, ddof=0, keepdims=False):
    """The variance of the elements that count."""
    axes = normalized_axes(axis, a.ndim)
    apart = np.abs(a - mean(a, axes, keepdims=True))
    total = UNEVEN[np.sum](apart * apart, axes, keepdims=keepdims)
    return total / astype(asarray(count_along(a, axes) - ddof), total.dtype)


def _root(squares):
    return root(squares) if is_uneven(squares) else settled(root(squares), squares.dtype)


@uneven_rule(np.std)
def std(a, axis=None, ddof=0, keepdims=False):
    """The standard deviation of the elements that count."""
    return _root(var(a, axis, ddof, keepdims))


@uneven_rule(np.ptp)
def ptp(a, axis=None):
    """The distance from the least to the greatest of the elements that count."""
    return UNEVEN[np.max](a, axis) - UNEVEN[np.min](a, axis)


def _where_best(function, identity):
    def find(a, axis=None):
        a = a.in_front()
        if a.ndim != 1 and axis is None:
            raise Unsupported(f"np.{function.__name__} over all axes of {a!r}: name one axis")
        axis = 0 if axis is None else normalized_axes(axis, a.ndim)[0]
        span = a.spans[axis]
        x = a.filled(identity(a.dtype))
        if span is not None and not forwards(span.step):
            x, span = (
                np.flip(x, axis),
                Span(span.size - 1 - span.start, span.size - 1 - span.stop, -span.step, span.size),
            )
        found = function(x, axis)
        found = found if span is None else (at_least(found - span.start, 0)) // span.step
        return a.kept(found, (axis,), False)

    return find


UNEVEN[np.argmax] = _where_best(np.argmax, lowest)
UNEVEN[np.argmin] = _where_best(np.argmin, highest)


# Element by element.


def _each(function):
    def rule(*operands, **settings):
        return elementwise(lambda *values: function(*values, **settings), operands)

    return rule


for _function in (
    np.clip, np.round, np.around, np.real, np.imag, np.angle, np.nan_to_num, np.isclose, np.sinc,
    np.i0, np.zeros_like, np.ones_like, np.empty_like, np.iscomplex, np.isreal,
    np.real_if_close, np.fix,
):  # fmt: skip
    UNEVEN[_function] = _each(_function)


@uneven_rule(np.where)
def where(condition, x=None, y=None):
    """`x` where the condition holds, else `y`; of a condition alone, the indices where it holds."""
    if x is None and y is None:
        return UNEVEN[np.nonzero](condition)
    return elementwise(np.where, (condition, x, y))


@uneven_rule(np.full_like)
def full_like(a, fill_value, dtype=None):
    """A value as often as there are elements."""
    return a.map(lambda x: np.full_like(x, fill_value, dtype=dtype))


@uneven_rule(np.copy)
def copy(a, order="K"):
    """The same values in memory of their own."""
    return a.copied()


def cast(a, dtype, **settings):
    """The values cast to a dtype."""
    return a.map(lambda x: fresh(x.astype(dtype)))


# Products.


@uneven_rule(np.dot, np.matmul)
def matmul(x, y):
    """The product of two matrices or rows, summed over the axis that they share."""
    x, y = (v if is_uneven(v) else asarray(v) for v in (x, y))
    if not x.ndim or not y.ndim:
        return np.multiply(x, y)
    if x.ndim > 2 or y.ndim > 2:
        raise UnknownSize(f"a product of stacks of matrices with {x!r}: {WAY_OUT}")
    if x.ndim == 1 or y.ndim == 1:
        return _by_rows(x, y)
    # Both have zeros where nothing counts: zero times a nan beside it would be a nan.
    (left, right), spans = _sharing_axis(x, y)
    result = np.matmul(left, right)
    return Ragged(result, spans) if any(spans) else result


def _by_rows(x, y):
    if y.ndim == 1:
        return np.sum(x * y, axis=-1)
    return np.sum(expand_dims_of(x) * y, axis=0)


def expand_dims_of(x):
    """The row as a column."""
    return x[:, None]


def _sharing_axis(x, y):
    x, y = (
        v if type(v) is Ragged else v.compressed() if is_uneven(v) else Ragged(v, (None, None))
        for v in (x, y)
    )
    columns, rows = Ragged(x.filled(0), (None, x.spans[1])), Ragged(y.filled(0), (y.spans[0], None))
    if x.spans[1] is None and y.spans[0] is None:
        if x.tensor.shape[1] != y.tensor.shape[0]:
            raise ShapeError(f"matmul: sizes {x.tensor.shape[1]} and {y.tensor.shape[0]} differ")
        return (columns.tensor, rows.tensor), (x.spans[0], y.spans[1])
    (left, right), _ = Ragged.meet((columns[:, :, None], rows[None]))
    masked = Ragged(left[:, :, 0], (None, _shared(x.spans[1], y.spans[0])))
    return (masked.filled(0), right[0]), (x.spans[0], y.spans[1])


def _shared(one, other):
    if one is None or other is None:
        return one or other
    return one if one.dense else other if other.dense else one


@uneven_rule(np.outer)
def outer_product(x, y):
    """The product of every pair of elements."""
    return outer(np.multiply, x, y)


@uneven_rule(np.inner, np.vdot)
def inner(x, y):
    """The sum of products of two rows."""
    return np.sum(x * y, axis=-1)


@uneven_rule(np.linalg.norm)
def norm(a, ord=None, axis=None):
    """The Euclidean length of the elements that count."""
    if ord not in (None, 2) or ord == 2 and a.ndim != 1:
        raise Unsupported(
            f"np.linalg.norm(ord={ord!r}) of {a!r}: compute it from np.abs, np.sum and np.max"
        )
    size = np.abs(a)
    return _root(UNEVEN[np.sum](size * size, axis))


@uneven_rule(np.shape)
def shape(a):
    """The sizes; traced integers where they are known only when the program runs."""
    return a.shape


@uneven_rule(np.ndim)
def ndim(a):
    """The number of axes."""
    return a.ndim


@uneven_rule(np.size)
def size(a, axis=None):
    """How many elements there are."""
    return a.size if axis is None else a.shape[axis]


for _name in "sum prod max min any all mean var std ptp argmax argmin clip round dot".split():
    ATTRIBUTES[_name] = UNEVEN[getattr(np, _name)]
ATTRIBUTES.update(
    copy=copy,
    astype=cast,
    real=UNEVEN[np.real],
    imag=UNEVEN[np.imag],
    conj=lambda a: np.conjugate(a),
    conjugate=lambda a: np.conjugate(a),
    fill=lambda a, value: a.assign(value),
    __copy__=copy,
)

# What Python's own functions mean, where a traced function calls them.
BUILTINS = {
    len: lambda a: a.shape[0],
    sum: lambda a, start=0: UNEVEN[np.sum](a, 0) + start,
    max: lambda a: UNEVEN[np.max](a),
    min: lambda a: UNEVEN[np.min](a),
    any: lambda a: UNEVEN[np.any](a),
    all: lambda a: UNEVEN[np.all](a),
}
