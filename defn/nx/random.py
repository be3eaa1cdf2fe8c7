"""Random numbers from keys, by Nx's names and bit for bit as Nx gives them: each function gives what
was drawn, and a key for the next draw.

The generator is that of `defn.random`, threefry 2x32, with Nx's order of counters: one half of the
words, then the other. The functions that end in `_split` take a key that is theirs alone. A dtype
that is not named is NumPy's for the parameters: float64 for Python numbers, where Nx has f32.
"""

from __future__ import annotations

import math

import numpy as np

from defn import linalg
from defn.errors import ArgumentError, ShapeError, TypeMismatch
from defn.numpy.axes import integer, normalized_axis
from defn.numpy.composite import inexact, settled, strong, widened
from defn.numpy.parts import element, flat, joined, part, reshaped, stacked
from defn.numpy.shapes import sizes_of
from defn.numpy.span import counting
from defn.nx.bits import bitcast
from defn.nx.constants import smallest_positive_normal
from defn.nx.ordering import argsort
from defn.nx.spelling import spelled
from defn.random.keys import UINT32, UINT64, constant_part, demand_key, key, threefry
from defn.random.uniform import floating, mantissa
from defn.special import erfinv
from defn.tensor import asarray, astype, broadcast_to
from defn.types import FLOAT64, INT64, as_dtype, promote, real_of

__all__ = [
    "choice", "fold_in", "gumbel", "gumbel_split", "key", "multivariate_normal",
    "multivariate_normal_split", "normal", "normal_split", "randint", "randint_split", "shuffle",
    "split", "uniform", "uniform_split",
]  # fmt: skip

# Keys and bits.


def split(key, parts=2):
    """So many new keys made of one.

    >>> split(key(1701)).tolist()
    [[56197195, 1801093307], [961309823, 1704866707]]
    """
    return words(demand_key(key), (integer(parts, "parts"), 2))


def words(key, shape):
    """Random words: the counters in two halves give the two halves of the words."""
    size = math.prod(shape)
    half = (size + 1) // 2
    count = astype(counting((2 * half,), 0), UINT32)
    high, low = part(count, 0, 0, half), part(count, 0, half, half)
    # Of an odd number the last counter is 0, and its word is left out.
    low = low if size % 2 == 0 else joined((part(low, 0, 0, half - 1), part(count, 0, 0, 1)), 0)
    found = threefry(element(key, 0, 0), element(key, 0, 1), high, low)
    return reshaped(part(joined(found, 0), 0, 0, size), shape)


def fold_in(key, data):
    """A new key made of a key and integers: one for each of them.

    >>> fold_in(key(42), 13).tolist() == fold_in(key(42), [13])[0].tolist()
    True
    """
    key, data = demand_key(key), astype(strong(asarray(data)), UINT64)
    high, low = astype(data >> 32, UINT32), astype(data, UINT32)
    return stacked(threefry(element(key, 0, 0), element(key, 0, 1), high, low), data.ndim)


def bits(key, shape, width):
    """Random bits as unsigned integers of a width."""
    if width == 64:
        pair = astype(words(key, (2, math.prod(shape))), UINT64)
        return reshaped(element(pair, 0, 0) << 32 | element(pair, 0, 1), shape)
    return astype(words(key, shape), np.dtype(f"u{width // 8}"))


def with_new_key(drawn):
    """The function of a key that may be used again: it draws with one part, and gives the other."""

    def drawing(key, *parameters, **settings):
        keys = split(key)
        return drawn(element(keys, 0, 1), *parameters, **settings), element(keys, 0, 0)

    drawing.__name__ = drawing.__qualname__ = drawn.__name__.removesuffix("_split")
    drawing.__doc__ = f"What `{drawn.__name__}` gives, and a new key."
    return drawing


# Numbers.


@spelled
def uniform_split(key, minval=0.0, maxval=1.0, *, shape=(), dtype=None):
    """Numbers from `minval` up to `maxval`, which is left out.

    >>> uniform_split(key(44), 0, 100, dtype="float32").item()
    0.9405970573425293
    """
    return drawn_in(between, key, minval, maxval, sizes_of(shape), dtype)


