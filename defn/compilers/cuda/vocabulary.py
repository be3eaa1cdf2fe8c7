"""What the text of a CUDA kernel may call: the CPU's names, with the machine's own where they
differ.

Arithmetic, casts, halves and complex numbers are the CPU compiler's, for they are LLVM's. Here are
the elementary functions (libdevice's), what NVVM's older LLVM does not know, the threads, and the
atomics.
"""

from __future__ import annotations

import math
from functools import partial

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.cuda import atomic, before, complexes, exact, four, integers, scaled, team
from defn.compilers.cuda.libdevice import SPECIAL, libdevice
from defn.compilers.numba import arithmetic, runtime
from defn.compilers.numba.arithmetic import binary, unary
from defn.compilers.numba.functions import BINARY, UNARY


def of_one(name):
    return unary(lambda builder, kind, x: libdevice(builder, name, [x]))


def of_two(name):
    return binary(lambda builder, kind, x, y: libdevice(builder, name, [x, y]))


# --- what NVVM's LLVM has no instruction for -----------------------------------------------------


def negated(builder, x):
    """The sign turned: older LLVM has no instruction for it but this."""
    return builder.fsub(ir.Constant(x.type, -0.0), x)


def emit_negative(builder, kind, x):
    if isinstance(kind, types.Complex):
        return arithmetic.pair(
            builder, *(negated(builder, p) for p in arithmetic.parts(builder, x))
        )
    return builder.neg(x) if arithmetic.is_integer(kind) else negated(builder, x)


def emit_absolute(builder, kind, x):
    if isinstance(kind, types.Float):
        return libdevice(builder, "fabs", [x])
    return arithmetic.emit_absolute(builder, kind, x)


def emit_rint(builder, kind, x):
    return libdevice(builder, "rint", [x]) if isinstance(kind, types.Float) else x


def emit_lgamma(builder, kind, x):
    """SciPy's: minus infinity of minus infinity, where libdevice has plus."""
    least = builder.fcmp_ordered("==", x, ir.Constant(x.type, -math.inf))
    return builder.select(least, x, libdevice(builder, "lgamma", [x]))


def emit_conjugate(builder, kind, z):
    if not arithmetic.is_complex(kind):
        return z
    real, imaginary = arithmetic.parts(builder, z)
    return arithmetic.pair(builder, real, negated(builder, imaginary))


def extreme_of_numbers(sign):
    """Of two that are not nan."""

    def emit(builder, kind, x, y):
        return builder.select(arithmetic.emit_compare(builder, kind, sign, x, y), x, y)

    return emit


def extreme(name, sign):
    """The larger (smaller), or nan where either is."""

    def emit(builder, kind, x, y):
        if not isinstance(kind, types.Float):
            return arithmetic.extreme(name, sign)(builder, kind, x, y)
        if kind == types.float32:
            return at_once(builder, f"{name[:3]}.NaN.f32 $0, $1, $2;", x, y)
        keeps = builder.or_(builder.fcmp_ordered(sign, x, y), builder.fcmp_unordered("uno", x, x))
        return builder.select(keeps, x, y)

    return emit


def at_once(builder, instruction, x, y):
    """An instruction of PTX that LLVM has no word for."""
    form = ir.FunctionType(x.type, [x.type, y.type])
    return builder.asm(form, instruction, "=f,f,f", [x, y], False)


def emit_divide(builder, kind, x, y):
    if isinstance(kind, types.Complex):
        return divide_complex(builder, x, y)
    return builder.fdiv(x, y)


def divide_complex(builder, x, y):
    """Smith's way, as the CPU's."""
    return arithmetic.divide_complex(Dialect(builder), x, y)


class Dialect:
    """A builder that says in older LLVM what it does not have."""

    def __init__(self, builder):
        self._builder = builder

    def __getattr__(self, name):
        return getattr(self._builder, name)

    def fneg(self, x):
        return negated(self._builder, x)

    def call(self, function, args, **settings):
        """A call; what only the CPU can, by libdevice."""
        settings.pop("fastmath", None)
        name = function.name.removeprefix("llvm.").partition(".")[0]
        if name in ("fabs", "rint"):
            return libdevice(self._builder, name, args)
        return self._builder.call(function, args, **settings)


