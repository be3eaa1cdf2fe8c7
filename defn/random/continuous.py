"""Distributions of one real number, each a function of equally likely numbers.

Their parameters take part in gradients: a draw is a smooth function of them, at a fixed key.
"""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.errors import TypeMismatch
from defn.numpy.composite import FLOAT16, NARROW, select, settled, widened
from defn.numpy.shapes import sizes_of
from defn.random.keys import constant_part, demand_key, parted
from defn.random.uniform import (
    FLOAT,
    between,
    drawn_shape,
    floating,
    mantissa,
    parameters_in,
    rademacher,
    uniform,
    unit,
)
from defn.tensor import apply, asarray, astype, broadcast_to
from defn.types import as_dtype, is_float, real_of

ROOT_TWO = math.sqrt(2)


def draw(name, key, shape, dtype, low=0.0):
    """Numbers from `low` up to 1, in the dtype in which a formula computes; and the dtype asked
    for.
    """
    dtype = floating(dtype, name)
    made = uniform(key, sizes_of(shape), dtype, low)
    return widened(made), dtype


def least(dtype):
    """The least positive normal number of a floating dtype."""
    return float(
        np.finfo(np.float16 if dtype == FLOAT16 else np.float32 if dtype in NARROW else dtype).tiny
    )


# The normal distribution and its kin.


def normal(key, shape=(), dtype=FLOAT):
    """Numbers of mean 0 and variance 1, normally distributed; complex ones for a complex dtype.

    >>> from defn import random
    >>> normal(random.key(0), (2,)).round(6).tolist()
    [-0.205842, -0.784766]
    """
    dtype = as_dtype(dtype)
    if dtype.kind == "c":
        return complex_normal(key, shape, dtype)
    dtype = floating(dtype, "normal")
    return settled(normal_of(demand_key(key), sizes_of(shape), dtype), dtype)


def normal_of(keys, shape, dtype):
    """Normally distributed numbers for each of the keys."""
    inner = -1 + 2.0 ** -(mantissa(dtype) + 1)
    low, high = parameters_in(dtype, inner, 1.0)
    made = widened(between(unit(keys, shape, dtype), low, high))
    return astype(ROOT_TWO * apply(ops.quick_erfinv, made), dtype)


def complex_normal(key, shape, dtype):
    """Complex numbers whose parts are independent and share the variance 1."""
    parts = [normal(each, shape, real_of(dtype)) for each in parted(demand_key(key))]
    return settled(apply(ops.complex_of, *(p / ROOT_TWO for p in parts)), dtype)


def truncated_normal(key, lower, upper, shape=None, dtype=FLOAT):
    """Normally distributed numbers, between two bounds.

    >>> from defn import random
    >>> truncated_normal(random.key(0), -1.0, 1.0, (2,)).round(6).tolist()
    [-0.139996, -0.506315]
    """
    dtype = floating(dtype, "truncated_normal")
    lower, upper = parameters_in(dtype, lower, upper)
    shape = drawn_shape("truncated_normal", shape, lower, upper)
    ends = [apply(ops.erf, widened(v) / ROOT_TWO) for v in (lower, upper)]
    made = between(widened(uniform(key, shape, dtype)), *ends)
    drawn = astype(ROOT_TWO * apply(ops.erfinv, made), dtype)
    low, high = (constant_part(v) for v in (lower, upper))
    return settled(np.clip(drawn, np.nextafter(low, np.inf), np.nextafter(high, -np.inf)), dtype)


def lognormal(key, sigma=1.0, shape=None, dtype=FLOAT):
    """The exponentials of normally distributed numbers with the deviation `sigma`.

    >>> from defn.random import key
    >>> lognormal(key(0), 1.0, (2,)).shape
    (2,)
    """
    dtype = floating(dtype, "lognormal")
    (sigma,) = parameters_in(dtype, sigma)
    return np.exp(normal(key, drawn_shape("lognormal", shape, sigma), dtype) * sigma)


def maxwell(key, shape=(), dtype=FLOAT):
    """The lengths of normally distributed vectors of three numbers.

    >>> from defn.random import key
    >>> maxwell(key(0), (2,)).shape
    (2,)
    """
    drawn = normal(key, (*sizes_of(shape), 3), dtype)
    return np.sqrt(np.sum(drawn * drawn, -1))


def double_sided_maxwell(key, loc, scale, shape=(), dtype=FLOAT):
    """Lengths of normally distributed vectors of three, of either sign, moved and scaled.

    >>> from defn.random import key
    >>> double_sided_maxwell(key(0), 0.0, 1.0, (2,)).shape
    (2,)
    """
    dtype = floating(dtype, "double_sided_maxwell")
    loc, scale = parameters_in(dtype, loc, scale)
    together = drawn_shape("double_sided_maxwell", None, loc, scale)
    shape = (sizes_of(shape) or together) + together
    length_key, sign_key = parted(demand_key(key))
    return rademacher(sign_key, shape, dtype) * maxwell(length_key, shape, dtype) * scale + loc


def rayleigh(key, scale, shape=None, dtype=FLOAT):
    """The lengths of normally distributed vectors of two numbers, scaled.

    >>> from defn.random import key
    >>> rayleigh(key(0), 1.0, (2,)).shape
    (2,)
    """
    dtype = floating(dtype, "rayleigh")
    (scale,) = parameters_in(dtype, scale)
    drawn = uniform(key, drawn_shape("rayleigh", shape, scale), dtype)
    return settled(scale * np.sqrt(np.log(drawn) * -2), dtype)


