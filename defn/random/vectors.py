"""Random vectors and matrices."""

from __future__ import annotations

import numpy as np

from defn.errors import ShapeError
from defn.numpy.axes import integer
from defn.numpy.composite import inexact
from defn.numpy.shapes import sizes_of
from defn.random.continuous import exponential, normal
from defn.random.gamma import generalized_normal
from defn.random.keys import demand_key, parted
from defn.random.uniform import FLOAT, demand_choice, drawn_shape, floating, parameters_in
from defn.tensor import asarray, astype, broadcast_to
from defn.types import promote

METHODS = ("cholesky", "eigh", "svd")


def multivariate_normal(key, mean, cov, shape=None, dtype=None, method="cholesky"):
    """Normally distributed vectors of a mean and a covariance.

    `method` is how the covariance is factored: "cholesky", or "eigh" or "svd" where it is singular.

    >>> from defn.random import key
    >>> multivariate_normal(key(0), [0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], (3,)).shape
    (3, 2)
    """
    demand_choice(method, METHODS, "the method of multivariate_normal")
    mean, cov = inexact(asarray(mean)), inexact(asarray(cov))
    together = promote(mean.dtype, cov.dtype)
    dtype = floating(together if dtype is None else dtype, "multivariate_normal")
    mean, cov = astype(mean, dtype), astype(cov, dtype)
    demand_covariance(mean, cov)
    batches = [broadcast_to(asarray(0.0), s) for s in (mean.shape[:-1], cov.shape[:-2])]
    shape = drawn_shape("multivariate_normal", shape, *batches)
    drawn = normal(key, (*shape, mean.shape[-1]), dtype)
    return mean + np.matmul(factor(cov, method), drawn[..., None])[..., 0]


def demand_covariance(mean, cov):
    """Refuse a covariance that is not of the size of the mean."""
    size = mean.shape[-1:]
    if not size or cov.shape[-2:] != size * 2:
        raise ShapeError(
            "multivariate_normal takes a mean of shape (..., n) and a covariance of shape (..., "
            "n, n), "
            f"not {mean.shape} and {cov.shape}"
        )


def factor(cov, method):
    """A matrix that times its transpose is the covariance."""
    if method == "cholesky":
        return np.linalg.cholesky(cov)
    if method == "eigh":
        values, vectors = np.linalg.eigh(cov)
    else:
        vectors, values, _ = np.linalg.svd(cov)
    return vectors * np.sqrt(values[..., None, :])


def orthogonal(key, n, shape=(), dtype=FLOAT, m=None):
    """Matrices of n rows and m columns that turn vectors, all turns equally likely.

    >>> from defn.random import key
    >>> orthogonal(key(0), 3).shape
    (3, 3)
    """
    rows = integer(n, "the number of rows")
    columns = rows if m is None else integer(m, "the number of columns")
    size = (*sizes_of(shape), max(rows, columns), min(rows, columns))
    q, r = np.linalg.qr(normal(key, size, dtype))
    diagonal = np.diagonal(r, axis1=-2, axis2=-1)
    turned = q * np.sign(diagonal)[..., None, :]
    return np.swapaxes(turned, -1, -2) if rows < columns else turned


def ball(key, d, p=2.0, shape=(), dtype=FLOAT):
    """Vectors of d numbers, equally likely anywhere where their p-norm is below 1.

    >>> from defn.random import key
    >>> ball(key(0), 2, shape=(5,)).shape
    (5, 2)
    """
    dtype, shape = floating(dtype, "ball"), sizes_of(shape)
    (p,) = parameters_in(dtype, p)
    one, other = parted(demand_key(key))
    drawn = generalized_normal(one, p, (*shape, integer(d, "the number of numbers")), dtype)
    length = np.sum(abs(drawn) ** p, axis=-1) + exponential(other, shape, dtype)
    return drawn / (length ** (1 / p))[..., None]
