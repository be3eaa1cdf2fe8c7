"""Three cases from ten elements to ten million: where the cost of a call ends and where memory begins."""

import numpy as np

from benchmarks.case import Race
from benchmarks.foundation import (
    FUSED,
    TOTAL,
    fused,
    softmax,
    softmax_jax,
    softmax_loop,
    softmax_parallel,
    total,
)

SIZES = {f"1e{k}": 10**k for k in range(1, 8)}
LARGEST_QUICK = 100_000
COLUMNS = 100  # of softmax, whose smallest input is one short row
SOFTMAX = {"numba": softmax_loop, "numba parallel": softmax_parallel, "jax": softmax_jax}


def vectors(count, size):
    def arguments(generator, quick):
        shape = min(size, LARGEST_QUICK) if quick else size
        return tuple(generator.random(shape, np.float32) for _ in range(count))

    return arguments


def rows(size):
    def arguments(generator, quick):
        elements = min(size, LARGEST_QUICK) if quick else size
        columns = min(COLUMNS, elements)
        return (generator.standard_normal((elements // columns, columns), np.float32),)

    return arguments


CASES = tuple(
    race
    for name, size in SIZES.items()
    for race in (
        Race(f"fused-{name}", fused, vectors(3, size), FUSED),
        Race(f"sum-{name}", total, vectors(1, size), TOTAL, rtol=1e-4),
        Race(f"softmax-{name}", softmax, rows(size), SOFTMAX),
    )
)
