"""Fourier transforms as products with small matrices: any length, by its factors (Cooley and Tukey)
or by Bluestein.
"""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.ops.linalg import complex_of
from defn.tensor import apply
from defn.transforms.matrices import product
from defn.transforms.shapes import broadcast, cast, full, real, reshape, select, transpose, window
from defn.types import FLOAT64, Type, real_of

DIRECT = 16  # sizes up to which a transform is one product
LARGEST_PRIME = 64  # factors up to which this still holds


def turning(whole, n, dtype, inverse):
    """exp(-2 pi i whole / n), for integers; the other way round if `inverse`."""
    angle = cast(np.remainder(whole, n), FLOAT64) * ((2 if inverse else -2) * math.pi / n)
    parts = [cast(f(angle), real_of(dtype)) for f in (np.cos, np.sin)]
    return apply(ops.complex_of, *parts)


def counting(shape, axis):
    """Each element's place along an axis."""
    return apply(ops.iota, shape=shape, axis=axis)


def along_last(x, inverse):
    """The transform of rows."""
    rows, n = x.shape
    first = divisor(n)
    if n <= DIRECT or first == 1 and n <= LARGEST_PRIME:
        return product(x, turning(counting((n, n), 0) * counting((n, n), 1), n, x.dtype, inverse))
    if first == 1:
        return by_convolution(x, inverse)
    return by_factors(x, first, n // first, inverse)


def divisor(n):
    """The largest divisor up to the root."""
    return next(k for k in range(math.isqrt(n), 0, -1) if n % k == 0)


def by_factors(x, p, q, inverse):
    """Transforms of p, a turn of each element, transforms of q."""
    rows = x.shape[0]
    x = transpose(reshape(x, (rows, p, q)), (0, 2, 1))
    x = reshape(along_last(reshape(x, (rows * q, p)), inverse), (rows, q, p))
    turns = turning(counting((q, p), 0) * counting((q, p), 1), p * q, x.dtype, inverse)
    x = transpose(x * broadcast(turns, x.shape, (1, 2)), (0, 2, 1))
    x = reshape(along_last(reshape(x, (rows * p, q)), inverse), (rows, p, q))
    return reshape(transpose(x, (0, 2, 1)), (rows, p * q))


def by_convolution(x, inverse):
    """A transform of prime length as a convolution, which is done by transforms of a power of two."""
    rows, n = x.shape
    length = 1 << (2 * n - 2).bit_length()
    place = counting((length,), 0)
    chirp = turning(place * place, 2 * n, x.dtype, inverse)
    back = np.minimum(place, length - place)
    answer = select(back < n, turning(back * back, 2 * n, x.dtype, not inverse), 0)
    own = broadcast(window(chirp, (0,), (n,)), x.shape, (1,))
    filled = padded(x * own, length)
    spectrum = along_last(reshape(answer, (1, length)), False)
    spectrum = along_last(filled, False) * broadcast(spectrum, filled.shape, (0, 1))
    found = window(along_last(spectrum, True), (0, 0), (rows, n))
    return found * own * full(x.type, 1 / length)


def padded(x, n):
    """Rows filled with zeros to n elements."""
    zero = full(Type(x.dtype), 0)
    return apply(ops.pad, x, zero, low=(0, 0), high=(0, n - x.shape[1]), interior=(0, 0))


def along(x, axis, inverse):
    """The transform along one axis."""
    if not x.size:
        return x
    order = (*(k for k in range(x.ndim) if k != axis), axis)
    moved = transpose(x, order)
    n = x.shape[axis]
    made = reshape(along_last(reshape(moved, (x.size // n, n)), inverse), moved.shape)
    return transpose(made, tuple(int(k) for k in np.argsort(order)))


def fft(x, *, axes, inverse):
    """Axis after axis."""
    for axis in axes:
        x = along(x, axis, inverse)
    return (x,)


def rfft(x, *, axis):
    """The transform of complex numbers, its first half and one."""
    whole = along(cast(x, complex_of(x.dtype)), axis, False)
    return (first(whole, axis, x.shape[axis] // 2 + 1),)


def first(x, axis, count):
    """The first elements along an axis."""
    sizes = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    return window(x, (0,) * x.ndim, sizes)


def irfft(x, *, axis, n):
    """The frequencies mirrored, transformed, and their real part."""
    place = counting(x.shape, axis)
    alone = (place == 0) | (place == n // 2) if n % 2 == 0 else place == 0
    half = select(alone, cast(real(x), x.dtype), x)
    count = (n - 1) // 2
    low = tuple(1 if k == axis else 0 for k in range(x.ndim))
    middle = window(half, low, (*x.shape[:axis], count, *x.shape[axis + 1 :]))
    mirrored = apply(ops.conjugate, apply(ops.flip, middle, axes=(axis,)))
    whole = apply(ops.concatenate, half, mirrored, axis=axis) if count else half
    return (real(along(whole, axis, True)),)
