"""Elementary functions in kernels, by NumPy's names; the loop around them vectorises."""

from __future__ import annotations

from numba import types
from numba.extending import intrinsic

from defn.compilers.numba import calling
from defn.compilers.numba.arithmetic import common
from defn.compilers.numba.functions import BINARY, PROVIDER, UNARY

FLOATS = (types.float32, types.float64)


def unary(name):
    @intrinsic
    def apply(typing, x):
        kind = types.unliteral(x)

        def codegen(context, builder, sig, args):
            return calling.call(builder, name, args)

        return (kind(kind), codegen) if kind in FLOATS else None

    return apply


def binary(name):
    @intrinsic
    def apply(typing, x, y):
        kind = common(x, y)

        def codegen(context, builder, sig, args):
            return calling.call(builder, name, args)

        return (kind(kind, kind), codegen) if kind in FLOATS else None

    return apply


# fmod is `arithmetic`'s, for integers have it too.
MATH = {name: unary(name) for name in UNARY}
MATH |= {name: binary(name) for name in BINARY if name != "fmod"}

__all__ = ["MATH", "PROVIDER"]
