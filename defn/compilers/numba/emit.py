"""Groups as nested loops of readable Python: one emitter for a kernel's groups and for the bodies
of loops.

Members of a group share its outer loop, those of a stage all loops. A reduction accumulates in a
variable where it ends with its loops, else in memory.
"""

from __future__ import annotations

from math import prod

import numpy as np

from defn import ops
from defn.compilers.numba.access import Cut, gathered, window
from defn.compilers.numba.across import Across
from defn.compilers.numba.code import (
    HALVES,
    WHOLE,
    accumulated,
    added,
    combined,
    identity,
    step,
    typename,
)
from defn.compilers.numba.columns import Columns, surpasses
from defn.compilers.numba.index import ANY, along, strides
from defn.compilers.numba.kernel import Failure, Memory, Variable
from defn.compilers.numba.roots import ARGS, PARTIAL, RUNNING, WRITES, partial, scattered
from defn.compilers.numba.schedule import Cuts, flat_form, merged, result_form
from defn.compilers.numba.straight import Straight
from defn.compilers.numba.streamed import Streamed
from defn.compilers.numba.values import Values, out_of_range
from defn.compilers.numba.write import Real

LOOK = 128  # elements that are asked at once whether the extreme is among them
SUM = 8192  # a long sum is a sum of sums of so many


