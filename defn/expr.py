"""The node: an operation applied to operands, immutable, and shared with its equals while one trace runs."""

from __future__ import annotations

import contextlib
import gc
import itertools
import threading

import numpy as np

from defn import ops
from defn.errors import OutOfRange, here
from defn.types import INT64, Type

_serial = itertools.count()


class _Sharing(threading.local):
    table = None
    where = None


_sharing = _Sharing()


def attribute_to(where):
    """Let nodes made from here on belong to this line of the user's (None: the line that runs); the line before."""
    before, _sharing.where = _sharing.where, where
    return before


def visit_each(nodes, visit):
    """Visit nodes one after another; nodes made on the way belong to the line of the one visited."""
    before = attribute_to(None)
    try:
        for node in nodes:
            attribute_to(node.where or before)
            visit(node)
    finally:
        attribute_to(before)


@contextlib.contextmanager
def sharing():
    """Within, equal nodes are one node; scopes nest and share the outermost table."""
    if _sharing.table is not None:
        yield
        return
    _sharing.table = {}
    # A graph that grows has no garbage: looking for it again and again would double the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        _sharing.table = None
        if collecting:
            gc.enable()


class Expr:
    """One value of a graph: `op` of `args` (values) with `attrs` (settings), made at `where`.

    `simple`: it is known that no law of algebra applies to it.
    """

    __slots__ = ("op", "args", "attrs", "type", "where", "simple", "__weakref__")

    shape = property(lambda self: self.type.shape)
    dtype = property(lambda self: self.type.dtype)

    def __repr__(self):
        return f"<{self.op} {self.type}>"

    def with_args(self, args):
        """The same operation of other operands; itself, if they are the same."""
        args = tuple(args)
        if args == self.args:
            return self
        for now, before in zip(args, self.args):
            if now.type is not before.type:
                return make(self.op, args, self.attrs, where=self.where)
        return make(self.op, args, self.attrs, self.type, self.where)


def make(op, args, attrs=None, type=None, where=None):
    """The node of an operation; an equal one made before in this scope, if there is one."""
    attrs = attrs or {}
    table = _sharing.table
    if table is not None:
        key = (op, args, tuple(attrs.items()) if attrs else ())
        known = table.get(key)
        if known is not None:
            return known
    node = Expr()
    node.op, node.args, node.attrs = op, args, attrs
    node.type = type or op.type(*[a.type for a in args], **attrs)
    node.where = where or _sharing.where or here()
    node.simple = False
    if table is not None:
        table[key] = node
    return node


def adopt(node):
    """The node of this scope that equals the given one: itself, from now on, if there is no other."""
    table = _sharing.table
    return (
        node
        if table is None
        else table.setdefault((node.op, node.args, tuple(node.attrs.items())), node)
    )


def serial():
    """A number that no other node has: for what must not be shared."""
    return next(_serial)


def parameter(type, name="p", where=None):
    """A new parameter of a graph."""
    return make(ops.parameter, (), {"type": type, "name": name, "serial": serial()}, type, where)


SMALL = 64  # bytes: larger arrays are hidden arguments, not constants of the text


def constant(value, dtype=None):
    """A known scalar or small array as a node; keyed by dtype and bytes, so that 0.0 is not -0.0."""
    try:
        array = np.asarray(value, dtype)
    except OverflowError as error:
        raise OutOfRange(f"{error}: cast the array to a wider dtype first") from None
    attrs = {"data": array.tobytes(), "dtype": array.dtype, "shape": array.shape}
    return make(ops.constant, (), attrs)


def index(value):
    """A known index as a node."""
    return constant(value, INT64)


def constant_value(node):
    """The value of a constant node as an array (of a broadcast of one, its scalar); None for other nodes."""
    while node.op is ops.broadcast:
        node = node.args[0]
        if node.shape:
            return None
    return ops.constant.numpy(**node.attrs) if node.op is ops.constant else None


def item(node, k):
    """One result of a node that has several."""
    return make(ops.item, (node,), {"index": k}, where=node.where)


def items(node):
    """All results of a node that has several."""
    return tuple(item(node, k) for k in range(len(node.type.parts)))


def toposort(roots, before=None):
    """Every node that the roots need, operands first; without recursion.

    `before(node)` is what comes before a node: its operands, if not given.
    """
    order, seen = [], set()
    stack = [*roots][::-1]
    while stack:
        node = stack.pop()
        if node is None:  # below it stands a node whose operands are done
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            stack += (node, None)
            ready = len(stack)
            for arg in (node.args if before is None else before(node))[::-1]:
                if arg not in seen:
                    stack.append(arg)
            if len(stack) == ready:
                del stack[-2:]
                order.append(node)
    return order


def substitute(roots, new):
    """The roots, with every key of `new` replaced by its value."""
    if not new:
        return list(roots)
    done = dict(new)
    for node in toposort([r for r in roots if r not in done], lambda n: () if n in new else n.args):
        if node not in done:
            done[node] = node.with_args([done[a] for a in node.args]) if node.args else node
    return [done[root] for root in roots]


def depending_on(order, seeds):
    """The nodes of a topological order that are, or are computed from, the seeds."""
    found = set(seeds)
    for node in order:
        if any(a in found for a in node.args):
            found.add(node)
    return found


def tuple_type(types):
    """The type of several values."""
    return Type(None, (), parts=tuple(types))
