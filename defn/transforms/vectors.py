"""Vectorised axes: an operation works on every entry by the rule that `vmap` has for it.

The entries lie in front, as one axis. Operands that are vectorised over different axes get those of all, in the
order in which they appear; what is not vectorised is the same for every entry.
"""

from __future__ import annotations

import math

from defn import ops
from defn.dispatch import FUNCTIONS
from defn.errors import TypeMismatch, Unsupported
from defn.labels import labels_of
from defn.tensor import apply, bare, labelled, vectors_text
from defn.transforms.batch import batch
from defn.transforms.shapes import broadcast, reshape, transpose


def batched(op, operands, settings, vectors):
    """The result of an operation for every entry, entries in front."""
    count = math.prod(size for _, size in vectors)
    rows = [bare(spread(x, vectors)) if x.vectors else bare(x) for x in operands]
    return batch[op](count, [bool(x.vectors) for x in operands], *rows, **settings)


def spread(x, vectors):
    """The tensor with an entry for each of these vectorised axes; refused where it has others."""
    if x.vectors == tuple(vectors):
        return x
    strange = [axis for axis in x.vectors if axis[0] not in dict(vectors)]
    if strange:
        here = vectors_text(vectors) if vectors else "the same for every entry"
        raise TypeMismatch(
            f"values {vectors_text(x.vectors)} cannot be kept in an array that is {here}: "
            "vectorise it over the same axes first, with nx.broadcast_vectors"
        )
    wide = broadcast(_apart(x, vectors), (*dict(vectors).values(), *x.shape), _places(x, vectors))
    found = labelled(
        reshape(wide, (math.prod(dict(vectors).values()), *x.shape)), labels_of(x.names, vectors)
    )
    found.scalar, found.weak = x.scalar, x.weak
    return found


def _apart(x, vectors):
    """The tensor with its vectorised axes as axes in front, in the order of `vectors`."""
    own = [name for name, _ in x.vectors]
    order = [own.index(name) for name, _ in vectors if name in own]
    count = len(own)
    return transpose(unrolled(x), (*order, *range(count, count + x.ndim)))


def _places(x, vectors):
    """Where the axes of what is apart belong."""
    own = dict(x.vectors)
    return (
        *(k for k, (name, _) in enumerate(vectors) if name in own),
        *range(len(vectors), len(vectors) + x.ndim),
    )


def unrolled(x):
    """The elements without labels, each vectorised axis an axis in front."""
    return reshape(bare(x), (*(size for _, size in x.vectors), *x.shape))


def rolled(x, vectors, names):
    """The tensor whose first axes become these vectorised axes, the others called by these names."""
    count = math.prod(size for _, size in vectors)
    held = reshape(x, (count, *x.shape[len(vectors) :])) if vectors else x
    return labelled(held, labels_of(names, vectors))


def total(x, vectors):
    """The sum over those vectorised axes that are not among these."""
    own = dict(vectors)
    axes = tuple(k for k, (name, _) in enumerate(x.vectors) if name not in own)
    if not axes:
        return x
    left = tuple(axis for axis in x.vectors if axis[0] in own)
    return rolled(apply(ops.sum, unrolled(x), axes=axes), left, x.names)


def effect_operands(op, operands, masks):
    """What an effect sees of vectorised values: whether it holds for every entry that takes part,
    and all values that there are.
    """
    if op is not ops.check:
        if masks:
            raise Unsupported(
                "a print or hook in a loop or branch whose course differs between the entries of a "
                "vectorised axis: it would be done for all of them or for none"
            )
        return [unrolled(x) if x.vectors else x for x in operands]
    condition, *values = operands
    for mask in masks:
        condition = apply(ops.logical_or, condition, apply(ops.logical_not, mask))
    return [every(condition), *(unrolled(x) if x.vectors else x for x in values)]


def every(condition):
    """Does a condition hold for every entry?"""
    return apply(ops.all, bare(condition), axes=(0,)) if condition.vectors else condition


def some(condition):
    """Does a condition hold for some entry?"""
    return apply(ops.any, bare(condition), axes=(0,)) if condition.vectors else condition


FUNCTIONS.update(batched=batched, spread=spread, effect=effect_operands, some=some)
