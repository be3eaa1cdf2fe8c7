"""Arithmetic in kernels: what NumPy computes, in a form that vectorises.

A sum that may be reassociated, extremes that keep nan, a choice without a branch, division and
shifts of integers with NumPy's results where C has none.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.numba import symbols

I1 = ir.IntType(1)


def bits(numba_type):
    """The bits of an integer type; of a bool, one."""
    return 1 if isinstance(numba_type, types.Boolean) else numba_type.bitwidth


def is_integer(numba_type):
    return isinstance(numba_type, types.Integer)


def is_signed(numba_type):
    return is_integer(numba_type) and numba_type.signed


def common(*given):
    """The one type of operands; a literal takes the type of the others."""
    plain = [types.unliteral(t) for t in given]
    firm = [p for p, t in zip(plain, given, strict=True) if not isinstance(t, types.Literal)]
    return (firm or plain)[0]


def declared(builder, name, result, arguments):
    """A function of another module, declared once."""
    kind = ir.FunctionType(result, arguments)
    return builder.module.globals.get(name) or ir.Function(builder.module, kind, name)


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

# --- extremes ------------------------------------------------------------------------------------


def before(builder, kind, x, y):
    """NumPy's order of complex numbers, true also where x has a nan."""
    (a, b), (c, d) = parts(builder, x), parts(builder, y)
    less = builder.fcmp_ordered("<", a, c)
    tie = builder.and_(builder.fcmp_ordered("==", a, c), builder.fcmp_ordered("<", b, d))
    return builder.or_(less, tie)


def complex_extreme(name):
    def emit(builder, x, y):
        first, second = (y, x) if name == "maximum" else (x, y)
        (a, b), (c, d) = parts(builder, first), parts(builder, second)
        less = builder.fcmp_ordered("<", a, c)
        tie = builder.and_(
            builder.fcmp_ordered("==", a, c), builder.fcmp_ordered("<=", b, d)
        )
        (xr, xi), (yr, yi) = parts(builder, x), parts(builder, y)
        keeps = builder.or_(less, tie) if name == "minimum" else builder.or_(
            builder.fcmp_ordered("<", c, a), 
            builder.and_(builder.fcmp_ordered("==", a, c), builder.fcmp_ordered(">=", xi, yi)))
        nan = builder.fcmp_unordered("uno", xr, xi)
        return builder.select(builder.or_(keeps, nan), x, y)

    return emit


def extreme(name, sign):
    def emit(builder, kind, x, y):
        if isinstance(kind, types.Float):
            return llvm(builder, name, x, y)
        if isinstance(kind, types.Complex):
            return complex_extreme(name)(builder, x, y)
        compare = builder.icmp_signed if is_signed(kind) else builder.icmp_unsigned
        return builder.select(compare(sign, x, y), x, y)

    return emit


def f_extreme(name, sign):
    """As C's fmax and fmin: of a number and a nan, the number."""

    def emit(builder, kind, x, y):
        if not isinstance(kind, types.Float):
            return extreme(name, sign)(builder, kind, x, y)
        better = builder.fcmp_ordered(sign + "=", x, y)
        keeps = builder.or_(better, builder.fcmp_unordered("uno", y, y))
        return builder.select(keeps, x, y)

    return emit


def number_extreme(sign):
    """Of two that are not nan: one instruction."""

    def emit(builder, kind, x, y):
        if not isinstance(kind, types.Float):
            return extreme("", sign)(builder, kind, x, y)
        flags = ("nnan", "nsz")
        return builder.select(builder.fcmp_ordered(sign, x, y, flags=flags), x, y, flags=flags)

    return emit


maximum, minimum = binary(extreme("maximum", ">")), binary(extreme("minimum", "<"))
fmax, fmin = binary(f_extreme("maximum", ">")), binary(f_extreme("minimum", "<"))
max_number, min_number = binary(number_extreme(">")), binary(number_extreme("<"))
