"""Views of tensors, and where their elements lie in memory: reshape views where NumPy's does."""

from __future__ import annotations

import functools

import numpy as np

from defn import views
from defn.expr import parameter, toposort
from defn.tensor import Tensor, apply, asarray, assign, wrap
from defn.trace import current
from defn.types import Type


def inside(value):
    """The value as a tensor of the running trace: what came from outside is a hidden argument."""
    tensor = asarray(value)
    if current() is None:
        return tensor
    if tensor.scalar or tensor.weak:
        return wrap(tensor.node)  # a scalar is immutable, so what shows it is a copy
    if tensor.storage.trace is None:
        return Tensor(current().capture(tensor.storage.value, tensor.type), tensor.type)
    return tensor


def seen(tensor, lenses, type):
    """The tensor seen through lenses: an alias while tracing, a copy when eager."""
    if current() is None:
        return at_once(lambda base: views.read(base, lenses), tensor) if lenses else tensor
    tensor = inside(tensor)
    return Tensor(tensor.storage, type, (*tensor.lenses, *lenses))


def store(tensor, lenses, shown, value):
    """Write a value, cast and broadcast, into `shown`: the tensor seen through the lenses."""
    assign(shown, value)
    if current() is None and lenses:
        tensor.write(at_once(lambda base, new: views.write(base, lenses, new), tensor, shown))


def at_once(function, *tensors):
    """What a function of nodes gives for eager tensors, operation by operation."""
    inputs = [parameter(t.type) for t in tensors]
    found = dict(zip(inputs, tensors))
    root = function(*inputs)
    for node in toposort([root]):
        if node not in found:
            found[node] = apply(node.op, *(found[a] for a in node.args), **node.attrs)
    return found[root]


# Strides, in elements of the storage; a step of a chain that no stride describes gives None.


def contiguous(shape):
    """The strides of an array in C order.

    >>> contiguous((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


def strides_of(tensor):
    """The strides of a traced tensor, in halves of a stored element; None if it has none."""
    base = tensor.storage.value.type
    shape, strides = base.shape, tuple(2 * s for s in contiguous(base.shape))
    for lens in tensor.lenses:
        found = _through(lens, shape, strides)
        if found is None:
            return None
        shape, strides = found
    return strides


def _through(lens, shape, strides):
    rule = STRIDES.get(type(lens))
    return rule(lens, shape, strides) if rule else None


def _window(lens, shape, strides):
    kept = [k for k, n in enumerate(lens.sizes) if n is not None]
    return tuple(lens.sizes[k] for k in kept), tuple(strides[k] * lens.steps[k] for k in kept)


def _transpose(lens, shape, strides):
    return tuple(shape[k] for k in lens.axes), tuple(strides[k] for k in lens.axes)


def _flip(lens, shape, strides):
    return shape, tuple(-s if k in lens.axes else s for k, s in enumerate(strides))


def _spread(lens, shape, strides):
    placed = dict(zip(lens.axes, zip(shape, strides)))
    found = [placed.get(k, (1, 0)) for k in range(len(lens.shape))]
    return lens.shape, tuple(s if n == m else 0 for m, (n, s) in zip(lens.shape, found))


def _reshape(lens, shape, strides):
    found = reshaped_strides(shape, strides, lens.shape)
    return None if found is None else (lens.shape, found)


def _part(lens, shape, strides):
    return shape, strides


STRIDES = {
    views.Window: _window,
    views.Transpose: _transpose,
    views.Flip: _flip,
    views.Spread: _spread,
    views.Reshape: _reshape,
    views.RealPart: _part,
    views.ImaginaryPart: _part,
}


@functools.lru_cache(4096)
def reshaped_strides(shape, strides, new):
    """The strides of an array in a new shape, or None where NumPy has to copy: asked from NumPy."""
    like = np.lib.stride_tricks.as_strided(np.empty(1, "i1"), shape, strides)
    try:
        return np.reshape(like, new, copy=False).strides
    except ValueError:
        return None


def is_contiguous(tensor):
    """Do the elements of a traced tensor lie in C order, without gaps?"""
    strides, unit = strides_of(tensor), _unit(tensor)
    wanted = contiguous(tensor.shape)
    return (
        not tensor.size
        or strides is not None
        and all(n == 1 or s == unit * w for n, s, w in zip(tensor.shape, strides, wanted))
    )


def _unit(tensor):
    """The width of an element, in halves of an element of the storage."""
    return 2 * tensor.dtype.itemsize // tensor.storage.value.type.dtype.itemsize


def can_view(tensor, shape):
    """Does NumPy give a view when a tensor takes this shape?"""
    strides = strides_of(tensor)
    return strides is not None and reshaped_strides(tensor.shape, strides, shape) is not None


def type_like(tensor, shape):
    """The type of a tensor's elements in another shape."""
    return Type(tensor.dtype, tuple(shape))


def read_only(tensor):
    """Would a write to this tensor be refused?"""
    return tensor.storage.readonly or not all(lens.writable for lens in tensor.lenses)
