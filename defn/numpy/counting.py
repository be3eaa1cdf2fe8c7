"""Numbers at equal distances, or in equal ratios."""

from __future__ import annotations

import math
import operator

import numpy as np

from defn.errors import ArgumentError, TypeMismatch
from defn.numpy.composite import fresh
from defn.numpy.creation import creates
from defn.numpy.orders import moveaxis
from defn.numpy.shapes import logical_reshape
from defn.numpy.span import counting
from defn.tensor import (
    PYTHON_NUMBERS,
    Tensor,
    asarray,
    astype,
)
from defn.types import as_dtype

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
    """So many numbers from `start` on: the first, and multiples of the distance to the second."""
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
    """So many numbers whose logarithms are at equal distances.

    >>> logspace(0, 2, 3).round(6).tolist()
    [1.0, 10.0, 100.0]
    """
    found = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return found if dtype is None else astype(found, as_dtype(dtype))


@creates(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """So many numbers, each the same multiple of the one before.

    >>> geomspace(1, 1000, 4).round(6).tolist()
    [1.0, 10.0, 100.0, 1000.0]
    """
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
