"""What NumPy itself makes of known numbers: windows that taper off, text, files."""

from __future__ import annotations

import functools

import numpy as np

from defn.dispatch import implements
from defn.numpy.creation import creates
from defn.tensor import Tensor, asarray, concrete

# Windows of a known length: NumPy's values, as arrays of ours.
TAPERS = (np.bartlett, np.blackman, np.hamming, np.hanning, np.kaiser)
# Functions that need values: of a traced array that depends on arguments they are refused.
BY_VALUE = (
    np.array2string, np.array_repr, np.array_str, np.savetxt, np.save, np.savez,
    np.savez_compressed,
)  # fmt: skip


def taper(function):
    """A window of NumPy's."""

    @functools.wraps(function)
    def made(*settings):
        return asarray(function(*settings))

    return creates(function)(made)


def by_value(function):
    """A function of NumPy's, called with the values of tensors."""

    @functools.wraps(function)
    def called(*arguments, **settings):
        name = f"np.{function.__name__}"
        value = lambda x: concrete(x, name) if type(x) is Tensor else x  # noqa: E731
        return function(*map(value, arguments), **{k: value(x) for k, x in settings.items()})

    return implements(function)(called)


bartlett, blackman, hamming, hanning, kaiser = map(taper, TAPERS)
for _function in BY_VALUE:
    by_value(_function)
