"""Elementary functions of complex numbers from those of their parts, in the precision of the parts.

Where Numba's own work for CUDA they are left as they are (inverse functions): those compute in
float64.
"""

from __future__ import annotations

import cmath
import math
import types as python

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.cuda.libdevice import libdevice
from defn.compilers.numba.arithmetic import is_complex, llvm, pair, parts

LARGE = {
    32: 11.0,
    64: 22.0,
}  # from here on the hyperbolic tangent is 1 but for what is below its precision


class Real:
    """An LLVM float with operators."""

    def __init__(self, builder, value):
        self.builder, self.value = builder, value

    def made(self, value):
        return Real(self.builder, value)

    def number(self, other):
        return (
            other.value if isinstance(other, Real) else ir.Constant(self.value.type, float(other))
        )

    def __add__(self, other):
        return self.made(self.builder.fadd(self.value, self.number(other)))

    def __sub__(self, other):
        return self.made(self.builder.fsub(self.value, self.number(other)))

    def __mul__(self, other):
        return self.made(self.builder.fmul(self.value, self.number(other)))

    def __truediv__(self, other):
        return self.made(self.builder.fdiv(self.value, self.number(other)))

    def __neg__(self):
        return self.made(self.builder.fsub(ir.Constant(self.value.type, -0.0), self.value))

    def __abs__(self):
        return self("fabs")

    def __call__(self, name, *others):
        """libdevice's function of this name."""
        return self.made(libdevice(self.builder, name, [self.value, *map(self.number, others)]))

    def with_sign(self, other):
        return self.made(llvm(self.builder, "copysign", self.value, self.number(other)))

    def where(self, sign, bound, yes, no):
        """`yes` where the comparison with a bound holds, else `no`."""
        test = self.builder.fcmp_ordered(sign, self.value, self.number(bound))
        return self.made(self.builder.select(test, self.number(yes), self.number(no)))


def exp(x, y):
    size = x("exp")
    # The exponential of a real number has no imaginary part, however large it is.
    return size * y("cos"), y.where("==", 0.0, y, size * y("sin"))


def log(x, y):
    return x("hypot", y)("log"), y("arctan2", x)


def log10(x, y):
    real, imaginary = log(x, y)
    return x("hypot", y)("log10"), imaginary * (1 / math.log(10.0))


def sqrt(x, y):
    """From the half that adds what has one sign."""
    half = ((abs(x) + x("hypot", y)) * 0.5)("sqrt")
    other = half.where("==", 0.0, half, abs(y) / (half * 2.0))
    large = y.where("==", math.inf, abs(y), y.where("==", -math.inf, abs(y), half))
    return x.where(">=", 0.0, large, other), x.where(">=", 0.0, other, large).with_sign(y)


def sinh(x, y):
    return x("sinh") * y("cos"), x("cosh") * y("sin")


def cosh(x, y):
    return x("cosh") * y("cos"), x("sinh") * y("sin")


def tanh(x, y):
    """Kahan's, which does not overflow."""
    bits = 32 if isinstance(x.value.type, ir.FloatType) else 64
    tangent, sine = y("tan"), x("sinh")
    slope = tangent * tangent + 1.0
    below = slope * sine * sine + 1.0
    real = slope * (sine * sine + 1.0)("sqrt") * sine / below
    far = y("sin") * y("cos") * 4.0 * (-(abs(x) * 2.0))("exp")
    one = (x * 0.0 + 1.0).with_sign(x)
    return (
        abs(x).where(">", LARGE[bits], one, real),
        abs(x).where(">", LARGE[bits], far, tangent / below),
    )


def turned(function):
    """f(i z) / i: what makes sin of sinh, and tan of tanh."""

    def apply(x, y):
        real, imaginary = function(-y, x)
        return imaginary, -real

    return apply


def cos(x, y):
    return cosh(-y, x)


def arccosh(x, y):
    """Kahan's, from two square roots."""
    (a, b), (c, d) = sqrt(x - 1.0, y), sqrt(x + 1.0, y)
    return (a * c + b * d)("arcsinh"), b("arctan2", c) * 2.0


FORMULA = {
    "exp": exp, "log": log, "log10": log10, "sqrt": sqrt, "sinh": sinh, "cosh": cosh, "tanh": tanh,
    "sin": turned(sinh), "cos": cos, "tan": turned(tanh), "acosh": arccosh,
}  # fmt: skip


def of_complex(formula):
    @intrinsic
    def apply(typing, z):
        kind = types.unliteral(z)

        def codegen(context, builder, sig, args):
            given = [Real(builder, part) for part in parts(builder, args[0])]
            return pair(builder, *(part.value for part in formula(*given)))

        return (kind(kind), codegen) if is_complex(kind) else None

    return apply


def named():
    """A module in the place of `cmath`."""
    module = python.ModuleType("cmath")
    module.__dict__.update({name: of_complex(f) for name, f in FORMULA.items()})
    module.__dict__.update(
        {n: getattr(cmath, n) for n in ("asin", "acos", "atan", "asinh", "atanh")}
    )
    return module


NAMES = {"cmath": named()}
