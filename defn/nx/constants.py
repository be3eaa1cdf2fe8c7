"""Constants, by Nx's names: numbers of a dtype."""

from __future__ import annotations

import numpy as np

from defn.errors import TypeMismatch
from defn.numpy.namespace import FloatInfo
from defn.tensor import asarray
from defn.types import FLOAT64, as_dtype, is_float


def constant(name, value, default=FLOAT64):
    """A function that gives a number in a dtype."""

    def made(dtype=default):
        return asarray(value, as_dtype(dtype))

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"{value} in a dtype, {default} if none is named."
    return made


nan, infinity, neg_infinity = (
    constant(*row) for row in (("nan", np.nan), ("infinity", np.inf), ("neg_infinity", -np.inf))
)
pi, e, euler_gamma = (
    constant(*row) for row in (("pi", np.pi), ("e", np.e), ("euler_gamma", np.euler_gamma))
)
i = constant("i", 1j, np.dtype("complex128"))


def max(dtype):
    """The greatest number of a dtype, infinity included.

    >>> max("float32").item(), max("int8").item()
    (inf, 127)
    """
    return infinity(dtype) if is_float(as_dtype(dtype)) else max_finite(dtype)


def min(dtype):
    """The least number of a dtype, infinity included.

    >>> min("float32").item(), min("int8").item()
    (-inf, -128)
    """
    return neg_infinity(dtype) if is_float(as_dtype(dtype)) else min_finite(dtype)


def max_finite(dtype):
    """The greatest finite number of a dtype.

    >>> max_finite("float16").item()
    65504.0
    """
    return asarray(_limits(dtype).max, as_dtype(dtype))


def min_finite(dtype):
    """The least finite number of a dtype.

    >>> min_finite("uint8").item()
    0
    """
    return asarray(_limits(dtype).min, as_dtype(dtype))


def _limits(dtype):
    dtype = as_dtype(dtype)
    if dtype.kind in "iu":
        return np.iinfo(dtype)
    return _floating(dtype)


def _floating(dtype):
    if not is_float(as_dtype(dtype)):
        raise TypeMismatch(f"floating-point numbers have this limit, not {dtype}")
    return FloatInfo(as_dtype(dtype))


def smallest_positive_normal(dtype):
    """The smallest positive number of full precision.

    >>> smallest_positive_normal("float64").item()
    2.2250738585072014e-308
    """
    return asarray(_floating(dtype).smallest_normal, as_dtype(dtype))


def epsilon(dtype):
    """The distance from 1 to the next number.

    >>> epsilon("float64").item()
    2.220446049250313e-16
    """
    return asarray(_floating(dtype).eps, as_dtype(dtype))