def drawn_in(draw, key, first, second, shape, dtype):
    """A draw with two parameters; of a complex dtype, one for each of the parts."""
    key, first, second = demand_key(key), strong(asarray(first)), strong(asarray(second))
    dtype = inexact_dtype(first, second) if dtype is None else as_dtype(dtype)
    if dtype.kind != "c":
        return constant_part(draw(key, first, second, shape, floating(dtype, "uniform")))
    parts = draw(key, first, second, (*shape, 2), real_of(dtype))
    real, imag = (astype(parts[..., k], dtype) for k in (0, 1))
    return constant_part(real + imag * asarray(1j, dtype))


def inexact_dtype(*values):
    """The floating dtype that values have in common."""
    found = promote(*(v.dtype for v in values))
    return FLOAT64 if found.kind in "iub" else found


def between(key, low, high, shape, dtype):
    """Numbers between two bounds: the bits after the point are random."""
    width = 8 * dtype.itemsize
    one = astype(asarray(1, dtype), dtype)
    whole = bits(key, shape, width) >> (width - mantissa(dtype)) | bitcast(
        one, np.dtype(f"u{width // 8}")
    )
    low, high = astype(low, dtype), astype(high, dtype)
    return settled(np.maximum((bitcast(whole, dtype) - one) * (high - low) + low, low), dtype)


@spelled
def normal_split(key, mean=0.0, standard_deviation=1.0, *, shape=(), dtype=None):
    """Normally distributed numbers of a mean and a standard deviation.

    >>> round(normal_split(key(44), 0, 100, dtype="float32").item(), 3)
    -234.924
    """
    return drawn_in(bell, key, mean, standard_deviation, sizes_of(shape), dtype)


def bell(key, mean, deviation, shape, dtype):
    """Normally distributed numbers, by the inverse of their distribution function."""
    low = np.nextafter(asarray(-1, dtype), asarray(0, dtype))
    unit = np.sqrt(asarray(2, dtype)) * erfinv(between(key, low, asarray(1, dtype), shape, dtype))
    return settled(astype(deviation, dtype) * unit + astype(mean, dtype), dtype)


@spelled
def gumbel_split(key, *, shape=(), dtype=FLOAT64):
    """Numbers of the standard Gumbel distribution.

    >>> gumbel_split(key(1), shape=(2,)).shape
    (2,)
    """
    dtype = floating(dtype, "gumbel")
    low = smallest_positive_normal(dtype)
    unit = between(demand_key(key), low, asarray(1, dtype), sizes_of(shape), dtype)
    return constant_part(-np.log(-np.log(unit)))


