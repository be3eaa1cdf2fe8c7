"""Threads of a kernel: who one is, waiting for the others, and values of all threads of a block
combined.

A block's combination goes by shuffles inside each warp, then through shared memory between warps,
always in the same order: every thread has the same result, the same every time.
"""

from __future__ import annotations

from contextlib import nullcontext

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.numba import arithmetic
from defn.compilers.numba.buffers import Buffer, element
from defn.compilers.numba.buffers import parts as layout
from defn.compilers.numba.calling import declared

I1, I32, I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)
WARP = 32
SHARED = 3  # the address space
ALL = I32(-1)  # the lanes that take part


def special(builder, name):
    """A special register, as an unsigned number of 64 bits."""
    function = declared(builder, f"llvm.nvvm.read.ptx.sreg.{name}", I32, [])
    return builder.zext(builder.call(function, []), I64)


def asked(emit, result=types.int64):
    """An intrinsic without operands."""

    @intrinsic
    def apply(typing):
        def codegen(context, builder, sig, args):
            return emit(builder)

        return result(), codegen

    return apply


def emit_thread(builder):
    """The number of this thread among all."""
    block = builder.mul(special(builder, "ctaid.x"), special(builder, "ntid.x"))
    return builder.add(block, special(builder, "tid.x"))


def emit_threads(builder):
    """How many threads there are."""
    return builder.mul(special(builder, "nctaid.x"), special(builder, "ntid.x"))


# Counters are unsigned: LLVM then knows no count of trips, and does not divide to unroll.
thread = asked(emit_thread, types.uint64)
threads = asked(emit_threads, types.uint64)
lane = asked(lambda b: special(b, "tid.x"), types.uint64)
lanes = asked(lambda b: special(b, "ntid.x"), types.uint64)
block = asked(lambda b: special(b, "ctaid.x"), types.uint64)
blocks = asked(lambda b: special(b, "nctaid.x"), types.uint64)


@intrinsic
def small(typing, x):
    """A number that fits into 32 bits, in 32 bits."""

    def codegen(context, builder, sig, args):
        return args[0] if args[0].type == I32 else builder.trunc(args[0], I32)

    return types.uint32(x), codegen


@intrinsic
def narrow(typing, x):
    """A size that fits into 32 bits: said so that products of indices need no more."""

    def codegen(context, builder, sig, args):
        return builder.zext(builder.trunc(args[0], I32), I64)

    return types.int64(types.int64), codegen


@intrinsic
def further(typing, at, step):
    """A counter of 32 bits, a step on; an instruction that LLVM does not look into: it then knows no
    count of trips, and does not divide to unroll.
    """

    def codegen(context, builder, sig, args):
        form = ir.FunctionType(I32, [I32, I32])
        step = builder.trunc(args[1], I32)
        return builder.asm(form, "add.u32 $0, $1, $2;", "=r,r,r", [args[0], step], False)

    return types.uint32(types.uint32, types.uint64), codegen


@intrinsic
def below(typing, at, end):
    """Is a counter of 32 bits not at its end yet?"""

    def codegen(context, builder, sig, args):
        return builder.icmp_unsigned("<", *args)

    return types.boolean(types.uint32, types.uint32), codegen


@intrinsic
def barrier(typing):
    """Wait for all threads of the block; what they wrote before is seen after."""

    def codegen(context, builder, sig, args):
        emit_barrier(builder)
        return context.get_dummy_value()

    return types.void(), codegen


def emit_barrier(builder):
    function = declared(builder, "llvm.nvvm.barrier0", ir.VoidType(), [])
    function.attributes.add("convergent")
    builder.call(function, [])


# --- combinations --------------------------------------------------------------------------------


def words(builder, value):
    """A value as words of 32 bits, and how it is put together again."""
    kind = value.type
    if isinstance(kind, ir.LiteralStructType):
        first, join_first = words(builder, builder.extract_value(value, 0))
        second, join_second = words(builder, builder.extract_value(value, 1))
        n = len(first)
        return first + second, lambda ws: arithmetic.pair(
            builder, join_first(ws[:n]), join_second(ws[n:])
        )
    if isinstance(kind, ir.FloatType):
        return [builder.bitcast(value, I32)], lambda ws: builder.bitcast(ws[0], kind)
    if isinstance(kind, ir.DoubleType):
        halves, join = words(builder, builder.bitcast(value, I64))
        return halves, lambda ws: builder.bitcast(join(ws), kind)
    if kind.width == 64:
        low, high = builder.trunc(value, I32), builder.trunc(builder.lshr(value, I64(32)), I32)

        def joined(ws):
            upper = builder.shl(builder.zext(ws[1], I64), I64(32))
            return builder.or_(upper, builder.zext(ws[0], I64))

        return [low, high], joined
    if kind.width == 32:
        return [value], lambda ws: ws[0]
    return [builder.zext(value, I32)], lambda ws: builder.trunc(ws[0], kind)


