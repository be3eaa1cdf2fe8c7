"""Factorisations and Fourier transforms: JAX's calls of LAPACK and of its transforms, put together
as the rows say.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import lax

from defn import ops
from defn.ops.op import Rules

factors = Rules("XLA lowering", "defn/compilers/xla/linalg.py")
linalg = lax.linalg


def product(x, y):
    """The product of matrices, in full precision."""
    batch = tuple(range(x.ndim - 2))
    numbers = (((x.ndim - 1,), (y.ndim - 2,)), (batch, batch))
    return lax.dot_general(x, y, numbers, precision=lax.Precision.HIGHEST)


def adjoint(x):
    """The conjugate transpose."""
    turned = jnp.swapaxes(x, -1, -2)
    return lax.conj(turned) if jnp.iscomplexobj(x) else turned


def diagonal(x):
    """The diagonals, as rows."""
    return jnp.diagonal(x, axis1=-2, axis2=-1)


# Triangles and elimination.

factors[ops.cholesky] = lambda a: linalg.cholesky(a, symmetrize_input=False) if a.size else a


@factors.rule(ops.triangular_solve)
def triangular_solve(a, b, *, lower, transposed, unit):
    if not b.size:
        return b
    return linalg.triangular_solve(
        a, b, left_side=True, lower=lower, transpose_a=transposed, unit_diagonal=unit
    )


@factors.rule(ops.lu)
def lu(a):
    if not a.size:
        rows = lax.broadcasted_iota(np.int64, a.shape[:-1], a.ndim - 2)
        return a, jnp.zeros((*a.shape[:-2], min(a.shape[-2:])), np.int64), rows
    packed, pivots, permutation = linalg.lu(a)
    return packed, pivots.astype(np.int64), permutation.astype(np.int64)


@factors.rule(ops.solve)
def solve(a, b):
    packed, _, permutation = lu(a)
    singular = (diagonal(packed) == 0).any(axis=-1)
    moved = jnp.take_along_axis(b, permutation[..., None], axis=-2)
    left = triangular_solve(packed, moved, lower=True, transposed=False, unit=True)
    x = triangular_solve(packed, left, lower=False, transposed=False, unit=False)
    return jnp.where(singular[..., None, None], np.nan, x).astype(b.dtype), singular


def signs(pivots, dtype):
    """-1 for every exchange of two rows, else 1."""
    stayed = pivots == lax.broadcasted_iota(np.int64, pivots.shape, pivots.ndim - 1)
    return jnp.where(stayed, 1, -1).astype(dtype)


@factors.rule(ops.det)
def det(a):
    packed, pivots, _ = lu(a)
    return jnp.prod(diagonal(packed) * signs(pivots, a.dtype), axis=-1)


@factors.rule(ops.slogdet)
def slogdet(a):
    packed, pivots, _ = lu(a)
    pivot = diagonal(packed)
    size = jnp.abs(pivot)
    sign = jnp.prod(signs(pivots, a.dtype) * jnp.sign(pivot), axis=-1)
    return sign, jnp.sum(jnp.log(size), axis=-1)


# Orthogonal factors and eigenvalues. Empty matrices never reach LAPACK.


def of_empty(op, a, attrs):
    """What NumPy makes of matrices without elements: known when the program is built."""
    made = op.numpy(np.zeros(a.shape, a.dtype), **attrs)
    return tuple(map(jnp.asarray, made)) if isinstance(made, tuple) else jnp.asarray(made)


def of_elements(op):
    """Decorate the lowering of matrices that have elements."""

    def register(function):
        factors[op] = lambda a, **attrs: function(a, **attrs) if a.size else of_empty(op, a, attrs)
        return factors[op]

    return register


of_elements(ops.qr)(lambda a, *, complete: tuple(linalg.qr(a, full_matrices=complete)))
of_elements(ops.svd)(lambda a, *, full: tuple(linalg.svd(a, full_matrices=full)))
of_elements(ops.svdvals)(lambda a: linalg.svd(a, full_matrices=False, compute_uv=False))


@of_elements(ops.eigh)
def eigh(a, *, lower):
    vectors, values = linalg.eigh(a, lower=lower, symmetrize_input=False)
    return values, vectors


of_elements(ops.eigvalsh)(lambda a, *, lower: eigh(a, lower=lower)[0])


@of_elements(ops.eig)
def eig(a):
    values, vectors = linalg.eig(a, compute_left_eigenvectors=False)
    return values, vectors


@of_elements(ops.eigvals)
def eigvals(a):
    return linalg.eig(a, compute_left_eigenvectors=False, compute_right_eigenvectors=False)[0]


@factors.rule(ops.pinv)
def pinv(a, rtol):
    if not a.size:
        return jnp.swapaxes(a, -1, -2)
    u, s, vh = linalg.svd(a, full_matrices=False)
    large = s > rtol[..., None] * jnp.max(s, axis=-1, keepdims=True)
    scale = jnp.where(large, 1 / jnp.where(large, s, 1), 0).astype(a.dtype)
    return product(adjoint(vh), scale[..., None] * adjoint(u))


# Fourier transforms: XLA takes up to three of the last axes at once.


def along_last(transform, x, axes):
    """A transform of the last axes, applied to others."""
    last = tuple(range(x.ndim - len(axes), x.ndim))
    return jnp.moveaxis(transform(jnp.moveaxis(x, axes, last)), last, axes)


@factors.rule(ops.fft)
def fft(x, *, axes, inverse):
    if not x.size:
        return x
    for some in (axes[k : k + 3] for k in range(0, len(axes), 3)):
        sizes = tuple(x.shape[a] for a in some)
        kind = "IFFT" if inverse else "FFT"
        x = along_last(lambda y, sizes=sizes, kind=kind: lax.fft(y, kind, sizes), x, some)
    # XLA divides on the way back.
    return x * math.prod(x.shape[a] for a in axes) if inverse else x


@factors.rule(ops.rfft)
def rfft(x, *, axis):
    return along_last(lambda y: lax.fft(y, "RFFT", y.shape[-1:]), x, (axis,))


@factors.rule(ops.irfft)
def irfft(x, *, axis, n):
    return along_last(lambda y: lax.fft(y, "IRFFT", (n,)), x, (axis,)) * n
