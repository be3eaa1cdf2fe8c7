"""Running reductions of a line by a team of threads: memory is read and written by neighbours side
by side.

A team takes a piece of the line at a time. It reads the piece into shared memory, where each thread
takes several neighbours and runs over them; what the threads before have is passed on by shuffles
inside a warp, through shared memory between warps, and from one piece to the next by a variable that
all threads hold. The order of the operations is always the same.
"""

from __future__ import annotations

from defn import ops
from defn.compilers.cuda.scaled import borders
from defn.compilers.numba.code import WHOLE, computed, identity, literal, step
from defn.compilers.numba.kernel import Block
from defn.compilers.numba.roots import RUNNING, onward
from defn.compilers.numba.schedule import Stage
from defn.compilers.numba.values import Values
from defn.compilers.numba.write import Real

WARP = 32
PAIR = {"float32": "complex64", "float64": "complex128"}  # see `scaled`
EACH = (1, 3, 5, 7)  # neighbours of a thread: odd, so that threads read different banks


def neighbours(size, threads):
    """How many elements of a line of so many a thread takes at a time."""
    return next((n for n in EACH if n * threads >= size), EACH[-1])


def running(node):
    """The operation with which a line is run along."""
    return getattr(ops, node.attrs["kind"]) if node.op is onward else node.op


def divided(stage):
    """The members of a stage that run along a line, and a stage of the others."""
    others = Stage(stage.loops)
    others.members = [m for m in stage.members if m.node.op not in RUNNING]
    return others, [m for m in stage.members if m.node.op in RUNNING]


class Scans(Values):
    """Writes them."""

    def stage_together(self, stage):
        """The inner loops of a stage by all threads of a team: what runs along them comes last."""
        others, running = divided(stage)
        passing = {m.node for m in others.members if self._is_passing(m)}
        kept = len(passing) < len(others.members)
        if kept:
            self._shared_stage(others)
        for node in passing:
            del self.homes[node]  # what runs along the line computes it where it is read
        for m in running:
            if kept:
                self.writer.line("barrier()")  # it may read what they stored
            self.run_together(m)
        self.homes.update(dict.fromkeys(passing))

    def _is_passing(self, m):
        """Is a value a variable of the loop that computes it, and in no memory?"""
        node = m.node
        return not m.reduced and node in self.homes and self.homes[node] is None

    def stage_of_thread(self, stage):
        """The inner loops of a stage by one thread."""
        (m, *_) = stage.members
        if m.node.op is not onward:
            self.stage(stage)
            return
        (loop,) = m.reduced
        self.reals[loop] = Real((loop,))
        self._open(m)
        self.writer.open(f"for {loop.name} in range({self.length_of_line(m)}):", (loop,))
        self._run_on(m, self._term(m))
        self.writer.close()
        del self.sums[m]

    def length_of_line(self, m):
        """The text of how many elements a line has: the last part of one has fewer."""
        (loop,) = m.reduced
        size = self.writer.size(loop.size)
        parts = m.reads[-1][1][0].loops()
        if m.node.op is not onward or not parts:
            return size
        whole = self.writer.size(m.node.shape[m.node.attrs["axis"]])
        return self.assign(
            f"min({size}, {whole} - {parts[0].name} * {size})", self.writer.blocks[-1]
        )

    def _open(self, m, level=None):
        if m.node.op is not onward:
            super()._open(m, level)
            return
        self.sums[m] = self.writer.fresh()
        kind = computed(self._accumulator(m))
        self.writer.line(f"{self.sums[m]} = cast({self._beginning(m)}, {kind})")

    def _beginning(self, m):
        """What a line begins with."""
        if m.node.op is onward:
            return self.value(*m.reads[1])
        kind = self._kind(m)
        return identity(WHOLE.get(kind, kind), self._accumulator(m))

    def _run_on(self, m, text):
        if m.node.op is not onward:
            super()._run_on(m, text)
            return
        total, line = self.sums[m], self.writer.line
        line(f"{total} = {step(running(m.node), self._accumulator(m), total, text)}")
        line(f"{self.place(self._target(m), m.result)} = {total}")

    def run_together(self, m):
        """A running reduction along the line of the team, piece by piece."""
        writer, scan = self.writer, Scan(self, m, self.length_of_line(m))
        carry = writer.fresh()
        writer.line(f"{carry} = {scan.begun(self._beginning(m))}")
        if scan.ends is not None:
            writer.line(f"{scan.ends.carry} = small(0)")
        self.reals[scan.loop] = scan.real
        writer.line(f"{scan.done} = small(0)")
        writer.open(f"while below({scan.done}, small({scan.length})):")
        self._read_piece(scan)
        scan.write_prefixes(carry)
        self._store_piece(scan)
        writer.line(f"{scan.done} = further({scan.done}, uint64({scan.piece}))")
        writer.close()

    def _read_piece(self, scan):
        """The elements of a piece, into shared memory: a thread's own lie apart."""
        into = self.writer.blocks[-1].items
        for k in range(scan.each):
            block = Block("", scan.real)
            self.writer.blocks.append(block)
            text = self._term(scan.member)
            self.writer.line(scan.taken(k, text))
            self.writer.blocks.pop()
            place = f"min_any({scan.place(k)}, {scan.length} - 1)"
            into += [f"{scan.real.name} = {place}", *block.items]

    def _store_piece(self, scan):
        """The results of a piece, from shared memory; the last piece has fewer."""
        m, writer = scan.member, self.writer
        for k in range(scan.each):
            writer.line(f"{scan.real.name} = {scan.place(k)}")
            writer.open(f"if {scan.real.name} < {scan.length}:", scan.real)
            writer.line(f"{self.place(self._target(m), m.result)} = {scan.given(k)}")
            writer.close()
        if scan.each == 1:
            writer.line("barrier()")  # the totals of the next line are written where these are read


