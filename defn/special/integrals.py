"""Exponential integrals and the dilogarithm."""

from __future__ import annotations

from defn import ops
from defn.numpy.composite import filled, select
from defn.special.elementwise import elementwise
from defn.tensor import apply


@elementwise
def exp1(x):
    """The integral of `exp(-t) / t` from `x > 0` on.

    >>> exp1([1.0]).round(12).tolist()
    [0.219383934396]
    """
    return apply(ops.exp1, x)


@elementwise
def expi(x):
    """The principal value of the integral of `exp(t) / t` up to `x`.

    >>> expi([1.0, -1.0]).round(12).tolist()
    [1.895117816356, -0.219383934396]
    """
    one = filled(x, 1)
    below = -apply(ops.exp1, select(x < 0, -x, one))
    return select(x < 0, below, apply(ops.expi, select(x < 0, one, x)))


@elementwise
def expn(n, x):
    """The integral of `exp(-x * t) / t**n` over `t` from 1 on, for whole `n >= 0`.

    >>> expn(2, [1.0]).round(12).tolist()
    [0.148495506776]
    """
    return apply(ops.expn, n, x)


@elementwise
def spence(z):
    """The dilogarithm of `1 - z`.

    >>> spence([1.0, 0.0]).round(12).tolist()
    [0.0, 1.644934066848]
    """
    return apply(ops.spence, z)
