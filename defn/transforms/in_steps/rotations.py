"""Jacobi's rotations, all that do not meet at once: eigenvalues of Hermitian matrices, singular
values.

In round r of a sweep, row i is turned with row r - i, counted modulo the odd number of rows: so each
row meets each other one once in a sweep, and no row has two partners in a round.
"""

from __future__ import annotations

import functools

import numpy as np

from defn import ops
from defn.tensor import apply
from defn.transforms.in_steps.reflections import lengths, reflected
from defn.transforms.in_steps.whole import (
    along,
    batch_places,
    block,
    constant,
    counting,
    diagonal,
    over,
    padded,
    picked,
    ranks,
    spoiled,
)
from defn.transforms.matrices import (
    adjoint,
    as_columns,
    beside,
    hermitian,
    identity,
    on_diagonal,
    product,
)
from defn.transforms.shapes import matrix_transpose, real, reshape, select, total
from defn.transforms.written_out import orthogonal
from defn.transforms.written_out.elements import as_dtype_of, conjugate, each, loop, squared
from defn.transforms.written_out.orthogonal import signs, sweeps
from defn.types import BOOL, real_of

# What is turned, and by how much.


def partners(count, n, turn):
    """Each row's partner in a round."""
    return np.remainder(turn - counting((count, n), 1), n)


def rotation(app, aqq, apq):
    """How much less than one the cosines are, and the sines with a phase, that turn pairs of vectors
    so that `apq` becomes zero.
    """
    size = np.abs(apq)
    skipped = size == 0
    size = select(skipped, 1, size)
    phase = select(skipped, 1, conjugate(apq) / as_dtype_of(size, apq))
    theta = (aqq - app) / (2 * size)
    tangent = np.copysign(1 / (np.abs(theta) + np.hypot(theta, theta * 0 + 1)), theta)
    tangent = select(skipped, 0, tangent)
    cosine = 1 / np.sqrt(1 + tangent * tangent)
    sine = tangent * cosine
    return as_dtype_of(sine * sine / (1 + cosine), apq), as_dtype_of(sine, apq) * phase


def shares(partner, app, aqq, apq):
    """What a turned row loses of itself, and has of its partner."""
    place = counting(partner.shape, 1)
    less, sine = rotation(app, aqq, apq)
    other = select(place < partner, -sine, conjugate(sine))
    alone = place == partner
    return select(alone, 0, less), select(alone, 0, other)


def turned(x, partner, less, other):
    """Rows turned into their partners. A cosine near one is not rounded: rows keep their lengths."""
    return x + (along(other, 1, x) * picked(x, partner) - along(less, 1, x) * x)


def elements(x, rows, columns):
    """The elements at places that are given for each element of the result."""
    return apply(ops.gather, x, batch_places(rows.shape), rows, columns, axes=(0, 1, 2))


def scaled_down(x):
    """Matrices with a largest element near one, and the powers of two that they were divided by."""
    largest = apply(ops.max, np.abs(x), axes=(1, 2))
    sound = (largest > 0) & (largest < np.inf)
    scale = np.exp2(np.floor(np.log2(select(sound, largest, 1))))
    return x / over(as_dtype_of(scale, x), x), scale


# Hermitian matrices.


def eigh(a, *, lower):
    """Eigenvalues ascending, and the vectors. Golub and Van Loan, Matrix Computations, 8.5."""
    if not a.size:
        return constant(a, *a.shape[:-1], dtype=real_of(a.dtype)), a
    x, scale = scaled_down(hermitian(each(a), lower))
    values, vectors = diagonalised(x)
    values = values * over(scale, values)
    return reshape(values, a.shape[:-1]), reshape(vectors, a.shape)


def diagonalised(x):
    """The eigenvalues, in order, and vectors."""
    n, eps = x.shape[-1], float(np.finfo(x.dtype).eps)
    x = padded(x, n | 1, n | 1)
    whole = total(squared(x), (1, 2))

    def sweep(x, vectors):
        x, vectors = loop(0, n | 1, turn_both, x, vectors)
        rest = total(squared(on_diagonal(x, 0)), (1, 2))
        return apply(ops.any, rest > whole * (eps * eps), axes=(0,)), x, vectors

    x, vectors = (block(v, 0, 0, n, n) for v in sweeps(sweep, x, identity(x)))
    values = spoiled(real(diagonal(x)))
    order = ranks(values)
    return picked(values, order), matrix_transpose(picked(vectors, order))


