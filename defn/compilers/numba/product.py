"""Skinny matrix products: a tile of rows by a few vectors of columns stays in registers.

The right operand has few columns and lies row by row; the left one may have any strides, so a
transposed one is none other. Each element is a sum over the inner axis in order, in blocks, so a
result depends neither on tiles nor on threads. The tile itself is `tile`'s.
"""

from __future__ import annotations

import platform
from typing import NamedTuple

from defn import ops
from defn.compilers.numba import symbols

INNER = 256  # so many products in one sum; longer sums are sums of sums
MOST_COLUMNS = 2048
CACHED = 1 << 22  # bytes of the right operand, which every tile reads again


class Registers(NamedTuple):
    """Bytes of a vector, and rows of a tile by its vectors of columns."""

    size: int
    rows: dict


def registers():
    """What the processor has room for: the sums, the right operand's vectors, one of the left."""
    features = symbols.processor()[1].split(",")
    if "+avx512f" in features:
        return Registers(64, {1: 14, 2: 12, 3: 8, 4: 6})
    if platform.machine().lower() in ("arm64", "aarch64"):
        return Registers(16, {1: 14, 2: 12, 3: 8, 4: 6})
    return Registers(32 if "+avx2" in features else 16, {1: 10, 2: 5, 3: 4})


HEAD = """\
def kernel(start, stop, args):
    wide()
    a = buffer(args, 0, {dtype})
    b = buffer(args, 1, {dtype})
    c = buffer(args, 2, {dtype})
    rows = size(args, 3)
    inner = size(args, 4)
    columns = size(args, 5)
    down = size(args, 6)
    along = size(args, 7)
    for matrix in range(start // rows, (stop + rows - 1) // rows):
        a0 = matrix * rows * inner
        b0 = matrix * inner * columns
        c0 = matrix * rows * columns
        first = max(start - matrix * rows, 0)
        last = min(stop - matrix * rows, rows)
"""
PANELS = """\
        for j in range(0, columns - columns % {width}, {width}):
"""
REST = """\
        for j in range(columns - {width}, columns, {width}):
"""
PANEL = """\
            for row in range(first, last, {rows}):
                i = min(row, last - {rows})
                for k in range(0, inner, {inner}):
                    high = min(inner, k + {inner})
                    if i >= first:
                        tile({many})
                    else:
                        for r in range(first, last):
                            tile({one})
"""


def text(columns, dtype):
    """The kernel of (matrices, rows, inner) times (matrices, inner, columns), over a range of rows of all matrices.

    Its words: the addresses of a, b and c, then rows, inner, columns and a's strides, down and along, in elements.
    `inner` is at least 1. The last tile of a range steps back over rows instead of being cut. Columns side by side
    make panels as wide as a tile can be; what is left over is a narrower one.
    """
    shape = registers()
    width = shape.size // (4 if dtype == "float32" else 8)
    widest = max(shape.rows) * width
    rest = columns % widest
    panels = PANELS.format(width=widest) + panel(widest, width) if columns >= widest else ""
    last = REST.format(width=rest) + panel(rest, width) if rest else ""
    return HEAD.format(dtype=dtype) + panels + last + "    return 0\n"


def panel(count, width):
    """The lines of some columns that lie side by side, from column j on."""
    rows = registers().rows[-(-count // width)]

    def call(row, rows):
        a = f"a, a0 + {row} * down, down, along"
        c = f"c, c0 + {row} * columns + j, columns"
        return f"{a}, b, b0 + j, columns, {c}, k, high, {rows}, {count}"

    return PANEL.format(rows=rows, inner=INNER, one=call("r", 1), many=call("i", rows))


def panel_width(dtype, columns):
    """The columns of the widest panel of so many."""
    return min(columns, max(registers().rows) * registers().size // dtype.itemsize)


def panel_rows(dtype, columns):
    """How many rows the tile of the widest panel has."""
    return registers().rows[-(-panel_width(dtype, columns) * dtype.itemsize // registers().size)]


def tile_rows(columns, dtype):
    """How many rows the tile of the widest panel has: ranges of rows are best cut at multiples."""
    return panel_rows(dtype, columns)


def is_skinny(node):
    """Is each right operand small enough to stay in the cache, so that no packing is needed?"""
    inner, columns = node.args[1].shape[-2:]
    if node.dtype.char not in "fd" or not 0 < inner:
        return False
    return columns <= MOST_COLUMNS and inner * columns * node.dtype.itemsize <= CACHED


def is_turned(node):
    """Is the value a transposed matrix, or a batch of such?"""
    ndim = len(node.shape)
    return node.op is ops.transpose and node.attrs["axes"] == (*range(ndim - 2), ndim - 1, ndim - 2)


def passed(node):
    """What a library, or the tile, is given of a step's operands: a transposed matrix as the one that it turns."""
    if node.op is not ops.matmul:
        return node.args
    x, y = node.args
    return _unturned(x), y if is_skinny(node) else _unturned(y)


def _unturned(node):
    return node.args[0] if is_turned(node) and node.args[0].op is not ops.constant else node
