"""Householder's reflections, of all matrices of a batch at once."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.tensor import apply
from defn.transforms.in_steps.triangles import BLOCK, PANELS, substituted
from defn.transforms.in_steps.whole import along, block, constant, counting, over, with_block
from defn.transforms.matrices import adjoint, identity, on_diagonal, product, upper
from defn.transforms.shapes import broadcast, matrix_transpose, reshape, select, total
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
    q, r = (by_columns if rank < PANELS else by_panels)(x, start, rank)
    return q, block(r, 0, 0, inner, columns)


def by_columns(x, start, rank):
    """One reflection after the other; and backwards, what they make of the unit matrix."""
    count, rows, _ = x.shape
    states = x, constant(x, count, rank, rows), constant(x, count, rank)
    r, vectors, scales = loop(0, rank, lambda k, *now: reflect(k, k, *now), *states)

    def back(step, q):
        k = downwards(rank, step)
        vector, scale = read(vectors, ALL, k), read(scales, ALL, k)
        return (q - outer(vector, scaled(across(vector, q), scale)),)

    return *loop(0, rank, back, start), r


def by_panels(x, start, rank):
    """Panels of columns, whose reflections together are products."""
    count, rows, _ = x.shape
    panels, rest = divmod(rank, BLOCK)

    def step(k, r, vectors, factors):
        r, vector, factor = panel_reflected(k * BLOCK, BLOCK, r)
        return r, write(vectors, vector, ALL, k), write(factors, factor, ALL, k)

    kept = constant(x, count, panels, rows, BLOCK), constant(x, count, panels, BLOCK, BLOCK)
    r, *kept = loop(0, panels, step, x, *kept)
    q = start
    if rest:
        r, *last = panel_reflected(panels * BLOCK, rest, r)
        q = all_reflected(q, *last)
    place = lambda step: downwards(panels, step)
    back = lambda step, q: (all_reflected(q, *(read(v, ALL, place(step)) for v in kept)),)
    return *loop(0, panels, back, q), r


def panel_reflected(at, width, r):
    """So many columns made zero below the diagonal; the vectors V of the reflections, as columns,
    and the triangle T with 1 - V T^-1 V^H for their product. Schreiber and Van Loan 1989.
    """
    count, rows, _ = r.shape
    states = (
        block(r, 0, at, rows, width),
        constant(r, count, width, rows),
        constant(r, count, width),
    )
    panel, vectors, scales = loop(0, width, lambda j, *now: reflect(j, at + j, *now), *states)
    # Where nothing is reflected, there is no vector.
    nothing = scales == 0
    vectors = matrix_transpose(select(over(nothing, vectors), 0, vectors))
    inverse = 1 / select(nothing, 1, scales)
    factor = upper(product(adjoint(vectors), vectors), strictly=True)
    factor = on_diagonal(factor, along(inverse, 1, factor))
    right = counting(r.shape, 2) >= at + width
    r = select(right, all_reflected(r, vectors, adjoint(factor), True), r)
    return with_block(r, panel, 0, at), vectors, factor


def all_reflected(x, vectors, factor, lower=False):
    """The product of a panel's reflections with matrices."""
    shares = substituted(factor, product(adjoint(vectors), x), lower)
    return x - product(vectors, shares)


def reflect(column, k, r, vectors, scales):
    """A column made zero below row k; `vectors` and `scales` count columns."""
    line = read(r, ALL, ALL, column)
    vector, scale, first = reflection(line, k)
    row, place = counting(r.shape, 1), counting(r.shape, 2)
    rest = r - outer(vector, scaled(across(vector, r), conjugate(scale)))
    own = select(row < k, r, select(row == k, over(first, r), 0))
    r = select(place > column, rest, select(place == column, own, r))
    return r, write(vectors, vector, ALL, column), write(scales, scale, ALL, column)


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
