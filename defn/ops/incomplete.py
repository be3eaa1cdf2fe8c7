"""The incomplete gamma and beta functions: integrals over a tail, by Gauss's rule.

With t = x exp(s), or the like for the logistic of t, an incomplete integral is what its integrand is
at x, times an integral of `exp(-fall(s))` over s from 0: smooth, positive, of one scale, whatever
the parameters. Positive terms lose no digits, and the same sum can be differentiated.
"""

from __future__ import annotations

import math

import numpy as np

from defn.ops.approximations import LGAMMA, in_double, polynomial

FORGOTTEN = 40.0  # exp(-40) is below the digits of a double
FIRST = 0.25  # the share of the first of two panels, which has most of the integral
STEPS = 3  # of Newton's method, to where an integrand is forgotten
TINY = 1e-300

# The logarithm of gamma(a) over Stirling's formula, times a, as a function of 2 / a - 1.
STIRLING_TAIL = (
    0.0826813919108186,
    -0.0012300100649059078,
    -0.00048510438810095034,
    0.00010076829937167725,
    -1.2621643077610519e-06,
    -6.404042340054355e-06,
    2.5473663173727157e-06,
    -4.274073883399798e-07,
    -1.1717403704359384e-07,
    1.2998338954310867e-07,
    -5.987776291373917e-08,
    1.538964985807336e-08,
    1.1949611704616462e-09,
    -4.189358290911156e-09,
    3.0553709266579407e-09,
    -1.4454374748078788e-09,
    2.530694866299961e-10,
    1.4889040279350744e-10,
    4.087796511886233e-11,
    -4.363948793825609e-11,
    -1.9626105235169594e-10,
    1.5738275943564558e-10,
    4.1821751758155874e-11,
    -6.08724551248777e-11,
    1.5627558425421696e-12,
    6.254732621759807e-12,
)


# Gauss's rule between 0 and 1. NumPy's own nodes have errors of a few hundred units in the last place.
NODES = (
    0.0013680690752592183,
    0.007194244227365833,
    0.017618872206246784,
    0.03254696203113015,
    0.05183942211697394,
    0.07531619313371501,
    0.1027581020160288,
    0.13390894062985517,
    0.1684778665348924,
    0.20614212137961885,
    0.2465500455338853,
    0.2893243619346823,
    0.33406569885893617,
    0.38035631887393145,
    0.42776401920860174,
    0.4758461671561308,
    0.5241538328438692,
    0.5722359807913983,
    0.6196436811260685,
    0.6659343011410638,
    0.7106756380653176,
    0.7534499544661147,
    0.7938578786203812,
    0.8315221334651076,
    0.8660910593701449,
    0.8972418979839712,
    0.9246838068662849,
    0.9481605778830261,
    0.9674530379688698,
    0.9823811277937532,
    0.9928057557726342,
    0.9986319309247408,
)
WEIGHTS = (
    0.003509305004735048,
    0.008137197365452835,
    0.01269603265463103,
    0.017136931456510716,
    0.02141794901111334,
    0.025499029631188087,
    0.029342046739267772,
    0.032911111388180925,
    0.03617289705442425,
    0.039096947893535156,
    0.041655962113473374,
    0.043826046502201906,
    0.045586939347881945,
    0.04692219954040228,
    0.04781936003963743,
    0.0482700442573639,
    0.0482700442573639,
    0.04781936003963743,
    0.04692219954040228,
    0.045586939347881945,
    0.043826046502201906,
    0.041655962113473374,
    0.039096947893535156,
    0.03617289705442425,
    0.032911111388180925,
    0.029342046739267772,
    0.025499029631188087,
    0.02141794901111334,
    0.017136931456510716,
    0.01269603265463103,
    0.008137197365452835,
    0.003509305004735048,
)


def integral(function, knee, end, *operands):
    """The integral of `function(s, *operands)` over s from 0 to a knee, and from there to an end."""
    total = 0.0
    for low, high in ((knee * 0, knee), (knee, end)):
        for node, weight in zip(NODES, WEIGHTS):
            at = low + (high - low) * node
            total = total + (high - low) * weight * function(at, *operands)
    return total


