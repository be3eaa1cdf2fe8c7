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
# Elements elsewhere; what is written to a tensor is written to a buffer of its own, so these may share.
MOVES = (
    np.transpose, np.swapaxes, np.moveaxis, np.reshape, np.ravel, np.expand_dims, np.squeeze, np.flip,
    np.roll, np.rot90, np.repeat, np.tile, np.tril, np.triu, np.sort, np.partition, np.argpartition,
)  # fmt: skip
JOINS = (np.concatenate, np.stack, np.vstack, np.hstack)
SETTINGS = {"axis", "keepdims", "ddof", "ord", "q", "k", "shift", "repeats", "axes"}
# Methods that NumPy's arrays have under the same name, with the same arguments.
OWN = ("transpose", "reshape")


def directly(numpys, function, moves=False):
    """The function, by NumPy's where that is all there is to it."""

    @functools.wraps(function)
    def either(*args, **settings):
        if current() is None and _are_plain(args, settings, moves):
            made = by_numpy(numpys, args, settings, moves)
            if made is not None:
                return made
        return function(*args, **settings)

    return either


def joining(numpys, function):
    """The same of a function that takes several arrays as one sequence."""

    @functools.wraps(function)
    def either(arrays, *rest, **settings):
        if type(arrays) in (list, tuple) and current() is None and _are_plain(rest, settings):
            joined = lambda *given, **named: numpys(given, *rest, **named)  # noqa: E731
            made = by_numpy(joined, arrays, settings, True)
            if made is not None:
                return made
        return function(arrays, *rest, **settings)

    return either


def _are_plain(args, settings, moves=False):
    """Are the settings plain, and is there something in all arrays? Of nothing, NumPy warns; and what
    moves the one element of a scalar gives a scalar."""
    for x in settings.values():
        if type(x) not in PLAIN:
            return False
    for x in args:
        if type(x) is Tensor and (x.scalar if moves else not x.size):
            return False
    return not settings or SETTINGS.issuperset(settings)


def enter():
    """Let these functions stand before those in the tables."""
    for numpys in filter(FUNCTIONS.__contains__, WHOLE + MOVES):
        plain = FUNCTIONS[numpys]
        FUNCTIONS[numpys] = directly(numpys, plain, numpys in MOVES)
        for name in [name for name, method in METHODS.items() if method is plain]:
            METHODS[name] = FUNCTIONS[numpys]
    for numpys in JOINS:
        FUNCTIONS[numpys] = joining(numpys, FUNCTIONS[numpys])
    for name in OWN:
        METHODS[name] = directly(getattr(np.ndarray, name), METHODS[name], True)
    METHODS["T"] = property(directly(np.transpose, METHODS["T"].fget, True))
