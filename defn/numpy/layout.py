"""Views of tensors, and where their elements lie in memory: reshape views where NumPy's does."""

from __future__ import annotations

import functools

import numpy as np

from defn import views
from defn.expr import parameter, toposort
from defn.labels import labels_of
from defn.naming import names_after
from defn.tensor import Tensor, apply, asarray, assign, labelled, wrap
from defn.trace import current
from defn.types import Type


def inside(value):
    """The value as a tensor of the running trace: what came from outside is a hidden argument."""
    tensor = asarray(value)
    if current() is None:
        return tensor
    if tensor.scalar or tensor.weak:  # a scalar is immutable, so what shows it is a copy
        return labelled(wrap(tensor.node), tensor.labels)
    if tensor.storage.trace is None:
        storage = current().capture(tensor.storage.value, tensor.held)
        return Tensor(storage, tensor.type, labels=tensor.labels)
    return tensor


def seen(tensor, lenses, type):
    """The tensor seen through lenses: an alias while tracing, a copy when eager."""
    held = lenses_over(tensor, lenses)
    if current() is None or held is None:
        return shown_at_once(tensor, lenses)
    tensor = inside(tensor)
    made = Tensor(tensor.storage, type, (*tensor.lenses, *held))
    if tensor.labels is not None:
        made.labels = labels_of(names_through(tensor, lenses), tensor.vectors)
    return made


def lenses_over(tensor, lenses):
    """The lenses for the elements as they are kept, entries of vectorised axes in front."""
    if not tensor.vectors:
        return lenses
    found = [lens.over(tensor.labels.count) for lens in lenses]
    return None if None in found else found


def names_through(tensor, lenses):
    """The names of the axes that a tensor has through lenses."""
    base = parameter(tensor.type)
    node, chain = views.read(base, lenses), []
    while node is not base:
        chain.append(node)
        node = node.args[0]
    shown = tensor
    for node in reversed(chain):
        others = [Tensor(None, a.type) for a in node.args[1:]]
        names = names_after(node.op, [shown, *others], node.attrs) or (None,) * len(node.shape)
        shown = Tensor(None, node.type, labels=labels_of(names))
    return shown.names


def store(tensor, lenses, shown, value):
    """Write a value, cast and broadcast, into `shown`: the tensor seen through the lenses."""
    assign(shown, value)
    if lenses and (current() is None or lenses_over(tensor, lenses) is None):
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


def shown_at_once(tensor, lenses):
    """What an eager tensor shows through lenses."""
    for lens in lenses:
        if lens.step is None:
            tensor = at_once(lens.read, tensor)
        elif lens.step[1].get("shape") != tensor.type.shape:
            operation, settings = lens.step
            tensor = apply(operation, tensor, **settings)
    return tensor


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
    strides = held_strides(tensor)
    return strides if strides is None else strides[len(strides) - tensor.ndim :]


def held_strides(tensor):
    """The same of the elements as they are kept, entries of vectorised axes in front."""
    base = tensor.storage.value.type
    shape = base.shape
    strides = tuple(2 * s for s in tensor.storage.strides or contiguous(shape))
    for lens in tensor.lenses:
        found = _through(lens, shape, strides)
        if found is None:
            return None
        shape, strides = found
    return strides


def _asked_strides(tensor):
    """The same, where it depends on them what is a view and what a copy."""
    storage = tensor.storage
    if storage.outside and storage.trace is not None and len(storage.value.type.shape) > 1:
        storage.trace.layout_asked = True
    return held_strides(tensor)


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
    strides, unit = _asked_strides(tensor), _unit(tensor)
    shape = tensor.held.shape
    wanted = contiguous(shape)
    return (
        not tensor.size
        or strides is not None
        and all(n == 1 or s == unit * w for n, s, w in zip(shape, strides, wanted))
    )


def _unit(tensor):
    """The width of an element, in halves of an element of the storage."""
    return 2 * tensor.dtype.itemsize // tensor.storage.value.type.dtype.itemsize


def can_view(tensor, shape):
    """Does NumPy give a view when a tensor takes this shape?"""
    strides, held = _asked_strides(tensor), tensor.held.shape
    new = (*held[: len(held) - tensor.ndim], *shape)
    return strides is not None and reshaped_strides(held, strides, new) is not None


def type_like(tensor, shape):
    """The type of a tensor's elements in another shape."""
    return Type(tensor.dtype, tuple(shape))


def read_only(tensor):
    """Would a write to this tensor be refused?"""
    return tensor.storage.readonly or not all(lens.writable for lens in tensor.lenses)
