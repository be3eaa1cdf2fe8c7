"""Arrays that lie across a group's loops are read in blocks, so that all of them stream.

`x + y.T` reads one array along its rows and the other down its columns. Pieces of the latter are
turned into memory that stays in the cache, from where the loops read them: blocks of as many rows as
columns for element-wise work, else whole rows, some at a time.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from defn import ops
from defn.compilers.numba.index import ANY, Affine, along, strides
from defn.compilers.numba.kernel import Memory, Storage
from defn.compilers.numba.masks import has_choices
from defn.compilers.numba.roots import ROOTS, own
from defn.compilers.numba.schedule import merged
from defn.compilers.numba.write import Real

BLOCK = 64  # elements of each side of a block
FEWEST = 64  # along both axes, from which on it pays
FAR = 8  # elements between neighbours that lie on other lines of the cache
ROWS = (32, 16, 8)  # that are turned as a whole
NEAR = 2**18  # bytes that stay in the cache
COPIED = (ops.transpose, ops.reshape, ops.get, own)


class Line(NamedTuple):
    """A read that lies across: what is read, and the loops along which it is far apart."""

    node: object
    index: object
    loops: tuple

    @property
    def size(self):
        return prod(loop.size for loop in self.loops)

    @property
    def inside(self):
        """Where an element lies in a row that was turned."""
        terms = zip(self.loops, strides([loop.size for loop in self.loops]))
        return Affine(0, tuple(terms))


class Crossing(NamedTuple):
    """The loops of element-wise work; which of them the reads that lie across follow, and those."""

    loops: tuple
    turned: Real
    lines: tuple


class Across:
    """Writes such groups: a part of `emit.Emitter`. `staged`: where to read what was turned."""

    staged: dict = {}

    # What lies across.

    def crossing(self, group):
        """How element-wise work is to be done in blocks, or None."""
        if not self._may_cross(group) or len(group.stages) != 1 or group.blocks:
            return None
        members = group.stages[0].members
        if any(m.first is not None or m.node.op in ROOTS for m in members):
            return None
        if any(has_choices(m, self.homes) for m in members):
            return None
        forms = [f for m in members for f in self.forms(m)]
        pinned = set().union(*(self.body.surveys[m].pinned for m in members))
        inner = merged(group.stages[0].loops, forms, pinned)
        loops = (self.rows, *map(Real, inner))
        return self._blocked(loops, self._read_in(group))

    def _blocked(self, loops, reads):
        *outer, last = loops
        for real in outer:
            others = tuple(v for o in outer if o is not real for v in o)
            found = [self._line(node, index, real, others) for node, index in reads]
            lines = tuple(line for line in found if line and line.loops == last)
            if lines and min(real.size, last.size) >= FEWEST:
                return Crossing(loops, real, lines)
        return None

    def _may_cross(self, group):
        if group.straight or not any(stage.loops for stage in group.stages):
            return False
        if self.serial and self._reads_what_it_writes(group):
            return False
        return not any(self.body.surveys[m].cuts.loops for m in group.members)

    def _reads_what_it_writes(self, group):
        """Is memory changed in place? What is read ahead there must not be written before."""
        homes = [self.homes.get(node) for node, _ in self._read_in(group)]
        targets = [self.places.targets.get(m.node) for m in group.members]
        read, written = (
            {home.storage for home in each if isinstance(home, Memory)} for each in (homes, targets)
        )
        return not read.isdisjoint(written)

    def _read_in(self, group):
        return dict.fromkeys(pair for m in group.members for pair in self.body.reads[m])

    def _line(self, node, index, real, others=()):
        """A read as one that goes along a loop, and is far apart along those that are not among the
        others; None if it is not such."""
        home = self.homes.get(node)
        if not isinstance(home, Memory) or node.dtype.itemsize > 8:
            return None
        form = home.address(index)
        loops = tuple(sorted(v for v in form.loops() if v not in (*real, *others)))
        if form.symbols() or form.coefficient(real[-1]) != 1 or not loops:
            return None
        one = len(merged(loops, [form], ())) == 1
        return Line(node, index, loops) if one and form.coefficient(loops[-1]) >= FAR else None

    def across_rows(self, group):
        """The reads that lie across the rows of a group, and how many rows to turn at a time."""
        if not self._may_cross(group) or self.rows.size < FEWEST:
            return (), 0
        found = [self._line(node, index, self.rows) for node, index in self._read_in(group)]
        lines = [line for line in found if line and line.size >= FEWEST]
        bytes = sum(line.size * line.node.dtype.itemsize for line in lines)
        rows = next((n for n in ROWS if n * bytes <= NEAR), 0)
        return (lines, rows) if rows else ((), 0)

    # Blocks.

    def across(self, group, crossing):
        """The loops over blocks, and inside them those over a block."""
        writer, (loops, turned, lines) = self.writer, crossing
        blocks = {}
        for real in loops:
            self.reals.update(dict.fromkeys(real, real))
            ends = self._limits(real, 0, real.size)
            if real is turned or real is loops[-1]:
                blocks[real] = self._pieces(real, *ends, BLOCK)
            else:
                writer.open(f"for {real.name} in range({ends[0]}, {ends[1]}):", real)
        (_, (row, last_row)), (_, (column, last_column)) = blocks.items()
        sizes = f"{last_row} - {row}", f"{last_column} - {column}"
        if self._is_copy(group, crossing):
            self._turned_in_place(group.members[0], crossing, row, column, sizes)
        else:
            pieces = [self._turned(x, turned, row, column, BLOCK, BLOCK, sizes) for x in lines]
            writer.open(f"for {turned.name} in range({row}, {last_row}):", turned)
            self._stage(lines, pieces, turned, row, column)
            writer.open(f"for {loops[-1].name} in range({column}, {last_column}):", loops[-1])
            for m in group.members:
                self._element(m)
            writer.close()
            writer.close()
        for _ in loops:
            writer.close()

    def _is_copy(self, group, crossing):
        """Is all there is to do that one array is turned, its result without gaps along a row?"""
        (line, *more), (m, *others) = crossing.lines, group.members
        node, target = m.node, self.places.targets.get(m.node)
        while node is not line.node and node.op in COPIED:
            node = node.args[0]
        form = target and target.address(m.index)
        return (
            node is line.node is not m.node
            and not (more or others or len(self.body.reads[m]) > 1 or form.symbols())
            and form.coefficient(crossing.loops[-1][-1]) == 1
        )

    def _turned_in_place(self, m, crossing, row, column, sizes):
        """Turn a block to where it is to be."""
        writer, turned, (line,), target = (
            self.writer,
            crossing.turned,
            crossing.lines,
            self._target(m),
        )
        form, home = target.address(m.index), self.homes[line.node]
        width = form.coefficient(turned[-1])
        kept = tuple((v, c) for v, c in form.terms if v not in (*turned, *line.loops))
        place = Affine(form.constant, kept).plus(along(self.symbols[row]).scaled(width))
        place = place.plus(along(self.symbols[column]))
        first, apart = self._corner(line, turned, row, column)
        writer.line(
            f"turn({writer.buffer(home.storage)}, {self.text(first)}, {writer.number(apart)}, "
            f"{writer.buffer(target.storage)}, {self.text(place)}, {writer.number(width)}, "
            f"{sizes[0]}, {sizes[1]})"
        )

    # Rows.

    def some_rows(self, group, lines, count, inside):
        """The rows of a group, some at a time, after what lies across them was turned."""
        writer, row = self.writer, self.rows
        first, stop = self._pieces(row, *self._limits(row, 0, row.size), count)
        pieces = []
        for line in lines:
            width = writer.number(line.size)
            pieces.append(
                self._turned(line, row, first, None, width, count, (f"{stop} - {first}", width))
            )
        self.row_limits, self.limited = (first, stop), True
        self._run(row, [], (), lambda: (self._stage(lines, pieces, row, first), inside()))
        writer.close()

    # Pieces.

    def _pieces(self, real, low, high, size):
        """A loop over pieces of another: the names of where each begins and ends."""
        writer, first, stop = self.writer, self.writer.fresh("low"), self.writer.fresh("high")
        block = writer.open(f"for {first} in range({low}, {high}, {size}):")
        self.symbol(first, *ANY, block)
        writer.line(f"{stop} = min({first} + {size}, {high})")
        return first, stop

    def _turned(self, line, turned, row, column, width, rows, sizes):
        """Turn a piece: its buffer, where it begins there, and how long its rows are."""
        writer, home = self.writer, self.homes[line.node]
        spare = Storage(line.node.dtype, rows * (BLOCK if column else line.size))
        spare.copies = True
        first, apart = self._corner(line, turned, row, column)
        base = "0" if self.whole else writer.base(spare, spare.size)
        writer.line(
            f"turn({writer.buffer(home.storage)}, {self.text(first)}, {writer.number(apart)}, "
            f"{writer.buffer(spare)}, {base}, {width}, {sizes[0]}, {sizes[1]})"
        )
        return writer.buffer(spare), base, width

    def _corner(self, line, turned, row, column):
        """Where a piece begins, and how far apart its rows are."""
        form = self.homes[line.node].address(line.index)
        apart = form.coefficient(line.loops[-1])
        kept = tuple((v, c) for v, c in form.terms if v not in (*turned, *line.loops))
        first = Affine(form.constant, kept).plus(along(self.symbols[row]))
        if column:
            first = first.plus(along(self.symbols[column]).scaled(apart))
        return first, apart

    def _stage(self, lines, pieces, turned, row, column=None):
        """Where a row finds what was turned."""
        for line, (buffer, base, width) in zip(lines, pieces):
            name = self.writer.fresh("line")
            start = f"{base} + ({turned.name} - {row}) * {width}"
            self.writer.line(f"{name} = {start}" + (f" - {column}" if column else ""))
            self.staged[line.node, line.index] = buffer, name, line.inside

    def _leaf(self, node, index):
        staged = self.staged.get((node, index))
        if staged is None:
            super()._leaf(node, index)
            return
        buffer, start, inside = staged
        self.named(node, index, f"{buffer}[{start} + {self.text(inside)}]")
