"""Products that leave the range of their dtype on the way: a number as a mantissa and an exponent.

A thread's product of a few elements may be too small or too large for a float where the product from
the beginning of the line is not. So a running product is one of pairs: (mantissa, exponent) in the
places of a complex number's parts. Zero, infinity and nan are mantissas of their own.

Where the product from the beginning leaves the range, NumPy's is zero or infinite from there on. So
who first `left` the range, and at which end, is passed on along the line, too.
"""

from __future__ import annotations

import math

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.numba import arithmetic
from defn.compilers.numba.arithmetic import pair, parts
from defn.compilers.numba.calling import declared
from defn.numpy.composite import limits

# bits of the mantissa, of the exponent, and what the exponent of 1 is stored as
FORM = {32: (23, 8, 127), 64: (52, 11, 1023)}
WHOLE = ir.IntType(32)
LIFT = 64  # subnormal numbers are multiplied by two to this power, to be normal
FAR = 1 << 16  # exponents beyond are all the same: zero or infinity
COMPLEX = {types.float32: types.complex64, types.float64: types.complex128}


def emit_scaled(builder, kind, x):
    """A float as a pair; the mantissa is 1 or more, and less than 2."""
    b, width = builder, kind.bitwidth
    digits, size, bias = FORM[width]
    word, mask = ir.IntType(width), ((1 << size) - 1) << digits
    field = lambda value: b.lshr(b.and_(b.bitcast(value, word), word(mask)), word(digits))
    little = b.icmp_unsigned("==", field(x), word(0))
    lifted = b.select(little, b.fmul(x, x.type(2.0**LIFT)), x)
    stored = field(lifted)
    plain = b.and_(
        b.icmp_unsigned("!=", stored, word(0)),
        b.icmp_unsigned("!=", stored, word((1 << size) - 1)),
    )
    bits = b.and_(b.bitcast(lifted, word), word(((1 << width) - 1) ^ mask))
    mantissa = b.bitcast(b.or_(bits, word(bias << digits)), x.type)
    whole = b.trunc(stored, WHOLE) if width > 32 else stored
    exponent = b.sitofp(b.sub(whole, WHOLE(bias)), x.type)
    exponent = b.fsub(exponent, b.select(little, x.type(float(LIFT)), x.type(0.0)))
    return pair(b, b.select(plain, mantissa, lifted), b.select(plain, exponent, x.type(0.0)))


def emit_multiply(builder, kind, x, y):
    """The product of two such pairs."""
    b, (a, c), (d, e) = builder, parts(builder, x), parts(builder, y)
    product, exponent = b.fmul(a, d), b.fadd(c, e)
    zero = product.type(0.0)
    size = b.select(b.fcmp_ordered("<", product, zero), b.fsub(zero, product), product)
    large = b.fcmp_ordered(">=", size, product.type(2.0))
    halved = b.select(large, b.fmul(product, product.type(0.5)), product)
    return pair(b, halved, b.select(large, b.fadd(exponent, product.type(1.0)), exponent))


def emit_unscaled(builder, z):
    """A pair as a float."""
    b, (mantissa, exponent) = builder, parts(builder, z)
    kind = mantissa.type
    for sign, far in ((">", FAR), ("<", -FAR)):
        exponent = b.select(
            b.fcmp_ordered(sign, exponent, kind(float(far))), kind(float(far)), exponent
        )
    name = f"__nv_ldexp{'f' if kind == ir.FloatType() else ''}"
    function = declared(b, name, kind, [kind, WHOLE])
    return b.call(function, [mantissa, b.fptosi(exponent, WHOLE)])


def emit_left(builder, z, least, most):
    """Where a pair lies beyond a range: 1 if it is too small, 2 if too large, else 0."""
    b, (mantissa, _), value = builder, parts(builder, z), emit_unscaled(builder, z)
    zero, infinite = value.type(0.0), value.type(math.inf)
    size = lambda x: b.select(b.fcmp_ordered("<", x, zero), b.fsub(zero, x), x)
    small = b.and_(b.fcmp_ordered("<=", size(value), least), b.fcmp_ordered("!=", mantissa, zero))
    large = b.and_(
        b.fcmp_ordered(">=", size(value), most), b.fcmp_ordered("!=", size(mantissa), infinite)
    )
    return b.select(small, WHOLE(1), b.select(large, WHOLE(2), WHOLE(0)))


def emit_stuck(builder, z, left):
    """A pair, of which an earlier one, or it, left the range: zero or infinity, unless it is nan."""
    b, (mantissa, exponent) = builder, parts(builder, z)
    zero, infinite = mantissa.type(0.0), mantissa.type(math.inf)
    inside = b.icmp_unsigned("==", left, WHOLE(0))
    edge = b.fmul(mantissa, b.select(b.icmp_unsigned("==", left, WHOLE(1)), zero, infinite))
    return pair(b, b.select(inside, mantissa, edge), b.select(inside, exponent, zero))


@intrinsic
def left_range(typing, z, least, most):
    def codegen(context, builder, sig, args):
        return emit_left(builder, *args)

    return types.uint32(z, least, most), codegen


@intrinsic
def stuck(typing, z, left):
    def codegen(context, builder, sig, args):
        return emit_stuck(builder, *args)

    return z(z, types.uint32), codegen


def borders(dtype):
    """The largest number that is rounded to zero, and the smallest to infinity."""
    if dtype.itemsize > 2:
        return 0.0, math.inf
    known = limits(dtype)
    half = 2.0 ** (known.maxexp - 2) * float(
        known.eps
    )  # of a unit in the last place of the largest
    return float(known.smallest_subnormal) / 2, float(known.max) + half


@intrinsic
def scaled(typing, x):
    kind = types.unliteral(x)

    def codegen(context, builder, sig, args):
        return emit_scaled(builder, kind, *args)

    return COMPLEX[kind](kind), codegen


@intrinsic
def unscaled(typing, z):
    def codegen(context, builder, sig, args):
        return emit_unscaled(builder, *args)

    return z.underlying_float(z), codegen


NAMES = {
    "scaled": scaled, "unscaled": unscaled, "multiply_scaled": arithmetic.binary(emit_multiply),
    "left_range": left_range, "stuck": stuck,
}  # fmt: skip
