"""Fourier transforms along any axis by factors of the length, each a loop whose trips have nothing to
do with each other (Stockham); by Bluestein where a factor is a large prime.
"""

from __future__ import annotations

import math
from math import prod

import numpy as np

from defn import expr, ops
from defn.ops.linalg import complex_of
from defn.tensor import apply, wrap
from defn.transforms.in_steps.butterflies import BUTTERFLY, pair
from defn.transforms.in_steps.whole import divided
from defn.transforms.matrices import product
from defn.transforms.shapes import (
    broadcast,
    cast,
    full,
    imag,
    real,
    reshape,
    select,
    transpose,
    window,
)
from defn.transforms.written_out.elements import conjugate, loop, read, write, zeros
from defn.types import Type, real_of

LARGEST_PRIME = 64  # factors up to which a transform is a product of matrices
LARGEST_TABLE = 1 << 14  # elements; of more, a table is the products of two


# Known numbers.


def turn(places, n, inverse=False):
    """exp(-2 pi i places / n), as exact as float64 can have it."""
    places = np.asarray(places) % n
    # Of an angle up to an eighth of a turn sine and cosine are exact: the others are mirrored.
    quarter, rest = np.divmod(8 * places + n, 2 * n)
    angle = (rest - n) * (math.pi / (4 * n))
    found = (np.cos(angle) + 1j * np.sin(angle)) * np.array([1, 1j, -1, -1j])[quarter % 4]
    return found if inverse else found.conj()


def table(values, dtype):
    """Known values, rounded once."""
    return wrap(expr.constant(np.asarray(values).astype(dtype)))


