"""One launch: all threads in step, one NumPy operation an instruction.

Every thread has its own place in the code; those furthest behind go first, so that they meet again
where branches join. A barrier waits for all threads of a block, a shuffle for all of a warp.
"""

from __future__ import annotations

import re

import numpy as np

from defn.compilers.cuda.ptx.instructions import decode
from defn.compilers.cuda.ptx.memory import GARBAGE, Memory
from defn.compilers.cuda.ptx.text import BITS, DTYPE, PtxError

TOGETHER = 1 << 15  # threads that run in step; blocks beyond run afterwards
WARP = 32
BRANCHES = ("bra", "ret", "exit", "bar", "barrier")
WARPS = ("shfl", "vote", "activemask")


class Threads:
    """Some threads: their place, number and block, for memory and for messages."""

    def __init__(self, place, number, block, local_block, size):
        self.place, self.number, self.block, self.local_block, self.size = (
            place,
            number,
            block,
            local_block,
            size,
        )

    def of(self, chosen):
        """Some of these."""
        parts = (a[chosen] for a in (self.place, self.number, self.block, self.local_block))
        return Threads(*parts, self.size)

    def who(self, at):
        return f"thread {int(self.number[at]) % self.size} of block {int(self.block[at])}"


class Program:
    """The instructions of an entry, decoded, and where runs of them begin."""

    def __init__(self, entry):
        self.entry = entry
        self.steps = [decode(i, entry) for i in entry.code]
        starts = {0, len(entry.code), *entry.labels.values()}
        for k, instruction in enumerate(entry.code):
            if instruction.name in BRANCHES:
                starts.add(k + 1)
            if instruction.name in (*BRANCHES, *WARPS):
                starts.add(k)
        self.starts = np.array(sorted(starts))

    def end(self, place):
        """Where the run ends in which an instruction stands."""
        return int(self.starts[np.searchsorted(self.starts, place, "right")])


