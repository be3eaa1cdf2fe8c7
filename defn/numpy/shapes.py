"""Other shapes of an array: what NumPy aliases, these alias."""

from __future__ import annotations

import math
import operator

import numpy as np

from defn import views
from defn.dispatch import METHODS, implements
from defn.errors import ShapeError, Unsupported
from defn.numpy.composite import fresh
from defn.numpy.layout import can_view, inside, is_contiguous, seen, type_like
from defn.numpy.orders import axes_of, transpose
from defn.tensor import asarray, is_tensor, renamed
from defn.trace import current


def sizes_of(shape):
    """A shape argument as a tuple of Python integers."""
    if isinstance(shape, (tuple, list)):
        return tuple(operator.index(n) for n in shape)
    if is_tensor(shape) and shape.ndim:
        return tuple(operator.index(n) for n in shape)
    if isinstance(shape, np.ndarray) and shape.ndim:
        return tuple(int(n) for n in shape)
    return (operator.index(shape),)


def completed(shape, size):
    """A shape whose one -1 is what is left over."""
    unknown = [k for k, n in enumerate(shape) if n == -1]
    if len(unknown) > 1:
        raise ShapeError("can only specify one unknown dimension (-1) of a shape")
    rest = math.prod(n for n in shape if n != -1)
    if unknown and rest and not size % rest:
        shape = tuple(size // rest if n == -1 else n for n in shape)
    if -1 in shape or math.prod(shape) != size:
        raise ShapeError(f"cannot reshape array of size {size} into shape {tuple(shape)}")
    return tuple(shape)


def only_c(order, name, allowed="CAK"):
    """Refuse orders of elements other than C's, by name."""
    if order is not None and order not in allowed:
        raise Unsupported(f"{name}(order={order!r}): elements are in C order here; transpose first")


# Shapes.


@implements(np.reshape)
def reshape(a, /, shape, order="C", *, copy=None):
    """The elements in another shape: a view where the layout allows, else a copy, as in NumPy.

    >>> reshape(asarray([1, 2, 3, 4]), (2, -1)).tolist()
    [[1, 2], [3, 4]]
    """
    a = asarray(a)
    if order == "F":
        return transpose(reshape(transpose(a), sizes_of(shape)[::-1], copy=copy))
    only_c(order, "reshape")
    new = completed(sizes_of(shape), a.size)
    if not _views(a, new):
        if copy is False:
            raise ShapeError("unable to avoid creating a copy while reshaping")
        a = fresh(a)
    elif copy:
        a = fresh(a)
    return renamed(logical_reshape(a, new), (None,) * len(new))


def _views(a, new):
    return current() is None or a.scalar or a.weak is not None or can_view(inside(a), new)


def logical_reshape(a, new):
    """The elements in another shape, aliased whatever their layout."""
    if a.shape == new and current() is None:
        return a
    return seen(a, (views.Reshape(new),) if a.shape != new else (), type_like(a, new))


def reshape_method(a, *shape, order="C", copy=None):
    """`a.reshape(2, 3)` or `a.reshape((2, 3))`."""
    return reshape(a, shape[0] if len(shape) == 1 else shape, order, copy=copy)


METHODS["reshape"] = reshape_method


@implements(np.ravel, method="ravel")
def ravel(a, order="C"):
    """The elements in a row: a view where the layout allows.

    >>> ravel(asarray([[1, 2], [3, 4]])).tolist()
    [1, 2, 3, 4]
    """
    a = asarray(a)
    if order == "F":
        return ravel(transpose(a))
    only_c(order, "ravel", "CAK")
    a = a if current() is None or a.scalar or is_contiguous(inside(a)) else fresh(a)
    return reshape(a, (a.size,))


def expanded(a, at):
    """The array with new axes of size one at these places of the result."""
    sizes = iter(a.shape)
    shape = tuple(1 if k in at else next(sizes) for k in range(a.ndim + len(at)))
    names = iter(a.names)
    names = [None if k in at else next(names) for k in range(len(shape))]
    return renamed(logical_reshape(a, shape), names)


@implements(np.expand_dims)
def expand_dims(a, axis):
    """The array with new axes of size one.

    >>> expand_dims(asarray([1, 2]), 0).tolist()
    [[1, 2]]
    """
    a = asarray(a)
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    return expanded(a, axes_of(axis, a.ndim + count))


@implements(np.squeeze, method="squeeze")
def squeeze(a, axis=None):
    """The array without its axes of size one, or without those named.

    >>> squeeze(asarray([[1, 2]])).tolist()
    [1, 2]
    """
    a = asarray(a)
    axes = (
        tuple(k for k, n in enumerate(a.shape) if n == 1) if axis is None else axes_of(axis, a.ndim)
    )
    if any(a.shape[k] != 1 for k in axes):
        raise ShapeError(
            f"cannot select an axis to squeeze out which has size not equal to one: shape {a.shape}"
        )
    if a.scalar:
        return a
    kept = [k for k in range(a.ndim) if k not in axes]
    made = logical_reshape(a, tuple(a.shape[k] for k in kept))
    return renamed(made, [a.names[k] for k in kept])


def _at_least(name, ndim, place):
    def at_least(*arrays):
        found = tuple(place(asarray(a)) if asarray(a).ndim < ndim else asarray(a) for a in arrays)
        return found[0] if len(found) == 1 else found

    at_least.__name__ = name
    at_least.__doc__ = f"""The arrays, each with {ndim} axes or more: new ones have the size 1.

    >>> {name}(3.0).shape
    {(1,) * ndim}
    """
    return at_least


def _third(a):
    return expanded(a, {0: (0, 1, 2), 1: (0, 2), 2: (2,)}[a.ndim])


implements(np.atleast_1d)(_at_least("atleast_1d", 1, lambda a: expanded(a, (0,))))
implements(np.atleast_2d)(
    _at_least("atleast_2d", 2, lambda a: expanded(a, tuple(range(2 - a.ndim))))
)
implements(np.atleast_3d)(_at_least("atleast_3d", 3, _third))
