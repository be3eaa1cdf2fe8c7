"""The derivatives of incomplete integrals by their parameters: the integrals, differentiated under
the sign.

What is integrated is that of `defn/ops/incomplete.py`, times the derivative of its logarithm, which
has one sign on the side that is integrated: so a derivative has as many digits as the function. All
is made of rows, so derivatives have derivatives.
"""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.ops import approximations, incomplete
from defn.tensor import apply
from defn.transforms.shapes import cast, select
from defn.types import FLOAT64


def in_double(rule):
    """Decorate a formula in float64 as one of any floating dtype."""

    def rounded(*operands):
        found = rule(*(cast(x, FLOAT64) for x in operands))
        rounded = tuple(cast(f, operands[0].dtype) for f in found)
        return rounded if len(found) > 1 else rounded[0]

    return rounded


def fixed(*values):
    """Values that are, to the derivative, constants: where a sum may end."""
    return [apply(ops.stop_grad, x) for x in values]


@in_double
def zeta_slope(s, a):
    """The derivative of Hurwitz's zeta function by its exponent."""
    inside = (s > 1) & (a > 0)
    found = approximations.zeta_slope(select(inside, s, 2), select(inside, a, 1))
    return (select(inside, found, math.nan),)


def over_end(density, a, x, other):
    """A density that goes as x**a, over x; its limit at 0, where it goes as other * x**(a - 1)."""
    limit = select(a == 1, density * 0 + other, select(a < 1, density * 0 + math.inf, 0 * density))
    return select(x == 0, limit, density / select(x == 0, 1, x))


# The gamma distribution.


@in_double
def gamma_slope(a, x):
    """The derivative of `gammainc(a, x)` by a."""
    inside = (a > 0) & (x > 0) & (a < math.inf) & (x < math.inf)
    corner = inside & (a < 1) & (x < 1)
    body = inside & ~corner
    near = gamma_corner_slope(select(corner, a, 0.5), select(corner, x, 0.5))
    far = gamma_tail_slope(select(body, a, 1), select(body, x, 1))
    ends = select((a > 0) & ((x == 0) | (x == math.inf)), 0, x * math.nan)
    return (select(corner, near, select(body, far, ends)),)


def gamma_tail_slope(a, x):
    """The same, where one side of x is integrated."""
    side = np.where(x < a, -1.0, 1.0)
    end = incomplete.gamma_reach(*fixed(a, x, side))
    s, weight = incomplete.places(incomplete.FIRST * end, end)
    integrand = weight * np.exp(-incomplete.gamma_fall(s, *along(a, x, side)))
    centre = np.log(x) - apply(ops.digamma, a)
    found = centre * np.sum(integrand, -1) + side * np.sum(s * integrand, -1)
    return -side * apply(ops.gamma_density, a, x) * found


def along(*values):
    """Values, with an axis for the places of an integral."""
    return [x[..., None] for x in values]


def gamma_corner_slope(a, x):
    """The same, for a and x below 1: the power series, differentiated term by term."""
    power = np.exp(a * np.log(x) - apply(ops.lgamma, a + 1))
    total, slope, term = 1.0, 0.0, 1.0
    for n in range(1, incomplete.CORNER):
        term = term * x / -n
        total = total + term * a / (a + n)
        slope = slope + term * n / (a + n) ** 2
    return power * ((np.log(x) - apply(ops.digamma, a + 1)) * total + slope)


# The beta distribution.


@in_double
def beta_slopes(a, b, x):
    """The derivatives of `betainc(a, b, x)` by a and by b."""
    known = (a > 0) & (b > 0) & (a < math.inf) & (b < math.inf)
    inside = known & (x > 0) & (x < 1)
    p, q, y = select(inside, a, 1), select(inside, b, 1), select(inside, x, 0.5)
    rest, density = 1 - y, apply(ops.beta_density, p, q, y)
    lower = incomplete.beta_sides(*fixed(p, q, y, rest, density))
    pairs = ((p, q), (q, p), (y, rest), (rest, y))
    first, second = beta_lower_slopes(*(select(lower, v, w) for v, w in pairs), density)
    ends = select(known & ((x == 0) | (x == 1)), 0, x * math.nan)
    by_a, by_b = select(lower, first, -second), select(lower, second, -first)
    return select(inside, by_a, ends), select(inside, by_b, ends)


def beta_lower_slopes(a, b, x, rest, density):
    """The derivatives of the probability below x by both parameters, where it is integrated."""
    raised = a < 1
    more = select(raised, a + 1, a)
    logs, both = (np.log(x), np.log(rest)), apply(ops.digamma, more + b)
    centres = [log - apply(ops.digamma, v) + both for log, v in zip(logs, (more, b))]
    tails = beta_tail_slopes(more, b, x, rest, *centres)
    # The step up from a to a + 1 has one as well: digamma(a + b) - digamma(a + b + 1) is -1 / (a + b).
    return [
        density * select(raised, (centre - 1 / (a + b) + x * (a + b) * tail) / a, tail)
        for centre, tail in zip(centres, tails)
    ]


def beta_tail_slopes(a, b, x, rest, *centres):
    """The integrals below x over the integrand at x, for a >= 1."""
    off = x * b - rest * a
    near, side = np.minimum(x, rest), np.where(x < rest, -1.0, 1.0)
    s, weight = incomplete.places(*incomplete.beta_panels(*fixed(a, b, x, rest, off)))
    integrand = weight * np.exp(-incomplete.beta_fall(s, *along(a, b, off, near, side)))
    p, q = along(x, rest)
    # The logarithm of 1 - t over that of 1 - x; that of t over x has s less.
    moved = np.sum(-np.log(q + p * np.exp(-s)) * integrand, -1)
    whole, less = np.sum(integrand, -1), np.sum(s * integrand, -1)
    return [centre * whole + moved - part for centre, part in zip(centres, (less, 0))]
