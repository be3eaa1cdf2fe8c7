"""`x[...]` and `x[...] = v`: basic indices are views, arrays of indices gather, masks and traced slices are ragged."""

from __future__ import annotations

import math

import numpy as np

from defn import ops, views
from defn.dispatch import METHODS
from defn.errors import BoundsError, ShapeError, TypeMismatch, Unsupported
from defn.numpy.composite import fresh, select
from defn.numpy.layout import inside, seen, store, type_like
from defn.numpy.masked import Masked
from defn.numpy.ragged import Ragged, is_uneven
from defn.numpy.span import Span, resized
from defn.numpy.subscript import (
    Chosen,
    Fresh,
    Listed,
    Marked,
    Part,
    Point,
    Stretch,
    as_node,
    from_front,
    parse,
    points,
    prepared,
)
from defn.promotion import broadcast_shapes
from defn.tensor import Tensor, apply, asarray, assign, astype, broadcast_to, wrap
from defn.trace import current
from defn.types import BOOL, INT64, Type

UNEVEN = (Marked, Stretch, Listed)
MANY = (Chosen, Listed)


def getitem(x, subscript):
    """`x[subscript]`: a view where NumPy gives one, a scalar where every axis has an integer.

    >>> getitem(asarray([[1, 2, 3], [4, 5, 6]]), (slice(None), -1)).tolist()
    [3, 6]
    """
    starts = points(x.type.shape, subscript)
    if starts is not None:
        return wrap(_at_point(starts).read(x.node), scalar=True)
    subscript, x = without_truths(subscript, x)
    items = parse(x.shape, subscript)
    kinds = {type(item) for item in items}
    if kinds <= {Point} and Ellipsis not in _entries(subscript):
        return _element(x, items)
    if kinds.isdisjoint(MANY) and kinds.isdisjoint(UNEVEN):
        return _view(x, items, any(type(i) is Point and i.copied for i in items))
    if kinds.isdisjoint(UNEVEN):
        return Selection(x, items).read()
    return uneven(x, items).read()


def setitem(x, subscript, value):
    """Let the elements at `subscript` hold the value, cast and broadcast as NumPy does."""
    if x.scalar or x.weak:
        raise TypeMismatch(f"a scalar of dtype {x.dtype} does not support item assignment")
    starts = points(x.type.shape, subscript)
    if starts is not None:
        x = inside(x)
        assign(Tensor(x.storage, Type(x.dtype), (*x.lenses, _at_point(starts))), value)
        return
    subscript, shown = without_truths(subscript, x)
    items = parse(shown.shape, subscript)
    kinds = {type(item) for item in items}
    if not kinds.isdisjoint(UNEVEN):
        uneven(shown, items).write(value)
    elif not kinds.isdisjoint(MANY):
        Selection(shown, items).write(value)
    else:
        _set_view(shown, items, value)
    if shown is not x and current() is None:
        x.write(METHODS["reshape"](shown, x.shape))


METHODS["__getitem__"], METHODS["__setitem__"] = getitem, setitem


def _entries(subscript):
    """The entries that can be told apart by identity: tensors compare element by element."""
    given = subscript if isinstance(subscript, tuple) else (subscript,)
    return [item for item in given if item is Ellipsis]


def without_truths(subscript, x):
    """A single truth value as an index adds an axis, on which it is a mask of one element."""
    given = subscript if isinstance(subscript, tuple) else (subscript,)
    if not any(map(_is_truth, given)):
        return subscript, x
    given = [prepared(item) for item in given]
    axes = tuple(_before_truths(item) for item in given if item is not None)
    masks = tuple(METHODS["reshape"](item, (1,)) if _is_truth(item) else item for item in given)
    return masks, getitem(x, axes)


def _before_truths(item):
    return None if _is_truth(item) else item if item is Ellipsis else slice(None)


def _is_truth(item):
    return isinstance(item, (bool, np.bool_)) or (
        type(item) is Tensor and item.dtype == BOOL and not item.ndim
    )


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


def _view(x, items, copied=False):
    chain, shape = lenses_of(x.shape, items)
    if not chain and current() is not None:
        x = inside(x)
    shown = seen(x, chain, type_like(x, shape))
    return fresh(shown) if copied else shown


def _element(x, items):
    """A NumPy scalar: a copy of one element."""
    starts = [as_scalar(item.at) for item in items]
    element = apply(ops.get, x, *starts, sizes=(None,) * len(starts), steps=(1,) * len(starts))
    element.scalar = True
    return element


