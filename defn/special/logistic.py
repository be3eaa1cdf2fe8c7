"""The logistic function, its logarithm and its inverse."""

from __future__ import annotations

import numpy as np

from defn.numpy.composite import filled, select
from defn.special.elementwise import elementwise


@elementwise
def expit(x):
    """The logistic function `1 / (1 + exp(-x))`.

    >>> expit([0.0]).tolist()
    [0.5]
    """
    # The exponential of a number below zero never overflows, and then is not lost beside one.
    small = np.exp(-abs(x))
    return select(x < 0, small, filled(x, 1)) / (1 + small)


@elementwise
def log_expit(x):
    """The logarithm of the logistic function.

    >>> log_expit([-1000.0]).tolist()
    [-1000.0]
    """
    return np.minimum(x, 0) - np.log1p(np.exp(-abs(x)))


@elementwise
def logit(p):
    """The inverse of the logistic function: `log(p / (1 - p))`.

    >>> logit([0.5]).tolist()
    [0.0]
    """
    # Around one half log1p keeps the digits that p / (1 - p) would lose.
    twice = 2 * p - 1
    near = np.log1p(twice) - np.log1p(-twice)
    middle = (p > 0.3) & (p < 0.65)
    return select(middle, near, np.log(p) - np.log1p(-p))
