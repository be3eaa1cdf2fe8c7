"""The operators that mean exactly what Python means: the reference of the protocol."""

from __future__ import annotations

import builtins
import operator

from defn.syntax.site import Unbound

COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda item, container: item in container,
    "not in": lambda item, container: item not in container,
}

INPLACE = {
    "+": operator.iadd,
    "-": operator.isub,
    "*": operator.imul,
    "/": operator.itruediv,
    "//": operator.ifloordiv,
    "%": operator.imod,
    "**": operator.ipow,
    "@": operator.imatmul,
    "&": operator.iand,
    "|": operator.ior,
    "^": operator.ixor,
    "<<": operator.ilshift,
    ">>": operator.irshift,
}

slice_ = builtins.slice
getitem = operator.getitem
setitem = operator.setitem
delitem = operator.delitem
getattr_ = builtins.getattr
setattr_ = builtins.setattr
not_ = operator.not_


def if_(test, then, orelse, state, site):
    """The state after `if`: that of the branch taken."""
    return then(*state) if test else orelse(*state)


def while_(test, body, state, site):
    """The state after `while`."""
    while test(*state):
        state = body(*state)
    return state


def for_(iterable, body, stop, state, site):
    """The state after `for`; `stop`, if any, says after each iteration if the loop was left."""
    for item in iterable:
        state = body(item, *state)
        if stop is not None and stop(*state):
            break
    return state


def if_expression(test, then, orelse):
    """`then() if test else orelse()`."""
    return then() if test else orelse()


def and_(value, *thunks):
    """`value and thunk() and ...`."""
    for thunk in thunks:
        if not value:
            return value
        value = thunk()
    return value


def or_(value, *thunks):
    """`value or thunk() or ...`."""
    for thunk in thunks:
        if value:
            return value
        value = thunk()
    return value


def compare_chain(comparisons, left, right, *thunks):
    """`left < right < thunk() ...`, for the comparisons in the order written."""
    value = COMPARISONS[comparisons[0]](left, right)
    for comparison, thunk in zip(comparisons[1:], thunks):
        if not value:
            return value
        left, right = right, thunk()
        value = COMPARISONS[comparison](left, right)
    return value


def in_(item, container):
    """`item in container`."""
    return item in container


def assert_(test, message, text, site):
    """`assert test, message()`; `message` is None or a thunk, `text` is the source of the test."""
    if not test:
        raise AssertionError(*() if message is None else (message(),))


def call(function, /, *args, **kwargs):
    """`function(*args, **kwargs)`."""
    return function(*args, **kwargs)


def inplace(operation, target, value):
    """What `target` is after `target += value`, for the operation named by its sign."""
    return INPLACE[operation](target, value)


def test(value, site):
    """`value`, whose truth Python itself is about to ask."""
    return value


def iterate(iterable, site):
    """`iterable`, over which Python itself is about to run."""
    return iterable


def match_(subject, site):
    """`subject`, which Python itself is about to match."""
    return subject


def try_(values, site):
    """Told on entry of a `try` with handlers: the values of the local names that its body reads."""


def unbound(name):
    """The marker of a name without a value."""
    return Unbound(name)


def bound(value, free=False):
    """`value`, unless it is the marker of an unbound name."""
    if type(value) is Unbound:
        value.fail(free)
    return value


def deleted(value, name, free=False):
    """What `name` holds after `del name`."""
    bound(value, free)
    return Unbound(name)
