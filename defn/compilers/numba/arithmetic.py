"""Arithmetic in kernels: what NumPy computes, in a form that vectorises.

A sum that may be reassociated, extremes that keep nan, a choice without a branch, division and
shifts of integers with NumPy's results where C has none.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.numba.calling import call, declared

I1 = ir.IntType(1)


def is_integer(numba_type):
    return isinstance(numba_type, types.Integer)


def is_signed(numba_type):
    return is_integer(numba_type) and numba_type.signed


def common(*given):
    """The one type of operands; a literal takes the type of the others."""
    plain = [types.unliteral(t) for t in given]
    firm = [p for p, t in zip(plain, given, strict=True) if not isinstance(t, types.Literal)]
    return (firm or plain)[0]


def llvm_name(kind):
    return {"float": "f32", "double": "f64"}.get(str(kind), str(kind))


def llvm(builder, name, *args, flags=()):
    """A call of LLVM's intrinsic, over the type of the first argument."""
    kind = args[0].type
    function = declared(builder, f"llvm.{name}.{llvm_name(kind)}", kind, [a.type for a in args])
    return builder.call(function, args, fastmath=flags)


def binary(emit, *, result=None):
    """An intrinsic of two operands of one type: `emit(builder, type, x, y)`."""

    @intrinsic
    def apply(typing, x, y):
        kind = common(x, y)

        def codegen(context, builder, sig, args):
            return emit(builder, kind, *args)

        return (result or kind)(kind, kind), codegen

    return apply


def unary(emit, *, result=None):
    """An intrinsic of one operand: `emit(builder, type, x)`."""

    @intrinsic
    def apply(typing, x):
        kind = types.unliteral(x)

        def codegen(context, builder, sig, args):
            return emit(builder, kind, *args)

        return (result or kind)(kind), codegen

    return apply


def parts(builder, x):
    return builder.extract_value(x, 0), builder.extract_value(x, 1)


def pair(builder, real, imaginary):
    empty = ir.Constant(ir.LiteralStructType([real.type] * 2), ir.Undefined)
    return builder.insert_value(builder.insert_value(empty, real, 0), imaginary, 1)


# --- reductions: the order is free ---------------------------------------------------------------

FREE = ("reassoc", "contract")


def emit_add_any(builder, kind, x, y):
    if isinstance(kind, types.Complex):
        both = zip(parts(builder, x), parts(builder, y), strict=True)
        return pair(builder, *(builder.fadd(p, q, flags=FREE) for p, q in both))
    if isinstance(kind, types.Boolean):
        return builder.or_(x, y)
    return builder.add(x, y) if is_integer(kind) else builder.fadd(x, y, flags=FREE)


def emit_multiply_any(builder, kind, x, y):
    if isinstance(kind, types.Complex):
        (a, b), (c, d) = parts(builder, x), parts(builder, y)
        product = lambda p, q: builder.fmul(p, q, flags=FREE)
        real = builder.fsub(product(a, c), product(b, d), flags=FREE)
        return pair(builder, real, builder.fadd(product(a, d), product(b, c), flags=FREE))
    if isinstance(kind, types.Boolean):
        return builder.and_(x, y)
    return builder.mul(x, y) if is_integer(kind) else builder.fmul(x, y, flags=FREE)


add_any = binary(emit_add_any)
multiply_any = binary(emit_multiply_any)

# --- arithmetic that keeps its type --------------------------------------------------------------
# Numba widens an int8 to int64; NumPy wraps it around.


def lanewise(on_float, on_integer, on_bool=None):
    """`emit` from the names of LLVM's instructions for floats, integers and bools."""

    def emit(builder, kind, x, y):
        if isinstance(kind, types.Complex):
            both = zip(parts(builder, x), parts(builder, y), strict=True)
            return pair(builder, *(getattr(builder, on_float)(p, q) for p, q in both))
        if isinstance(kind, types.Boolean):
            return getattr(builder, on_bool)(x, y)
        return getattr(builder, on_integer if is_integer(kind) else on_float)(x, y)

    return emit


