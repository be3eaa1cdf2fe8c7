"""More arithmetic of kernels: rounding, signs, bits, complex numbers, powers of integers.

As `arithmetic` does, each keeps the type of its operands and has no branch, so that loops
vectorise.
"""

from __future__ import annotations

import cmath
import math

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, register_jitable

from defn.compilers.numba import halves, symbols
from defn.compilers.numba.arithmetic import (
    binary,
    common,
    declared,
    is_complex,
    is_signed,
    less,
    llvm,
    not_equal,
    pair,
    parts,
    unary,
)  # fmt: skip
from defn.compilers.numba.buffers import BYTES, Buffer, element, value_type
from defn.compilers.numba.buffers import parts as layout

I64 = ir.IntType(64)


def of_floats(name):
    """LLVM's operation on floats; other values are what they are."""

    def emit(builder, kind, x):
        return llvm(builder, name, x) if isinstance(kind, types.Float) else x

    return unary(emit)


floor, ceil, trunc, rint = map(of_floats, ("floor", "ceil", "trunc", "rint"))


def emit_sqrt(builder, kind, x):
    return llvm(builder, "sqrt", x)


def emit_copysign(builder, kind, x, y):
    return llvm(builder, "copysign", x, y)


def emit_signbit(builder, kind, x):
    if not isinstance(kind, types.Float):
        return builder.icmp_signed("<", x, x.type(0)) if is_signed(kind) else ir.IntType(1)(0)
    word = ir.IntType(kind.bitwidth)
    return builder.icmp_signed("<", builder.bitcast(x, word), word(0))


def emit_nextafter(builder, kind, x, y):
    name = symbols.scalar("nextafterf" if kind is types.float32 else "nextafter")
    function = declared(builder, name, x.type, [x.type, x.type])
    return builder.call(function, [x, y], attrs=("nounwind", "readnone"))


def emit_bit_count(builder, kind, x):
    if is_signed(kind):
        x = builder.select(builder.icmp_signed("<", x, x.type(0)), builder.neg(x), x)
    small = ir.IntType(8)
    if isinstance(kind, types.Boolean):
        return builder.zext(x, small)
    counted = llvm(builder, "ctpop", x)
    return builder.trunc(counted, small) if x.type.width > 8 else counted


square_root, copysign = unary(emit_sqrt), binary(emit_copysign)
signbit = unary(emit_signbit, result=types.boolean)
nextafter = binary(emit_nextafter)
bit_count = unary(emit_bit_count, result=types.uint8)


# --- complex numbers -----------------------------------------------------------------------------


@intrinsic
def complex_of(typing, x, y):
    """x + y i."""
    kind = common(x, y)
    result = types.complex64 if kind is types.float32 else types.complex128

    def codegen(context, builder, sig, args):
        return pair(builder, *args)

    return result(kind, kind), codegen


def part(k):
    @intrinsic
    def taken(typing, z):
        kind = types.unliteral(z)
        if not is_complex(kind):
            return None

        def codegen(context, builder, sig, args):
            return parts(builder, args[0])[k]

        return kind.underlying_float(kind), codegen

    return taken


real_part, imaginary_part = part(0), part(1)


def emit_conjugate(builder, kind, z):
    if not is_complex(kind):
        return z
    real, imaginary = parts(builder, z)
    return pair(builder, real, builder.fneg(imaginary))


conjugate = unary(emit_conjugate)


# --- bits ----------------------------------------------------------------------------------------


@intrinsic
def bitcast(typing, x, source, dtype):
    """The bits of an element of one dtype, read as an element of another of that width."""
    origin, target = element(source), element(dtype)

    def codegen(context, builder, sig, args):
        return read_as(builder, stored(builder, args[0], origin), target)

    return value_type(target)(value_type(origin), source, dtype), codegen


def stored(builder, value, kind):
    """An element as an integer of its width."""
    if isinstance(kind, halves.Half):
        return kind.narrow(builder, value)
    if isinstance(kind, types.Boolean):
        return builder.zext(value, ir.IntType(8))
    return builder.bitcast(value, ir.IntType(kind.bitwidth))


def read_as(builder, word, kind):
    if isinstance(kind, halves.Half):
        return kind.widen(builder, word)
    if isinstance(kind, types.Boolean):
        return builder.icmp_unsigned("!=", word, word.type(0))
    if isinstance(kind, types.Float):
        return builder.bitcast(word, ir.FloatType() if kind.bitwidth == 32 else ir.DoubleType())
    return word


# --- integers ------------------------------------------------------------------------------------


