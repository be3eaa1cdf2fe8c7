"""Names of axes, by Nx's names."""

from __future__ import annotations

import functools

from defn import pytree
from defn.numpy.labelling import with_names
from defn.tensor import asarray


def over_arrays(function, x):
    """What a function gives for an array, or for each array in a container.

    Nested lists of numbers are an array, not a container.

    >>> over_arrays(lambda x: x.ndim, [[1, 2]]), over_arrays(lambda x: x.ndim, (1, asarray([2])))
    (2, (0, 1))
    """
    data = isinstance(x, list) and not any(hasattr(leaf, "ndim") for leaf in pytree.leaves(x))
    return function(asarray(x)) if data else pytree.map(lambda leaf: function(asarray(leaf)), x)


def names(x):
    """The names of the axes; None for an axis that has none.

    >>> from defn import tensor
    >>> names(tensor([[1, 2]], names=("rows", None)))
    ('rows', None)
    """
    return asarray(x).names


def rename(x, names):
    """The array, its axes called by these names; by none, where `names` is None.

    >>> rename([[1, 2]], ("rows", "columns"))
    tensor([[1, 2]], i64[rows: 1, columns: 2] on numpy)
    """
    return over_arrays(lambda array: with_names(array, names), x)


def with_names_set(function):
    """Decorate a function so that `names=` calls the axes of its result."""

    @functools.wraps(function)
    def named(*args, names=None, **settings):
        made = function(*args, **settings)
        return made if names is None else rename(made, names)

    return named


def with_new_name(function):
    """Decorate a function that puts a new axis at `axis` so that `name=` calls it."""

    @functools.wraps(function)
    def named(x, axis=0, *, name=None):
        made = function(x, axis=axis)
        if name is None:
            return made
        found = list(made.names)
        found[axis] = name
        return rename(made, found)

    return named
