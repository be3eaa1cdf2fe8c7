"""Fourier transforms of lines, whole vectors at a time, by factors of the length (Stockham's way).

Along a line, the first factor takes vectors and turns them in registers, eight by eight; from there
on the numbers that are transformed alike lie side by side. Eight lines abreast are simpler: a vector
has one number of each. Real and imaginary parts are apart between the factors, and in float64
whatever they come from: NumPy's are, and float32 is rounded once. A real line is a complex one of
half the length: even places are real parts, odd ones imaginary, and what they hide is taken apart at
the end.
"""

from __future__ import annotations

from typing import NamedTuple

from llvmlite import ir
from numba import types
from numba.core.cgutils import for_range_slice
from numba.extending import intrinsic

from defn.compilers.numba.block import turned
from defn.compilers.numba.buffers import parts
from defn.compilers.numba.lanes import Lanes
from defn.compilers.numba.layout import SIDE
from defn.compilers.numba.lines import BEYOND, FORMS, NAMES, passes
from defn.transforms.in_steps.butterflies import BUTTERFLY, Pair

I64, I32, F64 = ir.IntType(64), ir.IntType(32), ir.DoubleType()


# Memory.


ABSENT = "absent"


class Place(NamedTuple):
    """Where numbers are, `step` apart: their parts side by side from `real` on, or apart, or only
    real ones (`ABSENT`)."""

    real: object
    imag: object = None
    step: object = I64(1)


