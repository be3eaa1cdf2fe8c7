"""Products of matrices: tiles go down the rows beside one panel of columns after another.

The left operand may have any strides, so a transposed one is none other. A transposed right operand
is turned, a block of the inner axis at a time, into memory that stays in the cache. Each element is
a sum over the inner axis in order, in blocks, so a result depends neither on tiles nor on threads.
The tile itself is `tile`'s; how the work is cut is `panels`'s.
"""

from __future__ import annotations

from math import prod

from defn import ops
from defn.compilers.numba.panels import INNER, pieces
from defn.compilers.numba.registers import panel_rows, panel_width
from defn.compilers.numba.roots import products

PRODUCTS = (ops.matmul, products)
SIZES = (
    "rows", "inner", "columns", "apart", "down", "along", "height", "blocks", "width", "strips",
    "depth", "deep", "matrices", "chunk",
)  # fmt: skip
HEAD = """\
def kernel(start, stop, args):
    wide()
    c = buffer(args, 0, {dtype})
    panel = buffer(args, 1, {dtype})
{sizes}
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
        c0 = result * rows * columns
        for term in range(0, {terms}):
            a = buffer(args, 2 + 2 * term, {dtype}, -1)
            b = buffer(args, 3 + 2 * term, {dtype}, -1)
            before = min(term, 1)
            a0 = matrix * apart + (from_k - before) * along
            b0 = matrix * inner * columns + from_k * {b_along}
            for k in range(0, length, deep):
                high = min(length, k + deep)
                for j in range(from_j, to_j, {widest}):
"""
TURNED = """\
                    room = start // chunk * {room}
                    turn(b, b0 + j * inner + k, inner, panel, room, to_j - j, high - k, to_j - j)
"""
WHOLE = "                    if j + {widest} <= columns:\n"
REST = "                    else:\n"
TILES = """\
                        for i in range(first, last, {rows}):
                            tile({operands}, last - i, {rows}, {columns})
"""
# A tile adds to what is there where it does not begin at 0, as the terms after the first.
OPERANDS = (
    "a, a0 + i * down, down, along, {right}, c, c0 + i * columns + j, columns, "
    "k + before, high + before"
)
SUM = """\
def kernel(start, stop, args):
    wide()
    x = buffer(args, 0, {dtype})
    y = buffer(args, 1, {dtype})
    parts = size(args, 2)
    count = size(args, 3)
    for i in range(start, stop):
        y[i] = x[i]
    for part in range(1, parts):
        for i in range(start, stop):
            y[i] = y[i] + x[part * count + i]
    return 0
"""


def text(columns, dtype, turned=False, terms=1):
    """The kernel of some pieces of (matrices, rows, inner) times (matrices, inner, columns).

    Its words: the addresses of c, of room for panels, and of a and b for each term that is added, then
    `SIZES`: from one matrix of a to the next, a's strides, how the product is cut, and the pieces
    that share room for a panel. `turned`: each matrix of b lies as (columns, inner). `inner` is at
    least 1.
    """
    widest = panel_width(dtype, columns)
    sizes = (f"    {n} = size(args, {k})" for k, n in enumerate(SIZES, 2 + 2 * terms))
    lines = HEAD.format(
        dtype=dtype.name, widest=widest, terms=terms, sizes="\n".join(sizes),
        b_along=1 if turned else "columns",
    )  # fmt: skip
    lines += TURNED.format(room=room(columns, dtype)) if turned else ""
    lines += WHOLE.format(widest=widest) + panel(widest, dtype, turned)
    if columns % widest:
        lines += REST + panel(columns % widest, dtype, turned)
    return lines + "    return 0\n"


def panel(columns, dtype, turned):
    """The lines of one panel, down which tiles go; the last has fewer rows."""
    right = "panel, room - (k + before)" if turned else "b, b0 + j - before"
    right += f" * {columns}, {columns}" if turned else " * columns, columns"
    operands = OPERANDS.format(right=right)
    return TILES.format(rows=panel_rows(dtype, columns), columns=columns, operands=operands)


def room(columns, dtype):
    """Elements that a turned panel takes."""
    return INNER * panel_width(dtype, columns)


def is_tiled(node):
    """Is it a product that tiles do, rather than a library?"""
    return node.op in PRODUCTS and node.dtype.char in "fd" and 0 < node.args[1].shape[-2]


def cut(node):
    """How the product of a node is cut."""
    turned = passed(node)[1] is not node.args[1]
    return pieces(node.shape, node.args[0].shape[-1], node.dtype, turned)


def sizes(node, cut):
    """What a kernel is told of a product, all but how many pieces share room."""
    (x, *_), (*batch, rows, columns) = passed(node), node.shape
    inner = node.args[0].shape[-1]
    strides = (inner, 1) if x is node.args[0] else (1, rows)
    where = cut.height, cut.blocks, cut.width, cut.strips, cut.depth, cut.deep
    return [rows, inner, columns, rows * inner, *strides, *where, prod(batch)]


def is_turned(node):
    """Is the value a transposed matrix, or a batch of such?"""
    ndim = len(node.shape)
    return node.op is ops.transpose and node.attrs["axes"] == (*range(ndim - 2), ndim - 1, ndim - 2)


def passed(node):
    """What a library, or the tile, is given of a step's operands: a transposed matrix as the one that it turns."""
    return tuple(map(_unturned, node.args)) if node.op in PRODUCTS else node.args


def _unturned(node):
    return node.args[0] if is_turned(node) and node.args[0].op is not ops.constant else node
