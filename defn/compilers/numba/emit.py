"""Groups as nested loops of readable Python: one emitter for a kernel's groups and for the bodies of loops.

Every value is written once, at the depth of the deepest loop that its index runs along, so what does not
change in a loop stands before it.
"""

from __future__ import annotations

from math import prod

import numpy as np

from defn import ops
from defn.compilers.numba.access import Cut, Flat, gathered, operands, window
from defn.compilers.numba.code import COMBINE, HALVES, accumulated, expression, identity, literal, typename
from defn.compilers.numba.index import ANY, Symbol, along, fixed, strides
from defn.compilers.numba.kernel import Failure, Memory, Storage, Variable, contiguous
from defn.compilers.numba.masks import Masks, NotYet
from defn.compilers.numba.roots import ARGS, RUNNING, WRITES, partial, replaced
from defn.compilers.numba.schedule import Cuts, flat_form, merged, result_form, stem
from defn.compilers.numba.write import Real, text_of
from defn.expr import constant_value

SUM = 4096  # a long sum is a sum of sums of so many
OUT_OF_RANGE = "an index is outside of its axis"


class Emitter(Masks):
    """Writes the steps of a body into a kernel. `homes` says where stored values are."""

    def __init__(self, writer, body, places, serial, bounds=None):
        self.writer, self.body, self.places, self.serial = writer, body, places, serial
        self.homes, self.base, self.whole = places.homes, len(writer.blocks) - 1, True
        self.bounds, self.symbols = dict(bounds or {}), {}
        self.ranges, self.cuts, self.reals = {}, Cuts(), {}
        self.bad, self.computed = None, None
        self.begin_masks()

    # --- what operands at an index are (see `access`) --------------------------------------------

    def cut(self, loop, points):
        """Cut a loop; True if it was not cut there yet, so that what was begun must begin anew."""
        return len(self.reals.get(loop, ())) == 1 and self.cuts.add(loop, points, self.ranges)

    def start(self, node, axis, start):
        """The index at which a window begins; the program stops where it lies outside."""
        found = self.scalar(start)
        size, step = node.attrs["sizes"][axis], node.attrs["steps"][axis]
        if size == 0:
            return found
        extent = 1 if size is None else (size - 1) * step + 1
        self._demand(found, node.args[0].shape[axis] - extent, node, axis)
        return found

    def _demand(self, found, most, node, axis):
        low, high = found.bounds(self.ranges)
        if low >= 0 and high <= most:
            return
        text, block = self.text(found), self.block_of((found,))
        if ("within", text, most) in block.names:
            return
        block.names["within", text, most] = ""
        stop = self.writer.failure(Failure(node, OUT_OF_RANGE))
        limit = self.writer.number(most) if most >= 0 else "-1"
        block.items.append(f"if {text} < 0 or {text} > {limit}:")
        block.items.append(f"    {stop}")

    def scalar(self, node):
        """An integer of the program as an index."""
        offset = 0
        while constant_value(node) is None and node.op in (ops.add, ops.subtract):
            x, y = node.args
            known = constant_value(y)
            if known is None:
                break
            offset += int(known) if node.op is ops.add else -int(known)
            node = x
        known = constant_value(node)
        if known is not None:
            return fixed(int(known) + offset)
        name = self.value(node, ())
        if node.dtype != np.int64:
            name = self.assign(f"int64({name})", self.writer.blocks[self.base])
        return along(self.symbol(name, *self.interval(node), self.writer.blocks[self.base])).plus(offset)

    def symbol(self, name, low, high, block):
        if name not in self.symbols:
            self.symbols[name] = Symbol(name, low, high, block)
        return self.symbols[name]

    def position(self, indices, at, n):
        """An element of an index array; one outside of the axis stops the program after the loops."""
        key = ("position", indices, at, n)
        known = self._look(key)
        if known is None:
            form = self.affine(indices, at)
            if form is not None and self.least(form) >= 0 and self.most(form) < n:
                return form
            block = self.block_of(at)
            text = self.value(indices, at)
            low, high = self.interval(indices) if not indices.shape else ANY
            if low < 0 or high >= n:
                if self.bad is None:
                    self.bad = self.writer.fresh("bad")
                    self.bad_node = indices
                    self.writer.blocks[self.base].items.append(f"{self.bad} = False")
                most = self.writer.number(n - 1) if n else "0"
                block.items.append(f"{self.bad} = {self.bad} | ({text} < 0) | ({text} > {most if n else -1})")
                text = self.assign(f"min_any(max_any({text}, 0), {most})", block)
            known = block.names[key] = self.symbol(text, 0, max(n - 1, 0), block)
        return along(known)

    def clamped(self, part, n):
        """An index held inside its axis: what it reads outside is not used."""
        low, high = part.bounds(self.ranges)
        if low >= 0 and high < n:
            return part
        block = self.block_of((part,))
        key = ("clamped", part, n)
        known = self._look(key)
        if known is None:
            text = f"min_any(max_any({self.text(part)}, 0), {self.writer.number(n - 1)})"
            name = self.assign(text, block)
            known = block.names[key] = self.symbol(name, 0, n - 1, block)
        return along(known)

    def interval(self, node):
        """The least and the largest value that an integer of the program may have."""
        known = constant_value(node)
        if known is not None:
            return int(known), int(known)
        if node in self.bounds:
            return self.bounds[node]
        return INTERVAL.get(node.op, lambda *args: ANY)(self, node)

    # --- names and places ------------------------------------------------------------------------

    def text(self, affine):
        return text_of(affine, self.writer, self.reals)

    def block_of(self, index):
        """The block of the deepest loop that an index runs along."""
        parts = (index.offset,) if isinstance(index, Flat) else index
        loops = {v for part in parts for v, _ in part.terms}
        blocks = self.writer.blocks
        for block in reversed(blocks[self.base + 1 :]):
            if any(v in block.loops or isinstance(v, Symbol) and v.block is block for v in loops):
                return block
        return blocks[self.base]

    def _look(self, key):
        for block in reversed(self.writer.blocks[self.base :]):
            found = block.names.get(key)
            if found is not None:
                return found
        return None

    def _known(self, node, index):
        if node.op is ops.constant and prod(node.shape) == 1:
            return literal(constant_value(node).reshape(())[()], node.dtype)
        home = self.homes.get(node)
        if type(home) is Variable:
            return home.name
        return self._look((node, index))

    def assign(self, text, block):
        name = self.writer.fresh()
        block.items.append(f"{name} = {text}")
        return name

    def named(self, node, index, text):
        """Give the value at an index a name, where its loops are; what is a name already keeps it."""
        block = self.block_of(index)
        name = block.names[node, index] = text if text.isidentifier() else self.assign(text, block)
        return name

    def place(self, home, index):
        """An element of memory as text."""
        form = home.address(index)
        if home.storage.copies and not self.whole:
            base = self.writer.base(home.storage, home.storage.size)
            form = form.plus(along(self.symbol(base, *ANY, self.writer.root)))
        text = self.text(form)
        if " " in text:
            block = self.block_of((form,))
            if ("place", text) not in block.names:
                block.names["place", text] = name = self.writer.fresh("k")
                block.items.append(f"{name} = {text}")
            text = block.names["place", text]
        return f"{self.writer.buffer(home.storage)}[{text}]"

    def memory(self, node):
        """The memory of a stored array; a small known one is given some."""
        node = stem(node)
        if node not in self.homes:
            self._leaf(node, ())
        return self.homes[node]

    def top(self, tape):
        """The variable that counts the values on a tape; it is kept in memory between kernels."""
        writer = self.writer
        if tape.record not in writer.tops:
            name = writer.tops[tape.record] = writer.fresh("top")
            record = writer.buffer(tape.record)
            writer.starts.append(f"{name} = {record}[2]")
            writer.ends.append(f"{record}[2] = {name}")
        return writer.tops[tape.record]

    def copy(self, node, home, source=None):
        """Write the loops that copy a stored value into memory (from `source`, if it is not at home)."""
        node = stem(node) if source is None else node
        group = self.body.copying(node)
        copied = group.members[0].node
        home = Memory(home.storage, strides(node.shape), home.offset)
        self.homes[copied] = self.places.targets[copied] = home
        found = self.homes.get(node)
        if source is not None:
            self.homes[node] = source
        self.group(group)
        if source is not None:
            self.homes[node] = found

    # --- values ----------------------------------------------------------------------------------

    def value(self, node, index):
        """The text of an element: a name or a literal. What it needs is written before."""
        stack = [(node, index)]
        while stack:
            n, at = stack[-1]
            if self._known(n, at) is not None:
                stack.pop()
            elif self._is_leaf(n):
                self._leaf(n, at)
            else:
                needed = self._operands(n, at)
                missing = [(a, i) for a, i in needed if self._known(a, i) is None]
                if missing:
                    stack += reversed(missing)
                else:
                    self._compute(n, at, needed)
        return self._known(node, index)

    def _operands(self, node, index):
        key = ("operands", node, index)
        found = self._look(key)
        if found is None:
            found = self._read_by(node, index)
            self.block_of(index).names[key] = found
        return found

    def _read_by(self, node, index):
        """The operands that are read: of a choice that is made, one."""
        truth = self.truth(node.args[0], index) if node.op is ops.select else None
        if truth is not None:
            return [(node.args[1 if truth else 2], index)]
        return operands(node, index, self)

    def _is_leaf(self, node):
        return node in self.homes and node is not self.computed or node.op in (ops.iota, ops.constant)

    def _leaf(self, node, index):
        if node in self.homes and node is not self.computed:
            if self.homes[node] is None:
                raise NotYet(node)
            self.named(node, index, self.place(self.homes[node], index))
        elif node.op is ops.iota:
            part = index.offset if isinstance(index, Flat) else index[node.attrs["axis"]]
            self.named(node, index, self.text(part))
        else:
            storage = Storage(node.dtype, prod(node.shape), "constant", constant_value(node))
            self.homes[node] = contiguous(storage, node.shape)

    def _compute(self, node, index, needed):
        args = [self._known(a, i) for a, i in needed]
        if node.op.kind is ops.Kind.ELEMENTWISE and len(args) == len(node.args):
            self.named(node, index, expression(node, args))
        elif len(args) == 1:
            self.block_of(index).names[node, index] = args[0]
        else:
            self.named(node, index, self._chosen(node, index, args))

    def _chosen(self, node, index, args):
        """A value at an index that is on either side of a border."""
        if node.op is ops.pad:
            return f"where({self._is_inside(index, node.attrs['low'], node.args[0].shape)}, {args[0]}, {args[1]})"
        if node.op is replaced:
            text = added(node.dtype, *args) if node.attrs["adds"] else args[1]
            test = self._is_inside(index, node.attrs["low"], node.args[1].shape)
            return f"where({test}, {text}, {args[0]})" if test else text
        axis, end, parts = node.attrs["axis"], 0, []
        low, high = index[axis].bounds(self.ranges)
        for x in node.args:
            begin, end = end, end + x.shape[axis]
            if end > low and begin <= high and end > begin:
                parts.append(end)
        text, chosen = self.text(index[axis]), args[-1]
        for end, arg in list(zip(parts, args))[-2::-1]:
            chosen = f"where({text} < {self.writer.number(end)}, {arg}, {chosen})"
        return chosen

    def _is_inside(self, index, lows, shape):
        """The test whether an index lies in a window; nothing where it surely does."""
        tests = []
        for part, low, n in zip(index, lows, shape):
            first, last = part.bounds(self.ranges)
            text = self.text(part.plus(-low))
            tests += [f"({text} >= 0)"] if first < low else []
            tests += [f"({text} < {self.writer.number(n)})"] if last >= low + n else []
        return " & ".join(tests)

    # --- groups ----------------------------------------------------------------------------------

    def group(self, group, whole=True):
        """Append the loops of a group, cut where borders lie; `whole`: all rows, else from start to stop."""
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
            stop = self.writer.failure(Failure(self.bad_node, OUT_OF_RANGE))
            self.writer.line(f"if {self.bad}:")
            self.writer.line(f"    {stop}")

    def _write_group(self, group):
        self.reals, self.ranges, self.bad, self.variables = {}, {}, None, []
        self.sums, self.totals, self.rows, self.computed = {}, {}, None, None
        self.begin_masks()
        if not group.rows:
            for stage in group.stages:
                self.stage(stage)
        elif group.blocks:
            self._blocks_of_rows(group)
        else:
            self._rows(group, ('start', 'stop'))

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
        self._rows(group, (low, high))
        writer.close()

    def _rows(self, group, limits):
        """The outermost loop, and in it the stages."""
        row = self.rows = Real(group.rows)
        self.row_limits, self.group_blocks = limits, group.blocks
        self.reals.update(dict.fromkeys(row, row))
        opened = [m for m in group.members if m.first is not None and m.first < group.depth]
        if not any(stage.loops for stage in group.stages):
            self.find_borders(group.members)
        for m in opened:
            self._open(m)
        innermost = not any(stage.loops for stage in group.stages)
        self._run(row, opened if innermost else [], lambda: [self.stage(s) for s in group.stages])
        for m in opened:
            self._close(m)

    def _limits(self, real, low, high):
        """The ends of a part of a loop as text."""
        if real is not self.rows or self.whole and not self.group_blocks:
            return self.writer.number(low), self.writer.number(high)
        start, stop = self.row_limits
        if (low, high) == (0, real.size):
            return start, stop
        return f"max({start}, {self.writer.number(low)})", f"min({stop}, {self.writer.number(high)})"

    def _run(self, real, sums, inside):
        """A loop, or the parts it is cut into; long sums inside it are sums of short ones."""
        if real.size == 0:
            return
        parts = self.cuts.segments(real[0], self.ranges) if len(real) == 1 else [(0, real.size)]
        for low, high in parts:
            if len(real) == 1:
                self.ranges[real[0]] = low, high
            ends = self._limits(real, low, high)
            if len(parts) == 1 and len(real) == 1 and self.points(real[0]):
                self._run_parts(real, sums, ends, inside)
            else:
                self._run_once(real, sums, *ends, inside)
        self.ranges.pop(real[0], None)

    def _run_parts(self, real, sums, ends, inside):
        """A loop that is split where conditions begin to hold or cease to."""
        facts, limits = dict(self.facts), dict(self.limits)
        for first, last, known, limit in list(self.split(real[0], *ends)):
            self.facts, self.limits = {**facts, **known}, {**limits, real[0]: limit}
            self._run_once(real, sums, first, last, inside)
        self.facts, self.limits = facts, limits

    def _run_once(self, real, sums, first, last, inside):
        long = [m for m in sums if m in self.totals]
        if long:
            self._run_in_blocks(real, long, first, last, inside)
            return
        self.writer.open(f"for {real.name} in range({first}, {last}):", real)
        inside()
        self.writer.close()

    def _run_in_blocks(self, real, sums, first, last, inside):
        begin = self.writer.fresh("b")
        self.writer.open(f"for {begin} in range({first}, {last}, {SUM}):")
        for m in sums:
            self.sums[m] = self.assign(identity("sum", self._accumulator(m)), self.writer.blocks[-1])
        self.writer.open(f"for {real.name} in range({begin}, min({begin} + {SUM}, {last})):", real)
        inside()
        self.writer.close()
        for m in sums:
            self._add_to_total(m)
        self.writer.close()

    def _add_to_total(self, m):
        """Add a short sum to the total: in float64, or with what was rounded off carried along."""
        total, part, line = self.totals[m], self.sums[m], self.writer.line
        if self._accumulator(m) == np.float32:
            line(f"{total} = {total} + float64({part})")
            return
        term, new = self.writer.fresh(), self.writer.fresh()
        line(f"{term} = {part} - lost_{total}")
        line(f"{new} = {total} + {term}")
        line(f"lost_{total} = {new} - {total} - {term}")
        line(f"{total} = {new}")

    def _accumulator(self, m):
        return accumulated(self._kind(m), m.reads[0][0].dtype)

    def _kind(self, m):
        return m.node.attrs["kind"] if m.node.op is partial else m.node.op.name

    def _is_long(self, m):
        """Does a sum have so many terms that a total of its own precision is too coarse?"""
        return (
            self._kind(m) in ("sum", "matmul")
            and self._accumulator(m).kind == "f"
            and m.in_register
            and prod(loop.size for loop in m.reduced) > SUM
        )

    # Stages.

    def stage(self, stage):
        """The inner loops of some members."""
        forms = [f for m in stage.members for f in self.forms(m)]
        surveys = [self.body.surveys[m] for m in stage.members]
        pinned = self.cuts.loops.union(*(s.pinned | s.cuts.loops for s in surveys))
        runs = [Real(run) for run in merged(stage.loops, forms, pinned)]
        for real in runs:
            self.reals.update(dict.fromkeys(real, real))
        borders = dict(self.borders)
        self.find_borders(stage.members)
        self._nest(stage.members, runs, 0)
        self.borders = borders

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
        opened = [m for m in members if m.first == real.level or m.tail == real.level and not m.in_register]
        opened = [m for m in opened if m.reduced]
        for m in opened:
            self._open(m, real.level)
        sums = [m for m in members if m.in_register] if at == len(runs) - 1 else []
        self._run(real, sums, lambda: self._nest(members, runs, at + 1))
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
                start = "0.0" if dtype == np.float32 else start
                if dtype != np.float32:
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
        if m.node.op is not partial:
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
            self.writer.line(f"{self.sums[m]} = {combined(kind, self._accumulator(m), self.sums[m], text)}")
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
        name = self.totals.pop(m, None) or self.sums[m]
        del self.sums[m]
        if not m.in_register:
            if level == m.tail:
                self._add_to_memory(m, name)
            return
        if m.node.op in ARGS:
            self._find(m, name)
            return
        dtype = m.node.dtype
        if self._is_long(m) and self._accumulator(m) == np.float32:
            name = self.assign(f"cast({name}, {typename(dtype)})", self.writer.blocks[-1])
        elif dtype in HALVES and self._accumulator(m) == np.float32:
            name = self.assign(f"round_{HALVES[dtype]}({name})", self.writer.blocks[-1])
        self.keep(m, m.result, name)

    def _find(self, m, best):
        """The first place that holds the extreme, or a nan."""
        (loop,) = m.reduced
        n = self.writer.number(loop.size)
        kind = "int32" if loop.size < 2**31 else "int64"
        found = self.assign(f"{kind}({n})", self.writer.blocks[-1])
        self.reals[loop] = Real((loop,))
        parts = self.cuts.segments(loop, self.ranges)
        for low, high in parts:
            self.ranges[loop] = low, high
            ends = self.writer.number(low), self.writer.number(high)
            self.writer.open(f"for {loop.name} in range({ends[0]}, {ends[1]}):", (loop,))
            text = self.value(m.reads[0][0], m.index)
            test = f"{text} == {best}"
            if m.reads[0][0].dtype.kind in "fcV":
                test = f"({test}) | ({text} != {text})"
            self.writer.line(f"{found} = min_any({found}, where({test}, {kind}({loop.name}), {kind}({n})))")
            self.writer.close()
        self.ranges.pop(loop, None)
        self.keep(m, m.result, self.assign(f"int64({found})", self.writer.blocks[-1]))

    # Elements.

    def _element(self, m):
        node = m.node
        if self.facts and self._does_nothing(m):
            return
        if node.op in WRITES:
            self._write(m)
        elif m.reduced:
            self._accumulate(m, self._term(m))
        elif node.op in ARGS:
            self.keep(m, m.result, "0")
        elif node.op is ops.matmul or m.reads[0][0] is not node:
            self.keep(m, m.result, self._only_term(m))
        else:
            self._map(m)

    def _does_nothing(self, m):
        node, index = m.reads[0]
        if node is m.node:
            self.computed = node
        idle = m.node.op is not ops.matmul and self.is_idle(m, node, index)
        self.computed = None
        return idle

    def _term(self, m):
        """The text of what a reduction adds up."""
        args = [self.value(a, i) for a, i in m.reads]
        if m.node.op is ops.matmul:
            kind = m.node.dtype
            return f"bitwise_and({args[0]}, {args[1]})" if kind == np.bool_ else f"multiply_any({args[0]}, {args[1]})"
        return args[0]

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
            self.writer.line(f"{self.place(self._target(m), index)} = {text}")
        elif not m.node.shape and self.homes.get(m.node) is None and len(self.writer.blocks) - 1 == self.base:
            self.homes[m.node] = Variable(text)
            self.variables.append(m.node)

    def _write(self, m):
        """One element of a write into an array."""
        node = m.node
        text = self.value(node.args[1], m.index)
        place = self.place(*self._written(m))
        if node.op in (ops.add_at, ops.scatter_add):
            text = added(node.dtype, place, text)
        self.writer.line(f"{place} = {text}")

    def _written(self, m):
        """The memory that a write changes, and where in it."""
        a, value, *where = m.node.args
        if m.node.op in (ops.put, ops.add_at):
            index = window(m.node, m.index, where, self)
        else:
            index = gathered(Renamed(m.node), where, m.index, self)
        return self.places.targets[m.node], index


