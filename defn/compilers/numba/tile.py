"""One tile of a skinny product, in LLVM's language: its sums never leave the registers."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.numba.buffers import BYTES, further
from defn.compilers.numba.calling import begun, call_shared, declared
from defn.compilers.numba.registers import registers

I64, I32, I1 = ir.IntType(64), ir.IntType(32), ir.IntType(1)
NUMBER = {types.float32: ir.FloatType(), types.float64: ir.DoubleType()}


class Tile:
    """Writes the machine's language of one tile of `rows` by `columns`."""

    def __init__(self, builder, dtype, rows, columns, there):
        self.b, self.rows, self.columns, self.there = builder, rows, columns, there
        self.number = NUMBER[dtype]
        self.align = dtype.bitwidth // 8
        self.width = registers().size // self.align
        self.vector = ir.VectorType(self.number, self.width)
        self.zero = ir.Constant(self.vector, [0.0] * self.width)
        self.starts = range(0, columns, self.width)

    def place(self, pointer, offset, kind=None):
        base = self.b.bitcast(pointer, self.number.as_pointer())
        found = self.b.gep(base, [offset])
        return self.b.bitcast(found, kind.as_pointer()) if kind else found

    def mask(self, start):
        """The lanes that hold columns, or None where all do."""
        inside = [int(start + lane < self.columns) for lane in range(self.width)]
        kind = ir.VectorType(I1, self.width)
        return None if all(inside) else ir.Constant(kind, inside)

    def row_of(self, row):
        """A row that is there: the last one instead of one beyond it."""
        row, last = I64(row), self.b.sub(self.there, I64(1))
        return self.b.select(self.b.icmp_signed("<", row, self.there), row, last)

    def masked(self, name, result, *args):
        suffix = f"v{self.width}f{8 * self.align}"
        function = declared(
            self.b, f"llvm.masked.{name}.{suffix}.p0", result, [a.type for a in args]
        )
        return self.b.call(function, args)

    def load(self, pointer, offset, start):
        place = self.place(pointer, offset, self.vector)
        mask = self.mask(start)
        if mask is None:
            return self.b.load(place, align=self.align)
        return self.masked("load", self.vector, place, I32(self.align), mask, self.zero)

    def store(self, value, pointer, offset, start):
        place = self.place(pointer, offset, self.vector)
        mask = self.mask(start)
        if mask is None:
            self.b.store(value, place, align=self.align)
        else:
            self.masked("store", ir.VoidType(), value, place, I32(self.align), mask)

    def spread(self, scalar):
        """A number in every lane."""
        none = ir.Constant(self.vector, ir.Undefined)
        lanes = ir.Constant(ir.VectorType(I32, self.width), [0] * self.width)
        return self.b.shuffle_vector(self.b.insert_element(none, scalar, I32(0)), none, lanes)

    def fma(self, x, y, total):
        name = f"llvm.fma.v{self.width}f{8 * self.align}"
        function = declared(self.b, name, self.vector, [self.vector] * 3)
        return self.b.call(function, [x, y, total])

    def products(self, left, right, low, high):
        """The sums over the inner axis from low up to high, row by row, in registers."""
        b, before = self.b, self.b.block
        loop, done = b.append_basic_block("inner"), b.append_basic_block("done")
        b.branch(loop)
        b.position_at_end(loop)
        k = b.phi(I64)
        sums = [[b.phi(self.vector) for _ in self.starts] for _ in range(self.rows)]
        new = self.one_step(left, right, k, sums)
        following = b.add(k, I64(1))
        k.add_incoming(low, before)
        k.add_incoming(following, b.block)
        for total, value in zip(flat(sums), flat(new), strict=True):
            total.add_incoming(self.zero, before)
            total.add_incoming(value, b.block)
        b.cbranch(b.icmp_signed("<", following, high), loop, done)
        b.position_at_end(done)
        return new

    def one_step(self, left, right, k, sums):
        vectors = [self.load(right[0], self.offset(right, k, s), s) for s in self.starts]
        new = []
        for row, totals in enumerate(sums):
            place = self.b.add(self.offset(left, k), self.b.mul(left[2], self.row_of(row)))
            x = self.spread(self.b.load(self.place(left[0], place)))
            new.append([self.fma(x, y, t) for y, t in zip(vectors, totals, strict=True)])
        return new

    def offset(self, operand, k, start=0):
        """Where step k of an operand (pointer, first, row stride, inner stride) begins."""
        b = self.b
        return b.add(b.add(operand[1], b.mul(k, operand[3])), I64(start))

    def write(self, sums, out, first_block):
        """The sums into the result, or onto it where they are not the first."""
        with self.b.if_else(first_block) as (alone, onto):
            with alone:
                self.write_rows(sums, out, lambda total, place, start: total)
            with onto:
                self.write_rows(
                    sums,
                    out,
                    lambda total, place, start: self.b.fadd(self.load(out[0], place, start), total),
                )

    def write_rows(self, sums, out, value):
        """A value for each vector of the rows that are there."""
        for row, totals in enumerate(sums):
            with self.b.if_then(self.b.icmp_signed("<", I64(row), self.there)):
                first = self.b.add(out[1], self.b.mul(out[2], I64(row)))
                for start, total in zip(self.starts, totals, strict=True):
                    place = self.b.add(first, I64(start))
                    self.store(value(total, place, start), out[0], place, start)


def module(symbol, number, rows, columns):
    """The module of a function that does a tile: (a, ai, ak, b, bk, c, ci, low, high, there)."""
    builder = begun(symbol, [BYTES, I64, I64, BYTES, I64, BYTES, *[I64] * 4])
    a, ai, ak, b, bk, c, ci, low, high, there = builder.function.args
    made = Tile(builder, getattr(types, number), int(rows), int(columns), there)
    sums = made.products((a, I64(0), ai, ak), (b, I64(0), None, bk), low, high)
    made.write(sums, (c, I64(0), ci), builder.icmp_signed("==", low, I64(0)))
    builder.ret_void()
    return builder.module


def flat(rows):
    return [value for row in rows for value in row]


@intrinsic(prefer_literal=True)
def tile(typing, a, a0, ai, ak, b, b0, bk, c, c0, ci, low, high, there, rows, columns):
    """c[i, j] = the sum of a[i, k] * b[k, j] over k from low up to high; += where low > 0.

    a0, b0, c0 are where the operands begin, ai, ak, bk, ci their strides; rows, columns literals.
    Only so many rows are there: the others are neither read nor written.
    """
    i = types.int64
    sig = types.void(a, i, i, i, b, i, i, c, i, i, i, i, i, rows, columns)

    def codegen(context, builder, sig, args):
        a, a0, ai, ak, b, b0, bk, c, c0, ci, low, high, there = args[:13]
        places = ((sig.args[0], a, a0), (sig.args[4], b, b0), (sig.args[7], c, c0))
        a, b, c = (further(builder, *place) for place in places)
        symbol = f"tile_{sig.args[0].dtype}_{rows.literal_value}_{columns.literal_value}"
        call_shared(builder, symbol, (a, ai, ak, b, bk, c, ci, low, high, there))
        return context.get_dummy_value()

    return sig, codegen
