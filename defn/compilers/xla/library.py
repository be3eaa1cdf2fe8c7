"""Factorisations and Fourier transforms: what XLA has whole, with the conventions of NumPy's."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import lax

from defn.compilers.xla.bits import where

# Triangles.


def adjoint(a):
    """The conjugate transpose of the last two axes."""
    return lax.conj(swapped(a)) if a.dtype.kind == "c" else swapped(a)


def swapped(a):
    """The last two axes exchanged."""
    return lax.transpose(a, (*range(a.ndim - 2), a.ndim - 1, a.ndim - 2))


def cholesky(a):
    """The lower factor; nan where there is none."""
    return lax.linalg.cholesky(a, symmetrize_input=False)


def triangular_solve(a, b, *, lower, transposed, unit):
    """The x with t x = b."""
    return lax.linalg.triangular_solve(
        a, b, left_side=True, lower=lower, transpose_a=transposed, unit_diagonal=unit
    )


# Elimination.


def lu(a):
    """(factors, pivots, permutation)."""
    factors, pivots, permutation = lax.linalg.lu(a)
    return factors, pivots.astype(np.int64), permutation.astype(np.int64)


def diagonal(a):
    """The diagonals of square matrices."""
    return jnp.diagonal(a, axis1=-2, axis2=-1)


def solve(a, b):
    """The x with a x = b, and for each matrix whether a pivot was zero; x is nan then."""
    if not a.size or not b.size:
        return b, lax.full(a.shape[:-2], False)
    factors, _, permutation = lax.linalg.lu(a)
    order = lax.broadcast_in_dim(permutation, b.shape, range(b.ndim - 1))
    arranged = jnp.take_along_axis(b, order, axis=-2)
    down = triangular_solve(factors, arranged, lower=True, transposed=False, unit=True)
    x = triangular_solve(factors, down, lower=False, transposed=False, unit=False)
    singular = lax.reduce_or(diagonal(factors) == 0, [a.ndim - 2])
    everywhere = lax.broadcast_in_dim(singular, x.shape, range(a.ndim - 2))
    return where(everywhere, np.nan, x), singular


def exchanged(pivots):
    """Was the number of exchanges of rows odd?"""
    moved = pivots != lax.broadcasted_iota(pivots.dtype, pivots.shape, pivots.ndim - 1)
    return lax.reduce_xor(moved, [pivots.ndim - 1])


def det(a):
    """The product of the pivots, with the sign of the exchanges."""
    if not a.size:
        return lax.full(a.shape[:-2], 1, a.dtype)
    factors, pivots, _ = lax.linalg.lu(a)
    product = lax.reduce_prod(diagonal(factors), [a.ndim - 2])
    return where(exchanged(pivots), -product, product)


def slogdet(a):
    """(sign, logarithm of the size); 0 and -inf where the matrix is singular."""
    real = a.real.dtype
    if not a.size:
        return lax.full(a.shape[:-2], 1, a.dtype), lax.full(a.shape[:-2], 0, real)
    factors, pivots, _ = lax.linalg.lu(a)
    found = diagonal(factors)
    size = lax.abs(found)
    signs = found / where(size == 0, 1, size).astype(a.dtype)
    sign = lax.reduce_prod(signs, [a.ndim - 2])
    return where(exchanged(pivots), -sign, sign), lax.reduce_sum(lax.log(size), [a.ndim - 2])


# Orthogonal factors.


def qr(a, *, complete):
    """(q, r)."""
    return tuple(lax.linalg.qr(a, full_matrices=complete))


def svd(a, *, full):
    """(u, s, vh)."""
    return tuple(lax.linalg.svd(a, full_matrices=full))


def svdvals(a):
    """The singular values, greatest first."""
    return lax.linalg.svd(a, compute_uv=False)


def pinv(a, rtol):
    """The pseudoinverse, from the singular values that are large enough."""
    shape = (*a.shape[:-2], a.shape[-1], a.shape[-2])
    if not a.size:
        return lax.full(shape, 0, a.dtype)
    u, s, vh = lax.linalg.svd(a, full_matrices=False)
    least = lax.reduce_max(s, [s.ndim - 1]) * rtol
    large = s > lax.broadcast_in_dim(least, s.shape, range(s.ndim - 1))
    inverse = where(large, 1 / where(large, s, 1), 0).astype(a.dtype)
    rows = lax.broadcast_in_dim(inverse, u.shape, (*range(a.ndim - 2), a.ndim - 1))
    return jnp.matmul(adjoint(vh), adjoint(u * rows.conj()), precision=lax.Precision.HIGHEST)


# Eigenvalues.


def eigh(a, *, lower):
    """(values, vectors), least first."""
    vectors, values = lax.linalg.eigh(a, lower=lower, symmetrize_input=False)
    return values, vectors


def eigvalsh(a, *, lower):
    return eigh(a, lower=lower)[0]


def eig(a):
    """(values, vectors), complex."""
    return tuple(lax.linalg.eig(a, compute_left_eigenvectors=False))


def eigvals(a):
    (values,) = lax.linalg.eig(
        a, compute_left_eigenvectors=False, compute_right_eigenvectors=False
    )
    return values


# Fourier transforms.


def along_last(transform, x, axis):
    """A transform along the last axis, applied along another."""
    return jnp.moveaxis(transform(jnp.moveaxis(x, axis, -1)), -1, axis)


def fft(x, *, axes, inverse):
    """Along several axes; the inverse, undivided, is the conjugate of the transform of the conjugate."""
    if not x.size:
        return x
    if inverse:
        return lax.conj(fft(lax.conj(x), axes=axes, inverse=False))
    for axis in axes:
        n = x.shape[axis]
        x = along_last(lambda y, n=n: lax.fft(y, lax.FftType.FFT, (n,)), x, axis)
    return x


def rfft(x, *, axis):
    """The first half of the frequencies of real values."""
    n = x.shape[axis]
    return along_last(lambda y: lax.fft(y, lax.FftType.RFFT, (n,)), x, axis)


def irfft(x, *, axis, n):
    """From that half to n real values, undivided."""
    if not math.prod(x.shape):
        shape = (*x.shape[:axis], n, *x.shape[axis + 1 :])
        return lax.full(shape, 0, x.real.dtype)
    return along_last(lambda y: lax.fft(y, lax.FftType.IRFFT, (n,)), x, axis) * n


RULES = (
    cholesky, triangular_solve, lu, solve, det, slogdet, qr, svd, svdvals, pinv, eigh, eigvalsh, eig, eigvals,
    fft, rfft, irfft,
)  # fmt: skip