class Renamed:
    """A scatter as `access.gathered` sees a gather."""

    def __init__(self, node):
        self.attrs, self.args = node.attrs, node.args


WHOLE = {"cumsum": "sum", "cumprod": "prod", "cummax": "max", "cummin": "min"}
LOGIC = {"sum": "bitwise_or", "max": "bitwise_or", "matmul": "bitwise_or", "prod": "bitwise_and", "min": "bitwise_and"}


def combined(kind, dtype, x, y):
    """A step of a reduction."""
    function = LOGIC.get(kind, COMBINE[kind]) if dtype == np.bool_ else COMBINE[kind]
    return f"{function}({x}, {y})"


def step(op, dtype, x, y):
    """A step of a running reduction: in order, and rounded each time, as NumPy's."""
    name = {ops.cumsum: "add", ops.cumprod: "multiply", ops.cummax: "maximum", ops.cummin: "minimum"}[op]
    text = f"{name}({x}, {y})"
    return f"round_{HALVES[dtype]}({text})" if dtype in HALVES else text


def added(dtype, x, y):
    if dtype in HALVES:
        return f"round_{HALVES[dtype]}({x} + {y})"
    return f"{x} + {y}" if dtype.kind == "f" or dtype == np.int64 else f"add({x}, {y})"


# --- intervals of integers -----------------------------------------------------------------------


