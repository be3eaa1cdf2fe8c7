"""Views of an array: other shapes, other orders of axes and elements. What NumPy aliases, these alias."""

from __future__ import annotations

import math
import operator

import numpy as np

from defn import ops, views
from defn.dispatch import METHODS, implements
from defn.errors import ArgumentError, BoundsError, ShapeError, Unsupported
from defn.expr import make
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import fresh
from defn.numpy.layout import STRIDES, can_view, inside, is_contiguous, seen, type_like
from defn.tensor import asarray, is_tensor
from defn.trace import current
from defn.types import Type


def axes_of(axes, ndim):
    """Several axes counted from the front, each once."""
    given = axes if isinstance(axes, (tuple, list)) else (axes,)
    found = tuple(normalized_axis(a, ndim) for a in given)
    if len(set(found)) != len(found):
        raise ArgumentError(f"repeated axis in {tuple(given)}")
    return found


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
    return logical_reshape(a, new)


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
    return logical_reshape(a, shape)


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
    return logical_reshape(a, tuple(n for k, n in enumerate(a.shape) if k not in axes))


def _at_least(name, ndim, place):
    def at_least(*arrays):
        found = tuple(place(asarray(a)) if asarray(a).ndim < ndim else asarray(a) for a in arrays)
        return found[0] if len(found) == 1 else found

    at_least.__name__ = name
    at_least.__doc__ = f"The arrays with {ndim} axes or more."
    return at_least


def _third(a):
    return expanded(a, {0: (0, 1, 2), 1: (0, 2), 2: (2,)}[a.ndim])


implements(np.atleast_1d)(_at_least("atleast_1d", 1, lambda a: expanded(a, (0,))))
implements(np.atleast_2d)(
    _at_least("atleast_2d", 2, lambda a: expanded(a, tuple(range(2 - a.ndim))))
)
implements(np.atleast_3d)(_at_least("atleast_3d", 3, _third))


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
        return seen(a, (), a.type)
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
    """Two axes exchanged."""
    a = asarray(a)
    axes = list(range(a.ndim))
    one, other = normalized_axis(axis1, a.ndim), normalized_axis(axis2, a.ndim)
    axes[one], axes[other] = other, one
    return transpose(a, axes)


@implements(np.moveaxis)
def moveaxis(a, source, destination):
    """Some axes moved to other places; the others keep their order."""
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
    """One axis moved backwards until it lies before `start`."""
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
    """The columns backwards."""
    m = asarray(m)
    if m.ndim < 2:
        raise ShapeError("Input must be >= 2-d.")
    return flip(m, 1)


@implements(np.flipud)
def flipud(m):
    """The rows backwards."""
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
    turn = (lambda x: seen(x, (), x.type), lambda x: swapaxes(flip(x, other), one, other),
            lambda x: flip(x, (one, other)), lambda x: flip(swapaxes(x, one, other), other))  # fmt: skip
    return turn[operator.index(k) % 4](m)


# Repeats.


@implements(np.broadcast_to)
def broadcast_to(array, shape, subok=False):
    """The array repeated to a shape: a view that cannot be written.

    >>> broadcast_to(asarray([1, 2]), (2, 2)).tolist()
    [[1, 2], [1, 2]]
    """
    array, shape = asarray(array), sizes_of(shape)
    first = len(shape) - array.ndim
    if first < 0 or any(n not in (1, m) for n, m in zip(array.shape, shape[first:])):
        raise ShapeError(f"cannot broadcast an array of shape {array.shape} to shape {shape}")
    axes = tuple(range(first, len(shape)))
    return seen(array, (views.Spread(shape, axes),), type_like(array, shape))


@implements(np.broadcast_arrays)
def broadcast_arrays(*arrays, subok=False):
    """The arrays repeated to one shape."""
    arrays = [asarray(a) for a in arrays]
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    if all(a.shape == shape for a in arrays):
        return tuple(arrays)
    return tuple(broadcast_to(a, shape) for a in arrays)


# Parts.


def cut(a, axis, bounds):
    """The parts of an axis between neighbouring bounds."""
    before = (slice(None),) * axis
    return [a[(*before, slice(low, high))] for low, high in zip(bounds, bounds[1:])]


@implements(np.array_split)
def array_split(ary, indices_or_sections, axis=0):
    """The array in parts as equal as can be, or cut at given places: views.

    >>> [part.tolist() for part in array_split(asarray([1, 2, 3]), 2)]
    [[1, 2], [3]]
    """
    ary = asarray(ary)
    axis = normalized_axis(axis, ary.ndim)
    size = ary.shape[axis]
    if np.iterable(indices_or_sections):
        places = [operator.index(k) for k in indices_or_sections]
        return cut_at(ary, axis, places)
    sections = operator.index(indices_or_sections)
    if sections <= 0:
        raise ArgumentError("number sections must be larger than 0.")
    each, extra = divmod(size, sections)
    sizes = [each + 1] * extra + [each] * (sections - extra)
    return cut(ary, axis, [0, *(int(n) for n in np.cumsum(sizes))])


