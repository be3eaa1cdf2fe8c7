"""Linear algebra by Nx's names and with its settings: `nx.linalg.invert`.

Matrices are in the last two axes, leading axes are batches. These follow Nx where it and NumPy
differ: `eigh` gives the eigenvalues of greatest absolute value first; a right side of one axis less
than the matrices is one vector for each; `transform_a="conjugate"` does not transpose; the
derivative of `cholesky` is that of all elements, also those above the diagonal. A real R has a
positive diagonal; the signs of the vectors of `eigh` and `svd` are LAPACK's, and a matrix's `norm`
of `ord=2` is its greatest singular value.
"""

from __future__ import annotations

import functools

import numpy as np

from defn import linalg, pytree
from defn.dispatch import by_name
from defn.errors import ShapeError
from defn.numpy.composite import NARROW, inexact, settled, strong, widened
from defn.nx.spelling import axes_of, spelled
from defn.tensor import asarray
from defn.transforms.custom import CustomGrad
from defn.types import promote

__all__ = [
    "adjoint", "cholesky", "determinant", "eigh", "invert", "least_squares", "lu", "matrix_power",
    "matrix_rank", "norm", "pinv", "qr", "solve", "svd", "triangular_solve",
]  # fmt: skip


def widely(function):
    """Decorate a function of matrices so that half precision is computed in float32 and rounded
    once.
    """

    @functools.wraps(function)
    def called(x, *others, **settings):
        x, others = strong(asarray(x)), [strong(asarray(y)) for y in others]
        made = function(widened(x), *map(widened, others), **settings)
        dtype = promote(x.dtype, *(y.dtype for y in others))
        return pytree.map(lambda v: settled(v, dtype) if dtype in NARROW else v, made)

    return called


@widely
def cholesky(x):
    """The lower triangular L with `x = L L^H`.

    >>> cholesky([[4.0, 0.0], [0.0, 9.0]]).tolist()
    [[2.0, 0.0], [0.0, 3.0]]
    """
    return lower_factor(x)


@CustomGrad
def lower_factor(x):
    """The factor of Cholesky's, with the derivative of all elements."""
    return linalg.cholesky(x)


@lower_factor.def_vjp
def _lower_factor_vjp(ct, lower, x):
    """L^-T phi(L^T ct) L^-1, where phi takes the lower triangle and half of the diagonal: Murray,
    "Differentiation of the Cholesky decomposition", 2016, without making it symmetric.
    """
    inner = np.swapaxes(np.matmul(np.swapaxes(np.tril(ct), -1, -2), lower), -1, -2)
    halved = np.tril(inner) / (1 + np.eye(x.shape[-1], dtype=x.dtype))
    left = linalg.triangular_solve(lower, halved, transform_a="transpose")
    return (linalg.triangular_solve(np.conjugate(lower), left, left_side=False),)


@widely
def lu(x):
    """P, L and U with `x = P L U`: a permutation, ones on the diagonal of the lower triangle, an
    upper triangle.

    >>> lu([[1.0, 2.0], [2.0, 4.0]])[2].tolist()
    [[2.0, 4.0], [0.0, 0.0]]
    """
    return linalg.lu(x)


def matrix_power(x, power):
    """The product of so many matrices; of the inverse, for a negative number.

    >>> matrix_power([[2, 0], [0, 3]], 2).tolist()
    [[4, 0], [0, 9]]
    """
    return linalg.matrix_power(x, power)


@widely
def solve(a, b):
    """The `x` with `a x = b`; a `b` of one axis less than `a` is a vector for each of its matrices.

    >>> solve([[[2.0, 0.0], [0.0, 4.0]]], [[2.0, 4.0]]).tolist()
    [[1.0, 1.0]]
    """
    return of_vectors(linalg.solve, a, b)


@spelled
@widely
def triangular_solve(a, b, *, lower=True, left_side=True, transform_a="none"):
    """The `x` with `t x = b` (`x t = b` without `left_side`), where t is a triangle of `a`;
    `transform_a`: "none", "transpose" or "conjugate".

    >>> triangular_solve([[2.0, 0.0], [1.0, 1.0]], [2.0, 3.0]).tolist()
    [1.0, 2.0]
    """
    a, b = strong(asarray(a)), strong(asarray(b))
    if transform_a == "conjugate":
        a, transform_a = np.conjugate(a), "none"
    settings = {"lower": lower, "left_side": left_side, "transform_a": transform_a}
    return of_vectors(lambda a, b: linalg.triangular_solve(a, b, **settings), a, b, left_side)


def of_vectors(function, a, b, columns=True):
    """What a function of matrices makes of vectors, one for each matrix: columns, or rows."""
    a, b = strong(asarray(a)), strong(asarray(b))
    if b.ndim != a.ndim - 1 or b.ndim < 2:
        return function(a, b)
    axis = -1 if columns else -2
    return np.squeeze(function(a, np.expand_dims(b, axis)), axis)


