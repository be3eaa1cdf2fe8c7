"""Four neighbours at once: loads and stores of up to 128 bits.

The machine asks that the address of such an access is a multiple of its size. The host looks where
the buffers begin; where one does not suit, it launches another kernel, which has no such accesses.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.numba.buffers import (
    Buffer,
    parts,
    places,
    stored_of,
    value_of,
    value_type,
)

WIDTH = 4  # elements
WIDEST = 16  # bytes of one access
I64 = ir.IntType(64)


def chunks(builder, buffer, pointer, index):
    """Where four elements lie, as the fewest accesses: pointers to vectors."""
    kind, count = parts(buffer.dtype)
    size = kind.width // 8 if isinstance(kind, ir.IntType) else 4 if kind == ir.FloatType() else 8
    lanes = min(WIDTH * count, WIDEST // size)
    first = places(builder, buffer, pointer, index)[0]
    for k in range(0, WIDTH * count, lanes):
        place = builder.gep(first, [I64(k)], inbounds=True)
        vector = ir.VectorType(kind, lanes)
        yield builder.bitcast(place, vector.as_pointer()), vector, lanes * size


@intrinsic
def four(typing, buffer, index):
    """The four elements from an index on, a multiple of four."""
    if not isinstance(buffer, Buffer):
        return None
    result = types.UniTuple(value_type(buffer.dtype), WIDTH)

    def codegen(context, builder, sig, args):
        found = []
        for place, vector, align in chunks(builder, buffer, *args):
            loaded = builder.load(place, align=align)
            found += [
                builder.extract_element(loaded, ir.IntType(32)(k)) for k in range(vector.count)
            ]
        each = parts(buffer.dtype)[1]
        values = [
            value_of(context, builder, buffer.dtype, found[k * each : (k + 1) * each])
            for k in range(WIDTH)
        ]
        return context.make_tuple(builder, result, values)

    return result(buffer, types.int64), codegen


@intrinsic
def put_four(typing, buffer, index, a, b, c, d):
    """Store four elements from an index on, a multiple of four."""
    if not isinstance(buffer, Buffer):
        return None
    kind = value_type(buffer.dtype)

    def codegen(context, builder, sig, args):
        stored = [p for value in args[2:] for p in stored_of(builder, buffer.dtype, value)]
        for place, vector, align in chunks(builder, buffer, *args[:2]):
            whole = ir.Constant(vector, ir.Undefined)
            for k in range(vector.count):
                whole = builder.insert_element(whole, stored.pop(0), ir.IntType(32)(k))
            builder.store(whole, place, align=align)
        return context.get_dummy_value()

    return types.void(buffer, types.int64, kind, kind, kind, kind), codegen


NAMES = {"four": four, "put_four": put_four}
