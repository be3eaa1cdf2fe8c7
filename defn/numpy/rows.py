"""Elements of an axis at places known while tracing: a few slices joined, else a gather."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.numpy.span import taken
from defn.tensor import apply, asarray, broadcast_to
from defn.types import INT64

FEW = 8  # pieces that are joined rather than gathered one by one


def picked(x, places, axis):
    """The elements of an axis at known places, which are in range.

    >>> picked(asarray([5, 6, 7]), np.array([0, 0, 1, 2, 1]), 0).tolist()
    [5, 5, 6, 7, 6]
    """
    pieces = runs(places)
    if len(pieces) > FEW or not len(places):
        return taken(x, asarray(places.tolist(), INT64), axis)
    parts = [_piece(x, axis, *piece) for piece in pieces]
    return parts[0] if len(parts) == 1 else apply(ops.concatenate, *parts, axis=axis)


def runs(places):
    """A row of integers as pieces that count up, count down or stay: (first, step, length) each.

    >>> runs(np.array([0, 1, 2, 1, 0, 0, 0]))
    [(0, 1, 3), (1, -1, 2), (0, 0, 2)]
    """
    found, at = [], 0
    while at < len(places) and len(found) <= FEW:
        steps = np.diff(places[at : at + 2])
        step = int(steps[0]) if len(steps) and abs(steps[0]) <= 1 else 0
        expected = places[at] + step * np.arange(len(places) - at)
        differ = np.flatnonzero(places[at:] != expected)
        length = int(differ[0]) if len(differ) else len(places) - at
        found.append((int(places[at]), step, length))
        at += length
    return found


def _piece(x, axis, first, step, length):
    before = (slice(None),) * axis
    if step == 0:
        one = x[(*before, slice(first, first + 1))]
        return broadcast_to(one, (*x.shape[:axis], length, *x.shape[axis + 1 :]))
    last = first + step * length
    return x[(*before, slice(first, last if last >= 0 else None, step))]