def emit_multiply(builder, kind, x, y):
    if not isinstance(kind, types.Complex):
        return lanewise("fmul", "mul", "and_")(builder, kind, x, y)
    (a, b), (c, d) = parts(builder, x), parts(builder, y)
    real = builder.fsub(builder.fmul(a, c), builder.fmul(b, d))
    return pair(builder, real, builder.fadd(builder.fmul(a, d), builder.fmul(b, c)))


def emit_divide(builder, kind, x, y):
    if isinstance(kind, types.Complex):
        return divide_complex(builder, x, y)
    return builder.fdiv(x, y)


def divide_complex(builder, x, y):
    """Smith's way, as NumPy's, but the larger part of the divisor is chosen without a branch."""
    b, (p, q), (r, i) = builder, parts(builder, x), parts(builder, y)
    real, imaginary = llvm(b, "fabs", r), llvm(b, "fabs", i)
    flip = b.fcmp_unordered("<", real, imaginary)
    low, high = b.select(flip, r, i), b.select(flip, i, r)
    ratio = b.fdiv(low, high)
    scale = b.fdiv(r.type(1.0), b.fadd(high, b.fmul(low, ratio)))
    first, second = b.select(flip, q, p), b.select(flip, p, q)
    up = b.fmul(b.fadd(first, b.fmul(second, ratio)), scale)
    down = b.fmul(b.fsub(second, b.fmul(first, ratio)), scale)
    down = b.select(flip, b.fneg(down), down)
    zero = b.and_(*(b.fcmp_ordered("==", part, r.type(0.0)) for part in (real, imaginary)))
    by_zero = [b.fdiv(p, real), b.fdiv(q, real)]
    chosen = (b.select(zero, e, o) for e, o in zip(by_zero, (up, down), strict=True))
    return pair(b, *chosen)


def emit_negative(builder, kind, x):
    if isinstance(kind, types.Complex):
        return pair(builder, *(builder.fneg(part) for part in parts(builder, x)))
    return builder.neg(x) if is_integer(kind) else builder.fneg(x)


def emit_absolute(builder, kind, x):
    if isinstance(kind, types.Float):
        return llvm(builder, "fabs", x)
    if not is_signed(kind):
        return x
    return builder.select(builder.icmp_signed("<", x, x.type(0)), builder.neg(x), x)


def emit_invert(builder, kind, x):
    return builder.not_(x)


add = binary(lanewise("fadd", "add", "or_"))
subtract = binary(lanewise("fsub", "sub", "xor"))
multiply = binary(emit_multiply)
divide = binary(emit_divide)
negative, absolute, invert = unary(emit_negative), unary(emit_absolute), unary(emit_invert)
bitwise_and, bitwise_or, bitwise_xor = (
    binary(lanewise(None, name, name)) for name in ("and_", "or_", "xor")
)

# --- order ---------------------------------------------------------------------------------------


def compare_complex(builder, sign, x, y):
    """NumPy's order: by the real parts, ties by the imaginary; a nan is in no order."""
    (a, b), (c, d) = parts(builder, x), parts(builder, y)
    known = builder.fcmp_ordered("ord", b, d)
    by_real = builder.and_(builder.fcmp_ordered(sign[0], a, c), known)
    tie = builder.and_(builder.fcmp_ordered("==", a, c), builder.fcmp_ordered(sign, b, d))
    return builder.or_(by_real, tie)


def emit_compare(builder, kind, sign, x, y):
    if isinstance(kind, types.Complex):
        return compare_complex(builder, sign, x, y)
    if isinstance(kind, types.Float):
        return builder.fcmp_ordered(sign, x, y)
    return (builder.icmp_signed if is_signed(kind) else builder.icmp_unsigned)(sign, x, y)


def comparison(sign):
    def emit(builder, kind, x, y):
        return emit_compare(builder, kind, sign, x, y)

    return binary(emit, result=types.boolean)


def emit_equal(builder, kind, x, y):
    if isinstance(kind, types.Complex):
        both = zip(parts(builder, x), parts(builder, y), strict=True)
        return builder.and_(*(builder.fcmp_ordered("==", p, q) for p, q in both))
    if isinstance(kind, types.Float):
        return builder.fcmp_ordered("==", x, y)
    return builder.icmp_unsigned("==", x, y)


def emit_not_equal(builder, kind, x, y):
    return builder.not_(emit_equal(builder, kind, x, y))


