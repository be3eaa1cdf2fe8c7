"""Traces and storages: who owns a value while a function is traced, and what it holds now.

A storage is what NumPy calls the memory of an array: several views may share it. What a storage holds is known
to the trace that runs: a trace of a loop's or branch's body keeps its own picture, so that writes in a body
become states of the loop, and nothing has to be undone.
"""

from __future__ import annotations

import contextlib
import itertools
import threading

import numpy as np

from defn import ops
from defn.config import asking
from defn.errors import TraceError, here
from defn.expr import parameter, sharing, toposort
from defn.types import Type


class Stack(threading.local):
    """The traces that run in this thread, outermost first."""

    def __init__(self):
        self.traces = []


_stack = Stack()


def current():
    """The innermost running trace, or None."""
    traces = _stack.traces
    return traces[-1] if traces else None


def push(trace):
    """Let a trace be the innermost one of this thread."""
    _stack.traces.append(trace)
    asking[0] += 1


def pop():
    """End the innermost trace of this thread."""
    _stack.traces.pop()
    asking[0] -= 1


births = itertools.count()  # storages are numbered, so that it is known which were there before


class Storage:
    """The memory behind one or more views; `value` is what it held when it was made."""

    __slots__ = ("value", "trace", "readonly", "born", "outside", "links", "strides", "__weakref__")

    def __init__(self, value, trace, readonly=False):
        self.value, self.trace, self.readonly = value, trace, readonly
        self.born = next(births)
        self.outside = (
            False  # is it the memory of an argument, or of an array captured from outside?
        )
        self.links = ()  # other arrays that may be this one, as the program decides
        self.strides = (
            None  # in elements, of an array from outside that is known not to be in C order
        )

    @property
    def where(self):
        """The user's line where a traced value was made."""
        return None if self.trace is None else getattr(self.value, "where", None)


def layout_of(array):
    """The strides, in elements, of a NumPy array of several axes that is not in C order; else None."""
    if not isinstance(array, np.ndarray) or array.ndim < 2 or array.flags.c_contiguous:
        return None
    return tuple(step // array.itemsize for step in array.strides)


class NeedsStatic(BaseException):
    """Some traced integers are needed as Python values: whoever bound these parameters may fix them and trace again."""

    def __init__(self, parameters, what):
        self.parameters, self.what, self.where = frozenset(parameters), what, here()
        self.positions, self.places = (), ()  # of arguments, of numbers outside of the function
        super().__init__(what)


class Trace:
    """One run of a function over traced values."""

    told = None  # while the message of an error is made: the traced values that it tells

    def __init__(self, name, parent=None):
        self.name, self.parent, self.alive = name, parent, True
        self.values, self.written = {}, set()
        self.effects = []
        self.fixable = set()
        self.ordered = set()  # storages that were asked for in C order
        self.layout_asked = False  # does anything depend on how arguments lie in memory?
        # Where only some entries of vectorised axes take part: (mask, what was there before), outermost first.
        self.masks = () if parent is None else parent.masks
        self.ranges = (
            {} if parent is None else parent.ranges
        )  # integer node -> (least, greatest), where known
        self.positions = (
            {} if parent is None else parent.positions
        )  # (index, size) -> index from the front
        self.known = {} if parent is None else parent.known
        self.facts = set()  # (node, its truth), as far as tests around and checks before tell
        self.captured = {} if parent is None else parent.captured

    def read(self, storage):
        """What the storage holds now, as a node."""
        value = self.values.get(storage)
        if value is None:
            value = storage.value if storage.trace is self else self.fetch(storage)
        return value

    def fetch(self, storage):
        """The first look at a storage: what it held when made, or what the enclosing trace sees."""
        if storage.trace is self:
            return storage.value
        if self.parent is None:
            raise escaped(storage)
        return self.parent.read(storage)

    def write(self, storage, value):
        """Let the storage hold another value from here on."""
        self.values[storage] = value
        self.written.add(storage)

    def capture(self, array, type):
        """The storage for an array from outside: a hidden argument, read anew at every call."""
        known = self.captured.get(id(array))
        if known is None:
            storage = Storage(parameter(type, "captured"), self.root())
            storage.outside, storage.strides = True, layout_of(array)
            known = self.captured[id(array)] = (array, storage)
        return known[1]

    def may_fix(self, node):
        """Can this parameter's value be fixed, by this trace or one around it?"""
        return node in self.fixable or self.parent is not None and self.parent.may_fix(node)

    def root(self):
        """The outermost trace."""
        return self if self.parent is None else self.parent.root()


@contextlib.contextmanager
def tracing(trace):
    """Run the body of the `with` under this trace."""
    push(trace)
    try:
        with sharing():
            yield trace
    finally:
        pop()
        trace.alive = False


def escaped(storage):
    """The error for a traced value that outlived its trace, or a tensor that was given up."""
    if hasattr(storage.trace, "error"):
        return storage.trace.error(storage)
    made = f", made at {storage.where}," if storage.where else ""
    name = storage.trace.name if storage.trace else "a function"
    return TraceError(
        f"a traced value{made} escaped from the trace of {name}: it was kept in a global, an attribute or a "
        "list, and used after the trace had ended; return it from the function instead"
    )


def known_value(node):
    """The value of a node that depends on no parameter, as an array; None otherwise."""
    trace = current()
    memo = trace.known if trace is not None else {}
    if node not in memo:
        for each in toposort([node], lambda n: () if n in memo else n.args):
            if each not in memo:
                memo[each] = _known(each, memo)
    return memo[node]


def _known(node, memo):
    if (
        node.op in (ops.parameter, *ops.LEAD, ops.tape, ops.push, ops.pop)
        or node.op.kind is ops.Kind.EFFECT
    ):
        return None
    values = [memo[a] for a in node.args]
    if any(v is None for v in values):
        return None
    return node.op.numpy(*values, **node.attrs)


def parameters_of(node):
    """The parameters that a node depends on."""
    return [n for n in toposort([node]) if n.op is ops.parameter or n.op in ops.LEAD]


@contextlib.contextmanager
def telling():
    """Within, a message is made: traced values put marks into it; gives the list of them."""
    trace = current()
    before, trace.told = trace.told, []
    try:
        yield trace.told
    finally:
        trace.told = before


def is_telling(trace):
    """Is a message made in this trace or one around it?"""
    return trace is not None and (trace.told is not None or is_telling(trace.parent))


def integer_type():
    """The type of a traced Python integer."""
    return Type("int64")


@contextlib.contextmanager
def resumed(trace):
    """Run the body of the `with` as a late part of a trace that has ended."""
    push(trace)
    trace.alive = True
    try:
        yield trace
    finally:
        pop()
        trace.alive = False
