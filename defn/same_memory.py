"""Names that stand for one array or for another, as the running program decides: a write to one reaches the other.

After `if test: x = x * 2`, the name x is a new array where the test holds, and else the array that it was.
"""

from __future__ import annotations

import numpy as np

from defn import ops, views
from defn.dispatch import FUNCTIONS
from defn.errors import TraceError
from defn.tensor import apply, broadcast_to, call_ufunc, is_tensor
from defn.trace import current


def link(mask, made, before):
    """Say that two arrays are one where the mask is true; a mask that is None is not known."""
    made.storage.links += ((mask, made, before),)
    before.storage.links += ((mask, before, made),)


def link_leaf(mask, made, leaf, run):
    """Link a merged value to what one branch, traced by `run`, gave for it: an array that was there before."""
    if not _may_be_one(made, leaf):
        return
    if leaf.storage.trace is not run:
        link(mask(), made, leaf)
        return
    for _, _, other in leaf.storage.links:
        if other.storage.trace is not run and from_outside(other.storage):
            link(None, made, other)


def link_loop(made, slot, leaf, trips):
    """Link what a loop leaves in a name to the array that the name was before: no trip may have run."""
    before = slot.value
    if not _may_be_one(made, before) or not from_outside(before.storage):
        return
    if any(other.storage is slot.storage for _, _, other in leaf.storage.links):
        link(None, made, before)
        return
    count = trips()
    if count is None:
        link(None, made, before)
    elif is_tensor(count) or count == 0:
        link(call_ufunc(np.equal, count, 0), made, before)


def _may_be_one(made, before):
    """May two values be one array? Numbers are not, nor are values of two types."""
    arrays = is_tensor(made) and is_tensor(before) and before.storage.trace is not None
    return (
        arrays and not (made.scalar or before.scalar or before.labels) and made.type == before.type
    )


def from_outside(storage, seen=()):
    """Is this memory, or may it be, that of an argument?"""
    others = (other.storage for _, _, other in storage.links if other.storage not in seen)
    return storage.outside or any(from_outside(other, (*seen, storage)) for other in others)


def follow(storage, seen=()):
    """Let the arrays that may be the same hold what this one holds now, where they are."""
    trace = current()
    for mask, here, other in storage.links:
        if other.storage in seen or not other.storage.trace.alive:
            continue
        if mask is None:
            raise TraceError(
                "an array is written in place that may be an argument's, or a new one, as a branch or loop decided: "
                "write into a copy, or assign with [...] = there instead of binding the name anew"
            )
        value = apply(ops.select, broadcast_to(mask, here.shape), here, other)
        base = trace.read(other.storage)
        trace.write(other.storage, views.write(base, other.lenses, value.node))
        follow(other.storage, (*seen, storage))


FUNCTIONS["follow"] = follow
