"""Elementary functions within 4 ulp: XLA's own where that is good enough, else the formulas of the
books.

Coefficients: Cephes (tanh), fdlibm (the split of log10's constant), Taylor where the interval is
short.
"""

from __future__ import annotations

import functools
import math

import jax.numpy as jnp
import numpy as np
from jax import lax

from defn.compilers.xla.bits import bits, copysign, exponent, scaled, where

LN2 = math.log(2)


def narrow_through_float32(function):
    """Compute float16 and bfloat16 in float32, and round once."""

    @functools.wraps(function)
    def computed(*operands):
        dtype = operands[0].dtype
        if dtype.itemsize > 2:
            return function(*operands)
        return function(*(lax.convert_element_type(x, np.float32) for x in operands)).astype(dtype)

    return computed


def polynomial(x, coefficients):
    """By Horner's rule, highest power first."""
    result = lax.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        result = result * x + coefficient
    return result


def taylor(first, step, last):
    """1/n! for n from `first` by `step`, highest first."""
    return [1 / math.factorial(n) for n in range(first, last + 1, step)][::-1]


def of_width(x, single, double):
    """A setting that depends on the precision."""
    return double if x.dtype.itemsize == 8 else single


# Exponentials.


@narrow_through_float32
def exp(x):
    """XLA's; but next to overflow, where its float32 loses two bits, e times exp(x - 1)."""
    if x.dtype.itemsize == 8:
        return lax.exp(x)
    large = x > 88
    y = lax.exp(where(large, x - 1, x))
    return where(large, y * math.e, y)


@narrow_through_float32
def exp2(x):
    """2**whole * exp(rest * log 2), exact at whole numbers; beyond the limits it is 0 or inf."""
    low, high = of_width(x, (-160, 160), (-1100, 1100))
    held = lax.clamp(x.dtype.type(low), x, x.dtype.type(high))
    whole = lax.round(held, lax.RoundingMethod.TO_NEAREST_EVEN)
    return scaled(lax.exp((held - whole) * LN2), whole.astype(bits(x).dtype))


@narrow_through_float32
def expm1(x):
    """A short series near zero, where exp(x) - 1 would cancel."""
    near = x + x * x * polynomial(x, taylor(2, 1, of_width(x, 9, 16)))
    return copysign(where(lax.abs(x) < 0.5, near, exp(x) - 1), x)


# Logarithms.


@narrow_through_float32
def log1p(x):
    """Near zero fdlibm's series in s = x / (2 + x), with `x` itself as the leading term; else log(1
    + x).
    """
    s = x / (2 + x)
    square, half = s * s, 0.5 * x * x
    series = square * polynomial(square, [2 / n for n in range(of_width(x, 11, 25), 1, -2)])
    near = x - (half - s * (half + series))
    return where((x > -0.3) & (x < 0.45), near, lax.log(1 + x))


def normal(x):
    """Is it positive, finite and not subnormal?"""
    return (x >= jnp.finfo(x.dtype).tiny) & (x < np.inf)


@narrow_through_float32
def log2(x):
    """The exponent plus the mantissa's logarithm, exact at powers of two."""
    e = exponent(x)
    m = scaled(x, -e)
    upper = m > math.sqrt(2)
    mantissa = where(upper, m * 0.5, m)
    whole = (e + upper.astype(e.dtype)).astype(x.dtype)
    return where(normal(x), whole + lax.log(mantissa) * (1 / LN2), lax.log(x))


@narrow_through_float32
def log10(x):
    """Exponent and mantissa, with the constant log10(2) in two parts; exact at powers of ten."""
    high, low = of_width(
        x,
        (3.0102920532e-01, 7.9034151668e-07),
        (3.01029995663611771306e-01, 3.69423907715893078616e-13),
    )
    e = exponent(x)
    whole = where(e < 0, e + 1, e)
    n = whole.astype(x.dtype)
    mantissa = n * low + lax.log(scaled(x, -whole)) * (1 / math.log(10))
    return where(normal(x), mantissa + n * high, lax.log(x))


