"""Functions of eager arrays that NumPy computes as a whole: quicker than one operation after another.

Only where the answer is NumPy's own anyway: tensors of the NumPy backend without labels, functions
that make a new array, settings that say no more than axes and degrees of freedom. All else, errors
among it, goes the way of every function.
"""

from __future__ import annotations

import functools

import numpy as np

from defn.dispatch import FUNCTIONS, METHODS
from defn.tensor import PYTHON_NUMBERS, Tensor, eager
from defn.trace import current

WHOLE = (
    np.sum, np.prod, np.max, np.min, np.any, np.all, np.argmax, np.argmin, np.mean, np.std, np.var,
    np.median, np.percentile, np.quantile, np.average, np.ptp, np.cumsum, np.cumprod, np.diff,
    np.linalg.norm, np.where, np.clip, np.nansum, np.nanmean, np.nanmax, np.nanmin, np.nanstd, np.nanvar,
    np.dot, np.inner, np.outer, np.vdot, np.trace, np.matmul,
)  # fmt: skip
SETTINGS = {"axis", "keepdims", "ddof", "ord", "q"}
PLAIN = (int, float, bool, tuple, type(None))


def directly(numpys, function):
    """The function, by NumPy's where that is all there is to it."""

    @functools.wraps(function)
    def either(*args, **settings):
        if current() is None and (not settings or SETTINGS.issuperset(settings)):
            given = buffers(args)
            if given is not None and all(type(x) in PLAIN for x in settings.values()):
                return answered(numpys, given, settings, function, args)
        return function(*args, **settings)

    return either


def buffers(args):
    """Tensors' memory and plain values, or None where something else is among them."""
    given = []
    for x in args:
        if type(x) is Tensor:
            if x.labels is not None or x.weak or x.backend.name != "numpy" or not x.size:
                return None
            x = x.buffer
            if x.dtype.isbuiltin != 1:
                return None
        elif type(x) not in PLAIN:
            return None
        given.append(x)
    return given


def answered(numpys, given, settings, function, args):
    """What NumPy's function gives, as a tensor; where it refuses, what ours says."""
    try:
        with np.errstate(all="ignore"):
            result = numpys(*given, **settings)
    except Exception:
        return function(*args, **settings)
    if type(result) is not np.ndarray and not isinstance(result, np.generic):
        return function(*args, **settings)
    backend = next(x.backend for x in args if type(x) is Tensor)
    made = eager(np.asarray(result), backend)
    made.scalar = isinstance(result, np.generic)
    return made


for _numpys in WHOLE:
    _plain = FUNCTIONS[_numpys] if _numpys in FUNCTIONS else None
    if _plain is not None:
        FUNCTIONS[_numpys] = directly(_numpys, _plain)
        for _name in [name for name, method in METHODS.items() if method is _plain]:
            METHODS[_name] = FUNCTIONS[_numpys]
