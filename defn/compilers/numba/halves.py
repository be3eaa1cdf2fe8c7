"""float16 and bfloat16: stored in 16 bits, computed as float32, rounded once, to nearest even.

Values are LLVM's inside; where the processor converts float16 itself, one instruction does.
"""

from __future__ import annotations

import platform

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.numba import symbols

I16, I32, I64 = ir.IntType(16), ir.IntType(32), ir.IntType(64)
HALF, SINGLE, DOUBLE = ir.HalfType(), ir.FloatType(), ir.DoubleType()


class Half(types.Type):
    """The dtype of elements of 16 bits, with what widens and narrows them."""

    bitwidth = 16

    def __init__(self, name, widen, narrow):
        self.widen, self.narrow = widen, narrow
        super().__init__(f"stored {name}")


# --- float16 -------------------------------------------------------------------------------------


def converts_halves():
    """Whether the processor has instructions for float16."""
    if symbols.X86:
        return "+f16c" in symbols.processor()[1].split(",")
    return platform.machine().lower() in ("arm64", "aarch64")


def widen_float16(builder, bits):
    if converts_halves():
        return builder.fpext(builder.bitcast(bits, HALF), SINGLE)
    return widen_float16_by_hand(builder, bits)


def narrow_float16(builder, value):
    if converts_halves():
        return builder.bitcast(builder.fptrunc(value, HALF), I16)
    return narrow_float16_by_hand(builder, value)


def widen_float16_by_hand(builder, bits):
    """Exponent and mantissa move up; the product with 2**112 moves the bias, denormals too."""
    b, wide = builder, builder.zext(bits, I32)
    sign = b.shl(b.and_(wide, I32(0x8000)), I32(16))
    rest = b.shl(b.and_(wide, I32(0x7FFF)), I32(13))
    scaled = b.bitcast(b.fmul(b.bitcast(rest, SINGLE), SINGLE(2.0**112)), I32)
    special = b.icmp_unsigned(">=", rest, I32(0x7C00 << 13))
    magnitude = b.select(special, b.or_(rest, I32(0xFF << 23)), scaled)
    return b.bitcast(b.or_(magnitude, sign), SINGLE)


def narrow_float16_by_hand(builder, value):
    """Normal halves round in the integers, denormal ones by adding 0.5; overflow is inf."""
    b, bits = builder, builder.bitcast(value, I32)
    sign = b.and_(b.lshr(bits, I32(16)), I32(0x8000))
    magnitude = b.and_(bits, I32(0x7FFFFFFF))
    odd = b.and_(b.lshr(magnitude, I32(13)), I32(1))
    rounded = b.add(b.add(magnitude, I32(0xFFF - (112 << 23))), odd)
    normal = b.lshr(rounded, I32(13))
    shifted = b.bitcast(b.fadd(b.bitcast(magnitude, SINGLE), SINGLE(0.5)), I32)
    denormal = b.sub(shifted, I32(0x3F000000))
    result = b.select(b.icmp_unsigned("<", magnitude, I32(0x38800000)), denormal, normal)
    result = b.select(b.icmp_unsigned(">=", magnitude, I32(0x47800000)), I32(0x7C00), result)
    payload = b.or_(I32(0x7E00), b.and_(b.lshr(magnitude, I32(13)), I32(0x3FF)))
    nan = b.icmp_unsigned(">", magnitude, I32(0x7F800000))
    return b.trunc(b.or_(b.select(nan, payload, result), sign), I16)


def toward_odd(builder, value):
    """A float64 as a float32 whose last bit is set where it is not exact.

    A rounding of the result to fewer bits is then the rounding of the float64: once, not twice.
    """
    b, near = builder, builder.fptrunc(value, SINGLE)
    bits, back = b.bitcast(near, I32), b.fpext(near, DOUBLE)
    magnitude = b.bitcast(b.and_(b.bitcast(back, I64), I64(2**63 - 1)), DOUBLE)
    wanted = b.bitcast(b.and_(b.bitcast(value, I64), I64(2**63 - 1)), DOUBLE)
    down = b.zext(b.fcmp_ordered(">", magnitude, wanted), I32)
    odd = b.or_(b.sub(bits, down), I32(1))
    return b.bitcast(b.select(b.fcmp_ordered("!=", back, value), odd, bits), SINGLE)


# --- bfloat16 ------------------------------------------------------------------------------------


def widen_bfloat16(builder, bits):
    return builder.bitcast(builder.shl(builder.zext(bits, I32), I32(16)), SINGLE)


def narrow_bfloat16(builder, value):
    b, bits = builder, builder.bitcast(value, I32)
    odd = b.and_(b.lshr(bits, I32(16)), I32(1))
    rounded = b.lshr(b.add(b.add(bits, I32(0x7FFF)), odd), I32(16))
    quiet = b.or_(b.lshr(b.and_(bits, I32(0x80000000)), I32(16)), I32(0x7FC0))
    return b.trunc(b.select(b.fcmp_unordered("uno", value, value), quiet, rounded), I16)


float16 = Half("float16", widen_float16, narrow_float16)
bfloat16 = Half("bfloat16", widen_bfloat16, narrow_bfloat16)


def rounding(dtype):
    @intrinsic
    def round_value(typing, x):
        """A float32 rounded to the precision of the dtype, as a float32."""

        def codegen(context, builder, sig, args):
            return dtype.widen(builder, dtype.narrow(builder, args[0]))

        return types.float32(types.float32), codegen

    return round_value


round_float16 = rounding(float16)
round_bfloat16 = rounding(bfloat16)
