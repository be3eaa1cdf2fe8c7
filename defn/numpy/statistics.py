"""Covariances, convolutions and polynomials."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import ArgumentError, ShapeError
from defn.numpy.axes import integer
from defn.numpy.composite import filled
from defn.numpy.cumulative import running
from defn.numpy.moments import mean, weighted
from defn.numpy.parts import diagonal, element, joined, part, reshaped, transposed
from defn.numpy.product import conjugated, dot
from defn.numpy.reduction import sum
from defn.numpy.sorting import counting, taken
from defn.tensor import apply, asarray, astype, broadcast_to, kind_of, renamed
from defn.types import FLOAT64, as_dtype, promote

UNROLLED = 32


@implements(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    """The covariance matrix of variables in rows (or, without `rowvar`, in columns).

    >>> cov([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    variables = joined_variables(m, y, rowvar, dtype)
    ddof = int(not bias) if ddof is None else integer(ddof, "ddof")
    weights = combined_weights(fweights, aweights, variables.shape[1])
    centred, scale = centred_on_mean(variables, weights, ddof, fweights, aweights)
    right = centred if weights is None else centred * weights
    result = dot(centred, conjugated(transposed(right, (1, 0)))) * np.true_divide(1, scale)
    return squeezed(astype(result, variables.dtype))


def joined_variables(m, y, rowvar, dtype):
    """All variables as rows of one matrix."""
    arrays = [asarray(v) for v in (m, y) if v is not None]
    for v in arrays:
        if v.ndim > 2:
            raise ArgumentError(f"cov takes at most two dimensions, got shape {v.shape}")
    dtype = as_dtype(dtype) if dtype is not None else promote(*map(kind_of, arrays), FLOAT64)
    return joined([as_rows(astype(v, dtype), rowvar, k) for k, v in enumerate(arrays)], 0)


def as_rows(v, rowvar, place):
    """An array of variables with one variable a row."""
    matrix = v if v.ndim == 2 else reshaped(v, (1, v.size))
    turned = not rowvar and (v.ndim != 1 if place == 0 else matrix.shape[0] != 1)
    return transposed(matrix, (1, 0)) if turned else matrix


def combined_weights(fweights, aweights, count):
    """Frequencies and importances in one, or None."""
    found = [astype(asarray(w), FLOAT64) for w in (fweights, aweights) if w is not None]
    for w in found:
        if w.shape != (count,):
            raise ShapeError(
                f"weights of {count} observations must have shape ({count},), not {w.shape}"
            )
    return found[0] * found[1] if len(found) == 2 else found[0] if found else None


def centred_on_mean(x, weights, ddof, fweights, aweights):
    """The variables less their means, and by what the products are divided."""
    if weights is None:
        return x - mean(x, axis=1, keepdims=True), max(x.shape[1] - ddof, 0)
    average, _ = weighted(x, 1, broadcast_to(weights, x.shape), True)
    total = sum(weights)
    lost = sum(weights * asarray(aweights)) / total if aweights is not None else 1
    scale = total - ddof * lost
    return x - average, np.where(scale > 0, scale, 0.0)


def squeezed(x):
    """The matrix without axes of size one."""
    return reshaped(x, [n for n in x.shape if n != 1])


@implements(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    """The matrix of correlation coefficients of variables in rows.

    >>> corrcoef([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]).round(9).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    diagonals = diagonal(c)
    deviations = np.sqrt(apply(ops.real_part, diagonals) if c.dtype.kind == "c" else diagonals)
    c = c / reshaped(deviations, (deviations.size, 1)) / deviations
    if c.dtype.kind != "c":
        return np.clip(c, -1, 1)
    parts = (np.clip(apply(each, c), -1, 1) for each in (ops.real_part, ops.imag_part))
    return apply(ops.complex_of, *parts)


# Convolutions of one axis.


@implements(np.convolve)
def convolve(a, v, mode="full"):
    """The convolution of two sequences.

    >>> convolve([1, 2, 3], [0, 1, 2]).tolist()
    [0, 1, 4, 7, 6]
    """
    a, v = sequences(a, v)
    if v.size > a.size:
        a, v = v, a
    return slid(a, apply(ops.flip, v, axes=(0,)), mode)


@implements(np.correlate)
def correlate(a, v, mode="valid"):
    """The sums of products of one sequence with another, conjugated, at each place.

    >>> correlate([1, 2, 3], [0, 1, 2]).tolist()
    [8]
    """
    a, v = sequences(a, v)
    v = conjugated(v)
    if v.size <= a.size:
        return slid(a, v, mode)
    return conjugated(apply(ops.flip, conjugated(slid(v, a, mode)), axes=(0,)))


def sequences(a, v):
    """Two sequences of one dtype; where they slide along each other, no place keeps its name."""
    found = [asarray(x) for x in (a, v)]
    dtype = promote(*map(kind_of, found))
    for x, name in zip(found, "av"):
        if x.ndim > 1:
            raise ShapeError(f"a sequence has one axis: {name} has shape {x.shape}")
        if not x.size:
            raise ArgumentError(f"{name} cannot be empty")
    return [renamed(reshaped(astype(x, dtype), (x.size,)), (None,)) for x in found]


def slid(a, v, mode):
    """The sums of products with the shorter sequence at each place of the longer."""
    margins = {"valid": (0, 0), "same": (v.size // 2, (v.size - 1) // 2), "full": (v.size - 1,) * 2}
    if mode not in margins:
        raise ArgumentError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")
    low, high = margins[mode]
    zero = asarray(0, a.dtype)
    padded = apply(ops.pad, a, zero, low=(low,), high=(high,), interior=(0,))
    count = padded.size - v.size + 1
    if v.size > UNROLLED:
        places = counting((count, v.size), 0) + counting((count, v.size), 1)
        return reshaped(
            apply(ops.matmul, taken(padded, places), reshaped(v, (v.size, 1))), (count,)
        )
    terms = [part(padded, 0, k, count) * element(v, 0, k) for k in range(v.size)]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


# Polynomials.


@implements(np.polyval)
def polyval(p, x):
    """The polynomial with coefficients `p`, highest power first, at `x`.

    >>> polyval([3, 0, 1], 5).item()
    76
    """
    p, x = asarray(p), asarray(x)
    total = filled(x, 0)
    for k in range(p.shape[0]):
        total = total * x + element(p, 0, k)
    return total


@implements(np.vander)
def vander(x, N=None, increasing=False):
    """The powers of `x` in columns, falling unless `increasing`.

    >>> vander([1, 2, 3], 3).tolist()
    [[1, 1, 1], [4, 2, 1], [9, 3, 1]]
    """
    x = asarray(x)
    if x.ndim != 1:
        raise ShapeError(f"x must be a one-dimensional array or sequence, got shape {x.shape}")
    count = x.size if N is None else integer(N, "N")
    column = reshaped(astype(x, promote(x.dtype, np.dtype("int64"))), (x.size, 1))
    ones = filled(column, 1)
    factors = joined((ones, broadcast_to(column, (x.size, max(count - 1, 0)))), 1)
    powers = running(np.multiply, part(factors, 1, 0, count), 1)
    return powers if increasing else apply(ops.flip, powers, axes=(1,))
