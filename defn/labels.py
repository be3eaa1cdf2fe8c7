"""What an array's axes are called: names of the axes one sees, and vectorised axes, which one does not see.

Both are static: part of what a function is specialised for, and of no graph.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from defn.errors import ArgumentError, ShapeError


class Labels(NamedTuple):
    """The names of the visible axes (None: unnamed), and the vectorised axes as (name, size)."""

    names: tuple
    vectors: tuple = ()

    @property
    def count(self):
        """How many entries there are along the vectorised axes."""
        return math.prod(size for _, size in self.vectors)

    @property
    def sizes(self):
        """The sizes of the vectorised axes."""
        return tuple(size for _, size in self.vectors)


def labels_of(names, vectors=()):
    """The labels; None where there is nothing to say, as for nearly all arrays."""
    named = any(name is not None for name in names)
    return Labels(tuple(names), tuple(vectors)) if named or vectors else None


def checked_names(names, ndim):
    """Names for the axes of an array, one for each axis and each once; None for none at all.

    >>> checked_names(("rows", None), 2)
    ('rows', None)
    """
    if isinstance(names, str):
        names = (names,)
    found = (None,) * ndim if names is None else tuple(names)
    if len(found) != ndim:
        raise ShapeError(
            f"names {found} for an array of {ndim} axes: give one for each, None where there is none"
        )
    given = [name for name in found if name is not None]
    for name in given:
        if not isinstance(name, str) or not name:
            raise ArgumentError(f"the name of an axis is a string or None, not {name!r}")
    if len(set(given)) < len(given):
        raise ArgumentError(f"names {found} call two axes the same: a name tells axes apart")
    return found


def demand_apart(names, vectors):
    """Refuse a visible axis that is called what a vectorised axis is called."""
    for name, _ in vectors:
        if name in names:
            raise ArgumentError(
                f"an axis and a vectorised axis are both called {name!r}: rename one of them"
            )


def merged(every, what):
    """The names of operands of one shape: each axis has one name, or none.

    >>> merged([("rows", None), (None, None)], "add")
    ('rows', None)
    """
    return tuple(_one_name(axis, each, what) for axis, each in enumerate(zip(*every)))


def _one_name(axis, names, what):
    found = dict.fromkeys(name for name in names if name is not None)
    if len(found) > 1:
        one, other, *_ = found
        raise ShapeError(
            f"cannot merge name {one!r} on axis {axis} with name {other!r}: the operands of {what} call the axis "
            "differently; rename one of them, x.rename(...), or drop its names, x.rename(None)"
        )
    return next(iter(found), None)


def apart(names):
    """Names of which those met twice are gone: a name tells axes apart.

    >>> apart(("a", "b", "a"))
    (None, 'b', None)
    """
    return tuple(None if names.count(name) > 1 else name for name in names)


def union(every):
    """The vectorised axes of operands together, in the order in which they appear.

    >>> union([(("rows", 2),), (("columns", 3), ("rows", 1))])
    (('rows', 2), ('columns', 3))
    """
    found = {}
    for name, size in (axis for vectors in every for axis in vectors):
        have = found.setdefault(name, size)
        if size != have and 1 not in (size, have):
            raise ShapeError(
                f"the vectorised axis {name!r} has size {have} in one operand and {size} in another: sizes must be "
                "equal, or one of them 1"
            )
        found[name] = max(have, size)
    return tuple(found.items())


# Axes by name.

AXES = {"axis", "axes", "axis1", "axis2", "source", "destination", "axisa", "axisb"}


def number_of(axis, names):
    """The number of an axis that may be given by its name; several in a tuple.

    >>> number_of(("columns", 0), ("rows", "columns"))
    (1, 0)
    """
    if isinstance(axis, (tuple, list)):
        return tuple(number_of(each, names) for each in axis)
    if not isinstance(axis, str):
        return axis
    if axis not in names:
        raise ArgumentError(f"name {axis!r} not found in an array with names {tuple(names)}")
    return names.index(axis)


def has_names(axis):
    """Is an axis, or one of several, given by its name?"""
    return type(axis) is str or type(axis) in (tuple, list) and any(type(a) is str for a in axis)