# Both panels as one axis: what is taken of the first one's length, and of the second one's.
NONE, ALL = (0.0,) * len(NODES), (1.0,) * len(NODES)
BEFORE, BEHIND = NODES + ALL, NONE + NODES
WEIGHTS_BEFORE, WEIGHTS_BEHIND = WEIGHTS + NONE, NONE + WEIGHTS


def places(knee, end):
    """The places s of both panels, and their weights, along a new last axis."""
    first, second = knee[..., None], (end - knee)[..., None]
    return first * BEFORE + second * BEHIND, first * WEIGHTS_BEFORE + second * WEIGHTS_BEHIND


def integrated(function, knee, end, *operands):
    """The integral, of arrays one place at a time; of tensors along an axis, which becomes a loop."""
    if issubclass(type(knee), np.ndarray | np.generic):  # a tensor says that it is an ndarray
        return integral(function, knee, end, *operands)
    s, weight = places(knee, end)
    return np.sum(function(s, *(x[..., None] for x in operands)) * weight, axis=-1)


# Small differences.

EXPM1_REST = tuple(1 / math.factorial(k) for k in range(2, 15))
LOG1P_REST = tuple(2 / k for k in range(3, 33, 2))


def expm1_rest(z):
    """exp(z) - 1 - z."""
    near = np.abs(z) < 0.5
    small = np.where(near, z, 0.0)
    return np.where(near, small * small * polynomial(EXPM1_REST, small), np.expm1(z) - z)


def log1p_rest(z):
    """log(1 + z) - z."""
    near = np.abs(z) < 0.5
    small = np.where(near, z, 0.0)
    return np.where(near, log1p_series(small, LOG1P_REST), np.log1p(np.where(near, 0.0, z)) - z)


def log1p_series(z, coefficients):
    """log(1 + z) - z by the inverse hyperbolic tangent of r, for log(1 + z) is twice that."""
    r = z / (2 + z)
    square = r * r
    return r * square * polynomial(coefficients, square) - r * z


def stirling_tail(a):
    """The logarithm of gamma(a) over Stirling's formula for it, for a > 0."""
    raised = np.where(a < 1, a + 1, a)
    tail = polynomial(STIRLING_TAIL, 2 / raised - 1) / raised
    below = np.where(a < 1, a, 1.0)
    return np.where(a < 1, tail + (below + 0.5) * np.log1p(1 / below) - 1, tail)


@in_double
def betaln(a, b):
    """The logarithm of the beta function, for a, b > 0."""
    both = a + b
    tails = stirling_tail(a) + stirling_tail(b) - stirling_tail(both)
    powers = -a * np.log1p(b / a) - b * np.log1p(a / b)
    return powers + tails + 0.5 * np.log(2 * np.pi * both / a / b)


# The gamma distribution.

EXACT_POWERS = 64.0  # up to this parameter a power is more exact than the exponential of a product


@in_double
def gamma_density(a, x):
    """x**a exp(-x) / gamma(a), for a > 0 and x >= 0."""
    ratio = x / a
    off = (x - a) / a
    few = a < EXACT_POWERS
    far = np.abs(off) > 0.5
    half = np.exp((np.where(few, a, 1.0) - np.where(few, x, 1.0)) / 2)
    powers = np.minimum(np.where(few, ratio, 1.0), 5000.0 / np.where(few, a, 1.0)) ** np.where(
        few, a, 1.0
    )
    direct = powers * half * half
    exponent = np.where(far, a * np.log(np.where(far, ratio, 1.0)) + (a - x), a * log1p_rest(off))
    shape = np.where(few & far, direct, np.exp(exponent))
    return np.sqrt(a / (2 * np.pi)) * np.exp(-stirling_tail(a)) * shape


def gamma_fall(s, a, x, side):
    """How far the logarithm of the integrand has fallen at s, on one side of x."""
    return x * expm1_rest(side * s) + side * (x - a) * s


def gamma_reach(a, x, side):
    """Where the integrand is forgotten: Newton's method from beyond, on a convex function."""
    curved = np.sqrt(2 * FORGOTTEN / x)
    s = np.where(side < 0, np.minimum((FORGOTTEN + x) / a, curved), curved)
    for _ in range(STEPS):
        grown = x * np.exp(side * s)
        s = s - (grown - x - side * a * s - FORGOTTEN) / (side * (grown - a))
    return s


