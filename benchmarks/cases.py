"""Every case there is, in the order in which they run."""

from benchmarks import (
    arrays,
    foundation,
    learning,
    loops,
    ocean,
    precision,
    processes,
    science,
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
