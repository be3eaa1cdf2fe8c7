"""What the processor's registers have room for, when matrices are multiplied."""

from __future__ import annotations

import platform
from typing import NamedTuple

from defn.compilers.numba import symbols


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


def panel_width(dtype, columns):
    """The columns of the widest panel of so many."""
    widest = max(registers().rows) * registers().size // dtype.itemsize
    return min(columns, widest)


def panel_rows(dtype, columns):
    """The rows of a tile of the widest panel."""
    return registers().rows[-(-panel_width(dtype, columns) * dtype.itemsize // registers().size)]
