"""One scope walked backwards: each node keeps one running cotangent.

A read adds into the running cotangent of the array at the place where it read; a write reads it
there and clears the place. So a step that touches a few elements is reversed by touching the same
few.
"""

from __future__ import annotations

from defn import ops
from defn.expr import item, make, serial, visit_each
from defn.tensor import wrap
from defn.transforms.masks import accumulated, passed_through
from defn.transforms.overwritten import kept
from defn.transforms.shapes import is_zero, zeros
from defn.transforms.vjp import vjp
from defn.types import Type


class Walk:
    """The running cotangents `ct` of one scope, and what reversing its structures asks of the
    scope.

    `structures` reverses the structures; it fills `sites` (places that save), `saving` (structures
    and the ones that save in their stead), `unwritten` (arrays un-written by an inner loop) and
    `local` (tapes of this scope).
    """

    def __init__(
        self, order, active, masks, cotangents, structures, scope, restore=None, top=False
    ):
        self.order, self.active, self.masks, self.structures = order, active, masks, structures
        self.ct, self.top, self.scope, self.restore = dict(cotangents), top, scope, restore or {}
        self.sites, self.saving, self.unwritten, self.local = [], {}, {}, []

    def run(self):
        """Visit every node, last first."""
        visit_each(reversed(self.order), self.visit)
        return self

    def visit(self, node):
        """Pass the cotangent of a node on to its operands."""
        if node.op in ops.LEAD:
            if any(self.masks[node][0]) or self.restore.get(node):
                self.structures.reverse(self, node)
        elif node in self.active and node.op in REVERSE:
            REVERSE[node.op](self, node)
        elif node in self.active and node.type.parts is not None:
            self._apply_rule_of_several(node)
        elif node in self.active and node in self.ct:
            self._apply_rule(lambda: passed_through(vjp[node.op], self.ct[node], node), node)

    def _apply_rule_of_several(self, node):
        results = [item(node, k) for k in range(len(node.type.parts))]
        cts = [self.ct.get(each) for each in results]
        if any(ct is not None for ct in cts):
            self._apply_rule(lambda: of_several(vjp[node.op], cts, results, node), node)

    def _apply_rule(self, rule, node):
        try:
            found = rule()
        except Exception as error:
            error.add_note(f"in the gradient of {node.op}, written at {node.where}")
            raise
        for operand, value in zip(node.args, found):
            if value is not None:
                self.add(operand, value)

    def add(self, node, value):
        """Add to the running cotangent of a node, if it carries a derivative."""
        if node in self.active and not is_zero(value):
            self.ct[node] = accumulated(self.ct[node], value) if node in self.ct else value

    def running(self, node):
        """The running cotangent of a node: zeros, or an empty tape, where nothing was added."""
        if node in self.ct:
            return self.ct[node]
        if not node.type.tape:
            return zeros(node.type).node
        self.local.append(new_tape(Type(node.dtype, node.shape), room(node)))
        return self.local[-1]


def of_several(rule, cts, results, node):
    """The cotangents of the operands of a node with several results; None for a result's cotangent
    is zero.
    """
    cts = [None if ct is None else wrap(ct) for ct in cts]
    found = rule(cts, tuple(map(wrap, results)), *map(wrap, node.args), **node.attrs)
    return [None if each is None else each.node for each in found]


def new_tape(type, capacity):
    """An empty tape, one of its own; capacity None grows."""
    return make(ops.tape, (), {"type": type, "capacity": capacity, "site": serial()})


def pop(tape):
    """What is left of a tape, and the value that was on top."""
    both = make(ops.pop, (tape,))
    return item(both, 0), item(both, 1)


def push(tape, value):
    """The tape with one value more."""
    return make(ops.push, (tape, value))


def room(tape):
    """The capacity of the tape this one grew from, where its start is in sight."""
    while tape.op in (ops.item, ops.push):
        node = tape.args[0]
        if tape.op is ops.item:
            node = ops.carry(node)[tape.attrs["index"]] if node.op in ops.LEAD else node.args[0]
        tape = node
    return tape.attrs.get("capacity")


# Reading and writing at an index.


def _parts(node):
    """The settings of an indexed operation, and its operands: array, value (where there is one),
    places.
    """
    writes = node.op in (ops.put, ops.add_at, ops.scatter, ops.scatter_add)
    places = node.args[2:] if writes else node.args[1:]
    return node.attrs, places


def _reverse_read(add):
    def reverse(walk, node):
        if node in walk.ct:
            array, (attrs, places) = node.args[0], _parts(node)
            walk.ct[array] = added(add, walk.running(array), walk.ct[node], places, attrs)

    return reverse


def added(add, running, ct, places, attrs):
    """A running cotangent with `ct` added at a place; where the place was just cleared, `ct` is
    written there.
    """
    if running.op is ops.put and is_zero(running.args[1]):
        if running.args[2:] == tuple(places) and running.attrs == attrs:
            return make(ops.put, (running.args[0], ct, *places), attrs)
    return make(add, (running, ct, *places), attrs)


def _reverse_write(read, write):
    def reverse(walk, node):
        if node not in walk.ct:
            return
        ct, (array, value), (attrs, places) = walk.ct[node], node.args[:2], _parts(node)
        if value in walk.active:
            walk.add(value, make(read, (ct, *places), attrs))
        if array in walk.active:
            walk.add(
                array, make(write, (ct, zeros(value.type).node, *places), attrs) if write else ct
            )

    return reverse


def _reverse_scatter(walk, node):
    """As a write; of several values written to one place, the last was kept, and it alone has a
    cotangent.
    """
    if node not in walk.ct:
        return
    ct, (array, value), (attrs, places) = walk.ct[node], node.args[:2], _parts(node)
    if value in walk.active:
        found = make(ops.gather, (ct, *places), attrs)
        walk.add(value, kept(found, array, places, attrs["axes"]))
    if array in walk.active:
        walk.add(array, make(ops.scatter, (ct, zeros(value.type).node, *places), attrs))


def _reverse_sum(walk, node):
    """A sum of two passes its cotangent on as it is, masked or not: no rule has to be asked."""
    if node in walk.ct:
        for operand in node.args:
            walk.add(operand, walk.ct[node])


# Structures that are no loops.


def _reverse_push(walk, node):
    if node in walk.ct:
        tape, value = pop(walk.ct[node])
        walk.add(node.args[0], tape)
        walk.add(node.args[1], value)


def _reverse_pop(walk, node):
    # Pushed even where it is zero: pushes and pops must balance.
    left, value = item(node, 0), item(node, 1)
    walk.add(node.args[0], push(walk.running(left), walk.running(value)))


def _nothing(walk, node):
    """Items and parameters only hold what has been added."""


REVERSE = {
    ops.get: _reverse_read(ops.add_at),
    ops.gather: _reverse_read(ops.scatter_add),
    ops.put: _reverse_write(ops.get, ops.put),
    ops.add_at: _reverse_write(ops.get, None),
    ops.scatter: _reverse_scatter,
    ops.scatter_add: _reverse_write(ops.gather, None),
    ops.add: _reverse_sum,
    ops.push: _reverse_push,
    ops.pop: _reverse_pop,
    ops.item: _nothing,
    ops.parameter: _nothing,
}
