"""Python's statements on values that may be traced: `if`, `while`, `for`, `assert`.

Each takes the state before it and functions from state to state, and gives the state after it.
"""

from __future__ import annotations

import builtins
import functools
import re

import numpy as np

from defn import ops, pytree, syntax
from defn.bodies import demand_scalar
from defn.branches import branch
from defn.builtin_calls import Range, Walk, is_unknown, walk_of
from defn.errors import EndlessRecursion, ShapeError, TraceError, UnknownSize, Where
from defn.iterators import Nest
from defn.loops import NothingTraced, counted, repeated
from defn.outside import looked
from defn.tensor import Tensor, call_ufunc, effect, is_tensor
from defn.trace import NeedsStatic, current, known_value, parameters_of, telling

UNROLLED = 4  # a loop of so few trips is written out
PYTHONIC = 100_000  # a loop over known numbers alone is run by Python, up to so many trips
LIMIT = (
    4096  # a loop whose body needs its index as a Python value is written out up to so many trips
)


def truth(value, what="an if"):
    """The truth of a value as Python knows it; None where only the running program knows."""
    if type(value) is not Tensor or not value.traced and not value.vectors:
        return bool(value)
    if value.vectors:
        return None
    if value.size != 1:
        return bool(demand_scalar(value, what))
    known = known_value(value.node)
    return None if known is None else bool(known)


def refuse_obstacle(site, decides):
    """Refuse a traced decision where something in the statement keeps it from being traced, and no integers can be
    fixed."""
    if site.obstacle:
        if is_tensor(decides) and is_unknown(decides):
            fix_instead(decides, site.kind)
        raise TraceError(
            f"this {site.kind} depends on a traced value, but {site.obstacle}: decide with np.where, or keep the "
            "value known while tracing",
            where_of(site),
        )


def where_of(site):
    """The user's line of a site."""
    return Where(site.file, site.line)


# Statements.


def if_(test, then, orelse, state, site):
    """The state after `if`."""
    known = truth(test)
    if known is not None:
        return then(*state) if known else orelse(*state)
    refuse_obstacle(site, test)
    if any(site.raises):
        return _raising(test, then, orelse, state, site)
    try:
        names = [syntax.describe(n) for n in site.names]
        return tuple(branch(test, then, orelse, state, names))
    except (TraceError, ShapeError):
        fix_instead(test, "a branch")
        raise
    except RecursionError:
        raise endless(test) from None


def endless(test):
    """A function calls itself under a traced test, for ever: both branches are traced. Integers may be fixed."""
    fix_instead(test, "a recursion")
    return EndlessRecursion(
        "a function calls itself under an `if` that only the running program can decide, so that tracing it does not "
        "end: write it as a loop, or decide by a shape, a Python integer or a static argument"
    )


def fix_instead(value, what):
    """Where a decision depends on integer arguments alone, they may be fixed: the branches need not agree then."""
    needed = parameters_of(value.node)
    if needed and all(current().may_fix(p) for p in needed):
        raise NeedsStatic(needed, what)


def _raising(test, then, orelse, state, site):
    """`if test: raise ...`: a check that runs with the program."""
    fails, goes_on = (then, orelse) if site.raises[0] else (orelse, then)
    holds = demand_scalar(test, "an if")
    with telling() as told:
        error = _raised(fails, state)
    holds = call_ufunc(np.logical_not, holds) if site.raises[0] else holds
    _check(holds, _message(error), told, type(error))
    return goes_on(*state)


def _check(holds, message, told, error):
    """A check whose message tells values that only the running program knows."""
    if told:
        message = message.replace("{", "{{").replace("}", "}}")
        message = MARK.sub(lambda found: f"{{{found[1]}}}", message)
    effect(ops.check, holds, *told, message=message, error=error)


MARK = re.compile("\0(.*?)\0")


def _message(error):
    """What an error says; a KeyError would show its message in quotes."""
    return error.args[0] if len(error.args) == 1 and type(error.args[0]) is str else str(error)


def _raised(function, state):
    try:
        function(*state)
    except Exception as error:
        return error
    return AssertionError("raised")


def while_(test, body, state, site):
    """The state after `while`: Python's own as long as it knows the test, then a loop of the graph."""
    trips = 0
    while True:
        asked = test(*state)
        known = truth(asked, "a while")
        if known is None:
            return _traced_while(test, body, state, site, asked)
        if not known:
            return state
        if trips >= UNROLLED and _has_traced(state) and not site.obstacle:
            try:
                return _traced_while(test, body, state, site, asked)
            except (NeedsStatic, TraceError, ShapeError):
                if trips >= LIMIT:
                    raise
        state = body(*state)
        trips += 1


def _traced_while(test, body, state, site, asked):
    refuse_obstacle(site, asked)
    try:
        names = [syntax.describe(n) for n in site.names]
        return tuple(repeated(test, body, state, names, ran=lambda: _asked(asked)))
    except NeedsStatic as need:
        if all(current().may_fix(p) for p in need.parameters):
            raise
        raise TraceError(
            f"{need.what} in a while loop on traced values needs a number that changes from trip to trip",
            need.where,
        ) from None
    except (TraceError, ShapeError):
        if is_unknown(asked):
            fix_instead(asked, "a while loop")
        raise


def _asked(truth):
    """The answer of a test before the first trip; True where Python knows it."""
    return demand_scalar(truth, "a while") if is_unknown(truth) else True


def _has_traced(state):
    return any(is_unknown(leaf) for leaf in pytree.leaves(state))


