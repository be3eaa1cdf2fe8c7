"""Differences, sums and values between samples."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import ArgumentError, ShapeError, TypeMismatch
from defn.numpy.axes import integer, normalized_axes, normalized_axis
from defn.numpy.composite import filled, select, settled
from defn.numpy.parts import element, flat, joined, part, reshaped
from defn.numpy.reduction import UNSET, sum
from defn.numpy.sorting import searchsorted, taken
from defn.tensor import apply, asarray, astype, broadcast_to
from defn.types import FLOAT64


@implements(np.diff)
def diff(a, n=1, axis=-1, prepend=UNSET, append=UNSET):
    """The `n`-th differences of neighbours along an axis.

    >>> diff([1, 4, 9, 16]).tolist(), diff([1, 4, 9, 16], 2).tolist()
    ([3, 5, 7], [2, 2])
    """
    x, n = asarray(a), integer(n, "the order of a difference")
    if n < 0:
        raise ArgumentError(f"order must be non-negative but got {n}")
    if n == 0:
        return a
    if not x.ndim:
        raise ArgumentError("diff requires input that is at least one dimensional")
    axis = normalized_axis(axis, x.ndim)
    ends = [at_end(end, x, axis) for end in (prepend, append) if end is not UNSET]
    if ends:
        x = np.concatenate(
            [*(ends[:1] if prepend is not UNSET else []), x, *ends[prepend is not UNSET :]], axis
        )
    for _ in range(n):
        x = steps(x, axis)
    return x


def at_end(value, x, axis):
    """What is put before or after an array: a number stands for a whole slice."""
    value = asarray(value)
    if value.ndim:
        return value
    return broadcast_to(value, tuple(1 if k == axis else size for k, size in enumerate(x.shape)))


def steps(x, axis):
    """From each element to the next along an axis; truth values differ or do not."""
    size = max(x.shape[axis] - 1, 0)
    first = min(x.shape[axis], 1)
    difference = np.not_equal if x.dtype.kind == "b" else np.subtract
    return difference(part(x, axis, first, size), part(x, axis, 0, size))


@implements(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    """The differences of neighbours in the flat array, between what is put at its ends.

    >>> ediff1d([1, 4, 9], to_end=0).tolist()
    [3, 5, 0]
    """
    x = flat(asarray(ary))
    size = max(x.size - 1, 0)
    middle = np.subtract(part(x, 0, min(x.size, 1), size), part(x, 0, 0, size))
    ends = [flat_end(end, x.dtype) for end in (to_begin, to_end)]
    return joined([each for each in (ends[0], middle, ends[1]) if each is not None], 0)


def flat_end(end, dtype):
    """The values at an end in the dtype of the array."""
    if end is None:
        return None
    end = asarray(end)
    if not np.can_cast(end.dtype, dtype, "same_kind"):
        raise TypeMismatch(
            f"dtype of the ends must be compatible with input `ary` under the `same_kind` rule: "
            f"{end.dtype} is not, with {dtype}"
        )
    return astype(flat(end), dtype)


# Derivatives by differences.


@implements(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    """The derivative along each axis: central differences inside, one-sided ones at the ends.

    >>> gradient([1.0, 4.0, 9.0, 16.0]).tolist()
    [3.0, 4.0, 6.0, 7.0]
    """
    f = asarray(f)
    f = astype(f, FLOAT64) if f.dtype.kind in "iu" else f
    named = axis if axis is None or isinstance(axis, (tuple, list)) else (axis,)
    axes = (
        tuple(range(f.ndim)) if named is None else tuple(normalized_axis(k, f.ndim) for k in named)
    )
    normalized_axes(axes, f.ndim)
    if edge_order not in (1, 2):
        raise ArgumentError(f"'edge_order' greater than 2 not supported: got {edge_order}")
    found = tuple(slope(f, k, d, edge_order) for k, d in zip(axes, spacings(f, axes, varargs)))
    return found[0] if len(axes) == 1 else found


def spacings(f, axes, given):
    """The distance of samples along each axis: one number, or one for each gap."""
    if not given:
        return [1.0] * len(axes)
    if len(given) == 1 and np.ndim(given[0]) == 0:
        return list(given) * len(axes)
    if len(given) != len(axes):
        raise TypeMismatch(
            f"gradient takes one spacing, or one for each of {len(axes)} axes; got {len(given)}"
        )
    return [gaps(d, f.shape[k]) for k, d in zip(axes, given)]


def gaps(places, size):
    """The distances between places, or the one distance given."""
    if np.ndim(places) == 0:
        return places
    places = asarray(places)
    if places.shape != (size,):
        raise ShapeError(
            "when 1d, distances must match the length of the corresponding dimension: "
            f"{places.shape} for {size} samples"
        )
    return steps(astype(places, FLOAT64) if places.dtype.kind in "iu" else places, 0)


def slope(f, axis, spacing, edge_order):
    """The derivative along one axis."""
    size = f.shape[axis]
    if size < edge_order + 1:
        raise ArgumentError(
            "Shape of array too small to calculate a numerical gradient, "
            f"at least (edge_order + 1) elements are required: axis {axis} has {size}"
        )
    sides = edges(f, axis, spacing, edge_order)
    inside = interior(f, axis, spacing)
    return joined([astype(each, f.dtype) for each in (sides[0], inside, sides[1])], axis)


def interior(f, axis, spacing):
    """Second-order differences, weighted by the gaps on both sides where these differ."""
    size = f.shape[axis] - 2
    before, here, after = (part(f, axis, k, size) for k in range(3))
    if np.ndim(spacing) == 0:
        return (after - before) / (2.0 * spacing)
    left, right = part(spacing, 0, 0, size), part(spacing, 0, 1, size)
    weights = three_point(left, right)
    shape = [1] * f.ndim
    shape[axis] = size
    a, b, c = (reshaped(w, shape) for w in weights)
    return a * before + b * here + c * after


def three_point(left, right):
    """The weights of three samples for the derivative at the middle one."""
    return (
        -right / (left * (left + right)),
        (right - left) / (left * right),
        left / (right * (left + right)),
    )


def edges(f, axis, spacing, edge_order):
    """The derivative at both ends, from two samples or from three."""
    size = f.shape[axis]
    first = [part(f, axis, k, 1) for k in range(edge_order + 1)]
    last = [part(f, axis, size - 1 - k, 1) for k in range(edge_order + 1)]
    if edge_order == 1:
        low, high = (
            (spacing, spacing)
            if np.ndim(spacing) == 0
            else (element(spacing, 0, 0), element(spacing, 0, -1))
        )
        return (first[1] - first[0]) / low, (last[0] - last[1]) / high
    if np.ndim(spacing) == 0:
        near, far = (spacing, spacing), (spacing, spacing)
    else:
        near = element(spacing, 0, 0), element(spacing, 0, 1)
        far = element(spacing, 0, -1), element(spacing, 0, -2)
    return one_sided(first, *near), -one_sided(last, *far)


def one_sided(samples, gap, next_gap):
    """The derivative at the first of three samples."""
    both = gap + next_gap
    a, b, c = -(gap + both) / (gap * both), both / (gap * next_gap), -gap / (next_gap * both)
    return a * samples[0] + b * samples[1] + c * samples[2]


@implements(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The integral along an axis, by trapezoids.

    >>> trapezoid([1.0, 2.0, 3.0]).item()
    4.0
    """
    y = asarray(y)
    axis = normalized_axis(axis, y.ndim)
    width = dx if x is None else widths(asarray(x), y, axis)
    size = max(y.shape[axis] - 1, 0)
    later, earlier = part(y, axis, min(y.shape[axis], 1), size), part(y, axis, 0, size)
    return sum(width * (later + earlier) / 2.0, axis)


