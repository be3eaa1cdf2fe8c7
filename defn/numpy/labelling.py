"""Operations on arrays whose axes have names, and the functions that give and take names."""

from __future__ import annotations

from defn.dispatch import FUNCTIONS, METHODS
from defn.labels import checked_names, demand_apart, labels_of, union
from defn.naming import names_after
from defn.tensor import asarray, bare, labelled, renamed


def apply_labelled(door, op, operands, settings):
    """An operation where an operand has labels: those of the result follow from theirs."""
    names = names_after(op, operands, settings)
    vectors = union(x.vectors for x in operands)
    if vectors:
        result = FUNCTIONS["batched"](op, operands, settings, vectors)
    else:
        result = door(op, *map(bare, operands), **settings)
    if type(result) is tuple:
        return tuple(_labelled(each, None, vectors) for each in result)
    return _labelled(result, names, vectors)


def _labelled(result, names, vectors):
    names = names or (None,) * (result.ndim - bool(vectors))
    return labelled(result, labels_of(names, vectors))


FUNCTIONS["labelled"] = apply_labelled


def keeping(result, like):
    """The result of a reduction that keeps its axes, and so their names."""
    return renamed(result, like.names) if like.labels is not None else result


# What a person says of names.


def with_names(x, names):
    """The array, its axes called by these names.

    >>> with_names(asarray([[1, 2]]), ("rows", "columns")).names
    ('rows', 'columns')
    """
    x = asarray(x)
    found = checked_names(names, x.ndim)
    demand_apart(found, x.vectors)
    return renamed(x, found)


def rename(x, *names):
    """`x.rename("rows", "columns")`, `x.rename(("rows", None))`, or `x.rename(None)` for no names at all."""
    if len(names) == 1 and (names[0] is None or isinstance(names[0], (tuple, list))):
        (names,) = names
    return with_names(x, names)


METHODS["rename"] = rename
FUNCTIONS["rename"] = with_names
