"""Orthogonal factors as loops: Householder's reflections, Jacobi's rotations."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.control import while_loop
from defn.tensor import apply
from defn.transforms.matrices import (
    adjoint,
    as_columns,
    beside,
    diagonal,
    hermitian,
    identity,
    part,
    product,
)
from defn.transforms.shapes import broadcast, cast, matrix_transpose, real, reshape, select, total
from defn.transforms.written_out.elements import (
    ALL,
    as_dtype_of,
    choose,
    conjugate,
    downwards,
    each,
    index,
    loop,
    modulus,
    read,
    scalar,
    squared,
    write,
    zeros,
)
from defn.types import real_of

MOST_SWEEPS = 40  # rotations converge quadratically: a dozen sweeps are many


def matrix_by_matrix(a, function, *results):
    """What a function makes of one matrix at a time, put into arrays of results of these shapes."""
    many = each(a)
    count = many.shape[0]
    kept = [zeros(a, count, *shape, dtype=dtype) for shape, dtype in results]

    def one(m, *states):
        made = function(m, read(many, m))
        return tuple(write(s, x, m) for s, x in zip(states, made))

    found = loop(0, count, one, *kept)
    return tuple(reshape(x, (*a.shape[:-2], *shape)) for x, (shape, _) in zip(found, results))


# Reflections.


def qr(a, *, complete):
    """As LAPACK does it, so that signs agree: Golub and Van Loan, Matrix Computations, 5.2."""
    rows, columns = a.shape[-2:]
    inner = rows if complete else min(rows, columns)
    shapes = ((rows, inner), a.dtype), ((inner, columns), a.dtype)
    return matrix_by_matrix(a, lambda m, x: reflected(x, inner), *shapes)


def reflected(a, inner):
    """Q, of so many columns, and R of one matrix."""
    rows, columns = a.shape
    rank = min(rows, columns)

    def step(k, r, vectors, scales):
        vector, scale, first = reflection(read(r, ALL, k), k)
        r = r - outer(vector, scaled(across(vector, r), conjugate(scale)))
        place = apply(ops.iota, shape=(rows,), axis=0)
        column = choose_at(place == k, first, select(place < k, read(r, ALL, k), 0))
        return write(r, column, ALL, k), write(vectors, vector, k), write(scales, scale, k)

    r, vectors, scales = loop(0, rank, step, a, zeros(a, rank, rows), zeros(a, rank))

    def back(step, q):
        k = downwards(rank, step)
        vector = read(vectors, k)
        return (q - outer(vector, scaled(across(vector, q), read(scales, k))),)

    (q,) = loop(0, rank, back, part(identity(a), (0, rows), (0, inner)))
    return q, part(r, (0, inner), (0, columns))


def reflection(column, k):
    """The vector v and the number t with (1 - t v v^H)^H column = first at place k, zero below it."""
    place = apply(ops.iota, shape=column.shape, axis=0)
    below = select(place > k, column, 0)
    alpha, rest = read(column, k), total(squared(below), (0,))
    length = np.sqrt(squared(alpha) + rest)
    first = as_dtype_of(-np.copysign(length, real(alpha)), alpha)
    nothing = (rest == 0) & (alpha == as_dtype_of(real(alpha), alpha))
    divisor = choose(nothing, scalar(alpha, 1), alpha - first)
    vector = choose_at(place == k, scalar(alpha, 1), below / everywhere(divisor, below))
    scale = choose(
        nothing, scalar(alpha, 0), (first - alpha) / choose(nothing, scalar(alpha, 1), first)
    )
    return vector, scale, choose(nothing, alpha, first)


def everywhere(number, like):
    """One number in the shape of an array."""
    return broadcast(number, like.shape, ())


def scaled(x, number):
    """The array times a number."""
    return x * everywhere(number, x)


def choose_at(there, number, x):
    """The array with one number where the condition holds."""
    return select(there, everywhere(number, x), x)


def outer(x, y):
    """x y^T."""
    shape = (*x.shape, *y.shape)
    return broadcast(x, shape, (0,)) * broadcast(y, shape, (1,))


def across(vector, matrix):
    """v^H times a matrix."""
    row = reshape(conjugate(vector), (1, *vector.shape))
    return reshape(product(row, matrix), matrix.shape[1:])


# Rotations.


def rotation(app, aqq, apq):
    """The cosine and the sines, one with a phase, that turn two vectors so that `apq` becomes zero."""
    size = modulus(apq)
    skipped = size == 0
    size = choose(skipped, scalar(size, 1), size)
    phase = choose(skipped, scalar(apq, 1), conjugate(apq) / as_dtype_of(size, apq))
    theta = (aqq - app) / (2 * size)
    tangent = np.copysign(1 / (modulus(theta) + np.sqrt(1 + theta * theta)), theta)
    tangent = choose(skipped, scalar(tangent, 0), tangent)
    cosine = 1 / np.sqrt(1 + tangent * tangent)
    return as_dtype_of(cosine, apq), as_dtype_of(tangent * cosine, apq), phase


def turned(rows, p, q, cosine, sine, phase):
    """Two rows turned into each other."""
    first, second = read(rows, p), read(rows, q)
    c, s, f = (everywhere(x, first) for x in (cosine, sine, phase))
    rows = write(rows, c * first - s * f * second, p)
    return write(rows, s * first + c * f * second, q)


def over_pairs(n, step, *states):
    """One sweep: the states after `step(p, q, *states)` for all p < q."""
    return loop(0, n, lambda p, *s: loop(p + 1, n, lambda q, *t: step(p, q, *t), *s), *states)


def sweeps(sweep, *states):
    """Sweeps until one says that nothing was left to do; `sweep(*states) -> (how much, *states)`."""
    go_on = lambda s: (s[0] < MOST_SWEEPS) & s[1]
    once = lambda s: (s[0] + 1, *sweep(*s[2:]))
    from_start = while_loop(go_on, once, (index(0), index(0) == 0, *states), max_steps=MOST_SWEEPS)
    return from_start[2:]


def eigh(a, *, lower):
    """Jacobi's rotations until nothing is left beside the diagonal; eigenvalues ascending."""
    n, dtype = a.shape[-1], a.dtype
    return matrix_by_matrix(
        a, lambda m, x: diagonalised(hermitian(x, lower)), ((n,), real_of(dtype)), ((n, n), dtype)
    )


