"""Every case there is, in the order in which they run; those of SWEEPS where they are asked for."""

from benchmarks import (
    arrays,
    foundation,
    learning,
    loops,
    memory,
    ocean,
    precision,
    processes,
    products,
    science,
    sizes,
    tracing,
    vision,
)

CASES = (
    *foundation.CASES,
    *arrays.CASES,
    *science.CASES,
    *ocean.CASES,
    *learning.CASES,
    *vision.CASES,
    *processes.CASES,
    *tracing.CASES,
    *precision.CASES,
    *loops.CASES,
)
SWEEPS = (*sizes.CASES, *products.CASES, *memory.CASES)
