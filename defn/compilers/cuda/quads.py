"""Loops of which a thread takes four neighbours in a pass, with loads and stores of all four."""

from __future__ import annotations

from collections import Counter

from defn.compilers.cuda.four import WIDTH
from defn.compilers.numba.kernel import Block, Memory
from defn.compilers.numba.schedule import stem
from defn.compilers.numba.values import Values

LONGEST = 64  # lines of four elements' text


class Quads(Values):
    """Writes a loop twice: by fours as far as they go, then the rest one by one."""

    quad = None  # the four elements that are being written

    def by_fours(self, real, total, counter, members, inside):
        """Append the loop by fours; the text of what is left to the plain loop, or None."""
        writer, (first, step) = self.writer, counter
        mark, parent = writer.mark(), writer.blocks[-1]
        at, fours = writer.fresh("at"), writer.fresh("fours")
        quad = self.quad = Quad(real, *self._touched(members))
        start = len(parent.items)
        writer.begin(at, first, fours, total)
        writer.line(f"{quad.base(writer)} = int64({at}) * {WIDTH}")
        for quad.lane in range(WIDTH):
            self._copy(quad, inside)
        self._spliced(quad)
        self.quad = None
        found = [writer.buffer(s) for s in (*quad.loaded_from, *quad.stored)]
        if not found or quad.lines > LONGEST:
            writer.reset(mark)
            return None
        writer.end(at, step, total)
        count = f"{writer.size(total)} >> 2"
        parent.items[start:start] = [
            f"{fours} = {count}", *(f"{fours} = if_aligned({fours}, {name})" for name in found)
        ]  # fmt: skip
        return f"{fours} * {WIDTH} + int64({first})"

    def _touched(self, members):
        """The storages that may be read by fours, and those that may be written."""
        homes = [self.homes.get(stem(n)) for m in members for n, _ in self.body.reads[m]]
        read = {home.storage for home in homes if isinstance(home, Memory)}
        targets = map(self.places.targets.get, (m.node for m in members))
        written = Counter(home.storage for home in targets if isinstance(home, Memory))
        once = {s for s, n in written.items() if n == 1 and s not in read}
        return read - set(written), once

    def _copy(self, quad, inside):
        """One of the four elements, in a block of its own names."""
        block = Block("", quad.real)
        block.items.append(f"{quad.real.name} = {quad.base(self.writer)} + {quad.lane}")
        self.writer.blocks.append(block)
        inside()
        quad.copies.append(self.writer.blocks.pop())

    def _spliced(self, quad):
        """Loads, the four elements, stores, one after another."""
        into = self.writer.blocks[-1].items
        quad.lines = sum(len(list(block.lines())) for block in quad.copies)
        into += quad.head.items if quad.head else []
        for block in quad.copies:
            into += block.items
        if not quad.stored:
            return
        tail = quad.edge(self.writer)
        self.writer.blocks.append(tail)
        for storage, (home, index, texts) in quad.stored.items():
            place, name = self.place(home, index), self.writer.buffer(storage)
            self.writer.line(f"put_four({name}, {place[len(name) + 1 : -1]}, {', '.join(texts)})")
        into += self.writer.blocks.pop().items

    def _leaf(self, node, index):
        home = self.homes.get(node)
        quad = self.quad
        if (
            quad is None
            or node is self.computed
            or not isinstance(home, Memory)
            or home.storage not in quad.readable
            or not quad.walks(home, index)
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
            quad.head = quad.edge(self.writer)
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
    """Four elements in the making. `loaded`: the names of four, by storage and address."""

    def __init__(self, real, readable, writable):
        self.real, self.readable, self.writable = real, readable, writable
        self.loaded, self.stored, self.copies, self.lane = {}, {}, [], 0
        self.head, self.name, self.lines = None, None, 0

    @property
    def loaded_from(self):
        return dict.fromkeys(storage for storage, _ in self.loaded)

    def base(self, writer):
        """The variable that holds the index of the first."""
        self.name = self.name or writer.fresh("base")
        return self.name

    def edge(self, writer):
        """A block of text about all four: there the loop's variable is that of the first."""
        block = Block("", self.real)
        block.items.append(f"{self.real.name} = {self.base(writer)}")
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
