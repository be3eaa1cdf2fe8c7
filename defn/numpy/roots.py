"""Zeros and quotients of polynomials."""

from __future__ import annotations

import numpy as np

from defn.dispatch import implements
from defn.numpy.composite import demand, settled
from defn.numpy.counting import arange
from defn.numpy.creation import zeros
from defn.numpy.parts import element, joined, part, reshaped
from defn.numpy.polynomials import coefficients
from defn.tensor import asarray, astype
from defn.types import promote

TINY = 1e-14  # of a remainder's coefficients NumPy leaves out those that are so small beside one
CUT = (
    "np.roots: the first or the last coefficient is zero, NumPy would leave it out: cut it off "
    "before (a last one that is zero is a root at zero)"
)


@implements(np.roots)
def roots(p):
    """The zeros of a polynomial, complex; its first and its last coefficient are not zero.

    >>> roots([1.0, -3.0, 2.0]).real.round(6).tolist()
    [2.0, 1.0]
    """
    p = coefficients(p)
    size = p.shape[0]
    if size:
        demand((element(p, 0, 0) != 0) & (element(p, 0, size - 1) != 0), CUT)
    p = astype(p, promote(p.dtype, np.dtype(float))) if p.dtype.kind in "biu" else p
    if size < 2:
        return zeros(0, p.dtype)
    first = reshaped(-part(p, 0, 1, size - 1) / element(p, 0, 0), (1, size - 1))
    below = np.eye(size - 2, size - 1, dtype=p.dtype)
    return np.linalg.eigvals(joined((first, asarray(below)), 0))


@implements(np.polydiv)
def polydiv(u, v):
    """The quotient of two polynomials and the remainder, this one without zeros at its front.

    >>> [p.tolist() for p in polydiv([3.0, 5.0, 2.0], [2.0, 1.0])]
    [[1.5, 1.75], [0.25]]
    """
    u, v = coefficients(u) + 0.0, coefficients(v) + 0.0
    dtype = promote(u.dtype, v.dtype)
    rest, reach = settled(u, dtype), v.shape[0]
    scale, found = 1.0 / element(v, 0, 0), []
    for k in range(u.shape[0] - reach + 1):
        factor = scale * element(rest, 0, k)
        found.append(reshaped(astype(factor, dtype), (1,)))
        rest = np.concatenate([rest[:k], rest[k : k + reach] - factor * v, rest[k + reach :]])
    quotient = joined(found, 0) if found else zeros(1, dtype)
    return quotient, without_front(settled(rest, dtype))


def without_front(p):
    """The coefficients from the first that is not zero but for rounding; the last one stays."""
    size = p.shape[0]
    counts = ~np.isclose(p, 0, rtol=TINY) | (arange(size) == size - 1)
    return p[np.argmax(counts) :]
