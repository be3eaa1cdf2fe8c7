"""Who implements what: NumPy's functions by function object, array methods by name.

Files that define array functions register them here; `Tensor` asks here.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys

import numpy as np

from defn.errors import Unsupported, suggestion
from defn.labels import AXES, has_names, number_of

UFUNCS: dict = {}  # NumPy ufunc -> function of operands
UFUNC_METHODS: dict = {}  # (ufunc or None, "reduce" | "outer" | "at" | "accumulate") -> function
FUNCTIONS: dict = {}  # NumPy function -> function
METHODS: dict = {}  # name -> function of the array and its arguments
BY_NAME: dict = {}  # name of a ufunc of scipy.special -> function
GIVE_WAY: set = set()  # types that decide what an expression with a tensor means


def implements(*numpy_functions, method=None):
    """Decorate a function as what NumPy's functions mean for our values; `method` also makes it a method."""

    def register(function):
        function = by_name(function)
        for numpy_function in numpy_functions:
            table = UFUNCS if isinstance(numpy_function, np.ufunc) else FUNCTIONS
            table[numpy_function] = function
        if method:
            METHODS[method] = function
        return function

    return register


OWN_AXES = {"tensordot"}  # takes axes of two arrays, each by the names in its own


def by_name(function):
    """The function, whose axes may also be given by their names in the first array that has names."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code else ()
    if AXES.isdisjoint(known) or function.__name__ in OWN_AXES:
        return function
    places = [k for k, name in enumerate(known[: code.co_argcount]) if name in AXES]

    @functools.wraps(function)
    def numbered(*args, **settings):
        at = [k for k in places if k < len(args) and has_names(args[k])]
        keys = [key for key in settings if key in AXES and has_names(settings[key])]
        if at or keys:
            names = names_in((*args, *settings.values()))
            args = [number_of(x, names) if k in at else x for k, x in enumerate(args)]
            settings |= {key: number_of(settings[key], names) for key in keys}
        return function(*args, **settings)

    return numbered


def names_in(values):
    """The names of the first array that has them, among values and in sequences of these."""
    for value in values:
        for x in value if isinstance(value, (tuple, list)) else (value,):
            labels = getattr(x, "labels", None)
            if labels is not None and any(labels.names):
                return labels.names
    return ()


# Methods that are written on a higher floor: the module that enters them, loaded when one is asked for.
LATER = dict.fromkeys(("vectorize", "devectorize", "revectorize"), "defn.nx.vectors")


def method_named(name):
    """The method of arrays of this name, or None."""
    if name in LATER and name not in METHODS:
        importlib.import_module(LATER[name])
    return METHODS.get(name)


def of_scipy(ufunc):
    """What a ufunc of scipy.special means here; SciPy is not imported to ask."""
    special = sys.modules.get("scipy.special._ufuncs")
    if special is not None and getattr(special, ufunc.__name__, None) is ufunc:
        return BY_NAME.get(ufunc.__name__)
    return None


# What to use in the place of functions whose nearest relative has another name.
INSTEAD = {
    "asmatrix": "makes a matrix of the old kind: use arrays of two axes and `@`",
    "bmat": "makes a matrix of the old kind: use np.block",
    "nested_iters": "steps by hand: use nested `for` loops over np.ndindex or ranges",
    **dict.fromkeys(
        "busday_count busday_offset datetime_as_string datetime_data is_busday isnat".split(),
        "is about dates, which are no numbers here: pass days as integers (dates.astype('int64'))",
    ),
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
