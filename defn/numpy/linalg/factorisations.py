"""Factorisations by NumPy's names: triangles, orthogonal factors, eigenvalues, singular values."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import ArgumentError, Unsupported
from defn.numpy.linalg.operands import adjoint, demand, matrix, square
from defn.numpy.parts import diagonal as diagonal_of
from defn.tensor import apply, apply_several

# NumPy's own classes of results: tuples with names.
EigResult = type(np.linalg.eig(np.eye(1)))
EighResult = type(np.linalg.eigh(np.eye(1)))
QRResult = type(np.linalg.qr(np.eye(1)))
SVDResult = type(np.linalg.svd(np.eye(1)))

NOT_POSITIVE = "Matrix is not positive definite"
NOT_FINITE = "Array must not contain infs or NaNs"


@implements(np.linalg.cholesky)
def cholesky(a, /, *, upper=False):
    """The lower triangle L with `a = L L^H` (the upper one U with `a = U^H U`, of which only that
    half is read).

    Raises LinAlgError where `a` is not positive definite. The derivative is by the elements that
    are read.

    >>> cholesky([[4.0, 2.0], [2.0, 5.0]]).tolist()
    [[2.0, 0.0], [1.0, 2.0]]
    """
    x = square(a)
    factor = apply(ops.cholesky, adjoint(x) if upper else x)
    demand_factor(factor, x)
    return adjoint(factor) if upper else factor


def demand_factor(factor, x):
    """Refuse matrices that are not positive definite; those that hold nan have a factor of nan."""
    failed = np.any(np.isnan(diagonal_of(factor)), axis=-1)
    demand(np.logical_not(failed) | np.any(np.isnan(x), axis=(-2, -1)), NOT_POSITIVE)


@implements(np.linalg.qr)
def qr(a, mode="reduced"):
    """Orthonormal columns Q and an upper triangle R with `a = Q R`; `mode`: "reduced", "complete",
    or "r" for R alone.

    >>> q, r = qr([[0.0, 2.0], [1.0, 0.0]])
    >>> abs(q @ r).tolist()
    [[0.0, 2.0], [1.0, 0.0]]
    """
    if mode == "raw":
        raise Unsupported("np.linalg.qr(mode='raw') is not supported: use 'reduced' or 'complete'")
    if mode not in ("reduced", "complete", "r"):
        raise ArgumentError(f"Unrecognized mode {mode!r}: use 'reduced', 'complete' or 'r'")
    q, r = apply_several(ops.qr, matrix(a), complete=mode == "complete")
    return r if mode == "r" else QRResult(q, r)


@implements(np.linalg.svd)
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    """U, S and V^H with `a = U S V^H`, singular values from the greatest on; S alone without
    `compute_uv`.

    Vectors of equal singular values are no function of the matrix; the derivative takes their
    change within the space that they span together as zero.

    >>> svd([[0.0, 2.0], [1.0, 0.0]]).S.tolist()
    [2.0, 1.0]
    """
    x = matrix(a)
    if not compute_uv:
        return svdvals(x)
    u, s, vh = apply_several(ops.svd, x, full=bool(full_matrices))
    demand(np.logical_not(np.isnan(s)), "SVD did not converge")
    return SVDResult(u, s, vh)


@implements(np.linalg.svdvals)
def svdvals(x, /):
    """The singular values, from the greatest on.

    >>> svdvals([[0.0, 2.0], [1.0, 0.0]]).tolist()
    [2.0, 1.0]
    """
    s = apply(ops.svdvals, matrix(x))
    demand(np.logical_not(np.isnan(s)), "SVD did not converge")
    return s


@implements(np.linalg.eigh)
def eigh(a, UPLO="L"):
    """The eigenvalues of Hermitian matrices, from the least on, and their orthonormal vectors as
    columns.

    One triangle is read, and the derivative is by its elements. Vectors of equal eigenvalues are no
    function of the matrix; the derivative takes their change within the space that they span
    together as zero.

    >>> eigh([[2.0, 0.0], [0.0, 1.0]]).eigenvalues.tolist()
    [1.0, 2.0]
    """
    w, v = apply_several(ops.eigh, square(a), lower=reads_lower(UPLO))
    demand(np.logical_not(np.isnan(w)), "Eigenvalues did not converge")
    return EighResult(w, v)


@implements(np.linalg.eigvalsh)
def eigvalsh(a, UPLO="L"):
    """The eigenvalues of Hermitian matrices, from the least on.

    >>> eigvalsh([[2.0, 0.0], [0.0, 1.0]]).tolist()
    [1.0, 2.0]
    """
    w = apply(ops.eigvalsh, square(a), lower=reads_lower(UPLO))
    demand(np.logical_not(np.isnan(w)), "Eigenvalues did not converge")
    return w


def reads_lower(triangle):
    """Is it the lower triangle that is named?"""
    if str(triangle).upper() not in ("L", "U"):
        raise ArgumentError(f"UPLO argument must be 'L' or 'U', not {triangle!r}")
    return triangle.upper() == "L"


@implements(np.linalg.eig)
def eig(a):
    """The eigenvalues and the vectors, as columns of length one, of square matrices: always
    complex.

    (NumPy gives real ones where all happen to be real; a traced dtype cannot depend on values.)

    >>> eig([[2.0, 0.0], [0.0, 1.0]]).eigenvalues.tolist()
    [(2+0j), (1+0j)]
    """
    x = square(a)
    demand(np.isfinite(x), NOT_FINITE)
    return EigResult(*apply_several(ops.eig, x))


@implements(np.linalg.eigvals)
def eigvals(a):
    """The eigenvalues of square matrices: always complex.

    >>> eigvals([[0.0, -1.0], [1.0, 0.0]]).imag.tolist()
    [1.0, -1.0]
    """
    x = square(a)
    demand(np.isfinite(x), NOT_FINITE)
    return apply(ops.eigvals, x)
