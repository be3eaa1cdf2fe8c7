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


def clocked(function, seconds):
    """The function, which notes how long its own body ran: while tracing, that is the tracing."""

    def timed(x):
        start = time.perf_counter()
        result = function(x)
        seconds.append(time.perf_counter() - start)
        return result

    return timed


def seconds_of(function, x):
    """Seconds to trace and prepare a function, and the number of nodes of its graph."""
    compiler = Nothing()
    start = time.perf_counter()
    jit(function, compiler=compiler, syntax=False).trace(x)
    return time.perf_counter() - start, len(compiler.graph)


def per_node(length, repeats):
    """Microseconds a node: of tracing, of tracing and preparing, of the gradient beyond that."""
    x = np.full(3, 0.5)
    traced, whole, both = [], [], []
    for _ in range(repeats):
        spent, nodes = seconds_of(clocked(chain(length), traced), x)
        whole.append(spent)
        both.append(seconds_of(grad(chain(length)), x)[0])
    return [1e6 * t / nodes for t in (min(traced), min(whole), min(both) - min(whole))]


def costs(quick):
    readings = []
    for length in (1_000, 10_000) if quick else (1_000, 10_000, 100_000):
        traced, prepared, differentiated = per_node(length, 2 if length > 10_000 else 5)
        readings += [
            Reading(f"{length:7,} operations: trace", traced, "us/node", "limit 15"),
            Reading(f"{length:7,} operations: trace and prepare", prepared, "us/node"),
            Reading(f"{length:7,} operations: gradient", differentiated, "us/node", "limit 25"),
        ]
    return readings


CASES = (Probe("tracing", costs),)
