"""Floating-point numbers as their bits: what needs no arithmetic, so that nothing is rounded or
flushed.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax


def where(condition, x, y):
    """`x` where the condition holds, else `y`; one of them may be a number."""
    like = x if hasattr(x, "aval") else y
    return lax.select(condition, full(like, x), full(like, y))


def full(like, value):
    """The value as an array like another one."""
    return value if getattr(value, "shape", None) == like.shape else lax.full_like(like, value)


def bits(x, kind="i"):
    """The bits of a number, as an integer of its width."""
    return lax.bitcast_convert_type(x, np.dtype(f"{kind}{x.dtype.itemsize}"))


def number(integer, dtype):
    """The number that has these bits."""
    return lax.bitcast_convert_type(integer, dtype)


def sign_bit(x):
    """Is the sign bit set? Of -0.0 and of a negative nan it is."""
    return lax.lt(bits(x), lax.full_like(bits(x), 0))


def copysign(x, y):
    """The magnitude of `x` with the sign of `y`."""
    sign = np.iinfo(bits(x).dtype).min
    return number((bits(x) & ~sign) | (bits(y) & sign), x.dtype)


def exponent(x):
    """The binary exponent of a normal number, as an integer of its width."""
    layout = jnp.finfo(x.dtype)
    return ((bits(x) >> layout.nmant) & (2**layout.nexp - 1)) - (2 ** (layout.nexp - 1) - 1)


def power_of_two(n, dtype):
    """2 to an integer in the range of normal numbers."""
    layout = jnp.finfo(dtype)
    return number((n + (2 ** (layout.nexp - 1) - 1)) << layout.nmant, dtype)


def scaled(x, n):
    """`x` times 2 to the integer `n`; in two steps, because 2**n alone may overflow."""
    half = n >> 1
    return x * power_of_two(half, x.dtype) * power_of_two(n - half, x.dtype)


def hypot(x, y):
    """The length of (x, y) without overflow on the way; infinite if either is, even beside nan."""
    x, y = lax.abs(x), lax.abs(y)
    large, small = lax.max(x, y), lax.min(x, y)
    ratio = where(large > 0, small / large, small)
    return where((x == np.inf) | (y == np.inf), np.inf, large * lax.sqrt(1 + ratio * ratio))