class Memory:
    """Writes the machine's language that reads and writes complex numbers."""

    def __init__(self, builder):
        self.b = builder

    def at(self, pointer, offset):
        return self.b.gep(pointer, [offset])

    def vector(self, pointer, at, lanes):
        kind = ir.VectorType(pointer.type.pointee, lanes)
        return self.b.bitcast(self.at(pointer, at), kind.as_pointer()), kind

    def load(self, pointer, at, lanes=SIDE):
        place, kind = self.vector(pointer, at, lanes)
        found = self.b.load(place, align=bytes_of(kind.element))
        return found if kind.element == F64 else self.b.fpext(found, ir.VectorType(F64, lanes))

    def store(self, value, pointer, at):
        place, kind = self.vector(pointer, at, value.type.count)
        value = value if kind.element == F64 else self.b.fptrunc(value, kind)
        self.b.store(value, place, align=bytes_of(kind.element))

    def chosen(self, x, y, lanes):
        """Lanes of two vectors."""
        lanes = list(lanes)
        return self.b.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, len(lanes)), lanes))

    def spread(self, scalar):
        """A number in every lane."""
        none = ir.Constant(ir.VectorType(F64, SIDE), ir.Undefined)
        one = self.b.insert_element(none, scalar, I32(0))
        return Lanes(self.b, self.chosen(one, none, [0] * SIDE))

    def read(self, place, at):
        """Complex numbers side by side, from the one at a place on."""
        at = self.b.mul(at, place.step)
        if place.imag is ABSENT:
            found = [self.load(place.real, at), ir.Constant(ir.VectorType(F64, SIDE), [0.0] * SIDE)]
        elif place.imag is not None:
            found = [self.load(p, at) for p in place[:2]]
        else:
            both = self.load(place.real, self.b.shl(at, I64(1)), 2 * SIDE)
            found = [self.chosen(both, both, range(k, 2 * SIDE, 2)) for k in range(2)]
        return Pair(*(Lanes(self.b, value) for value in found))

    def write(self, pair, place, at):
        at = self.b.mul(at, place.step)
        if place.imag is not None:
            for value, pointer in zip(pair, place):
                self.store(value.value, pointer, at)
        else:
            both = (k // 2 + k % 2 * SIDE for k in range(2 * SIDE))
            whole = self.chosen(pair.real.value, pair.imag.value, both)
            self.store(whole, place.real, self.b.shl(at, I64(1)))

    def same(self, pointer, at, apart=1):
        """One complex number, of known parts, in all lanes."""
        found = (self.b.load(self.at(pointer, self.b.add(at, I64(k * apart)))) for k in range(2))
        return Pair(*map(self.spread, found))

    def turned(self, pairs):
        """Eight vectors of numbers as those of the first numbers, of the second ones, and so on."""
        sides = [turned([x.value for x in side], self.b) for side in zip(*pairs)]
        return [Pair(*(Lanes(self.b, value) for value in both)) for both in zip(*sides)]

    def steps(self, count, step=1):
        return for_range_slice(self.b, I64(0), I64(count), I64(step))

    def eights(self, count):
        """Eight by eight; the last ones end with what there is, and repeat what is done already."""
        return self.steps(count, SIDE), I64(count - SIDE)

    def below(self, at, last):
        return self.b.select(self.b.icmp_signed("<", at, last), at, last)


def bytes_of(number):
    return 8 if number == F64 else 4


# Passes.


class Line(Memory):
    """The transform of a line of n complex numbers: a part of a kernel. `turns`: its tables."""

    abreast = False

    def __init__(self, builder, n, inverse, turns, room, factor):
        super().__init__(builder)
        self.n, self.inverse, self.turns, self.factor = n, inverse, turns, self.spread(factor)
        self.passes = list(passes(n, self.abreast))
        apart, step = (n + BEYOND) * (SIDE if self.abreast else 1), SIDE if self.abreast else 1
        self.spare = [
            Place(*(self.at(room, I64((2 * k + part) * apart)) for part in (0, 1)), I64(step))
            for k in range(2)
        ]

    def other(self, place):
        """The spare place that is not this one."""
        return self.spare[place is self.spare[0]]

    def transform(self, source, target=None, scaled=True):
        """The passes, from one spare place to the other; without a target, the last stays there."""
        table = self.turns
        for k, each in enumerate(self.passes):
            last = k == len(self.passes) - 1
            to = target if target and last else self.other(source)
            done = self.first if k == 0 and not self.abreast else self.later
            done(each, table, source, to, self.factor if scaled and last else None)
            source, table = to, self.at(table, I64(each.turns))
        return source

    def first(self, each, table, source, target, factor):
        """Vectors along the line."""
        b, apart = self.b, each.apart
        loop, end = self.eights(apart)
        with loop as (begin, _):
            m = self.below(begin, end)
            given = [self.read(source, b.add(m, I64(j * apart))) for j in range(SIDE)]
            found = BUTTERFLY[SIDE](given, self.inverse)
            for u in range(1, SIDE):
                turns = Place(*(self.at(table, I64((2 * (u - 1) + k) * apart)) for k in (0, 1)))
                found[u] = found[u].times(self.read(turns, m))
            for k, pair in enumerate(self.turned(found)):
                self.write(pair, target, b.shl(b.add(m, I64(k)), I64(3)))

    def later(self, each, table, source, target, factor):
        """Numbers side by side, or of lines abreast."""
        b, (radix, _, behind), apart = self.b, each, each.apart
        step = 1 if self.abreast else SIDE
        with self.steps(apart) as (m, _), self.steps(behind, step) as (q, _):
            begin = b.add(b.mul(m, I64(behind)), q)
            given = [self.read(source, b.add(begin, I64(j * apart * behind))) for j in range(radix)]
            begin = b.add(b.mul(m, I64(radix * behind)), q)
            for u, value in enumerate(BUTTERFLY[radix](given, self.inverse)):
                if u and apart > 1:
                    at = b.add(b.mul(m, I64(2 * (radix - 1))), I64(2 * (u - 1)))
                    value = value.times(self.same(table, at))
                value = value.scaled(factor) if factor else value
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
        """From the table of `halving`."""
        first = self.at(self.turns, I64(sum(p.turns for p in self.passes)))
        return self.read(Place(first, self.at(first, I64(self.n + 1))), k)

    def real_forwards(self, source, target):
        """The first half, and the number in the middle, of the transform of a real line."""
        b, found = self.b, self.transform(source, scaled=False)
        for value, pointer in zip(firsts := [b.load(p) for p in found[:2]], found):
            b.store(value, self.at(pointer, I64(self.n)))
        with self.steps(self.n, SIDE) as (k, _):
            x, back = self.read(found, k), self.backwards(found, k)
            whole = x.plus(back).scaled(0.5).plus(x.minus(back).times(self.halves(k)))
            self.write(whole.scaled(self.factor), target, k)
        middle = b.fmul(b.fsub(*firsts), b.extract_element(self.factor.value, I32(0)))
        for k, value in enumerate((middle, ir.Constant(F64, 0.0))):
            self.put(value, target.real, 2 * self.n + k)

    def put(self, value, pointer, at):
        """One number into memory."""
        kind = pointer.type.pointee
        value = value if kind == F64 else self.b.fptrunc(value, kind)
        self.b.store(value, self.at(pointer, I64(at)))

    def number(self, pointer, at):
        """One number from memory."""
        found = self.b.load(self.at(pointer, I64(at)))
        return found if found.type == F64 else self.b.fpext(found, F64)

    def real_backwards(self, source, target):
        """The real line, n / 2 times as large, of such a half of its transform."""
        b, given = self.b, self.spare[0]
        with self.steps(self.n, SIDE) as (k, _):
            x, back = self.read(source, k), self.backwards(source, k)
            self.write(x.plus(back).plus(x.minus(back).times(self.halves(k))), given, k)
        # Of the first number and the one in the middle only the real parts count.
        first, middle = (self.number(source.real, k) for k in (0, 2 * self.n))
        for pointer, value in zip(given, (b.fadd(first, middle), b.fsub(first, middle))):
            b.store(value, pointer)
        self.transform(given, target)


class Abreast(Line):
    """The same of eight lines, a vector for the numbers at one place of each."""

    abreast = True

    def halves(self, k):
        first = self.at(self.turns, I64(sum(p.turns for p in self.passes)))
        return self.same(first, k, self.n + 1)

    def real_forwards(self, source, target=None):
        found = self.transform(source, scaled=False)
        target = target or self.other(found)
        self.write(self.read(found, I64(0)), found, I64(self.n))
        with self.steps(self.n + 1) as (k, _):
            x, back = self.both(found, k)
            whole = x.plus(back).scaled(0.5).plus(x.minus(back).times(self.halves(k)))
            self.write(whole.scaled(self.factor), target, k)
        return target

    def both(self, place, k):
        """The numbers at k, and the conjugates of those at n - k."""
        x, back = self.read(place, k), self.read(place, self.b.sub(I64(self.n), k))
        return x, Pair(back.real, -back.imag)

    def real_backwards(self, source, target=None):
        given = self.other(source)
        with self.steps(self.n) as (k, _):
            x, back = self.both(source, k)
            self.write(x.plus(back).plus(x.minus(back).times(self.halves(k))), given, k)
        first, middle = (self.read(source, I64(k)).real for k in (0, self.n))
        self.write(Pair(first + middle, first - middle), given, I64(0))
        return self.transform(given, target)

    # Lines whose numbers lie side by side.

    def turned_in(self, source, apart, count):
        """Numbers of eight lines that begin so far apart, as vectors."""
        place, (loop, end) = self.spare[1], self.eights(count)
        with loop as (begin, _):
            at = self.below(begin, end)
            starts = [self.b.add(at, self.b.mul(I64(k), apart)) for k in range(SIDE)]
            for k, pair in enumerate(self.turned([self.read(source, s) for s in starts])):
                self.write(pair, place, self.b.add(at, I64(k)))
        return place

    def turned_out(self, place, target, apart, count):
        """Vectors as numbers of such lines."""
        loop, end = self.eights(count)
        with loop as (begin, _):
            at = self.below(begin, end)
            given = [self.read(place, self.b.add(at, I64(k))) for k in range(SIDE)]
            for k, pair in enumerate(self.turned(given)):
                self.write(pair, target, self.b.add(at, self.b.mul(I64(k), apart)))


# What a kernel calls.


class Call:
    """A transform of `n` complex numbers as the word of a kernel: where it reads and writes."""

    def __init__(self, name, kind):
        self.name, self.kind = name, kind
        self.method = {"rfft": "real_forwards", "irfft": "real_backwards"}.get(name, "transform")

    def __call__(self, builder, n, step, places, known, real):
        """`real`: are elements read that are real numbers?"""
        self.alone, (turns, room, at, factor) = real and self.name in ("fft", "ifft"), known
        turns, room = (builder.bitcast(p, F64.as_pointer()) for p in (turns, room))
        room = builder.gep(room, [at])
        made = self.kind(builder, n, self.name[0] == "i", turns, room, factor)
        self.run(made, getattr(made, self.method), step, *places)

    def run(self, made, transform, step, source, target):
        """Of one line."""
        transform(self.given(source), Place(target))

    def given(self, pointer):
        return Place(pointer, ABSENT if self.alone else None)


class Columns(Call):
    """Of eight lines: each number lies beside that of the next line."""

    def run(self, made, transform, step, source, target):
        source, target = (
            self.place(made, p, step, self.name == real)
            for p, real in ((source, "rfft"), (target, "irfft"))
        )
        transform(source._replace(imag=ABSENT) if self.alone else source, target)

    def place(self, made, pointer, step, real):
        """Complex numbers; two elements of a real line are one."""
        if real:
            return Place(pointer, made.at(pointer, step), made.b.shl(step, I64(1)))
        return Place(pointer, None, step)


class Rows(Call):
    """Of eight lines, one after another."""

    def run(self, made, transform, step, source, target):
        counts = [made.n + (self.name == halved) for halved in ("irfft", "rfft")]
        found = transform(made.turned_in(self.given(source), I64(counts[0]), counts[0]))
        made.turned_out(found, Place(target), I64(counts[1]), counts[1])


def word(call):
    """What a kernel calls for it."""
    i = types.int64

    def transform(typing, x, first, y, start, step, turns, room, at, factor, n):
        def codegen(context, builder, sig, args):
            x, first, y, start, step = args[:5]
            places = [place(builder, x, sig.args[0], first), place(builder, y, sig.args[2], start)]
            real = not isinstance(sig.args[0].dtype, types.Complex)
            call(builder, n.literal_value, step, places, args[5:9], real)
            return context.get_dummy_value()

        return types.void(x, i, y, i, i, turns, room, i, types.float64, n), codegen

    return intrinsic(prefer_literal=True)(transform)


def place(builder, pointer, buffer, first):
    """Where the parts of elements are, from the first one on."""
    kind, many = parts(buffer.dtype)
    base = builder.bitcast(pointer, kind.as_pointer())
    return builder.gep(base, [builder.mul(first, I64(many))])


WORDS = {
    name + form: word(call(name, kind))
    for name in NAMES
    for form, call, kind in zip(FORMS, (Call, Rows, Columns), (Line, Abreast, Abreast), strict=True)
}