class Turns:
    """exp(-2 pi i k / n) for counted k: looked up, in one table or in two."""

    def __init__(self, n, dtype, inverse):
        self.step = n if n <= LARGEST_TABLE else 1 << (n.bit_length() // 2)
        self.low = table(turn(np.arange(self.step), n, inverse), dtype)
        high = np.arange(-(-n // self.step)) * self.step
        self.high = table(turn(high, n, inverse), dtype) if len(high) > 1 else None

    def __call__(self, k):
        """The number for one k, or for each."""
        if self.high is None:
            return looked_up(self.low, k)
        upper, lower = divided(k, self.step)
        return looked_up(self.high, upper).times(looked_up(self.low, lower))


def looked_up(numbers, k):
    """The number at a place, or those at an array of places."""
    return pair(apply(ops.gather, numbers, k, axes=(0,)) if k.shape else read(numbers, k))


# By factors.


def factors(n):
    """Factors of a length, as large as there is a form for: eights, fours, then odd ones."""
    found = []
    twos = (n & -n).bit_length() - 1
    eights, rest = divmod(twos, 3)
    if rest == 1 and eights:
        eights, rest = eights - 1, 4
    found += [8] * eights + {0: [], 1: [2], 2: [4], 4: [4, 4]}[rest]
    n >>= twos
    for p in range(3, n + 1, 2):
        while n % p == 0:
            found.append(p)
            n //= p
    return found


def transformed(x, inverse):
    """The transform along the middle one of three axes."""
    n = x.shape[1]
    if not x.size or n == 1:
        return x
    found = factors(n)
    if max(found) > LARGEST_PRIME:
        return by_convolution(x, inverse)
    shape = x.shape
    for radix in found:
        stage = by_butterflies if radix in BUTTERFLY else by_sums
        x = stage(x, radix, inverse)
        # What was found of the frequency counts with what lies behind.
        x = reshape(x, (shape[0], x.shape[1], x.size // (shape[0] * x.shape[1])))
    return reshape(x, shape)


def by_butterflies(x, radix, inverse):
    """One factor: a trip takes so many numbers, transforms and turns them, and writes as many."""
    rows, n, behind = x.shape
    apart, turns = n // radix, Turns(n, x.dtype, inverse)

    def trip(t, out):
        which, q = divided(t, behind, x.size)
        row, m = divided(which, apart, x.size)
        given = [pair(read(x, row, m + j * apart, q)) for j in range(radix)]
        for u, value in enumerate(BUTTERFLY[radix](given, inverse)):
            value = value.times(turns(m * u)) if u and apart > 1 else value
            out = write(out, value.whole, which, u, q)
        return (out,)

    (found,) = loop(0, rows * apart * behind, trip, zeros(x, rows * apart, radix, behind))
    return reshape(found, (rows, apart, radix * behind))


def by_sums(x, radix, inverse):
    """One large prime factor: a product with the matrix of its transform."""
    rows, n, behind = x.shape
    apart, counted = n // radix, np.arange(radix)
    x = transpose(reshape(x, (rows, radix, apart * behind)), (1, 0, 2))
    matrix = table(turn(np.outer(counted, counted), radix, inverse), x.dtype)
    x = product(matrix, reshape(x, (radix, x.size // radix)))
    x = transpose(reshape(x, (radix, rows, apart, behind)), (1, 2, 0, 3))
    if apart > 1:
        m, u = (apply(ops.iota, shape=(apart, radix), axis=axis) for axis in (0, 1))
        x = x * broadcast(Turns(n, x.dtype, inverse)(m * u).whole, x.shape, (1, 2))
    return reshape(x, (rows, apart, radix * behind))


# By convolution.


def by_convolution(x, inverse):
    """Bluestein's: the product of two places is half of what their squares are less than that of
    their sum.
    """
    rows, n, behind = x.shape
    length = smooth(2 * n - 1)
    place = np.arange(n)
    chirp = turn(place * place % (2 * n), 2 * n, inverse)
    answer = np.zeros(length, complex)
    answer[:n], answer[length - n + 1 :] = chirp.conj(), chirp.conj()[:0:-1]
    spectrum = table(np.fft.fft(answer) / length, x.dtype)
    own = broadcast(table(chirp, x.dtype), x.shape, (1,))
    settings = {"low": (0, 0, 0), "high": (0, length - n, 0), "interior": (0, 0, 0)}
    filled = apply(ops.pad, x * own, full(Type(x.dtype), 0), **settings)
    found = transformed(filled, False)
    found = transformed(found * broadcast(spectrum, found.shape, (1,)), True)
    return window(found, (0, 0, 0), x.shape) * own


def smooth(n):
    """The least length from n on of factors two, three and five, of which eights are many."""
    return min(
        (odd << max(0, (-(-n // odd) - 1).bit_length()) for odd in (1, 3, 5, 9, 15)),
    )


# The operations.


def in_three(x, axis):
    """An array with one axis before, and one behind."""
    return reshape(x, (prod(x.shape[:axis]), x.shape[axis], prod(x.shape[axis + 1 :])))


def resized(x, axis, n):
    """The shape with another size along an axis."""
    return (*x.shape[:axis], n, *x.shape[axis + 1 :])


def fft(x, *, axes, inverse):
    """Axis after axis."""
    for axis in axes:
        x = reshape(transformed(in_three(x, axis), inverse), x.shape)
    return (x,)


def rfft(x, *, axis):
    """Of an even length: pairs of real numbers as complex ones, and what they hide taken apart."""
    n, shape = x.shape[axis], resized(x, axis, x.shape[axis] // 2 + 1)
    x, dtype = in_three(x, axis), complex_of(x.dtype)
    if n % 2 or not x.size:
        whole = transformed(cast(x, dtype), False)
        return (reshape(middle(whole, 0, n // 2 + 1), shape),)
    x = transformed(apply(ops.complex_of, middle(x, 0, n // 2, 2), middle(x, 1, n // 2, 2)), False)
    first = middle(x, 0, 1)
    x, back = joined(x, first), conjugate(apply(ops.flip, joined(x, first), axes=(1,)))
    turns = broadcast(table(turn(np.arange(n // 2 + 1), n) * -0.5j, dtype), x.shape, (1,))
    return (reshape((x + back) * 0.5 + (x - back) * turns, shape),)


def irfft(x, *, axis, n):
    """The same backwards."""
    shape = resized(x, axis, n)
    x = in_three(x, axis)
    if not x.size:
        return (zeros(x, *shape, dtype=real_of(x.dtype)),)
    place = apply(ops.iota, shape=x.shape, axis=1)
    alone = (place == 0) | (place == n // 2) if n % 2 == 0 else place == 0
    half = select(alone, cast(real(x), x.dtype), x)
    if n % 2:
        mirrored = apply(ops.flip, conjugate(middle(half, 1, n // 2)), axes=(1,))
        return (reshape(real(transformed(joined(half, mirrored), True)), shape),)
    x, back = (
        middle(half, 0, n // 2),
        conjugate(apply(ops.flip, middle(half, 1, n // 2), axes=(1,))),
    )
    turns = broadcast(table(turn(np.arange(n // 2), n, True) * 1j, x.dtype), x.shape, (1,))
    x = transformed(x + back + (x - back) * turns, True)
    both = [reshape(p, (*x.shape[:2], 1, x.shape[2])) for p in (real(x), imag(x))]
    return (reshape(apply(ops.concatenate, *both, axis=2), shape),)


def middle(x, start, count, step=1):
    """Elements along the middle axis."""
    return window(x, (0, start, 0), (x.shape[0], count, x.shape[2]), (1, step, 1))


def joined(*parts):
    """Arrays one after another along the middle axis; those that are not empty."""
    parts = [x for x in parts if x.shape[1]]
    return parts[0] if len(parts) == 1 else apply(ops.concatenate, *parts, axis=1)