# --- division ------------------------------------------------------------------------------------


def fmod_floats(builder, kind, x, y):
    return libdevice(builder, "fmod", [x, y])


remainder_floats = partial(arithmetic.remainder_floats, fmod=fmod_floats)
floor_divide_floats = partial(arithmetic.floor_divide_floats, fmod=fmod_floats)


def by_kind(on_floats, on_integers):
    return binary(arithmetic.by_kind(on_floats, on_integers))


# --- division of indices -------------------------------------------------------------------------


def of_indices(emit):
    """An intrinsic of two indices, from a function of LLVM's builder."""

    @intrinsic
    def apply(typing, x, y):
        def codegen(context, builder, sig, args):
            return emit(builder, *args)

        return types.int64(types.int64, types.int64), codegen

    return apply


def in_32_bits(emit):
    """The same where both fit into 32 bits, for a division of 64 bits is a long function."""

    def narrowed(builder, *args):
        small = [builder.trunc(a, ir.IntType(32)) for a in args]
        return builder.zext(emit(builder, *small), ir.IntType(64))

    return narrowed


quotient_wide, modulo_wide = of_indices(ir.IRBuilder.udiv), of_indices(ir.IRBuilder.urem)
quotient = of_indices(in_32_bits(ir.IRBuilder.udiv))
modulo = of_indices(in_32_bits(ir.IRBuilder.urem))


OWN = {
    "negative": unary(emit_negative),
    "absolute": unary(emit_absolute),
    "rint": unary(emit_rint),
    "conjugate": unary(emit_conjugate),
    "lgamma": unary(emit_lgamma),
    "divide": binary(emit_divide),
    "max_any": binary(extreme_of_numbers(">")),
    "min_any": binary(extreme_of_numbers("<")),
    "maximum": binary(extreme("maximum", ">=")),
    "minimum": binary(extreme("minimum", "<=")),
    "highest": binary(extreme("maximum", ">=")),
    "lowest": binary(extreme("minimum", "<=")),
    "fmod": by_kind(fmod_floats, integers.fmod),
    "remainder": by_kind(remainder_floats, integers.remainder),
    "floor_divide": by_kind(floor_divide_floats, integers.floor_divide),
    "nextafter": of_two("nextafter"),
    "quotient": quotient,
    "modulo": modulo,
    "modulo_wide": modulo_wide,
    "quotient_wide": quotient_wide,
    "power_integer": integers.power_integer,
    "power_unsigned": integers.power_unsigned,
    "gcd": integers.gcd,
}
MATH = {name: of_one(name) for name in UNARY | SPECIAL} | {
    name: of_two(name) for name in BINARY if name != "fmod"
}
# The values of all threads of a block, by the name of the step that combines two.
TOGETHER = {
    "add_any": arithmetic.emit_add_any,
    "multiply_any": arithmetic.emit_multiply_any,
    "maximum": extreme("maximum", ">="),
    "minimum": extreme("minimum", "<="),
    "highest": extreme("maximum", ">="),
    "lowest": extreme("minimum", "<="),
    "min_any": extreme_of_numbers("<"),
    "bitwise_or": arithmetic.lanewise(None, "or_", "or_"),
    "bitwise_and": arithmetic.lanewise(None, "and_", "and_"),
}
COMBINATIONS = {
    f"{whose}_{name}": team.combination(emit, combined)
    for whose, combined in (("all", team.combined), ("warps", team.across_warps))
    for name, emit in TOGETHER.items()
}
NAMES = {
    **runtime.NAMES,
    **MATH,
    **OWN,
    **team.NAMES,
    **atomic.NAMES,
    **before.NAMES,
    **scaled.NAMES,
    **exact.NAMES,
    **four.NAMES,
    **COMBINATIONS,
    **complexes.NAMES,
}
