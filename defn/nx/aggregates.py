"""Many elements to one, by Nx's names and with its settings; dtypes are those of NumPy's reductions."""

from __future__ import annotations

from defn import numpy as functions
from defn import ops, special
from defn.errors import ArgumentError
from defn.numpy.axes import kept_shape, normalized_axes, normalized_axis
from defn.numpy.composite import inexact, settled, strong
from defn.numpy.parts import flat, reshaped
from defn.nx.spelling import axes_of, spelled
from defn.tensor import apply, asarray, astype
from defn.types import INT64, as_dtype


def reduction(name):
    """A reduction of NumPy's, of several axes, with Nx's settings."""
    function = getattr(functions, name)

    @spelled
    def reduced(x, axis=None, *, keepdims=False):
        return function(strong(asarray(x)), axis=axes_of(axis), keepdims=keepdims)

    reduced.__name__ = reduced.__qualname__ = name
    reduced.__doc__ = f"`numpy.{name}` along `axis`, all axes by default."
    return reduced


all, any, sum, mean = map(reduction, ("all", "any", "sum", "mean"))
product, reduce_max, reduce_min = map(reduction, ("prod", "max", "min"))


@spelled
def median(x, axis=None, *, keepdims=False):
    """The middle of the values in order; of an even number, the mean of the two in the middle.

    >>> median([3, 1, 2]).item()
    2.0
    """
    return functions.median(strong(asarray(x)), axis=axis, keepdims=keepdims)


@spelled
def logsumexp(x, axis=None, *, exp_scaling_factor=None, keepdims=False):
    """The logarithm of the sum of the exponentials, each times a factor.

    >>> logsumexp([0.0, 0.0], exp_scaling_factor=[1.0, 0.0]).item()
    0.0
    """
    x = inexact(asarray(x))
    return special.logsumexp(x, axes_of(axis), exp_scaling_factor, keepdims)


@spelled
def argmax(x, axis=None, *, keepdims=False, tie_break="low", dtype=INT64):
    """The place of the greatest element; of equal ones the first, or with `tie_break="high"` the last.

    >>> argmax([1, 3, 3]).item(), argmax([1, 3, 3], tie_break="high").item()
    (1, 2)
    """
    return place_of(ops.argmax, x, axis, keepdims, tie_break, dtype)


@spelled
def argmin(x, axis=None, *, keepdims=False, tie_break="low", dtype=INT64):
    """The place of the least element; of equal ones the first, or with `tie_break="high"` the last.

    >>> argmin([2, 1, 1]).item(), argmin([2, 1, 1], tie_break="high").item()
    (1, 2)
    """
    return place_of(ops.argmin, x, axis, keepdims, tie_break, dtype)


def place_of(op, x, axis, keepdims, tie_break, dtype):
    """The place of an extreme along an axis, or in the array as one row."""
    if tie_break not in ("low", "high"):
        raise ArgumentError(f"tie_break is 'low' or 'high', not {tie_break!r}")
    x = strong(asarray(x))
    rows, place = (flat(x), 0) if axis is None else (x, normalized_axis(axis, x.ndim))
    if not rows.shape[place]:
        raise ArgumentError(f"{op.name} of an axis without elements, of shape {x.shape}")
    last = tie_break == "high"
    found = apply(op, apply(ops.flip, rows, axes=(place,)) if last else rows, axis=place)
    found = rows.shape[place] - 1 - found if last else found
    axes = normalized_axes(axis, x.ndim)
    return settled(
        reshaped(astype(found, INT64), kept_shape(x.shape, axes, keepdims)), as_dtype(dtype)
    )


@spelled
def all_close(x, y, *, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether all elements are as near to those of `y` as the tolerances ask.

    >>> all_close([1.0], [1.0 + 1e-9]).item()
    True
    """
    return functions.allclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan)


__all__ = [
    "all", "all_close", "any", "argmax", "argmin", "logsumexp", "mean", "median", "product",
    "reduce_max", "reduce_min", "sum",
]  # fmt: skip
