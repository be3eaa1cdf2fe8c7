"""How a product of matrices is cut into pieces of work, from its shapes alone.

A piece is some rows of one matrix beside some columns, over one part of the inner axis. Parts are
for products with few results, and are added up afterwards. As threads have no say in it, a result
does not depend on them.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from defn.compilers.numba.registers import panel_rows, panel_width

CHUNKS = 8  # pieces that threads may share, where there is enough to do
INNER = 256  # so many products in one sum; longer sums are sums of sums
HIGHEST = 384  # rows of a piece
FEW = 64  # rows that leave no time to wait for the right operand
CACHED = 1 << 22  # bytes of it that need not be waited for
STREAMED = 32  # of its rows that are read side by side
TOGETHER = 8  # panels that are read side by side, at most
LONG = 4096  # of an inner axis in parts
MOST_PARTS = 16


class Pieces(NamedTuple):
    """How each matrix is cut: blocks of rows, strips of columns, parts of the inner axis; and how
    many products are in one sum."""

    height: int
    blocks: int
    width: int
    strips: int
    parts: int
    depth: int
    deep: int

    @property
    def count(self):
        """Of one matrix."""
        return self.blocks * self.strips * self.parts


def pieces(shape, inner, dtype, turned):
    """How a product of this shape is cut; `turned`: the right operand is transposed in memory."""
    *batch, rows, columns = shape
    side, deep = streams(rows, inner, columns, dtype, turned)
    strips = -(-columns // (side * panel_width(dtype, columns)))
    height = rows_of_a_piece(shape, inner, dtype, strips, turned)
    blocks = -(-rows // height)
    depth = part_of(inner, blocks * strips * prod(batch))
    width = side * panel_width(dtype, columns)
    return Pieces(height, blocks, width, strips, -(-inner // depth), depth, deep)


def streams(rows, inner, columns, dtype, turned):
    """How many panels lie side by side in a piece, and how many rows of them are read at a time."""
    if turned or rows > FEW or inner * columns * dtype.itemsize <= CACHED:
        return 1, INNER
    panels = -(-columns // panel_width(dtype, columns))
    return max(1, min(TOGETHER, panels // CHUNKS)), STREAMED


def rows_of_a_piece(shape, inner, dtype, strips, turned):
    """Whole tiles: enough pieces for threads, but not more than are good for the cache."""
    *batch, rows, columns = shape
    tile = panel_rows(dtype, columns)
    if strips == 1 and inner > INNER and not turned:
        return tile  # the left operand is read along its rows
    wanted = min(rows // (4 * tile), -(-CHUNKS // (prod(batch) * strips)))
    return -(-rows // max(1, wanted, -(-rows // HIGHEST)) // tile) * tile


def part_of(inner, others):
    """How much of the inner axis is in one part."""
    parts = 1 if others >= CHUNKS else min(MOST_PARTS, 2 * inner // LONG)
    return -(-inner // max(1, parts) // INNER) * INNER
