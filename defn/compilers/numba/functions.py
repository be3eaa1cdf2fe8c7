"""Who computes an elementary function on this host.

"polynomial": our own formulas, as vector functions compiled for this processor; one formula for
whole vectors and for what is left over, so a result does not depend on where an element lies.
"libmvec": glibc's, where the host has it and it is faster. "libm": the C library's, one element
at a time; no loop around it vectorises.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from defn.compilers.numba import symbols

# NumPy's names, and libm's.
UNARY = {
    "exp": "exp", "exp2": "exp2", "expm1": "expm1", "log": "log", "log2": "log2",
    "log10": "log10", "log1p": "log1p", "sin": "sin", "cos": "cos", "tan": "tan",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "cbrt": "cbrt",
    "erf": "erf", "erfc": "erfc", "lgamma": "lgamma",
}  # fmt: skip
BINARY = {"power": "pow", "arctan2": "atan2", "hypot": "hypot", "fmod": "fmod"}
LIBM = UNARY | BINARY

# What `polynomials` has, in both precisions and in one.
OWN = {
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arcsin",
    "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "arctan2",
    "hypot", "fmod",
}  # fmt: skip
OWN_SINGLE = {"power"}
# glibc's asks the slow scalar function for a negative base: here it is given the size alone.
COMPLETED = "power"
# Where libmvec was measured to be faster.
FASTER_IN_LIBMVEC = {"sinh", "log1p", "arcsinh", "arccosh", "arctanh"}


class Function(NamedTuple):
    """Symbols of one function in one precision: for a number, and by lanes for vectors."""

    provider: str
    scalar: str
    vectors: dict


def own_symbol(name, single, lanes):
    return f"{symbols.PREFIX}v{lanes}_{name}_{'f32' if single else 'f64'}"


def own_lanes(single):
    """The lanes of the vectors that this processor has, widest first."""
    widest = max(symbols.isas().values(), default=2)
    return [w * (2 if single else 1) for w in (8, 4, 2) if w <= widest]


@functools.cache
def function(name, single):
    """The best there is on this host."""
    has_own = name in OWN or (single and name in OWN_SINGLE)
    shared = libmvec(name, single)
    if shared and name == COMPLETED and not single:
        return own("libmvec", name, single)
    if shared and (not has_own or name in FASTER_IN_LIBMVEC):
        return shared
    return own("polynomial", name, single) if has_own else libm(name, single)


def own(provider, name, single):
    vectors = {n: own_symbol(name, single, n) for n in own_lanes(single)}
    return Function(provider, own_symbol(name, single, 1), vectors)


def c_name(name, single):
    return LIBM[name] + ("f" if single else "")


def libmvec(name, single):
    """glibc's vector function, or None."""
    arity = 2 if name in BINARY else 1
    vectors = symbols.vectors(c_name(name, single), arity, 2 if single else 1)
    return Function("libmvec", libm(name, single).scalar, vectors) if vectors else None


def libm(name, single):
    return Function("libm", symbols.PREFIX + c_name(name, single), {})


PROVIDER = {
    (name, "float32" if single else "float64"): function(name, single).provider
    for name in LIBM
    for single in (True, False)
}
