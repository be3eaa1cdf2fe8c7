"""Where the values of a body live: in a variable, in a row of scratch memory, or in memory of their
own.

A write takes over the memory of the array that it replaces if the body owns it (made here, or a
state of the loop that this is the body of) and nobody reads the old array later; else it copies
first.
"""

from __future__ import annotations

from math import prod

import numpy as np

from defn import ops
from defn.compilers.numba.access import Flat
from defn.compilers.numba.index import ZERO, strides
from defn.compilers.numba.kernel import Memory, Storage, Tape, contiguous
from defn.compilers.numba.product import passed
from defn.compilers.numba.roots import ARGS, PARTIAL, RUNNING, STEPS, WRITES, empty
from defn.compilers.numba.schedule import Group, stem
from defn.expr import constant_value

FOREVER = 1 << 60


class Places:
    """Homes of a body's stored nodes. `targets` says where a root writes, `before` what is copied
    before a step."""

    def __init__(self, body, homes, owned, serial, wishes=()):
        self.body, self.homes, self.owned, self.serial = body, dict(homes), set(owned), serial
        self.wishes = dict(wishes)
        self.targets, self.before = {}, {}
        self.settled = set()  # writes of values that are computed where they belong
        self.last, self.readers = self._uses()
        self.destined = self._destinies() if serial else {}
        for node in body.order:
            if node.op is empty and node in body.stored:
                self.fresh(node)
        for at, step in enumerate(body.steps):
            if isinstance(step, Group):
                self._group(step, at)
            elif step in body.library:
                self._library(step)
            elif step.op in ops.LEAD:
                self._structure(step, at)
            elif step.op is ops.tape:
                self.homes[step] = tape_of(step)
            elif step.op is ops.push:
                self.homes[step] = self.homes[step.args[0]]
            elif step.op is ops.pop:
                self._items(step, [self.homes[step.args[0]], None])

    def _uses(self):
        """The last step that reads each stored node, and the (step, stage) of all that do."""
        last, readers = {}, {}
        self.indices = {}

        def read(node, at, stage, index=None):
            node = stem(node)
            self.indices.setdefault(node, set()).add(index)
            last[node] = max(at, last.get(node, -1))
            readers.setdefault(node, set()).add((at, stage))

        for at, step in enumerate(self.body.steps):
            if isinstance(step, Group):
                for k, stage in enumerate(step.stages):
                    for member in stage.members:
                        for node, index in self.body.reads[member]:
                            read(node, at, k, index)
                            if (
                                member.node.op in ARGS
                            ):  # which goes through its operand a second time
                                read(node, at, -2, index)
                        if member.node.op in WRITES:
                            read(member.node.args[0], at, -1)
            else:
                for arg in passed(step) if step in self.body.library else step.args:
                    read(arg, at, -1)
        for output in self.body.outputs:
            read(output, FOREVER, -1)
        return last, readers

    def fresh(self, node):
        """Memory of its own for a node."""
        self.homes[node] = self.own(node)
        return self.homes[node]

    def own(self, type, role="temporary"):
        """New memory for a value of a type."""
        storage = Storage(type.dtype, prod(type.shape), role)
        self.owned.add(storage)
        return contiguous(storage, type.shape)

    def _library(self, node):
        """Memory for the result of a library, or for each of several."""
        if node.type.parts is None:
            self.fresh(node)
            return
        self.homes[node] = [self.own(part) for part in node.type.parts]
        self._items(node, self.homes[node])

    def _group(self, group, at):
        for k, stage in enumerate(group.stages):
            for member in stage.members:
                self._member(member, group, at, k)

    def _member(self, root, group, at, stage):
        node = root.node
        if node.op in WRITES:
            self._write(root, at)
            return
        readers = self.readers.get(node, set())
        elsewhere = {r for r in readers if r[0] != at}
        if node.op in PARTIAL:
            self.homes[node] = self.fresh(node)
        elif not elsewhere and self._in_variable(root, group, readers, at, stage):
            self.homes[node] = None
        elif self.serial and not node.shape and node.op not in RUNNING:
            self.homes[node] = None
        elif not elsewhere and group.straight:
            self.homes[node] = None
        elif not elsewhere:
            self._row_of_scratch(root, group)
        elif self._granted(root, group, at, stage):
            self.homes[node] = self.wishes.pop(node)
        elif node in self.destined and self._may_be_there(root, group, at):
            self._put_there(root, self.destined[node][0])
        else:
            self.fresh(node)
        if self.homes[node] is not None:
            self.targets[node] = self.homes[node]

    def _granted(self, root, group, at, stage):
        """May a result be written where it is wanted: over an old value that is read only before,
        or here?"""
        wish = self.wishes.get(root.node)
        if wish is None or not root.in_register or wish.storage not in self.owned:
            return False
        old = {
            n for n, h in self.homes.items() if isinstance(h, Memory) and h.storage is wish.storage
        }
        if any(self.last.get(n, -1) > at for n in old):
            return False
        return all(
            self._read_before(root, reader, k > stage, k == stage, node, index, group)
            for k, part in enumerate(group.stages)
            for reader in part.members
            for node, index in self.body.reads[reader]
            if node in old
        )

    def _read_before(self, root, reader, later, same, node, index, group):
        """Is an element of the old value read before the new one takes its place?"""
        if later or isinstance(index, Flat) or node.shape != root.node.shape:
            return False
        members = next(s.members for s in group.stages if root in s.members)
        if same:
            return index == root.result and members.index(reader) <= members.index(root)
        rows = set(group.rows)
        return all(
            part == own if set(own.loops()) & rows else not set(part.loops()) & rows
            for part, own in zip(index, root.result)
        )

    def _in_variable(self, root, group, readers, at, stage):
        """Is a value only read in the loops that compute it?"""
        inner = [v for v in root.loops[group.depth :] if v not in root.reduced]
        if (
            root.node.op in RUNNING
            or not root.in_register
            or self.indices.get(root.node, set()) - {root.result}
        ):
            return False
        return not inner or readers <= {(at, stage)} and root.first is None

    def _row_of_scratch(self, root, group):
        """Memory for one row: it stays in the cache."""
        rows = set(root.loops[: group.depth])
        kept = [1 if set(i.loops()) & rows else n for i, n in zip(root.result, root.node.shape)]
        storage = Storage(root.node.dtype, prod(kept))
        storage.copies = bool(group.depth) and not self.serial
        steps = tuple(0 if set(i.loops()) & rows else s for i, s in zip(root.result, strides(kept)))
        self.owned.add(storage)
        self.homes[root.node] = Memory(storage, steps, ZERO)

    # Values that are computed in the window of an array into which they are written.

    def _destinies(self):
        """Stored values that are written into most of an array, each with its write and step."""
        found = {}
        for at, step in enumerate(self.body.steps):
            for write in (m.node for m in step.members) if isinstance(step, Group) else ():
                if write.op is not ops.put or stem(write.args[0]) is not write.args[0]:
                    continue
                known = all(constant_value(start) is not None for start in write.args[2:])
                if known and 2 * prod(write.args[1].shape) > prod(write.shape):
                    found[write.args[1]] = write, at
        return found

    def _may_be_there(self, root, group, at):
        """Is the window free from this step on, and the value read by loops alone?"""
        write, when = self.destined[root.node]
        array = write.args[0]
        home = self.homes.get(array)
        indices = self.indices[root.node]
        plain = not any(i is None or isinstance(i, Flat) for i in indices)
        if not plain or not root.in_register or not self.dead(array, when):
            return False
        shared = {
            n for n, h in self.homes.items() if isinstance(h, Memory) and h.storage is home.storage
        }
        later = {r for n in shared for r in self.readers.get(n, ()) if r[0] > at}
        return later <= {(when, -1)} and self.body.reads_ahead(root, write, group, shared)

    def _put_there(self, root, write):
        array, _, *starts = write.args
        home, moves = self.homes[array], strides(array.shape)
        axes = list(zip(starts, write.attrs["sizes"], write.attrs["steps"], moves))
        first = sum(int(constant_value(start)) * move for start, _, _, move in axes)
        steps = tuple(step * move for _, size, step, move in axes if size is not None)
        self.homes[root.node] = Memory(home.storage, steps, home.offset.plus(first))
        self.last[write] = max(self.last.get(write, -1), self.last[root.node])
        self.settled.add(write)

    # Writes in place.

    def dead(self, node, at):
        """May the memory of a node be overwritten by this step?"""
        node = stem(node)
        home = self.homes.get(node)
        return (
            isinstance(home, Memory)
            and home.storage in self.owned
            and self.last.get(node, -1) <= at
        )

    def taken(self, node, at, role="temporary"):
        """Memory that holds the value and may be overwritten; whether the value is to be copied
        there."""
        if self.dead(node, at):
            home = self.homes[stem(node)]
            return Memory(home.storage, strides(node.shape), home.offset), False
        storage = Storage(node.dtype, prod(node.shape), role)
        self.owned.add(storage)
        return contiguous(storage, node.shape), True

    def _write(self, root, at):
        array = root.node.args[0]
        # An array written into itself, seen in another shape, is read from the old memory.
        itself = stem(root.node.args[1]) is stem(array)
        home, copied = self.taken(array, -1 if itself else at)
        self.homes[root.node] = self.targets[root.node] = home
        if copied and not covers(root.node):
            self.copy(array, home, at)

    def only_read(self, node):
        """Is a value read where it lies, and its memory taken over by no other?"""
        mine = self.homes[node].storage
        return not any(
            isinstance(home, Memory) and home.storage is mine
            for other, found in self.homes.items()
            if other is not node
            for home in (found if isinstance(found, list) else [found])
        )

    def copy(self, node, home, at):
        """Copy a value before a step, into memory that the step may write."""
        group = self.body.copying(node)
        self.homes[group.members[0].node] = self.targets[group.members[0].node] = home
        self.before.setdefault(at, []).append(group)

    def _structure(self, node, at):
        """The states of a structure, each in memory that its body may write."""
        states, taken = [], set()
        captured = {stem(c) for c in ops.captures(node)}
        for state in ops.carry(node):
            if state.type.tape or not state.shape:
                states.append(self.homes[state] if state.type.tape else None)
                continue
            home, copied = self.taken(state, at)
            if not copied and (home.storage in taken or stem(state) in captured):
                storage = Storage(state.dtype, prod(state.shape))
                self.owned.add(storage)
                home, copied = contiguous(storage, state.shape), True
            taken.add(home.storage)
            if copied:
                self.copy(state, home, at)
            states.append(home)
        self.homes[node] = states
        self._items(node, states)

    def _items(self, node, homes):
        """The parts of what a step returns; a scalar outside of loops is kept in memory."""
        for item in self.body.items.get(node, ()):
            home = homes[item.attrs["index"]]
            if home is not None:
                self.homes[item] = home
            elif item.shape or not self.serial:
                self.fresh(item)


def tape_of(node):
    """The memory of a tape: all of it, where it is known how many values it will hold."""
    capacity, each = node.attrs["capacity"], prod(node.shape)
    record = Storage(np.dtype("int64"), 3, "record")
    if capacity is None:
        return Tape(Storage(node.dtype, 0, "growing", record), record, each, True)
    return Tape(Storage(node.dtype, max(1, capacity * each)), record, each, False)


def covers(node):
    """Does a write replace every element, so that the old ones need not be there?"""
    if node.op is not ops.put:
        return False
    return prod(node.args[1].shape) == prod(node.shape) and all(s == 1 for s in node.attrs["steps"])


__all__ = ["Places", "STEPS"]
