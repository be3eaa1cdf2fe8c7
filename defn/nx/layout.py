"""Shapes and places of elements, by Nx's names and with its settings."""

from __future__ import annotations

import math

import numpy as np

from defn import numpy as functions
from defn import ops, pytree
from defn.errors import ArgumentError, ShapeError
from defn.numpy.axes import integer, normalized_axes, normalized_axis
from defn.numpy.composite import fresh, settled, strong
from defn.numpy.parts import part, reshaped
from defn.nx.indexed import together
from defn.nx.spelling import axes_of, spelled
from defn.tensor import apply, asarray, is_tensor

# What an array is.


def type(x):
    """The dtype of an array.

    >>> type([1.0])
    dtype('float64')
    """
    return asarray(x).dtype


def shape(x):
    """The sizes of the axes of an array; a shape is its own.

    >>> shape([[1, 2]]), shape((2, 3))
    ((1, 2), (2, 3))
    """
    return x if isinstance(x, tuple) else asarray(x).shape


def rank(x):
    """How many axes an array, or a shape, has.

    >>> rank([[1, 2]])
    2
    """
    return len(shape(x))


def size(x):
    """How many elements an array, or a shape, has.

    >>> size((2, 3))
    6
    """
    return math.prod(shape(x))


def axes(x):
    """The numbers of the axes.

    >>> axes((2, 3))
    [0, 1]
    """
    return list(range(rank(x)))


def axis_size(x, axis):
    """The size of an axis.

    >>> axis_size((2, 3), -1)
    3
    """
    return shape(x)[axis_index(x, axis)]


def axis_index(x, axis):
    """The number of an axis, counted from the front.

    >>> axis_index((2, 3), -1)
    1
    """
    return normalized_axis(axis, rank(x))


def byte_size(x):
    """How many bytes the elements take.

    >>> byte_size([1.0, 2.0])
    16
    """
    return asarray(x).nbytes


def bit_size(x):
    """How many bits the elements take.

    >>> bit_size([1.0, 2.0])
    128
    """
    return 8 * byte_size(x)


def compatible(x, y):
    """Whether arrays, or containers of arrays, are of one shape and dtype.

    >>> compatible(1, 2), compatible((1, 2.0), (1, 2))
    (True, False)
    """
    (left, structure), (right, other) = pytree.flatten(x), pytree.flatten(y)
    types = [[asarray(leaf).type for leaf in leaves] for leaves in (left, right)]
    return structure == other and types[0] == types[1]


# The same elements in another shape or order.


def reshape(x, shape):
    """The elements in another shape, that of an array too; one size may be "auto" (or -1).

    >>> reshape([1, 2, 3, 4], (2, "auto")).tolist()
    [[1, 2], [3, 4]]
    """
    return functions.reshape(strong(asarray(x)), sizes(shape))


def sizes(shape):
    """The sizes that a shape, or an array, names."""
    if is_tensor(shape) or isinstance(shape, np.ndarray):
        return shape.shape
    if isinstance(shape, (tuple, list)):
        return tuple(-1 if n == "auto" else n for n in shape)
    return -1 if shape == "auto" else shape


def flatten(x, *, axes=None):
    """The elements in a row; or neighbouring axes as one.

    >>> flatten([[1, 2], [3, 4]]).tolist()
    [1, 2, 3, 4]
    """
    x = strong(asarray(x))
    merged = sorted(normalized_axes(axes_of(axes), x.ndim))
    if not merged:
        return fresh(reshaped(x, (1,)) if not x.ndim and axes is None else x)
    first, last = merged[0], merged[-1] + 1
    if merged != list(range(first, last)):
        raise ArgumentError(f"flatten takes neighbouring axes, not {tuple(merged)}")
    made = (*x.shape[:first], math.prod(x.shape[first:last]), *x.shape[last:])
    return functions.reshape(x, made)


def new_axis(x, axis):
    """The array with a new axis of size 1 there; -1 is after all others.

    >>> new_axis([1, 2], -1).tolist()
    [[1], [2]]
    """
    return functions.expand_dims(strong(asarray(x)), axis)


@spelled
def squeeze(x, *, axes=None):
    """The array without axes of size 1: all, or those named.

    >>> squeeze([[1, 2]]).tolist()
    [1, 2]
    """
    return functions.squeeze(strong(asarray(x)), axes_of(axes))


def broadcast(x, shape, *, axes=None):
    """The array repeated to a shape; `axes` says which axis of the result each of its axes is.

    >>> broadcast([1, 2], (2, 2), axes=[0]).tolist()
    [[1, 1], [2, 2]]
    """
    x, wanted = strong(asarray(x)), sizes(shape)
    wanted = (wanted,) if isinstance(wanted, int) else wanted
    if axes is None:
        return fresh(functions.broadcast_to(x, wanted))
    places = tuple(normalized_axis(k, len(wanted)) for k in axes)
    if len(places) != x.ndim or list(places) != sorted(set(places)):
        raise ShapeError(f"broadcast of {x.ndim} axes names as many in order, not {tuple(axes)}")
    if any(n not in (1, wanted[k]) for n, k in zip(x.shape, places)):
        raise ShapeError(f"shape {x.shape} cannot be repeated to {wanted} along {places}")
    return settled(apply(ops.broadcast, x, shape=wanted, axes=places), x.dtype)


