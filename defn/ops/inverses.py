"""The inverses of incomplete integrals: a guess from the tails and the middle, then four steps of Halley's.

The logarithm of a probability, as a function of the logarithm of x or of its odds, is concave: a
step may start from anywhere. Of both tails the lesser is solved for, so none of its digits are lost.
"""

from __future__ import annotations

import math

import numpy as np

from defn.ops.approximations import in_double, lgamma
from defn.ops.incomplete import (
    beta_density_at,
    beta_parts_at,
    betaln,
    gamma_density,
    gamma_parts,
    within,
)

STEPS = 4  # each triples the digits of a guess that has one, mostly two
ROUGH = 5  # steps of Newton's to a guess
SMALL = 0.3  # how far a series of two terms carries
LEAST = 1e-290  # below, a probability at a guess beside may vanish


def in_turn(count, step, state):
    """The state after so many steps."""
    for _ in range(count):
        state = step(state)
    return state


def normal_tail(p, q):
    """About the value below which a normal variable falls with probability p = 1 - q."""
    # Abramowitz and Stegun, 26.2.23: within 5e-4.
    t = np.sqrt(-2 * np.log(np.minimum(p, q)))
    above = 2.515517 + t * (0.802853 + t * 0.010328)
    below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    return np.where(p < q, -1.0, 1.0) * (t - above / below)


def halley(p, q, found, density, bend):
    """The step from where the probabilities are `found`; `bend` is the density's logarithm's slope."""
    lower = p <= q
    ratio = np.where(lower, found[0] / p, found[1] / q)
    slope = density * np.where(lower, 1 / found[0], -1 / found[1])
    step = np.log(ratio) / slope
    return step / np.maximum(1 - step * (bend - slope) / 2, 0.5)


# The gamma distribution.


def gamma_inverse(a, p, q, repeated):
    """The x with gammainc(a, x) = p = 1 - q, for a > 0 and 0 < p < 1."""

    def closer(x):
        step = halley(p, q, gamma_parts(a, x), gamma_density(a, x), a - x)
        return x * np.exp(-np.minimum(np.maximum(step, -3.0), 3.0))

    power = gamma_power(a, p)
    nothing = power < math.log(LEAST)
    start = gamma_guess(a, np.maximum(p, LEAST), np.maximum(q, LEAST))
    return np.where(nothing, np.exp(power), repeated(STEPS, closer, within(~nothing, start, a)))


def gamma_power(a, p):
    """The logarithm of x where x is small."""
    return (np.log(p) + lgamma(a + 1)) / a


def gamma_guess(a, p, q):
    """About the x with gammainc(a, x) = p = 1 - q."""
    power = gamma_power(a, p)
    less = np.exp(np.minimum(power, 700.0)) / (a + 1)
    above = -np.log(q) - lgamma(a)
    far = above + (a - 1) * np.log(np.maximum(above, 1.0))
    far = np.maximum(above + (a - 1) * np.log(np.maximum(far, 1.0)), 0.1)
    middle = a * ratio_of(normal_tail(p, q) / np.sqrt(a))
    wide = np.where((a < 1) & (q < 0.4), far, middle)
    return np.where(less < 0.2, np.exp(power + np.minimum(less, 1.0)), wide)


def ratio_of(z):
    """The r with r - 1 - log(r) = z * z / 2, on the side of 1 that the sign of z says."""
    near, half = np.abs(z) < 1, z * z / 2
    close = np.where(near, z, 0.0)
    series = 1 + close * (1 + close * (1 / 3 + close * (1 / 36 - close / 270)))
    r = np.where(z > 0, 1.4 + half + np.log1p(half), np.exp(-1 - half))
    r = np.where(near, 2.0, r)
    for _ in range(2):
        step = (r - 1 - np.log(r) - half) / (r - 1)
        r = r * np.exp(-np.minimum(np.maximum(step, -1.0), 1.0))
    return np.where(near, series, r)


def of_gamma(lower):
    """The inverse of the probability below x, or of the one above, by the parameter and it."""

    def inverse(a, y, repeated=in_turn):
        inside = (a > 0) & (a < np.inf) & (y > 0) & (y < 1)
        shape, share = within(inside, a, 1.0), within(inside, y, 0.5)
        pair = (share, 1 - share) if lower else (1 - share, share)
        none, all_of_it = (0.0, np.inf) if lower else (np.inf, 0.0)
        edge = np.where(y == 0, none, np.where(y == 1, all_of_it, np.nan))
        made = gamma_inverse(shape, *pair, repeated)
        return np.where(inside, made, np.where(a < 0, np.nan, edge))

    return inverse


# The beta distribution.


