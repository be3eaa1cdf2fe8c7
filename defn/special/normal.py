"""The error function and the normal distribution."""

from __future__ import annotations

import math

from defn import ops
from defn.numpy.composite import select
from defn.special.elementwise import elementwise, in_double
from defn.tensor import apply

ROOT_TWO = math.sqrt(2)


@elementwise
def erf(x):
    """The error function.

    >>> erf([0.0, 1.0]).round(12).tolist()
    [0.0, 0.84270079295]
    """
    return apply(ops.erf, x)


@elementwise
def erfc(x):
    """`1 - erf(x)`, exact where that is small.

    >>> erfc([0.0]).tolist()
    [1.0]
    """
    return apply(ops.erfc, x)


@elementwise
def erfinv(y):
    """The `x` with `erf(x) = y`.

    >>> erfinv([0.0, 1.0]).tolist()
    [0.0, inf]
    """
    return apply(ops.erfinv, y)


@elementwise
def erfcinv(q):
    """The `x` with `erfc(x) = q`.

    >>> erfcinv([1.0, 0.0]).tolist()
    [0.0, inf]
    """
    return apply(ops.erfcinv, q)


@elementwise
def erfcx(x):
    """`exp(x * x) * erfc(x)`, which does not vanish as `erfc` does.

    >>> erfcx([0.0, 1e4]).round(12).tolist()
    [1.0, 5.6418958e-05]
    """
    return apply(ops.erfcx, x)


@elementwise
def dawsn(x):
    """Dawson's function: `exp(-x * x)` times the integral of `exp(t * t)` from 0 to `x`.

    >>> dawsn([0.0, 1.0]).round(12).tolist()
    [0.0, 0.538079506913]
    """
    return apply(ops.dawsn, x)


@elementwise
def ndtr(x):
    """The normal distribution: the probability of a value below `x`.

    >>> ndtr([0.0]).tolist()
    [0.5]
    """
    return apply(ops.ndtr, x)


@elementwise
def log_ndtr(x):
    """The logarithm of `ndtr(x)`, also where that is too small for a float.

    >>> log_ndtr([-100.0]).round(3).tolist()
    [-5005.524]
    """
    return apply(ops.log_ndtr, x)


@in_double
def ndtri(p):
    """The value below which a normal variable falls with probability `p`.

    >>> ndtri([0.5]).tolist()
    [0.0]
    """
    below = p <= 0.5
    x = ROOT_TWO * apply(ops.erfcinv, 2 * select(below, p, 1 - p))
    return select(below, -x, x) + 0.0
