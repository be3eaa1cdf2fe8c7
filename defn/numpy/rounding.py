"""Rounding, and the parts of floating-point numbers: fraction, exponent, spacing."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import TypeMismatch
from defn.numpy.axes import integer
from defn.numpy.composite import (
    FLOAT16,
    bits_of,
    composite,
    filled,
    float_of,
    fresh,
    into,
    is_complex,
    limits,
    select,
    settled,
)
from defn.tensor import apply, asarray, assign, astype
from defn.types import BOOL, FLOAT64

INT32 = np.dtype("int32")


@implements(np.round, np.around, method="round")
def round(a, decimals=0, out=None):
    """The nearest number with so many decimals, halves to even.

    >>> round([1.25, 2.5, 13.0], 1).tolist(), round([15, 25], -1).tolist()
    ([1.2, 2.5, 13.0], [20, 20])
    """
    x, decimals = asarray(a), integer(decimals, "decimals")
    if x.dtype == BOOL:
        if decimals:
            raise TypeMismatch(
                f"truth values cannot be rounded to {decimals} decimals: cast them first"
            )
        x = astype(x, FLOAT16)
    return into(out, settled(rounded(x, decimals), x.dtype, (x,)))


def rounded(x, decimals):
    """A tensor rounded, by NumPy's way of scaling."""
    if is_complex(x):
        parts = [rounded(apply(part, x), decimals) for part in (ops.real_part, ops.imag_part)]
        return apply(ops.complex_of, *parts)
    if x.dtype.kind in "iu":
        return x if decimals >= 0 else astype(rounded(astype(x, FLOAT64), decimals), x.dtype)
    if decimals == 0:
        return apply(ops.rint, x)
    scale = filled(x, 10.0 ** abs(decimals))
    if decimals > 0:
        return apply(ops.rint, x * scale) / scale
    return apply(ops.rint, x / scale) * scale


@implements(np.fix)
def fix(x, out=None):
    """The nearest integer towards zero.

    >>> fix([1.7, -1.7]).tolist()
    [1.0, -1.0]
    """
    return into(out, np.trunc(asarray(x)))


@composite(np.modf)
def modf(x):
    """The fraction and the whole part, both with the sign of `x`.

    >>> [each.tolist() for each in modf([1.5, -2.25])]
    [[0.5, -0.25], [1.0, -2.0]]
    """
    whole = apply(ops.trunc, x)
    fraction = select(np.isinf(x), filled(x, 0), x - whole)
    return apply(ops.copysign, fraction, x), whole


@composite(np.frexp)
def frexp(x):
    """The mantissa in [0.5, 1) and the exponent: `x = mantissa * 2**exponent`.

    >>> [each.tolist() for each in frexp([8.0, 0.75])]
    [[0.5, 0.75], [4, 0]]
    """
    exponent = binary_exponent(x)
    return scaled(x, -exponent), astype(exponent, INT32)


@composite(np.ldexp)
def ldexp(x, exponent):
    """`x * 2**exponent`, rounded once.

    >>> ldexp([0.5, 0.75], [4, 0]).tolist()
    [8.0, 0.75]
    """
    info = limits(x.dtype)
    # Beyond this every result is zero or infinite.
    bound = filled(exponent, 2 * info.maxexp + info.nmant + 3)
    held = apply(ops.minimum, apply(ops.maximum, exponent, -bound), bound)
    return scaled(x, astype(held, np.dtype(f"i{x.dtype.itemsize}")))


@composite(np.spacing, narrow=True)
def spacing(x):
    """The distance to the next number away from zero.

    >>> spacing([1.0]).tolist()
    [2.220446049250313e-16]
    """
    if x.dtype == FLOAT16:
        return spacing_of_half(x)
    away = select(x < 0, filled(x, -np.inf), filled(x, np.inf))
    return select(np.isinf(x), filled(x, np.nan), apply(ops.nextafter, x, away) - x)


def spacing_of_half(x):
    """NumPy's own of half precision: below zero the distance towards zero, and positive."""
    up = apply(ops.nextafter, x, filled(x, np.inf)) - x
    return select(np.isinf(x), filled(x, np.nan), up)


# Exponents by the bits.


def binary_exponent(x):
    """The exponent of `x = m * 2**e` with |m| in [0.5, 1); zero for zeros, infinities and nan."""
    info = limits(x.dtype)
    tiny = apply(ops.absolute, x) < filled(x, info.smallest_normal)
    # Subnormal numbers have no exponent of their own: they are lifted into the normal range first.
    lift = info.nmant + 1
    lifted = select(tiny, x * filled(x, 2.0**lift), x)
    biased = (bits_of(lifted) >> info.nmant) & (2**info.nexp - 1)
    unbiased = biased + info.minexp
    exponent = select(tiny, unbiased - lift, unbiased)
    return select(np.isfinite(x) & (x != 0), exponent, filled(exponent, 0))


def scaled(x, exponent):
    """`x * 2**exponent` in steps of which only the last rounds."""
    info = limits(x.dtype)
    high, low = info.maxexp - 1, info.minexp + info.nmant + 1
    for _ in range(2):
        over, under = exponent > high, exponent < info.minexp
        step = select(
            over, filled(exponent, high), select(under, filled(exponent, low), filled(exponent, 0))
        )
        x, exponent = x * power_of_two(x, step), exponent - step
    return x * power_of_two(x, exponent)


def power_of_two(like, exponent):
    """`2**exponent` for exponents of normal numbers, made from bits."""
    info = limits(like.dtype)
    biased = exponent + (info.maxexp - 1)
    return float_of(apply(ops.left_shift, biased, filled(biased, info.nmant)), like.dtype)


# Replacing what is not finite.


@implements(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """The values, with nan as `nan` and infinities as the largest finite numbers, or those given.

    >>> nan_to_num([np.nan, np.inf, 1.0], posinf=9.0).tolist()
    [0.0, 9.0, 1.0]
    """
    x = asarray(x)
    result = settled(finite(x, nan, posinf, neginf), x.dtype, (x,))
    if copy:
        return result
    assign(x, result)
    return x


def finite(x, nan, posinf, neginf):
    """A tensor whose nan and infinities are replaced."""
    if is_complex(x):
        parts = [apply(part, x) for part in (ops.real_part, ops.imag_part)]
        return apply(ops.complex_of, *(finite(each, nan, posinf, neginf) for each in parts))
    if x.dtype.kind != "f":
        return fresh(x)
    info = limits(x.dtype)
    high, low = (info.max if posinf is None else posinf), (info.min if neginf is None else neginf)
    infinite = select(x > 0, filled(x, high), filled(x, low))
    return select(np.isnan(x), filled(x, nan), select(np.isinf(x), infinite, x))