@widely
def adjoint(x):
    """The conjugate transpose.

    >>> adjoint([[1, 2], [3, 4]]).tolist()
    [[1, 3], [2, 4]]
    """
    x = strong(asarray(x))
    if x.ndim < 2:
        return np.conjugate(x)
    turned = np.swapaxes(x, -1, -2)
    return np.conjugate(turned) if x.dtype.kind == "c" else turned.copy()


@widely
def determinant(x):
    """The determinant.

    >>> determinant([[1.0, 2.0], [3.0, 4.0]]).round(9).item()
    -2.0
    """
    return linalg.det(x)


@widely
def invert(x):
    """The inverse.

    >>> invert([[2.0, 0.0], [0.0, 4.0]]).tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    return linalg.inv(x)


@widely
def eigh(x):
    """The eigenvalues of a Hermitian matrix, those of greatest absolute value first, and in columns
    the eigenvectors.

    >>> values, vectors = eigh([[1.0, 0.0], [0.0, 2.0]])
    >>> values.tolist()
    [2.0, 1.0]
    """
    values, vectors = linalg.eigh(x)
    order = np.argsort(-np.abs(values), axis=-1, kind="stable")
    return (
        np.take_along_axis(values, order, -1),
        np.take_along_axis(vectors, np.broadcast_to(order[..., None, :], vectors.shape), -1),
    )


@by_name
@spelled
def norm(x, ord=None, *, axes=None, keepdims=False):
    """The norm of vectors or matrices: `ord` as in NumPy, by Nx's names "frobenius", "nuclear",
    "inf", "neg_inf" too.

    >>> norm([[3.0, 0.0], [0.0, 4.0]], ord="nuclear").item()
    7.0
    """
    x = inexact(asarray(x))
    return linalg.norm(x, ORDERS.get(ord, ord), axis=axes_of(axes), keepdims=keepdims)


ORDERS = {"frobenius": "fro", "nuclear": "nuc", "inf": np.inf, "neg_inf": -np.inf}


@spelled
@widely
def qr(x, *, mode="reduced"):
    """Q with orthonormal columns and an upper triangle R with `x = Q R`; "reduced" or "complete".

    >>> q, r = qr([[2.0, 0.0], [0.0, 3.0]])
    >>> np.abs(r).tolist()
    [[2.0, 0.0], [0.0, 3.0]]
    """
    q, r = linalg.qr(x, mode=mode)
    if r.dtype.kind == "c":
        return q, r
    signs = signs_of(np.diagonal(r, axis1=-2, axis2=-1), x.shape[-2] <= x.shape[-1])
    rest = np.ones((*signs.shape[:-1], q.shape[-1] - signs.shape[-1]), r.dtype, like=r)
    columns = np.concatenate([signs, rest], -1)
    return q * columns[..., None, :], columns[..., : r.shape[-2], None] * r


def signs_of(diagonal, whole):
    """What the rows of R are multiplied with, so that it has a positive diagonal; of as many rows as
    columns, or fewer, the last is not reflected, and keeps the determinant of Q as it is.
    """
    signs = np.where(diagonal < 0, -1, 1).astype(diagonal.dtype)
    if not whole:
        return signs
    last = np.prod(signs[..., :-1], -1, keepdims=True)
    return np.concatenate([signs[..., :-1], last], -1)


@spelled
@widely
def svd(x, *, full_matrices=True):
    """U, the singular values from the greatest on, and the adjoint of V.

    >>> svd([[2.0, 0.0], [0.0, 3.0]])[1].tolist()
    [3.0, 2.0]
    """
    return tuple(linalg.svd(x, full_matrices=full_matrices))


@widely
def least_squares(a, b):
    """The `x` of least `|a x - b|`.

    >>> least_squares([[1.0], [1.0]], [1.0, 3.0]).round(12).tolist()
    [2.0]
    """
    return linalg.least_squares(a, b)


@widely
def pinv(x, *, eps=1e-10):
    """The pseudo-inverse; singular values below `eps` count as zero. Of a vector, its conjugate over
    its square.

    >>> pinv([3.0, 4.0]).round(2).tolist()
    [0.12, 0.16]
    """
    x = inexact(asarray(x))
    if x.ndim < 2:
        size = np.sum(np.abs(x) ** 2)
        nothing = size <= eps**2
        return np.where(nothing, 0, np.conjugate(x) / np.where(nothing, 1, size))
    u, values, vh = linalg.svd(x, full_matrices=False)
    nothing = values < eps
    inverse = np.where(nothing, 0, 1 / np.where(nothing, 1, values))
    return np.matmul(adjoint(vh) * inverse[..., None, :], adjoint(u))


def matrix_rank(x, *, eps=1e-7):
    """How many singular values are greater than `eps` times the greatest.

    >>> matrix_rank([[1.0, 1.0], [1.0, 1.0]]).item()
    1
    """
    x = inexact(asarray(x))
    if x.ndim < 2:
        raise ShapeError(f"matrix_rank takes matrices, not the shape {x.shape}")
    return linalg.matrix_rank(x, rtol=eps)
