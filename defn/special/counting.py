"""What gamma and beta functions count: factorials, ways to choose, rising factorials."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.errors import ArgumentError
from defn.numpy.composite import filled, inexact, select
from defn.special.betas import MOST
from defn.special.elementwise import elementwise, in_double
from defn.special.gammas import is_pole, sign_of_gamma
from defn.tensor import apply, asarray


@elementwise
def factorial_of(n):
    """gamma(n + 1), zero below zero."""
    inside = select(n < 0, filled(n, 0), n)
    return select(n < 0, filled(n, 0), apply(ops.gamma, inside + 1))


def factorial(n, exact=False):
    """`n!` as a float: `gamma(n + 1)`, and zero below zero.

    >>> factorial([0.0, 5.0]).tolist()
    [1.0, 120.0]
    """
    demand_floats(exact, "factorial")
    return factorial_of(n)


def demand_floats(exact, name):
    """Refuse the integers of any size that SciPy counts with."""
    if exact:
        raise ArgumentError(
            f"special.{name} gives floats; exact=True needs Python's integers of any size: use "
            f"math.{name} outside of the compiled function"
        )


@in_double
def binom(n, k):
    """How many ways there are to choose `k` of `n`, also of numbers that are not whole.

    >>> binom([5.0], 2.0).tolist()
    [10.0]
    """
    below = (n < 0) & (k == np.floor(k))
    sign = select(below, 1 - 2 * (k - 2 * np.floor(k / 2)), filled(n, 1))
    found = sign * ways(select(below, k - n - 1, n), k)
    # What is counted is whole; its derivative is that of the smooth function.
    whole = (n == np.floor(n)) & (k == np.floor(k)) & (abs(found) < 2.0**50)
    rest = select(whole, np.rint(found) - found, filled(found, 0))
    missing = np.isnan(n) | ((n < 0) & (n == np.floor(n)))
    return select(missing, filled(n, np.nan), found + apply(ops.stop_grad, rest))


def ways(n, k):
    """gamma(n + 1) / (gamma(k + 1) gamma(n - k + 1))."""
    few, one = n < MOST * 4, filled(n, 1)
    none = is_pole(k + 1) | is_pole(n - k + 1)
    p, q, r = (select(few, v + 1, one) for v in (n, k, n - k))
    divisor = apply(ops.gamma, q) * apply(ops.gamma, r)
    direct = select(none, filled(n, 0), apply(ops.gamma, p) / divisor)
    above = ~few & (k > -1) & (n - k > -1)
    p, q, r = (select(above, v, one) for v in (n - k + 1, k + 1, n + 1))
    far = np.exp(-apply(ops.betaln, p, q)) / r
    logarithms = [apply(ops.lgamma, v + 1) for v in (n, k, n - k)]
    signs = sign_of_gamma(k + 1) * sign_of_gamma(n - k + 1)
    other = signs * np.exp(logarithms[0] - logarithms[1] - logarithms[2])
    return select(few, direct, select(above, far, select(none, filled(n, 0), other)))


def comb(N, k, exact=False, repetition=False):
    """How many ways there are to choose `k` of `N` things, once each or with `repetition`.

    >>> comb([5.0], 2.0).tolist(), comb([5.0], 2.0, repetition=True).tolist()
    ([10.0], [15.0])
    """
    demand_floats(exact, "comb")
    N, k = (inexact(asarray(v)) for v in (N, k))
    if repetition:
        return comb(N + k - 1, k)
    sensible = (N >= 0) & (k >= 0) & (k <= N)
    found = binom(np.where(sensible, N, 1.0), np.where(sensible, k, 0.0))
    return np.where(sensible, found, 0.0)


@in_double
def poch(z, m):
    """The rising factorial: `gamma(z + m) / gamma(z)`.

    >>> poch([3.0], 2.0).round(12).tolist()
    [12.0]
    """
    # At and below zero by the reflection, whose poles are in the denominator.
    below = (z <= 0) & (m == np.floor(m))
    sign = select(below, 1 - 2 * (m - 2 * np.floor(m / 2)), filled(z, 1))
    above, under = select(below, 1 - z, z + m), select(below, 1 - z - m, z)
    few, one = (abs(above) < MOST) & (abs(under) < MOST), filled(z, 1)
    divisor = apply(ops.gamma, select(few, under, one))
    direct = apply(ops.gamma, select(few, above, one)) / divisor
    logarithm = apply(ops.lgamma, above) - apply(ops.lgamma, under)
    far = sign_of_gamma(above) * sign_of_gamma(under) * np.exp(logarithm)
    infinite = select(is_pole(above), filled(z, np.inf), select(few, direct, far))
    found = select(is_pole(under), filled(z, 0), infinite)
    return select(m == 0, one, sign * found)