def execute(program, grid, block, arguments, races=True):
    """Run an entry with so many blocks of so many threads; buffers among the arguments are
    changed.
    """
    if not 1 <= block <= 1024 or grid < 1:
        raise PtxError(f"a launch of {grid} blocks of {block} threads")
    entry = program.entry
    if len(arguments) != len(entry.parameters):
        raise PtxError(
            f"{entry.name} takes {len(entry.parameters)} arguments, got {len(arguments)}"
        )
    buffers = [a for a in arguments if isinstance(a, np.ndarray)]
    blocks = min(grid, max(1, TOGETHER // block))
    memory = Memory(buffers, entry, blocks, block, races)
    given = {}
    for (name, kind), value in zip(entry.parameters, arguments, strict=True):
        word = memory.add(value, "", races) if isinstance(value, np.ndarray) else int(value)
        given[name] = np.array([word]).astype(DTYPE[kind]).view(np.uint8)
    for first in range(0, grid, blocks):
        Run(program, memory, given, grid, block, first, min(blocks, grid - first)).go()


class Run:
    """Some blocks, from their first instruction to their last."""

    def __init__(self, program, memory, given, grid, block, first, blocks):
        self.program, self.entry, self.memory, self.given = program, program.entry, memory, given
        self.grid, self.size, self.count = grid, block, blocks * block
        place = np.arange(self.count)
        self.in_block, self.local_block = place % block, place // block
        self.threads = Threads(
            place, place + first * block, self.local_block + first, self.local_block, block
        )
        self.warp = self.local_block * -(-block // WARP) + self.in_block // WARP
        self.place = np.zeros(self.count, np.int64)
        self.waits = np.zeros(self.count, bool)
        self.interval = np.ones(blocks, np.int64)
        self.registers, self.passed = {}, {}
        self.special = self._special(first)
        self.carry = np.zeros(self.count, np.uint64)
        if memory.shared.watched:
            for column, value in (("writer", -1), ("reader", -1), ("readers", -1)):
                getattr(memory.shared, column)[:] = value

    def _special(self, first):
        ones = np.ones(self.count, np.uint32)
        found = {
            "%tid.x": self.in_block,
            "%ctaid.x": self.threads.block,
            "%laneid": self.in_block % WARP,
            "%warpid": self.in_block // WARP,
            "%ntid.x": ones * self.size,
            "%nctaid.x": ones * self.grid,
        }
        for axis in "yz":
            found |= {
                f"%tid.{axis}": 0 * ones,
                f"%ctaid.{axis}": 0 * ones,
                f"%ntid.{axis}": ones,
                f"%nctaid.{axis}": ones,
            }
        return {name: value.astype(np.uint32) for name, value in found.items()}

    # --- the schedule ----------------------------------------------------------------------------

    def go(self):
        """Until every thread has ended."""
        end = len(self.program.steps)
        with np.errstate(all="ignore"):
            while True:
                alive = self.place < end
                if not alive.any():
                    return
                ready = alive & ~self.waits
                if not ready.any():
                    self._release(alive)
                    continue
                self._advance(ready, alive)

    def _advance(self, ready, alive):
        at = int(self.place[ready].min())
        chosen = np.flatnonzero(ready & (self.place == at))
        if self.entry.code[at].name in WARPS:
            at, chosen = self._whole_warps(at, chosen, ready, alive)
        self._straight(at, chosen)

    def _whole_warps(self, at, chosen, ready, alive):
        """Of threads at a shuffle those whose warp is all there; else others go first."""
        while True:
            here = np.bincount(self.warp[chosen], minlength=self.warp[-1] + 1)
            there = np.bincount(self.warp[alive], minlength=self.warp[-1] + 1)
            whole = (here == there)[self.warp[chosen]]
            if self.entry.code[at].name not in WARPS or whole.all():
                return at, chosen
            if whole.any():
                return at, chosen[whole]
            later = ready & (self.place > at)
            if not later.any():
                raise PtxError(f"not all threads of a warp reach `{self.entry.code[at].text}`")
            at = int(self.place[later].min())
            chosen = np.flatnonzero(ready & (self.place == at))

    def _straight(self, at, chosen):
        """A run of instructions up to the next branch or barrier."""
        end, code, steps = self.program.end(at), self.entry.code, self.program.steps
        every = chosen if len(chosen) < self.count else None
        for k in range(at, end):
            instruction = code[k]
            if instruction.name in BRANCHES:
                self._leave(k, instruction, chosen)
                return
            here = every
            if instruction.guard:
                here = chosen[self.holds(instruction, chosen)]
                if not len(here):
                    continue
            try:
                steps[k](self, here)
            except PtxError as error:
                if "`" in str(error):
                    raise
                raise PtxError(f"{error}: `{instruction.text}`") from None
        self.place[chosen] = end

    def holds(self, instruction, chosen):
        """Is the guard of an instruction true?"""
        value = self.read(instruction.guard, chosen)
        return ~value if instruction.negated else value

    def _leave(self, k, instruction, chosen):
        takes = self.holds(instruction, chosen) if instruction.guard else np.ones(len(chosen), bool)
        if instruction.name in ("bar", "barrier"):
            if "warp" not in instruction.modifiers:
                self.waits[chosen] = True
                self.place[chosen] = k
            else:
                self.place[chosen] = k + 1
            return
        target = (
            self.entry.labels[instruction.operands[0]]
            if instruction.name == "bra"
            else len(self.entry.code)
        )
        self.place[chosen] = np.where(takes, target, k + 1)

    def _release(self, alive):
        """All wait: let those go on whose whole block waits at one barrier."""
        for block in np.unique(self.local_block[alive]):
            places = self.place[alive & (self.local_block == block)]
            if len(set(places)) > 1:
                raise PtxError("threads of one block wait at different barriers")
            ended = (self.local_block == block) & ~alive
            if ended.any():
                raise PtxError("some threads of a block wait at a barrier that others never reach")
        self.place[alive] += 1
        self.waits[alive] = False
        self.interval += 1

    # --- registers -------------------------------------------------------------------------------

    def read(self, name, chosen):
        """A register's raw value, for some threads (None: all)."""
        value = self.registers.get(name)
        if value is None:
            kind = self.entry.registers.get(name)
            if kind is None:
                raise PtxError(f"unknown register {name}")
            raw = np.dtype(bool if kind == "pred" else BITS[DTYPE[kind].itemsize])
            nothing = np.full(self.count * raw.itemsize, kind == "pred" or GARBAGE, np.uint8)
            value = self.registers[name] = nothing.view(raw)
        return value if chosen is None else value[chosen]

    def write(self, name, value, chosen):
        """Change a register of some threads."""
        if name == "_":
            return
        kind = DTYPE[self.entry.registers[name]]
        raw = raw_of(value, kind)
        if chosen is None:
            self.registers[name] = np.broadcast_to(raw, (self.count,)) if raw.ndim == 0 else raw
            return
        changed = self.read(name, None).copy()
        changed[chosen] = raw
        self.registers[name] = changed

    def interval_of(self, chosen):
        return self.interval[self.local_block if chosen is None else self.local_block[chosen]]


def raw_of(value, kind):
    """A value as a register of this type holds it."""
    value = np.asarray(value)
    if kind.kind == "b":
        return value
    if value.dtype.itemsize != kind.itemsize or value.dtype.kind == "b":
        value = value.astype(
            f"i{kind.itemsize}" if value.dtype.kind == "i" else f"u{kind.itemsize}"
        )
    return np.ascontiguousarray(value).view(BITS[kind.itemsize])


NUMBER = re.compile(r"-?(0x[0-9a-fA-F]+|\d+)U?$")
