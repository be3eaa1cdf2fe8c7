"""The distinct values of an array, as the Array API asks for them: every nan is a value of its own."""

from __future__ import annotations

import numpy as np

from defn.dispatch import implements
from defn.errors import Unsupported
from defn.tensor import asarray, eager
from defn.trace import current


def as_numpy_finds(function):
    """What one of NumPy's four functions means: how many values there are, only the values tell."""

    @implements(function)
    def distinct(x, /):
        x = asarray(x)
        if current() is not None:
            raise Unsupported(
                f"np.{function.__name__} of a traced value of type {x.type}: the size of the result "
                "depends on the values; np.sort has the same values, each as often as it occurs"
            )
        found = function(x.backend.get(x.buffer))
        return on_backend(found, x.backend)

    distinct.__name__ = distinct.__qualname__ = function.__name__
    distinct.__doc__ = f"""`numpy.{function.__name__}`, of an eager tensor."""
    return distinct


def on_backend(found, backend):
    """NumPy's array, or each of a named tuple of arrays, as a tensor."""
    if isinstance(found, tuple):
        return type(found)(*(on_backend(each, backend) for each in found))
    return eager(backend.put(found), backend)


unique_all = as_numpy_finds(np.unique_all)
unique_counts = as_numpy_finds(np.unique_counts)
unique_inverse = as_numpy_finds(np.unique_inverse)
unique_values = as_numpy_finds(np.unique_values)
