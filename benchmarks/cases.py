"""Every case there is, in the order in which they run."""

from benchmarks import foundation, learning, loops, precision, processes, tracing

CASES = (
    *foundation.CASES,
    *learning.CASES,
    *processes.CASES,
    *tracing.CASES,
    *precision.CASES,
    *loops.CASES,
)