class Emitter(Straight, Columns, Across, Streamed, Values):
    """Writes the steps of a body into a kernel."""

    # --- groups ----------------------------------------------------------------------------------

    def group(self, group, whole=True):
        """Append the loops of a group, cut where borders lie; `whole`: all rows, else from start to
        stop."""
        self.cuts, self.whole = Cuts(), whole
        while True:
            mark, symbols = self.writer.mark(), dict(self.symbols)
            try:
                self._write_group(group)
                break
            except Cut:
                self.writer.reset(mark)
                self.symbols = symbols
                for node in self.variables:
                    self.homes[node] = None
        if self.bad:
            stop = self.writer.failure(Failure(self.bad_node, out_of_range(self.bad_node)))
            self.writer.line(f"if {self.bad}:")
            self.writer.line(f"    {stop}")

    def _write_group(self, group):
        self.reals, self.ranges, self.bad, self.variables = {}, {}, None, []
        self.sums, self.totals, self.rows, self.computed = {}, {}, None, None
        self.begin_masks()
        self.begin_streams(group)
        self.staged, self.limited, self.cuts.stage = {}, False, None
        if group.runs:
            self.columns(group)
        elif not group.rows:
            for stage in group.stages:
                self.stage(stage)
        elif group.blocks:
            self._blocks_of_rows(group)
        else:
            self._rows(group, ("start", "stop"))

    def _blocks_of_rows(self, group):
        """Partial results: each block of rows has its own, wherever it runs."""
        writer = self.writer
        name, low, high = writer.fresh("block"), writer.fresh("low"), writer.fresh("high")
        rows, blocks = (writer.size(n) for n in (Real(group.rows).size, group.blocks))
        limits = f"0, {blocks}" if self.whole else "start, stop"
        block = writer.open(f"for {name} in range({limits}):")
        self.block = self.symbol(name, *ANY, block)
        writer.line(f"{low} = {name} * {rows} // {blocks}")
        writer.line(f"{high} = ({name} + 1) * {rows} // {blocks}")
        for m in group.members:
            if m.node.op is scattered:
                self._clear_block(m, name)
        self._rows(group, (low, high))
        writer.close()

    def _clear_block(self, m, block):
        """Nothing in the memory into which a block is to be scattered."""
        writer, first, at = self.writer, self.writer.fresh("first"), self.writer.fresh("at")
        size = writer.size(prod(m.node.shape[1:]))
        memory = writer.buffer(self.places.targets[m.node].storage)
        writer.line(f"{first} = {block} * {size}")
        writer.open(f"for {at} in range({first}, {first} + {size}):")
        writer.line(f"{memory}[{at}] = {identity('sum', m.node.dtype)}")
        writer.close()

    def _rows(self, group, limits):
        """The outermost loop, and in it the stages."""
        row = self.rows = Real(group.rows)
        self.row_limits, self.group_blocks = limits, group.blocks
        self.reals.update(dict.fromkeys(row, row))
        opened = [m for m in group.members if m.first is not None and m.first < group.depth]
        self.find_borders(group.members)
        if any(stage.loops for stage in group.stages):
            self.borders = {k: b for k, b in self.borders.items() if b.loop in row}
            self.combs = {k: c for k, c in self.combs.items() if c.loop in row}
        for m in opened:
            self._open(m)
        self._all_rows(group, opened)
        for m in opened:
            self._close(m)

    def _all_rows(self, group, opened):
        crossing, (lines, count) = self.crossing(group), self.across_rows(group)
        innermost = not any(stage.loops for stage in group.stages)
        if crossing:
            self.across(group, crossing)
        elif lines:
            self.some_rows(group, lines, count, lambda: self._stages(group))
        else:
            known = (opened, group.members) if innermost else ([], ())
            self._run(self.rows, *known, lambda: self._stages(group))

    def _stages(self, group):
        if group.straight:
            self.straight_row(group)
        else:
            for stage in group.stages:
                self.stage(stage)

    def _limits(self, real, low, high):
        """The ends of a part of a loop as text."""
        if real is not self.rows or self.whole and not (self.group_blocks or self.limited):
            return self.writer.number(low), self.writer.number(high)
        start, stop = self.row_limits
        if (low, high) == (0, real.size):
            return start, stop
        return (
            f"max({start}, {self.writer.number(low)})",
            f"min({stop}, {self.writer.number(high)})",
        )

    def _run(self, real, sums, members, inside):
        """A loop, or the parts it is cut into; long sums inside it are sums of short ones."""
        if real.size == 0:
            return
        parts = self.cuts.segments(real[0], self.ranges) if len(real) == 1 else [(0, real.size)]
        for low, high in parts:
            if len(real) == 1:
                self.ranges[real[0]] = low, high
            ends = self._limits(real, low, high)
            if len(parts) == 1 and len(real) == 1 and self.chooses(real[0]):
                self._run_parts(real, sums, members, ends, inside)
            else:
                self._run_once(real, sums, members, *ends, inside)
        self.ranges.pop(real[0], None)

    def _run_parts(self, real, sums, members, ends, inside):
        """A loop that is split where conditions begin to hold or cease to."""
        facts, limits = dict(self.facts), dict(self.limits)
        for first, last, known, limit in list(self.split(real[0], *ends)):
            first, stride, met = self.steps(real[0], first)
            self.facts = {**facts, **known, **met}
            self.limits = {**limits, real[0]: limit}
            self._run_once(real, sums, members, first, last, inside, stride)
        self.facts, self.limits = facts, limits

    def _run_once(self, real, sums, members, first, last, inside, stride=""):
        long = [m for m in sums if m in self.totals]
        if long:
            self._run_in_blocks(real, long, first, last, inside, stride)
            return
        past = () if stride else self.streamed(members, real)
        if past:
            self.in_pieces(past, real, first, last, inside)
            return
        ends = f"{first}, {last}, {stride}" if stride else f"{first}, {last}"
        self.writer.open(f"for {real.name} in range({ends}):", real)
        inside()
        self.writer.close()

    def _run_in_blocks(self, real, sums, first, last, inside, stride=""):
        begin, block = self.writer.fresh("b"), SUM
        if stride:
            block = self.assign(f"{SUM} * {stride}", self.writer.blocks[-1])
        self.writer.open(f"for {begin} in range({first}, {last}, {block}):")
        for m in sums:
            start = identity(self._kind(m), self._accumulator(m))
            self.sums[m] = self.assign(start, self.writer.blocks[-1])
        ends = f"{begin}, min({begin} + {block}, {last})" + (f", {stride}" if stride else "")
        self.writer.open(f"for {real.name} in range({ends}):", real)
        inside()
        self.writer.close()
        for m in sums:
            if m.node.op in ARGS:
                self._keep_block(m, begin)
            else:
                self._add_to_total(m)
        self.writer.close()

    def _keep_block(self, m, begin):
        """Note the extreme of a block, and where the block begins, if it surpasses those before."""
        total, part, line = self.totals[m], self.sums[m], self.writer.line
        test = surpasses(self._kind(m), self._accumulator(m), part, total)
        line(f"if {test}:")
        line(f"    {total} = {part}")
        line(f"    from_{total} = {begin}")

    def _add_to_total(self, m):
        """Add a short sum to the total: in float64, or with what was rounded off carried along."""
        total, part, line = self.totals[m], self.sums[m], self.writer.line
        if self._accumulator(m) == np.float32:
            line(f"{total} = {total} + float64({part})")
            return
        term, new = self.writer.fresh(), self.writer.fresh()
        # By functions, whose order is not free in any kernel.
        line(f"{term} = subtract({part}, lost_{total})")
        line(f"{new} = add({total}, {term})")
        line(f"lost_{total} = subtract(subtract({new}, {total}), {term})")
        line(f"{total} = {new}")

    def _accumulator(self, m):
        return accumulated(self._kind(m), m.reads[0][0].dtype)

    def _kind(self, m):
        return m.node.attrs["kind"] if m.node.op is partial else m.node.op.name

    def _is_long(self, m):
        """Does a sum have so many terms that a total of its own precision is too coarse, or an
        extreme so many that its place is better looked for in a part of them?"""
        if not m.in_register or prod(loop.size for loop in m.reduced) <= SUM:
            return False
        kind = self._kind(m)
        return kind in ("sum", "matmul") and self._accumulator(m).kind == "f" or m.node.op in ARGS

    # Stages.

    def stage(self, stage):
        """The inner loops of some members."""
        self.cuts.stage = stage
        forms = [f for m in stage.members for f in self.forms(m)]
        surveys = [self.body.surveys[m] for m in stage.members]
        pinned = self.cuts.loops.union(*(s.pinned | s.cuts.loops for s in surveys))
        runs = [Real(run) for run in merged(stage.loops, forms, pinned)]
        for real in runs:
            self.reals.update(dict.fromkeys(real, real))
        borders, combs = dict(self.borders), dict(self.combs)
        self.find_borders(stage.members)
        self._nest(stage.members, runs, 0)
        self.borders, self.combs, self.cuts.stage = borders, combs, None

    def forms(self, root):
        """The addresses that a root reads and writes."""
        found = [self.homes[n].address(i) for n, i in self.body.reads[root]
                 if isinstance(self.homes.get(n), Memory)]  # fmt: skip
        found += [flat_form(n, i) for n, i in self.body.reads[root] if self.homes.get(n) is None]
        return found + [result_form(root)]

    def _nest(self, members, runs, at):
        if at == len(runs):
            for m in members:
                self._element(m)
            return
        real = runs[at]
        opened = [
            m
            for m in members
            if m.first == real.level or m.tail == real.level and not m.in_register
        ]
        opened = [m for m in opened if m.reduced]
        for m in opened:
            self._open(m, real.level)
        last = at == len(runs) - 1
        sums = [m for m in members if m.in_register] if last else []
        self._run(real, sums, members if last else (), lambda: self._nest(members, runs, at + 1))
        for m in opened:
            self._close(m, real.level)

    # Reductions.

    def _open(self, m, level=None):
        """Where a reduction begins: a variable, or a place in memory set to nothing."""
        kind, dtype = self._kind(m), self._accumulator(m)
        kind = WHOLE.get(kind, kind)
        if not m.in_register and (level is None or level == m.first):
            self._clear(m)
        if m.in_register or level == m.tail and m.tail < len(m.loops):
            start = identity(kind, dtype)
            self.sums[m] = self.writer.fresh()
            if self._is_long(m):
                self.totals[m] = self.sums[m]
                if m.node.op in ARGS:
                    self.writer.line(f"from_{self.sums[m]} = 0")
                elif dtype == np.float32:
                    start = "0.0"
                else:
                    self.writer.line(f"lost_{self.sums[m]} = {start}")
            self.writer.line(f"{self.sums[m]} = {start}")

    def _clear(self, m):
        """Set the memory in which a reduction accumulates to what it begins with."""
        loops = [v for v in m.loops if v not in m.reduced and v.level > m.first]
        saved = dict(self.reals)
        for loop in loops:
            self.reals[loop] = Real((loop,))
            self.writer.open(f"for {loop.name} in range({self.writer.number(loop.size)}):", (loop,))
        start = identity(self._kind(m), self._accumulator(m))
        self.writer.line(f"{self.place(self._target(m), m.result)} = {start}")
        for _ in loops:
            self.writer.close()
        self.reals = saved

    def _target(self, m):
        """Where a root's result goes."""
        home = self.places.targets[m.node]
        if m.node.op not in PARTIAL:
            return home
        start = along(self.block).scaled(prod(m.node.shape[1:]))
        return Memory(home.storage, strides(m.node.shape)[1:], start)

    def _accumulate(self, m, text):
        kind = self._kind(m)
        if kind in ("any", "all") and m.reads[0][0].dtype != np.bool_:
            text = f"cast({text}, bool_)"
        if m.node.op in RUNNING:
            self._run_on(m, text)
        elif m in self.sums:
            self.writer.line(
                f"{self.sums[m]} = {combined(kind, self._accumulator(m), self.sums[m], text)}"
            )
        else:
            self._add_to_memory(m, text)

    def _run_on(self, m, text):
        """The next element of a running reduction."""
        total, dtype = self.sums[m], m.node.dtype
        self.writer.line(f"{total} = {step(m.node.op, dtype, total, text)}")
        self.writer.line(f"{self.place(self._target(m), m.result)} = {total}")

    def _add_to_memory(self, m, text):
        place = self.place(self._target(m), m.result)
        kind = self._kind(m)
        text = f"{place} = {combined(kind, self._accumulator(m), place, text)}"
        self.writer.line(text)

    def _close(self, m, level=None):
        if m not in self.sums:
            return
        if m.node.op in RUNNING:
            del self.sums[m]
            return
        long = m in self.totals
        name = self.totals.pop(m, None) or self.sums[m]
        del self.sums[m]
        if not m.in_register:
            if level == m.tail:
                self._add_to_memory(m, name)
            return
        if m.node.op in ARGS:
            self._find(m, name, f"from_{name}" if long else None)
            return
        dtype = m.node.dtype
        if self._is_long(m) and self._accumulator(m) == np.float32:
            name = self.assign(f"cast({name}, {typename(dtype)})", self.writer.blocks[-1])
        elif dtype in HALVES and self._accumulator(m) == np.float32:
            name = self.assign(f"round_{HALVES[dtype]}({name})", self.writer.blocks[-1])
        self.keep(m, m.result, name)

    def _find(self, m, best, begin=None):
        """The first place that holds the extreme, or a nan; at `begin` or after it, if that is
        known."""
        (loop,) = m.reduced
        kind = "int32" if loop.size < 2**31 else "int64"
        found = self.assign(f"{kind}({self.writer.number(loop.size)})", self.writer.blocks[-1])
        self.reals[loop] = Real((loop,))
        for low, high in self.cuts.segments(loop, self.ranges):
            self.ranges[loop] = low, high
            ends = self.writer.number(low), self.writer.number(high)
            if loop.size <= LOOK:
                self._find_between(m, best, found, *ends)
            else:
                first = f"max({begin}, {ends[0]})" if begin else ends[0]
                self._find_in_parts(m, best, found, first, ends[1])
        self.ranges.pop(loop, None)
        self.keep(m, m.result, self.assign(f"int64({found})", self.writer.blocks[-1]))

    def _find_between(self, m, best, found, first, last):
        (loop,) = m.reduced
        kind = "int32" if loop.size < 2**31 else "int64"
        n = self.writer.number(loop.size)
        self.writer.open(f"for {loop.name} in range({first}, {last}):", (loop,))
        place = f"where({self._is_extreme(m, best)}, {kind}({loop.name}), {kind}({n}))"
        self.writer.line(f"{found} = min_any({found}, {place})")
        self.writer.close()

    def _find_in_parts(self, m, best, found, first, last):
        """Ask of parts whether the extreme is among them, and look for its place in the first."""
        (loop,) = m.reduced
        writer, begin, end, is_here = self.writer, *map(self.writer.fresh, ("from", "to", "here"))
        writer.open(f"for {begin} in range({first}, {last}, {LOOK}):")
        writer.line(f"{end} = min({begin} + {LOOK}, {last})")
        writer.line(f"{is_here} = False")
        writer.open(f"for {loop.name} in range({begin}, {end}):", (loop,))
        writer.line(f"{is_here} = {is_here} | {self._is_extreme(m, best)}")
        writer.close()
        writer.open(f"if {is_here}:")
        self._find_between(m, best, found, begin, end)
        writer.line("break")
        writer.close()
        writer.close()

    def _is_extreme(self, m, best):
        """The test whether an element is the extreme, or a nan."""
        text = self.value(m.reads[0][0], m.index)
        test = f"({text} == {best})"
        if m.reads[0][0].dtype.kind in "fcV":
            test = f"({test} | ({text} != {text}))"
        return test

    # Elements.

    def _element(self, m):
        node = m.node
        if node in self.places.settled or self.facts and self.does_nothing(m):
            return
        if node.op in (*WRITES, scattered):
            self._write(m)
        elif m.reduced:
            self._accumulate(m, self._term(m))
        elif node.op in ARGS:
            self.keep(m, m.result, "0")
        elif node.op is ops.matmul or m.reads[0][0] is not node:
            self.keep(m, m.result, self._only_term(m))
        else:
            self._map(m)

    def _term(self, m):
        """The text of what a reduction adds up."""
        return self.term(m, [self.value(a, i) for a, i in m.reads])

    def term(self, m, args):
        """The same from the texts of the elements."""
        if m.node.op is not ops.matmul:
            return args[0]
        function = "bitwise_and" if m.node.dtype == np.bool_ else "multiply_any"
        return f"{function}({args[0]}, {args[1]})"

    def _only_term(self, m):
        """The result of a reduction over axes of one element."""
        text, kind = self._term(m), self._kind(m)
        if kind in ("any", "all") and m.reads[0][0].dtype != np.bool_:
            text = f"cast({text}, bool_)"
        elif m.node.dtype in HALVES and kind == "matmul":
            text = f"round_{HALVES[m.node.dtype]}({text})"
        return self.assign(text, self.writer.blocks[-1])

    def _map(self, m):
        """Compute a stored element-wise node: it is its own operand no longer."""
        self.computed = m.node
        text = self.value(m.node, m.index)
        self.computed = None
        self.keep(m, m.index, text)

    def keep(self, m, index, text):
        """Remember the value for readers here, and store it for those elsewhere."""
        self.block_of(index).names[m.node, index] = text
        target = self.places.targets.get(m.node)
        if target is not None:
            place = self.streams.get(m.node) or self.place(self._target(m), index)
            self.writer.line(f"{place} = {text}")
        elif (
            not m.node.shape
            and self.homes.get(m.node) is None
            and len(self.writer.blocks) - 1 == self.base
        ):
            self.homes[m.node] = Variable(text)
            self.variables.append(m.node)

    def _write(self, m):
        """One element of a write into an array."""
        node = m.node
        text = self.value(*m.reads[0])
        place, tests = self._guarded(m)
        if node.op in (ops.add_at, ops.scatter_add, scattered):
            text = added(node.dtype, place, text)
        if not tests:
            self.writer.line(f"{place} = {text}")
            return
        self.writer.open(f"if {' or '.join(tests)}:")
        self.writer.line(f"{self.bad} = True")
        self.writer.close()
        self.writer.open("else:")
        self.writer.line(f"{place} = {text}")
        self.writer.close()

    def _guarded(self, m):
        """The place that a write changes, and the tests whether it lies outside of its axis."""
        self.guards = []
        place, tests = self.place(*self._written(m)), self.guards
        self.guards = None
        return place, tests

    def _written(self, m):
        """The memory that a write changes, and where in it."""
        if m.node.op is scattered:
            axes, shape, indices = m.node.attrs["axes"], m.node.attrs["shape"], m.node.args[1:]
            return self._target(m), gathered(axes, shape, indices, m.index, self)
        a, value, *where = m.node.args
        if m.node.op in (ops.put, ops.add_at):
            index = window(m.node, m.index, where, self)
        else:
            index = gathered(m.node.attrs["axes"], a.shape, where, m.index, self)
        return self.places.targets[m.node], index
