"""Axes as the user gives them: negative, several, or None for all."""

from __future__ import annotations

import operator

from defn.errors import ArgumentError, AxisError, TypeMismatch


def integer(value, what):
    """A setting that must be an integer known now."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeMismatch(f"{what} must be an integer, not {value!r}") from None


def normalized_axis(axis, ndim, what="axis"):
    """The axis counted from the front.

    >>> normalized_axis(-1, 3)
    2
    """
    axis = integer(axis, "an axis")
    if not -ndim <= axis < ndim:
        raise AxisError(f"{what} {axis} is out of bounds for array of dimension {ndim}")
    return axis % ndim


def normalized_axes(axis, ndim):
    """The axes counted from the front, in order; all of them for None.

    >>> normalized_axes((-1, 0), 3)
    (0, 2)
    """
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, (tuple, list)):
        of_scalar = not ndim and integer(axis, "an axis") in (0, -1)
        return () if of_scalar else (normalized_axis(axis, ndim),)
    found = [normalized_axis(each, ndim) for each in axis]
    if len({*found}) < len(found):
        raise ArgumentError(f"duplicate value in 'axis': {axis}")
    return tuple(sorted(found))


def kept_shape(shape, axes, keepdims=True):
    """The shape after a reduction of some axes, which keep size one or go away.

    >>> kept_shape((2, 3, 4), (1,)), kept_shape((2, 3, 4), (1,), False)
    ((2, 1, 4), (2, 4))
    """
    if keepdims:
        return tuple(1 if k in axes else n for k, n in enumerate(shape))
    return tuple(n for k, n in enumerate(shape) if k not in axes)
