"""Parts of a value with traced slices, moved to the array below."""

from __future__ import annotations

import numpy as np

from defn.errors import BoundsError, UnknownSize
from defn.numpy.span import within
from defn.numpy.uneven_value import WAY_OUT, is_uneven
from defn.tensor import Tensor, asarray, assign

# Subscripts.


def _entries(value, subscript):
    given = list(subscript) if isinstance(subscript, tuple) else [subscript]
    taken = sum(item is not None and item is not Ellipsis for item in given)
    missing = value.ndim - taken
    if missing < 0:
        raise BoundsError(
            f"too many indices: {value!r} is {value.ndim}-dimensional, but {taken} were indexed"
        )
    place = next((k for k, item in enumerate(given) if item is Ellipsis), None)
    if place is None:
        return given + [slice(None)] * missing
    return given[:place] + [slice(None)] * missing + given[place + 1 :]


def part_of(value, subscript):
    """A ragged value's part: positions and slices are moved to the array below."""
    entries = _entries(value, subscript)
    if any(
        type(e) is Tensor and e.ndim or is_uneven(e) or type(e) in (list, np.ndarray)
        for e in entries
    ):
        return _chosen(value, entries)
    below, spans, axis = [], [], 0
    for entry in entries:
        if entry is None:
            below.append(None)
            spans.append(None)
            continue
        _one_axis(value, axis, entry, below, spans)
        axis += 1
    return value.with_spans(value.tensor[tuple(below)], spans)


def _one_axis(value, axis, entry, below, spans):
    span = value.spans[axis]
    is_slice = type(entry) is slice
    if span is None:
        part = value.tensor[(slice(None),) * axis + (entry,)]
        below.append(slice(None) if is_uneven(part) else entry)
        if is_slice:
            spans.append(part.spans[axis] if is_uneven(part) else None)
    elif is_slice and entry == slice(None):
        below.append(slice(None))
        spans.append(span)
    elif is_slice:
        below.append(slice(None))
        spans.append(within(entry, span))
    else:
        below.append(within(entry, span))


def _chosen(value, entries):
    """One axis by an array of indices, or by a mask that is as ragged as the value."""
    (entry,) = [e for e in entries if not (type(e) is slice and e == slice(None))] or [None]
    k = next(k for k, e in enumerate(entries) if e is entry)
    span = value.spans[k]
    if is_uneven(entry) and entry.dtype == bool:
        return CHOOSE["mask"](value, entry, k)
    at = None if is_uneven(entry) else asarray(entry)
    if at is None or span is None and (at.ndim != 1 or at.dtype == bool):
        raise UnknownSize(f"this index of {value!r}: {WAY_OUT}")
    if span is not None:
        at = span.place(np.where(at < 0, at + span.length, at))
    spans = [None if j == k else s for j, s in enumerate(value.spans)]
    return value.with_spans(value.tensor[(slice(None),) * k + (at,)], spans)


CHOOSE: dict = {}  # how a mask chooses, filled in by the file about masks


def set_part(value, subscript, new):
    """Write new values into a part of a value whose size is not known."""
    if subscript is Ellipsis or type(subscript) is slice and subscript == slice(None):
        part = value
    else:
        part = part_of(value, subscript)
    if is_uneven(part):
        if not part.same_place(new):
            part.assign(new)
    elif part.ndim:
        assign(part, new.exactly(part.shape) if is_uneven(new) else new)
    else:
        below, axis = [], 0
        for entry in _entries(value, subscript):
            _one_axis(value, axis, entry, below, [])
            axis += 1
        value.tensor[tuple(below)] = new
