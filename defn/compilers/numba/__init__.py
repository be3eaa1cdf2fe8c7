"""Numba on the CPU: a graph becomes readable Python loops, compiled, fused, and shared between threads."""

from __future__ import annotations

from defn.compilers.numba.measure import measured
from defn.compilers.numba.plan import compiled
from defn.compilers.numba.selected import is_part


class Numba:
    """Compiles graphs to machine code through Numba."""

    name = "numba"
    has = staticmethod(is_part)

    def compile(self, graph, options):
        """The graph as a program of kernels."""
        return compiled(graph, options)

    def measure(self, executable, arrays):
        """The facts of a program with the time of each kernel for these arrays."""
        return measured(executable, arrays)


compiler = Numba()
