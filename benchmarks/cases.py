"""Every case there is, in the order in which they run."""

from benchmarks import foundation, loops, precision, processes

CASES = (*foundation.CASES, *processes.CASES, *precision.CASES, *loops.CASES)
