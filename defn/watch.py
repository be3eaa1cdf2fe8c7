"""What a function reads from outside: globals, closure cells, attributes, items.

A specialisation holds while these are what they were. An array is a hidden argument instead: it is read anew at
every call, so a change of its contents, or another array of the same type in its place, is seen.
"""

from __future__ import annotations

import types

import numpy as np

from defn.reach import names_in
from defn.tensor import Tensor
from defn.trace import layout_of
from defn.types import WEAK

MISSING = object()
NUMBERS = (int, float, complex)


class Read:
    """One place outside the function, and what it held while tracing."""

    __slots__ = ("kind", "container", "key", "value")

    def __init__(self, kind, container, key, value):
        self.kind, self.container, self.key, self.value = kind, container, key, value

    def now(self):
        """What the place holds now."""
        return READERS[self.kind](self.container, self.key)

    @property
    def place(self):
        """What tells this place from others, as long as its container lives."""
        return self.kind, id(self.container), self.key

    def has_moved(self):
        """Does the place hold another number than it did?"""
        return (
            type(self.value) in NUMBERS
            and type(self.now()) is type(self.value)
            and not self.holds()
        )

    @property
    def is_array(self):
        """Does the place hold an array, which is an argument and not a condition?"""
        return type(self.value) in (np.ndarray, Tensor)

    def holds(self):
        """Is it what it was? Numbers and strings by value, all else by identity."""
        now = self.now()
        return now is self.value or type(now) is type(self.value) and _same(now, self.value)

    def __repr__(self):
        return f"{self.kind} {self.key!r}"


class Moving(Read):
    """A place whose number was seen to change: an argument, read anew at every call."""

    __slots__ = ()
    shape = ()

    @property
    def dtype(self):
        return np.dtype(WEAK[type(self.value)])

    def now(self):
        """The number that the place holds now, as an array."""
        return np.asarray(super().now(), self.dtype)

    def is_held(self):
        """Is it the very number that it was?"""
        return super().now() is self.value

    def holds(self):
        """Is it a number of the same kind?"""
        return type(super().now()) is type(self.value)


def _same(now, then):
    if type(now) in (np.ndarray, Tensor):
        alike = now.dtype == then.dtype and now.shape == then.shape
        alike = alike and layout_of(now) == layout_of(then)
        return alike and getattr(now, "labels", None) == getattr(then, "labels", None)
    if type(now) in (int, float, complex, str, bool, bytes) or isinstance(now, np.generic):
        return now == then
    if type(now) is types.BuiltinMethodType:
        return now.__self__ is then.__self__ and now.__name__ == then.__name__
    return (
        type(now) is types.MethodType
        and now.__func__ is then.__func__
        and now.__self__ is then.__self__
    )


def _global(namespace, name):
    return namespace.get(name, MISSING)


def _cell(cell, name):
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def _attribute(owner, name):
    return getattr(owner, name, MISSING)


def _item(container, key):
    try:
        return container[key]
    except (KeyError, IndexError):
        return MISSING


def _contents(container, key):
    return tuple(container)


READERS = {"global": _global, "closure": _cell, "attribute": _attribute, "item": _item}


def reads_of(function):
    """The globals and closure cells that a function's code names, with what they hold."""
    code = getattr(function, "__code__", None)
    if code is None:
        return []
    cells = zip(code.co_freevars, function.__closure__ or ())
    found = [
        Read("closure", cell, name, _cell(cell, name))
        for name, cell in cells
        if name != "__class__"
    ]
    namespace = function.__globals__
    for name in sorted(names_in(code)):
        if name in namespace:
            found.append(Read("global", namespace, name, namespace[name]))
    return found


class Watch:
    """All that one trace read from outside."""

    def __init__(self):
        self.reads, self.outside, self.functions = {}, {}, set()
        self.moved = set()  # places of names whose numbers are arguments

    def function(self, function):
        """Watch what this function's code names, and the functions it defines from there on."""
        if id(function) in self.functions:
            return
        self.functions.add(id(function))
        for read in reads_of(function):
            self.add(read)

    def add(self, read):
        """Watch one place; what it holds is from outside too."""
        self.reads.setdefault((read.kind, id(read.container), read.key), read)
        self.outside[id(read.value)] = read.value

    def look(self, kind, container, key, value):
        """A read of an attribute or item: watched where the container is from outside."""
        if id(container) in self.outside and not isinstance(container, types.ModuleType):
            self.add(Read(kind, container, key, value))

    def forget(self):
        """Let go of what was met while tracing: only the places that were read matter afterwards."""
        self.outside.clear()

    def conditions(self):
        """The places whose values a specialisation depends on."""
        return [
            r
            for r in self.reads.values()
            if not r.is_array
            and not isinstance(r.value, types.ModuleType)
            and r.place not in self.moved
        ]

    def place_of(self, array):
        """Where an array was read, or None."""
        for read in self.reads.values():
            if (
                read.value is array
                or type(read.value) is Tensor
                and read.value.storage.value is array
            ):
                return read
        return None