def _at_point(starts):
    count = len(starts)
    return views.Window(starts, (None,) * count, (1,) * count)


def as_scalar(at):
    """A position as a tensor."""
    return at if type(at) is Tensor else asarray(at, INT64)


def _set_view(x, items, value):
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


# Arrays of indices.


class Selection:
    """Elements of an array by index arrays that are broadcast together, beside slices and new axes.

    Integers beside index arrays count as index arrays.
    """

    def __init__(self, x, items):
        self.root = x
        whole = [_all_of(item, size) for item, size in _with_sizes(items, x.shape)]
        self.chain, shape = lenses_of(x.shape, whole)
        self.x = seen(x, self.chain, type_like(x, shape))
        self.axes = tuple(k for k, item in enumerate(items) if type(item) in (Chosen, Point))
        indices = [_index_of(items[k]) for k in self.axes]
        self.shape = shape_of_indices(indices)
        self.indices = [broadcast_to(i, self.shape) for i in indices]
        adjacent = self.axes[-1] - self.axes[0] < len(self.axes)
        self.first = self.axes[0] if adjacent else 0
        self.rest = tuple(n for k, n in enumerate(shape) if k not in self.axes)

    def order(self):
        """The axes of what `gather` gives, in the order in which NumPy gives them."""
        count = len(self.shape)
        rest = list(range(count, count + len(self.rest)))
        return (*rest[: self.first], *range(count), *rest[self.first :])

    def read(self):
        """The chosen elements: a copy."""
        found, order = apply(ops.gather, self.x, *self.indices, axes=self.axes), self.order()
        return found if order == tuple(range(len(order))) else METHODS["transpose"](found, order)

    def result_shape(self):
        """The shape that NumPy gives the selection."""
        return tuple((*self.shape, *self.rest)[k] for k in self.order())

    def values(self, value):
        """A value cast and repeated to the selection, its axes in the order that `scatter` takes."""
        if is_uneven(value):
            value = value.exactly(self.result_shape())
        value = spread(value, self.result_shape(), self.x.dtype)
        return _transposed(value, tuple(int(k) for k in np.argsort(self.order())))

    def write(self, value):
        """Let the chosen elements hold a value; where an element is chosen twice, the last value counts."""
        self.store(apply(ops.scatter, self.x, self.values(value), *self.indices, axes=self.axes))

    def store(self, new):
        """Let the array that was chosen from hold this."""
        store(self.root, self.chain, self.x, new)


def _all_of(item, size):
    """Where indices choose, the whole axis is there to choose from."""
    return Part(0, size, 1) if type(item) in (Chosen, Point) else item


def _index_of(item):
    return item.indices if type(item) is Chosen else as_scalar(item.at)


def shape_of_indices(indices):
    """The shape that index arrays have together."""
    try:
        return broadcast_shapes(*(i.shape for i in indices))
    except ShapeError:
        listed = " ".join(str(i.shape) for i in indices)
        raise BoundsError(
            f"shape mismatch: indexing arrays could not be broadcast together with shapes {listed}"
        ) from None


def _transposed(x, order):
    return x if order == tuple(range(len(order))) else apply(ops.transpose, x, axes=tuple(order))


def spread(value, shape, dtype):
    """A value cast and repeated to a shape, as an assignment takes it."""
    value = astype(asarray(value), dtype)
    while value.ndim > len(shape) and value.shape[0] == 1:
        value = METHODS["reshape"](value, value.shape[1:])
    if broadcast_shapes(value.shape, shape) != shape:
        raise ShapeError(
            f"shape mismatch: value array of shape {value.shape} could not be broadcast to "
            f"indexing result of shape {shape}"
        )
    return broadcast_to(value, shape)


# Sizes known only when the program runs.


def uneven(x, items):
    """What masks, slices with traced bounds, or lists of traced length choose."""
    kinds = {type(item) for item in items} & {Marked, Stretch, Listed, Chosen}
    if kinds == {Stretch}:
        return _Stretches(x, items)
    if kinds == {Marked} and sum(type(item) is Marked for item in items) == 1:
        return _Choice(x, items)
    if Listed in kinds and kinds <= {Listed, Chosen}:
        return Listing(x, items)
    raise Unsupported(
        f"an index of {' and '.join(sorted(NAMES[kind] for kind in kinds))} together: index in two steps, "
        "or choose with np.where"
    )