less, less_equal = comparison("<"), comparison("<=")
greater, greater_equal = comparison(">"), comparison(">=")
equal = binary(emit_equal, result=types.boolean)
not_equal = binary(emit_not_equal, result=types.boolean)

# --- extremes ------------------------------------------------------------------------------------


def is_nan(builder, kind, x):
    return builder.fcmp_unordered("uno", *(parts(builder, x) if is_complex(kind) else (x, x)))


def is_complex(kind):
    return isinstance(kind, types.Complex)


def extreme(name, sign, flags=()):
    """The larger (smaller), or nan where either is."""

    def emit(builder, kind, x, y):
        if isinstance(kind, types.Float):
            return llvm(builder, name, x, y, flags=flags)
        keeps = emit_compare(builder, kind, sign, x, y)
        if is_complex(kind):
            keeps = builder.or_(keeps, is_nan(builder, kind, x))
        return builder.select(keeps, x, y)

    return emit


def f_extreme(sign):
    """As C's fmax and fmin: of a number and a nan, the number."""

    def emit(builder, kind, x, y):
        keeps = emit_compare(builder, kind, sign, x, y)
        if isinstance(kind, (types.Float, types.Complex)):
            keeps = builder.or_(keeps, is_nan(builder, kind, y))
        return builder.select(keeps, x, y)

    return emit


def number_extreme(sign):
    """Of two that are not nan: one instruction, and it may be reassociated."""

    def emit(builder, kind, x, y):
        if not isinstance(kind, types.Float):
            return builder.select(emit_compare(builder, kind, sign, x, y), x, y)
        flags = ("nnan", "nsz")
        return builder.select(builder.fcmp_ordered(sign, x, y, flags=flags), x, y, flags=flags)

    return emit


maximum, minimum = binary(extreme("maximum", ">=")), binary(extreme("minimum", "<="))
# Of a reduction: which of two zeros comes out is all one, and spares half of the instructions.
highest = binary(extreme("maximum", ">=", ("nsz",)))
lowest = binary(extreme("minimum", "<=", ("nsz",)))
fmax, fmin = binary(f_extreme(">=")), binary(f_extreme("<="))
max_any, min_any = binary(number_extreme(">")), binary(number_extreme("<"))


def emit_outside(builder, kind, x, y):
    return builder.icmp_unsigned(">=", x, y)


# Is an index negative, or not below a size?
outside = binary(emit_outside, result=types.boolean)


@intrinsic
def where(typing, test, yes, no):
    """A choice without a branch."""
    kind = common(yes, no)

    def codegen(context, builder, sig, args):
        return builder.select(*args)

    return kind(types.boolean, kind, kind), codegen


# --- integer division: down, and 0 where the divisor is 0 ----------------------------------------


def truncated(builder, kind, x, y):
    """x / y cut towards zero, for y other than 0 (and -1 where signed).

    Processors have no vectors of integer division. Up to 32 bits, a division of floats with more
    digits gives the same integer; where y is a constant, LLVM knows a multiplication that does.
    """
    b = builder
    divide = b.sdiv if is_signed(kind) else b.udiv
    if kind.bitwidth > 32:
        return divide(x, y)
    wider = ir.DoubleType() if kind.bitwidth == 32 else ir.FloatType()
    to_float, to_integer = (b.sitofp, b.fptosi) if is_signed(kind) else (b.uitofp, b.fptoui)
    by_float = to_integer(b.fdiv(to_float(x, wider), to_float(y, wider)), x.type)
    known = b.call(declared(b, f"llvm.is.constant.{x.type}", I1, [x.type]), [y])
    return b.select(known, divide(x, y), by_float)


def division(builder, kind, x, y, divide):
    """Quotient and remainder, cut towards zero, with a divisor made harmless."""
    b, one = builder, x.type(1)
    odd = b.icmp_unsigned("==", y, x.type(0))
    if is_signed(kind):
        odd = b.or_(odd, b.icmp_signed("==", y, x.type(-1)))
    divisor = b.select(odd, one, y)
    quotient = divide(b, kind, x, divisor)
    return quotient, b.sub(x, b.mul(quotient, divisor))