def gamma_tail(a, x, side):
    """The integral on one side of x, over the integrand at x."""
    end = gamma_reach(a, x, side)
    return integrated(lambda *at: np.exp(-gamma_fall(*at)), FIRST * end, end, a, x, side)


def within(condition, x, other):
    """x where a formula holds, elsewhere a number that does no harm."""
    return np.where(condition, x, other)


def gamma_parts(a, x):
    """For a > 0 and x > 0: the probability of less than x, and of more."""
    corner = (a < 1) & (x < 1)
    lower = (x < a) & ~corner
    side = np.where(lower, -1.0, 1.0)
    p, q = within(~corner, a, 1.0), within(~corner, x, 1.0)
    tail = gamma_density(p, q) * gamma_tail(p, q, side)
    below, above = gamma_corner(within(corner, a, 0.5), within(corner, x, 0.5))
    return (
        np.where(corner, below, np.where(lower, tail, 1 - tail)),
        np.where(corner, above, np.where(lower, 1 - tail, tail)),
    )


CORNER = 22  # terms of the series for x below 1


def gamma_corner(a, x):
    """Both probabilities for a and x below 1: the power series of the exponential, integrated."""
    series = gamma_corner_series(a, x)
    logarithm = a * np.log(x) - a * (a - 1) * polynomial(LGAMMA, 2 * a - 1)
    power = np.exp(logarithm)
    return power * (1 + a * series), -np.expm1(logarithm) - power * a * series


def gamma_corner_series(a, x):
    """The sum of (-x)**n / (n! (a + n)) for n from 1 on."""
    total, term = 0.0, 1.0
    for n in range(1, CORNER):
        term = term * x / -n
        total = total + term / (a + n)
    return total


def gamma_probability(below, above, a, x):
    """A probability, or what it is where the parameters are no such distribution's or at an end."""
    inside = (a > 0) & (x > 0) & (a < np.inf) & (x < np.inf)
    at_zero = (x == 0) & (a > 0) | (a == np.inf) & (x >= 0) & (x < np.inf)
    at_end = (a == 0) & (x > 0) | (x == np.inf) & (a >= 0) & (a < np.inf)
    return inside, np.where(at_zero, below, np.where(at_end, above, np.nan))


@in_double
def gammainc(a, x):
    """The probability of a gamma variable below x."""
    inside, outside = gamma_probability(0.0, 1.0, a, x)
    return np.where(inside, gamma_parts(within(inside, a, 1.0), within(inside, x, 1.0))[0], outside)


@in_double
def gammaincc(a, x):
    """The probability of a gamma variable above x."""
    inside, outside = gamma_probability(1.0, 0.0, a, x)
    return np.where(inside, gamma_parts(within(inside, a, 1.0), within(inside, x, 1.0))[1], outside)


# The beta distribution.


@in_double
def beta_density(a, b, x):
    """x**a (1 - x)**b / beta(a, b), for a, b > 0 and 0 <= x <= 1."""
    return beta_density_at(a, b, x, 1 - x)


def beta_density_at(a, b, x, rest):
    """The same, of x and what it lacks to 1."""
    both = a + b
    off = x * b - rest * a
    scale = np.sqrt(a / both * (b / (2 * np.pi)))
    scale = scale * np.exp(stirling_tail(both) - stirling_tail(a) - stirling_tail(b))
    few = both < EXACT_POWERS
    p, q = within(few, a, 1.0), within(few, b, 1.0)
    direct = (x * (p + q) / p) ** p * (rest * (p + q) / q) ** q
    return scale * np.where(
        few, direct, np.exp(share(a, x, off / a, both) + share(b, rest, -off / b, both))
    )


def share(a, x, off, both):
    """a times the logarithm of x over its mean, less what the other parameter's share cancels."""
    far = off < -0.5
    return np.where(far, a * (np.log(x * both / a) - off), a * log1p_rest(off))


