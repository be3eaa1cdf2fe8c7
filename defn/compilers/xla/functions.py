"""Elementary functions within 4 ulp: XLA's own where that is good enough, else the formulas of the books.

Coefficients: Cephes (tanh), fdlibm (the split of log10's constant), Taylor where the interval is short.
"""

from __future__ import annotations

import functools
import math

import jax.numpy as jnp
import numpy as np
from jax import lax

from defn.compilers.xla.bits import bits, copysign, exponent, number, scaled, where

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


def real_or(complex_function):
    """The function below for real numbers, another for complex ones."""

    def decorated(real_function):
        narrow = narrow_through_float32(real_function)
        return lambda x: complex_function(x) if x.dtype.kind == "c" else narrow(x)

    return decorated


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


@real_or(lax.exp)
def exp(x):
    """XLA's; but next to overflow, where its float32 loses two bits, e times exp(x - 1)."""
    if x.dtype.itemsize == 8:
        return lax.exp(x)
    large = x > 88
    y = lax.exp(where(large, x - 1, x))
    return where(large, y * math.e, y)


@real_or(lambda x: lax.exp(x * LN2))
def exp2(x):
    """2**whole * exp(rest * log 2), exact at whole numbers; beyond the limits it is 0 or inf."""
    low, high = of_width(x, (-160, 160), (-1100, 1100))
    held = lax.clamp(x.dtype.type(low), x, x.dtype.type(high))
    whole = lax.round(held, lax.RoundingMethod.TO_NEAREST_EVEN)
    return scaled(lax.exp((held - whole) * LN2), whole.astype(bits(x).dtype))


@real_or(lax.expm1)
def expm1(x):
    """A short series near zero, where exp(x) - 1 would cancel."""
    near = x + x * x * polynomial(x, taylor(2, 1, of_width(x, 9, 16)))
    return where(lax.abs(x) < 0.5, near, exp(x) - 1)


# Logarithms.


@real_or(lax.log1p)
def log1p(x):
    """log(1 + x), corrected by what 1 + x rounded away."""
    u = 1 + x
    lost = x - (u - 1)
    return where((x > -1) & (x < np.inf), lax.log(u) + lost / u, lax.log(u))


def normal(x):
    """Is it positive, finite and not subnormal?"""
    return (x >= jnp.finfo(x.dtype).tiny) & (x < np.inf)


@real_or(lambda x: lax.log(x) / LN2)
def log2(x):
    """The exponent plus the mantissa's logarithm, exact at powers of two."""
    e = exponent(x)
    m = scaled(x, -e)
    upper = m > math.sqrt(2)
    mantissa = where(upper, m * 0.5, m)
    whole = (e + upper.astype(e.dtype)).astype(x.dtype)
    return where(normal(x), whole + lax.log(mantissa) * (1 / LN2), lax.log(x))


@real_or(lambda x: lax.log(x) * (1 / math.log(10)))
def log10(x):
    """Exponent and mantissa, with the constant log10(2) in two parts; exact at powers of ten."""
    high, low = of_width(
        x, (3.0102920532e-01, 7.9034151668e-07), (3.01029995663611771306e-01, 3.69423907715893078616e-13)
    )  # fmt: skip
    e = exponent(x)
    whole = where(e < 0, e + 1, e)
    n = whole.astype(x.dtype)
    mantissa = n * low + lax.log(scaled(x, -whole)) * (1 / math.log(10))
    return where(normal(x), mantissa + n * high, lax.log(x))


# Hyperbolic functions.

TANH_SINGLE = [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1]
TANH_ABOVE = [-9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3]
TANH_BELOW = [1.0, 1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3]


def _tanh_near_zero(x):
    square = x * x
    if x.dtype.itemsize == 8:
        return x + x * square * (polynomial(square, TANH_ABOVE) / polynomial(square, TANH_BELOW))
    return x + x * square * polynomial(square, TANH_SINGLE)


@real_or(lax.tanh)
def tanh(x):
    """Near zero a rational function, elsewhere 1 - 2 / (exp(2x) + 1)."""
    size = lax.abs(x)
    far = 1 - 2 / (lax.exp(lax.min(size, lax.full_like(x, 40)) * 2) + 1)
    return where(size < 0.625, _tanh_near_zero(x), copysign(where(x == x, far, x), x))


def _exponentials(size):
    """exp(size) / 2 and exp(-size) / 2, the first without overflow where half of it is finite."""
    limit = of_width(size, 88.0, 709.0)
    w = exp(where(size > limit, size * 0.5, size))
    return where(size > limit, (w * 0.5) * w, w * 0.5), 0.5 / w


@real_or(lax.sinh)
def sinh(x):
    """Near zero the series, elsewhere (exp(x) - exp(-x)) / 2."""
    square = x * x
    near = x + x * square * polynomial(square, taylor(3, 2, of_width(x, 11, 21)))
    up, down = _exponentials(lax.abs(x))
    return where(lax.abs(x) < 1, near, copysign(up - down, x))


@real_or(lax.cosh)
def cosh(x):
    """(exp(x) + exp(-x)) / 2."""
    up, down = _exponentials(lax.abs(x))
    return up + down


@real_or(lax.asinh)
def arcsinh(x):
    return lax.asinh(x)


@real_or(lax.acosh)
def arccosh(x):
    """Near one by log1p of what exceeds it; where its square would overflow, log(2x)."""
    over = x - 1
    near = log1p(over + lax.sqrt(over * (over + 2)))
    return where(x < 2**26, near, lax.log(x) + LN2)


@real_or(lax.atanh)
def arctanh(x):
    """log1p(2x / (1 - x)) / 2, of the magnitude; the small part is added apart below a half."""
    size = lax.abs(x)
    twice = size + size
    near = log1p(twice + twice * size / (1 - size))
    return copysign(0.5 * where(size < 0.5, near, log1p(twice / (1 - size))), x)


# The rest.


@real_or(lax.asin)
def arcsin(x):
    """XLA's halves its operand, which flushes the smallest normal numbers: those are their own arcsine."""
    return where(lax.abs(x) < 1e-30, x, lax.asin(x))


@narrow_through_float32
def cbrt(x):
    """XLA's root, in double precision with one step of Newton's method: exact at cubes."""
    y = lax.cbrt(x)
    if x.dtype.itemsize < 8:
        return y
    better = y - (y * y * y - x) / (3 * y * y)
    return where((y != 0) & (lax.abs(y) < np.inf), better, y)


@narrow_through_float32
def hypot(x, y):
    """The length of (x, y) without overflow on the way; infinite if either is, even beside nan."""
    x, y = lax.abs(x), lax.abs(y)
    large, small = lax.max(x, y), lax.min(x, y)
    ratio = where(large > 0, small / large, small)
    return where((x == np.inf) | (y == np.inf), np.inf, large * lax.sqrt(1 + ratio * ratio))


def magnitude(z):
    """The absolute value of a complex number."""
    return hypot(lax.real(z), lax.imag(z))


def nextafter(x, y):
    """The next number after `x` towards `y`."""
    return lax.nextafter(x, y)


