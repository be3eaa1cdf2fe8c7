"""The inverses of the incomplete integrals: quantiles of gamma and beta variables."""

from __future__ import annotations

from defn import ops
from defn.special.elementwise import elementwise
from defn.tensor import apply


@elementwise
def gammaincinv(a, y):
    """The value below which a gamma variable of parameter `a` falls with probability `y`.

    >>> gammaincinv([1.0], 0.5).round(12).tolist()
    [0.69314718056]
    """
    return apply(ops.gammaincinv, a, y)


@elementwise
def gammainccinv(a, y):
    """The value above which a gamma variable of parameter `a` falls with probability `y`.

    >>> gammainccinv([1.0], 1e-100).round(12).tolist()
    [230.258509299405]
    """
    return apply(ops.gammainccinv, a, y)


@elementwise
def betaincinv(a, b, y):
    """The value below which a beta variable of parameters `a` and `b` falls with probability `y`.

    >>> betaincinv([2.0], 1.0, 0.25).round(12).tolist()
    [0.5]
    """
    return apply(ops.betaincinv, a, b, y)


@elementwise
def betainccinv(a, b, y):
    """The value above which a beta variable of parameters `a` and `b` falls with probability `y`.

    >>> betainccinv([2.0], 1.0, 0.75).round(12).tolist()
    [0.5]
    """
    return apply(ops.betainccinv, a, b, y)
