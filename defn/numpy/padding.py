"""Padding, in all of NumPy's modes whose sizes are known while tracing."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import ArgumentError, Unsupported, suggestion
from defn.numpy.composite import fresh
from defn.numpy.counting import linspace
from defn.numpy.joining import joined
from defn.numpy.rows import picked
from defn.tensor import Tensor, apply, asarray, astype, broadcast_to

SETTINGS = {
    "constant": {"constant_values": 0}, "edge": {}, "empty": {}, "wrap": {},
    "reflect": {"reflect_type": "even"}, "symmetric": {"reflect_type": "even"},
    "linear_ramp": {"end_values": 0},
    **{name: {"stat_length": None} for name in ("maximum", "mean", "median", "minimum")},
}  # fmt: skip


@implements(np.pad)
def pad(array, pad_width, mode="constant", **settings):
    """The array with more elements before and after it along its axes.

    >>> pad(asarray([1, 2]), 1).tolist()
    [0, 1, 2, 0]
    """
    array = asarray(array)
    if callable(mode):
        raise Unsupported("np.pad(mode=a function): write the padding with np.concatenate")
    if mode not in SETTINGS:
        raise ArgumentError(f"mode {mode!r} is not supported{suggestion(mode, SETTINGS)}")
    unknown = set(settings) - set(SETTINGS[mode])
    if unknown:
        raise ArgumentError(f"unsupported keyword arguments for mode {mode!r}: {unknown}")
    widths = pairs(pad_width, array.ndim, int)
    if any(n < 0 for pair in widths for n in pair):
        raise ArgumentError("index can't contain negative values")
    return fresh(PAD[mode](array, widths, **{**SETTINGS[mode], **settings}))


def pairs(value, ndim, kind=None):
    """A setting for both ends of every axis: from a number, a pair, pairs, or a dictionary.

    >>> pairs(1, 2)
    [(1, 1), (1, 1)]
    """
    if isinstance(value, dict):
        found = {k % ndim: v for k, v in value.items()}
        rows = [pairs(found.get(k, 0), 1, kind)[0] for k in range(ndim)]
        return rows
    if value is None:
        return [(None, None)] * ndim
    if type(value) is Tensor and not value.ndim or not np.iterable(value):
        return [(_as(value, kind),) * 2] * ndim
    rows = [tuple(row) if np.iterable(row) else row for row in value]
    if any(type(row) is tuple for row in rows):
        rows = [row if len(row) == 2 else (row[0], row[0]) for row in rows]
        rows = rows * ndim if len(rows) == 1 else rows
    else:
        rows = [tuple(rows) if len(rows) == 2 else (rows[0], rows[0])] * ndim
    if len(rows) != ndim:
        raise ArgumentError(f"{value!r} does not fit the {ndim} axes of the array")
    return [tuple(_as(v, kind) for v in row) for row in rows]


def _as(value, kind):
    if kind is None:
        return value
    if int(value) != value:
        raise ArgumentError("`pad_width` must be of integral type.")
    return int(value)


def _constant(array, widths, constant_values):
    values = [_uniform(v) for v in (constant_values,)]
    if values[0] is not None:
        low, high = zip(*widths) if widths else ((), ())
        value = fresh(astype(asarray(values[0]), array.dtype))
        return apply(ops.pad, array, value, low=low, high=high, interior=(0,) * array.ndim)
    ends = pairs(constant_values, array.ndim)
    return _by_axis(array, widths, lambda x, axis, sizes: [
        _filled(x, axis, n, asarray(v)) for n, v in zip(sizes, ends[axis])
    ])  # fmt: skip


def _uniform(value):
    """The one value of a setting, or None where there are several."""
    if (
        isinstance(value, dict)
        or np.iterable(value)
        and not (type(value) is Tensor and not value.ndim)
    ):
        return None
    return value


def _by_axis(array, widths, ends):
    """Axis by axis, the two ends joined to what is there already."""
    for axis, sizes in enumerate(widths):
        if any(sizes):
            before, after = ends(array, axis, sizes)
            array = joined([before, array, after], axis, array.dtype)
    return array


def _filled(x, axis, size, value):
    shape = tuple(size if k == axis else n for k, n in enumerate(x.shape))
    return broadcast_to(fresh(astype(value, x.dtype)), shape)


def _by_index(mode):
    """Modes that repeat elements: NumPy says which, by padding the positions."""

    def padded(array, widths, reflect_type="even"):
        if reflect_type == "odd":
            return _odd(array, widths, mode)
        for axis, sizes in enumerate(widths):
            if any(sizes):
                at = np.pad(np.arange(array.shape[axis]), sizes, mode)
                array = picked(array, at, axis)
        return array

    return padded


def _odd(array, widths, mode):
    """What is reflected, reflected about the edge in value too."""
    for axis, sizes in enumerate(widths):
        size = array.shape[axis]
        if max(sizes) > size - (mode == "reflect"):
            raise Unsupported(
                f"np.pad(mode={mode!r}, reflect_type='odd') by more than the array: pad in steps"
            )
        at = np.pad(np.arange(size), sizes, mode)
        edges = np.concatenate(
            [np.zeros(sizes[0], int), np.arange(size), np.full(sizes[1], size - 1)]
        )
        mirrored, edge = (picked(array, k, axis) for k in (at, edges))
        array = astype(edge * 2 - mirrored, array.dtype)
    return array


def _linear_ramp(array, widths, end_values):
    ends = pairs(end_values, array.ndim)

    def ramps(x, axis, sizes):
        first, last = _edges(x, axis)
        return [
            linspace(ends[axis][0], first, sizes[0], False, dtype=x.dtype, axis=axis),
            np.flip(linspace(ends[axis][1], last, sizes[1], False, dtype=x.dtype, axis=axis), axis),
        ]

    return _by_axis(array, widths, ramps)


def _edges(x, axis):
    before = (slice(None),) * axis
    return x[(*before, 0)], x[(*before, -1)]


def _statistic(function):
    def padded(array, widths, stat_length):
        lengths = pairs(stat_length, array.ndim)

        def ends(x, axis, sizes):
            return [
                _stat(function, x, axis, n, length, k)
                for k, (n, length) in enumerate(zip(sizes, lengths[axis]))
            ]

        return _by_axis(array, widths, ends)

    return padded


def _stat(function, x, axis, size, length, at_end):
    have = x.shape[axis]
    length = have if length is None else min(int(length), have)
    if length < 1:
        raise ArgumentError("stat_length of 0 yields no value for padding")
    part = slice(have - length, None) if at_end else slice(length)
    found = function(x[(slice(None),) * axis + (part,)], axis=axis, keepdims=True)
    found = np.rint(found) if x.dtype.kind in "iu" and found.dtype.kind == "f" else found
    shape = tuple(size if k == axis else n for k, n in enumerate(x.shape))
    return broadcast_to(fresh(astype(found, x.dtype)), shape)


PAD = {
    "constant": _constant,
    "empty": lambda array, widths: _constant(array, widths, 0),
    "edge": _by_index("edge"),
    "wrap": _by_index("wrap"),
    "reflect": _by_index("reflect"),
    "symmetric": _by_index("symmetric"),
    "linear_ramp": _linear_ramp,
    "maximum": _statistic(lambda x, **settings: np.max(x, **settings)),
    "minimum": _statistic(lambda x, **settings: np.min(x, **settings)),
    "mean": _statistic(lambda x, **settings: np.mean(x, **settings)),
    "median": _statistic(lambda x, **settings: np.median(x, **settings)),
}