def _of_ends(function):
    def rule(emitter, node):
        (a, b), (c, d) = (emitter.interval(x) for x in node.args)
        ends = [function(x, y) for x in (a, b) for y in (c, d)]
        return max(min(ends), ANY[0]), min(max(ends), ANY[1])

    return rule


def _select_interval(emitter, node):
    (a, b), (c, d) = (emitter.interval(x) for x in node.args[1:])
    return min(a, c), max(b, d)


def _cast_interval(emitter, node):
    source = node.args[0].dtype
    if source.kind not in "iu" or node.dtype.kind not in "iu":
        return (0, 1) if source.kind == "b" else ANY
    low, high = emitter.interval(node.args[0])
    limits = np.iinfo(node.dtype)
    return (low, high) if low >= limits.min and high <= limits.max else ANY


def _remainder_interval(emitter, node):
    low, high = emitter.interval(node.args[1])
    return (0, high - 1) if low > 0 else ANY


def _quotient_interval(emitter, node):
    (a, b), (c, d) = (emitter.interval(x) for x in node.args)
    return (min(a // c, a // d), max(b // c, b // d)) if c > 0 else ANY


INTERVAL = {
    ops.add: _of_ends(lambda x, y: x + y),
    ops.subtract: _of_ends(lambda x, y: x - y),
    ops.multiply: _of_ends(lambda x, y: x * y),
    ops.maximum: _of_ends(max),
    ops.minimum: _of_ends(min),
    ops.select: _select_interval,
    ops.cast: _cast_interval,
    ops.remainder: _remainder_interval,
    ops.floor_divide: _quotient_interval,
}
