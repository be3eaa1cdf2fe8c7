"""Medians and quantiles, over sorted values."""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import ArgumentError, BoundsError, ShapeError, TypeMismatch, suggestion
from defn.numpy.axes import kept_shape, normalized_axes
from defn.numpy.composite import FLOAT16, demand, filled, into, select, settled
from defn.numpy.moments import mean, valid_weights
from defn.numpy.parts import element, part, reshaped, transposed
from defn.numpy.reduction import sum
from defn.numpy.sorting import counting, taken_along
from defn.tensor import apply, asarray, astype, broadcast_to, is_tensor
from defn.types import FLOAT32, FLOAT64, INT64


def merged(a, axis):
    """The array with the axes to reduce merged into the last, and those axes."""
    # Unlike sums, these refuse an axis of an array without axes.
    named = axis if axis is None or isinstance(axis, (tuple, list)) else (axis,)
    axes = normalized_axes(named, a.ndim)
    others = [k for k in range(a.ndim) if k not in axes]
    size = math.prod(a.shape[k] for k in axes)
    return reshaped(transposed(a, (*others, *axes)), (*(a.shape[k] for k in others), size)), axes


def in_order(x):
    """The rows sorted, nan last."""
    return apply(ops.sort, x, axis=x.ndim - 1)


def nan_of_rows(x, result):
    """The result, or nan in rows of which the last sorted value is nan."""
    if x.dtype.kind not in "fc" or not x.shape[-1]:
        return result
    last = element(x, x.ndim - 1, -1)
    missing = broadcast_to(np.isnan(last), result.shape)
    return select(missing, broadcast_to(astype(last, result.dtype), result.shape), result)


