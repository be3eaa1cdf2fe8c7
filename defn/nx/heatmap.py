"""A picture of an array in a terminal."""

from __future__ import annotations

import os
import sys

import numpy as np

from defn.errors import TypeMismatch
from defn.tensor import asarray, concrete

GREYS = range(232, 256)  # of the 256 colours of a terminal
BLANK = "  "


class Heatmap:
    """The elements of an array as greys, or as digits from 0 to 9 where there are no colours."""

    def __init__(self, values, colours, blank):
        self.values, self.colours, self.blank = values, colours, blank

    def __repr__(self):
        shares = self._shares()
        block = shares if shares.ndim else shares.reshape(1)
        return "\n".join(self._lines(block))

    def _shares(self):
        """How far each element lies between the least and the greatest, from 0 to 1."""
        values = self.values.astype(float)
        low = values.min(initial=np.inf, where=np.isfinite(values))
        high = values.max(initial=-np.inf, where=np.isfinite(values))
        return np.clip(
            (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) / ((high - low) or 1),
            0,
            1,
        )

    def _lines(self, shares):
        """The rows of the last axis; matrices one below the other, a line between."""
        if shares.ndim == 1:
            return ["".join(map(self._cell, shares)) + ("\x1b[0m" if self.colours else "")]
        blocks = [self._lines(part) for part in shares]
        between = [""] if shares.ndim > 2 else []
        return [line for k, block in enumerate(blocks) for line in (between * (k > 0) + block)]

    def _cell(self, share):
        if not self.colours:
            return str(int(share * 9))
        return f"\x1b[48;5;{GREYS[int(share * (len(GREYS) - 1))]}m{self.blank}"


def to_heatmap(x, *, colours=None, blank=BLANK):
    """A picture of an array to print: greys where the terminal has colours, else digits.

    >>> to_heatmap([[0, 1], [2, 9]], colours=False)
    01
    29
    """
    values = concrete(asarray(x), "to_heatmap()")
    if values.dtype.kind == "c":
        raise TypeMismatch("a heatmap shows real numbers: take abs() or the real part")
    if colours is None:
        colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return Heatmap(values, colours, blank)
