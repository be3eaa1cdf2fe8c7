"""A block of a matrix, turned: rows of elements that lie side by side become columns.

Both sides stream: whole vectors are read along one axis and written along the other, and change
places in registers, eight by eight.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core.cgutils import for_range_slice
from numba.extending import intrinsic

from defn.compilers.numba.buffers import BYTES, further, parts
from defn.compilers.numba.calling import begun, call_shared
from defn.compilers.numba.layout import SIDE

I64, I32 = ir.IntType(64), ir.IntType(32)


class Turning:
    """Writes the machine's language that turns `source`, rows `apart`, into `target`: elements of so
    many bits."""

    def __init__(self, builder, bits, align, source, target):
        self.b, self.number, self.align = builder, ir.IntType(bits), align
        self.vector = ir.VectorType(self.number, SIDE)
        (source, self.apart), (target, self.width) = source, target
        self.source, self.target = (
            builder.bitcast(p, self.number.as_pointer()) for p in (source, target)
        )

    def read(self, row, column):
        """Where the element of the result is read."""
        return self.b.gep(self.source, [self.b.add(self.b.mul(column, self.apart), row)])

    def written(self, row, column):
        return self.b.gep(self.target, [self.b.add(self.b.mul(row, self.width), column)])

    def all(self, rows, columns):
        """Squares as far as they go, then what is left, one by one."""
        b, square = self.b, I64(SIDE)
        whole_rows, whole_columns = (b.and_(n, I64(-SIDE)) for n in (rows, columns))
        with for_range_slice(b, I64(0), whole_columns, square) as (column, _):
            with for_range_slice(b, I64(0), whole_rows, square) as (row, _):
                self.square(row, column)
        self.singly(whole_rows, rows, I64(0), columns)
        self.singly(I64(0), whole_rows, whole_columns, columns)

    def singly(self, first_row, rows, first_column, columns):
        b = self.b
        with for_range_slice(b, first_row, rows, I64(1)) as (row, _):
            with for_range_slice(b, first_column, columns, I64(1)) as (column, _):
                found = b.load(self.read(row, column), align=self.align)
                b.store(found, self.written(row, column), align=self.align)

    def square(self, row, column):
        b, pointer = self.b, self.vector.as_pointer()
        places = [self.read(row, b.add(column, I64(k))) for k in range(SIDE)]
        lines = turned([b.load(b.bitcast(p, pointer), align=self.align) for p in places], b)
        for k, line in enumerate(lines):
            place = self.written(b.add(row, I64(k)), column)
            b.store(line, b.bitcast(place, pointer), align=self.align)


def turned(lines, builder):
    """Vectors whose k-th elements are the k-th of these: ever larger corners change places."""
    lines, near = list(lines), 1
    while near < SIDE:
        low = mask(lane if not lane & near else SIDE + lane - near for lane in range(SIDE))
        high = mask(lane + near if not lane & near else SIDE + lane for lane in range(SIDE))
        for k in (k for k in range(SIDE) if not k & near):
            pair = lines[k], lines[k + near]
            lines[k] = builder.shuffle_vector(*pair, low)
            lines[k + near] = builder.shuffle_vector(*pair, high)
        near *= 2
    return lines


def mask(lanes):
    return ir.Constant(ir.VectorType(I32, SIDE), list(lanes))


def module(symbol, bits, align):
    """The module of a function that turns a block: (source, apart, target, width, rows, columns)."""
    builder = begun(symbol, [BYTES, I64, BYTES, I64, I64, I64])
    source, apart, target, width, *sides = builder.function.args
    Turning(builder, int(bits), int(align), (source, apart), (target, width)).all(*sides)
    builder.ret_void()
    return builder.module


@intrinsic
def turn(typing, x, first, apart, y, start, width, rows, columns):
    """y[start + width * i + j] = x[first + apart * j + i] for i below rows, j below columns."""
    i = types.int64

    def codegen(context, builder, sig, args):
        x, first, apart, y, start, width, rows, columns = args
        kind, count = parts(sig.args[0].dtype)
        bytes = context.get_abi_sizeof(kind)
        source, target = (
            further(builder, sig.args[0], x, first),
            further(builder, sig.args[3], y, start),
        )
        given = source, apart, target, width, rows, columns
        call_shared(builder, f"turn_{8 * bytes * count}_{bytes}", given)
        return context.get_dummy_value()

    return types.void(x, i, i, y, i, i, i, i), codegen
