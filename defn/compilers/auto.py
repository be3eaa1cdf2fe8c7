"""`compiler="auto"`: the faster of Numba and XLA for a graph, by rule at first, then by measurement.

The first calls go to the compiler that the rule names, and are timed; then the other one is compiled, and they take
turns. The winner takes all calls after that, and is remembered on disk for the graph, the machine and the versions.
Results are right whichever runs: both give what NumPy gives, within their stated rounding.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import threading
import time
from importlib import metadata

from defn import ops
from defn.compilers import cache, find
from defn.display import show

CANDIDATES = ("numba", "xla")
TRIALS = 5  # timed calls of each, after one that is not counted
MOST = 25  # the same, where they are about as fast
CLOSE = 1.3


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
    """Both compiled graphs as one: times their first calls, then keeps the faster.

    `call` is the function of a call: it becomes the winner's own.
    """

    def __init__(self, graph, options, usable):
        self.graph, self.options = graph, options
        self.key = cache.key("auto", fingerprint(graph), *surroundings(), options.get("threads"))
        self.lock, self.times, self.made = threading.Lock(), {}, {}
        known = cache.read(self.key) if len(usable) > 1 else None
        remembered = known.decode() if known else None
        first = favourite(graph) if favourite(graph) in usable else usable[0]
        self.waiting = sorted(usable, key=lambda name: name != first)
        self.chosen, self.call = None, self._trial
        if remembered in usable or len(usable) == 1:
            self._choose(remembered or usable[0])

    @property
    def settled(self):
        """Will `call` stay what it is?"""
        return self.chosen is not None

    def __call__(self, *arrays):
        return self.call(*arrays)

    def executable(self, name):
        """The graph as one compiler makes it."""
        if name not in self.made:
            self.made[name] = find(name).compile(self.graph, self.options)
        return self.made[name]

    def _choose(self, name):
        executable = self.executable(name)
        self.call, self.chosen = getattr(executable, "call", executable), name

    def _trial(self, *arrays):
        with self.lock:
            if not self.settled:
                return self._timed(self._next(), arrays)
        return self.call(*arrays)

    def _timed(self, name, arrays):
        run = self.executable(name)
        began = time.perf_counter()
        result = run(*arrays)
        self.times.setdefault(name, []).append(time.perf_counter() - began)
        if self._is_decided():
            quickest = {name: min(times[1:]) for name, times in self.times.items()}
            self._choose(min(quickest, key=quickest.get))
            cache.write(self.key, self.chosen.encode())
        return result

    def _next(self):
        """The first one alone for some calls, for many programs make no more; then both in turns, so that what
        else the machine does slows both."""
        first, second = self.waiting
        ahead = len(self.times.get(first, ())) - len(self.times.get(second, ()))
        return first if ahead <= TRIALS else second

    def _is_decided(self):
        """Has each had its trials: few where one is clearly faster, more where not?"""
        counted = [sorted(self.times.get(name, [0.0])[1:]) for name in self.waiting]
        fewest = min(map(len, counted))
        if fewest < TRIALS:
            return False
        quickest = sorted(times[0] for times in counted)
        return fewest >= MOST or quickest[1] > CLOSE * quickest[0]

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


def surroundings():
    """What the speed of a compiled graph depends on besides the graph."""
    packages = [
        f"{name} {_version(name)}" for name in ("defn", "numba", "llvmlite", "jax", "jaxlib")
    ]
    return *packages, platform.processor() or platform.machine(), os.cpu_count()


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def fingerprint(graph):
    """A name for a graph: its text, without the user's lines."""
    return hashlib.sha256(show(graph, where=False).encode()).hexdigest()


compiler = Auto()
