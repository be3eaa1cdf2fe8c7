"""The gamma distribution and what is made of it; gradients by its parameter are exact in
expectation.

Draws: Marsaglia and Tsang, "A simple method for generating gamma variables", 2000, one loop for all
elements, each with a key of its own. Derivatives: of a draw x at a fixed probability of being below
it, as in Figurnov, Mohamed, Mnih, "Implicit reparameterization gradients", 2018.
"""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.control import while_loop
from defn.numpy.composite import filled, select, settled
from defn.numpy.parts import flat, reshaped
from defn.numpy.shapes import sizes_of
from defn.ops.incomplete import FIRST, FORGOTTEN, places
from defn.random.continuous import normal, normal_of
from defn.random.keys import demand_key, parted, split_each
from defn.random.uniform import FLOAT, drawn_shape, floating, parameters_in, rademacher, unit
from defn.tensor import apply, asarray, astype, broadcast_to
from defn.transforms.custom import CustomGrad

SQUEEZE = 0.0331
THIRD = 1 / 3


# Draws.


def drawn(keys, alpha, logarithm):
    """A gamma variable, or its logarithm, for each key and parameter, both in a row."""
    raised = select(alpha >= 1, alpha, alpha + 1)
    shift = raised - THIRD
    keys, last = parted(keys)
    cube = accepted(keys, shift)
    lifted = 1 - unit(last, (), alpha.dtype)
    if logarithm:
        return np.log(shift) + np.log(cube) + log_boost(alpha, lifted)
    boost = select(alpha >= 1, filled(alpha, 1), lifted ** (1 / alpha))
    return shift * cube * boost


def log_boost(alpha, lifted):
    """What brings the logarithm of a draw for `alpha + 1` to one for `alpha` below 1."""
    logarithm = np.log(lifted)
    return select((alpha >= 1) | (logarithm == 0), filled(alpha, 0), logarithm / alpha)


def accepted(keys, shift):
    """The cubes that are accepted first, element by element."""
    slope = THIRD / np.sqrt(shift)
    start = (keys, filled(shift, 0), filled(shift, 1), filled(shift, 2))

    def rejected(state):
        _, square, cube, height = state
        near = height >= 1 - SQUEEZE * (square * square)
        return near & (np.log(height) >= square * 0.5 + shift * (1 - cube + np.log(cube)))

    def again(state):
        keys, *values = state
        following, normal_keys, height_keys = parted(keys, 3)
        normals, root = positive_roots(normal_keys, slope)
        tried = (normals * normals, root * root * root, unit(height_keys, (), shift.dtype))
        where = rejected(state)
        chosen = [select(where, new, old) for new, old in zip(tried, values)]
        return np.where(where[:, None], following, keys), *chosen

    return while_loop(lambda state: np.any(rejected(state)), again, start)[2]


def positive_roots(keys, slope):
    """Normally distributed numbers, drawn until `1 + slope * x` is positive; and that."""

    def again(state):
        keys, normals, root = state
        following, used = parted(keys)
        made = normal_of(used, (), slope.dtype)
        where = root <= 0
        return (
            np.where(where[:, None], following, keys),
            select(where, made, normals),
            select(where, 1 + made * slope, root),
        )

    start = (keys, filled(slope, 0), filled(slope, -1))
    return while_loop(lambda state: np.any(state[2] <= 0), again, start)[1:]


# Derivatives.


def log_slope(alpha, logarithm):
    """The derivative by the parameter of the logarithm of a draw, at a fixed probability.

    The probability of the nearer tail is an integral over `x * exp(side * s)`; its derivative over
    the density is what is integrated here, numerically, up to where nothing is left.
    """
    dtype, (alpha, logarithm) = alpha.dtype, (astype(v, FLOAT) for v in (alpha, logarithm))
    x = np.exp(logarithm)
    side = select(x < alpha, filled(x, -1), filled(x, 1))
    end = reach(alpha, x, side)
    s, weight = places(FIRST * end, end)
    centre = logarithm - apply(ops.digamma, alpha)
    alpha, x, side, centre = (v[..., None] for v in (alpha, x, side, centre))
    integrand = (centre + side * s) * np.exp(-fall(alpha, x, side, s))
    return astype(np.sum(side * weight * integrand, -1), dtype)


def fall(alpha, x, side, s):
    """How far the logarithm of the integrand has fallen at `s`."""
    return x * np.expm1(side * s) - side * alpha * s


def reach(alpha, x, side):
    """Where the integrand is negligible: Newton's method from beyond, on a convex function."""
    alpha, x = (apply(ops.stop_grad, v) for v in (alpha, x))
    positive = np.maximum(x, 1e-300)
    above = select(x < 1, np.log1p(2 * FORGOTTEN / positive), np.sqrt(2 * FORGOTTEN / positive))
    s = select(side < 0, (FORGOTTEN + x) / alpha, above)
    for _ in range(8):
        s = s - (fall(alpha, x, side, s) - FORGOTTEN) / (side * (x * np.exp(side * s) - alpha))
    return s


@CustomGrad
def gammas(alpha, keys):
    """Gamma variables."""
    return drawn(keys, alpha, False)


