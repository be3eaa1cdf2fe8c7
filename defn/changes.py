"""What a traced function changes of Python's objects that were there before it: each call then does the same.

Lists, dicts and dataclasses among the arguments are compared with what they were; attributes are noted as they are
assigned. Arrays are not meant here: what they hold is part of the graph.
"""

from __future__ import annotations

import dataclasses
import functools
import types

import numpy as np

from defn import pytree
from defn.errors import TraceError, Where
from defn.reach import binding, bound_outside, reached
from defn.tensor import Tensor, is_tensor

MISSING = object()


class Changes:
    """The objects around one run of a function, and what it assigned to them."""

    def __init__(self, function, arguments):
        self.roots = (function, arguments)
        self.containers = containers(arguments)
        self.before = [pytree.parts(each) for each in self.containers]
        self.place = {id(each): k for k, each in enumerate(self.containers)}
        self.assigned, self.names = {}, {}

    @functools.cached_property
    def outside(self):
        """The objects that were there before, by identity."""
        return reached(*self.roots)

    def note(self, owner, name):
        """An attribute is about to be assigned: of an object from outside, each call will assign it."""
        if id(owner) in self.outside and id(owner) not in self.place:
            key = (id(owner), name)
            self.assigned.setdefault(key, (owner, name, getattr(owner, name, MISSING)))

    def has(self, owner, name):
        """Was this attribute assigned?"""
        return (id(owner), name) in self.assigned

    def note_names(self, function, namespace):
        """A function is about to run: what the names outside of it hold that it binds."""
        cells, spaces = bound_outside(function.__code__)
        for name in spaces:
            known = (namespace, name, namespace.get(name), function)
            self.names.setdefault((id(namespace), name), known)
        held = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
        for name in cells:
            if id(held[name]) in self.outside:
                known = (held[name], name, _now(held[name], name), function)
                self.names.setdefault((id(held[name]), name), known)

    def refuse_holding(self, container, what):
        """Refuse a traced value in a container from outside, which is no argument."""
        if id(container) in self.outside and id(container) not in self.place:
            raise TraceError(
                f"{what} from outside the function: it would hold a traced value, which has no value once the trace "
                "has ended (it would have escaped); return the value and keep it outside, or pass the container in"
            )

    def refuse_names(self):
        """Refuse names outside of the function that hold traced values now."""
        for place, name, before, function in self.names.values():
            now = _now(place, name)
            if now is not before and any(is_tensor(x) and x.traced for x in pytree.leaves(now)):
                raise TraceError(
                    f"the function assigns a traced value to the name `{name}` outside of it (global or nonlocal): "
                    "return the value and assign it outside, or keep it as an attribute of an object",
                    Where(*binding(function.__code__, name)),
                )

    def owner_of(self, array):
        """The object from outside that has this array as an attribute, and its name; or None."""
        for owner in self.outside.values():
            for name, value in getattr(owner, "__dict__", {}).items():
                if value is array and not isinstance(owner, types.FunctionType):
                    return owner, name
        return None

    def found(self):
        """(where, its keys, its new contents) of each change; `where` is an object, or a number of a container."""
        pairs = zip(self.containers, self.before)
        changed = [
            (k, *reversed(pytree.parts(each)))
            for k, (each, before) in enumerate(pairs)
            if not _same(pytree.parts(each), before)
        ]
        for owner, name, _ in self.assigned.values():
            changed.append((owner, (name,), (getattr(owner, name),)))
        return changed

    def unbind(self):
        """Let the names hold what they held, for the function may run again."""
        for place, name, before, _ in self.names.values():
            if _now(place, name) is not before:
                _put_back(place, name, before)

    def undo(self):
        """Leave the objects as they were: a traced value means nothing outside of its trace."""
        for place, name, before, _ in self.names.values():
            if any(is_tensor(x) and x.traced for x in pytree.leaves(_now(place, name))):
                _put_back(place, name, before)
        for owner, name, before in self.assigned.values():
            if before is MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, before)


def _now(place, name):
    if type(place) is dict:
        return place.get(name)
    try:
        return place.cell_contents
    except ValueError:
        return None


def _put_back(place, name, before):
    if type(place) is dict:
        place[name] = before
    else:
        place.cell_contents = before


def containers(tree):
    """The lists, dicts and dataclasses in a container, in a fixed order."""
    split = pytree.parts(tree)
    if split is None:
        return []
    own = [tree] if type(tree) in (list, dict) or dataclasses.is_dataclass(tree) else []
    return own + [inner for child in split[0] for inner in containers(child)]


def fill(target, keys, children):
    """Give a list, dict or object new contents."""
    if type(target) is list:
        target[:] = children
    elif type(target) is dict:
        target.clear()
        target.update(zip(keys, children))
    else:
        for name, child in zip(keys, children):
            if getattr(target, name, MISSING) is not child:
                setattr(target, name, child)


def is_kept(now, value, captured):
    """Is a value that is assigned the one that is there already, changed in place at most?"""
    if now is value:
        return True
    if type(value) is not Tensor or value.lenses:
        return False
    if type(now) is np.ndarray:
        return id(now) in captured and captured[id(now)][1] is value.storage
    return type(now) is Tensor and now.storage is value.storage and not now.lenses


def _same(now, before):
    return (
        now[1] == before[1] and len(now[0]) == len(before[0]) and all(map(_is, now[0], before[0]))
    )


def _is(a, b):
    return a is b