def beta_inverse(a, b, p, q, repeated):
    """The x with betainc(a, b, x) = p = 1 - q, for a, b > 0 and 0 < p < 1."""
    low, high = beta_bounds(a, b, p, q)
    nothing = low < math.log(LEAST)
    lowest, highest = (np.exp(np.minimum(np.maximum(v, -660.0), 660.0)) for v in (low, high))

    def closer(odds):
        x, rest = 1 / (1 + 1 / odds), 1 / (1 + odds)
        found = beta_parts_at(a, b, x, rest)
        step = halley(p, q, found, beta_density_at(a, b, x, rest), a * rest - b * x)
        moved = odds * np.exp(-np.minimum(np.maximum(step, -600.0), 600.0))
        return np.minimum(np.maximum(moved, lowest), highest)

    start = np.minimum(np.maximum(np.exp(beta_guess(a, b, p, q, low, high)), lowest), highest)
    odds = repeated(STEPS, closer, start)
    return np.where(nothing, np.exp(low), 1 / (1 + 1 / odds))


def beta_bounds(a, b, p, q):
    """The logarithm of the odds of x is between these: each tail is below its power."""
    whole = betaln(a, b)
    return (np.log(p) + np.log(a) + whole) / a, -(np.log(q) + np.log(b) + whole) / b


def beta_guess(a, b, p, q, low, high):
    """About the logarithm of the odds of the x with betainc(a, b, x) = p = 1 - q."""
    both, p, q = a + b, np.maximum(p, LEAST), np.maximum(q, LEAST)
    lesser = np.minimum(a, b)
    among = np.where(lesser < 1, beta_as_gamma(a, b, p, q), beta_middle(a, b, p, q, low, high))
    guess = np.where(np.maximum(a, b) <= 1, beta_powers(a, b, p, q), among)
    less, more = (both / (c + 1) * np.exp(np.minimum(v, 700.0)) for c, v in ((a, low), (b, -high)))
    guess = np.where(more < SMALL, high - np.minimum(more, 1.0), guess)
    guess = np.where(less < SMALL, low + np.minimum(less, 1.0), guess)
    return np.minimum(np.maximum(guess, low), high)


def beta_powers(a, b, p, q):
    """The guess for parameters up to 1: one of two powers, each with its share."""
    first, second = np.exp(-a * np.log1p(b / a)) / a, np.exp(-b * np.log1p(a / b)) / b
    whole = first + second
    below, above = np.log(a * whole * p) / a, -np.log(b * whole * q) / b
    return np.where(p * whole < first, below, above)


def beta_as_gamma(a, b, p, q):
    """The guess for a parameter below 1 beside a greater one: as a gamma variable."""
    left = a < b
    small, large = np.minimum(a, b), np.maximum(a, b)
    found = gamma_guess(small, np.where(left, p, q), np.where(left, q, p))
    odds = np.log(np.expm1(np.minimum(found / (large + (small - 1) / 2), 700.0)))
    return np.where(left, odds, -odds)


def beta_middle(a, b, p, q, low, high):
    """The guess for greater parameters: where the integrand has fallen as a normal density has."""
    both, centre = a + b, np.log(a / b)
    mean, z = a / both, normal_tail(p, q)
    low, high = low - centre, high - centre
    u = z * np.sqrt(both / a / b)
    for _ in range(ROUGH):
        u = np.minimum(np.maximum(u, low), high)
        u = np.where(np.abs(u) > 1e-4, u, np.copysign(1e-4, z))
        top = np.maximum(u, 0.0)
        grown = top + np.log((1 - mean) * np.exp(-top) + mean * np.exp(u - top))
        fallen = np.copysign(np.sqrt(2 * np.maximum(both * grown - a * u, 0.0)), u)
        u = u + (z - fallen) * fallen / (both * mean * np.exp(u - grown) - a)
    return centre + u


def of_beta(lower):
    """The inverse of the probability below x, or of the one above, by the parameters and it."""

    def inverse(a, b, y, repeated=in_turn):
        known = (a > 0) & (b > 0)
        inside = known & (a < np.inf) & (b < np.inf) & (y > 0) & (y < 1)
        p, q, share = (within(inside, v, c) for v, c in ((a, 1.0), (b, 1.0), (y, 0.5)))
        pair = (share, 1 - share) if lower else (1 - share, share)
        none, all_of_it = (0.0, 1.0) if lower else (1.0, 0.0)
        limit = np.where(a == b, np.nan, np.where(a == np.inf, 1.0, 0.0))
        between = np.where((y > 0) & (y < 1), limit, np.nan)
        edge = np.where(y == 0, none, np.where(y == 1, all_of_it, between))
        made = beta_inverse(p, q, *pair, repeated)
        return np.where(inside, made, np.where(known, edge, np.nan))

    return inverse


# Each is a formula with a loop in it, which who runs it brings.
FORMULAS = {
    "gammaincinv": of_gamma(True),
    "gammainccinv": of_gamma(False),
    "betaincinv": of_beta(True),
    "betainccinv": of_beta(False),
}
gammaincinv, gammainccinv, betaincinv, betainccinv = map(in_double, FORMULAS.values())
