"""The distinct values of an array, by the Array API's names: every nan is a value of its own."""

from __future__ import annotations

import numpy as np

from defn.dispatch import implements
from defn.errors import Unsupported
from defn.tensor import asarray, eager
from defn.trace import current


def finds(function, **asked):
    """What one of NumPy's four functions means; values are in order, as `np.unique` has them."""

    @implements(function)
    def distinct(x, /):
        x = asarray(x)
        if current() is not None:
            raise Unsupported(
                f"np.{function.__name__} of a traced value of type {x.type}: the size of the "
                "result depends on the values; np.sort gives the same values, repeated ones too"
            )
        found = np.unique(x.backend.get(x.buffer), equal_nan=False, **asked)
        return on_backend(named(function, found), x.backend)

    distinct.__name__ = distinct.__qualname__ = function.__name__
    distinct.__doc__ = f"""`numpy.{function.__name__}`, of an eager tensor, the values in order."""
    return distinct


def named(function, found):
    """The arrays in the named tuple that NumPy's function gives."""
    return type(function(np.zeros(1)))(*found) if isinstance(found, tuple) else found


def on_backend(found, backend):
    """NumPy's array, or each of a named tuple of arrays, as a tensor."""
    if isinstance(found, tuple):
        return type(found)(*(on_backend(each, backend) for each in found))
    return eager(backend.put(found), backend)


unique_all = finds(np.unique_all, return_index=True, return_inverse=True, return_counts=True)
unique_counts = finds(np.unique_counts, return_counts=True)
unique_inverse = finds(np.unique_inverse, return_inverse=True)
unique_values = finds(np.unique_values)
