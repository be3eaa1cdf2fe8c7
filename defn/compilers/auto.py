"""`compiler="auto"`: the faster of Numba and XLA for a graph, by rule at first, then by measurement.

The first calls go to the compiler that the rule names, and are timed; then the other one is compiled and timed too.
The winner takes all calls after that, and is remembered on disk for the graph, the machine and the versions.
Results are right whichever runs: both give what NumPy gives, within their stated rounding.
"""

from __future__ import annotations

import hashlib
import importlib.util
import platform
import threading
import time

import numpy as np

from defn import ops
from defn.compilers import cache, find
from defn.display import show

CANDIDATES = ("numba", "xla")
TRIALS = 5  # timed calls of each, after one that is not counted


class Auto:
    """Chooses a compiler for each graph."""

    name = "auto"

    def compile(self, graph, options):
        """An executable that settles on the faster compiler."""
        usable = [name for name in CANDIDATES if is_usable(name, graph)]
        return Chooser(graph, options, usable)


def is_usable(name, graph):
    """Is the compiler installed, and does it keep what the graph asks for?"""
    if name != "xla":
        return True
    if importlib.util.find_spec("jax") is None:
        return False
    # XLA would raise only after the call, and copies what is written in place.
    return not graph.effects and not any(u is not None for u in graph.updates)


def favourite(graph):
    """The rule: loops and little work go to Numba; large products and nothing else to XLA."""
    products = [
        n for n in graph.order if n.op is ops.matmul and n.type.size * n.args[0].shape[-1] > 10**6
    ]
    return "xla" if products and not any(n.op in ops.LEAD for n in graph.order) else "numba"


class Chooser:
    """Both compiled graphs as one: times their first calls, then keeps the faster."""

    def __init__(self, graph, options, usable):
        self.graph, self.options = graph, options
        self.key = cache.key("auto", fingerprint(graph), platform.processor(), np.__version__)
        self.lock, self.times, self.made = threading.Lock(), {}, {}
        known = cache.read(self.key)
        remembered = known.decode() if known else None
        first = favourite(graph) if favourite(graph) in usable else usable[0]
        self.waiting = sorted(usable, key=lambda name: name != first)
        self.chosen = (
            remembered if remembered in usable else usable[0] if len(usable) == 1 else None
        )

    def __call__(self, *arrays):
        if self.chosen is not None:
            return self.executable(self.chosen)(*arrays)
        with self.lock:
            return self._trial(arrays)

    def executable(self, name):
        """The graph as one compiler makes it."""
        if name not in self.made:
            self.made[name] = find(name).compile(self.graph, self.options)
        return self.made[name]

    def _trial(self, arrays):
        if self.chosen is not None:
            return self.executable(self.chosen)(*arrays)
        name = next(n for n in self.waiting if len(self.times.setdefault(n, [])) <= TRIALS)
        run = self.executable(name)
        began = time.perf_counter()
        result = run(*arrays)
        self.times[name].append(time.perf_counter() - began)
        if all(len(self.times.get(n, ())) > TRIALS for n in self.waiting):
            self._settle()
        return result

    def _settle(self):
        """Keep the compiler with the quickest call, the first of each not counted."""
        self.chosen = min(self.waiting, key=lambda name: min(self.times[name][1:]))
        cache.write(self.key, self.chosen.encode())

    @property
    def source(self):
        """The text of the program that runs now."""
        return self.executable(self.chosen or self.waiting[0]).source

    def explain(self):
        """What was measured, and what runs."""
        lines = [
            f"{n}: {min(t[1:]) * 1e6:.1f} µs a call" for n, t in self.times.items() if len(t) > 1
        ]
        lines.append(
            f"runs on {self.chosen}"
            if self.chosen
            else f"still measuring, begins with {self.waiting[0]}"
        )
        inner = getattr(self.made.get(self.chosen), "explain", None)
        return "\n".join([*lines, *([inner()] if inner else [])])


def fingerprint(graph):
    """A name for a graph: its text, without the user's lines."""
    return hashlib.sha256(show(graph, where=False).encode()).hexdigest()


compiler = Auto()
