"""Factorisations of the matrices in the last two axes: what a library does whole.

Where LAPACK gives up on a matrix (singular, not positive definite, not finite) its results are nan;
that this is an error is said by whoever asked. Only one triangle of a Hermitian matrix is read.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from defn.ops.op import Kind, Op
from defn.types import BOOL, INT64, Type, real_of

BLOCK = 64  # columns that are eliminated one by one before the rest is updated by a product


def complex_of(dtype):
    """The complex dtype whose parts, or whose own values, are of a dtype."""
    return dtype if dtype.kind == "c" else np.dtype(f"c{2 * dtype.itemsize}")


def _parts(*types):
    return Type(None, (), parts=types)


def _library(name, type, function, cost=1000):
    return Op(name, Kind.LIBRARY, type, _or_nan(type, function), cost=cost)


# LAPACK's refusals.


def _or_nan(type, function):
    """The function, with nan for the matrices of which NumPy raises LinAlgError."""

    @functools.wraps(function)
    def run(*arrays, **attrs):
        try:
            return function(*arrays, **attrs)
        except np.linalg.LinAlgError:
            if arrays[0].ndim > 2:
                return _one_by_one(run, arrays, attrs)
            return _of_nan(type(*(Type(x.dtype, x.shape) for x in arrays), **attrs))

    return run


def _one_by_one(run, arrays, attrs):
    """The results for each matrix of a batch by itself."""
    batch = arrays[0].shape[:-2]
    count = len(batch)
    found = [run(*(x[place] for x in arrays), **attrs) for place in np.ndindex(batch)]
    several = isinstance(found[0], tuple)
    results = [np.stack(each) for each in zip(*found)] if several else [np.stack(found)]
    results = [x.reshape(*batch, *x.shape[1:]) for x in results]
    assert all(x.shape[:count] == batch for x in results)
    return tuple(results) if several else results[0]


def _of_nan(type):
    if type.parts is not None:
        return tuple(map(_of_nan, type.parts))
    filling = (
        np.nan if type.dtype.kind in "fc" else 1
    )  # what is not a number is the flag of a singular matrix
    return np.full(type.shape, filling, type.dtype)


# Triangles.


def _same(x, **attrs):
    return x


# The lower triangle L with a = L L^H.
cholesky = _library("cholesky", _same, lambda a: np.linalg.cholesky(a))


def _substituted(a, b, *, lower, transposed, unit):
    if transposed:
        a, lower = np.swapaxes(a, -1, -2), not lower
    n, x = a.shape[-1], np.array(b)
    starts = range(0, n, BLOCK)
    for start in starts if lower else reversed(starts):
        stop = min(start + BLOCK, n)
        _substitute_block(a, x, start, stop, lower, unit)
        rest = slice(stop, n) if lower else slice(0, start)
        x[..., rest, :] -= a[..., rest, start:stop] @ x[..., start:stop, :]
    return x


def _substitute_block(a, x, start, stop, lower, unit):
    """Substitute row by row in a block of the triangle."""
    for k in range(start, stop) if lower else range(stop - 1, start - 1, -1):
        if not unit:
            x[..., k, :] /= a[..., k, k, None]
        rest = slice(k + 1, stop) if lower else slice(start, k)
        x[..., rest, :] -= a[..., rest, k, None] * x[..., k, None, :]


# The x with t x = b, t a triangle of `a` (of its transpose, where `transposed`), with ones on its
# diagonal if `unit`.
triangular_solve = Op(
    "triangular_solve",
    Kind.LIBRARY,
    lambda a, b, *, lower, transposed, unit: b,
    _substituted,
    cost=1000,
)


# Elimination.


def _lu_type(a):
    *batch, rows, columns = a.shape
    return _parts(a, Type(INT64, (*batch, min(rows, columns))), Type(INT64, (*batch, rows)))


def _eliminated(a):
    *batch, rows, columns = a.shape
    lu = np.array(a).reshape(math.prod(batch), rows, columns)
    rank = min(rows, columns)
    pivots = np.empty((len(lu), rank), np.int64)
    permutation = np.tile(np.arange(rows), (len(lu), 1))
    for start in range(0, rank, BLOCK):
        stop = min(start + BLOCK, rank)
        for k in range(start, stop):
            _eliminate(lu, pivots, permutation, k, stop)
        _substitute_block(lu, lu[:, :, stop:], start, stop, lower=True, unit=True)
        lu[:, stop:, stop:] -= lu[:, stop:, start:stop] @ lu[:, start:stop, stop:]
    shapes = (rows, columns), (rank,), (rows,)
    return tuple(x.reshape(*batch, *s) for x, s in zip((lu, pivots, permutation), shapes))


def _eliminate(lu, pivots, permutation, k, stop):
    """Bring the largest element of a column up, and subtract its row from those below."""
    pivots[:, k] = place = k + np.argmax(_size(lu[:, k:, k]), axis=1)
    for array in (lu, permutation):
        _exchange(array, k, place)
    pivot = lu[:, k, k, None]
    lu[:, k + 1 :, k] /= np.where(pivot == 0, 1, pivot)
    lu[:, k + 1 :, k + 1 : stop] -= lu[:, k + 1 :, k, None] * lu[:, k, None, k + 1 : stop]


def _exchange(rows, k, place):
    each = np.arange(len(rows))
    kept = rows[:, k].copy()
    rows[:, k] = rows[each, place]
    rows[each, place] = kept


def _size(x):
    """What LAPACK compares pivots by."""
    return np.abs(x.real) + np.abs(x.imag)


# (l below the diagonal and u on and above it, pivots, permutation): a[permutation] = l u; row k was
# exchanged with row pivots[k].
lu = Op("lu", Kind.LIBRARY, _lu_type, _eliminated, cost=1000)

# (x, singular): a x = b, and for each matrix whether a pivot was zero.
solve = _library(
    "solve",
    lambda a, b: _parts(b, Type(BOOL, a.shape[:-2])),
    lambda a, b: (np.linalg.solve(a, b), np.zeros(a.shape[:-2], bool)),
)


def _scalars(a, dtype=None):
    return Type(dtype or a.dtype, a.shape[:-2])


det = _library("det", _scalars, lambda a: np.linalg.det(a))
# (sign, logarithm of the size).
slogdet = _library(
    "slogdet",
    lambda a: _parts(_scalars(a), _scalars(a, real_of(a.dtype))),
    lambda a: tuple(np.linalg.slogdet(a)),
)


# Orthogonal factors.


def _qr_type(a, *, complete):
    *batch, rows, columns = a.shape
    inner = rows if complete else min(rows, columns)
    return _parts(a.with_shape((*batch, rows, inner)), a.with_shape((*batch, inner, columns)))


# (q, r).
qr = _library(
    "qr",
    _qr_type,
    lambda a, *, complete: tuple(np.linalg.qr(a, "complete" if complete else "reduced")),
)


def _values(a, dtype):
    *batch, rows, columns = a.shape
    return Type(dtype, (*batch, min(rows, columns)))


def _svd_type(a, *, full):
    *batch, rows, columns = a.shape
    rank = min(rows, columns)
    left, right = (rows, columns) if full else (rank, rank)
    return _parts(
        a.with_shape((*batch, rows, left)),
        _values(a, real_of(a.dtype)),
        a.with_shape((*batch, right, columns)),
    )


# (u, s, vh).
svd = _library("svd", _svd_type, lambda a, *, full: tuple(np.linalg.svd(a, full_matrices=full)))
svdvals = _library(
    "svdvals", lambda a: _values(a, real_of(a.dtype)), lambda a: np.linalg.svd(a, compute_uv=False)
)
# The pseudoinverse: singular values up to `rtol` times the largest count as zero.
pinv = _library(
    "pinv",
    lambda a, rtol: a.with_shape((*a.shape[:-2], a.shape[-1], a.shape[-2])),
    lambda a, rtol: np.linalg.pinv(a, rtol),
)


# Eigenvalues.


def _triangle(lower):
    return "L" if lower else "U"


# (values, vectors).
eigh = _library(
    "eigh",
    lambda a, *, lower: _parts(_values(a, real_of(a.dtype)), a),
    lambda a, *, lower: tuple(np.linalg.eigh(a, _triangle(lower))),
)
eigvalsh = _library(
    "eigvalsh",
    lambda a, *, lower: _values(a, real_of(a.dtype)),
    lambda a, *, lower: np.linalg.eigvalsh(a, _triangle(lower)),
)


def _complex(x):
    return x.astype(complex_of(x.dtype), copy=False)


eig = _library(
    "eig",
    lambda a: _parts(_values(a, complex_of(a.dtype)), a.with_dtype(complex_of(a.dtype))),
    lambda a: tuple(map(_complex, np.linalg.eig(a))),
)
eigvals = _library(
    "eigvals",
    lambda a: _values(a, complex_of(a.dtype)),
    lambda a: _complex(np.linalg.eigvals(a)),
)
