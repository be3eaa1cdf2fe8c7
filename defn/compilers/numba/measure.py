"""What each kernel of a program takes, beside what the machine allows.

The limit of a kernel is the later of two times: its bytes at the rate of a plain pass over as many, and its operations at
the rate of a matrix product of the same dtype (Williams, Waterman and Patterson, 2009: the roofline).
"""

from __future__ import annotations

import functools
import time

import numpy as np

from defn import ops
from defn.compilers.numba.executable import Executable, Host
from defn.compilers.numba.plan import compiled
from defn.expr import make, parameter
from defn.graph import Graph
from defn.types import Type

PATIENCE = 0.25  # seconds that a program is run again and again, at the most
LEAST, MOST = 1 << 12, 1 << 26  # bytes of an array that a plain pass reads
ORDER = 512  # of the matrices whose product is timed


class Measured(Executable):
    """An executable that runs step by step, and notes what each step took at best."""

    def _segments(self, steps):
        return [s if isinstance(s, Host) else self._program([s]) for s in steps]

    def _run(self, values):
        for k, segment in enumerate(self.segments):
            start = time.perf_counter()
            if isinstance(segment, Host):
                segment.run(self, values)
            else:
                segment[0](*values, threads=self.threads)
            self.best[k] = min(self.best[k], time.perf_counter() - start)

    def seconds(self, arrays):
        """The best time of each step, over as many runs as there is patience for."""
        self.best = [float("inf")] * len(self.segments)
        end = time.perf_counter() + PATIENCE
        while True:
            self._slow(*[a.copy() if k in self.written else a for k, a in enumerate(arrays)])
            if time.perf_counter() > end:
                return self.best


def measured(executable, arrays):
    """The facts of a program with the time of each step, and the share of the machine's limit that it reaches."""
    plan = executable.plan
    best = Measured(plan, executable.relaid).seconds(arrays)
    lines = [
        _line(fact, step, seconds, executable.threads)
        for fact, step, seconds in zip(plan.facts, plan.steps, best, strict=True)
    ]
    return "\n".join([*lines, f"in all {shown(sum(best))}"])


def _line(fact, step, seconds, threads):
    if isinstance(step, Host):
        return f"{fact}; {shown(seconds)}"
    moved = sum(s.bytes for s in set(step.storages))
    wide = any(s.dtype.itemsize > 4 for s in step.storages if s.dtype.kind in "fc")
    share = max(copying(moved, threads), step.operations * multiplying(wide)) / seconds
    return f"{fact}; {shown(seconds)}, {share:.0%} of the machine's limit"


def shown(seconds):
    """Seconds in microseconds or milliseconds."""
    return f"{seconds * 1e6:.1f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def least(run):
    """The best time of some runs."""
    best, end = float("inf"), time.perf_counter() + PATIENCE / 4
    while time.perf_counter() < end:
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


@functools.cache
def passing(size, threads):
    """The seconds that a byte takes in a plain pass: so many bytes are read, and as many written."""
    x = parameter(Type(np.float64, (size // 8,)), "x")
    graph = Graph((x,), (make(ops.negative, (x,), {}),))
    run, values = compiled(graph, {"threads": threads}), np.ones(x.shape)
    return least(lambda: run(values)) / (2 * size)


def copying(moved, threads):
    """The seconds in which a plain pass moves so many bytes."""
    size = min(max(1 << (max(moved, 1) // 2).bit_length(), LEAST), MOST)
    return moved * passing(size, threads)


@functools.cache
def multiplying(wide):
    """The seconds that an addition or multiplication takes within a product of float32 (wide: float64) matrices."""
    x = parameter(Type(np.dtype(np.float64 if wide else np.float32), (ORDER, ORDER)), "x")
    graph = Graph((x,), (make(ops.matmul, (x, x), {}),))
    run, values = compiled(graph, {}), np.ones(x.shape, x.dtype)
    return least(lambda: run(values)) / (2 * ORDER**3)
