"""Containers of values: tuples, lists, dicts, namedtuples, dataclasses, and what the user registers."""

from __future__ import annotations

import dataclasses

from defn.errors import ArgumentError

_registered: dict = {}


def register(cls, flatten, unflatten):
    """Make instances of `cls` containers: `flatten(x) -> (children, static)`, `unflatten(static, children)`.

    >>> class Pair:
    ...     def __init__(self, a, b): self.a, self.b = a, b
    >>> _ = register(Pair, lambda p: ((p.a, p.b), None), lambda static, children: Pair(*children))
    >>> leaves(Pair(1, (2, 3)))
    [1, 2, 3]
    """
    _registered[cls] = (flatten, unflatten)
    return cls


class Structure:
    """The shape of a container: its kind, what is static in it, and the structures of its children."""

    __slots__ = ("kind", "static", "children", "count", "_hash")

    def __init__(self, kind, static, children):
        self.kind, self.static, self.children = kind, static, children
        self.count = 1 if kind is None else sum(child.count for child in children)
        self._hash = hash((kind, static if _hashable(static) else repr(static), children))

    def __hash__(self):
        return self._hash

    def __eq__(self, other):
        return (
            type(other) is Structure
            and self._hash == other._hash
            and self.kind is other.kind
            and self.static == other.static
            and self.children == other.children
        )

    def __repr__(self):
        if self.kind is None:
            return "*"
        return f"{self.kind.__name__}({', '.join(map(repr, self.children))})"


def _hashable(value):
    try:
        hash(value)
    except TypeError:
        return False
    return True


LEAF = Structure(None, None, ())


def parts(value):
    """The children of a container and what is static in it; None for a leaf."""
    kind = type(value)
    if kind in (tuple, list):
        return tuple(value), None
    if kind is dict:
        return tuple(value.values()), tuple(value)
    if value is None:
        return (), None
    if kind in _registered:
        children, static = _registered[kind][0](value)
        return tuple(children), static
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return tuple(value), None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _dataclass_parts(value)
    return None


def _dataclass_parts(value):
    fields = dataclasses.fields(value)
    return tuple(getattr(value, f.name) for f in fields), tuple(f.name for f in fields)


def flatten(value, whole=None):
    """The leaves of a container, in order, and its structure; what `whole` says of is not taken apart.

    >>> flatten({"w": 1, "b": (2, [3])})
    ([1, 2, 3], dict(*, tuple(*, list(*))))
    """
    found: list = []
    return found, _flatten(value, found, whole)


def _flatten(value, found, whole):
    split = None if whole is not None and whole(value) else parts(value)
    if split is None:
        found.append(value)
        return LEAF
    children, static = split
    return Structure(
        type(value), static, tuple(_flatten(child, found, whole) for child in children)
    )


def leaves(value):
    """The leaves of a container, in order.

    >>> leaves({"w": (1, 2), "b": 3})
    [1, 2, 3]
    """
    return flatten(value)[0]


def unflatten(structure, values):
    """The container of a structure over new leaves.

    >>> unflatten(flatten((1, {"a": 2}))[1], [10, 20])
    (10, {'a': 20})
    """
    return _build(structure, iter(values))


def _build(structure, values):
    kind = structure.kind
    if kind is None:
        return next(values)
    children = [_build(child, values) for child in structure.children]
    if kind in (tuple, list):
        return kind(children)
    if kind is dict:
        return dict(zip(structure.static, children))
    if kind is type(None):
        return None
    if kind in _registered:
        return _registered[kind][1](structure.static, children)
    if issubclass(kind, tuple):
        return kind(*children)
    return _build_dataclass(kind, structure.static, children)


def _build_dataclass(kind, names, children):
    """Fields set as they are: a traced value must not pass through the class's own checks."""
    made = object.__new__(kind)
    for name, child in zip(names, children):
        object.__setattr__(made, name, child)
    return made


def map(function, tree, *others):
    """The container whose leaves are `function` of the leaves of containers of one structure.

    >>> map(lambda a, b: a + b, (1, [2]), (10, [20]))
    (11, [22])
    """
    first, structure = flatten(tree)
    columns = [first]
    for other in others:
        found, theirs = flatten(other)
        if theirs != structure:
            raise ArgumentError(f"containers must have one structure: {structure} is not {theirs}")
        columns.append(found)
    return unflatten(structure, [function(*row) for row in zip(*columns)])


def paths(tree, prefix=""):
    """How each leaf is written from the container: `['w'][0].b`.

    >>> paths({"w": (1, 2), "b": 3})
    ["['w'][0]", "['w'][1]", "['b']"]
    """
    split = parts(tree)
    if split is None:
        return [prefix]
    children, static = split
    return [
        path
        for key, child in zip(_keys(tree, static), children)
        for path in paths(child, prefix + key)
    ]


def _keys(tree, static):
    if isinstance(tree, dict):
        return [f"[{key!r}]" for key in static]
    if dataclasses.is_dataclass(tree):
        return [f".{name}" for name in static]
    if hasattr(type(tree), "_fields"):
        return [f".{name}" for name in type(tree)._fields]
    return [f"[{k}]" for k in range(len(parts(tree)[0]))]