NAMES = {
    Marked: "traced masks",
    Stretch: "slices with traced bounds",
    Listed: "lists of traced length",
    Chosen: "arrays of indices",
}


def _uneven_view(x, items):
    """The array with every uneven axis whole."""
    wide = []
    sizes = iter(x.shape)
    for item in items:
        count = item.mask.ndim if type(item) is Marked else 0 if type(item) is Fresh else 1
        taken = [next(sizes) for _ in range(count)]
        wide += [Part(0, n, 1) for n in taken] if type(item) in UNEVEN else [item]
    return _view(x, wide)


class _Stretches:
    """Slices whose bounds are traced."""

    def __init__(self, x, items):
        x = _uneven_view(x, items)
        kept = [item for item in items if type(item) is not Point]
        spans = [_span(item, n) for item, n in zip(kept, x.shape)]
        self.place = Ragged(x, spans)

    def read(self):
        return self.place

    def write(self, value):
        if not self.place.same_place(value):
            self.place.assign(value)


def _span(item, size):
    return Span(item.start, item.stop, item.step, size) if type(item) is Stretch else None


class _Choice:
    """A traced mask, beside slices and integers."""

    def __init__(self, x, items):
        x = _uneven_view(x, items)
        kept = [item for item in items if type(item) is not Point]
        axis = next(k for k, item in enumerate(kept) if type(item) is Marked)
        mask = kept[axis].mask
        places = [k for k, item in enumerate(items) if type(item) in (Marked, Point)]
        if places[-1] - places[0] >= len(places):
            x, axis = _mask_first(x, axis, mask.ndim), 0
        self.place = Masked(x, mask, axis)

    def read(self):
        return self.place.copied()

    def write(self, value):
        self.place.assign(value)


def _mask_first(x, axis, wide):
    """Indices that are not side by side put their axis in front, as NumPy has it."""
    order = (*range(axis, axis + wide), *(k for k in range(x.ndim) if not axis <= k < axis + wide))
    return METHODS["transpose"](x, order)


class Listing:
    """Rows of indices of traced length: what `np.nonzero` and `np.where` give."""

    def __init__(self, x, items):
        lists = [item.values for item in items if type(item) is Listed]
        if any(each.ndim != 1 for each in lists):
            raise Unsupported(f"an index of traced length with more than one axis: {lists[0]!r}")
        arrays, form = type(lists[0]).meet(lists)
        self.counts = form(arrays[0])
        found = iter([Listed(form(a).filled(0)) for a in arrays])
        chosen = [
            _chosen(next(found) if type(i) is Listed else i, n)
            for i, n in _with_sizes(items, x.shape)
        ]
        self.selection = Selection(x, chosen)

    def read(self):
        """The chosen elements, as many as there are indices."""
        found, first = self.selection.read(), self.selection.first
        if type(self.counts) is Masked:
            return Masked(found, self.counts.mask, first)
        spans = [None] * found.ndim
        (spans[first],) = self.counts.spans
        return Ragged(found, spans)

    def write(self, value):
        """Let the chosen elements hold a value; indices that do not count change nothing."""
        at = self.selection
        at.store(scattered(at.x, self.values(value), at.indices, at.axes, self.counts.mask))

    def values(self, value):
        """The value with its elements where the indices are."""
        return self.selection.values(self.read().aligned(value))


def _with_sizes(items, shape):
    sizes = iter(shape)
    return [(item, 1 if type(item) is Fresh else next(sizes)) for item in items]


def _chosen(item, size):
    return Chosen(from_front(astype(item.values, INT64), size)) if type(item) is Listed else item


def scattered(x, values, indices, axes, mask):
    """The array with values put at indices, where the mask is true; the others go to a row beside the array."""
    order = (*axes, *(k for k in range(x.ndim) if k not in axes))
    front = _transposed(x, order)
    sizes, rest = front.shape[: len(axes)], front.shape[len(axes) :]
    count = math.prod(sizes)
    at = flat_position(indices, sizes)
    at = select(mask, at, broadcast_to(asarray(count, INT64), at.shape))
    room = resized(METHODS["reshape"](front, (count, *rest)), 0, count + 1)
    done = apply(ops.scatter, room, values, at, axes=(0,))[:count]
    return _transposed(
        METHODS["reshape"](done, front.shape), tuple(int(k) for k in np.argsort(order))
    )


def flat_position(indices, sizes):
    """The position in a row of all elements, of an index for each axis."""
    position = indices[0]
    for index, size in zip(indices[1:], sizes[1:]):
        position = position * size + index
    return position
