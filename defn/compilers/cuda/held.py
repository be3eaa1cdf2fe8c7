"""Rows that stay in registers: each thread has a few elements of a row from the first stage to the
last, so that memory is read once and written once.
"""

from __future__ import annotations

from math import prod

from defn.compilers.cuda.four import WIDTH
from defn.compilers.cuda.quads import Quad, Quads
from defn.compilers.numba.kernel import Block, Memory
from defn.compilers.numba.roots import ARGS, RUNNING, WRITES
from defn.compilers.numba.schedule import stem

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


class Held(Quads):
    """Writes the stages of a row once for each element that a thread holds."""

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
        size, members = self.real.size, [m for s in stages for m in s.members]
        self.by_four = self.touched(members)
        rounds = {step: -(-size // (self.threads * step)) for step in (1, WIDTH)}
        fours = self.aligned and rounds[WIDTH] * WIDTH == rounds[1] and self._all_walk(members)
        self.step = step = WIDTH if fours else 1
        self.copies, self.present, self.bases = [], [], []
        for k in range(rounds[step]):
            at, name = writer.fresh("at"), None
            writer.line(f"{at} = (int64(lane()) + {k * self.threads}) * {step}")
            if (k + 1) * self.threads * step > size:
                name = writer.fresh("held")
                writer.line(f"{name} = {at} < {writer.size(size)}")
                writer.line(f"{at} = min_any({at}, {writer.size(size)} - {step})")
            for lane in range(step):
                self.copies.append(Block(f"{self.real.name} = {at} + {lane}", self.real))
                self.present.append(name)
                self.bases.append(at)

    def _all_walk(self, members):
        """Can four neighbours be loaded and stored at once wherever a row lies in memory?"""
        quad = Quad(self.real, None, *self.by_four)
        read = [(self.homes.get(stem(n)), at) for m in members for n, at in self.body.reads[m]]
        written = [(self.places.targets.get(m.node), m.result) for m in members]
        return self.real.size % WIDTH == 0 and all(
            place[0].storage in storages and quad.walks(*place)
            for places, storages in ((read, quad.readable), (written, quad.writable))
            for place in places
            if self._runs_along(*place)
        )

    def _runs_along(self, home, index):
        """Is it memory, not scratch, at a place that depends on the element?"""
        if not isinstance(home, Memory) or self._is_scratch(home):
            return False
        return any(home.address(index).coefficient(loop) for loop in self.real)

    def each_held(self, elements):
        """Write something for each element, four by four."""
        for k in range(0, len(self.copies), WIDTH):
            four = slice(k, k + WIDTH)
            quad = Quad(self.real, self.bases[k], *self.by_four)
            self.quad = quad if self.step == WIDTH else None
            for quad.lane, block in enumerate(self.copies[four]):
                self.guard = self.present[k + quad.lane]
                self.in_copy(block, elements)
                quad.copies.append(block)
            self.quad = None
            self.spliced(quad)
            self.guard = None
        for block in self.copies:
            block.items = []

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
        if self._is_scratch(home) or self.stored_by_fours(home, index, text):
            return
        place = self.place(home, index)
        self.guarded(f"{place} = {text}")
