"""Rows that stay in registers: each thread has a few elements of a row from the first stage to the
last, so that memory is read once and written once.
"""

from __future__ import annotations

from math import prod

from defn.compilers.numba.kernel import Block, Memory
from defn.compilers.numba.roots import ARGS, RUNNING, WRITES
from defn.compilers.numba.schedule import stem
from defn.compilers.numba.values import Values

MOST = 16  # elements of a row that one thread holds
TEAMS = (32, 64, 128, 256)  # threads
LONGEST = 320  # lines of a row's text


def team_that_holds(group, stages):
    """How many threads can hold a row of a group in registers; 0 where it does not stay there."""
    sizes = {prod(loop.size for loop in s.loops) for s in stages if s.loops}
    several = sum(bool(s.loops) for s in stages) > 1
    plain = not any(m.node.op in (*ARGS, *RUNNING, *WRITES) for m in group.members)
    if len(sizes) != 1 or not several or not plain:
        return 0
    (size,) = sizes
    return next((team for team in TEAMS if TEAMS[0] < size <= team * MOST), 0)


class Held(Values):
    """Writes the stages of a row once for each element that a thread holds."""

    guard = None  # the name of the test whether an element is one of the row's
    copies = ()  # a block for each element: its names last from stage to stage

    def can_hold(self, group, stages):
        """Is each stage one loop, and each row of scratch memory read where it was written?"""
        runs = [self._runs(stage.loops, stage.members) for stage in stages if stage.loops]
        made = {m.node: m.result for m in group.members}
        return all(len(run) == 1 for run in runs) and all(
            made.get(node) == index
            for m in group.members
            for node, index in self.body.reads[m]
            if self._is_scratch(self.homes.get(stem(node)))
        )

    def _is_scratch(self, home):
        return isinstance(home, Memory) and bool(home.storage.copies)

    def hold(self, stages):
        """The elements of this thread: their places, and which of them there are."""
        writer = self.writer
        self.real = next(self._runs(s.loops, s.members)[0] for s in stages if s.loops)
        size = self.real.size
        self.copies, self.guards = [], []
        for k in range(-(-size // self.threads)):
            at, name = writer.fresh("at"), None
            writer.line(f"{at} = int64(lane()) + {k * self.threads}")
            if (k + 1) * self.threads > size:
                name = writer.fresh("held")
                writer.line(f"{name} = {at} < {writer.size(size)}")
                writer.line(f"{at} = min_any({at}, {writer.size(size)} - 1)")
            block = Block("", self.real)
            block.header = f"{self.real.name} = {at}"
            self.copies.append(block)
            self.guards.append(name)

    def each_held(self, elements):
        """Write something for each element."""
        into = self.writer.blocks[-1].items
        for block, guard in zip(self.copies, self.guards, strict=True):
            self.guard = guard
            self.writer.blocks.append(block)
            elements()
            self.writer.blocks.pop()
            into += [block.header, *block.items]
            block.items = []
        self.guard = None

    def _accumulate(self, m, text):
        if self.guard is None:
            super()._accumulate(m, text)
            return
        self.writer.open(f"if {self.guard}:")
        super()._accumulate(m, text)
        self.writer.close()

    def keep_held(self, m, index, text):
        """Remember a value; store it, unless only this thread reads it."""
        self.block_of(index).names[m.node, index] = text
        home = self._target(m)
        if self._is_scratch(home):
            return
        place = self.place(home, index)
        if self.guard is None:
            self.writer.line(f"{place} = {text}")
        else:
            self.writer.line(f"if {self.guard}:")
            self.writer.line(f"    {place} = {text}")
