"""Other orders of axes and of elements: views."""

from __future__ import annotations

import operator

import numpy as np

from defn import views
from defn.dispatch import METHODS, implements
from defn.errors import ArgumentError, BoundsError, ShapeError
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import fresh
from defn.numpy.layout import seen, strides_of, type_like
from defn.tensor import asarray, astype
from defn.trace import current


def axes_of(axes, ndim):
    """Several axes counted from the front, each once."""
    given = axes if isinstance(axes, (tuple, list)) else (axes,)
    found = tuple(normalized_axis(a, ndim) for a in given)
    if len(set(found)) != len(found):
        raise ArgumentError(f"repeated axis in {tuple(given)}")
    return found


# Orders of axes.


@implements(np.transpose, np.permute_dims)
def transpose(a, axes=None):
    """The axes in another order; backwards, if none is given.

    >>> transpose(asarray([[1, 2], [3, 4]])).tolist()
    [[1, 3], [2, 4]]
    """
    a = asarray(a)
    axes = tuple(range(a.ndim))[::-1] if axes is None else axes_of(axes, a.ndim)
    if len(axes) != a.ndim:
        raise ShapeError(f"axes {axes} do not match an array of shape {a.shape}")
    if axes == tuple(range(a.ndim)):
        return a if a.scalar else seen(a, (), a.type)
    return seen(a, (views.Transpose(axes),), type_like(a, (a.shape[k] for k in axes)))


def transpose_method(a, *axes):
    """`a.transpose()`, `a.transpose(1, 0)` or `a.transpose((1, 0))`."""
    if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
        (axes,) = axes
    return transpose(a, axes or None)


METHODS["transpose"] = transpose_method
METHODS["T"] = property(transpose)


@implements(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x, /):
    """The last two axes exchanged."""
    x = asarray(x)
    if x.ndim < 2:
        raise ShapeError(f"matrix transpose needs at least two axes, got shape {x.shape}")
    return swapaxes(x, -1, -2)


METHODS["mT"] = property(matrix_transpose)


@implements(np.swapaxes, method="swapaxes")
def swapaxes(a, axis1, axis2):
    """Two axes exchanged.

    >>> swapaxes(np.ones((2, 3)), 0, 1).shape
    (3, 2)
    """
    a = asarray(a)
    axes = list(range(a.ndim))
    one, other = normalized_axis(axis1, a.ndim), normalized_axis(axis2, a.ndim)
    axes[one], axes[other] = other, one
    return transpose(a, axes)


@implements(np.moveaxis)
def moveaxis(a, source, destination):
    """Some axes moved to other places; the others keep their order.

    >>> moveaxis(np.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    a = asarray(a)
    source, destination = axes_of(source, a.ndim), axes_of(destination, a.ndim)
    if len(source) != len(destination):
        raise ArgumentError(
            "`source` and `destination` arguments must have the same number of elements"
        )
    order = [k for k in range(a.ndim) if k not in source]
    for target, origin in sorted(zip(destination, source)):
        order.insert(target, origin)
    return transpose(a, order)


@implements(np.rollaxis)
def rollaxis(a, axis, start=0):
    """One axis moved backwards until it lies before `start`.

    >>> rollaxis(np.ones((2, 3, 4)), 2).shape
    (4, 2, 3)
    """
    a = asarray(a)
    axis = normalized_axis(axis, a.ndim)
    start = start + a.ndim if start < 0 else start
    if not 0 <= start <= a.ndim:
        raise BoundsError(
            f"'start' arg requires -{a.ndim} <= start < {a.ndim + 1}, but {start} was passed in"
        )
    return moveaxis(a, axis, start - 1 if axis < start else start)


# Orders of elements.


@implements(np.flip)
def flip(m, axis=None):
    """The elements backwards along some axes, or along all.

    >>> flip(asarray([1, 2, 3])).tolist()
    [3, 2, 1]
    """
    m = asarray(m)
    axes = tuple(range(m.ndim)) if axis is None else axes_of(axis, m.ndim)
    if not m.ndim:
        return METHODS["__getitem__"](m, ())
    return seen(m, (views.Flip(axes),) if axes else (), m.type)


@implements(np.fliplr)
def fliplr(m):
    """The columns backwards.

    >>> fliplr([[1, 2], [3, 4]]).tolist()
    [[2, 1], [4, 3]]
    """
    m = asarray(m)
    if m.ndim < 2:
        raise ShapeError("Input must be >= 2-d.")
    return flip(m, 1)


@implements(np.flipud)
def flipud(m):
    """The rows backwards.

    >>> flipud([[1, 2], [3, 4]]).tolist()
    [[3, 4], [1, 2]]
    """
    m = asarray(m)
    if m.ndim < 1:
        raise ShapeError("Input must be >= 1-d.")
    return flip(m, 0)


@implements(np.rot90)
def rot90(m, k=1, axes=(0, 1)):
    """The array turned by k quarters, from the first axis towards the second.

    >>> rot90(asarray([[1, 2], [3, 4]])).tolist()
    [[2, 4], [1, 3]]
    """
    m = asarray(m)
    if len(tuple(axes)) != 2 or m.ndim < 2:
        raise ArgumentError("len(axes) must be 2, of an array of two axes or more.")
    one, other = axes_of(tuple(axes), m.ndim)
    turn = (
        lambda x: seen(x, (), x.type),
        lambda x: swapaxes(flip(x, other), one, other),
        lambda x: flip(x, (one, other)),
        lambda x: flip(swapaxes(x, one, other), other),
    )
    return turn[operator.index(k) % 4](m)


def copied(a, dtype=None):
    """A copy, cast if need be, whose elements lie in memory as those of the array do: order "K"."""
    if current() is None and dtype not in (None, a.dtype):
        return astype(a, dtype)
    if not a.lenses or a.scalar or current() is None:
        return fresh(astype(a, dtype or a.dtype))
    strides = strides_of(a) or ()
    order = tuple(sorted(range(len(strides)), key=lambda k: -abs(strides[k])))
    if order == tuple(range(len(strides))):
        return fresh(astype(a, dtype or a.dtype))
    made = fresh(astype(transpose(a, order), dtype or a.dtype))
    return transpose(made, tuple(int(k) for k in np.argsort(order)))
