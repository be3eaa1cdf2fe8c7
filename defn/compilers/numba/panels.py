"""Products of large matrices: tiles run down the rows beside one panel of columns after another.

A piece of work is some rows of one matrix beside some panels of columns, over one part of the inner
axis. Where many rows share a panel it is packed, a block of the inner axis at a time, into memory
that stays in the cache; a transposed right operand is turned while it is packed. Few rows read the
right operand where it lies, along its rows. Products with few results have their long inner axis in
parts, which are added up afterwards. Pieces and parts follow from the shapes alone, so a result does
not depend on the threads.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from defn.compilers.numba.product import CACHED, INNER, panel_rows, panel_width

CHUNKS = 8  # pieces that threads may share, where there is enough to do
HIGHEST = 384  # rows of a piece: what packing costs is shared by so many
FEW = 64  # rows that do not pay for packing
LONG = 4096  # of an inner axis in parts
MOST_PARTS = 16
STREAMED = 32  # rows of a large right operand that few rows read side by side
TOGETHER = 8  # panels that are read side by side, at most

HEAD = """\
def kernel(start, stop, args):
    wide()
    a = buffer(args, 0, {dtype})
    b = buffer(args, 1, {dtype})
    c = buffer(args, 2, {dtype})
    panel = buffer(args, 3, {dtype})
    rows = size(args, 4)
    inner = size(args, 5)
    columns = size(args, 6)
    apart = size(args, 7)
    down = size(args, 8)
    along = size(args, 9)
    height = size(args, 10)
    blocks = size(args, 11)
    width = size(args, 12)
    strips = size(args, 13)
    matrices = size(args, 14)
    depth = size(args, 15)
    deep = size(args, 16)
    room = start // size(args, 17) * {room}
    for piece in range(start, stop):
        block = piece // strips
        result = block // blocks
        part = result // matrices
        matrix = result - part * matrices
        first = (block - result * blocks) * height
        last = min(rows, first + height)
        from_j = (piece - block * strips) * width
        to_j = min(columns, from_j + width)
        from_k = part * depth
        length = min(inner - from_k, depth)
        a0 = matrix * apart + from_k * along
        b0 = matrix * inner * columns + from_k * {b_along}
        c0 = result * rows * columns
"""
DOWN = "for k in range(0, length, deep):\n    high = min(length, k + deep)\n"
ACROSS = "for j in range(from_j, to_j, {widest}):\n"
PACKED = """\
for r in range(k, high):
    for s in range(0, {columns}):
        panel[room + (r - k) * {columns} + s] = b[b0 + r * columns + j + s]
"""
TURNED = "turn(b, b0 + j * inner + k, inner, panel, room, {columns}, high - k, {columns})\n"
TILES = """\
i{next} = i{now} + (last - i{now}) // {rows} * {rows}
for i in range(i{now}, i{next}, {rows}):
    tile(a, a0 + i * down, down, along, {right}, c, c0 + i * columns + j, columns, k, high, {rows}, {columns})
"""
SUM = """\
def kernel(start, stop, args):
    wide()
    x = buffer(args, 0, {dtype})
    y = buffer(args, 1, {dtype})
    parts = size(args, 2)
    count = size(args, 3)
    for i in range(start, stop):
        y[i] = x[i]
    for k in range(1, parts):
        for i in range(start, stop):
            y[i] = y[i] + x[k * count + i]
    return 0
"""


class Pieces(NamedTuple):
    """How each matrix of a product is cut: blocks of rows, strips of panels, parts of the inner axis."""

    height: int
    blocks: int
    width: int
    strips: int
    parts: int
    depth: int
    deep: int
    packed: bool

    @property
    def count(self):
        return self.blocks * self.strips * self.parts


def pieces(shape, inner, dtype, turned):
    """How a product of this shape is cut; `turned`: the right operand lies with its columns in rows."""
    *batch, rows, columns = shape
    widest, matrices = panel_width(dtype, columns), prod(batch)
    tile = panel_rows(dtype, columns)
    panels = -(-columns // widest)
    wanted = min(rows // (4 * tile), -(-CHUNKS // (matrices * panels)))
    height = -(-rows // max(1, wanted, -(-rows // HIGHEST)) // tile) * tile
    blocks = -(-rows // height)
    parts = min(MOST_PARTS, inner * 2 // LONG)
    if blocks * panels * matrices >= CHUNKS or inner < LONG:
        parts = 1
    depth = -(-inner // parts // INNER) * INNER
    parts = -(-inner // depth)
    packed = turned or rows > FEW or parts > 1
    streamed = not packed and inner * columns * dtype.itemsize > CACHED
    side = max(1, min(TOGETHER, panels // CHUNKS)) if streamed else 1
    deep = STREAMED if streamed else INNER
    strips = -(-panels // side)
    return Pieces(height, blocks, side * widest, strips, parts, depth, deep, packed)


def room(dtype, columns):
    """Elements that a packed panel takes."""
    return INNER * panel_width(dtype, columns)


def text(dtype, columns, packed, turned):
    """The kernel of some pieces of (matrices, rows, inner) times (matrices, inner, columns).

    Its words: the addresses of a, b, c and of room for panels, then rows, inner, columns, from one
    matrix of a to the next, a's strides, and how the product is cut. `turned`: b is (columns, inner).
    """
    head = HEAD.format(
        dtype=dtype.name, room=room(dtype, columns), b_along=1 if turned else "columns"
    )
    across = ACROSS.format(widest=panel_width(dtype, columns))
    inside = panels(dtype, columns, (TURNED if turned else PACKED) if packed else "")
    order = (across, DOWN) if packed else (DOWN, across)
    lines = order[0] + indented(order[1] + indented(inside, 4), 4)
    return head + indented(lines, 8) + "    return 0\n"


def panels(dtype, columns, packing):
    """The lines of a panel from column j on: of whole width, or of what is left."""
    widest = panel_width(dtype, columns)
    whole, rest = (panel(dtype, n, packing) for n in (widest, columns % widest))
    if columns % widest == 0:
        return whole
    return f"if j + {widest} <= columns:\n{indented(whole, 4)}else:\n{indented(rest, 4)}"


def panel(dtype, columns, packing):
    """The lines of one panel: it is packed, and then tiles of ever fewer rows go down beside it."""
    if not columns:
        return ""
    rows = panel_rows(dtype, columns)
    right = f"panel, room - k * {columns}, {columns}" if packing else "b, b0 + j, columns"
    lines = packing.format(columns=columns) + "i0 = first\n"
    for now, each in enumerate(dict.fromkeys((rows, -(-rows // 4), 1))):
        lines += TILES.format(now=now, next=now + 1, rows=each, columns=columns, right=right)
    return lines


def indented(lines, by):
    return "".join(f"{' ' * by}{line}\n" for line in lines.splitlines())
