"""Functions of eager arrays that NumPy computes as a whole: quicker than one operation after another.

Only where the answer is NumPy's own anyway: tensors of the NumPy backend without labels, functions
that make a new array, settings that say no more than axes and degrees of freedom. All else, errors
among it, goes the way of every function.
"""

from __future__ import annotations

import functools

import numpy as np

from defn.dispatch import FUNCTIONS, METHODS
from defn.tensor import PLAIN, Tensor, by_numpy
from defn.trace import current

WHOLE = (
    np.sum, np.prod, np.max, np.min, np.any, np.all, np.argmax, np.argmin, np.mean, np.std, np.var,
    np.median, np.percentile, np.quantile, np.average, np.ptp, np.cumsum, np.cumprod, np.diff,
    np.linalg.norm, np.where, np.clip, np.nansum, np.nanmean, np.nanmax, np.nanmin, np.nanstd, np.nanvar,
    np.dot, np.inner, np.outer, np.vdot, np.trace, np.matmul,
)  # fmt: skip
SETTINGS = {"axis", "keepdims", "ddof", "ord", "q"}


def directly(numpys, function):
    """The function, by NumPy's where that is all there is to it."""

    @functools.wraps(function)
    def either(*args, **settings):
        if current() is None and _are_plain(args, settings):
            made = by_numpy(numpys, args, settings)
            if made is not None:
                return made
        return function(*args, **settings)

    return either


def _are_plain(args, settings):
    """Are the settings plain, and is there something in all arrays? Of nothing, NumPy warns."""
    named = not settings or SETTINGS.issuperset(settings)
    return (
        named
        and all(type(x) in PLAIN for x in settings.values())
        and all(x.size for x in args if type(x) is Tensor)
    )


def enter():
    """Let these functions stand before those in the tables."""
    for numpys in filter(FUNCTIONS.__contains__, WHOLE):
        plain = FUNCTIONS[numpys]
        FUNCTIONS[numpys] = directly(numpys, plain)
        for name in [name for name, method in METHODS.items() if method is plain]:
            METHODS[name] = FUNCTIONS[numpys]
