"""Skinny matrix products: a tile of rows by a few vectors of columns stays in registers.

The right operand has few columns and lies row by row; the left one may have any strides, so a
transposed one is none other. Each element is a sum over the inner axis in order, in blocks, so a
result depends neither on tiles nor on threads. The tile itself is `tile`'s.
"""

from __future__ import annotations

import platform
from typing import NamedTuple

from defn.compilers.numba import symbols

INNER = 256  # so many products in one sum; longer sums are sums of sums
MOST_COLUMNS = 64


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
    inner = size(args, 3)
    down = size(args, 4)
    along = size(args, 5)
"""
PANEL = """\
    for row in range(start, stop, {rows}):
        i = min(row, stop - {rows})
        for k in range(0, inner, {inner}):
            high = min(inner, k + {inner})
            if i >= start:
                tile({many})
            else:
                for r in range(start, stop):
                    tile({one})
"""


def text(columns, dtype):
    """The kernel of (rows, inner) times (inner, columns), over a range of rows.

    Its words: the addresses of a, b and c, then inner and a's strides, down and along, in elements.
    `inner` is at least 1. The last tile of a range steps back over rows instead of being cut.
    """
    shape = registers()
    width = shape.size // (4 if dtype == "float32" else 8)
    widest = max(shape.rows) * width
    panels = (panel(j, min(widest, columns - j), columns, width) for j in range(0, columns, widest))
    return HEAD.format(dtype=dtype) + "".join(panels) + "    return 0\n"


def panel(first, count, columns, width):
    """The lines of some columns that lie side by side."""
    rows = registers().rows[-(-count // width)]

    def call(row, rows):
        a = f"a, {row} * down, down, along"
        c = f"c, {row} * {columns} + {first}, {columns}"
        return f"{a}, b, {first}, {columns}, {c}, k, high, {rows}, {count}"

    return PANEL.format(rows=rows, inner=INNER, one=call("r", 1), many=call("i", rows))
