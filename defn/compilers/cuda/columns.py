"""Rows that lie across memory: 32 of them side by side, so that a warp reads neighbours, and the warps
of a block share the elements of each.
"""

from __future__ import annotations

from math import prod

WARP = 32
BEYOND = (1 << 31) - 1  # where the loops of a thread begin that has no row: after their end


class Columns:
    """Writes them, where `abreast`; else a team shares one row."""

    abreast = False
    shares = "lane()", "lanes()"  # which elements of a row are a thread's: the first, and the step
    speaks = "lane() == uint64(0)"  # is it the thread that stores what the team has once?

    def of_all(self, function, text):
        """What the threads of a row have, combined."""
        return f"{'warps' if self.abreast else 'all'}_{function}({text}, {self.threads})"

    def columns(self, loops, members, inside):
        """Loops as one, of which a block takes 32 passes at once; of the last there are fewer."""
        writer = self.writer
        runs = self._runs(loops, members)
        total, at = prod(run.size for run in runs), writer.fresh("at")
        size, passes, left, row = writer.size(total), *map(writer.fresh, ("passes", "left", "row"))
        writer.line(f"{passes} = ({size} + {WARP - 1}) >> 5")
        writer.begin(at, "block()", passes, total, loops)
        writer.line(f"{left} = {size} - int64({at}) * {WARP}")
        self._places_in_block(left)
        writer.line(f"{row} = min_any(int64({at}) * {WARP} + {self.aside}, {size} - 1)")
        self._indices(row, runs, total)
        inside()
        writer.end(at, "blocks()", total)

    def _places_in_block(self, left):
        """Which of the rows is a thread's, which of its elements, and whether it stores results."""
        writer = self.writer
        self.aside, first, self.speaks = map(writer.fresh, ("aside", "first", "speaks"))
        writer.line(f"{self.aside} = modulo(int64(lane()), {WARP})")
        mine = f"quotient(int64(lane()), {WARP})"
        writer.line(f"{first} = where({self.aside} < {left}, {mine}, int64({BEYOND}))")
        writer.line(f"{self.speaks} = int64(lane()) < min_any({left}, int64({WARP}))")
        self.shares = first, f"uint64({self.threads // WARP})"
