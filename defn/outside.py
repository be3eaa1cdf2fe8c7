"""Python's objects from outside of a traced function: what is read of them, and what may not change."""

from __future__ import annotations

import types

import numpy as np

from defn.bodies import BodyTrace
from defn.builtin_calls import is_unknown
from defn.errors import TraceError
from defn.tensor import asarray, is_tensor
from defn.trace import NeedsStatic, current


def changes_of():
    """What the function that is traced assigned to objects from outside."""
    return getattr(current().root(), "changes", None) if current() is not None else None


def looked(kind, container, key, value):
    """What was read from an object: looked at again before the next call, where that is from outside."""
    watch = getattr(current().root(), "watch", None) if current() is not None else None
    if watch is None or is_tensor(container) or type(value) is types.MethodType:
        return value
    if kind == "attribute" and changes_of() is not None and changes_of().has(container, key):
        return value
    try:
        moving = current().root().moved(kind, container, key, value)
        if moving is not None:
            return moving
        watch.look(kind, container, key, value)
    except TypeError:  # a key that cannot be hashed is no place to look again
        return value
    return asarray(value) if type(value) is np.ndarray and id(value) in watch.outside else value


def refuse_side_effect(target, what, *values):
    """A Python object from outside must not change in a traced loop (which is then written out) or branch; nowhere
    may it be given traced values to hold.
    """
    trace, changes = current(), changes_of()
    if changes is not None and any(map(is_unknown, values)):
        changes.refuse_holding(target, what)
    while isinstance(trace, BodyTrace):
        if id(target) in trace.outside or type(target) in (type, types.ModuleType):
            if trace.indices:
                raise NeedsStatic(trace.indices, what)
            raise TraceError(
                f"{what} in a branch or while on a traced value: Python would do it once, while tracing; choose the "
                "value there (with a local name), and change the object after it"
            )
        trace = trace.parent
