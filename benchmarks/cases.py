"""Every case there is, in the order in which they run."""

from benchmarks import foundation, precision, processes

CASES = (*foundation.CASES, *processes.CASES, *precision.CASES)
