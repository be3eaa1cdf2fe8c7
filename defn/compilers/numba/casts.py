"""`cast(x, dtype)`: what NumPy's `astype` gives, for every pair of dtypes.

A float that is nan or outside an integer's range has no value in C. NumPy gives what its compiled
loop gives: on x86 the "indefinite" integer (the most negative of 32 or 64 bits, cut to the width),
on ARM the nearest integer and 0 for nan. Each is kept here, without a branch. One case is NumPy's
own secret: a uint32 from outside of -2**31 to 2**32 depends on whether its vector loop or its
scalar one came by; here it is always the vector loop's.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.numba import halves, symbols
from defn.compilers.numba.arithmetic import is_complex, is_integer, is_signed, pair, parts
from defn.compilers.numba.buffers import element, value_type

I32, I64 = ir.IntType(32), ir.IntType(64)
SINGLE, DOUBLE = ir.FloatType(), ir.DoubleType()


@intrinsic
def cast(typing, x, dtype):
    """`x` as an element of a dtype (a float16 or bfloat16: rounded, as a float32)."""
    source, target = types.unliteral(x), element(dtype)

    def codegen(context, builder, sig, args):
        return converted(builder, args[0], source, target)

    return value_type(target)(source, dtype), codegen


def converted(builder, value, source, target):
    """An LLVM value of one Numba type as another."""
    if source == target:
        return value
    if is_complex(source):
        return from_complex(builder, value, source, target)
    if is_complex(target):
        real = converted(builder, value, source, target.underlying_float)
        return pair(builder, real, real.type(0.0))
    if isinstance(target, types.Boolean):
        return truth(builder, value, source)
    if isinstance(target, halves.Half):
        return to_half(builder, value, source, target)
    if isinstance(target, types.Float):
        return to_float(builder, value, source, target)
    return to_integer(builder, value, source, target)


def from_complex(builder, value, source, target):
    real, imaginary = parts(builder, value)
    inner = source.underlying_float
    if is_complex(target):
        outer = target.underlying_float
        return pair(builder, *(converted(builder, p, inner, outer) for p in (real, imaginary)))
    if isinstance(target, types.Boolean):
        return builder.or_(*(truth(builder, part, inner) for part in (real, imaginary)))
    return converted(builder, real, inner, target)


def truth(builder, value, source):
    if isinstance(source, types.Boolean):
        return value
    if isinstance(source, types.Float):
        return builder.fcmp_unordered("!=", value, value.type(0.0))
    return builder.icmp_unsigned("!=", value, value.type(0))


def to_float(builder, value, source, target):
    kind = DOUBLE if target is types.float64 else SINGLE
    if is_integer(source) or isinstance(source, types.Boolean):
        return (builder.sitofp if is_signed(source) else builder.uitofp)(value, kind)
    if value.type == kind:
        return value
    return (builder.fpext if kind == DOUBLE else builder.fptrunc)(value, kind)


def to_half(builder, value, source, target):
    """Rounded once from a float64 to a float16; NumPy goes through float32 for all the rest."""
    if source is types.float64 and target is halves.float16:
        single = halves.toward_odd(builder, value)
    else:
        single = to_float(builder, value, source, types.float32)
    return target.widen(builder, target.narrow(builder, single))


def to_integer(builder, value, source, target):
    if isinstance(source, types.Float):
        return float_to_integer(builder, value, target)
    kind = ir.IntType(target.bitwidth)
    if value.type.width >= kind.width:
        return builder.trunc(value, kind) if value.type.width > kind.width else value
    return (builder.sext if is_signed(source) else builder.zext)(value, kind)


# --- floats to integers --------------------------------------------------------------------------


def float_to_integer(builder, value, target):
    return (indefinite if symbols.X86 else nearest)(builder, value, target)


def nearest(builder, value, target):
    """As ARM's instructions: the nearest integer there is, 0 for nan."""
    kind = ir.IntType(max(target.bitwidth, 32))
    sign = "s" if target.signed else "u"
    number = {"float": "f32", "double": "f64"}[str(value.type)]
    name = f"llvm.fpto{sign}i.sat.i{kind.width}.{number}"
    function = builder.module.globals.get(name) or ir.Function(
        builder.module, ir.FunctionType(kind, [value.type]), name
    )
    wide = builder.call(function, [value])
    return builder.trunc(wide, ir.IntType(target.bitwidth)) if target.bitwidth < 32 else wide


def indefinite(builder, value, target):
    """As x86's instructions for signed integers of 32 and of 64 bits."""
    kind = I64 if target.bitwidth == 64 else I32
    if not target.signed and target.bitwidth >= 32:
        return unsigned(builder, value, kind)
    return cut(builder, signed(builder, value, kind), target)


def cut(builder, value, target):
    kind = ir.IntType(target.bitwidth)
    return value if value.type == kind else builder.trunc(value, kind)


def signed(builder, value, kind):
    """The integer towards zero, or the most negative one where there is none."""
    b, edge = builder, 2.0 ** (kind.width - 1)
    # A float32 holds no integer between -2**31 and the next below; a float64 does.
    low = -edge if (str(value.type), kind.width) != ("double", 32) else -edge - 1
    above = b.fcmp_ordered(">=" if low == -edge else ">", value, value.type(low))
    inside = b.and_(above, b.fcmp_ordered("<", value, value.type(edge)))
    harmless = b.select(inside, value, value.type(0.0))
    return b.select(inside, b.fptosi(harmless, kind), kind(-(2 ** (kind.width - 1))))


def unsigned(builder, value, kind):
    """From the middle of the range up, what lies above it, with the top bit turned."""
    b, edge = builder, value.type(2.0 ** (kind.width - 1))
    high = b.fcmp_ordered(">=", value, edge)
    moved = b.select(high, b.fsub(value, edge), value)
    return b.xor(signed(b, moved, kind), b.select(high, kind(-(2 ** (kind.width - 1))), kind(0)))