def beta_fall(s, a, b, off, near, side):
    """How far the logarithm of the integrand has fallen at s below the logistic of x.

    `near` is the nearer of x and 1 - x to zero, `side` -1 if that is x, else 1; `off` x b - (1 - x) a.
    """
    moved = near * np.expm1(side * s)
    close = np.abs(moved) < 0.3
    rest = log1p_series(np.where(close, moved, 0.0), LOG1P_REST[:10])
    around = (a + b) * (near * expm1_rest(side * s) + rest) - off * s
    away = (a + b) * np.log1p(np.where(close, 0.0, moved)) - side * np.where(side < 0, a, b) * s
    return np.where(close, around, away)


def beta_reach(a, b, x, rest, off):
    """Where the integrand is forgotten, as `gamma_reach`."""
    both = a + b
    straight = (FORGOTTEN - both * np.log(rest)) / a
    curved = np.sqrt(2 * FORGOTTEN / (both * x * rest))
    s = np.where(off > 0, straight, np.minimum(straight, curved))
    for _ in range(STEPS):
        left = x * np.exp(-s)
        fall = a * s + both * np.log(rest + left)
        s = s - (fall - FORGOTTEN) / (a - both * left / (rest + left))
    return s


def beta_panels(a, b, x, rest, off):
    """Where the panels of the integral below x end."""
    end = beta_reach(a, b, x, rest, off)
    knee = np.log(x / (rest * np.maximum(a, 1.0)))
    return np.minimum(np.maximum(knee, FIRST * end), end), end


def beta_tail(a, b, x, rest):
    """The integral below x, over the integrand at x; for a >= 1."""
    off = x * b - rest * a
    near, side = np.minimum(x, rest), np.where(x < rest, -1.0, 1.0)
    panels = beta_panels(a, b, x, rest, off)
    return integrated(lambda *at: np.exp(-beta_fall(*at)), *panels, a, b, off, near, side)


def beta_lower(a, b, x, rest, density):
    """The probability below x."""
    raised = a < 1
    tail = beta_tail(np.where(raised, a + 1, a), b, x, rest)
    return density * np.where(raised, (1 + x * (a + b) * tail) / a, tail)


FLAT = 0.1


def beta_sides(a, b, x, rest, density):
    """Is the probability below x to be integrated, not the one above: the lesser, nearly always."""
    below = x * b <= rest * a
    # Beside a parameter below 1 the greater part may be on the other side of the mean.
    side = np.where(below, (a >= 1) | (density <= a / 2), (b < 1) & (density > b / 2))
    # A long way to where a flat integrand falls takes more digits than one less the rest does.
    flat_below, flat_above = (a < 1) & (x * (1 + b) < FLAT), (b < 1) & (rest * (1 + a) < FLAT)
    return flat_below | side & ~flat_above


def beta_parts(a, b, x):
    """The probability below x, and the one above, for 0 < x < 1."""
    return beta_parts_at(a, b, x, 1 - x)


def beta_parts_at(a, b, x, rest):
    """The same, of x and what it lacks to 1."""
    density = beta_density_at(a, b, x, rest)
    lower = beta_sides(a, b, x, rest, density)
    pairs = ((a, b), (b, a), (x, rest), (rest, x))
    tail = beta_lower(*(np.where(lower, v, w) for v, w in pairs), density)
    return np.where(lower, tail, 1 - tail), np.where(lower, 1 - tail, tail)


@in_double
def betainc(a, b, x):
    """The probability of a beta variable below x."""
    return beta_probability(0, a, b, x)


@in_double
def betaincc(a, b, x):
    """The probability of a beta variable above x."""
    return beta_probability(1, a, b, x)


def beta_probability(part, a, b, x):
    """One of both probabilities, or what it is at an end of the numbers or of the parameters."""
    sensible = (a >= 0) & (b >= 0) & (x >= 0) & (x <= 1)
    low, high = (a == 0) | (b == np.inf), (b == 0) | (a == np.inf)
    inside = sensible & ~low & ~high & (x > 0) & (x < 1)
    at_end = np.where((x == 1) | low & (x > 0), 1.0 - part, 0.0 + part)
    known = sensible & ~((a == 0) & (b == 0)) & ~((a == np.inf) & (b == np.inf))
    made = beta_parts(within(inside, a, 1.0), within(inside, b, 1.0), within(inside, x, 0.5))
    return np.where(inside, made[part], np.where(known, at_end, np.nan))
