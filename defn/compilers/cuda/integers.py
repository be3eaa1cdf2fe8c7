"""Division and powers of integers as NumPy has them: down, 0 where the divisor is 0, wrapping.

The CPU compiler divides floats, which vectorise; here the machine's own division is the better one,
and no float64 comes into a kernel of integers.
"""

from __future__ import annotations

from functools import partial

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.numba import arithmetic
from defn.compilers.numba.arithmetic import is_signed

I1 = ir.IntType(1)


def divide(builder, kind, x, y):
    """x / y cut towards zero, for y other than 0 (and -1 where signed)."""
    return (builder.sdiv if is_signed(kind) else builder.udiv)(x, y)


floor_divide = partial(arithmetic.floor_divide_integers, divide=divide)
remainder = partial(arithmetic.remainder_integers, divide=divide)
fmod = partial(arithmetic.fmod_integers, divide=divide)


# --- loops ---------------------------------------------------------------------------------------


def repeat(builder, values, goes_on, step):
    """Values that `step` makes anew as long as `goes_on` is true of them."""
    before = builder.block
    test, body, after = (builder.append_basic_block(n) for n in ("test", "body", "after"))
    builder.branch(test)
    builder.position_at_end(test)
    held = [builder.phi(v.type) for v in values]
    for phi, value in zip(held, values, strict=True):
        phi.add_incoming(value, before)
    builder.cbranch(goes_on(*held), body, after)
    builder.position_at_end(body)
    for phi, value in zip(held, step(*held), strict=True):
        phi.add_incoming(value, builder.block)
    builder.branch(test)
    builder.position_at_end(after)
    return held


def emit_power(builder, x, y):
    """x multiplied with itself y times, y as an unsigned integer."""
    b, kind = builder, x.type
    zero, one = kind(0), kind(1)

    def step(result, x, rest):
        odd = b.icmp_unsigned("!=", b.and_(rest, one), zero)
        return b.select(odd, b.mul(result, x), result), b.mul(x, x), b.lshr(rest, one)

    return repeat(b, [one, x, y], lambda result, x, rest: b.icmp_unsigned("!=", rest, zero), step)[
        0
    ]


def emit_power_signed(builder, x, y):
    """The same; for a negative exponent 0, unless x is 1 or -1."""
    b, zero, one = builder, x.type(0), x.type(1)
    negative = b.icmp_signed("<", y, zero)
    plain = emit_power(b, x, b.select(negative, zero, y))
    minus = b.icmp_signed("==", x, x.type(-1))
    odd = b.icmp_unsigned("!=", b.and_(y, one), zero)
    inverse = b.select(
        b.icmp_signed("==", x, one), one, b.select(minus, b.select(odd, x, one), zero)
    )
    return b.select(negative, inverse, plain)


def emit_gcd(builder, x, y):
    """The greatest common divisor, by Euclid."""
    b, zero = builder, x.type(0)
    size = lambda v: b.select(b.icmp_signed("<", v, zero), b.neg(v), v)
    return repeat(
        b,
        [size(x), size(y)],
        lambda x, y: b.icmp_unsigned("!=", y, zero),
        lambda x, y: (y, b.urem(x, y)),
    )[0]


def emit_gcd_unsigned(builder, x, y):
    b, zero = builder, x.type(0)
    return repeat(
        b, [x, y], lambda x, y: b.icmp_unsigned("!=", y, zero), lambda x, y: (y, b.urem(x, y))
    )[0]


def of_words(emit, unsigned=None):
    """An intrinsic of two integers of 64 bits."""

    @intrinsic
    def apply(typing, x, y):
        kind = types.unliteral(x)

        def codegen(context, builder, sig, args):
            chosen = emit if unsigned is None or is_signed(kind) else unsigned
            return chosen(builder, *args)

        return kind(kind, kind), codegen

    return apply


power_unsigned = of_words(emit_power)
power_integer = of_words(emit_power_signed)
gcd = of_words(emit_gcd, emit_gcd_unsigned)
