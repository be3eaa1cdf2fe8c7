"""libdevice: the elementary functions that NVIDIA gives, in both precisions."""

from __future__ import annotations

from llvmlite import ir

from defn.compilers.numba.calling import declared
from defn.compilers.numba.functions import BINARY, UNARY

SYMBOL = {
    **UNARY,
    **BINARY,
    "rint": "rint",
    "nextafter": "nextafter",
    "fabs": "fabs",
    "sqrt": "sqrt",
}


def libdevice(builder, name, args):
    """A function of libdevice's: float32 in, float32 out."""
    kind = args[0].type
    symbol = f"__nv_{SYMBOL[name]}{'f' if kind == ir.FloatType() else ''}"
    return builder.call(declared(builder, symbol, kind, [kind] * len(args)), args)
