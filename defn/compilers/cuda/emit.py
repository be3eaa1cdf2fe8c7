"""Groups as CUDA kernels: a thread for each row, or a block of threads for each row.

The text of an element, and what is fused with what, are the CPU compiler's. A block shares the
inner loops of its row: each thread takes every so-manieth element, and what they reduced is
combined.
"""

from __future__ import annotations

from functools import partial
from math import prod

from defn import ops
from defn.compilers.cuda.columns import Columns
from defn.compilers.cuda.dtypes import ADDABLE
from defn.compilers.cuda.four import WIDTH
from defn.compilers.cuda.held import Held
from defn.compilers.cuda.quads import SMALL
from defn.compilers.cuda.scans import Scans
from defn.compilers.cuda.tiles import Tiles
from defn.compilers.cuda.write import SHORT
from defn.compilers.numba.code import COMBINE, LOGIC, accumulated
from defn.compilers.numba.emit import Emitter
from defn.compilers.numba.kernel import Memory, Storage, contiguous
from defn.compilers.numba.schedule import Stage, merged
from defn.compilers.numba.write import Real
from defn.expr import constant_value

FEW = 32  # assignments that one thread makes in order
FOURS = 1 << 16  # elements, if each thread takes one of a row of its own
INFINITE = 1 << 62


