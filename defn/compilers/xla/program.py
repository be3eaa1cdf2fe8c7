"""A graph as a function of JAX arrays: node by node, in an order that lets writes happen in place.

XLA on the CPU copies a whole carried array per step when a read of it is fused into a consumer that
runs after a write to it. So, in a body that writes more than once, a small read of an array that is
written later goes behind a `lax.cond` whose predicate XLA cannot see through (nothing fuses through
it), and the write is made to depend on the values read.
"""

from __future__ import annotations

import collections
import functools
import math

import numpy as np
from jax import lax

from defn import ops
from defn.compilers.xla import effects, structures
from defn.compilers.xla.bits import bits
from defn.compilers.xla.branches import without_small_branches
from defn.compilers.xla.exact import kept_apart
from defn.compilers.xla.lower import lower
from defn.compilers.xla.rows import rows
from defn.compilers.xla.signs import sign
from defn.compilers.xla.windows import windows
from defn.expr import constant_value, depending_on
from defn.order import schedule, written

WINDOWED = {ops.get: 1, ops.put: 2, ops.add_at: 2}  # where the starts begin among the operands
VALUED = {ops.put, ops.add_at, ops.scatter, ops.scatter_add}  # operand 1 is what is written
READS = {ops.get, ops.gather}
SMALL = 64  # bytes: copying less than this costs less than keeping the order
SHARE = 8  # a read of more than this part of an array may as well copy the array


class Program:
    """What a whole program shares: the room of tapes of unknown length, its checks, whether it keeps
    what a failed check is to tell, and an opaque truth.
    """

    def __init__(self, graph, room=64, host=None, telling=True):
        self.graph, self.room, self.host = without_small_branches(graph), room, host
        self.sites = tuple(effects.sites(self.graph))
        self.telling = telling or effects.has_hooks(self)  # what calls back runs but once
        self.grows = structures.grows(self.graph)
        self.truth = None
        self._scopes = {}

    def __call__(self, *arguments):
        """The outputs, and what is to be looked at after the call."""
        self.truth = opaque_truth(arguments)
        try:
            return self.run(self.graph, arguments, effects.first_status(self))
        finally:
            self.truth = None

    def run(self, graph, arguments, status, inside=False):
        """The outputs of a closed graph, and the status after it."""
        key = graph, inside
        if key not in self._scopes:
            self._scopes[key] = Scope(graph, inside and self.truth is not None)
        return self._scopes[key].run(self, arguments, status)

    def tracks(self, node):
        """Can something in this structure change the status?"""
        return self.grows or any(True for body in node.attrs["bodies"] for _ in effects.sites(body))


def opaque_truth(arguments):
    """A true value that XLA cannot know to be true; None where the program has no arguments."""
    for x in arguments:
        if x.size and x.dtype.kind != "c":
            first = x.reshape(-1)[0]
            if x.dtype == np.bool_:
                first = first.astype(np.int32)
            first = first if np.dtype(first.dtype).kind in "iu" else bits(first)
            return lax.ne(first | first.dtype.type(1), first.dtype.type(0))
    return None


class Scope:
    """One closed graph, planned once: the order, the windows, and which reads must not be fused."""

    def __init__(self, graph, in_place):
        self.graph = graph
        self.order = [n for n in schedule(graph) if n.op is not ops.parameter]
        self.served = windows(graph, self.order, 2) if in_place else rows(graph, self.order)
        self.apart, self.overwritten = False, frozenset()
        if in_place and self._is_entangled():
            # Now that every read costs, even one write is worth a window.
            self.served = windows(graph, self.order, 1)
            self.apart, self.overwritten = True, self._replaced()

    @functools.cached_property
    def shared(self):
        """What more than one node reads or returns."""
        counts = collections.Counter(a for n in self.order for a in dict.fromkeys(n.args))
        counts.update(self.graph.roots)
        return frozenset(node for node, count in counts.items() if count > 1)

    def is_alone(self, addition):
        """Is this all that happens to an array here? Then nothing can be in the way of its read."""
        array = addition.args[0]
        first = array.op not in VALUED and array not in self.shared
        return first and addition not in self.overwritten

    def _writes(self):
        """The writing nodes; a window writes once, at the last of its nodes."""
        written_here = (n for n in self.order if written(n))
        return [n for n in written_here if n not in self.served or n is self.served[n].last]

    def _replaced(self):
        """The arrays that some node replaces, where a copy would cost."""
        return frozenset(a for w in self._writes() for a in written(w) if is_large(a))

    def _is_entangled(self):
        """Are there several writes, or one and more results that are made of reads?"""
        writes, replaced = self._writes(), self._replaced()
        reads = [n for n in self.order if n.op in READS and n.args[0] in replaced]
        besides = [n for n in self.order if n not in writes]
        return len(writes) > 1 or not depending_on(besides, reads).isdisjoint(self.graph.roots)

    def run(self, program, arguments, status):
        values = dict(zip(self.graph.parameters, arguments))
        pass_ = Pass(self, program, values, status)
        for node in self.order:
            values[node] = pass_.lowered(node)
        return tuple(values[o] for o in self.graph.outputs), pass_.status


