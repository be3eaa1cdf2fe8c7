"""What a node costs before any code is made: to trace it, to prepare it, to differentiate it."""

import time

import numpy as np

from benchmarks.case import Probe, Reading
from defn import grad, jit


class Nothing:
    """A compiler that only keeps the graph: what is left is defn's own time."""

    name = "nothing"

    def compile(self, graph, options):
        self.graph = graph
        return lambda *arrays: ()


def chain(length):
    """A function of about `length` operations, one after another."""

    def function(x):
        y = x
        for _ in range(length // 3):
            y = np.sin(y * x) + x
        return np.sum(y)

    return function


def clocked(function, x):
    """Seconds in which the function's own body ran while it was traced, seconds for all, nodes."""
    inside, compiler = [], Nothing()

    def timed(x):
        start = time.perf_counter()
        result = function(x)
        inside.append(time.perf_counter() - start)
        return result

    start = time.perf_counter()
    jit(timed, compiler=compiler, syntax=False).trace(x)
    return inside[0], time.perf_counter() - start, len(compiler.graph)


def best(function, x, repeats):
    """The shortest times of some runs: inside the body, and of the passes after it; the nodes."""
    runs = [clocked(function, x) for _ in range(repeats)]
    return min(r[0] for r in runs), min(r[1] - r[0] for r in runs), runs[0][2]


def costs(quick):
    x, readings = np.full(3, 0.5), []
    for length in (1_000, 10_000) if quick else (1_000, 10_000, 100_000):
        function = jit(chain(length), syntax=False)
        repeats = 2 if length > 10_000 else 5
        traced, prepared, nodes = best(function, x, repeats)
        both, passes, more = best(grad(function), x, repeats)
        for what, seconds, count, note in (
            ("trace", traced, nodes, "limit 15"),
            ("passes", prepared, nodes, ""),
            ("gradient", both - traced, nodes, "limit 25"),
            ("passes over the gradient", passes, more, f"{more:,} nodes"),
        ):
            what = f"{length:,} operations: {what}"
            readings.append(Reading(what, 1e6 * seconds / count, "us/node", note))
    return readings


CASES = (Probe("tracing", costs),)
