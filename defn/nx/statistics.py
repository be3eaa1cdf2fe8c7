"""Statistics."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.errors import ArgumentError, ShapeError
from defn.numpy.axes import kept_shape, normalized_axis
from defn.numpy.composite import inexact, settled, strong
from defn.numpy.parts import flat, joined, part, reshaped
from defn.numpy.span import counting
from defn.nx.spelling import axes_of, spelled
from defn.tensor import apply, asarray, broadcast_to
from defn.types import BOOL


@spelled
def mode(x, axis=None, *, keepdims=False):
    """The most frequent value along an axis, or of all; the least of those that are equally
    frequent.

    >>> mode([3, 1, 3, 1, 2]).item()
    1
    """
    x = strong(asarray(x))
    rows, place = (flat(x), 0) if axis is None else (x, normalized_axis(axis, x.ndim))
    if not rows.shape[place]:
        raise ArgumentError(f"mode of an axis without elements, of shape {x.shape}")
    ordered = apply(ops.sort, rows, axis=place)
    ends = np.argmax(run_lengths(ordered, place), axis=place, keepdims=True)
    found = np.take_along_axis(ordered, ends, place)
    axes = tuple(range(x.ndim)) if axis is None else (place,)
    return settled(reshaped(found, kept_shape(x.shape, axes, keepdims)), x.dtype)


def run_lengths(ordered, axis):
    """For each element, how many equal ones there are up to it, itself among them."""
    size = ordered.shape[axis]
    places = counting(ordered.shape, axis)
    differs = part(ordered, axis, 1, size - 1) != part(ordered, axis, 0, size - 1)
    first = broadcast_to(asarray(True, BOOL), kept_shape(ordered.shape, (axis,)))
    begins = joined((first, differs), axis)
    starts = apply(ops.cummax, np.where(begins, places, 0), axis=axis)
    return places - starts + 1


@spelled
def weighted_mean(x, weights, axis=None, *, keepdims=False):
    """The mean along axes, each element counted with its weight.

    >>> weighted_mean([1.0, 4.0], [1, 2]).item()
    3.0
    """
    return np.average(strong(asarray(x)), axes_of(axis), weights, keepdims=keepdims)


@spelled
def variance(x, axis=None, *, ddof=0, keepdims=False):
    """The mean square of the distance to the mean; the sum is over `n - ddof`.

    >>> variance([1.0, 3.0]).item()
    1.0
    """
    return np.var(strong(asarray(x)), axis=axes_of(axis), ddof=ddof, keepdims=keepdims)


@spelled
def standard_deviation(x, axis=None, *, ddof=0, keepdims=False):
    """The root of the variance.

    >>> standard_deviation([1.0, 5.0]).item()
    2.0
    """
    return np.std(strong(asarray(x)), axis=axes_of(axis), ddof=ddof, keepdims=keepdims)


def covariance(x, mean=None, *, ddof=0):
    """The covariances (..., d, d) of d variables in the columns of samples (..., n, d).

    >>> covariance([[1.0, 0.0], [3.0, 4.0]]).tolist()
    [[1.0, 2.0], [2.0, 4.0]]
    """
    x = inexact(asarray(x))
    if x.ndim < 2:
        raise ShapeError(f"covariance takes samples of shape (..., n, d), not {x.shape}")
    centre = np.mean(x, axis=-2) if mean is None else inexact(asarray(mean))
    if centre.shape[-1:] != x.shape[-1:]:
        raise ShapeError(f"the mean of {x.shape[-1]} variables is not of shape {centre.shape}")
    centred = x - centre[..., None, :]
    return np.matmul(np.swapaxes(np.conjugate(centred), -1, -2), centred) / (x.shape[-2] - ddof)
