"""Nx's names of settings, beside NumPy's: `axes=` for `axis=`, `keep_axes=` for `keepdims=`."""

from __future__ import annotations

import functools
import inspect

from defn.errors import ArgumentError

# What Nx calls a setting, and the names that it may have here.
SPELLINGS = {
    "axes": ("axis",),
    "axis": ("axes",),
    "keep_axes": ("keepdims",),
    "keep_axis": ("keepdims",),
    "type": ("dtype",),
    "full_matrices?": ("full_matrices",),
}


def spelled(function):
    """Decorate a function so that its settings may also be called what Nx calls them.

    >>> spelled(lambda x, axis=None: axis)(0, axes=(1,))
    (1,)
    """
    known = inspect.signature(function).parameters
    other = {
        nx: own
        for nx, names in SPELLINGS.items()
        for own in names
        if own in known and nx not in known
    }

    @functools.wraps(function)
    def called(*operands, **settings):
        return function(*operands, **renamed(settings, other, function))

    return called


def renamed(settings, other, function):
    """The settings by our names; none of them twice."""
    if not other.keys() & settings:
        return settings
    names = [other.get(name, name) for name in settings]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ArgumentError(f"{function.__name__} is given {twice[0]} under two names")
    return dict(zip(names, settings.values()))


def axes_of(axis):
    """Axes as NumPy's functions take them: a list is a tuple.

    >>> axes_of([0, 1]), axes_of(-1)
    ((0, 1), -1)
    """
    return tuple(axis) if isinstance(axis, list) else axis
