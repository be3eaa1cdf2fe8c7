"""Bessel functions of imaginary arguments."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.special.elementwise import elementwise
from defn.tensor import apply


@elementwise
def i0e(x):
    """`exp(-|x|) * i0(x)`.

    >>> i0e([0.0]).round(12).tolist()
    [1.0]
    """
    return apply(ops.i0e, x)


@elementwise
def i1e(x):
    """`exp(-|x|) * i1(x)`.

    >>> i1e([0.0]).tolist()
    [0.0]
    """
    return apply(ops.i1e, x)


@elementwise
def i0(x):
    """The modified Bessel function of order zero.

    >>> i0([0.0]).round(12).tolist()
    [1.0]
    """
    return np.exp(abs(x)) * apply(ops.i0e, x)


@elementwise
def i1(x):
    """The modified Bessel function of order one.

    >>> i1([0.0]).tolist()
    [0.0]
    """
    return np.exp(abs(x)) * apply(ops.i1e, x)


implements(np.i0)(i0)
