"""Branches and loops whose course differs between the entries of vectorised axes.

Both branches run, and a loop runs as long as one entry needs; what an entry does not take part in leaves it as it
was. Arrays that were there before are written under a mask, other values are chosen afterwards.
"""

from __future__ import annotations

import contextlib

import numpy as np

from defn import ops, pytree
from defn.bodies import demand_scalar, is_unbound, join, value_slot
from defn.dispatch import FUNCTIONS
from defn.errors import TraceError
from defn.numpy.composite import fresh
from defn.perhaps import Perhaps, perhaps, with_truth
from defn.tensor import apply, broadcast_to, call_ufunc, is_tensor
from defn.trace import births, current


@contextlib.contextmanager
def under(mask):
    """Write, in the body of the `with`, only into entries where the mask is true."""
    trace = current()
    before, trace.masks = trace.masks, (*trace.masks, (mask, next(births)))
    try:
        yield
    finally:
        trace.masks = before


def masked_write(mask, new, target):
    """What an array holds after a write under a mask."""
    return apply(ops.select, broadcast_to(mask, target.shape), new, target)


FUNCTIONS["masked"] = masked_write


def branch_of_each(predicate, then, otherwise, values, names):
    """What each entry's branch returns, by name."""
    with under(predicate):
        taken = then(*values)
    opposite = call_ufunc(np.logical_not, predicate)
    with under(opposite):
        others = otherwise(*values)
    names = [*names, *["the result"] * (len(taken) - len(names))]
    either = zip(names, taken, others)
    return [_of_either(predicate, opposite, a, b, name) for name, a, b in either]


def _of_either(predicate, opposite, x, y, name):
    """What a name holds after a branch: where an entry's branch does not bind it, that entry has no value."""
    if is_unbound(x) != is_unbound(y):
        return _bound_in(opposite, y, x) if is_unbound(x) else _bound_in(predicate, x, y)
    if type(x) is Perhaps or type(y) is Perhaps:
        like = x if type(x) is Perhaps else y
        x, y = (each if is_unbound(each) else with_truth(each, like.name) for each in (x, y))
    return chosen(predicate, x, y, name)


def _bound_in(mask, value, unbound):
    """A value that only the entries of a mask have, and of those only some, if it was doubtful there."""
    if type(value) is not Perhaps:
        return perhaps(value, mask, unbound)
    return Perhaps(value.value, call_ufunc(np.logical_and, mask, value.bound), value.name)


def question_of_each(test):
    """The test of a loop, false where an entry does not take part in what is around the loop."""

    def asked(*values):
        goes_on = demand_scalar(test(*values), "a while loop's test")
        for mask, _ in current().masks:
            goes_on = call_ufunc(np.logical_and, mask, goes_on)
        return goes_on

    return asked


def trip_of_each(test, body, names):
    """The body of a loop, in which entries whose test is false keep what they have."""

    def trip(*values):
        goes_on = test(*values)
        before = [pytree.map(_snapshot, value) for value in values]
        with under(goes_on):
            after = body(*values)
        return tuple(
            new if _untouched(new, value) else chosen(goes_on, new, old, name)
            for name, new, value, old in zip(names, after, values, before)
        )

    return trip


# The same outside of a trace, where Python runs the loop.


def goes_on(asked):
    """Does a loop go on, for some entry at least?"""
    if not (is_tensor(asked) and asked.vectors):
        return bool(asked)
    return bool(FUNCTIONS["some"](demand_scalar(asked, "a while loop's test")))


def advanced(asked, body, state):
    """The state after a trip, for the entries that take part in it."""
    if not (is_tensor(asked) and asked.vectors):
        return body(state)
    before = pytree.map(_snapshot, state)
    return chosen(demand_scalar(asked, "a while loop's test"), body(state), before, "the state")


# Choosing between values.


def _snapshot(leaf):
    return fresh(leaf) if is_tensor(leaf) else leaf


def _untouched(new, value):
    """Is a name still bound to the very same values?"""
    pairs = zip(pytree.leaves(new), pytree.leaves(value))
    return new is value or all(is_tensor(x) and x is y for x, y in pairs)


def chosen(mask, x, y, name):
    """Of two containers of values, in each entry the first where the mask is true."""
    if is_unbound(x) or is_unbound(y):
        return y if is_unbound(x) else x
    (xs, structure), (ys, other) = pytree.flatten(x), pytree.flatten(y)
    if structure != other:
        raise TraceError(
            f"{name} is {structure} in some entries and {other} in others: all must have the same kind of value"
        )
    return pytree.unflatten(structure, [_leaf(mask, a, b, name) for a, b in zip(xs, ys)])


def _leaf(mask, x, y, name):
    if x is y or not is_tensor(x) and not is_tensor(y) and type(x) is type(y) and x == y:
        return x
    refusal = lambda: (
        f"{name} is {x!r} in some entries and {y!r} in others: only numbers and arrays can differ"
    )
    slot = value_slot(x, refusal)
    join(slot, y, name)
    x, y = (slot.as_state(value) for value in (x, y))
    found = apply(ops.select, broadcast_to(mask, x.shape), x, y)
    found.weak, found.scalar = slot.weak, slot.scalar and not x.shape
    return found
