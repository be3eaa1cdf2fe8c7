"""Powers by way of their logarithm, and penalties that grow as a square and then as a line."""

from __future__ import annotations

import numpy as np

from defn.numpy.composite import filled, select
from defn.special.elementwise import elementwise, in_double


def power_transform(logarithm, exponent):
    """(exp(exponent * logarithm) - 1) / exponent, and its limit at zero."""
    none = abs(exponent) < 1e-19
    divisor = select(none, filled(exponent, 1), exponent)
    return select(none, logarithm, np.expm1(divisor * logarithm) / divisor)


@in_double
def boxcox(x, lmbda):
    """`(x ** lmbda - 1) / lmbda`, and `log(x)` where `lmbda` is zero.

    >>> boxcox([4.0, 1.0], [0.5, 0.0]).round(12).tolist()
    [2.0, 0.0]
    """
    return power_transform(np.log(x), lmbda)


@in_double
def boxcox1p(x, lmbda):
    """`boxcox(1 + x, lmbda)`, exact where `x` is small.

    >>> boxcox1p([3.0], 0.5).round(12).tolist()
    [2.0]
    """
    return power_transform(np.log1p(x), lmbda)


@in_double
def exprel(x):
    """`(exp(x) - 1) / x`, 1 at zero.

    >>> exprel([0.0]).tolist()
    [1.0]
    """
    return select(x > 720, filled(x, np.inf), power_transform(filled(x, 1), x))


@elementwise
def huber(delta, r):
    """`r * r / 2` up to a size of `delta`, from there on the straight line that continues it.

    >>> huber(1.0, [0.5, 3.0]).tolist()
    [0.125, 2.5]
    """
    line = delta * (abs(r) - 0.5 * delta)
    inside = select(abs(r) <= delta, 0.5 * r * r, line)
    return select(delta < 0, filled(r, np.inf), inside)


@elementwise
def pseudo_huber(delta, r):
    """`delta**2 * (sqrt(1 + (r / delta)**2) - 1)`: near zero a square, far from it a line.

    >>> pseudo_huber(3.0, [4.0]).round(12).tolist()
    [6.0]
    """
    none = delta == 0
    ratio = r / select(none, filled(delta, 1), delta)
    # No difference of like numbers, and smooth at zero.
    near, line = abs(ratio) < 1e8, delta * (abs(r) - delta)
    held, size = (select(near, v, filled(r, 0)) for v in (ratio, r))
    made = select(near, size * size / (1 + np.sqrt(1 + held * held)), line)
    return select(delta < 0, filled(r, np.inf), select(none, filled(r, 0), made))
