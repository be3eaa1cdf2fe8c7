"""Who implements what: NumPy's functions by function object, array methods by name.

Files that define array functions register them here; `Tensor` asks here.
"""

from __future__ import annotations

import sys

import numpy as np

from defn.errors import Unsupported, suggestion

UFUNCS: dict = {}  # NumPy ufunc -> function of operands
UFUNC_METHODS: dict = {}  # (ufunc or None, "reduce" | "outer" | "at" | "accumulate") -> function
FUNCTIONS: dict = {}  # NumPy function -> function
METHODS: dict = {}  # name -> function of the array and its arguments
BY_NAME: dict = {}  # name of a ufunc of scipy.special -> function
GIVE_WAY: set = set()  # types that decide what an expression with a tensor means


def implements(*numpy_functions, method=None):
    """Decorate a function as what NumPy's functions mean for our values; `method` also makes it a method."""

    def register(function):
        for numpy_function in numpy_functions:
            table = UFUNCS if isinstance(numpy_function, np.ufunc) else FUNCTIONS
            table[numpy_function] = function
        if method:
            METHODS[method] = function
        return function

    return register


def of_scipy(ufunc):
    """What a ufunc of scipy.special means here; SciPy is not imported to ask."""
    special = sys.modules.get("scipy.special._ufuncs")
    if special is not None and getattr(special, ufunc.__name__, None) is ufunc:
        return BY_NAME.get(ufunc.__name__)
    return None


# What to use in the place of functions whose nearest relative has another name.
INSTEAD = {
    "polydiv": "leaves out zeros, so its size depends on the values: solve for the quotient with np.linalg.solve",
    "roots": "leaves out zeros, so its size depends on the values: use np.linalg.eigvals of the companion matrix",
}


def unsupported(function):
    """The error for a NumPy function that has no meaning here yet, with the nearest one that has."""
    if function.__name__ in INSTEAD:
        return Unsupported(f"np.{function.__name__} of a traced value {INSTEAD[function.__name__]}")
    known = [f.__name__ for f in (*FUNCTIONS, *UFUNCS) if callable(f)]
    module = getattr(function, "__module__", None) or "numpy"
    name = f"{module.replace('numpy', 'np', 1)}.{function.__name__}"
    return Unsupported(
        f"{name} is not supported on traced values{suggestion(function.__name__, known, listed=False)}"
    )