# Hyperbolic functions.

TANH_SINGLE = [
    -5.70498872745e-3,
    2.06390887954e-2,
    -5.37397155531e-2,
    1.33314422036e-1,
    -3.33332819422e-1,
]
TANH_ABOVE = [-9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3]
TANH_BELOW = [1.0, 1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3]


def _tanh_near_zero(size):
    """Numerator and denominator of what is added to `size`."""
    square = size * size
    if size.dtype.itemsize == 8:
        return size * square * polynomial(square, TANH_ABOVE), polynomial(square, TANH_BELOW)
    return size * square * polynomial(square, TANH_SINGLE), lax.full_like(size, 1)


@narrow_through_float32
def tanh(x):
    """Near zero a rational function, elsewhere 1 - 2 / (exp(2x) + 1): either way one division."""
    size = lax.abs(x)
    near, (above, below) = size < 0.625, _tanh_near_zero(size)
    grown = lax.exp(lax.min(size, lax.full_like(x, 40)) * 2) + 1
    rest = where(near, above, lax.full_like(x, -2)) / where(near, below, grown)
    return copysign(where(near, size, lax.full_like(x, 1)) + rest, x)


def _exponentials(size):
    """exp(size) / 2 and exp(-size) / 2, the first without overflow where half of it is finite."""
    # log 2 in two parts: the first is exact beside `size`, the second stays below the rounding.
    limit, high, low = of_width(
        size,
        (88.72, 6.9313812256e-01, 9.0580006145e-06),
        (709.78, 6.93147180369123816490e-01, 1.90821492927058770002e-10),
    )
    large = size > limit
    w = exp(where(large, size - high, size))
    return where(large, w * (1 - low), w * 0.5), 0.5 / w


@narrow_through_float32
def sinh(x):
    """Near zero the series, elsewhere (exp(x) - exp(-x)) / 2."""
    square = x * x
    near = x + x * square * polynomial(square, taylor(3, 2, of_width(x, 11, 21)))
    up, down = _exponentials(lax.abs(x))
    return copysign(where(lax.abs(x) < 1, near, up - down), x)


@narrow_through_float32
def cosh(x):
    """(exp(x) + exp(-x)) / 2."""
    up, down = _exponentials(lax.abs(x))
    return up + down


@narrow_through_float32
def arccosh(x):
    """Near one by log1p of what exceeds it; where its square would overflow, log(2x)."""
    over = x - 1
    near = log1p(over + lax.sqrt(over) * lax.sqrt(over + 2))
    return where(x < 2**26, near, lax.log(x) + LN2)


@narrow_through_float32
def arctanh(x):
    """log1p(2x / (1 - x)) / 2, of the magnitude; the small part is added apart below a half."""
    size = lax.abs(x)
    twice = size + size
    near = log1p(twice + twice * size / (1 - size))
    return copysign(0.5 * where(size < 0.5, near, log1p(twice / (1 - size))), x)


# The rest.


@narrow_through_float32
def arcsin(x):
    """XLA's halves its operand, which flushes the smallest normal numbers: those are their own
    arcsine.
    """
    return where(lax.abs(x) < 1e-30, x, lax.asin(x))


@narrow_through_float32
def arctan(x):
    """XLA's; but near zero the series, for which its float32 sometimes has no room."""
    square = x * x
    near = copysign(x - x * square * polynomial(square, [1 / 7, -1 / 5, 1 / 3]), x)
    return where(lax.abs(x) < 2.0**-5, near, lax.atan(x)) if x.dtype.itemsize == 4 else lax.atan(x)


@narrow_through_float32
def cbrt(x):
    """XLA's root, in double precision with one step of Newton's method: exact at cubes."""
    y = lax.cbrt(x)
    if x.dtype.itemsize < 8:
        return y
    better = y - (y * y * y - x) / (3 * y * y)
    return where((y != 0) & (lax.abs(y) < np.inf), better, y)