POSITIVE = 2**63 - 1


@register_jitable
def power_integer(x, y):
    """x multiplied with itself, wrapping; 0 for a negative exponent, unless x is 1 or -1."""
    if y < 0:
        return (x if y & 1 else x * x) if x == 1 or x == -1 else 0
    return power_unsigned(x, y)


@register_jitable
def power_unsigned(x, y):
    """The same for exponents that are the bits of an unsigned integer."""
    result, rest = 1, y
    while rest != 0:
        if rest & 1:
            result = result * x
        x = x * x
        rest = (rest >> 1) & POSITIVE
    return result


@register_jitable
def gcd(x, y):
    """The greatest common divisor, by Euclid."""
    x, y = abs(x), abs(y)
    while y != 0:
        x, y = y, x % y
    return x


# --- sorting -------------------------------------------------------------------------------------


@register_jitable
def sort_line(keys, first, apart, count, order, spare):
    """`order` as the stable order of `count` keys that lie `apart`; what is not a number comes
    last."""
    for i in range(count):
        order[i] = i
    width = 1
    while width < count:
        for low in range(0, count, 2 * width):
            merge(
                keys,
                first,
                apart,
                low,
                min(low + width, count),
                min(low + 2 * width, count),
                order,
                spare,
            )
        for i in range(count):
            order[i] = spare[i]
        width = 2 * width


@register_jitable
def merge(keys, first, apart, low, middle, high, order, spare):
    """Two neighbouring runs of `order`, merged into `spare`."""
    i, j = low, middle
    for k in range(low, high):
        takes = i < middle
        if takes and j < high:
            x, y = keys[first + order[i] * apart], keys[first + order[j] * apart]
            takes = not (less(y, x) or (not_equal(x, x) and not not_equal(y, y)))
        if takes:
            spare[k] = order[i]
            i += 1
        else:
            spare[k] = order[j]
            j += 1


# --- memory that grows ---------------------------------------------------------------------------


@intrinsic(prefer_literal=True)
def elements(typing, address, dtype, scope):
    """The buffer at an address."""
    result = Buffer(element(dtype), scope.literal_value)

    def codegen(context, builder, sig, args):
        return builder.inttoptr(args[0], BYTES)

    return result(types.int64, dtype, scope), codegen


@intrinsic
def address(typing, buffer):
    """Where a buffer begins."""

    def codegen(context, builder, sig, args):
        return builder.ptrtoint(args[0], I64)

    return types.int64(buffer), codegen


@intrinsic
def longer(typing, old, room, each, buffer):
    """A buffer for twice as many values of `each` elements (64 at least), that begins with the old
    one's."""

    def codegen(context, builder, sig, args):
        b, (old, room, each, _) = builder, args
        twice = b.mul(room, I64(2))
        least = b.select(b.icmp_signed("<", twice, I64(64)), I64(64), twice)
        size = b.mul(b.mul(least, each), I64(width(buffer.dtype)))
        symbols.register("realloc")
        function = declared(b, "realloc", BYTES, [BYTES, I64])
        return b.call(function, [b.inttoptr(old, BYTES), size])

    return buffer(types.int64, types.int64, types.int64, buffer), codegen


@intrinsic
def call_back(typing, function, number, args):
    """What a function of Python's returns, called by its address with a number and the kernel's
    table."""

    def codegen(context, builder, sig, args):
        function, number, table = args
        kind = ir.FunctionType(I64, [I64, I64])
        called = builder.inttoptr(function, kind.as_pointer())
        return builder.call(called, [number, builder.ptrtoint(table, I64)])

    return types.int64(types.int64, types.int64, args), codegen


def width(dtype):
    """The bytes of a stored element."""
    kind, count = layout(dtype)
    bits = (
        kind.width if isinstance(kind, ir.IntType) else 32 if isinstance(kind, ir.FloatType) else 64
    )
    return bits // 8 * count


SCALARS = {
    "sort_line": sort_line, "elements": elements, "address": address, "longer": longer,
    "call_back": call_back,
    "floor": floor, "ceil": ceil, "trunc": trunc, "rint": rint, "sqrt": square_root,
    "copysign": copysign, "signbit": signbit, "nextafter": nextafter, "bit_count": bit_count,
    "complex_of": complex_of, "real_part": real_part, "imaginary_part": imaginary_part,
    "conjugate": conjugate, "bitcast": bitcast, "power_integer": power_integer,
    "power_unsigned": power_unsigned, "gcd": gcd,
    "cmath": cmath, "math": math, "complex": complex,
}  # fmt: skip