def wald(key, mean, shape=None, dtype=FLOAT):
    """When a particle that drifts and wanders arrives: the inverse Gaussian of scale 1.

    >>> from defn.random import key
    >>> wald(key(0), 1.0, (2,)).shape
    (2,)
    """
    dtype = floating(dtype, "wald")
    (mean,) = parameters_in(dtype, mean)
    shape = drawn_shape("wald", shape, mean)
    one, other = parted(demand_key(key))
    v, z = normal(one, shape, dtype), uniform(other, shape, dtype)
    mean, y = broadcast_to(mean, shape), v * v
    root = np.sqrt(4 * mean * y + mean * mean * y * y)
    x = mean + mean * mean * y / 2 - mean / 2 * root
    return settled(select(z <= mean / (mean + x), x, mean * mean / x), dtype)


# Exponentials, and logarithms of them.


def exponential(key, shape=(), dtype=FLOAT):
    """The times between events that come once in a unit of time.

    >>> from defn import random
    >>> exponential(random.key(0), (2,)).round(6).tolist()
    [0.542071, 0.243723]
    """
    drawn, dtype = draw("exponential", key, shape, dtype)
    return settled(-np.log1p(-drawn), dtype)


def gumbel(key, shape=(), dtype=FLOAT):
    """The greatest of many exponentials, centred: `-log(-log(uniform))`.

    >>> from defn import random
    >>> gumbel(random.key(0), (2,)).round(6).tolist()
    [0.137906, -0.425993]
    """
    drawn, dtype = draw("gumbel", key, shape, dtype, least(as_dtype(dtype)))
    return settled(-np.log(-np.log(drawn)), dtype)


def laplace(key, shape=(), dtype=FLOAT):
    """Exponentials of either sign.

    >>> from defn import random
    >>> laplace(random.key(0), (2,)).round(6).tolist()
    [0.178034, 0.837963]
    """
    found = floating(dtype, "laplace")
    drawn, dtype = draw("laplace", key, shape, dtype, -1 + 2.0 ** -(mantissa(found) + 1))
    return settled(np.sign(drawn) * np.log1p(-abs(drawn)), dtype)


def logistic(key, shape=(), dtype=FLOAT):
    """Numbers whose logistic function is equally likely anywhere from 0 to 1.

    >>> from defn.random import key
    >>> logistic(key(0), (2,)).shape
    (2,)
    """
    drawn, dtype = draw("logistic", key, shape, dtype, least(as_dtype(dtype)))
    return settled(np.log(drawn) - np.log1p(-drawn), dtype)


def pareto(key, b, shape=None, dtype=FLOAT):
    """Numbers above 1 that exceed x with the probability `x ** -b`.

    >>> from defn.random import key
    >>> pareto(key(0), 2.0, (2,)).shape
    (2,)
    """
    dtype = floating(dtype, "pareto")
    (b,) = parameters_in(dtype, b)
    return np.exp(exponential(key, drawn_shape("pareto", shape, b), dtype) / b)


def weibull_min(key, scale, concentration, shape=(), dtype=FLOAT):
    """Exponentials to the power `1 / concentration`, scaled.

    >>> from defn.random import key
    >>> weibull_min(key(0), 1.0, 2.0, (2,)).shape
    (2,)
    """
    dtype = floating(dtype, "weibull_min")
    scale, concentration = parameters_in(dtype, scale, concentration)
    return exponential(key, shape, dtype) ** (1 / concentration) * scale


# Others.


def cauchy(key, shape=(), dtype=FLOAT):
    """Quotients of two normally distributed numbers.

    >>> from defn import random
    >>> cauchy(random.key(0), (2,)).round(6).tolist()
    [-0.26193, -1.237846]
    """
    found = floating(dtype, "cauchy")
    drawn, dtype = draw("cauchy", key, shape, dtype, 2.0 ** -mantissa(found))
    return settled(np.tan(math.pi * (drawn - 0.5)), dtype)


def triangular(key, left, mode, right, shape=None, dtype=FLOAT):
    """Numbers between `left` and `right`, the likelier the nearer to `mode`.

    >>> from defn.random import key
    >>> triangular(key(0), -1.0, 0.0, 1.0, (2,)).shape
    (2,)
    """
    dtype = floating(dtype, "triangular")
    left, mode, right = parameters_in(dtype, left, mode, right)
    shape = drawn_shape("triangular", shape, left, mode, right)
    left, mode, right = (broadcast_to(v, shape) for v in (left, mode, right))
    drawn = uniform(key, shape, dtype)
    rising = left + np.sqrt(drawn * (right - left) * (mode - left))
    falling = right - np.sqrt((1 - drawn) * (right - left) * (right - mode))
    return settled(select(drawn < (mode - left) / (right - left), rising, falling), dtype)


def demand_real(x, what):
    """The parameter as a real floating tensor; integers become float64."""
    x = asarray(x)
    if x.dtype.kind == "c":
        raise TypeMismatch(f"{what} must be real, not {x.type}")
    return x if is_float(x.dtype) else astype(x, FLOAT)
