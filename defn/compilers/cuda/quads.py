"""Loops of which a thread takes four neighbours in a pass, with loads and stores of all four."""

from __future__ import annotations

from collections import Counter

from defn.compilers.cuda.abreast import Abreast
from defn.compilers.cuda.four import WIDTH
from defn.compilers.numba.kernel import Block, Memory
from defn.compilers.numba.schedule import stem

LONGEST = 96  # lines of four elements' text
SMALL = 1 << 32  # what counts fewer elements than these is divided in 32 bits


class Quads(Abreast):
    """Writes a loop by fours as far as they go, then the rest one by one."""

    aligned = True  # may the text rely on buffers that begin at multiples of 16 bytes?
    fours = False  # does it?
    quad = None  # the four elements that are being written
    guard = None  # the name of the test whether there are such elements

    def by_fours(self, runs, total, counter, members, inside):
        """Append the loop by fours; the text of what is left to the plain loop, or None."""
        writer, (first, step) = self.writer, counter
        mark, before = writer.mark(), (self.exact, self.fours)
        at, fours = writer.fresh("at"), writer.fresh("fours")
        writer.line(f"{fours} = {writer.size(total)} >> 2")
        writer.begin(at, first, fours, total, tuple(loop for run in runs[:-1] for loop in run))
        passed = writer.fresh("passed")
        writer.line(f"{passed} = int64({at}) * {WIDTH}")
        base = self.first_of_four(passed, runs, total)
        quad = self.each_of_four(runs[-1], base, members, inside)
        if not quad.moves or quad.lines > LONGEST:
            writer.reset(mark)
            self.exact, self.fours = before
            return None
        writer.end(at, step, total)
        return f"{fours} * {WIDTH} + int64({first})"

    def first_of_four(self, passed, runs, total):
        """The name of the last loop's index at the first of four, after those of the loops around."""
        if len(runs) == 1:
            return passed
        writer, base, rest = self.writer, self.writer.fresh("base"), self.writer.fresh("rest")
        wide, size = "" if total < SMALL else "_wide", writer.size(runs[-1].size)
        writer.line(f"{rest} = quotient{wide}({passed}, {size})")
        writer.line(f"{base} = {passed} - {rest} * {size}")
        self._indices(rest, runs[:-1], total)
        return base

    def each_of_four(self, real, base, members, inside):
        """Write something for each of the four elements from `base` on."""
        quad = self.quad = Quad(real, base, *self.touched(members))
        for quad.lane in range(WIDTH):
            block = Block(f"{real.name} = {base} + {quad.lane}", real)
            self.in_copy(block, inside)
            quad.copies.append(block)
        self.quad = None
        self.spliced(quad)
        return quad

    def in_copy(self, block, inside):
        """Write something in a block of its own names."""
        if self.quad is not None:
            self.quad.block = block
        self.writer.blocks.append(block)
        inside()
        self.writer.blocks.pop()

    def touched(self, members):
        """The storages that may be read by fours, and those that may be written."""
        homes = [self.homes.get(stem(n)) for m in members for n, _ in self.body.reads[m]]
        read = {home.storage for home in homes if isinstance(home, Memory)}
        targets = map(self.places.targets.get, (m.node for m in members))
        written = Counter(home.storage for home in targets if isinstance(home, Memory))
        once = {s for s, n in written.items() if n == 1 and s not in read}
        return read - set(written), once

    def spliced(self, quad):
        """Loads, the four elements, stores, one after another."""
        self.fours |= quad.moves
        into = self.writer.blocks[-1].items
        quad.lines = sum(len(list(block.lines())) for block in quad.copies)
        into += quad.head.items if quad.head else []
        into += self.side_by_side(quad.copies)
        if quad.stored:
            tail = quad.edge()
            self.in_copy(tail, lambda: self._put(quad))
            into += tail.items

    def _put(self, quad):
        """The stores of all four."""
        for storage, (home, index, texts) in quad.stored.items():
            place, name = self.place(home, index), self.writer.buffer(storage)
            self.guarded(f"put_four({name}, {place[len(name) + 1 : -1]}, {', '.join(texts)})")

    def guarded(self, line):
        """A line, for elements that there are."""
        if self.guard is None:
            self.writer.line(line)
        else:
            self.writer.line(f"if {self.guard}:")
            self.writer.line(f"    {line}")

    def _leaf(self, node, index):
        home = self.homes.get(node)
        quad = self.quad
        if (
            quad is None
            or node is self.computed
            or not isinstance(home, Memory)
            or home.storage not in quad.readable
            or not quad.walks(home, index)
            or self.block_of(index) is not quad.block  # but of a loop inside
        ):
            super()._leaf(node, index)
            return
        key = home.storage, home.address(index)
        if key not in quad.loaded:
            quad.loaded[key] = self._load(quad, home, index)
        self.block_of(index).names[node, index] = quad.loaded[key][quad.lane]

    def _load(self, quad, home, index):
        names = [self.writer.fresh() for _ in range(WIDTH)]
        if quad.head is None:
            quad.head = quad.edge()
        copy, self.writer.blocks[-1] = self.writer.blocks[-1], quad.head
        place, name = self.place(home, index), self.writer.buffer(home.storage)
        self.writer.line(f"{', '.join(names)} = four({name}, {place[len(name) + 1 : -1]})")
        self.writer.blocks[-1] = copy
        return names

    def stored_by_fours(self, home, index, text):
        """Is the store left to the end of the four?"""
        quad = self.quad
        if quad is None or home.storage not in quad.writable or not quad.walks(home, index):
            return False
        quad.stored.setdefault(home.storage, (home, index, []))[2].append(text)
        return True


class Quad:
    """Four elements in the making, from the index `base` on. `loaded`: the names of four, by storage
    and address.
    """

    def __init__(self, real, base, readable=(), writable=()):
        self.real, self.base, self.readable, self.writable = real, base, readable, writable
        self.loaded, self.stored, self.copies, self.lane = {}, {}, [], 0
        self.head, self.block, self.lines = None, None, 0

    @property
    def moves(self):
        """Is anything loaded or stored by fours?"""
        return bool(self.loaded or self.stored)

    def edge(self):
        """A block of text about all four: there the loop's variable is that of the first."""
        block = Block("", self.real)
        block.items.append(f"{self.real.name} = {self.base}")
        return block

    def walks(self, home, index):
        """Does an address go along with the loop, from a multiple of four on?"""
        if home.storage.copies and home.storage.size % WIDTH:
            return False
        form = home.address(index)
        steps, rest = 1, form
        for loop in reversed(self.real):
            if form.coefficient(loop) != steps:
                return False
            rest, steps = without(rest, loop), steps * loop.size
        return rest.constant % WIDTH == 0 and all(c % WIDTH == 0 for _, c in rest.terms)


def without(form, loop):
    return form._replace(terms=tuple(t for t in form.terms if t[0] != loop))
