"""Keys, and the random words that a key gives: the counter-based generator threefry 2x32.

A key is an array of two uint32. The words depend on the key and on their places alone, so they are
the same on every compiler; of the same key they are those of `jax.random` (threefry,
partitionable).
"""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.errors import ArgumentError, TypeMismatch
from defn.numpy.composite import settled, strong
from defn.numpy.parts import element, reshaped, stacked
from defn.numpy.shapes import sizes_of
from defn.numpy.span import counting
from defn.tensor import apply, asarray, astype, broadcast_together
from defn.types import as_dtype

UINT32, UINT64 = np.dtype("uint32"), np.dtype("uint64")


# The generator.


def threefry(first, second, high, low):
    """Two random words of 32 bits for each pair of counters, under keys."""
    return halves(random_words(first, second, high, low))


def random_words(*keys_and_counters):
    """A random word of 64 bits for each pair of counters, under keys."""
    return apply(ops.threefry, *broadcast_together([asarray(x, UINT32) for x in keys_and_counters]))


def halves(words):
    """The high and the low halves of words of 64 bits."""
    return astype(words >> 32, UINT32), astype(words, UINT32)


def words_of(keys, shape):
    """A random word for each place of a shape, for each of the keys: of shape (*keys, *shape)."""
    last, inner = keys.ndim - 1, (1,) * len(shape)
    first, second = (reshaped(element(keys, last, k), keys.shape[:last] + inner) for k in (0, 1))
    return random_words(first, second, *counters(shape))


def counters(shape):
    """The places of an array in C order, as words of 32 bits: the high ones, the low ones."""
    size = math.prod(shape)
    if not shape:
        return 0, 0
    count = reshaped(counting((size,), 0), shape)
    return astype(count >> 32, UINT32) if size > 2**32 else 0, astype(count, UINT32)


# Keys.


def key(seed):
    """The key of a seed: its high and its low 32 bits.

    >>> key(42).tolist()
    [0, 42]
    """
    if isinstance(seed, int):
        if not -(2**63) <= seed < 2**64:
            raise ArgumentError(f"a seed has at most 64 bits, {seed} has more")
        return asarray(np.array([seed >> 32 & 0xFFFFFFFF, seed & 0xFFFFFFFF], UINT32))
    seed = asarray(seed)
    if seed.dtype.kind not in "iu" or seed.ndim:
        raise TypeMismatch(
            f"a seed is one integer, not {seed.type}: use vmap for keys of many seeds"
        )
    bits = astype(astype(seed, np.dtype(f"u{seed.itemsize}")), UINT64)
    return stacked((astype(bits >> 32, UINT32), astype(bits, UINT32)), 0)


def demand_key(value):
    """The value as a key; refused where it is none."""
    found = strong(asarray(value))
    if found.dtype != UINT32 or found.shape != (2,):
        raise TypeMismatch(
            f"a key is uint32[2], as random.key(seed) and random.split(key) give them, not "
            f"{found.type}: "
            "of an array of keys take one, or use vmap"
        )
    return found


def split(key, num=2):
    """So many new keys made of one, which is then used up: an array of shape (num, 2).

    >>> split(key(0)).tolist()
    [[1797259609, 2579123966], [928981903, 3453687069]]
    """
    return split_each(demand_key(key), num)


def split_each(keys, num):
    """So many new keys of each of these."""
    words = words_of(keys, sizes_of(num))
    return stacked(halves(words), words.ndim)


def parted(keys, num=2):
    """New keys of each of these, one after the other."""
    found = split_each(keys, num)
    return tuple(element(found, keys.ndim - 1, k) for k in range(num))


def fold_in(key, data):
    """A new key made of a key and integers: one for each of them.

    >>> fold_in(key(0), 1).tolist()
    [928981903, 3453687069]
    """
    data = strong(asarray(data))
    if data.dtype.kind not in "iu":
        raise TypeMismatch(f"fold_in takes integers, not {data.type}")
    key = demand_key(key)
    pair = threefry(element(key, 0, 0), element(key, 0, 1), 0, astype(data, UINT32))
    return stacked(pair, data.ndim)


# Bits.


def bits(key, shape=(), dtype=UINT64):
    """Random unsigned integers, all of them equally likely.

    >>> bits(key(0), (2,), "uint32").tolist()
    [4070199207, 4202968722]
    """
    dtype = as_dtype(dtype)
    if dtype.kind != "u":
        raise TypeMismatch(f"random bits are unsigned integers, not {dtype}")
    made = bits_of(demand_key(key), sizes_of(shape), dtype)
    return settled(made, dtype)


def bits_of(keys, shape, dtype):
    """Random unsigned integers for each of the keys."""
    words = words_of(keys, shape)
    if dtype == UINT64:
        return words
    first, second = halves(words)
    return astype(first ^ second, dtype)


def constant_part(x):
    """The value, to the derivative a constant."""
    return apply(ops.stop_grad, x)