class KernelEmitter(Columns, Held, Scans, Tiles, Emitter):
    """Writes one group as a kernel. `threads`: of a block that shares a row, or, where `abreast`, as
    many rows as a warp has threads; 0 for a row of each thread.
    """

    splitting = False

    def __init__(self, writer, body, places, threads=0, order=None, held=False, aligned=True):
        super().__init__(writer, body, places, serial=False)
        self.held, self.aligned = held, aligned  # does a row stay in registers?
        self.threads, self.inside, self.order, self.counter = threads, False, order, None
        self.wide = False  # does a thread take four elements in a pass?

    def cut(self, loop, points):
        """Loops are not cut: threads side by side do the same, so a border is a choice."""
        return False

    def _is_long(self, m):
        return False

    def _write_group(self, group):
        self.reals, self.ranges, self.bad, self.variables = {}, {}, None, []
        self.sums, self.totals, self.rows, self.computed = {}, {}, None, None
        self.staged = {}
        self.begin_masks()
        inside = self._stages_of_block if self.threads else self._stages_of_thread
        loops, stages = spread(group)
        if self.abreast:
            self.columns(loops, group.members, lambda: inside(stages))
            return
        self.held = self.held and self.can_hold(group, stages)
        if not loops:
            inside(stages)
            return
        crossing = self.lying_across(loops, stages) if self.order is None else None
        if crossing:
            self.by_tiles(crossing, group.members)
            return
        counter = ("block()", "blocks()") if self.threads else ("thread()", "threads()")
        self._strided(loops, group.members, counter, lambda: inside(stages))

    def _strided(self, loops, members, counter, inside):
        """Loops as one, of which every so-manieth pass is ours."""
        writer = self.writer
        runs = self._runs(loops, members)
        name, first, step = writer.fresh("at"), *counter
        self.counter, total = name, prod(run.size for run in runs)
        even = len(runs) == 1 or runs[-1].size % WIDTH == 0
        if self.aligned and even and total >= self.enough and self.order is None:
            left = self.by_fours(runs, total, counter, members, inside)
            self.wide |= left is not None
            if left is not None and total % WIDTH == 0:
                return
            first = left or first
        writer.begin(name, first, writer.size(total), total, loops)
        self._indices(name, runs, total)
        inside()
        writer.end(name, step, total)

    def _runs(self, loops, members):
        """Neighbouring loops that every address walks as one."""
        forms = [f for m in members for f in self.forms(m)]
        pinned = set().union(*(self.body.surveys[m].pinned for m in members))
        runs = [Real(run) for run in merged(loops, forms, pinned)]
        for real in runs:
            self.reals.update(dict.fromkeys(real, real))
        return runs

    def _indices(self, counter, runs, total):
        """The index of each loop from the number of the pass."""
        writer, rest = self.writer, f"int64({counter})"
        wide = "" if total < SMALL else "_wide"
        for run in reversed(runs[1:]):
            size, whole, upper = writer.size(run.size), writer.fresh("rest"), writer.fresh("rest")
            writer.line(f"{whole} = {rest}")
            writer.line(f"{upper} = quotient{wide}({whole}, {size})")
            writer.line(f"{run.name} = modulo{wide}({whole}, {size})")
            rest = upper
        writer.line(f"{runs[0].name} = {rest}")

    # --- a row of each thread --------------------------------------------------------------------

    def _stages_of_thread(self, stages):
        for stage in stages:
            self.stage_of_thread(stage)

    # --- a row of each block ---------------------------------------------------------------------

    def _stages_of_block(self, stages):
        if self.held:
            self.hold(stages)
        for stage in stages:
            if stage.loops:
                self.stage_together(stage)
            else:
                self.each_row(partial(self._nest, stage.members, [], 0))
            # What one thread stored may be read by another in the next stage, or in the next row.
            if self._kept_for_others(stage, last=stage is stages[-1]):
                self.writer.line("barrier()")

    def _kept_for_others(self, stage, last):
        homes = [self.places.targets.get(m.node) for m in stage.members]
        return any(
            home is not None and (not last if not home.storage.copies else not self.held)
            for home in homes
        )

    def _shared_stage(self, stage):
        """The inner loops of some members, shared between the threads of the block."""
        reduced = [m for m in stage.members if m.reduced]
        self.each_row(lambda: [self._open(m) for m in reduced])
        self.inside = True

        def elements():
            for m in stage.members:
                self._element(m)

        if self.held:
            self.each_held(elements)
        else:
            each = lambda: self.elements_of_rows(stage.members, elements)
            self._strided(stage.loops, stage.members, self.shares, each)
        self.inside = False
        self.each_row(lambda: [self._combine(m) for m in reduced])

    def _combine(self, m):
        self._together(m)
        self._close(m)

    def _together(self, m):
        """What the threads reduced, combined."""
        kind = self._kind(m)
        dtype = accumulated(kind, m.reads[0][0].dtype)
        function = LOGIC.get(kind, COMBINE[kind]) if dtype.kind == "b" else COMBINE[kind]
        self.writer.line(f"{self.sums[m]} = {self.of_all(function, self.sums[m])}")

    def _find(self, m, best, *begin):
        """The first place that holds the extreme, or a nan; the threads look together."""
        if not self.threads:
            super()._find(m, best, *begin)
            return
        (loop,) = m.reduced
        counted = "small" if loop.size < SHORT else "int64"
        n = f"{counted}({self.writer.number(loop.size)})"
        found = self.assign(n, self.writer.blocks[-1])
        self.inside = True

        def look():
            text = self.value(m.reads[0][0], m.index)
            test = f"{text} == {best}"
            if m.reads[0][0].dtype.kind in "fcV":
                test = f"({test}) | ({text} != {text})"
            here = f"{counted}({loop.name})"
            self.writer.line(f"{found} = min_any({found}, where({test}, {here}, {n}))")

        self._strided((loop,), [m], self.shares, look)
        self.inside = False
        first = f"int64({self.of_all('min_any', found)})"
        self.keep(m, m.result, self.assign(first, self.writer.blocks[-1]))

    @property
    def enough(self):
        """The elements from which on they are taken by fours: so many that no thread is idle."""
        if self.inside:
            return WIDTH * self.threads if not self.abreast else INFINITE
        return FOURS if not self.threads else INFINITE

    def keep(self, m, index, text):
        """Remember the value for readers here, and store it; what the block has once, one thread
        stores.
        """
        target = self.places.targets.get(m.node)
        if target is not None and self.held and self.inside:
            self.keep_held(m, index, text)
            return
        if target is not None and self.stored_by_fours(self._target(m), index, text):
            self.block_of(index).names[m.node, index] = text
            return
        if target is None or not self.threads or self.inside:
            super().keep(m, index, text)
            return
        self.block_of(index).names[m.node, index] = text
        place = self.place(self._target(m), index)
        self.writer.line(f"if {self.speaks}:")
        self.writer.line(f"    {place} = {text}")

    def _leaf(self, node, index):
        if node.op is ops.constant and node is self.computed:
            # A known array that is itself what is stored: read from where the program keeps it.
            known = Storage(node.dtype, prod(node.shape), "constant", constant_value(node))
            self.named(node, index, self.place(contiguous(known, node.shape), index))
        else:
            super()._leaf(node, index)

    # --- writes ----------------------------------------------------------------------------------

    def _write(self, m):
        if self.order is not None:
            self._write_if_last(m)
        elif adds_at_once(m.node):
            text = self.value(m.node.args[1], m.index)
            self.writer.line(f"atomic_add({', '.join(self._spot(*self._written(m)))}, {text})")
        else:
            super()._write(m)

    def _spot(self, home, index):
        """The name of a buffer, and the text of the place in it."""
        place, name = self.place(home, index), self.writer.buffer(home.storage)
        return name, place[len(name) + 1 : -1]

    def _write_if_last(self, m):
        """Of equal indices the last wins: in one kernel each place keeps the last number, then
        that one writes.
        """
        storage, decides = self.order
        home, index = self._written(m)
        order, place = self._spot(Memory(storage, home.steps, home.offset), index)
        if decides:
            self.writer.line(f"atomic_max({order}, {place}, int64({self.counter}))")
            return
        text = self.value(m.node.args[1], m.index)
        target = self.place(home, index)
        self.writer.line(f"if {order}[{place}] == int64({self.counter}):")
        self.writer.line(f"    {target} = {text}")


def adds_at_once(node):
    """Is it an addition at indices that many threads may make at the same time?"""
    return node.op is ops.scatter_add and node.dtype in ADDABLE


def in_two_passes(node):
    """Is it an assignment at so many indices that threads first find out which is the last?"""
    return node.op is ops.scatter and prod(node.args[1].shape) > FEW


def spread(group):
    """The loops that are spread over threads or blocks, and the stages inside."""
    (first, *others) = group.members
    if not others and (adds_at_once(first.node) or in_two_passes(first.node)):
        alone = Stage(())
        alone.members.append(first)
        return first.loops, [alone]
    return group.rows, group.stages
