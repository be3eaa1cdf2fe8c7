"""Basic indices: integers, slices and new axes, as views."""

from __future__ import annotations

from defn import ops, views
from defn.numpy.composite import fresh
from defn.numpy.layout import inside, seen, store, type_like
from defn.numpy.positions import as_node
from defn.numpy.slices import Part
from defn.numpy.subscript import Fresh, Point
from defn.numpy.uneven_value import is_uneven
from defn.tensor import Tensor, apply, asarray
from defn.trace import current
from defn.types import INT64

# Basic indices.


def lenses_of(shape, items):
    """The lenses of a basic index, and the shape seen through them."""
    parts = [item for item in items if type(item) is not Fresh]
    chain = []
    if not all(type(p) is Part and p.size == n and abs(p.step) == 1 for p, n in zip(parts, shape)):
        chain.append(_window(parts))
    kept = [p for p in parts if type(p) is Part]
    flipped = tuple(k for k, p in enumerate(kept) if p.step < 0 and p.size > 1)
    if flipped:
        chain.append(views.Flip(flipped))
    final = tuple(1 if type(i) is Fresh else i.size for i in items if type(i) is not Point)
    if len(final) > len(kept):
        chain.append(views.Reshape(final))
    return tuple(chain), final


def _window(parts):
    starts = [as_node(p.at if type(p) is Point else _lowest(p)) for p in parts]
    sizes = [None if type(p) is Point else p.size for p in parts]
    steps = [1 if type(p) is Point else abs(p.step) if p.size > 1 else 1 for p in parts]
    return views.Window(starts, sizes, steps)


def _lowest(part):
    return part.start if part.step > 0 else part.start + (part.size - 1) * part.step


def view_of(x, items, copied=False):
    """The view that basic indices show; a copy of it, if asked for."""
    chain, shape = lenses_of(x.shape, items)
    if not chain and current() is not None:
        x = inside(x)
    shown = seen(x, chain, type_like(x, shape))
    return fresh(shown) if copied else shown


def element(x, items):
    """A NumPy scalar: a copy of one element."""
    starts = [as_scalar(item.at) for item in items]
    element = apply(ops.get, x, *starts, sizes=(None,) * len(starts), steps=(1,) * len(starts))
    element.scalar = True
    return element


def at_point(starts):
    """The lens of one element."""
    count = len(starts)
    return views.Window(starts, (None,) * count, (1,) * count)


def as_scalar(at):
    """A position as a tensor."""
    return at if type(at) is Tensor else asarray(at, INT64)


def set_view(x, items, value):
    """Write a value into what basic indices show."""
    chain, shape = lenses_of(x.shape, items)
    shown = seen(x, chain, type_like(x, shape))
    if is_uneven(value):
        value = value.exactly(shown.shape)
    if not _shows(shown, value):  # `x[k] += v` has written through the view already
        store(x, chain, shown, value)


def _shows(shown, value):
    return (
        type(value) is Tensor
        and current()
        and value.type == shown.type
        and value.node is shown.node
    )
