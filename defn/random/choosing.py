"""Random orders of elements, and random elements."""

from __future__ import annotations

import math

import numpy as np

from defn.dispatch import by_name
from defn.errors import ArgumentError, ShapeError
from defn.numpy.axes import integer, normalized_axis
from defn.numpy.composite import fresh, inexact, settled, strong
from defn.numpy.creation import zeros
from defn.numpy.parts import moved, reshaped, transposed
from defn.numpy.shapes import sizes_of
from defn.numpy.sorting import top_k
from defn.numpy.span import counting
from defn.random.continuous import demand_real, gumbel
from defn.random.keys import UINT32, bits_of, demand_key, parted
from defn.random.uniform import drawn_shape, randint, uniform
from defn.tensor import asarray, astype, broadcast_to
from defn.types import INT64

MANY = np.iinfo(UINT32).max


# Orders.


@by_name
def permutation(key, x, axis=0, independent=False):
    """The slices of an array along an axis, or the numbers below an integer, in a random order.

    With `independent`, each row along the axis in an order of its own.

    >>> from defn import random
    >>> permutation(random.key(0), 5).tolist()
    [0, 1, 4, 3, 2]
    """
    key = demand_key(key)
    if not np.ndim(x):
        return settled(shuffled(key, counting((population(x),), 0), 0), INT64)
    x = strong(asarray(x))
    axis = normalized_axis(axis, x.ndim)
    if independent or x.ndim == 1:
        return fresh(shuffled(key, x, axis))
    return np.take(x, shuffled(key, counting((x.shape[axis],), 0), 0), axis)


shuffle = permutation


def population(n):
    """A number of elements, known now."""
    found = integer(n, "the number of elements")
    if found < 0:
        raise ArgumentError(f"the number of elements must not be negative, got {found}")
    return found


def shuffled(key, x, axis):
    """Each row along an axis in a random order: sorted by random words, again where words may
    repeat.
    """
    rounds = math.ceil(3 * math.log(max(1, x.size)) / math.log(MANY))
    for _ in range(rounds):
        key, used = parted(key)
        words = bits_of(used, x.shape, UINT32)
        x = np.take_along_axis(x, np.argsort(words, axis=axis, kind="stable"), axis)
    return x


# Elements.


@by_name
def choice(key, a, shape=(), replace=True, p=None, axis=0):
    """Random slices of an array along an axis, or numbers below an integer; `p` are their
    probabilities.

    >>> from defn import random
    >>> choice(random.key(0), 10, (3,), replace=False).tolist()
    [0, 1, 8]
    """
    shape, key = sizes_of(shape), demand_key(key)
    elements, axis = (None, 0) if not np.ndim(a) else elements_along(a, axis)
    count = population(a) if elements is None else elements.shape[axis]
    draws = math.prod(shape)
    demand_enough(count, draws, replace)
    if not draws and elements is None:
        return zeros(shape, INT64)
    if p is None and not replace and elements is not None:
        chosen = permutation(key, elements, axis)[(slice(None),) * axis + (slice(draws),)]
        return settled(reshaped(fresh(chosen), around(elements, axis, shape)), elements.dtype)
    places = chosen_places(key, count, shape, draws, replace, p)
    if elements is None:
        return settled(places, INT64)
    return settled(fresh(np.take(elements, places, axis)), elements.dtype)


def elements_along(a, axis):
    """What is chosen from, and along which axis."""
    a = strong(asarray(a))
    return a, normalized_axis(axis, a.ndim)


def around(a, axis, shape):
    """The shape of an array, with another shape in place of one axis."""
    return (*a.shape[:axis], *shape, *a.shape[axis + 1 :])


def demand_enough(count, draws, replace):
    """Refuse to draw from nothing, or more than there is."""
    if draws and not count:
        raise ArgumentError("there is nothing to choose from: the axis has no elements")
    if not replace and draws > count:
        raise ArgumentError(
            f"cannot choose {draws} of {count} elements without replacement: pass replace=True"
        )


def chosen_places(key, count, shape, draws, replace, p):
    """The places of random elements."""
    if p is None and replace:
        return randint(key, shape, 0, count)
    if p is None:
        return reshaped(permutation(key, count)[:draws], shape)
    p = inexact(asarray(p))
    if p.shape != (count,):
        raise ShapeError(
            f"p has one probability for each of the {count} elements, its shape is {p.shape}"
        )
    if replace:
        sums = np.cumsum(p)
        drawn = sums[-1] * (1 - uniform(key, shape, p.dtype))
        return astype(np.searchsorted(sums, drawn), INT64)
    ranks = gumbel(key, (count,), p.dtype) + np.log(p)
    return reshaped(top_k(ranks, draws)[1], shape)


@by_name
def categorical(key, logits, axis=-1, shape=None, replace=True):
    """Random places along an axis: the likelier, the greater the logarithm of their probability
    there.

    >>> from defn import random
    >>> categorical(random.key(0), [0.0, 100.0, 0.0]).item()
    1
    """
    logits, key = strong(demand_real(logits, "a logarithm of a probability")), demand_key(key)
    if not logits.ndim:
        raise ShapeError("categorical chooses along an axis of its logits, they have none")
    axis = normalized_axis(axis, logits.ndim) - logits.ndim
    batch = tuple(n for k, n in enumerate(logits.shape) if k != axis + logits.ndim)
    shape = drawn_shape("categorical", shape, broadcast_to(asarray(0.0), batch))
    before = shape[: len(shape) - len(batch)]
    if not replace:
        return without_replacement(key, logits, axis, shape, before)
    full = list(shape)
    full.insert(len(full) + axis + 1, logits.shape[axis])
    return np.argmax(gumbel(key, tuple(full), logits.dtype) + logits, axis=axis)


def without_replacement(key, logits, axis, shape, before):
    """Places none of which comes twice: those of the greatest disturbed logarithms."""
    draws = math.prod(before)
    demand_enough(logits.shape[axis], draws, False)
    disturbed = logits + gumbel(key, logits.shape, logits.dtype)
    places = top_k(moved(disturbed, axis, -1), draws)[1]
    order = (places.ndim - 1, *range(places.ndim - 1))
    return settled(reshaped(transposed(places, order), shape), INT64)
