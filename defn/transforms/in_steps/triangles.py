"""Triangles: solutions by substitution, and the triangle of a positive definite matrix."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.tensor import apply
from defn.transforms.in_steps.whole import (
    along,
    block,
    constant,
    counting,
    divided,
    over,
    padded,
    up_to,
    with_block,
)
from defn.transforms.matrices import adjoint, product
from defn.transforms.shapes import cast, matrix_transpose, real, reshape, select
from defn.transforms.written_out.elements import ALL, conjugate, downwards, each, loop, read, write

BLOCK = 32  # rows that one thread substitutes, and columns of a panel
PANELS = 64  # rows from which on work goes panel by panel, what is left of it by products


def triangular_solve(a, b, *, lower, transposed, unit):
    """The solution, in a tuple."""
    if not b.size:
        return (b,)
    triangles = matrix_transpose(each(a)) if transposed else each(a)
    return (reshape(substituted(triangles, each(b), lower != transposed, unit), b.shape),)


def substituted(triangles, right, lower, unit=False):
    """The x with t x = b: each thread has a column; of large triangles, block by block."""
    small = triangles.shape[-1] <= BLOCK
    return (column_by_column if small else block_by_block)(triangles, right, lower, unit)


def column_by_column(triangles, right, lower, unit):
    """Every column is a trip of one loop, and the trips have nothing to do with each other."""
    count, n, columns = right.shape
    lines = reshape(matrix_transpose(right), (count * columns, n))

    def row(t, step, x):
        m, i = divided(t, columns, right.size)[0], place(step)
        less = lambda s, rest: (rest - read(triangles, m, i, place(s)) * read(x, t, place(s)),)
        (rest,) = loop(0, step, less, read(x, t, i))
        return (write(x, rest if unit else rest / read(triangles, m, i, i), t, i),)

    place = (lambda s: s) if lower else (lambda s: downwards(n, s))
    line = lambda t, x: loop(0, n, lambda step, x: row(t, step, x), x)
    (found,) = loop(0, count * columns, line, lines)
    return matrix_transpose(reshape(found, (count, columns, n)))


def block_by_block(triangles, right, lower, unit):
    """The blocks on the diagonal are inverted, all at once; then a row of blocks is a product with
    what is found already, and one with its inverse.
    """
    count, n, columns = right.shape
    size = up_to(n, BLOCK)
    triangles = with_ones(padded(triangles, size, size), n)
    inverses = inverted_blocks(triangles, lower, unit)
    row, column = (counting(triangles.shape, axis) // BLOCK for axis in (1, 2))
    others = select(row > column if lower else row < column, triangles, 0)
    right, blocks = padded(right, size, columns), size // BLOCK

    def step(k, x):
        k = k if lower else downwards(blocks, k)
        known = product(block(others, k * BLOCK, 0, BLOCK, size), x)
        rest = block(right, k * BLOCK, 0, BLOCK, columns) - known
        return (with_block(x, product(read(inverses, k), rest), k * BLOCK, 0),)

    (found,) = loop(0, blocks, step, constant(right, *right.shape))
    return block(found, 0, 0, n, columns)


def with_ones(x, n):
    """Matrices with ones on the diagonal from the n-th place on."""
    row, column = counting(x.shape, 1), counting(x.shape, 2)
    return select((row == column) & (row >= n), 1, x)


def inverted_blocks(triangles, lower, unit):
    """The inverses of the blocks on the diagonals, (blocks, count, rows, columns)."""
    count, size, _ = triangles.shape
    blocks = size // BLOCK
    apart = reshape(triangles, (count, blocks, BLOCK, blocks, BLOCK))
    place = counting((blocks,), 0)
    own = apply(ops.gather, apart, place, place, axes=(1, 3))
    own = reshape(own, (blocks * count, BLOCK, BLOCK))
    one = with_ones(constant(own, *own.shape), 0)
    return reshape(column_by_column(own, one, lower, unit), (blocks, count, BLOCK, BLOCK))


# Cholesky's factor.


def cholesky(a):
    """The lower triangle, in a tuple; nan where a matrix is not positive definite."""
    if not a.size:
        return (a,)
    x = each(a)
    x = factor_by_columns(x) if a.shape[-1] < PANELS else factor_by_panels(x)
    return (reshape(x, a.shape),)


def factor_by_columns(x):
    """One column after the other, and its products are taken from what is to its right."""
    row, column = counting(x.shape, 1), counting(x.shape, 2)

    def step(k, x):
        line = read(x, ALL, ALL, k)
        pivot = real(read(line, ALL, k))
        # What is not positive becomes nan, and all that follows.
        root = np.sqrt(select(pivot > 0, pivot, float("nan")))
        line = line / over(cast(root, x.dtype), line)
        rest = x - along(line, 1, x) * along(conjugate(line), 2, x)
        return (select(column > k, rest, select(column == k, along(line, 1, x), x)),)

    (x,) = loop(0, x.shape[-1], step, x)
    return select(row >= column, x, 0)


def factor_by_panels(x):
    """A block on the diagonal, the panel below it, then the product of the panel with itself is
    taken from the rest.
    """
    count, n, _ = x.shape
    size = up_to(n, BLOCK)
    x = with_ones(padded(x, size, size), n)

    def step(k, x):
        at = k * BLOCK
        top = factor_by_columns(block(x, at, at, BLOCK, BLOCK))
        panel = block(x, 0, at, size, BLOCK)
        below = counting(panel.shape, 1) >= at + BLOCK
        panel = adjoint(substituted(top, adjoint(select(below, panel, 0)), True))
        x = x - product(panel, adjoint(panel))
        return (with_block(with_block(x, panel, 0, at), top, at, at),)

    (x,) = loop(0, size // BLOCK, step, x)
    row, column = counting(x.shape, 1), counting(x.shape, 2)
    return block(select(row >= column, x, 0), 0, 0, n, n)
