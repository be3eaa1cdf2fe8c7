"""The beta function, its logarithm and its incomplete integrals."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.numpy.composite import filled, select
from defn.special.elementwise import elementwise, in_double
from defn.special.gammas import is_pole, sign_of_gamma
from defn.tensor import apply


@in_double
def betaln(a, b):
    """The logarithm of the absolute value of the beta function.

    >>> betaln([1.0], 2.0).round(12).tolist()
    [-0.69314718056]
    """
    return log_beta(a, b)


def log_beta(a, b):
    """The same, of float64."""
    (a, b), _ = lifted(a, b)
    usual = (a > 0) & (b > 0) & (a < np.inf) & (b < np.inf)
    one = filled(a, 1)
    made = apply(ops.betaln, select(usual, a, one), select(usual, b, one))
    parts = apply(ops.lgamma, a) + (apply(ops.lgamma, b) - apply(ops.lgamma, a + b))
    other = select(is_pole(a) | is_pole(b), filled(a, np.inf), parts)
    endless = ((a == np.inf) & (b > 0)) | ((b == np.inf) & (a > 0))
    none = select(a == b, filled(a, np.nan), filled(a, -np.inf))
    return select(usual, made, select(endless, none, other))


def lifted(a, b):
    """Parameters of a beta function away from the poles that cancel, and the sign it takes."""
    sign = filled(a, 1)
    for _ in range(2):
        # At -n the poles of gamma(a) and gamma(a + b) leave a number, for whole b.
        both = is_pole(a) & (a < 0) & (b > 0) & (b == np.floor(b)) & (a + b < 1)
        odd = b - 2 * np.floor(b / 2)
        sign = select(both, sign * (1 - 2 * odd), sign)
        a, b = b, select(both, 1 - a - b, a)
    return (a, b), sign


MOST = 40.0  # above, products of gamma functions leave the range of floats


@in_double
def beta(a, b):
    """The beta function: `gamma(a) * gamma(b) / gamma(a + b)`.

    >>> beta([2.0], 3.0).round(12).tolist()
    [0.083333333333]
    """
    (a, b), lift = lifted(a, b)
    poles, one = is_pole(a) | is_pole(b), filled(a, 1)
    few = (abs(a) < MOST) & (abs(b) < MOST) & ~poles & ~is_pole(a + b)
    x, y = select(few, a, one), select(few, b, one)
    direct = apply(ops.gamma, x) * apply(ops.gamma, y) / apply(ops.gamma, x + y)
    sign = sign_of_gamma(a) * sign_of_gamma(b) * sign_of_gamma(a + b)
    far = sign * np.exp(log_beta(select(few, one, a), select(few, one, b)))
    far = select(is_pole(a + b), filled(a, 0), far)
    infinite = select(a == 0, np.copysign(filled(a, np.inf), a), filled(a, np.inf))
    return lift * select(few, direct, select(poles, infinite, far))


@elementwise
def betainc(a, b, x):
    """The probability that a beta variable of parameters `a` and `b` is below `x`.

    >>> betainc([2.0], 1.0, 0.5).round(12).tolist()
    [0.25]
    """
    return apply(ops.betainc, a, b, x)


@elementwise
def betaincc(a, b, x):
    """The probability that a beta variable of parameters `a` and `b` is above `x`.

    >>> betaincc([2.0], 1.0, 0.5).round(12).tolist()
    [0.75]
    """
    return apply(ops.betaincc, a, b, x)
