"""Additions to memory that many threads make at once."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.numba.arithmetic import is_complex, is_integer, parts
from defn.compilers.numba.buffers import Buffer, places
from defn.compilers.numba.calling import declared

GLOBAL = 1


@intrinsic
def atomic_add(typing, buffer, index, value):
    """Add to an element; the order of additions by many threads is not known."""
    if not isinstance(buffer, Buffer):
        return None
    kind = buffer.dtype

    def codegen(context, builder, sig, args):
        memory, at, value = args
        added = parts(builder, value) if is_complex(kind) else [value]
        for place, part in zip(places(builder, buffer, memory, at), added, strict=True):
            add(builder, place, part, is_integer(kind))
        return context.get_dummy_value()

    return types.void(buffer, types.int64, kind), codegen


def add(builder, place, value, whole):
    if whole:
        builder.atomic_rmw("add", place, value, "monotonic")
        return
    space = ir.PointerType(value.type, GLOBAL)
    kind = "f32" if value.type == ir.FloatType() else "f64"
    name = f"llvm.nvvm.atomic.load.add.{kind}.p1{kind}"
    function = declared(builder, name, value.type, [space, value.type])
    builder.call(function, [builder.addrspacecast(place, space), value])


@intrinsic
def report(typing, status, value):
    """Keep the least number of a failure that any thread meets."""

    def codegen(context, builder, sig, args):
        (place,) = places(builder, status, args[0], ir.IntType(64)(0))
        builder.atomic_rmw("umin", place, builder.trunc(args[1], ir.IntType(32)), "monotonic")
        return context.get_dummy_value()

    return types.void(status, types.int64), codegen


@intrinsic
def atomic_max(typing, buffer, index, value):
    """Keep the larger of an element of int64 and a value."""

    def codegen(context, builder, sig, args):
        (place,) = places(builder, buffer, args[0], args[1])
        builder.atomic_rmw("max", place, args[2], "monotonic")
        return context.get_dummy_value()

    return types.void(buffer, types.int64, types.int64), codegen


NAMES = {"atomic_max": atomic_max, "atomic_add": atomic_add, "report": report}