def diagonalised(a):
    """The eigenvalues, in order, and vectors of one Hermitian matrix. Golub and Van Loan, 8.5."""
    n = a.shape[-1]
    eps = float(np.finfo(a.dtype).eps)
    size = total(squared(a), (0, 1))

    def turn(p, q, a, vectors):
        by = rotation(real(read(a, p, p)), real(read(a, q, q)), read(a, p, q))
        a = turned_columns(turned_hermitian(a, p, q, *by), p, q, *by)
        return a, turned(vectors, p, q, *by)

    def sweep(a, vectors):
        a, vectors = over_pairs(n, turn, a, vectors)
        rest = total(squared(off_diagonal(a)), (0, 1))
        return rest > size * (eps * eps), a, vectors

    a, vectors = sweeps(sweep, a, identity(a))
    values = real(diagonal(a))
    order = apply(ops.argsort, values, axis=0)
    return apply(ops.gather, values, order, axes=(0,)), matrix_transpose(
        apply(ops.gather, vectors, order, axes=(0,))
    )


def off_diagonal(a):
    """The matrix with zeros on its diagonal."""
    rows, columns = (apply(ops.iota, shape=a.shape, axis=axis) for axis in (0, 1))
    return select(rows == columns, 0, a)


def turned_hermitian(a, p, q, cosine, sine, phase):
    """The rows of a Hermitian matrix turned, from the left."""
    return turned(a, p, q, cosine, sine, conjugate(phase))


def turned_columns(a, p, q, cosine, sine, phase):
    """The columns turned, from the right."""
    first, second = read(a, ALL, p), read(a, ALL, q)
    c, s, f = (everywhere(x, first) for x in (cosine, sine, phase))
    a = write(a, c * first - s * f * second, ALL, p)
    return write(a, s * first + c * f * second, ALL, q)


def svd(a, *, full):
    """Jacobi's rotations of the columns until all are orthogonal; singular values descending."""
    *_, rows, columns = a.shape
    rank = min(rows, columns)
    left, right = (rows, columns) if full else (rank, rank)
    shapes = ((rows, left), a.dtype), ((rank,), real_of(a.dtype)), ((right, columns), a.dtype)

    def one(m, x):
        if rows >= columns:
            return decomposed(x, full)
        u, s, vh = decomposed(adjoint(x), full)
        return adjoint(vh), s, adjoint(u)

    return matrix_by_matrix(a, one, *shapes)


def decomposed(a, full):
    """The singular values and vectors of one matrix with no more columns than rows: Hestenes'
    rotations.
    """
    rows, n = a.shape
    eps = float(np.finfo(a.dtype).eps)

    def turn(p, q, left, columns, vectors):
        first, second = read(columns, p), read(columns, q)
        sizes = [total(squared(x), (0,)) for x in (first, second)]
        shared = total(conjugate(first) * second, (0,))
        by = rotation(*sizes, shared)
        left = left | (modulus(shared) > eps * np.sqrt(sizes[0] * sizes[1]))
        return left, turned(columns, p, q, *by), turned(vectors, p, q, *by)

    sweep = lambda *s: over_pairs(n, turn, index(0) != 0, *s)
    columns, vectors = sweeps(sweep, matrix_transpose(a), identity(a, n))
    values = np.sqrt(total(squared(columns), (1,)))
    order = apply(ops.argsort, -values, axis=0)
    values, columns, vectors = (
        apply(ops.gather, x, order, axes=(0,)) for x in (values, columns, vectors)
    )
    q, r = reflected(matrix_transpose(columns), rows if full else n)
    u = q * as_columns(signs(r, q), q)
    return u, values, conjugate(vectors)


def signs(r, q):
    """The signs of the diagonal of R, ones where it ends."""
    n = r.shape[1]
    pivots = diagonal(part(r, (0, n), (0, n)))
    found = select(
        real(pivots) < 0, cast(real(pivots) * 0 - 1, q.dtype), cast(real(pivots) * 0 + 1, q.dtype)
    )
    rest = q.shape[1] - n
    return beside(found, zeros(q, *q.shape[:-2], rest) + 1) if rest else found


def svdvals(a):
    """The singular values alone."""
    return (svd(a, full=False)[1],)


def eigvalsh(a, *, lower):
    """The eigenvalues alone."""
    return (eigh(a, lower=lower)[0],)


def pinv(a, rtol, decomposition=svd):
    """The pseudo-inverse by singular values, those under `rtol` of the largest as zero."""
    u, s, vh = decomposition(a, full=False)
    if not s.size:
        return (adjoint(a),)
    axes = tuple(range(s.ndim - 1))
    least = broadcast(rtol * apply(ops.max, s, axes=(s.ndim - 1,)), s.shape, axes)
    large = s > least
    scale = cast(select(large, 1 / select(large, s, 1), 0), a.dtype)
    v = adjoint(vh)
    return (product(v * as_columns(scale, v), adjoint(u)),)