@spelled
def randint_split(key, minval, maxval, *, shape=(), dtype=None):
    """Integers from `minval` up to `maxval`, which is left out.

    >>> randint_split(key(44), 0, 100, dtype="uint8").item()
    12
    """
    low, high, shape = strong(asarray(minval)), strong(asarray(maxval)), sizes_of(shape)
    dtype = promote(low.dtype, high.dtype) if dtype is None else as_dtype(dtype)
    if dtype.kind not in "iu":
        raise TypeMismatch(f"randint gives integers, not {dtype}")
    width = 8 * dtype.itemsize
    found = astype(bits(demand_key(key), (2, *shape), width), UINT64)
    span = astype(astype(high - low, np.dtype(f"u{width // 8}")), UINT64)
    factor = (asarray(2 ** (width // 2), UINT64) % span) ** 2 % span
    offset = (element(found, 0, 0) % span * factor + element(found, 0, 1) % span) % span
    return settled(broadcast_to(astype(low, dtype), shape) + astype(offset, dtype), dtype)


@spelled
def multivariate_normal_split(key, mean, covariance, *, shape=(), dtype=None, method="cholesky"):
    """Normally distributed vectors of a mean and of covariances; their factor by "cholesky", "svd"
    or "eigh".

    >>> multivariate_normal_split(key(1), [0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]]).shape
    (2,)
    """
    mean, covariance = strong(asarray(mean)), strong(asarray(covariance))
    dtype = floating(inexact_dtype(mean, covariance) if dtype is None else dtype, "normal")
    if method not in FACTORS:
        raise ArgumentError(f"method is one of {', '.join(FACTORS)}, not {method!r}")
    if mean.ndim != 1 or covariance.shape != mean.shape * 2:
        raise ShapeError(
            "a mean of shape (n,) goes with covariances of shape (n, n), not "
            f"{mean.shape} with {covariance.shape}"
        )
    wanted = (*sizes_of(shape), *mean.shape)
    unit = normal_split(key, 0.0, 1.0, shape=wanted, dtype=dtype)
    factor = astype(FACTORS[method](widened(astype(covariance, dtype))), dtype)
    return constant_part(astype(mean, dtype) + np.matmul(unit, np.swapaxes(factor, -1, -2)))


def _of_svd(covariance):
    u, values, _ = linalg.svd(covariance)
    return u * np.sqrt(values)


def _of_eigh(covariance):
    values, vectors = linalg.eigh(covariance)
    return vectors * np.sqrt(values)


FACTORS = {"cholesky": linalg.cholesky, "svd": _of_svd, "eigh": _of_eigh}

uniform, normal, gumbel, randint, multivariate_normal = map(
    with_new_key,
    (uniform_split, normal_split, gumbel_split, randint_split, multivariate_normal_split),
)

# Order.


def shuffle(key, x, *, axis=0, independent=False):
    """The parts of an axis in random order, and a new key; with `independent`, each row in one of
    its own.

    >>> shuffle(key(42), [1, 2, 3, 4])[0].tolist()
    [3, 1, 2, 4]
    """
    x, key = strong(asarray(x)), demand_key(key)
    axis = normalized_axis(axis, x.ndim)
    if independent:
        return shuffled(key, x, axis)
    order, key = shuffled(key, counting((x.shape[axis],), 0), 0)
    return np.take(x, order, axis), key


def shuffled(key, x, axis):
    """Rows in random orders: sorted by random words, so often that equal words do not matter."""
    rounds = math.ceil(3 * math.log(max(x.size, 1)) / math.log(2**32 - 1))
    for _ in range(rounds):
        keys = split(key)
        order = argsort(words(element(keys, 0, 1), x.shape), axis)
        x, key = np.take_along_axis(x, order, axis), element(keys, 0, 0)
    return x, key


def choice(key, x, p=None, *, samples=1, axis=None, replace=True):
    """So many parts of an axis (elements, without one), by chance or by probabilities; and a new
    key.

    >>> choice(key(1), [1, 2, 3], samples=2)[0].shape
    (2,)
    """
    x = strong(asarray(x))
    if not x.ndim:
        raise ShapeError("choice takes an array of one axis or more, not a number")
    x, axis = (flat(x), 0) if axis is None else (x, normalized_axis(axis, x.ndim))
    count, samples = x.shape[axis], integer(samples, "samples")
    if samples < 1 or (not replace and samples > count):
        raise ArgumentError(f"choice of {samples} of {count}: with replace=False, 1 to {count}")
    if p is not None:
        places, key = places_by(demand_key(key), probabilities(p, count), samples, replace)
    elif replace:
        places, key = randint(key, 0, count, shape=(samples,), dtype=UINT32)
    else:
        mixed, key = shuffle(key, x, axis=axis)
        return settled(part(mixed, axis, 0, samples), x.dtype), key
    return np.take(x, astype(places, INT64), axis), key


def probabilities(p, count):
    """Probabilities, one for each of so many."""
    p = inexact(asarray(p))
    if p.shape != (count,):
        raise ShapeError(f"choice takes a probability for each of {count}, not {p.shape}")
    return p


def places_by(key, p, samples, replace):
    """Places chosen by probabilities, and a new key."""
    if not replace:
        noise, key = gumbel(key, shape=p.shape, dtype=p.dtype)
        return part(argsort(-noise - np.log(p)), 0, 0, samples), key
    total = np.cumsum(p)
    unit, key = uniform(key, shape=(samples,), dtype=p.dtype)
    reached = total[-1] * (1 - unit)
    return np.argmin(total[None, :] <= reached[:, None], axis=1), key