@implements(np.median)
def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """The middle value along axes, or the mean of the two in the middle; nan where there is one.

    >>> median([3.0, 1.0, 2.0, 10.0]).item()
    2.5
    """
    a = asarray(a)
    rows, axes = merged(a, axis)
    ordered, size = in_order(rows), rows.shape[-1]
    middle = part(ordered, rows.ndim - 1, max((size - 1) // 2, 0), min(size, 2 - size % 2))
    result = nan_of_rows(ordered, mean(middle, axis=-1))
    return into(out, shaped(result, kept_shape(a.shape, axes, keepdims), keepdims))


def shaped(x, shape, keepdims):
    """The result in its final shape: a scalar where no axes are left, unless they were kept."""
    result = reshaped(x, shape)
    result = settled(result, result.dtype)
    result.scalar = not shape and not keepdims
    return result


# Where a quantile lies: its place among n sorted values, counted from zero; what a fraction means.


def by_definition(alpha, beta):
    """Hyndman and Fan's continuous definitions (The American Statistician 50, 1996)."""
    return lambda n, q: n * q + (alpha + q * (1 - alpha - beta)) - 1


def plain(fraction, place):
    """The fraction of the place is the weight of the next value."""
    return fraction


CONTINUOUS = {
    "linear": (lambda n, q: (n - 1) * q, plain),
    "interpolated_inverted_cdf": (by_definition(0, 1), plain),
    "hazen": (by_definition(0.5, 0.5), plain),
    "weibull": (by_definition(0, 0), plain),
    "median_unbiased": (by_definition(1 / 3.0, 1 / 3.0), plain),
    "normal_unbiased": (by_definition(3 / 8.0, 3 / 8.0), plain),
    "averaged_inverted_cdf": (
        lambda n, q: n * q - 1,
        lambda fraction, place: np.where(fraction == 0, 0.5, 1.0),
    ),
    "midpoint": (
        lambda n, q: 0.5 * (np.floor((n - 1) * q) + np.ceil((n - 1) * q)),
        lambda fraction, place: np.where(place % 1 == 0, 0.0, 0.5),
    ),
}


def at_boundary(place, stays):
    """The place of the value that a discrete definition picks."""
    before = np.floor(place)
    return np.maximum(np.where(stays(place - before, before), before, before + 1), 0)


DISCRETE = {
    "lower": lambda n, q: np.floor((n - 1) * q),
    "higher": lambda n, q: np.ceil((n - 1) * q),
    "nearest": lambda n, q: np.round((n - 1) * q),
    "inverted_cdf": lambda n, q: at_boundary(n * q - 1, lambda part, before: part == 0),
    "closest_observation": lambda n, q: at_boundary(
        n * q - 1 - 0.5, lambda part, before: (part == 0) & (before % 2 == 1)
    ),
}


def along_axes(chosen):
    """NumPy's function of an array and `q`, from what tells the fractions and the values counted."""

    def function(
        a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *,
        weights=None,
    ):  # fmt: skip
        a = asarray(a)
        fractions, counted = chosen(a, q)
        found = quantiles(a, fractions, axis, method, keepdims, weights, counted, is_weak(q))
        return into(out, found)

    function.__name__, function.__qualname__ = chosen.__name__, chosen.__qualname__
    function.__doc__ = chosen.__doc__
    return function


@implements(np.quantile)
@along_axes
def quantile(a, q):
    """The values below which fractions `q` of the values along axes lie; nan where there is one.

    >>> quantile([1.0, 2.0, 3.0, 4.0], [0.25, 0.5]).tolist()
    [1.75, 2.5]
    """
    return q, count_of_all


@implements(np.percentile)
@along_axes
def percentile(a, q):
    """The values below which so many per cent of the values along axes lie; nan where there is one.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 50).item()
    2.5
    """
    return of_hundred(q), count_of_all


@implements(np.nanquantile)
@along_axes
def nanquantile(a, q):
    """The quantiles of what is not nan.

    >>> nanquantile([1.0, np.nan, 3.0], 0.5).item()
    2.0
    """
    return q, count_of_numbers


@implements(np.nanpercentile)
@along_axes
def nanpercentile(a, q):
    """The percentiles of what is not nan.

    >>> nanpercentile([1.0, np.nan, 3.0], 50).item()
    2.0
    """
    return of_hundred(q, hundred_of(a)), count_of_numbers


def of_hundred(q, hundred=100):
    """Per cent as fractions."""
    return np.true_divide(q if is_weak(q) else asarray(q), hundred)


def hundred_of(a):
    """One hundred, in the dtype of a floating array: so NumPy divides where nan are passed over."""
    return a.dtype.type(100) if a.dtype.kind == "f" else 100


def is_weak(q):
    """Is it one Python number, which does not widen the result?"""
    return type(q) in (int, float)


@implements(np.nanmedian)
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """The median of what is not nan.

    >>> nanmedian([1.0, np.nan, 3.0, 4.0]).item()
    3.0
    """
    a = asarray(a)
    if a.dtype.kind not in "fc":
        return median(a, axis, out, overwrite_input, keepdims)
    if not a.size:
        return mean(a, axis, None, out, keepdims)
    rows, axes = merged(a, axis)
    ordered, count = in_order(rows), count_of_numbers(rows)
    low, high = (in_each_row(ordered, place) for place in ((count - 1) // 2, count // 2))
    wide = FLOAT32 if a.dtype == FLOAT16 else a.dtype
    middle = astype((astype(low, wide) + astype(high, wide)) / 2, a.dtype)
    result = select(count == 0, filled(middle, np.nan), middle)
    return into(out, shaped(result, kept_shape(a.shape, axes, keepdims), keepdims))


def count_of_all(rows):
    """How many values each row has."""
    return rows.shape[-1]


def count_of_numbers(rows):
    """How many values of each row are not nan: a number where no row can have one."""
    if rows.dtype.kind not in "fc":
        return rows.shape[-1]
    return sum(~np.isnan(rows), -1, INT64)


def quantiles(a, q, axis, method, keepdims, weights, counted, weak):
    """The quantiles of a tensor."""
    if a.dtype.kind == "c":
        raise TypeMismatch("a must be an array of real numbers")
    q = valid_fractions(np.asarray(q)[()] if weak else asarray(q))
    rows, axes = merged(a, axis)
    if not rows.shape[-1]:
        raise BoundsError(f"quantiles of no values: the shape is {a.shape}")
    shape = (*np.shape(q), *kept_shape(a.shape, axes, keepdims))
    if weights is not None:
        return reshaped(weighted(a, rows, q, axis, method, weights), shape)
    return shaped(along_rows(in_order(rows), q, method, counted(rows), weak), shape, keepdims)


def valid_fractions(q):
    """The fractions, each from zero to one."""
    if np.ndim(q) > 2:
        raise ShapeError(f"q must be a scalar or 1d, got shape {q.shape}")
    if is_tensor(q):
        demand((q >= 0) & (q <= 1), "Quantiles must be in the range [0, 1]")
    elif not 0 <= q <= 1:
        raise ArgumentError(f"Quantiles must be in the range [0, 1], got {q}")
    return q


def along_rows(ordered, q, method, count, weak):
    """The quantiles of sorted rows: of rows with nan nan, or of what is not, row by row."""
    if not is_tensor(count):
        return nan_of_rows(ordered, placed(ordered, q, method, count, weak, at_rows))
    if len(np.shape(q)) > 1:
        raise ShapeError(f"q must be a scalar or 1d where nan are passed over, got shape {q.shape}")
    q = reshaped(asarray(q), (*np.shape(q), *(1 for _ in count.shape)))
    count = astype(count, q.dtype) if q.dtype.kind == "f" else count
    result = placed(ordered, q, method, count, weak, in_each_row)
    return select(broadcast_to(count == 0, result.shape), filled(result, np.nan), result)


def placed(ordered, q, method, count, weak, read):
    """The quantiles of sorted rows of so many values, read from their places."""
    if method in DISCRETE:
        return read(ordered, whole(DISCRETE[method](count, q)))
    if method not in CONTINUOUS:
        known = [*CONTINUOUS, *DISCRETE]
        raise ArgumentError(
            f"{method!r} is not a valid method of quantile{suggestion(method, known)}"
        )
    rule, weight = CONTINUOUS[method]
    place = rule(count, q)
    if method == "linear" and place.dtype.kind in "iu":
        return read(ordered, whole(place))
    low, high = (read(ordered, whole(k)) for k in neighbours(place, count))
    share = weight(place - np.floor(place), place)
    # Of whole places the weight is whole as well.
    return interpolated(low, high, share.astype(place.dtype), weak)


def neighbours(place, count):
    """The places of the values before and after, both within the row."""
    before = np.floor(place)
    beyond, below = place >= count - 1, place < 0
    return tuple(
        np.where(beyond, count - 1, np.where(below, 0, each)) for each in (before, before + 1)
    )


def interpolated(low, high, weight, weak):
    """The values in between, from the nearer side; a weak weight takes the dtype of the values."""
    if is_tensor(weight):
        weight = reshaped(weight, (*weight.shape, *(1 for _ in range(low.ndim - weight.ndim))))
    if weak:
        weight = astype(weight, FLOAT64) if is_tensor(weight) else float(weight)
    forth, back = (as_weak(each, low.dtype) if weak else each for each in (weight, 1 - weight))
    near, far = low + (high - low) * forth, high - (high - low) * back
    return np.where(weight >= 0.5, astype(asarray(far), near.dtype), near)


def as_weak(weight, dtype):
    """A weight that does not widen values of a floating dtype."""
    return astype(weight, dtype) if is_tensor(weight) and dtype.kind == "f" else weight


def whole(place):
    """A place as an integer index."""
    return astype(place, INT64) if is_tensor(place) else int(place)


def at_rows(ordered, place):
    """The values at the same places of each sorted row."""
    last = ordered.ndim - 1
    if not is_tensor(place):
        return element(ordered, last, place)
    return apply(ops.gather, ordered, place, axes=(last,))


def in_each_row(ordered, place):
    """The values at places of their own in each sorted row."""
    last = ordered.ndim - 1
    lead = place.ndim - last
    indices = [counting(place.shape, lead + k) for k in range(last)]
    held = np.minimum(np.maximum(place, 0), ordered.shape[-1] - 1)
    return apply(ops.gather, ordered, *indices, held, axes=tuple(range(ordered.ndim)))


def weighted(a, rows, q, axis, method, weights):
    """The quantiles of weighted values, by the inverted distribution function."""
    if method != "inverted_cdf":
        raise ArgumentError(f"Only method 'inverted_cdf' supports weights. Got: {method}.")
    weights = broadcast_to(valid_weights(a, axis, asarray(weights)), a.shape)
    demand(weights >= 0, "Weights must be non-negative.")
    places = apply(ops.argsort, rows, axis=rows.ndim - 1)
    ordered = taken_along(rows, places, rows.ndim - 1)
    heights = taken_along(merged(weights, axis)[0], places, rows.ndim - 1)
    running = apply(ops.cumsum, astype(heights, FLOAT64), axis=rows.ndim - 1)
    share = running / reshaped(element(running, rows.ndim - 1, -1), (*rows.shape[:-1], 1))
    wanted = reshaped(asarray(q), (*np.shape(q), *(1 for _ in rows.shape)))
    passed = sum((share < wanted) | (share == 0), -1, INT64)
    return nan_of_rows(ordered, in_each_row(ordered, passed))
