"""The gamma function, its logarithm, derivatives and incomplete integrals, and zeta."""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.dispatch import BY_NAME
from defn.errors import ArgumentError
from defn.numpy.axes import integer
from defn.numpy.composite import demand, filled, inexact, select, settled
from defn.special.elementwise import elementwise
from defn.tensor import apply, asarray


@elementwise
def gamma(x):
    """The gamma function.

    >>> gamma([5.0, 0.5]).round(12).tolist()
    [24.0, 1.772453850906]
    """
    return apply(ops.gamma, x)


@elementwise
def gammasgn(x):
    """The sign of the gamma function.

    >>> gammasgn([2.0, -0.5, -1.5]).tolist()
    [1.0, -1.0, 1.0]
    """
    return sign_of_gamma(x)


def sign_of_gamma(x):
    """1 or -1; nan at the poles below zero."""
    below = np.floor(x)
    odd = below - 2 * np.floor(below / 2)
    negative = select(below == x, filled(x, np.nan), 1 - 2 * odd)
    inside = select(np.isnan(x) | (x == -np.inf), filled(x, np.nan), negative)
    return select(x > 0, filled(x, 1), select(x == 0, np.copysign(filled(x, 1), x), inside))


def is_pole(x):
    """Is the gamma function infinite there?"""
    return (x <= 0) & (x == np.floor(x))


@elementwise
def gammaln(x):
    """The logarithm of the absolute value of the gamma function.

    >>> gammaln([1.0, 4.0]).tolist()
    [0.0, 1.791759469228055]
    """
    return apply(ops.lgamma, x)


@elementwise
def loggamma(x):
    """The logarithm of the gamma function on its principal branch: for real `x` below zero, nan.

    >>> loggamma([4.0, -0.5]).round(12).tolist()
    [1.791759469228, nan]
    """
    return select(x < 0, filled(x, np.nan), apply(ops.lgamma, x))


def multigammaln(a, d):
    """The logarithm of the gamma function of `d` dimensions, at `a > (d - 1) / 2`.

    >>> multigammaln([3.0], 1).round(12).tolist()
    [0.69314718056]
    """
    d, a = integer(d, "the dimension of multigammaln"), inexact(asarray(a))
    if d < 1:
        raise ArgumentError(f"the dimension of multigammaln is at least 1, not {d}")
    demand(a > (d - 1) / 2, f"multigammaln of dimension {d} takes numbers above {(d - 1) / 2}")
    total = d * (d - 1) / 4 * math.log(math.pi)
    for k in range(d):
        total = total + gammaln(a - k / 2)
    return settled(total, a.dtype)


@elementwise
def gammainc(a, x):
    """The probability that a gamma variable of parameter `a` is below `x`.

    >>> gammainc([1.0], 2.0).round(12).tolist()
    [0.864664716763]
    """
    return apply(ops.gammainc, a, x)


@elementwise
def gammaincc(a, x):
    """The probability that a gamma variable of parameter `a` is above `x`.

    >>> gammaincc([1.0], 2.0).round(12).tolist()
    [0.135335283237]
    """
    return apply(ops.gammaincc, a, x)


@elementwise
def digamma(x):
    """The derivative of the logarithm of the gamma function.

    >>> digamma([1.0]).tolist()
    [-0.5772156649015329]
    """
    return apply(ops.digamma, x)


BY_NAME["psi"] = psi = digamma


@elementwise
def zeta(x, q):
    """Hurwitz's zeta function, the sum of `(q + k) ** -x`; of `x > 1` and `q > 0`.

    >>> zeta([2.0], 1.0).round(12).tolist()
    [1.644934066848]
    """
    return apply(ops.zeta, x, q)


BY_NAME["_zeta"] = zeta  # the ufunc that SciPy's function calls


def polygamma(n, x):
    """The `n`-th derivative of digamma, at `x > 0`.

    >>> polygamma(1, [1.0]).round(12).tolist()
    [1.644934066848]
    """
    n = integer(n, "the order of polygamma")
    if n < 0:
        raise ArgumentError(f"the order of polygamma must not be negative, got {n}")
    if n == 0:
        return digamma(x)
    return (-1) ** (n + 1) * math.factorial(n) * zeta(float(n + 1), x)