def for_(iterable, body, stop, state, site):
    """The state after `for`."""
    if isinstance(iterable, Nest) and stop is None:
        return _nested(iterable, (), body, state, site)
    try:
        return _for(iterable, body, stop, state, site)
    except (UnboundLocalError, ShapeError):
        if stop is not None or not _has_first(iterable):
            raise
    # A name that the first trip binds and later ones read, or whose shape is found in the first trip (`total = 0.0`,
    # then `total += row`): the first trip is written out, before the loop.
    try:
        return _for(iterable[1:], body, stop, body(iterable[0], *state), site)
    except ShapeError:
        if len(iterable) > LIMIT:
            raise
    # An array that grows from trip to trip.
    return _written_out(iterable, body, stop, state)


def _has_first(iterable):
    """Is it known that there is a first trip?"""
    if is_tensor(iterable) or isinstance(iterable, np.ndarray):
        return iterable.ndim > 0 and iterable.shape[0] > 0
    return type(iterable) is builtins.range and len(iterable) > 0


def _for(iterable, body, stop, state, site):
    walk = walk_of(iterable)
    if walk is not None and is_tensor(walk.length) and not is_unknown(walk.length):
        walk = Walk(int(walk.length), walk.item)
    if walk is None or _is_written_out(walk, site):
        return _written_out(_watched(iterable), body, stop, state)
    refuse_obstacle(site, walk.length)
    names = [syntax.describe(n) for n in site.names]
    try:
        return tuple(_traced_for(iterable, walk, body, stop, state, names))
    except NeedsStatic as need:
        return _fix_or_write_out(need, iterable, walk, body, stop, state)
    except NothingTraced:
        return _written_out(iterable, body, stop, state)
    except UnknownSize:
        if is_unknown(walk.length) or int(walk.length) > LIMIT:
            raise
    # In a trip written out the size may be known: `x[:k]` with the index k of the loop.
    return _written_out(iterable, body, stop, state)


def _nested(nest, place, body, state, site):
    """A loop over the places of a shape, as a loop for each axis."""
    if len(place) == len(nest.shape):
        return body(nest.at(*place), *state)
    inner = lambda k, *inside: _nested(nest, (*place, k), body, inside, site)
    return for_(builtins.range(nest.shape[len(place)]), inner, None, state, site)


def _is_written_out(walk, site):
    """Is the loop short, or must it stay Python's and can it?"""
    short = not is_tensor(walk.length) and walk.length <= UNROLLED
    return short or bool(site.obstacle) and not is_unknown(walk.length)


def _fix_or_write_out(need, iterable, walk, body, stop, state):
    if all(current().may_fix(p) for p in need.parameters):
        raise need
    if is_unknown(walk.length):
        bounds = parameters_of(walk.length.node)
        if all(current().may_fix(p) for p in bounds):
            raise NeedsStatic(bounds, need.what)
        raise TraceError(
            f"{need.what} needs the index of a loop whose length only the running program knows",
            need.where,
        )
    if int(walk.length) > LIMIT:
        raise TraceError(
            f"{need.what} needs the loop's index (or another number that changes) as a Python value, so the loop would "
            f"be written out {int(walk.length)} times: the limit is {LIMIT} trips",
            need.where,
        )
    return _written_out(iterable, body, stop, state)


def _written_out(iterable, body, stop, state):
    """Trip after trip, as Python does it; a `break` that depends on traced values guards the trips after it."""
    for item in iterable:
        left = stop(*state) if stop is not None else False
        known = truth(left, "a break")
        if known is None:
            names = ["a value"] * len(state)
            state = branch(
                left, lambda *s: s, functools.partial(_one_trip, body, item), state, names
            )
            continue
        if known:
            break
        state = body(item, *state)
    return state


def _one_trip(body, item, *state):
    return body(item, *state)


def _watched(iterable):
    """A list from outside is read item by item, so that what the trace saw of it is known."""
    if type(iterable) in (list, tuple) and current() is not None:
        return [looked("item", iterable, k, item) for k, item in enumerate(iterable)]
    return iterable


def _traced_for(iterable, walk, body, stop, state, names):
    if stop is not None:
        return _stopping(walk, body, stop, state, names)
    low, high, reverse, item = _bounds(iterable, walk)
    known = not is_unknown(walk.length) and walk.length <= PYTHONIC
    return counted(
        low, high, lambda k, *s: body(item(k), *s), state, names, reverse=reverse, demanding=known
    )


def _bounds(iterable, walk):
    """The index range of a loop: a range of steps of one counts by itself, so that offsets stay in sight."""
    if isinstance(iterable, (Range, builtins.range)) and type(iterable.step) is int:
        if iterable.step == 1:
            return iterable.start, iterable.stop, False, lambda k: k
        if iterable.step == -1:
            return iterable.stop + 1, iterable.start + 1, True, lambda k: k
    return 0, walk.length, False, walk.item


def _stopping(walk, body, stop, state, names):
    """A loop that may be left early: a while over the index."""

    def going(k, *state):
        return call_ufunc(np.logical_and, k < walk.length, call_ufunc(np.logical_not, stop(*state)))

    def trip(k, *state):
        current().indices.add(k.node)
        return (k + 1, *body(walk.item(k), *state))

    extent = None if is_unknown(walk.length) else int(walk.length)
    ran = lambda: walk.length > 0 if extent is None else True  # no `break` comes before a trip
    return repeated(going, trip, (0, *state), ["the index", *names], extent=extent, ran=ran)[1:]


def assert_(test, message, text, site):
    """`assert`: checked at once where the test is known, else when the program runs."""
    known = truth(test, "an assert")
    if known is None:
        with telling() as told:
            said = text if message is None else str(message())
        _check(demand_scalar(test, "an assert"), said, told, AssertionError)
    elif not known:
        raise AssertionError(*() if message is None else (message(),))