def cut_at(a, axis, places):
    """The parts of an axis between places, which count as bounds of slices do."""
    before = (slice(None),) * axis
    starts, stops = [0, *places], [*places, a.shape[axis]]
    return [a[(*before, slice(low, high))] for low, high in zip(starts, stops)]


@implements(np.split)
def split(ary, indices_or_sections, axis=0):
    """The array in equal parts, or cut at given places: views."""
    ary = asarray(ary)
    size = ary.shape[normalized_axis(axis, ary.ndim)]
    if not np.iterable(indices_or_sections) and size % operator.index(indices_or_sections):
        raise ShapeError(
            f"array split does not result in an equal division: {size} by {indices_or_sections}"
        )
    return array_split(ary, indices_or_sections, axis)


@implements(np.hsplit)
def hsplit(ary, indices_or_sections):
    """The array in parts, side by side."""
    ary = asarray(ary)
    if not ary.ndim:
        raise ShapeError("hsplit only works on arrays of 1 or more dimensions")
    return split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@implements(np.vsplit)
def vsplit(ary, indices_or_sections):
    """The array in parts, one above the other."""
    ary = asarray(ary)
    if ary.ndim < 2:
        raise ShapeError("vsplit only works on arrays of 2 or more dimensions")
    return split(ary, indices_or_sections, 0)


@implements(np.dsplit)
def dsplit(ary, indices_or_sections):
    """The array in parts along its third axis."""
    ary = asarray(ary)
    if ary.ndim < 3:
        raise ShapeError("dsplit only works on arrays of 3 or more dimensions")
    return split(ary, indices_or_sections, 2)


@implements(np.unstack)
def unstack(x, /, *, axis=0):
    """The parts of an array along an axis, without the axis."""
    x = asarray(x)
    if not x.ndim:
        raise ShapeError("Input array must be at least 1-d.")
    return tuple(moveaxis(x, axis, 0))


# Real and imaginary parts.


@implements(np.real)
def real(val):
    """The real part: a view of it, where the values are complex."""
    val = asarray(val)
    if val.dtype.kind != "c":
        return val if val.scalar else seen(val, (), val.type)
    return _part_of(val, views.RealPart())


@implements(np.imag)
def imag(val):
    """The imaginary part: a view of it, where the values are complex; else zeros."""
    val = asarray(val)
    if val.dtype.kind != "c":
        return np.zeros_like(val)
    return _part_of(val, views.ImaginaryPart())


def _part_of(value, lens):
    half = np.dtype(f"f{value.dtype.itemsize // 2}")
    shown = seen(value, (lens,), Type(half, value.shape))
    shown.scalar = value.scalar
    return shown


METHODS["real"], METHODS["imag"] = property(real), property(imag)


class Windows(views.Lens):
    """Every stretch of so many elements along one axis; the elements of a stretch are the last axis."""

    __slots__ = ("axis", "width")
    writable = False

    def __init__(self, axis, width):
        self.axis, self.width = axis, width

    def read(self, base):
        count = base.shape[self.axis] - self.width + 1
        along = [make(ops.iota, (), {"shape": (count, self.width), "axis": k}) for k in (0, 1)]
        found = make(ops.gather, (base, make(ops.add, tuple(along))), {"axes": (self.axis,)})
        order = (*range(2, self.axis + 2), 0, *range(self.axis + 2, found.type.ndim), 1)
        return make(ops.transpose, (found,), {"axes": order})


def _window_strides(lens, shape, strides):
    sizes = (n - (lens.width - 1) * (k == lens.axis) for k, n in enumerate(shape))
    return (*sizes, lens.width), (*strides, strides[lens.axis])


STRIDES[Windows] = _window_strides


@implements(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(x, window_shape, axis=None, *, subok=False, writeable=False):
    """Every window of a shape, as the last axes of a view that cannot be written.

    >>> sliding_window_view(asarray([1, 2, 3]), 2).tolist()
    [[1, 2], [2, 3]]
    """
    x, widths = asarray(x), sizes_of(window_shape)
    if writeable:
        raise Unsupported("sliding_window_view(writeable=True): write into the array itself")
    given = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(normalized_axis(k, x.ndim) for k in given)
    if len(axes) != len(widths):
        raise ArgumentError("Must provide matching length window_shape and axis")
    for k, width in zip(axes, widths):
        x = _windows(x, k, width)
    return x


def _windows(x, axis, width):
    count = x.shape[axis] - width + 1
    if width < 0 or count < 1:
        raise ArgumentError("window shape cannot be larger than input array shape")
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :], width)
    return seen(x, (Windows(axis, width),), type_like(x, shape))