def widths(x, y, axis):
    """The distances of samples, along one axis of many."""
    if x.ndim != 1:
        return steps(x, axis)
    found = steps(x, 0)
    return reshaped(found, [found.size if k == axis else 1 for k in range(y.ndim)])


@implements(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    """The values at `x` on the straight lines between samples `fp` at rising places `xp`.

    >>> interp([0.5, 1.5, 9.0], [0.0, 1.0, 2.0], [0.0, 10.0, 30.0]).tolist()
    [5.0, 20.0, 30.0]
    """
    x, xp, fp = astype(asarray(x), FLOAT64), astype(asarray(xp), FLOAT64), asarray(fp)
    fp = astype(fp, np.dtype("complex128") if fp.dtype.kind == "c" else FLOAT64)
    if xp.ndim != 1 or fp.ndim != 1:
        raise ShapeError(f"Data points must be 1-D sequences, got shapes {xp.shape} and {fp.shape}")
    if xp.shape != fp.shape:
        raise ShapeError(f"fp and xp are not of the same length: {fp.size} and {xp.size}")
    if not xp.size:
        raise ArgumentError("array of sample points is empty")
    if period is not None:
        x, xp, fp = wrapped(x, xp, fp, period)
        left = right = None
    return settled(between(x, xp, fp, left, right), fp.dtype)


def wrapped(x, xp, fp, period):
    """The samples in order within one period, one more at each end."""
    if period == 0:
        raise ArgumentError("period must be a non-zero value")
    period = abs(period)
    x, xp = x % period, xp % period
    order = apply(ops.argsort, xp, axis=0)
    xp, fp = taken(xp, order), taken(fp, order)
    first, last = part(xp, 0, 0, 1), part(xp, 0, xp.size - 1, 1)
    values = joined((part(fp, 0, fp.size - 1, 1), fp, part(fp, 0, 0, 1)), 0)
    return x, joined((last - period, xp, first + period), 0), values


def between(x, xp, fp, left, right):
    """The values at the places, and beyond the samples those of the ends or the ones given."""
    line = on_lines(x, xp, fp) if xp.size > 1 else first_of(fp, x)
    first, last = (broadcast_to(element(xp, 0, k), x.shape) for k in (0, -1))
    line = select(x >= last, broadcast_to(element(fp, 0, -1), x.shape), line)
    if right is not None:
        line = select(x > last, filled(line, right), line)
    return select(x < first, filled(line, left) if left is not None else first_of(fp, x), line)


def first_of(fp, x):
    """The first value, for each place."""
    return broadcast_to(element(fp, 0, 0), x.shape)


def on_lines(x, xp, fp):
    """The value on the line through the samples on both sides of each place; nan at nan."""
    after = np.minimum(np.maximum(searchsorted(xp, x, "right"), 1), xp.size - 1)
    x0, x1 = taken(xp, after - 1), taken(xp, after)
    y0, y1 = taken(fp, after - 1), taken(fp, after)
    line = (y1 - y0) / (x1 - x0) * (x - x0) + y0
    return select(np.isnan(x), filled(line, np.nan), line)
