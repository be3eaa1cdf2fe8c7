"""libdevice: the functions that NVIDIA gives: elementary ones in both precisions, special ones of
float32, which are otherwise formulas in float64.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir

from defn.compilers.numba.calling import declared
from defn.compilers.numba.functions import BINARY, UNARY

SPECIAL = {
    "erf": "erf", "erfc": "erfc", "erfcx": "erfcx", "erfinv": "erfinv", "erfcinv": "erfcinv",
    "ndtr": "normcdf", "gamma": "tgamma", "lgamma": "lgamma",
}  # fmt: skip
SYMBOL = {
    **UNARY,
    **BINARY,
    **SPECIAL,
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


def has(node):
    """Is a special function one of these?"""
    return node.dtype == np.float32 and node.op.name in SPECIAL