@gammas.def_jvp
def gammas_tangent(tangents, result, alpha, keys):
    """The tangents of gamma variables."""
    return tangents[0] * result * log_slope(alpha, np.log(result))


@CustomGrad
def log_gammas(alpha, keys):
    """Logarithms of gamma variables."""
    return drawn(keys, alpha, True)


@log_gammas.def_jvp
def log_gammas_tangent(tangents, result, alpha, keys):
    """The tangents of logarithms of gamma variables."""
    return tangents[0] * log_slope(alpha, result)


# What the user calls.


def sampled(name, rule, key, a, shape, dtype):
    """A rule for keys and parameters in a row, for a parameter of any shape."""
    dtype = floating(dtype, name)
    (a,) = parameters_in(dtype, a)
    shape = drawn_shape(name, shape, a)
    size = math.prod(shape)
    found = rule(flat(broadcast_to(a, shape)), split_each(demand_key(key), size))
    return settled(reshaped(found, shape), dtype)


def gamma(key, a, shape=None, dtype=FLOAT):
    """Gamma variables: for a whole `a`, the time until the a-th of events that come once in a unit.

    >>> from defn import random
    >>> gamma(random.key(0), 3.0, (2,)).round(6).tolist()
    [2.262911, 1.962139]
    """
    return sampled("gamma", gammas, key, a, shape, dtype)


def loggamma(key, a, shape=None, dtype=FLOAT):
    """The logarithms of gamma variables, also where these are too small for a float.

    >>> from defn.random import key
    >>> loggamma(key(0), 2.0, (2,)).shape
    (2,)
    """
    return sampled("loggamma", log_gammas, key, a, shape, dtype)


def beta(key, a, b, shape=None, dtype=FLOAT):
    """Numbers from 0 to 1: the share of one gamma variable in the sum of two.

    >>> from defn import random
    >>> 0 < beta(random.key(0), 2.0, 3.0).item() < 1
    True
    """
    dtype = floating(dtype, "beta")
    a, b = parameters_in(dtype, a, b)
    shape = drawn_shape("beta", shape, a, b)
    one, other = parted(demand_key(key))
    x, y = loggamma(one, a, shape, dtype), loggamma(other, b, shape, dtype)
    top = np.maximum(x, y)
    x, y = np.exp(x - top), np.exp(y - top)
    return x / (x + y)


def chisquare(key, df, shape=None, dtype=FLOAT):
    """Sums of the squares of `df` normally distributed numbers.

    >>> from defn.random import key
    >>> chisquare(key(0), 3.0, (2,)).shape
    (2,)
    """
    (df,) = parameters_in(floating(dtype, "chisquare"), df)
    return np.exp(loggamma(key, df / 2, shape, dtype)) * 2


def t(key, df, shape=None, dtype=FLOAT):
    """Student's distribution of `df` degrees of freedom.

    >>> from defn.random import key
    >>> t(key(0), 3.0, (2,)).shape
    (2,)
    """
    dtype = floating(dtype, "t")
    (df,) = parameters_in(dtype, df)
    shape = drawn_shape("t", shape, df)
    one, other = parted(demand_key(key))
    half = df / 2
    return normal(one, shape, dtype) * np.sqrt(half / gamma(other, half, shape, dtype))


def f(key, dfnum, dfden, shape=None, dtype=FLOAT):
    """Fisher's distribution: the quotient of two mean squares.

    >>> from defn.random import key
    >>> f(key(0), 2.0, 5.0, (2,)).shape
    (2,)
    """
    dtype = floating(dtype, "f")
    dfnum, dfden = parameters_in(dtype, dfnum, dfden)
    shape = drawn_shape("f", shape, dfnum, dfden)
    below, above = parted(demand_key(key))
    top = chisquare(above, dfnum, shape, dtype) / dfnum
    return top / (chisquare(below, dfden, shape, dtype) / dfden)


def dirichlet(key, alpha, shape=None, dtype=FLOAT):
    """Shares that sum to 1 along the last axis: those of gamma variables in their sum.

    >>> from defn import random
    >>> dirichlet(random.key(0), [1.0, 2.0, 3.0]).sum().round(6).item()
    1.0
    """
    dtype = floating(dtype, "dirichlet")
    (alpha,) = parameters_in(dtype, alpha)
    batch = broadcast_to(asarray(0.0, dtype), alpha.shape[:-1])
    shape = (*drawn_shape("dirichlet", shape, batch), alpha.shape[-1])
    x = loggamma(key, alpha, shape, dtype)
    powers = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


def generalized_normal(key, p, shape=(), dtype=FLOAT):
    """Numbers of density proportional to `exp(-abs(x) ** p)`.

    >>> from defn.random import key
    >>> generalized_normal(key(0), 1.5, (2,)).shape
    (2,)
    """
    dtype = floating(dtype, "generalized_normal")
    (p,) = parameters_in(dtype, p)
    one, other = parted(demand_key(key))
    sign = rademacher(other, shape, dtype)
    return sign * gamma(one, 1 / p, sizes_of(shape), dtype) ** (1 / p)
