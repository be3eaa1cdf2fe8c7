"""Products of matrices: a block computes a tile of the result from tiles in shared memory."""

from __future__ import annotations

from math import prod

from defn.compilers.numba.code import typename
from defn.compilers.numba.kernel import Source

TILE = 16
THREADS = TILE * TILE

TEXT = """\
def kernel(x, y, z, rows, columns, terms, down, along):
    left = shared_buffer({dtype}, {threads})
    right = shared_buffer({dtype}, {threads})
    me = int64(lane())
    row = quotient(me, {tile})
    column = me - row * {tile}
    tile = int64(block())
    batch = quotient(tile, down * along)
    tile = tile - batch * down * along
    top = quotient(tile, along)
    i = top * {tile} + row
    j = (tile - top * along) * {tile} + column
    total = {dtype}(0)
    first = uint64(0)
    while first < uint64(terms):
        k = int64(first) + column
        left[me] = {dtype}(0)
        if i < rows and k < terms:
            left[me] = x[(batch * rows + i) * terms + k]
        k = int64(first) + row
        right[me] = {dtype}(0)
        if k < terms and j < columns:
            right[me] = y[(batch * terms + k) * columns + j]
        barrier()
        for p in range({tile}):
            total = add_any(total, multiply_any(left[row * {tile} + p], right[p * {tile} + column]))
        barrier()
        first += uint64({tile})
    if i < rows and j < columns:
        z[(batch * rows + i) * columns + j] = total
"""


def source(node, storages):
    """The kernel of a product, and how many blocks it has."""
    (*batch, rows, columns), terms = node.shape, node.args[0].shape[-1]
    down, along = -(-rows // TILE), -(-columns // TILE)
    text = TEXT.format(dtype=typename(node.dtype), tile=TILE, threads=THREADS)
    sizes = (rows, columns, terms, down, along)
    return Source(text, tuple(storages), sizes, (), False), prod(batch) * down * along
