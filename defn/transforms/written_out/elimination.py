"""Elimination as loops over elements: triangles, solutions, determinants."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.tensor import apply
from defn.transforms.shapes import full, reshape
from defn.transforms.written_out.elements import (
    as_dtype_of,
    choose,
    conjugate,
    downwards,
    each,
    index,
    loop,
    modulus,
    read,
    real,
    scalar,
    size,
    write,
    zeros,
)
from defn.types import BOOL, INT64, Type, real_of


def cholesky(a):
    """Row by row: each element from the products of what is left of it. Banachiewicz's order."""
    many = each(a)
    n = a.shape[-1]

    def element(b, i, j, factor):
        add = lambda k, s: (s + read(factor, b, i, k) * conjugate(read(factor, b, j, k)),)
        (products,) = loop(0, j, add, scalar(a, 0))
        rest = read(many, b, i, j) - products
        own = as_dtype_of(np.sqrt(real(rest)), rest)
        return choose(i == j, own, rest / read(factor, b, j, j))

    def row(b, i, factor):
        return loop(0, i + 1, lambda j, f: (write(f, element(b, i, j, f), b, i, j),), factor)

    def matrix(b, factor):
        return loop(0, n, lambda i, f: row(b, i, f), factor)

    (factor,) = loop(0, many.shape[0], matrix, zeros(a, *many.shape))
    return (reshape(factor, a.shape),)


def triangular_solve(a, b, *, lower, transposed, unit):
    """Substitution, row by row: forwards or backwards."""
    triangles, right = each(a), each(b)
    solve = substitution(triangles, lower, transposed, unit)
    (found,) = loop(0, right.shape[0], lambda m, x: (solve(m, x),), right)
    return (reshape(found, b.shape),)


def substitution(triangles, lower, transposed=False, unit=False):
    """Solves for the m-th right side in place, row by row."""
    n, forward = triangles.shape[-1], lower != transposed
    entry = (
        (lambda m, i, k: read(triangles, m, k, i))
        if transposed
        else (lambda m, i, k: read(triangles, m, i, k))
    )

    def row(m, step, x):
        i = step if forward else downwards(n, step)
        take = lambda s, rest: (rest - entry(m, i, known(s)) * read(x, m, known(s)),)
        known = (lambda s: s) if forward else (lambda s: downwards(n, s))
        (rest,) = loop(0, step, take, read(x, m, i))
        return write(x, rest if unit else rest / entry(m, i, i), m, i)

    def solve(m, x):
        return loop(0, n, lambda step, x: (row(m, step, x),), x)[0]

    return solve


def lu(a):
    """Column by column, the largest element brought up; as LAPACK chooses, the first of equals."""
    many = each(a)
    count, rows, columns = many.shape
    rank = min(rows, columns)
    start = apply(ops.iota, shape=(count, rows), axis=1)
    pivots = zeros(a, count, rank, dtype=INT64)
    steps = lambda b, *states: loop(0, rank, lambda k, *s: eliminated(b, k, *s), *states)
    packed, pivots, permutation = loop(0, count, steps, many, pivots, start)
    batch = a.shape[:-2]
    shapes = (a.shape, (*batch, rank), (*batch, rows))
    return tuple(reshape(x, s) for x, s in zip((packed, pivots, permutation), shapes))


def eliminated(b, k, packed, pivots, permutation):
    """One column: exchange two rows, and subtract multiples of the upper from those below."""
    _, rows, columns = packed.shape
    place = largest(b, k, packed)
    packed, permutation = exchanged(packed, b, k, place), exchanged(permutation, b, k, place)
    pivots = write(pivots, place, b, k)
    pivot = read(packed, b, k, k)
    pivot = choose(pivot == 0, scalar(pivot, 1), pivot)

    def row(i, packed):
        factor = read(packed, b, i, k) / pivot
        packed = write(packed, factor, b, i, k)
        less = lambda j, p: (write(p, read(p, b, i, j) - factor * read(p, b, k, j), b, i, j),)
        return loop(k + 1, columns, less, packed)

    (packed,) = loop(k + 1, rows, row, packed)
    return packed, pivots, permutation


def largest(b, k, packed):
    """The row of the largest element of a column, from row k on."""

    def look(i, best, place):
        found = size(read(packed, b, i, k))
        better = found > best
        return choose(better, found, best), choose(better, i, place)

    start = size(read(packed, b, k, k))
    return loop(k + 1, packed.shape[1], look, start, index(k))[1]


def exchanged(x, b, i, j):
    """Two rows exchanged."""
    first, second = read(x, b, i), read(x, b, j)
    return write(write(x, second, b, i), first, b, j)


def solve(a, b):
    """LU with pivots, then both substitutions; and whether a pivot is zero."""
    packed, _, permutation = lu(a)
    triangles, right, places = each(packed), each(b), reshape(permutation, each(packed).shape[:2])
    count, n = triangles.shape[:2]
    forth = substitution(triangles, True, unit=True)
    back = substitution(triangles, False)

    def matrix(m, x):
        pick = lambda i, x: (write(x, read(right, m, read(places, m, i)), m, i),)
        (x,) = loop(0, n, pick, x)
        return (back(m, forth(m, x)),)

    (found,) = loop(0, count, matrix, zeros(b, *right.shape))
    return reshape(found, b.shape), singular(triangles, a.shape[:-2])


def singular(triangles, batch):
    """Whether there is a zero on the diagonal of each triangle."""
    count, n = triangles.shape[:2]

    def matrix(m, flags):
        test = lambda k, so_far: (so_far | (read(triangles, m, k, k) == 0),)
        return (write(flags, loop(0, n, test, scalar(flags, False))[0], m),)

    (flags,) = loop(0, count, matrix, full(Type(BOOL, (count,)), False))
    return reshape(flags, batch)


def product_of_pivots(a):
    """The start and the step that make the determinant."""
    fold = lambda pivot, turns, product: (product * choose(turns, -pivot, pivot),)
    return (scalar(a, 1),), fold


def sign_and_size_of_pivots(a):
    """The start and the step that make its sign and the logarithm of its size."""

    def fold(pivot, turns, sign, logarithm):
        own = np.sign(pivot)
        return sign * choose(turns, -own, own), logarithm + np.log(modulus(pivot))

    return (scalar(a, 1), full(Type(real_of(a.dtype)), 0)), fold


def of_pivots(a, start, step):
    """What `step(pivot, turns, *states)` makes of the pivots of each matrix, from `start` on."""
    packed, pivots, _ = lu(a)
    triangles, places = each(packed), reshape(pivots, each(packed).shape[:2])
    count, n = places.shape

    def matrix(m, *results):
        fold = lambda k, *s: step(read(triangles, m, k, k), read(places, m, k) != k, *s)
        found = loop(0, n, fold, *start)
        return tuple(write(r, x, m) for r, x in zip(results, found))

    results = loop(0, count, matrix, *(zeros(s, count) for s in start))
    return tuple(reshape(r, a.shape[:-2]) for r in results)


def det(a):
    """The product of the pivots, negated for each exchange of rows."""
    return of_pivots(a, *product_of_pivots(a))


def slogdet(a):
    """The sign of that product, and the logarithm of its absolute value."""
    return of_pivots(a, *sign_and_size_of_pivots(a))
