"""Fourier transforms of lines, whole vectors at a time, by factors of the length (Stockham's way).

The first factor takes vectors along the line and turns them in registers, eight by eight; from there
on the numbers that are transformed alike lie side by side. Real and imaginary parts are apart between
the factors. A real line is a complex one of half the length: even places are real parts, odd ones
imaginary, and what they hide is taken apart at the end.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.cgutils import for_range_slice
from numba.extending import intrinsic

from defn import ops
from defn.compilers.numba.block import SIDE, turned
from defn.compilers.numba.buffers import parts
from defn.compilers.numba.lanes import Lanes
from defn.compilers.numba.registers import registers
from defn.transforms.in_steps.butterflies import BUTTERFLY, Pair
from defn.transforms.in_steps.fourier import factors, turn

I64, I32 = ir.IntType(64), ir.IntType(32)
BEYOND = 16  # numbers behind each part of a line: the first again, and to be on lines of its own
LEAST, MOST = SIDE * SIDE, 1 << 14  # numbers of a line
LARGEST = 7  # factor


# How a line is done.


class Pass(NamedTuple):
    """One factor: of `left` numbers, `behind` side by side are transformed alike."""

    radix: int
    left: int
    behind: int

    @property
    def apart(self):
        return self.left // self.radix


def passes(n):
    """The passes of a line of n complex numbers."""
    left, behind = n, 1
    for radix in (SIDE, *factors(n // SIDE)):
        yield Pass(radix, left, behind)
        left, behind = left // radix, behind * radix


def tables(n, inverse):
    """The numbers by which the results of each pass are turned, in the order in which they are read."""
    for radix, left, behind in passes(n):
        many = np.outer(np.arange(1, radix), np.arange(left // radix))
        found = np.stack([(t := turn(many, left, inverse)).real, t.imag], axis=1)
        yield found if behind == 1 else np.moveaxis(found, 2, 0)


def halving(n, inverse):
    """What the transform of a real line of 2 n numbers needs besides."""
    found = turn(np.arange(n), 2 * n, inverse) * (1j if inverse else -0.5j)
    return np.stack([found.real, found.imag])


def turns(name, n):
    """All tables of a transform as one line of numbers."""
    inverse = name in ("ifft", "irfft")
    more = [halving(n, inverse)] if name in ("rfft", "irfft") else []
    return np.concatenate([t.ravel() for t in (*tables(n, inverse), *more)])


def room(n):
    """Real numbers that a line needs on its way."""
    return 4 * (n + BEYOND)


# Memory.


class Place(NamedTuple):
    """Where complex numbers are: parts side by side from `real` on, or apart."""

    real: object
    imag: object = None


class Line:
    """Writes the machine's language of the transform of a line of n complex numbers."""

    def __init__(self, builder, number, n, inverse, turns, room):
        self.b, self.number, self.n, self.inverse, self.turns = builder, number, n, inverse, turns
        self.bytes = 4 if number == ir.FloatType() else 8
        starts = (self.at(room, I64(k * (n + BEYOND))) for k in range(4))
        self.spare = [Place(next(starts), next(starts)) for _ in range(2)]

    def at(self, pointer, offset):
        return self.b.gep(pointer, [offset])

    def sum(self, first, *more):
        for each in more:
            first = self.b.add(first, each)
        return first

    def vector(self, pointer, at, lanes):
        kind = ir.VectorType(self.number, lanes)
        return self.b.bitcast(self.at(pointer, at), kind.as_pointer())

    def load(self, pointer, at, lanes):
        return self.b.load(self.vector(pointer, at, lanes), align=self.bytes)

    def store(self, value, pointer, at):
        self.b.store(value, self.vector(pointer, at, value.type.count), align=self.bytes)

    def chosen(self, x, y, lanes):
        """Lanes of two vectors."""
        lanes = list(lanes)
        return self.b.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, len(lanes)), lanes))

    def read(self, place, at, lanes=SIDE):
        """Complex numbers from a place on."""
        if place.imag is not None:
            found = [self.load(p, at, lanes) for p in place]
        else:
            both = self.load(place.real, self.b.shl(at, I64(1)), 2 * lanes)
            found = [self.chosen(both, both, range(k, 2 * lanes, 2)) for k in range(2)]
        return Pair(*(Lanes(self.b, value) for value in found))

    def write(self, pair, place, at):
        if place.imag is not None:
            for value, pointer in zip(pair, place):
                self.store(value.value, pointer, at)
        else:
            lanes = pair.real.kind.count
            both = (k // 2 + k % 2 * lanes for k in range(2 * lanes))
            whole = self.chosen(pair.real.value, pair.imag.value, both)
            self.store(whole, place.real, self.b.shl(at, I64(1)))

    def same(self, pointer, at, lanes):
        """One complex number in all lanes."""
        found = (self.b.load(self.at(pointer, I64(at + k))) for k in range(2))
        return Pair(*(self.spread(value, lanes) for value in found))

    def spread(self, scalar, lanes):
        none = ir.Constant(ir.VectorType(self.number, lanes), ir.Undefined)
        one = self.b.insert_element(none, scalar, I32(0))
        return Lanes(self.b, self.chosen(one, none, [0] * lanes))

    def steps(self, count, step):
        return for_range_slice(self.b, I64(0), I64(count), I64(step))

    # Passes.

    def transform(self, source, target):
        """The passes, from one spare place to the other; without a target, the last stays there.
        What is in the second one at first may be the source."""
        *before, last = enumerate(passes(self.n))
        for k, each in (*before, last):
            to = target if target and k == last[0] else self.spare[k % 2]
            if k == 0:
                self.first(each, source, to)
            else:
                self.later(each, source, to)
            self.turns = self.at(self.turns, I64(2 * (each.radix - 1) * each.apart))
            source = to
        return source

    def first(self, each, source, target):
        """Vectors along the line; the last one ends with it, and repeats what is done already."""
        b, apart = self.b, each.apart
        with self.steps(apart, SIDE) as (begin, _):
            last = I64(apart - SIDE)
            m = b.select(b.icmp_signed("<", begin, last), begin, last)
            given = [self.read(source, b.add(m, I64(j * apart))) for j in range(SIDE)]
            found = BUTTERFLY[SIDE](given, self.inverse)
            for u in range(1, SIDE):
                pair = Place(*(self.at(self.turns, I64((2 * (u - 1) + k) * apart)) for k in (0, 1)))
                found[u] = found[u].times(self.read(pair, m))
            sides = [turned([x.value for x in side], b) for side in zip(*found)]
            for k, lines in enumerate(zip(*sides)):
                pair = Pair(*(Lanes(b, value) for value in lines))
                self.write(pair, target, b.shl(b.add(m, I64(k)), I64(3)))

    def later(self, each, source, target):
        """Numbers side by side."""
        b, (radix, _, behind), apart = self.b, each, each.apart
        lanes = registers().size // self.bytes
        lanes = lanes if behind % lanes == 0 else SIDE
        with self.steps(apart, 1) as (m, _), self.steps(behind, lanes) as (q, _):
            begin = self.sum(b.mul(m, I64(behind)), q)
            given = [
                self.read(source, b.add(begin, I64(j * apart * behind)), lanes)
                for j in range(radix)
            ]
            table = self.at(self.turns, b.mul(m, I64(2 * (radix - 1))))
            begin = self.sum(b.mul(m, I64(radix * behind)), q)
            for u, value in enumerate(BUTTERFLY[radix](given, self.inverse)):
                if u and apart > 1:
                    value = value.times(self.same(table, 2 * (u - 1), lanes))
                self.write(value, target, b.add(begin, I64(u * behind)))

    # Real lines.

    def backwards(self, place, k):
        """The conjugates of the numbers that end at n - k, last first."""
        found = self.read(place, self.b.sub(I64(self.n - SIDE + 1), k))
        real, imag = (
            Lanes(self.b, self.chosen(x.value, x.value, reversed(range(SIDE)))) for x in found
        )
        return Pair(real, -imag)

    def halves(self, k):
        """The table of `halving`."""
        return self.read(Place(self.turns, self.at(self.turns, I64(self.n))), k)

    def real_forwards(self, source, target):
        """The first half, and the one number in the middle, of the transform of a real line."""
        b, found = self.b, self.transform(source, None)
        firsts = [b.load(p) for p in found]
        for value, pointer in zip(firsts, found):
            b.store(value, self.at(pointer, I64(self.n)))
        with self.steps(self.n, SIDE) as (k, _):
            x, back = self.read(found, k), self.backwards(found, k)
            whole = x.plus(back).scaled(0.5).plus(x.minus(back).times(self.halves(k)))
            self.write(whole, target, k)
        middle = b.fsub(*firsts), ir.Constant(self.number, 0.0)
        for k, value in enumerate(middle):
            b.store(value, self.at(target.real, I64(2 * self.n + k)))

    def real_backwards(self, source, target):
        """The real line, n / 2 times as large, of such a half of its transform."""
        b, given, table = self.b, self.spare[1], self.turns
        self.turns = self.at(table, I64(sum(2 * (p.radix - 1) * p.apart for p in passes(self.n))))
        with self.steps(self.n, SIDE) as (k, _):
            x, back = self.read(source, k), self.backwards(source, k)
            self.write(x.plus(back).plus(x.minus(back).times(self.halves(k))), given, k)
        # Of the first number and the one in the middle only the real parts count.
        first, middle = (b.load(self.at(source.real, I64(k))) for k in (0, 2 * self.n))
        for pointer, value in zip(given, (b.fadd(first, middle), b.fsub(first, middle))):
            b.store(value, pointer)
        self.turns = table
        self.transform(given, target)


def word(name):
    """What a kernel calls to transform one line."""
    i = types.int64
    write = {"rfft": Line.real_forwards, "irfft": Line.real_backwards}.get(name, Line.transform)

    def lines(typing, x, first, y, start, turns, room, at, n):
        def codegen(context, builder, sig, args):
            x, first, y, start, turns, room, at = args[:7]
            kind, _ = parts(sig.args[4].dtype)
            x, y, turns, room = (builder.bitcast(p, kind.as_pointer()) for p in (x, y, turns, room))
            each = [I64(parts(sig.args[k].dtype)[1]) for k in (0, 2)]
            line = Line(builder, kind, n.literal_value, name[0] == "i", turns, builder.gep(room, [at]))
            places = (
                Place(builder.gep(p, [builder.mul(begin, many)]))
                for p, begin, many in zip((x, y), (first, start), each)
            )
            write(line, *places)
            return context.get_dummy_value()

        return types.void(x, i, y, i, turns, room, i, n), codegen

    return intrinsic(prefer_literal=True)(lines)


WORDS = {name: word(name) for name in ("fft", "ifft", "rfft", "irfft")}


# Kernels.

TEXT = """\
def kernel(start, stop, args):
    wide()
    x = buffer(args, 0, {source})
    y = buffer(args, 1, {target})
    turns = buffer(args, 2, {real})
    room = buffer(args, 3, {real})
    chunk = size(args, 4)
    for line in range(start, stop):
        {name}(x, line * {given}, y, line * {found}, turns, room, start // chunk * {room}, {n})
    return 0
"""


class Lines(NamedTuple):
    """The transforms of lines: the name of each, and its complex numbers."""

    name: str
    n: int
    text: str
    count: int
    work: int


def lines(node):
    """How a transform is done here, or None where NumPy does it."""
    if node.op not in (ops.fft, ops.rfft, ops.irfft) or not prod(node.shape):
        return None
    attrs, (x,) = node.attrs, node.args
    name = ("ifft" if attrs["inverse"] else "fft") if node.op is ops.fft else str(node.op)
    axes = attrs.get("axes") or (attrs["axis"],)
    n = x.shape[-1] if node.op is not ops.irfft else attrs["n"]
    if node.op is not ops.fft:
        n, odd = divmod(n, 2)
        if odd:
            return None
    if axes != (len(x.shape) - 1,) or not fits(n) or node.dtype.char not in "fdFD":
        return None
    text = TEXT.format(
        source=x.dtype, target=node.dtype, real=real(node), name=name, room=room(n),
        given=x.shape[-1], found=node.shape[-1], n=n,
    )  # fmt: skip
    count = prod(node.shape[:-1])
    return Lines(name, n, text, count, count * n * 5 * n.bit_length())


def real(node):
    """The dtype of the parts of a transform's numbers."""
    return np.dtype(node.dtype.char.lower())


def fits(n):
    """Is a line of so many numbers transformed here?"""
    return n % SIDE == 0 and LEAST <= n <= MOST and max(factors(n)) <= max(LARGEST, SIDE)
