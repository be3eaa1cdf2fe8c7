"""Writes elementary-functions.md: the errors and the speed of the elementary functions on this machine.

PYTHONPATH=. python docs/make_elementary_functions.py
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from benchmarks.precision import FUNCTIONS, ulp_table
from defn import jit

TARGET = Path(__file__).parent / "elementary-functions.md"
COUNT = 100_000
SECONDS = 0.03
HEAD = """# Elementary functions

The greatest error in units of the last place, on random arguments over the whole range of normal numbers
(`python -m benchmarks ulp`), and nanoseconds an element on one thread, for {count:,} elements of the function's usual range, in the cache. Special values are NumPy's.
XLA on the CPU flushes subnormal numbers to zero, which is not in the table. `power`, `arctan2` and `hypot`, which take two operands,
are held to 4 units by tests. This page is written by `docs/make_elementary_functions.py`, on an x86-64 processor with AVX-512.

| function | dtype | NumPy, ulp | Numba, ulp | XLA, ulp | NumPy, ns | Numba, ns |
|---|---|---|---|---|---|---|
"""


def least(function, x):
    """Nanoseconds an element, at best."""
    function(x)
    best, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        function(x)
        best = min(best, time.perf_counter() - start)
    return best / len(x) * 1e9


def line(reading):
    """A row of the table, from what the benchmark read: `numpy 1.9, numba 0.9, xla 0.9`."""
    name, dtype = reading.what.split()
    errors = [part.split()[1] for part in reading.note.split(", ")]
    function = getattr(np, name)
    x = np.random.default_rng(0).uniform(*FUNCTIONS[function][1:], COUNT).astype(dtype)
    with np.errstate(all="ignore"):
        speeds = [least(f, x) for f in (function, jit(lambda x: function(x), threads=1))]
    return (
        f"| `{name}` | {dtype} | {' | '.join(errors)} | {' | '.join(f'{s:.2f}' for s in speeds)} |"
    )


def main():
    normal = [reading for reading in ulp_table(quick=False) if "subnormal" not in reading.what]
    TARGET.write_text(HEAD.format(count=COUNT) + "\n".join(map(line, normal)) + "\n")


if __name__ == "__main__":
    main()
