"""Matrices of ones and zeros, and parts of matrices beside a diagonal."""

from __future__ import annotations

import operator

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.numpy.creation import creates
from defn.numpy.span import counting, plus
from defn.tensor import (
    apply,
    asarray,
    astype,
    broadcast_to,
)
from defn.types import as_dtype

# Matrices.


@creates(np.eye)
def eye(N, M=None, k=0, dtype=float, order="C", *, device=None):
    """Ones on a diagonal, zeros beside it.

    >>> eye(2, dtype=int).tolist()
    [[1, 0], [0, 1]]
    """
    shape = (operator.index(N), operator.index(N if M is None else M))
    return astype(
        counting(shape, 1) == plus(counting(shape, 0), operator.index(k)), as_dtype(dtype or float)
    )


@creates(np.identity)
def identity(n, dtype=None):
    """The square matrix of ones on the diagonal.

    >>> identity(2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return eye(n, dtype=dtype or float)


@creates(np.tri)
def tri(N, M=None, k=0, dtype=float):
    """Ones at and below a diagonal, zeros above it."""
    shape = (operator.index(N), operator.index(N if M is None else M))
    return astype(
        counting(shape, 1) <= plus(counting(shape, 0), operator.index(k)), as_dtype(dtype)
    )


@implements(np.tril)
def tril(m, k=0):
    """The elements at and below a diagonal; zeros above it."""
    return _side(m, tri(*_last_two(m), k, bool))


@implements(np.triu)
def triu(m, k=0):
    """The elements at and above a diagonal; zeros below it."""
    return _side(m, ~tri(*_last_two(m), k - 1, bool))


def _last_two(m):
    m = asarray(m)
    return m.shape[-2:] if m.ndim > 1 else (m.size, m.size)


def _side(m, mask):
    m = broadcast_to(asarray(m), np.broadcast_shapes(asarray(m).shape, mask.shape))
    mask = broadcast_to(mask, m.shape)
    return apply(ops.select, mask, m, broadcast_to(asarray(0, m.dtype), m.shape))
