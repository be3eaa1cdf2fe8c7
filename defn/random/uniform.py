"""Equally likely numbers, and what is made of them alone."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.errors import ArgumentError, ShapeError, TypeMismatch
from defn.numpy.composite import NARROW, filled, select, settled, strong
from defn.numpy.shapes import sizes_of
from defn.promotion import broadcast_shapes
from defn.random.keys import bits_of, demand_key, parted
from defn.tensor import PYTHON_NUMBERS, apply, asarray, astype
from defn.types import BFLOAT16, FLOAT32, INT64, as_dtype, is_float

FLOAT, UINT64 = np.dtype("float64"), np.dtype("uint64")
INT32 = np.dtype("int32")


def floating(dtype, name):
    """A dtype that must be a real floating one."""
    found = as_dtype(dtype)
    if not is_float(found):
        raise TypeMismatch(f"random.{name} gives real floating-point numbers, not {found}")
    return found


def drawn_shape(name, shape, *parameters):
    """The shape of a draw: that of the parameters together, where none is given."""
    together = broadcast_shapes(*(p.shape for p in parameters))
    if shape is None:
        return together
    shape = sizes_of(shape)
    if broadcast_shapes(shape, together) != shape:
        raise ShapeError(
            f"random.{name} of shape {shape} takes parameters that broadcast to it, theirs is "
            f"{together}"
        )
    return shape


def parameters_in(dtype, *values):
    """Parameters of a distribution, in its dtype."""
    return [strong(asarray(v, dtype)) for v in values]


# Between two bounds.


def mantissa(dtype):
    """How many bits of a floating dtype are stored after the point."""
    return 7 if dtype == BFLOAT16 else np.finfo(dtype).nmant


def unit(keys, shape, dtype):
    """Numbers from 0 up to 1 for each of the keys: the bits after the point are random."""
    stored, width = mantissa(dtype), 8 * dtype.itemsize
    if stored < 8:
        width = 8
    words = bits_of(keys, shape, np.dtype(f"u{width // 8}")) >> (width - stored)
    if dtype in NARROW:
        return astype(astype(words, FLOAT32) * 2.0**-stored, dtype)
    one = int(np.ones((), dtype).view(words.dtype))
    return apply(ops.bitcast, words | one, dtype=dtype) - 1


def uniform(key, shape=(), dtype=FLOAT, minval=0.0, maxval=1.0):
    """Numbers from `minval` up to `maxval`, which is left out.

    >>> from defn import random
    >>> uniform(random.key(0), (2,)).tolist()
    [0.41845711171638644, 0.21629545460551136]
    """
    dtype, shape = floating(dtype, "uniform"), sizes_of(shape)
    made = unit(demand_key(key), shape, dtype)
    if all(type(v) in PYTHON_NUMBERS for v in (minval, maxval)) and (minval, maxval) == (0, 1):
        return settled(made, dtype)
    low, high = parameters_in(dtype, minval, maxval)
    drawn_shape("uniform", shape, low, high)
    return settled(between(made, low, high), dtype)


def between(made, low, high):
    """Numbers from 0 up to 1, stretched to lie between two bounds."""
    return np.maximum(low, made * (high - low) + low)


# Integers.


def randint(key, shape, minval, maxval, dtype=INT64):
    """Integers from `minval` up to `maxval`, which is left out.

    >>> from defn import random
    >>> randint(random.key(0), (3,), 0, 10).tolist()
    [5, 1, 5]
    """
    dtype, shape = as_dtype(dtype), sizes_of(shape)
    if dtype.kind not in "iu":
        raise TypeMismatch(f"random.randint gives integers, not {dtype}")
    sampled = INT32 if dtype.itemsize < 4 else dtype
    least, top = np.iinfo(dtype).min, min(np.iinfo(dtype).max + 1, np.iinfo(sampled).max)
    (low, _), (high, beyond) = (bound(v, least, top, sampled) for v in (minval, maxval))
    drawn_shape("randint", shape, low, high)
    one, other = parted(demand_key(key))
    words = np.dtype(f"u{sampled.itemsize}")
    span = span_of(low, high, beyond, words)
    offset = folded(bits_of(one, shape, words), bits_of(other, shape, words), span)
    return settled(low + astype(offset, sampled), dtype)


def bound(value, least, top, dtype):
    """A bound held between two integers, and whether it lay above all integers of the dtype."""
    above = np.iinfo(dtype).max
    if isinstance(value, int):
        return asarray(np.array(min(max(value, least), top), dtype)), value > above
    value = strong(asarray(value))
    if value.dtype.kind not in "iu":
        value = astype(value, INT64)
    own = np.iinfo(value.dtype)
    held = np.clip(value, max(least, own.min), min(top, own.max))
    return astype(held, dtype), value > min(above, own.max)


def span_of(low, high, beyond, words):
    """How many integers lie between the bounds, at least one; 0 stands for all of the dtype."""
    span = astype(high, words) - astype(low, words)
    span = np.where(high <= low, np.ones((), words), span)
    # A bound beyond the dtype was held at its greatest integer, which belongs to the draw.
    return span if beyond is False else np.where((high > low) & beyond, span + 1, span)


def folded(high, low, span):
    """Two random words brought below the span: the remainder of the number they make."""
    whole = span == 0
    span = np.where(whole, np.ones((), span.dtype), span)
    half = asarray(np.array(2 ** (4 * span.itemsize), span.dtype)) % span
    factor = half * half % span
    return np.where(whole, low, (high % span * factor + low % span) % span)


# Truth values and signs.


def bernoulli(key, p=0.5, shape=None):
    """True with probability `p`, else false.

    >>> from defn import random
    >>> bernoulli(random.key(0), 0.5, (4,)).tolist()
    [True, True, False, False]
    """
    p = strong(asarray(p))
    if not is_float(p.dtype):
        raise TypeMismatch(f"a probability is a real floating-point number, not {p.type}")
    shape = drawn_shape("bernoulli", shape, p)
    return settled(unit(demand_key(key), shape, p.dtype) < p, np.dtype(bool))


def rademacher(key, shape=(), dtype=INT64):
    """1 or -1, equally likely.

    >>> from defn import random
    >>> rademacher(random.key(0), (4,)).tolist()
    [1, 1, -1, -1]
    """
    dtype = as_dtype(dtype)
    heads = bernoulli(key, 0.5, sizes_of(shape))
    ones = filled(heads, 1, dtype)
    return settled(select(heads, ones, -ones), dtype)


def demand_choice(value, known, what):
    """Refuse a setting that is none of those there are."""
    if value not in known:
        raise ArgumentError(f"{what} is one of {', '.join(map(repr, known))}, not {value!r}")
    return value