def below(builder, remainder, y):
    """Whether a quotient cut towards zero lies above the one rounded down."""
    apart = builder.icmp_signed("<", builder.xor(remainder, y), y.type(0))
    return builder.and_(builder.icmp_signed("!=", remainder, y.type(0)), apart)


def floor_divide_integers(builder, kind, x, y, divide=truncated):
    b = builder
    quotient, remainder = division(b, kind, x, y, divide)
    if is_signed(kind):
        quotient = b.sub(quotient, b.zext(below(b, remainder, y), x.type))
        # The most negative integer has no opposite: it wraps around to itself.
        quotient = b.select(b.icmp_signed("==", y, y.type(-1)), b.neg(x), quotient)
    return b.select(b.icmp_unsigned("==", y, y.type(0)), x.type(0), quotient)


def remainder_integers(builder, kind, x, y, divide=truncated):
    b = builder
    _, rest = division(b, kind, x, y, divide)
    if is_signed(kind):
        rest = b.select(below(b, rest, y), b.add(rest, y), rest)
    return b.select(b.icmp_unsigned("==", y, y.type(0)), x.type(0), rest)


def fmod_integers(builder, kind, x, y, divide=truncated):
    _, rest = division(builder, kind, x, y, divide)
    return builder.select(builder.icmp_unsigned("==", y, y.type(0)), x.type(0), rest)


# --- float division: NumPy's npy_divmod ----------------------------------------------------------


def fmod_floats(builder, kind, x, y):
    return call(builder, "fmod", [x, y])


def remainder_floats(builder, kind, x, y, fmod=fmod_floats):
    """The sign of y; a zero takes it too; nan where y is zero."""
    b, zero = builder, x.type(0.0)
    rest = fmod(b, kind, x, y)
    apart = b.xor(b.fcmp_ordered("<", y, zero), b.fcmp_ordered("<", rest, zero))
    some = b.fcmp_unordered("!=", rest, zero)
    moved = b.select(b.and_(some, apart), b.fadd(rest, y), rest)
    return b.select(some, moved, llvm(b, "copysign", zero, y))


def floor_divide_floats(builder, kind, x, y, fmod=fmod_floats):
    """From the exact remainder, so that rounding cannot lift the quotient."""
    b, zero, one = builder, x.type(0.0), x.type(1.0)
    rest = fmod(b, kind, x, y)
    apart = b.xor(b.fcmp_ordered("<", y, zero), b.fcmp_ordered("<", rest, zero))
    moves = b.and_(b.fcmp_unordered("!=", rest, zero), apart)
    quotient = b.fdiv(b.fsub(x, rest), y)
    quotient = b.select(moves, b.fsub(quotient, one), quotient)
    down = llvm(b, "floor", quotient)
    short = b.fcmp_ordered(">", b.fsub(quotient, down), x.type(0.5))
    snapped = b.select(short, b.fadd(down, one), down)
    plain = b.fdiv(x, y)
    some = b.fcmp_unordered("!=", quotient, zero)
    result = b.select(some, snapped, llvm(b, "copysign", zero, plain))
    return b.select(b.fcmp_ordered("==", y, zero), plain, result)


def by_kind(on_floats, on_integers):
    def emit(builder, kind, x, y):
        return (on_integers if is_integer(kind) else on_floats)(builder, kind, x, y)

    return emit


floor_divide = binary(by_kind(floor_divide_floats, floor_divide_integers))
remainder = binary(by_kind(remainder_floats, remainder_integers))
fmod = binary(by_kind(fmod_floats, fmod_integers))

# --- shifts --------------------------------------------------------------------------------------


def emit_left_shift(builder, kind, x, y):
    fits = builder.icmp_unsigned("<", y, y.type(kind.bitwidth))
    shifted = builder.shl(x, builder.select(fits, y, y.type(0)))
    return builder.select(fits, shifted, x.type(0))


def emit_right_shift(builder, kind, x, y):
    most = y.type(kind.bitwidth - 1)
    fits = builder.icmp_unsigned("<=", y, most)
    if is_signed(kind):
        return builder.ashr(x, builder.select(fits, y, most))
    return builder.select(fits, builder.lshr(x, builder.select(fits, y, most)), x.type(0))


left_shift, right_shift = binary(emit_left_shift), binary(emit_right_shift)
