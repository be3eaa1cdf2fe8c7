"""Rows that lie across memory: as many of them side by side as a warp has threads, so that it reads
neighbours, or four times as many, if they can be read by fours. The warps of a block share the
elements of each.
"""

from __future__ import annotations

from math import prod

from defn.compilers.cuda.four import WIDTH
from defn.compilers.cuda.quads import SMALL, Quad
from defn.compilers.numba.kernel import Block
from defn.compilers.numba.roots import ARGS

WARP = 32
WIDE = 4096  # rows that keep the machine busy with four for each thread
BEYOND = (1 << 31) - 1  # where the loops of a thread begin that has no row: after their end


class Columns:
    """Writes them, where `abreast`; else a team shares one row."""

    abreast = False
    shares = "lane()", "lanes()"  # which elements of a row are a thread's: the first, and the step
    speaks = "lane() == uint64(0)"  # is it the thread that stores what the team has once?
    four = ()  # the blocks of a thread's four rows, and what it has summed up for each

    def of_all(self, function, text):
        """What the threads of a row have, combined."""
        return f"{'warps' if self.abreast else 'all'}_{function}({text}, {self.threads})"

    def columns(self, loops, members, inside):
        """Loops as one, of which a block takes many passes at once; of the last there are fewer."""
        writer, runs = self.writer, self._runs(loops, members)
        total, at = prod(run.size for run in runs), writer.fresh("at")
        each = WIDTH if self._by_four(runs, total, members) else 1
        size, passes, left, row = writer.size(total), *map(writer.fresh, ("passes", "left", "row"))
        count = each * WARP
        writer.line(f"{passes} = quotient({size} + {count - 1}, {count})")
        writer.begin(at, "block()", passes, total, loops if each == 1 else around(runs))
        writer.line(f"{left} = {size} - int64({at}) * {count}")
        self._places_in_block(left, each)
        writer.line(f"{row} = min_any(int64({at}) * {count} + {self.aside}, {size} - {each})")
        if each == 1:
            self._indices(row, runs, total)
        else:
            self._four_rows(row, runs, total)
        inside()
        writer.end(at, "blocks()", total)

    def _places_in_block(self, left, each):
        """Which of the rows is a thread's, which of its elements, and whether it stores results."""
        writer = self.writer
        self.aside, first, self.speaks = map(writer.fresh, ("aside", "first", "speaks"))
        writer.line(f"{self.aside} = modulo(int64(lane()), {WARP}) * {each}")
        mine = f"quotient(int64(lane()), {WARP})"
        writer.line(f"{first} = where({self.aside} < {left}, {mine}, int64({BEYOND}))")
        writer.line(f"{self.speaks} = (int64(lane()) < {WARP}) & ({self.aside} < {left})")
        self.shares = first, f"uint64({self.threads // WARP})"

    # --- four rows of each thread ----------------------------------------------------------------

    def _by_four(self, runs, total, members):
        even = self.aligned and runs[-1].size % WIDTH == 0 and total >= WIDE
        return even and not any(m.node.op in ARGS for m in members)

    def _four_rows(self, row, runs, total):
        """The blocks of four rows, from the one at `row` on."""
        self.across, self.foremost = runs[-1], self.first_of_four(row, runs, total)
        if len(runs) > 1 and total < SMALL:
            # LLVM would spread the difference that this is over the addresses inside.
            base, self.foremost = self.foremost, self.writer.fresh("base")
            self.writer.line(f"{self.foremost} = narrow({base})")
        headers = [f"{self.across.name} = {self.foremost} + {lane}" for lane in range(WIDTH)]
        self.four = [(Block(header, self.across), {}) for header in headers]

    def each_row(self, work):
        """Write something for each row of a thread."""
        if not self.four:
            work()
        into = self.writer.blocks[-1].items
        for block, sums in self.four:
            self.sums = sums
            self.in_copy(block, work)
            into += [block.header, *block.items]
            block.items = []

    def elements_of_rows(self, members, elements):
        """Write something for one element of each row of a thread, which lie side by side."""
        if not self.four:
            elements()
            return
        known = [dict(block.names) for block, _ in self.four]
        quad = self.quad = Quad(self.across, self.foremost, *self.touched(members))
        for quad.lane, (block, sums) in enumerate(self.four):
            self.sums = sums
            self.in_copy(block, elements)
            quad.copies.append(block)
        self.quad = None
        self.spliced(quad)
        for (block, _), names in zip(self.four, known, strict=True):
            block.items, block.names = [], names  # the next element has names of its own


def around(runs):
    """The loops around the last."""
    return tuple(loop for run in runs[:-1] for loop in run)