def shuffled(builder, mode, value, operand, clamp):
    """What another lane of the warp has."""
    found, join = words(builder, value)
    function = declared(builder, f"llvm.nvvm.shfl.sync.{mode}.i32", I32, [I32] * 4)
    function.attributes.add("convergent")
    return join([builder.call(function, [ALL, w, I32(operand), I32(clamp)]) for w in found])


def from_lane(builder, value, distance):
    """The value that the lane at a distance has."""
    return shuffled(builder, "bfly", value, distance, WARP - 1)


@intrinsic(prefer_literal=True)
def from_below(typing, x, distance):
    """The value that so many lanes before this one have; its own, where there are fewer."""
    kind = types.unliteral(x)

    def codegen(context, builder, sig, args):
        return shuffled(builder, "up", args[0], distance.literal_value, 0)

    return kind(kind, distance), codegen


@intrinsic
def from_last(typing, x):
    """The value that the last lane of the warp has."""

    def codegen(context, builder, sig, args):
        return shuffled(builder, "idx", args[0], WARP - 1, WARP - 1)

    return x(x), codegen


def shared(builder, kind, count):
    """Shared memory of so many elements, this kernel's own."""
    module = builder.module
    taken = sum(name.startswith("shared_") for name in module.globals)
    variable = ir.GlobalVariable(
        module, ir.ArrayType(kind, count), f"shared_{taken}_{module.name[-24:]}", SHARED
    )
    variable.linkage, variable.align = "internal", 16
    variable.initializer = ir.Constant(variable.value_type, ir.Undefined)
    return variable


def spot(builder, memory, index):
    return builder.gep(memory, [I32(0), index], inbounds=True)


def combination(emit, combined):
    """`all_...(x, threads)`: the values of all threads of a block, combined; the same for every
    thread. `warps_...(x, threads)`: those of the threads with the same place in their warps.
    """

    @intrinsic(prefer_literal=True)
    def apply(typing, x, size):
        kind, count = types.unliteral(x), size.literal_value

        def codegen(context, builder, sig, args):
            step = lambda x, y: emit(builder, kind, x, y)
            return combined(builder, args[0], count, step)

        return kind(kind, size), codegen

    return apply


def combined(builder, value, count, step):
    distance = min(WARP, count) // 2
    while distance:
        value = step(value, from_lane(builder, value, distance))
        distance //= 2
    return value if count <= WARP else between_warps(builder, value, count // WARP, step)


def between_warps(builder, value, warps, step):
    """Each warp's value through shared memory; every thread combines all, in order."""
    number = builder.trunc(special(builder, "tid.x"), I32)
    mine = builder.lshr(number, I32(5))
    first = builder.icmp_unsigned("==", builder.and_(number, I32(31)), I32(0))
    return through_memory(builder, value, (mine, first), [I32(k) for k in range(warps)], step)


def across_warps(builder, value, count, step):
    """The values of the threads with the same place in their warps, combined in order."""
    number = builder.trunc(special(builder, "tid.x"), I32)
    aside = builder.and_(number, I32(WARP - 1))
    others = [builder.add(aside, I32(k)) for k in range(0, count, WARP)]
    return through_memory(builder, value, (number, None), others, step)


def through_memory(builder, value, own, others, step):
    """A value stored in a place of its own, by those threads that shall; those of others, combined."""
    found, join = words(builder, value)
    place, stores = own
    memories = [shared(builder, I32, WARP * len(others) if stores is None else len(others))
                for _ in found]  # fmt: skip
    with builder.if_then(stores) if stores is not None else nullcontext():
        for memory, word in zip(memories, found, strict=True):
            builder.store(word, spot(builder, memory, place))
    emit_barrier(builder)
    read = lambda k: join([builder.load(spot(builder, m, k)) for m in memories])
    total = read(others[0])
    for k in others[1:]:
        total = step(total, read(k))
    emit_barrier(builder)  # the next combination writes where this one still reads
    return total


# --- shared memory as a buffer -------------------------------------------------------------------


@intrinsic(prefer_literal=True)
def shared_buffer(typing, dtype, count):
    """Shared memory for so many elements, read and written as `x[i]`."""
    kind = element(dtype)
    result = Buffer(kind, -1)

    def codegen(context, builder, sig, args):
        part, each = layout(kind)
        memory = shared(builder, part, each * count.literal_value)
        return builder.addrspacecast(
            builder.bitcast(memory, ir.PointerType(ir.IntType(8), SHARED)),
            ir.IntType(8).as_pointer(),
        )

    return result(dtype, count), codegen


NAMES = {
    "thread": thread, "threads": threads, "lane": lane, "lanes": lanes,
    "from_below": from_below, "from_last": from_last,
    "small": small, "narrow": narrow, "further": further, "below": below,
    "block": block, "blocks": blocks, "barrier": barrier, "shared_buffer": shared_buffer,
}  # fmt: skip