def turn_both(turn, x, vectors):
    """One round: rows and columns of the matrices, and the vectors."""
    partner = partners(*x.shape[:2], turn)
    place = counting(partner.shape, 1)
    low, high = np.minimum(place, partner), np.maximum(place, partner)
    values = real(diagonal(x))
    between = picked(values, low), picked(values, high), elements(x, low, high)
    less, other = shares(partner, *between)
    row, column = counting(x.shape, 1), counting(x.shape, 2)
    across, down = along(partner, 2, x), along(partner, 1, x)

    def rows_turned(columns):
        own = elements(x, row, columns)
        there = along(conjugate(other), 1, x) * elements(x, down, columns)
        return own + (there - along(less, 1, x) * own)

    own = rows_turned(column)
    new = own + (along(other, 2, x) * rows_turned(across) - along(less, 2, x) * own)
    met = (column == down) & (column != row)
    return select(met, 0, new), turned(vectors, partner, less, other)


def eigvalsh(a, *, lower):
    """The eigenvalues alone."""
    return (eigh(a, lower=lower)[0],)


# Singular values.


def svd(a, *, full):
    """Singular values descending, and the vectors."""
    *batch, rows, columns = a.shape
    x = each(a)
    if rows >= columns:
        u, s, vh = decomposed(x, full)
    else:
        v, s, uh = decomposed(adjoint(x), full)
        u, vh = adjoint(uh), adjoint(v)
    return tuple(reshape(v, (*batch, *v.shape[1:])) for v in (u, s, vh))


def decomposed(x, full):
    """The same of matrices with no more columns than rows: of the triangle of orthogonal factors,
    whose rows Hestenes' rotations make orthogonal.
    """
    count, rows, n = x.shape
    if not x.size:
        u = block(identity(x), 0, 0, rows, rows if full else n)
        return u, constant(x, count, n, dtype=real_of(x.dtype)), identity(x, n)
    x, scale = scaled_down(x)
    q, r = reflected(x, rows if full else n)
    left, lines = orthogonal_rows(conjugate(block(r, 0, 0, n, n)))
    values = spoiled(lengths_of_rows(lines))
    order = ranks(values, descending=True)
    values, left, lines = (picked(v, order) for v in (values, left, lines))
    right, r = reflected(matrix_transpose(lines), n)
    right = right * as_columns(signs(r, right), right)
    u = product(block(q, 0, 0, rows, n), matrix_transpose(left))
    rest = block(q, 0, n, rows, q.shape[2] - n)
    return beside(u, rest), values * over(scale, values), adjoint(right)


def orthogonal_rows(x):
    """The rotations that make rows orthogonal, as rows; and the rows."""
    count, n, length = x.shape
    least = float(np.finfo(x.dtype).eps) * length**0.5
    x = padded(x, n | 1, length)

    def sweep(x, vectors):
        left = constant(x, count, n | 1, value=False, dtype=BOOL)
        left, x, vectors = loop(0, n | 1, lambda k, *s: turn(k, least, *s), left, x, vectors)
        return apply(ops.any, left, axes=(0, 1)), x, vectors

    x, vectors = sweeps(sweep, x, identity(x))
    return block(vectors, 0, 0, n, n), block(x, 0, 0, n, length)


def turn(turn, least, left, x, vectors):
    """One round; `left`: which rows have not been orthogonal to their partners."""
    partner = partners(*x.shape[:2], turn)
    place = counting(partner.shape, 1)
    low, high = np.minimum(place, partner), np.maximum(place, partner)
    sizes = total(squared(x), (2,))
    shared = picked(total(conjugate(x) * picked(x, partner), (2,)), low)
    first, second = picked(sizes, low), picked(sizes, high)
    much = np.abs(shared) > least * np.sqrt(first) * np.sqrt(second)
    less, other = shares(partner, first, second, shared)
    left = left | (much & (place != partner))
    return left, turned(x, partner, less, other), turned(vectors, partner, less, other)


def lengths_of_rows(x):
    """The length of each row."""
    count, n, length = x.shape
    return reshape(lengths(reshape(x, (count * n, length))), (count, n))


def svdvals(a):
    """The singular values alone."""
    return (svd(a, full=False)[1],)


pinv = functools.partial(orthogonal.pinv, decomposition=svd)
