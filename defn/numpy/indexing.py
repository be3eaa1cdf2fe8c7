"""`x[...]` and `x[...] = v`.

Basic indices are views, arrays of indices gather, masks and slices with traced bounds are ragged.
A known index that is out of range is refused while tracing. A traced one is the caller's business:
what it reads or writes is not defined, but is never memory outside of the array; `checked=True`
refuses it.
"""

from __future__ import annotations

import numpy as np

from defn.dispatch import FUNCTIONS, METHODS
from defn.errors import TypeMismatch, Unsupported
from defn.numpy.basic import at_point, element, set_view, view_of
from defn.numpy.layout import inside
from defn.numpy.listing import Listing
from defn.numpy.masked import Masked
from defn.numpy.plain import read_plain, write_plain
from defn.numpy.positions import points
from defn.numpy.ragged import Ragged
from defn.numpy.selection import Selection
from defn.numpy.slices import Part, Stretch
from defn.numpy.span import Span
from defn.numpy.subscript import Chosen, Fresh, Listed, Marked, Point, parse, prepared
from defn.tensor import Tensor, asarray, assign, astype, broadcast_to, wrap
from defn.trace import current
from defn.types import BOOL, Type

UNSIZED = (Marked, Stretch, Listed)
MANY = (Chosen, Listed)


def getitem(x, subscript):
    """`x[subscript]`: a view where NumPy gives one, a scalar where every axis has an integer.

    >>> from defn import tensor
    >>> tensor([[1, 2, 3], [4, 5, 6]])[:, -1].tolist()
    [3, 6]
    """
    plain = read_plain(x, subscript)
    if plain is not None:
        return plain
    starts = None if x.vectors else points(x.type.shape, subscript)
    if starts is not None:
        return wrap(at_point(starts).read(x.node), scalar=True)
    subscript, x = without_truths(subscript, x)
    items = parse(x.shape, subscript)
    kinds = {type(item) for item in items}
    if kinds <= {Point} and Ellipsis not in _entries(subscript):
        return element(x, items)
    if kinds.isdisjoint(MANY) and kinds.isdisjoint(UNSIZED):
        return view_of(x, items, any(type(i) is Point and i.copied for i in items))
    if kinds.isdisjoint(UNSIZED):
        return Selection(x, items).read()
    return uneven(x, items).read()


def setitem(x, subscript, value):
    """Let the elements at `subscript` hold the value, cast and broadcast as NumPy does."""
    if x.scalar or x.weak:
        raise TypeMismatch(f"a scalar of dtype {x.dtype} does not support item assignment")
    if x.dtype.kind != "c" and (complex in (type(value), type(value) is Tensor and value.weak)):
        raise TypeMismatch(
            f"a complex number cannot be written into an array of dtype {x.dtype}: write its .real"
        )
    if write_plain(x, subscript, value):
        return
    if _is_vectorised_mask(subscript, x):
        x.write(_filled_at(x, subscript, value))
        return
    starts = None if x.vectors else points(x.type.shape, subscript)
    if starts is not None:
        x = inside(x)
        assign(Tensor(x.storage, Type(x.dtype), (*x.lenses, at_point(starts))), value)
        return
    subscript, shown = without_truths(subscript, x)
    items = parse(shown.shape, subscript)
    kinds = {type(item) for item in items}
    if not kinds.isdisjoint(UNSIZED):
        uneven(shown, items).write(value)
    elif not kinds.isdisjoint(MANY):
        Selection(shown, items).write(value)
    else:
        set_view(shown, items, value)
    if shown is not x and current() is None:
        x.write(METHODS["reshape"](shown, x.shape))


METHODS["__getitem__"], METHODS["__setitem__"] = getitem, setitem


def _is_vectorised_mask(subscript, x):
    """Does the subscript choose other places in each entry, or places in a vectorised array?"""
    mask = type(subscript) is Tensor and subscript.dtype == BOOL
    return mask and bool(x.vectors or subscript.vectors)


def _filled_at(x, mask, value):
    """The array with one value where a mask is true."""
    value = asarray(value)
    if value.ndim:
        raise Unsupported(
            f"x[mask] = values of shape {value.shape} where each entry of a vectorised axis has its "
            "own mask: write x = np.where(mask, values, x)"
        )
    wide = METHODS["reshape"](mask, (*mask.shape, *(1,) * (x.ndim - mask.ndim)))
    return FUNCTIONS[np.where](broadcast_to(wide, x.shape), astype(value, x.dtype), x)


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
        f"an index of {' and '.join(sorted(NAMES[kind] for kind in kinds))} together: "
        "index in two steps, or choose with np.where"
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
        wide += [Part(0, n, 1) for n in taken] if type(item) in UNSIZED else [item]
    return view_of(x, wide)


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
