"""Every case there is, in the order in which they run."""

from benchmarks import (
    arrays,
    foundation,
    learning,
    loops,
    precision,
    processes,
    science,
    tracing,
)

CASES = (
    *foundation.CASES,
    *arrays.CASES,
    *science.CASES,
    *learning.CASES,
    *processes.CASES,
    *tracing.CASES,
    *precision.CASES,
    *loops.CASES,
)
