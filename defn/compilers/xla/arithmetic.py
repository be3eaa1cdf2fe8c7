"""Arithmetic with NumPy's exact meaning, where XLA's own differs: division by zero, signs, nan,
shifts, casts.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from defn.compilers.xla import complexes
from defn.compilers.xla.bits import copysign, where
from defn.compilers.xla.functions import narrow_through_float32


def kind(x):
    """b, i, u, f or c: bfloat16 and its like are f."""
    return "f" if x.dtype.kind == "V" else x.dtype.kind


def by_kind(**rules):
    """A rule for each kind of dtype of the first operand; `other` for the rest."""

    def rule(*operands):
        chosen = rules.get(kind(operands[0]), rules.get("other"))
        if chosen is None:
            raise TypeError(f"no meaning for dtype {operands[0].dtype}")
        return chosen(*operands)

    return rule


def identity(x):
    return x


# Integers.


def nonzero_divisor(y):
    return where(y == 0, 1, y)


def integer_floor_divide(x, y):
    """Rounded down; zero where the divisor is zero."""
    quotient = lax.div(x, nonzero_divisor(y))
    if kind(x) == "i":
        inexact = lax.rem(x, nonzero_divisor(y)) != 0
        quotient = quotient - (inexact & ((x < 0) != (y < 0))).astype(x.dtype)
    return where(y == 0, 0, quotient)


def integer_fmod(x, y):
    """With the sign of `x`; zero where the divisor is zero."""
    return where(y == 0, 0, lax.rem(x, nonzero_divisor(y)))


def integer_remainder(x, y):
    """With the sign of `y`; zero where the divisor is zero."""
    rest = integer_fmod(x, y)
    return where((rest != 0) & ((rest < 0) != (y < 0)), rest + y, rest)


def integer_power(x, y):
    """By repeated squaring; a negative exponent is NumPy's error, here 1 / x rounded to zero."""

    def step(state):
        result, base, left = state
        return (
            where((left & 1) != 0, result * base, result),
            base * base,
            lax.shift_right_logical(left, one),
        )

    one = lax.full_like(y, 1)
    start = (lax.full_like(x, 1), x, where(y < 0, 0, y) if kind(y) == "i" else y)
    result, _, _ = lax.while_loop(lambda state: jnp.any(state[2] != 0), step, start)
    if kind(y) == "u":
        return result
    reciprocal = where(x == 1, 1, where(x == -1, where((y & 1) != 0, -1, full_one(x)), 0))
    return where(y < 0, reciprocal, result)


def full_one(x):
    return lax.full_like(x, 1)


def in_width(count):
    """Is the shift count less than the width?"""
    return (count >= 0) & (count < count.dtype.itemsize * 8)


def left_shift(x, count):
    """Zero where the count is not less than the width."""
    return where(in_width(count), lax.shift_left(x, where(in_width(count), count, 0)), 0)


def right_shift(x, count):
    """The sign where the count is not less than the width."""
    held = where(in_width(count), count, count.dtype.itemsize * 8 - 1)
    if kind(x) == "i":
        return lax.shift_right_arithmetic(x, held)
    return where(in_width(count), lax.shift_right_logical(x, held), 0)


def bitwise_count(x):
    """The ones in the binary form of the magnitude."""
    return lax.population_count(lax.abs(x) if kind(x) == "i" else x).astype(np.uint8)


def gcd(x, y):
    """Euclid's algorithm on magnitudes."""

    def step(state):
        a, b = state
        return where(b == 0, a, b), where(b == 0, 0, lax.rem(a, nonzero_divisor(b)))

    unsigned = np.dtype(f"u{x.dtype.itemsize}")
    magnitudes = [(lax.abs(v) if kind(v) == "i" else v).astype(unsigned) for v in (x, y)]
    return lax.while_loop(lambda state: jnp.any(state[1] != 0), step, tuple(magnitudes))[0].astype(
        x.dtype
    )


# Floating-point numbers.


@narrow_through_float32
def float_remainder(x, y):
    """With the sign of `y`; a zero has the sign of `y` too."""
    rest = lax.rem(x, y)
    moved = where((rest != 0) & ((rest < 0) != (y < 0)), rest + y, rest)
    return where(rest == 0, copysign(lax.full_like(x, 0), y), moved)


@narrow_through_float32
def float_floor_divide(x, y):
    """The whole number next to (x - remainder) / y; x / y where the divisor is zero."""
    rest = lax.rem(x, y)
    exact = (x - rest) / y
    exact = where((rest != 0) & ((rest < 0) != (y < 0)), exact - 1, exact)
    down = lax.floor(exact)
    rounded = where(exact - down > 0.5, down + 1, down)
    return where(y == 0, x / y, where(exact == 0, copysign(lax.full_like(x, 0), x / y), rounded))


