"""Elimination of matrices of a few rows, every element a variable: one loop over the matrices,
nothing else.
"""

from __future__ import annotations

from math import prod

import numpy as np

from defn.transforms.shapes import full, reshape
from defn.transforms.written_out.elements import (
    as_dtype_of,
    choose,
    conjugate,
    each,
    index,
    loop,
    read,
    real,
    scalar,
    size,
    write,
    zeros,
)
from defn.transforms.written_out.elimination import product_of_pivots, sign_and_size_of_pivots
from defn.types import BOOL, INT64, Type


def entries(x, m):
    """The elements of one matrix as rows of scalars."""
    return [[read(x, m, i, j) for j in range(x.shape[2])] for i in range(x.shape[1])]


def written(x, m, rows):
    """The array with these rows of scalars in one matrix; None where there is zero already."""
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            x = x if value is None else write(x, value, m, i, j)
    return x


def cholesky(a):
    """Row by row, every element a variable."""
    many, n = each(a), a.shape[-1]

    def matrix(m, out):
        factor = [[None] * n for _ in range(n)]
        for i in range(n):
            for j in range(i + 1):
                rest = read(many, m, i, j)
                for k in range(j):
                    rest = rest - factor[i][k] * conjugate(factor[j][k])
                own = i == j
                factor[i][j] = (
                    as_dtype_of(np.sqrt(real(rest)), rest) if own else rest / factor[j][j]
                )
        return (written(out, m, factor),)

    (found,) = loop(0, many.shape[0], matrix, zeros(a, *many.shape))
    return (reshape(found, a.shape),)


def substituted(rows, right, lower, unit=False):
    """The solution of a triangle of scalars for a column of scalars."""
    n, x = len(rows), {}
    for i in range(n) if lower else reversed(range(n)):
        rest = right[i]
        for k in x:
            rest = rest - rows[i][k] * x[k]
        x[i] = rest if unit else rest / rows[i][i]
    return [x[i] for i in range(n)]


def by_columns(m, right, out, solve):
    """The columns of one right side solved one after the other."""
    n, count = right.shape[1:]

    def column(c, out):
        for i, value in enumerate(solve([read(right, m, i, c) for i in range(n)])):
            out = write(out, value, m, i, c)
        return (out,)

    return loop(0, count, column, out)


def triangular_solve(a, b, *, lower, transposed, unit):
    """Substitution, every element a variable."""
    many, right = each(a), each(b)

    def matrix(m, out):
        rows = entries(many, m)
        rows = list(zip(*rows)) if transposed else rows
        return by_columns(m, right, out, lambda x: substituted(rows, x, lower != transposed, unit))

    (found,) = loop(0, right.shape[0], matrix, zeros(b, *right.shape))
    return (reshape(found, b.shape),)


def eliminated(rows):
    """The rows eliminated, as LAPACK does it: pivots, and the places where the rows were."""
    rows, n = [list(row) for row in rows], len(rows)
    columns = len(rows[0])
    places, pivots = [index(i) for i in range(n)], []
    for k in range(min(n, columns)):
        best, pivot = size(rows[k][k]), index(k)
        for i in range(k + 1, n):
            found = size(rows[i][k])
            better = found > best
            best, pivot = choose(better, found, best), choose(better, index(i), pivot)
        pivots.append(pivot)
        for i in range(k + 1, n):
            exchange(rows, places, k, i, pivot == i)
        for i in range(k + 1, n):
            divisor = rows[k][k]
            rows[i][k] = rows[i][k] / choose(divisor == 0, scalar(divisor, 1), divisor)
            for j in range(k + 1, columns):
                rows[i][j] = rows[i][j] - rows[i][k] * rows[k][j]
    return rows, pivots, places


def exchange(rows, places, k, i, here):
    """Two rows exchanged, where the pivot is."""
    for j, (upper, below) in enumerate(zip(rows[k], rows[i])):
        rows[k][j], rows[i][j] = choose(here, below, upper), choose(here, upper, below)
    places[k], places[i] = choose(here, places[i], places[k]), choose(here, places[k], places[i])


def lu(a):
    """Elimination with pivots: the packed triangles, the pivots, the order of the rows."""
    many = each(a)
    count, n, columns = many.shape
    rank = min(n, columns)

    def matrix(m, packed, pivots, permutation):
        rows, chosen, places = eliminated(entries(many, m))
        for k, place in enumerate(chosen):
            pivots = write(pivots, place, m, k)
        for k, place in enumerate(places):
            permutation = write(permutation, place, m, k)
        return written(packed, m, rows), pivots, permutation

    start = (
        zeros(a, *many.shape),
        zeros(a, count, rank, dtype=INT64),
        zeros(a, count, n, dtype=INT64),
    )
    found = loop(0, count, matrix, *start)
    shapes = a.shape, (*a.shape[:-2], rank), (*a.shape[:-2], n)
    return tuple(reshape(x, s) for x, s in zip(found, shapes))


def solve(a, b):
    """Elimination, then both substitutions; and whether a pivot is zero."""
    many, right = each(a), each(b)
    count, n = many.shape[:2]

    def matrix(m, out, singular):
        rows, _, places = eliminated(entries(many, m))
        flag = rows[0][0] == 0
        for k in range(1, n):
            flag = flag | (rows[k][k] == 0)

        def solution(x):
            moved = [picked(x, place) for place in places]
            return substituted(rows, substituted(rows, moved, True, unit=True), False)

        (out,) = by_columns(m, right, out, solution)
        return out, write(singular, flag, m)

    start = zeros(b, *right.shape), full(Type(BOOL, (count,)), False)
    found, singular = loop(0, count, matrix, *start)
    return reshape(found, b.shape), reshape(singular, a.shape[:-2])


def picked(values, place):
    """The value at a place."""
    found = values[0]
    for k in range(1, len(values)):
        found = choose(place == k, values[k], found)
    return found


def of_pivots(a, start, step):
    """What `step(pivot, turns, *states)` makes of the pivots of each matrix, from `start` on."""
    many, batch = each(a), a.shape[:-2]

    def matrix(m, *results):
        rows, pivots, _ = eliminated(entries(many, m))
        states = start
        for k, place in enumerate(pivots):
            states = step(rows[k][k], place != k, *states)
        return tuple(write(r, x, m) for r, x in zip(results, states))

    results = loop(0, prod(batch), matrix, *(zeros(s, prod(batch)) for s in start))
    return tuple(reshape(r, batch) for r in results)


def det(a):
    """The product of the pivots, negated for each exchange of rows."""
    return of_pivots(a, *product_of_pivots(a))


def slogdet(a):
    """The sign of that product, and the logarithm of its absolute value."""
    return of_pivots(a, *sign_and_size_of_pivots(a))
