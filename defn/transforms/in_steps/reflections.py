"""Householder's reflections, of all matrices of a batch at once."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.tensor import apply
from defn.transforms.in_steps.whole import along, block, constant, counting, over
from defn.transforms.matrices import identity
from defn.transforms.shapes import broadcast, reshape, select, total
from defn.transforms.written_out.elements import (
    ALL,
    as_dtype_of,
    conjugate,
    downwards,
    each,
    loop,
    read,
    real,
    squared,
    write,
)


def qr(a, *, complete):
    """Q and R, with LAPACK's signs: Golub and Van Loan, Matrix Computations, 5.2."""
    *batch, rows, columns = a.shape
    inner = rows if complete else min(rows, columns)
    q, r = reflected(each(a), inner)
    return reshape(q, (*batch, rows, inner)), reshape(r, (*batch, inner, columns))


def reflected(x, inner):
    """Q, of so many columns, and R."""
    count, rows, columns = x.shape
    rank = min(rows, columns)
    start = block(identity(x), 0, 0, rows, inner)
    if not x.size:
        return start, block(x, 0, 0, inner, columns)
    states = x, constant(x, count, rank, rows), constant(x, count, rank)
    r, vectors, scales = loop(0, rank, reflect, *states)

    def back(step, q):
        k = downwards(rank, step)
        vector, scale = read(vectors, ALL, k), read(scales, ALL, k)
        return (q - outer(vector, scaled(across(vector, q), scale)),)

    (q,) = loop(0, rank, back, start)
    return q, block(r, 0, 0, inner, columns)


def reflect(k, r, vectors, scales):
    """Column k made zero below the diagonal."""
    line = read(r, ALL, ALL, k)
    vector, scale, first = reflection(line, k)
    row, column = counting(r.shape, 1), counting(r.shape, 2)
    rest = r - outer(vector, scaled(across(vector, r), conjugate(scale)))
    own = select(row < k, r, select(row == k, over(first, r), 0))
    r = select(column > k, rest, select(column == k, own, r))
    return r, write(vectors, vector, ALL, k), write(scales, scale, ALL, k)


def reflection(line, k):
    """For each column the vector v and the number t with (1 - t v v^H)^H column = first at place k,
    zero below it.
    """
    place = counting(line.shape, 1)
    below = select(place > k, line, 0)
    alpha, rest = read(line, ALL, k), lengths(below)
    length = np.hypot(np.abs(alpha), rest)
    first = as_dtype_of(-np.copysign(length, real(alpha)), alpha)
    nothing = (rest == 0) & (alpha == as_dtype_of(real(alpha), alpha))
    divisor = select(nothing, 1, alpha - first)
    vector = select(place == k, 1, below / over(divisor, below))
    scale = select(nothing, 0, (first - alpha) / select(nothing, 1, first))
    return vector, scale, select(nothing, alpha, first)


def lengths(x):
    """The lengths of rows, whose squares may be too large or too small for numbers."""
    largest = apply(ops.max, np.abs(x), axes=(1,))
    scale = select((largest > 0) & (largest < np.inf), largest, 1)
    part = x / over(as_dtype_of(scale, x), x)
    return np.sqrt(total(squared(part), (1,))) * scale


def scaled(x, numbers):
    """Each row times a number."""
    return x * over(numbers, x)


def across(vector, x):
    """v^H times a matrix."""
    return total(along(conjugate(vector), 1, x) * x, (1,))


def outer(x, y):
    """x y^T."""
    shape = (*x.shape, y.shape[1])
    return broadcast(x, shape, (0, 1)) * broadcast(y, shape, (0, 2))