class Scan:
    """The names of one running reduction in a text, and its arithmetic. `length` is the text of how
    many elements there are.
    """

    def __init__(self, emitter, member, length):
        self.writer, self.member, self.threads = emitter.writer, member, emitter.threads
        (self.loop,) = member.reduced
        self.real, self.dtype = Real((self.loop,)), emitter._accumulator(member)
        self.scaled = running(member.node) is ops.cumprod and self.dtype.kind == "f"
        self.length, self.each = length, neighbours(self.loop.size, self.threads)
        self.piece = self.each * self.threads
        self.done, self.room, self.totals = map(self.writer.fresh, ("done", "room", "totals"))
        self.names = [self.writer.fresh("v") for _ in range(self.each)]
        self._write_rooms()
        self.ends = Ends(self) if self.scaled else None

    def _write_rooms(self):
        """Shared memory: for a piece, and for the total of each warp."""
        if self.each > 1:
            self.writer.line(f"{self.room} = shared_buffer({self.kind}, {self.piece})")
        if self.threads > WARP:
            self.writer.line(f"{self.totals} = shared_buffer({self.kind}, {self.threads // WARP})")

    @property
    def kind(self):
        """The name of the dtype in which it runs."""
        return PAIR[self.dtype.name] if self.scaled else computed(self.dtype)

    def state(self, text):
        """An element as one of that dtype."""
        return f"scaled({text})" if self.scaled else text

    def begun(self, text):
        """What a line begins with, which may be wider."""
        return f"cast({self.state(text)}, {self.kind})"

    def place(self, k):
        """The place along the line of an element that a thread reads and stores."""
        return f"int64({self.done}) + int64(lane()) + {k * self.threads}"

    def taken(self, k, text):
        """The line that takes such an element."""
        if self.each == 1:
            return f"{self.names[0]} = {self.state(text)}"
        return f"{self.room}[int64(lane()) + {k * self.threads}] = {self.state(text)}"

    def given(self, k):
        """The text of its result."""
        place = f"{self.room}[int64(lane()) + {k * self.threads}]"
        text = self.names[0] if self.each == 1 else place
        return f"unscaled({text})" if self.scaled else text

    def step(self, x, y):
        if self.scaled:
            return f"multiply_scaled({x}, {y})"
        return step(running(self.member.node), self.dtype, x, y)

    def write_prefixes(self, carry):
        """From elements to what has run up to them, `carry` from piece to piece."""
        if self.each > 1:
            self.writer.line("barrier()")
            self._exchange("{name} = {place}")
        self._run(carry)
        if self.ends is not None:
            self.ends.write()
        if self.each > 1:
            self._exchange("{place} = {name}")
            self.writer.line("barrier()")

    def _run(self, carry):
        """The same of what the threads have in hand."""
        line, names = self.writer.line, self.names
        for x, y in zip(names, names[1:]):
            line(f"{y} = {self.step(x, y)}")
        inclusive = self._within_warp(names[-1])
        below = self.writer.fresh("below")
        line(f"{below} = from_below({inclusive}, 1)")
        before = self._between_warps(inclusive, carry)
        inside = "bitwise_and(small(lane()), 31) == 0"
        line(f"{before} = where({inside}, {before}, {self.step(before, below)})")
        for name in names:
            line(f"{name} = {self.step(before, name)}")

    def _exchange(self, form):
        """Between a thread's own neighbours in shared memory and its names."""
        for k, name in enumerate(self.names):
            place = f"{self.room}[int64(lane()) * {self.each} + {k}]"
            self.writer.line(form.format(name=name, place=place))

    def _within_warp(self, total):
        """What has run up to the end of each thread's neighbours, from the beginning of its warp."""
        line, found, other = self.writer.line, self.writer.fresh("sum"), self.writer.fresh("other")
        line(f"{found} = {total}")
        distance = 1
        while distance < WARP:
            line(f"{other} = from_below({found}, {distance})")
            is_in = f"bitwise_and(small(lane()), 31) >= {distance}"
            line(f"{found} = where({is_in}, {self.step(other, found)}, {found})")
            distance *= 2
        return found

    def _between_warps(self, inclusive, carry):
        """What has run up to the beginning of each thread's warp; `carry` is moved to the end."""
        line, before = self.writer.line, self.writer.fresh("before")
        if self.threads == WARP:
            line(f"{before} = {carry}")
            line(f"{carry} = {self.step(carry, f'from_last({inclusive})')}")
            return before
        line("if bitwise_and(small(lane()), 31) == 31:")
        line(f"    {self.totals}[quotient(int64(lane()), 32)] = {inclusive}")
        line("barrier()")
        line(f"{before} = {carry}")
        for k in range(self.threads // WARP):
            line(f"{carry} = {self.step(carry, f'{self.totals}[{k}]')}")
            if k + 1 < self.threads // WARP:
                line(f"{before} = where(small(lane()) >= {(k + 1) * WARP}, {carry}, {before})")
        return before


class Ends(Scan):
    """Which products lie beyond the range, or have one before them that does: the first counts."""

    scaled, kind = False, "uint32"

    def __init__(self, products):
        self.writer, self.threads, self.products = (
            products.writer, products.threads, products.names)  # fmt: skip
        self.dtype, self.kept = products.dtype, products.member.node.dtype
        self.each = 1  # nothing lies in shared memory but the warps' totals
        self.room, self.totals, self.carry = map(self.writer.fresh, ("room", "totals", "end"))
        self.names = [self.writer.fresh("left") for _ in self.products]
        self._write_rooms()

    def step(self, x, y):
        return f"where({x} == small(0), {y}, {x})"

    def write(self):
        """What NumPy's running product has instead."""
        edges = ", ".join(literal(edge, self.dtype) for edge in borders(self.kept))
        for name, product in zip(self.names, self.products):
            self.writer.line(f"{name} = left_range({product}, {edges})")
        self._run(self.carry)
        for name, product in zip(self.names, self.products):
            self.writer.line(f"{product} = stuck({product}, {name})")
