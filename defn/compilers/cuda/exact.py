"""Roots and quotients of four numbers at once, rounded exactly as NumPy's, with one test for all four.

The steps are those that the assembler writes for a single root or quotient: a first guess, then
corrections by fused products and sums, which are exact where no intermediate value leaves the range
of normal numbers. There each number has a test and a branch of its own; here four have one. Numbers
outside of the range, nans and zeros take the assembler's way.
"""

from __future__ import annotations

from functools import partial, reduce
from math import frexp

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.cuda.libdevice import libdevice
from defn.compilers.numba.calling import declared

F32, I32 = ir.FloatType(), ir.IntType(32)
LEAST_ROOTED = 0x0D000000  # 2^-101: the remainder of the root of less would lose digits
ROOTED = 0x7F7FFFFF - LEAST_ROOTED  # from there to the largest number
EXTREMES = ("min", "max")
NUMERATOR, DIVISOR = 2.0**90, 2.0**35  # the quotient and the remainder then are normal numbers


def of_machine(builder, name, *args):
    return builder.call(declared(builder, name, F32, [F32] * len(args)), args)


def fused(builder, x, y, z):
    """`x * y + z`, rounded once."""
    return of_machine(builder, "llvm.fma.f32", x, y, z)


def negated(builder, x):
    return builder.fsub(F32(-0.0), x)


def above(builder, x):
    """How far a number lies above the least that is rooted so; far too much for all that is not."""
    return builder.sub(builder.bitcast(x, I32), I32(LEAST_ROOTED))


def larger(builder, x, y):
    return builder.select(builder.icmp_unsigned(">", x, y), x, y)


def corrected(builder, suits, quick, slow):
    """The quick results where they suit; else what `slow` writes."""
    before = builder.block
    with builder.if_then(builder.not_(suits), likely=False):
        given, end = slow(), builder.block
    found = []
    for x, y in zip(quick, given, strict=True):
        both = builder.phi(F32)
        both.add_incoming(x, before)
        both.add_incoming(y, end)
        found.append(both)
    return found


def root(builder, x):
    """The root of a number in the range: a guess, and its remainder's share."""
    # It rests on the machine's guess, as the assembler's own root does: with one that is off by one
    # in its last digit, 2 or 3 of all 2^24 fractions would be rounded to the other side.
    guess = of_machine(builder, "llvm.nvvm.rsqrt.approx.ftz.f", x)
    found, half = builder.fmul(x, guess), builder.fmul(guess, F32(0.5))
    remainder = fused(builder, negated(builder, found), found, x)
    return fused(builder, remainder, half, found)


def roots(builder, values):
    """The roots of four."""
    furthest = reduce(partial(larger, builder), [above(builder, x) for x in values])
    suits = builder.icmp_unsigned("<=", furthest, I32(ROOTED))
    quick = [root(builder, x) for x in values]
    slow = lambda: [libdevice(builder, "sqrt", [x]) for x in values]
    return corrected(builder, suits, quick, slow)


def between(builder, least, most, bound):
    """Do sizes lie between a power of two and its inverse?"""
    enough = builder.fcmp_ordered(">=", least, F32(1 / bound))
    return builder.and_(enough, builder.fcmp_ordered("<=", most, F32(bound)))


def inverse(builder, y):
    """One over a number, to less than its last digit."""
    form = ir.FunctionType(F32, [F32])
    guess = builder.asm(form, "rcp.approx.ftz.f32 $0, $1;", "=f,f", [y], False)
    rest = fused(builder, negated(builder, y), guess, F32(1.0))
    return fused(builder, guess, rest, guess)


def quotient(builder, x, y, over):
    """A quotient from the inverse of its divisor: a guess, and its remainder's share."""
    guess = builder.fmul(x, over)
    return fused(builder, fused(builder, negated(builder, y), guess, x), over, guess)


def quotients(builder, values, y):
    """Four numbers, divided by one. A nan passes the test: it is the result then."""
    slow = lambda: [builder.fdiv(x, y) for x in values]
    if is_power_of_two(y):
        return slow()
    size, *sizes = (libdevice(builder, "fabs", [x]) for x in (y, *values))
    least, most = (reduce(partial(of_machine, builder, f"__nv_f{n}f"), sizes) for n in EXTREMES)
    suits = builder.and_(
        between(builder, size, size, DIVISOR), between(builder, least, most, NUMERATOR)
    )
    over = inverse(builder, y)
    return corrected(builder, suits, [quotient(builder, x, y, over) for x in values], slow)


def is_power_of_two(y):
    """LLVM multiplies by its inverse."""
    return isinstance(y, ir.Constant) and abs(frexp(y.constant)[0]) == 0.5


FOUR = types.UniTuple(types.float32, 4)


@intrinsic
def root_four(typing, a, b, c, d):
    """The roots of four numbers of float32."""

    def codegen(context, builder, sig, args):
        return context.make_tuple(builder, FOUR, roots(builder, args))

    return FOUR(*[types.float32] * 4), codegen


@intrinsic
def divide_four(typing, a, b, c, d, divisor):
    """Four numbers of float32, divided by the same."""

    def codegen(context, builder, sig, args):
        return context.make_tuple(builder, FOUR, quotients(builder, args[:4], args[4]))

    return FOUR(*[types.float32] * 5), codegen


# --- where other last places will do -------------------------------------------------------------


def approximate(instruction, count):
    """An instruction of the machine that is right but for the last places."""
    kinds = [types.float32] * count
    places = ", ".join(f"${k}" for k in range(count + 1))

    def emit(builder, args):
        form = ir.FunctionType(F32, [F32] * count)
        text = f"{instruction} {places};"
        return builder.asm(form, text, ",".join(["=f", *"f" * count]), args, False)

    return emit, types.float32(*kinds)


@intrinsic
def quick_root(typing, x):
    """A root, to the last place."""
    emit, signature = approximate("sqrt.approx.f32", 1)
    return signature, lambda context, builder, sig, args: emit(builder, args)


@intrinsic
def quick_divide(typing, x, y):
    """A quotient, to two of the last place."""
    emit, signature = approximate("div.full.f32", 2)
    return signature, lambda context, builder, sig, args: emit(builder, args)


NAMES = {
    "root_four": root_four,
    "divide_four": divide_four,
    "quick_root": quick_root,
    "quick_divide": quick_divide,
}
