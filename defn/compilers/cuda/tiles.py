"""Element-wise work on arrays that lie across each other: tiles turned in shared memory.

`x + y.T` reads one array along its rows and the other down its columns. A block of threads reads a
tile of the latter along its own rows, waits, and takes its elements turned.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from defn.compilers.cuda.four import WIDTH
from defn.compilers.cuda.quads import Quad, Quads
from defn.compilers.cuda.write import SHORT
from defn.compilers.numba.code import typename
from defn.compilers.numba.kernel import Memory
from defn.compilers.numba.roots import ROOTS
from defn.compilers.numba.schedule import stem

SIDE = 32  # rows and columns of a tile: a warp reads one row
PITCH = SIDE + 1  # neighbours in a column lie in different banks
TEAM = 128  # threads that share a tile
MUCH = 1 << 14  # elements from which on it pays


class Crossing(NamedTuple):
    """The loops of a group: the one that reads follow which lie across, and those reads."""

    runs: list
    turned: tuple
    reads: tuple

    @property
    def others(self):
        return [run for run in self.runs[:-1] if run is not self.turned]

    @property
    def sides(self):
        """Tiles along the two loops."""
        return [-(-run.size // SIDE) for run in (self.turned, self.runs[-1])]

    @property
    def tiles(self):
        return prod(run.size for run in self.others) * prod(self.sides)


class Tiles(Quads):
    """Writes such groups."""

    tiles = 0  # how many there are
    turned = {}  # which elements of shared memory hold what lies across

    def lying_across(self, loops, stages):
        """What lies across the loops of a group, or None."""
        members = [m for stage in stages for m in stage.members]
        if len(loops) < 2 or self.threads or any(stage.loops for stage in stages):
            return None
        if any(m.node.op in ROOTS for m in members) or prod(v.size for v in loops) < MUCH:
            return None
        runs = self._runs(loops, members)
        written = {h.storage for m in members if (h := self.places.targets.get(m.node))}
        read = dict.fromkeys(pair for m in members for pair in self.body.reads[m])
        along = {pair: self._followed(*pair, runs, written) for pair in read}
        turned = next((run for run in along.values() if run), None)
        if turned is None:
            return None
        return Crossing(runs, turned, tuple(p for p, run in along.items() if run is turned))

    def _followed(self, node, index, runs, written):
        """The loop that a read follows where it does not follow the innermost one."""
        home, last = self.homes.get(stem(node)), runs[-1]
        if node not in self.homes or not isinstance(home, Memory) or home.storage in written:
            return None
        form = home.address(index)
        if form.symbols() or abs(form.coefficient(last[-1])) < 2 or last.size < SIDE:
            return None
        return next((r for r in runs[:-1] if r.size >= SIDE and form.coefficient(r[-1]) == 1), None)

    def by_tiles(self, crossing, members):
        """The loop over tiles: read, wait, compute, wait."""
        writer = self.writer
        rooms = [writer.fresh("turned") for _ in crossing.reads]
        for name, (node, _) in zip(rooms, crossing.reads, strict=True):
            writer.line(f"{name} = shared_buffer({typename(node.dtype)}, {SIDE * PITCH})")
        self.tiles = crossing.tiles
        step = WIDTH if self.aligned and self._in_fours(crossing) else 1
        at, column, row = writer.fresh("at"), writer.fresh("column"), writer.fresh("row")
        others = [run for run in crossing.others for run in run]
        writer.begin(at, "block()", writer.size(crossing.tiles), crossing.tiles, others)
        self._corner(at, crossing, row, column)
        across = SIDE // step  # threads that share a row of a tile
        writer.line(f"upper = quotient(int64(lane()), {across})")
        writer.line(f"inner = modulo(int64(lane()), {across}) * {step}")
        lines = range(0, SIDE, TEAM // across)
        beside, below = self._sum(crossing, row, "inner"), self._sum(crossing, column, "upper")
        for k in lines:
            self._open_spot(crossing, beside, f"{below} + {k}")
            for name, read in zip(rooms, crossing.reads, strict=True):
                self._fill(f"{name}[(upper + {k}) * {PITCH} + inner", read, step)
            writer.close()
        writer.line("barrier()")
        below, beside = self._sum(crossing, row, "upper"), self._sum(crossing, column, "inner")
        for k in lines:
            self._open_spot(crossing, f"{below} + {k}", beside)
            self._turn(crossing, rooms, members, k, step)
            writer.close()
        writer.line("barrier()")
        writer.end(at, "blocks()", crossing.tiles)

    def _sum(self, crossing, corner, spot):
        """An index of this thread, in 32 bits where it has no more: so are products with it then."""
        name = self.writer.fresh("at")
        short = max(crossing.turned.size, crossing.runs[-1].size) < SHORT
        self.writer.line(
            f"{name} = narrow({corner} + {spot})" if short else f"{name} = {corner} + {spot}"
        )
        return name

    def _in_fours(self, crossing):
        """Can a thread read, and write, four neighbours at once?"""
        quad = Quad(crossing.turned, None)
        whole = all(run.size % WIDTH == 0 for run in (crossing.turned, crossing.runs[-1]))
        return whole and all(quad.walks(self.homes[n], index) for n, index in crossing.reads)

    def _fill(self, spot, read, step):
        """Put what is read of an array into a tile, as it lies there."""
        place = self.place(self.homes[read[0]], read[1])
        if step == 1:
            self.writer.line(f"{spot}] = {place}")
            return
        self.fours = True
        names, (buffer, at) = [self.writer.fresh() for _ in range(WIDTH)], place[:-1].split("[", 1)
        self.writer.line(f"{', '.join(names)} = four({buffer}, {at})")
        for k, name in enumerate(names):
            self.writer.line(f"{spot} + {k}] = {name}")

    def _turn(self, crossing, rooms, members, k, step):
        """Compute what lies across, from columns of a tile."""

        def element():
            lane = f" + {self.quad.lane}" if self.quad else ""
            texts = [f"{name}[(inner{lane}) * {PITCH} + upper + {k}]" for name in rooms]
            self.turned = dict(zip(crossing.reads, texts, strict=True))
            for m in members:
                self._element(m)
            self.turned = {}

        if step == 1:
            element()
            return
        last, base = crossing.runs[-1], self.writer.fresh("base")
        self.writer.line(f"{base} = {last.name}")
        self.each_of_four(last, base, members, element)

    def _corner(self, at, crossing, row, column):
        """Where a tile begins, and the other loops' indices."""
        writer, rest = self.writer, f"int64({at})"
        down, along = crossing.sides
        steps = [(column, along, SIDE), (row, down, SIDE)]
        steps += [(run.name, run.size, 1) for run in reversed(crossing.others)]
        wide = "" if crossing.tiles < 1 << 32 else "_wide"
        for name, size, scale in steps[:-1]:
            whole, upper = writer.fresh("rest"), writer.fresh("rest")
            writer.line(f"{whole} = {rest}")
            writer.line(f"{upper} = quotient{wide}({whole}, {writer.size(size)})")
            writer.line(f"{name} = modulo{wide}({whole}, {writer.size(size)}) * {scale}")
            rest = upper
        writer.line(f"{steps[-1][0]} = {rest} * {steps[-1][2]}")

    def _open_spot(self, crossing, row, column):
        """Open the block of one element of the tile, if it lies in the array."""
        writer, turned, last = self.writer, crossing.turned, crossing.runs[-1]
        writer.line(f"{turned.name} = {row}")
        writer.line(f"{last.name} = {column}")
        ragged = [f"({r.name} < {writer.size(r.size)})" for r in (turned, last) if r.size % SIDE]
        writer.open(f"if {' & '.join(ragged) or 'True'}:", (*turned, *last))

    def _leaf(self, node, index):
        staged = self.turned.get((node, index))
        if staged is None or node is self.computed:
            super()._leaf(node, index)
        else:
            self.named(node, index, staged)
