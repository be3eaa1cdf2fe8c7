"""What memory allows: the time in which plain loops read and write a case's arrays."""

import functools
import time

import jax
import numpy as np
from numba import prange

from benchmarks.case import Contender, Result
from benchmarks.handmade import fast_parallel
from benchmarks.timing import stopwatch

# Smaller arrays stay in the nearest caches, where the limit is the processor's and not memory's.
NEAR = 8 << 20
SECONDS = 0.3


@fast_parallel
def read(x):
    total = 0.0
    for i in prange(x.size):
        total += x[i]
    return total


@fast_parallel
def write(x):
    for i in prange(x.size):
        x[i] = 1.0


@functools.cache
def seconds(loop, size):
    """The best time of a loop over so many bytes, on all threads."""
    x = np.ones(max(size // 8, 1))
    contender = Contender(loop.__name__, lambda: loop(x))
    best, end = stopwatch(contender), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        best = min(best, stopwatch(contender))
    return best


def size(values):
    return sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(values))


def memory_limit(arguments, result):
    """The limit as a contender's result; nothing for small arrays."""
    inputs, outputs = size(arguments), size(result)
    if inputs + outputs < NEAR:
        return []
    spent = seconds(read, inputs) + seconds(write, outputs)
    return [Result("memory limit", spent, spent)]
