"""Random words: the counter-based generator threefry 2x32, as one operation.

Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011.
"""

from __future__ import annotations

import numpy as np

from defn.ops.op import Kind, Op
from defn.types import Type

UINT64 = np.dtype("uint64")
ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA


def _threefry(first, second, high, low):
    """The two words of 32 bits in one of 64, under the keys (first, second), of counters."""
    keys = (first, second, first ^ second ^ PARITY)
    x, y = high + first, low + second
    for group in range(5):
        for turn in ROTATIONS[group % 2]:
            x = x + y
            y = _rotated(y, turn) ^ x
        x, y = x + keys[(group + 1) % 3], y + (keys[(group + 2) % 3] + (group + 1))
    return x.astype(UINT64) << 32 | y.astype(UINT64)


def _rotated(word, turn):
    """The bits of words of 32 bits, moved left and in again at the right."""
    return (word << turn) | (word >> (32 - turn))


# threefry(first, second, high, low), all of them uint32: a formula, as special functions are.
threefry = Op(
    "threefry",
    Kind.ELEMENTWISE,
    lambda first, *others: Type(UINT64, first.shape),
    _threefry,
    110,
    ("formula",),
)
