"""Large results are written past the cache: it has no room for them, and would read them first.

A piece of a result is computed into memory that stays in the cache, and goes from there to where it
belongs in whole lines.
"""

from __future__ import annotations

from defn.compilers.numba.index import Affine, along
from defn.compilers.numba.kernel import Memory, Storage
from defn.compilers.numba.roots import WRITES, scattered

LARGE = 2**22  # bytes of a result
MOVED = 2**26  # bytes that a kernel reads and writes, in all: more than any cache holds
PIECE = 1024  # bytes: reads go on while the last piece is on its way
SHORTEST = 64  # elements of a run


class Streamed:
    """Writes such results: a part of `emit.Emitter`. `streams`: where the elements of a root go
    now."""

    streaming = False  # are there any in this group?
    streams: dict = {}

    def begin_streams(self, group):
        """Are there results so large in this group?"""
        nodes = {n for m in group.members for n, _ in self.body.reads[m]}
        homes = [self.homes.get(n) for n in nodes]
        homes += [self.places.targets.get(m.node) for m in group.members]
        found = {h.storage for h in homes if isinstance(h, Memory)}
        self.read_here = {
            self.homes[n].storage for n in nodes if isinstance(self.homes.get(n), Memory)
        }
        self.streams = {}
        self.streaming = not self.serial and sum(s.bytes for s in found) >= MOVED

    def streamed(self, members, real):
        """The members whose results go past the cache along a loop."""
        if not self.streaming or self.streams or real.size < SHORTEST:
            return []
        return [m for m in members if self._goes_past(m, real)]

    def _goes_past(self, m, real):
        home = self.places.targets.get(m.node)
        if m.reduced or m.node.op in (*WRITES, scattered) or not isinstance(home, Memory):
            return False
        storage, form = home.storage, home.address(m.index)
        large = storage.role == "output" and storage.bytes >= LARGE
        alone = storage not in self.read_here and not any(m.node in n.args for n in self.body.order)
        return large and alone and form.coefficient(real[-1]) == 1 and not form.symbols()

    def in_pieces(self, members, real, first, last, inside):
        """A loop, some elements at a time, whose results leave the cache after each piece."""
        size = _size(members)
        self.piece(members, real, *self._pieces(real, first, last, size), inside)
        self.writer.close()

    def piece(self, members, real, low, high, inside):
        """A loop over one piece, and its results on their way."""
        writer, spares = self.writer, {m: self._spare(m, _size(members)) for m in members}
        self.streams = {
            m.node: f"{buffer}[{base} + {real.name} - {low}]"
            for m, (buffer, base) in spares.items()
        }
        writer.open(f"for {real.name} in range({low}, {high}):", real)
        inside()
        writer.close()
        for m, (buffer, base) in spares.items():
            self._leave(m, real, buffer, base, low, high)
        self.streams = {}
        if members and DRAIN not in writer.ends:
            writer.ends.append(DRAIN)

    def _spare(self, m, size):
        spare = Storage(m.node.dtype, size)
        spare.copies = True
        base = "0" if self.whole else self.writer.base(spare, size)
        return self.writer.buffer(spare), base

    def _leave(self, m, real, buffer, base, low, high):
        home = self.places.targets[m.node]
        form = home.address(m.index)
        kept = tuple((v, c) for v, c in form.terms if v not in real)
        place = self.text(Affine(form.constant, kept).plus(along(self.symbols[low])))
        target = self.writer.buffer(home.storage)
        self.writer.line(f"stream({buffer}, {base}, {target}, {place}, {high} - {low})")


def _size(members):
    """Elements of a piece."""
    return PIECE // max((m.node.dtype.itemsize for m in members), default=1)


DRAIN = "drain()"