@narrow_through_float32
def float_fmod(x, y):
    return lax.rem(x, y)


def is_nan(x):
    """Is it nan, in either part of a complex number?"""
    if kind(x) in "fc":
        return lax.ne(x, x)
    return lax.full_like(x, False, np.bool_)


def is_finite(x):
    """Neither infinite nor nan."""
    if kind(x) == "c":
        return lax.is_finite(lax.real(x)) & lax.is_finite(lax.imag(x))
    return lax.is_finite(x) if kind(x) == "f" else lax.full_like(x, True, np.bool_)


def is_infinite(x):
    """Infinite, in either part of a complex number."""
    if kind(x) == "c":
        return is_infinite(lax.real(x)) | is_infinite(lax.imag(x))
    return lax.abs(x) == np.inf if kind(x) == "f" else lax.full_like(x, False, np.bool_)


def less(x, y):
    """Complex numbers are ordered by real part, then imaginary part; nan is less than nothing."""
    a, b, c, d = lax.real(x), lax.imag(x), lax.real(y), lax.imag(y)
    return ((a < c) & (b == b) & (d == d)) | ((a == c) & (b < d))


def less_equal(x, y):
    a, b, c, d = lax.real(x), lax.imag(x), lax.real(y), lax.imag(y)
    return ((a < c) & (b == b) & (d == d)) | ((a == c) & (b <= d))


def complex_maximum(x, y):
    return where(is_nan(x) | less_equal(y, x), x, y)


def complex_minimum(x, y):
    return where(is_nan(x) | less_equal(x, y), x, y)


def ignoring_nan(choose):
    """The other operand where one is nan."""
    return lambda x, y: where(is_nan(x), y, where(is_nan(y), x, choose(x, y)))


def real_sign(x):
    """-1, 0 or 1; of nan it is nan, and of -0.0 it is 0.0."""
    return where(x == 0, 0, lax.sign(x)) if x.dtype.kind == "f" else lax.sign(x)


# Casts.


def cast(x, *, dtype):
    """NumPy's `astype`: complex loses its imaginary part, numbers to bool asks whether not zero."""
    if x.dtype == dtype:
        return x
    if kind(x) == "c" and dtype.kind not in "cb":
        x = lax.real(x)
    if dtype.kind == "b":
        return x != 0
    if kind(x) == "f" and dtype.kind in "iu":
        return float_to_integer(x, dtype)
    return lax.convert_element_type(x, dtype)


def float_to_integer(x, dtype):
    """Towards zero; what does not fit is what the processor's conversion leaves, as in NumPy."""
    if dtype == np.uint64:
        large = x >= 2.0**63
        low = float_to_integer(where(large, x - 2.0**63, x), np.dtype("int64")).astype(dtype)
        return where(large, low ^ np.uint64(2**63), low)
    wide = np.dtype("int64" if dtype in (np.int64, np.uint32) else "int32")
    if x.dtype.itemsize < 4:
        x = x.astype(np.float32)
    limits = np.iinfo(wide)
    fits = (x >= float(limits.min)) & (x < -float(limits.min))
    if x.dtype.itemsize > wide.itemsize:
        fits = (x > float(limits.min) - 1) & fits
    held = lax.convert_element_type(where(fits, x, 0), wide)
    return where(fits, held, limits.min).astype(dtype)


floor_divide = by_kind(i=integer_floor_divide, u=integer_floor_divide, f=float_floor_divide)
remainder = by_kind(i=integer_remainder, u=integer_fmod, f=float_remainder)
fmod = by_kind(i=integer_fmod, u=integer_fmod, f=float_fmod)
power = by_kind(i=integer_power, u=integer_power, f=lax.pow, c=lax.pow)
absolute = by_kind(b=identity, u=identity, c=complexes.magnitude, other=lax.abs)
sign = by_kind(u=lambda x: (x != 0).astype(x.dtype), c=complexes.sign, other=real_sign)
maximum = by_kind(b=lax.bitwise_or, c=complex_maximum, other=lax.max)
minimum = by_kind(b=lax.bitwise_and, c=complex_minimum, other=lax.min)
fmax = by_kind(
    b=lax.bitwise_or, c=ignoring_nan(complex_maximum), f=ignoring_nan(lax.max), other=lax.max
)
fmin = by_kind(
    b=lax.bitwise_and, c=ignoring_nan(complex_minimum), f=ignoring_nan(lax.min), other=lax.min
)