@spelled
def transpose(x, *, axes=None):
    """The array with its axes in another order: turned around, or as named.

    >>> transpose([[1, 2], [3, 4]]).tolist()
    [[1, 3], [2, 4]]
    """
    return functions.transpose(strong(asarray(x)), axes_of(axes))


@spelled
def reverse(x, *, axes=None):
    """The array with its elements in the other direction along axes, all by default.

    >>> reverse([1, 2, 3]).tolist()
    [3, 2, 1]
    """
    return functions.flip(strong(asarray(x)), axes_of(axes))


def tile(x, repetitions):
    """The array repeated so many times along each axis.

    >>> tile([1, 2], [2]).tolist()
    [1, 2, 1, 2]
    """
    return functions.tile(strong(asarray(x)), tuple(repetitions))


def concatenate(arrays, *, axis=0):
    """Arrays one after the other along an axis.

    >>> concatenate([[1, 2], [3]]).tolist()
    [1, 2, 3]
    """
    return functions.concatenate(each_of(arrays), axis=axis)


def each_of(arrays):
    """The arrays, those in tuples too."""
    found = []
    for x in arrays:
        found += each_of(x) if isinstance(x, tuple) else [strong(asarray(x))]
    return found


def stack(arrays, *, axis=0):
    """Arrays side by side along a new axis.

    >>> stack([1, 2]).tolist()
    [1, 2]
    """
    return functions.stack(each_of(arrays), axis=axis)


def linspace(start, stop, *, n, dtype=None, endpoint=True):
    """`n` numbers at equal distances, along a new last axis.

    >>> linspace(0, 1, n=3).tolist()
    [0.0, 0.5, 1.0]
    """
    return functions.linspace(start, stop, n, endpoint=endpoint, dtype=dtype, axis=-1)


linspace = spelled(linspace)

# Padding.


def pad(x, value, config):
    """The array with `value` around and between its elements: (before, after, between) for each axis.

    Before and after may be negative: then so many elements are cut off.

    >>> pad([1, 2], 0, [(1, -1, 1)]).tolist()
    [0, 1, 0]
    """
    x, value = together(x, value)
    lows, highs, betweens = zip(*padding_of(config, x.ndim)) if x.ndim else ((), (), ())
    before, after = ([max(n, 0) for n in side] for side in (lows, highs))
    settings = {"low": tuple(before), "high": tuple(after), "interior": betweens}
    made = apply(ops.pad, x, value, **settings)
    for axis, (low, high) in enumerate(zip(lows, highs)):
        made = cut(made, axis, max(-low, 0), max(-high, 0))
    return settled(fresh(made) if made is x else made, x.dtype)


def padding_of(config, ndim):
    """The padding of every axis, checked."""
    if len(config) != ndim or any(len(each) != 3 for each in config):
        raise ShapeError(
            f"pad takes (before, after, between) for each of {ndim} axes, not {config}"
        )
    found = [tuple(integer(n, "padding") for n in each) for each in config]
    if any(between < 0 for _, _, between in found):
        raise ArgumentError(f"what lies between elements is 0 or more, not {config}")
    return found


def cut(x, axis, low, high):
    """The array without so many elements of an axis."""
    rest = x.shape[axis] - low - high
    if rest < 0:
        raise ShapeError(
            f"cutting {low} and {high} off an axis of {x.shape[axis]} leaves less than none"
        )
    return part(x, axis, low, rest) if low or high else x


MODES = {"cyclic": "wrap", "mirror": "symmetric", "reflect": "reflect", "replicate": "edge"}


def pad_outer(x, mode, config):
    """The array continued outside of its bounds: by a number, or "cyclic", "mirror", "reflect", or
    "replicate".

    >>> pad_outer([1, 2, 3], "reflect", [(2, 0)]).tolist()
    [3, 2, 1, 2, 3]
    """
    if not isinstance(mode, str):
        return pad(x, mode, [(low, high, 0) for low, high in config])
    if mode not in MODES:
        raise ArgumentError(f"pad_outer continues by a number or {', '.join(MODES)}, not {mode!r}")
    return functions.pad(strong(asarray(x)), [tuple(pair) for pair in config], mode=MODES[mode])


def reflect(x, *, padding_config):
    """The array continued by its reflection, without its first and last elements.

    >>> reflect([1, 2, 3], padding_config=[(0, 2)]).tolist()
    [1, 2, 3, 2, 1]
    """
    return pad_outer(x, "reflect", padding_config)


flat_size = size

__all__ = [
    "axes", "axis_index", "axis_size", "bit_size", "broadcast", "byte_size", "compatible",
    "concatenate", "flat_size", "flatten", "linspace", "new_axis", "pad", "pad_outer", "rank",
    "reflect", "reshape", "reverse", "shape", "size", "squeeze", "stack", "tile", "transpose", "type",
]  # fmt: skip
