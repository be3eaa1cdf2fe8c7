"""Elimination with pivots: a column or a panel at a time, of all matrices of a batch at once."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.tensor import apply
from defn.transforms.in_steps.triangles import BLOCK, PANELS, substituted
from defn.transforms.in_steps.whole import (
    along,
    block,
    constant,
    counting,
    diagonal,
    over,
    picked,
    with_block,
)
from defn.transforms.matrices import product
from defn.transforms.shapes import reshape, select
from defn.transforms.written_out import small
from defn.transforms.written_out.elements import ALL, each, loop, modulus, read, size, write
from defn.types import INT64

FEW = 8  # rows up to which a matrix is a thread's


def lu(a):
    """The packed triangles, the pivots, the order of the rows."""
    if 0 < max(a.shape[-2:]) <= FEW:
        return small.lu(a)
    rows, columns = a.shape[-2:]
    rank, batch = min(rows, columns), a.shape[:-2]
    found = packed(each(a), rank)
    shapes = a.shape, (*batch, rank), (*batch, rows)
    return tuple(reshape(x, s) for x, s in zip(found, shapes))


def packed(x, rank):
    """The same of matrices in a row."""
    count, rows, _ = x.shape
    order = counting((count, rows), 1)
    pivots = constant(x, count, rank, dtype=INT64)
    if not x.size:
        return x, pivots, order
    by = by_columns if rank < PANELS else by_panels
    return by(x, pivots, order, rank)


def by_columns(x, pivots, order, rank):
    """Column by column, each brings up its largest element."""
    return loop(0, rank, lambda k, *states: eliminated(k, k, *states), x, pivots, order)


def eliminated(column, k, x, pivots, order):
    """Row k exchanged for the one with the largest element of a column, its multiples taken from
    those below.
    """
    row, place = counting(x.shape[:2], 1), counting(x.shape, 2)
    line = read(x, ALL, ALL, column)
    found = apply(ops.argmax, select(row >= k, size(line), -1), axis=1)
    new, old = picked(x, found), read(x, ALL, k)
    line = exchanged(line, k, found, read(new, ALL, column), read(old, ALL, column))
    pivot = read(new, ALL, column)
    line = line / over(select(pivot == 0, 1, pivot), line)
    x = exchanged(x, k, found, new, old)
    below = counting(x.shape, 1) > k
    rest = x - along(line, 1, x) * along(new, 2, x)
    x = select(
        below & (place > column), rest, select(below & (place == column), along(line, 1, x), x)
    )
    order = exchanged(order, k, found, picked(order, found), read(order, ALL, k))
    return x, write(pivots, found, ALL, k), order


def exchanged(x, k, place, new, old):
    """`new` in row k of each matrix, `old` in the one at its place."""
    row = counting(x.shape, 1)
    axes = (0, *range(2, x.ndim))
    new, old = (apply(ops.broadcast, v, shape=x.shape, axes=axes) for v in (new, old))
    return select(row == k, new, select(row == over(place, row), old, x))


def by_panels(x, pivots, order, rank):
    """Panels of columns: each is eliminated by itself, its exchanges are made of all, and a product
    is taken from what is below and to the right.
    """
    panels, rest = divmod(rank, BLOCK)
    step = lambda k, *states: panel_eliminated(k * BLOCK, BLOCK, *states)
    states = loop(0, panels, step, x, pivots, order)
    return panel_eliminated(panels * BLOCK, rest, *states) if rest else states


def panel_eliminated(at, width, x, pivots, order):
    """One panel of so many columns."""
    rows, columns = x.shape[1:]
    step = lambda j, *states: eliminated(j, at + j, *states)
    start = block(x, 0, at, rows, width), pivots, counting(order.shape, 1)
    panel, pivots, moves = loop(0, width, step, *start)
    x = with_block(picked(x, moves), panel, 0, at)
    line = block(x, at, 0, width, columns)
    right = counting(line.shape, 2) >= at + width
    found = substituted(block(panel, at, 0, width, width), select(right, line, 0), True, unit=True)
    below = select(counting(panel.shape, 1) >= at + width, panel, 0)
    x = with_block(x - product(below, found), select(right, found, line), at, 0)
    return x, pivots, picked(order, moves)


def solve(a, b):
    """Elimination, then both substitutions; and whether a pivot is zero."""
    batch, n = a.shape[:-2], a.shape[-1]
    factors, _, order = lu(a)
    triangles, order = each(factors), reshape(order, (each(factors).shape[0], n))
    singular = apply(ops.any, diagonal(triangles) == 0, axes=(1,))
    if not b.size:
        return b, reshape(singular, batch)
    right = picked(each(b), order)
    found = substituted(triangles, substituted(triangles, right, True, unit=True), False)
    return reshape(found, b.shape), reshape(singular, batch)


def of_pivots(a):
    """The pivots, those of exchanged rows negated."""
    factors, pivots, _ = lu(a)
    found = diagonal(each(factors))
    moved = reshape(pivots, found.shape) != counting(found.shape, 1)
    return select(moved, -found, found)


def det(a):
    """The product of the pivots."""
    found = apply(ops.prod, of_pivots(a), axes=(1,))
    return (reshape(found, a.shape[:-2]),)


def slogdet(a):
    """The sign of that product, and the logarithm of its absolute value."""
    pivots = of_pivots(a)
    sign = apply(ops.prod, np.sign(pivots), axes=(1,))
    logarithm = apply(ops.sum, np.log(modulus(pivots)), axes=(1,))
    return reshape(sign, a.shape[:-2]), reshape(logarithm, a.shape[:-2])
