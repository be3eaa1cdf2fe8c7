"""Polynomials as arrays of coefficients, the highest power first."""

from __future__ import annotations

import numpy as np

from defn.dispatch import implements
from defn.errors import ArgumentError, ShapeError, TypeMismatch, Unsupported
from defn.numpy.axes import integer
from defn.numpy.composite import demand, inexact, settled, strong
from defn.numpy.creation import zeros
from defn.numpy.parts import element, joined, part
from defn.tensor import asarray, astype
from defn.types import promote


def coefficients(p):
    """The coefficients of a polynomial, on one axis."""
    p = strong(np.atleast_1d(asarray(p)))
    if p.ndim != 1:
        raise ShapeError(f"a polynomial has one axis of coefficients, not the shape {p.shape}")
    return p


def aligned(a1, a2):
    """The coefficients of two polynomials, of the same powers."""
    pair = [coefficients(v) for v in (a1, a2)]
    size = max(p.shape[0] for p in pair)
    return [
        joined((zeros(size - p.shape[0], p.dtype), p), 0) if p.shape[0] < size else p for p in pair
    ]


@implements(np.polyadd)
def polyadd(a1, a2):
    """The sum of two polynomials.

    >>> polyadd([1, 2], [1, 0, 0]).tolist()
    [1, 1, 2]
    """
    return np.add(*aligned(a1, a2))


@implements(np.polysub)
def polysub(a1, a2):
    """The difference of two polynomials.

    >>> polysub([1, 2], [1, 0, 0]).tolist()
    [-1, 1, 2]
    """
    return np.subtract(*aligned(a1, a2))


@implements(np.polymul)
def polymul(a1, a2):
    """The product of two polynomials, whose first coefficients are not zero.

    >>> polymul([1, 2], [1, 3]).tolist()
    [1, 5, 6]
    """
    pair = [coefficients(v) for v in (a1, a2)]
    for p in pair:
        if p.shape[0] > 1:
            demand(
                element(p, 0, 0) != 0,
                "polymul: a first coefficient is zero, NumPy would leave it out: leave it out, "
                "or use np.convolve",
            )
    return np.convolve(*pair)


@implements(np.polyder)
def polyder(p, m=1):
    """The derivative of a polynomial, m times.

    >>> polyder([1, 2, 3]).tolist()
    [2, 2]
    """
    p = coefficients(p)
    for _ in range(order(m)):
        size = p.shape[0]
        powers = asarray(np.arange(size - 1, 0, -1)) if size > 1 else zeros(0, int)
        p = part(p, 0, 0, max(0, size - 1)) * powers
    return p


def order(m):
    """How often a polynomial is derived or integrated."""
    m = integer(m, "the order")
    if m < 0:
        raise ArgumentError(f"the order must not be negative, got {m}: polyder undoes polyint")
    return m


@implements(np.polyint)
def polyint(p, m=1, k=None):
    """The integral of a polynomial, m times, with the constants `k`.

    >>> polyint([2.0, 2.0]).tolist()
    [1.0, 2.0, 0.0]
    """
    p, m = coefficients(p), order(m)
    constants = np.atleast_1d(asarray(0.0 if k is None else k))
    if constants.shape[0] == 1 and m > 1:
        constants = np.repeat(constants, m)
    if constants.shape[0] < m:
        raise ArgumentError("k must be a scalar or a rank-1 array of length 1 or >m.")
    for each in range(m):
        p = inexact(p) / np.arange(p.shape[0], 0, -1)
        p = np.concatenate([p, constants[each : each + 1]])
    return p


@implements(np.poly)
def poly(seq_of_zeros):
    """The polynomial with these zeros and the first coefficient 1.

    >>> poly([1.0, 2.0]).tolist()
    [1.0, -3.0, 2.0]
    """
    zeros_of = strong(np.atleast_1d(asarray(seq_of_zeros)))
    if zeros_of.ndim != 1:
        raise Unsupported(
            "np.poly of a matrix: its characteristic polynomial is np.poly(np.linalg.eigvals(a))"
        )
    if zeros_of.dtype.kind == "c":
        raise TypeMismatch(
            "np.poly of complex zeros is real or complex as their values are: multiply with "
            "np.convolve"
        )
    dtype = (
        promote(zeros_of.dtype, np.dtype(float)) if zeros_of.dtype.kind in "iub" else zeros_of.dtype
    )
    found = asarray(np.ones(1, dtype))
    for k in range(zeros_of.shape[0]):
        factor = joined((asarray(np.ones(1, dtype)), -astype(part(zeros_of, 0, k, 1), dtype)), 0)
        found = np.convolve(found, factor)
    return settled(found, dtype)


@implements(np.polyfit)
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    """The polynomial of a degree that is nearest to points, by least squares.

    >>> import defn.linalg
    >>> polyfit([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], 1).round(6).tolist()
    [2.0, 1.0]
    """
    if full or cov:
        raise Unsupported(
            "np.polyfit(full=..., cov=...): call np.linalg.lstsq on np.vander(x, deg + 1)"
        )
    x, y = (strong(asarray(v)) + 0.0 for v in (x, y))
    count = integer(deg, "the degree") + 1
    demand_points(x, y, count)
    left, right = np.vander(x, count), y
    if w is not None:
        w = strong(asarray(w)) + 0.0
        left, right = left * w[:, None], right * (w[:, None] if right.ndim == 2 else w)
    rcond = x.shape[0] * np.finfo(x.dtype).eps if rcond is None else rcond
    scale = np.sqrt(np.sum(left * left, axis=0))
    solution = np.linalg.lstsq(left / scale, right, rcond)[0]
    return np.transpose(np.transpose(solution) / scale)


def demand_points(x, y, count):
    """Refuse what is no set of points."""
    if count < 1:
        raise ArgumentError("expected deg >= 0")
    if x.ndim != 1 or not x.size or y.ndim not in (1, 2) or x.shape[0] != y.shape[0]:
        raise TypeMismatch(
            f"expected a vector x and y with as many rows, got {x.shape} and {y.shape}"
        )