def is_large(array):
    """Would a copy of this array cost more than keeping the order?"""
    return not array.type.tape and array.type.bytes > SMALL


class Pass:
    """One walk through a scope: the values so far, and the reads that a later write waits for."""

    def __init__(self, scope, program, values, status):
        self.scope, self.program, self.values, self.status = scope, program, values, status
        self.reads = {}
        self.held = {}

    def lowered(self, node):
        """The JAX value of one node; what goes wrong says where the node was written."""
        try:
            return self.value(node)
        except Exception as error:
            error.add_note(f"in the XLA lowering of {node.op}, written at {node.where}")
            raise

    def value(self, node):
        """The JAX value of one node."""
        if node in self.scope.served:
            return self.scope.served[node].emit(node, self)
        if node.op in structures.RULES:
            return self._structure(node)
        if node.op.kind is ops.Kind.EFFECT:
            self.status = effects.RULES[node.op](
                node, self.operands(node), self.program, self.status
            )
            return None
        return self._plain(node)

    def operands(self, node):
        """The values of the operands; known starts of a window as integers."""
        first = WINDOWED.get(node.op, len(node.args))
        starts = [known_start(a, self.values) for a in node.args[first:]]
        return [*(self.values[a] for a in node.args[:first]), *starts]

    def _structure(self, node):
        operands = self.operands(node)
        result, self.status = structures.RULES[node.op](node, operands, self.program, self.status)
        if node.op in ops.LEAD:
            self._remember_captures(node, result)
        return result

    def _remember_captures(self, node, result):
        """What a loop read of an array that is replaced later must be over by then."""
        for captured in ops.captures(node):
            if captured in self.scope.overwritten and result:
                self.reads.setdefault(captured, []).append(leaf_of(result))

    def _plain(self, node):
        operands = self.operands(node)
        if node.op is ops.get and self.protected(node):
            return self._read_apart(node, operands)
        self._wait(node, operands)
        if node.op is ops.add_at and self.protected(node) and not self.scope.is_alone(node):
            return self._add_apart(node, operands)
        if node.op is ops.exp and node.dtype == np.float32 and sign(node.args[0]) < 0:
            return lax.exp(*operands)  # without the care that is for large arguments
        return lower[node.op](*kept_apart(node, operands), **node.attrs)

    def protected(self, node):
        """Would fusing this read make XLA copy the array?"""
        array = node.args[0]
        small = (
            math.prod(n for n in node.attrs["sizes"] if n is not None) * SHARE <= array.type.size
        )
        return array in self.scope.overwritten and small

    def _read_apart(self, node, operands):
        value = self.behind(lambda a, *starts: lower[ops.get](a, *starts, **node.attrs), *operands)
        self.reads.setdefault(node.args[0], []).append(value)
        return value

    def _add_apart(self, node, operands):
        array, value, *starts = operands
        old = self.behind(
            lambda a, *starts: lower[ops.get](a, *starts, **node.attrs), array, *starts
        )
        return lower[ops.put](array, lower[ops.add](old, value), *starts, **node.attrs)

    def behind(self, read, array, *starts):
        """`read(array, *starts)`, where nothing is fused with it."""
        traced = [s for s in starts if not isinstance(s, int)]

        def branch(array, *traced):
            rest = iter(traced)
            return read(array, *(s if isinstance(s, int) else next(rest) for s in starts))

        def nothing(array, *traced):
            return lax.full_like(branch(array, *traced), 0)

        return lax.cond(self.program.truth, branch, nothing, array, *traced)

    def _wait(self, node, operands):
        """Make a write depend on the reads of what it replaces."""
        if self.reads and node.op in VALUED:
            for read in self.reads.get(node.args[0], ()):
                operands[1] = self.after(operands[1], read)

    def after(self, value, read):
        """`value`, known to be computed after the read."""
        if not read.size:
            return value
        first = read.reshape(-1)[0]
        if value.dtype != first.dtype:
            first = lower[ops.cast](first, dtype=np.dtype(value.dtype))
        return lax.select(self.program.truth, value, lax.broadcast(first, value.shape))


def leaf_of(result):
    """Some array of a structure's results."""
    return next(x if hasattr(x, "dtype") else x.top for x in result)


def known_start(node, values):
    """A constant start as an integer, else its value."""
    known = constant_value(node)
    return values[node] if known is None else int(known)
