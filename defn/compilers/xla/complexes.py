"""Functions of complex numbers where XLA's differ from C's: branch cuts at -0.0, infinities,
accuracy.

On a branch cut the sign of a zero says which side is meant: where the parts of a result are known
to have the signs of the parts of the operand, they are given them.
"""

from __future__ import annotations

import math

import numpy as np
from jax import lax

from defn.compilers.xla import functions
from defn.compilers.xla.bits import copysign, hypot, where


def parts(z):
    """Real and imaginary part."""
    return lax.real(z), lax.imag(z)


def part_by_part(z, factor):
    """A complex number times a real one; inf * 0 makes no nan."""
    x, y = parts(z)
    return lax.complex(x * factor, y * factor)


def signed_as(z, x, y):
    """The magnitudes of the parts of `z` with the signs of `x` and `y`."""
    return lax.complex(copysign(lax.real(z), x), copysign(lax.imag(z), y))


def magnitude(z):
    """The absolute value."""
    return hypot(*parts(z))


def unit_part(x, other):
    """What is left of a part when infinity swallows the finite: 1 or 0; of two infinities, nan."""
    infinite, beside = lax.abs(x) == np.inf, lax.abs(other) == np.inf
    alone = copysign(lax.full_like(x, 1), x)
    return where(infinite, where(beside, np.nan, alone), where(beside, 0, x))


def sign(z):
    """The number divided by its magnitude; zero at zero."""
    x, y = parts(z)
    x, y = unit_part(x, y), unit_part(y, x)
    size = hypot(x, y)
    divisor = where(size == 0, 1, size)
    return lax.complex(*(where(size == 0, 0, part / divisor) for part in (x, y)))


def divide(z, w):
    """Smith's algorithm, as NumPy has it: scaled by the larger part of the divisor."""
    (a, b), (c, d) = parts(z), parts(w)
    upper = lax.abs(c) >= lax.abs(d)
    large, small = where(upper, c, d), where(upper, d, c)
    zero = (c == 0) & (d == 0)
    ratio = small / where(zero, 1, large)
    scale = 1 / (large + small * ratio)
    real = where(upper, a + b * ratio, a * ratio + b) * scale
    imaginary = where(upper, b - a * ratio, b * ratio - a) * scale
    nothing = lax.abs(c)
    return lax.complex(where(zero, a / nothing, real), where(zero, b / nothing, imaginary))


def sqrt(z):
    """The root in the right half-plane; below the cut it is below the axis."""
    x, y = parts(z)
    half = lax.sqrt(0.5 * hypot(x, y) + 0.5 * lax.abs(x))
    other = where(half > 0, y / where(half > 0, 2 * half, 1), y)
    finite = where(x < 0, lax.complex(lax.abs(other), copysign(half, y)), lax.complex(half, other))
    nothing = where(y == y, 0, y)  # of infinite x: the other part vanishes, or is unknown
    left = lax.complex(nothing, copysign(lax.full_like(x, np.inf), y))
    right = lax.complex(x, copysign(nothing, y))
    along = where(x < 0, left, right)
    upright = lax.complex(lax.full_like(x, np.inf), y)
    return where(lax.abs(y) == np.inf, upright, where(lax.abs(x) == np.inf, along, finite))


def exp(z):
    """Zero at -inf, whatever the imaginary part."""
    x, y = parts(z)
    return where((x == -np.inf) & ~lax.is_finite(y), 0, lax.exp(z))


def exp2(z):
    return exp(part_by_part(z, math.log(2)))


def log(z):
    """Near the unit circle by log1p of what the squared magnitude exceeds one by."""
    x, y = parts(z)
    a, b = lax.abs(x), lax.abs(y)
    large, small = lax.max(a, b), lax.min(a, b)
    size = hypot(x, y)
    near = 0.5 * functions.log1p((large - 1) * (large + 1) + small * small)
    return lax.complex(where((size > 0.5) & (size < 2), near, lax.log(size)), lax.atan2(y, x))


def log2(z):
    return part_by_part(log(z), 1 / math.log(2))


def log10(z):
    return part_by_part(log(z), 1 / math.log(10))


def sinh(z):
    """By the real functions; on the real axis it stays there, at infinity too."""
    x, y = parts(z)
    along = functions.sinh(x) * lax.cos(y)
    return lax.complex(where(x == 0, x, along), where(y == 0, y, functions.cosh(x) * lax.sin(y)))


def cosh(z):
    """By the real functions; on the real axis it stays there, at infinity too."""
    x, y = parts(z)
    across = functions.sinh(x) * lax.sin(y)
    across = where((x == 0) | (y == 0), 0, across)
    return lax.complex(functions.cosh(x) * lax.cos(y), across)


def arcsin(z):
    return signed_as(lax.asin(z), *parts(z))


def arccos(z):
    w, y = lax.acos(z), lax.imag(z)
    return lax.complex(lax.real(w), copysign(lax.imag(w), -y))


def arccosh(z):
    w, y = lax.acosh(z), lax.imag(z)
    return lax.complex(lax.real(w), copysign(lax.imag(w), y))


def arctanh(z):
    return signed_as(lax.atanh(z), *parts(z))
