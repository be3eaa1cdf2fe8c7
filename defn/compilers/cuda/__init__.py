"""CUDA, through Numba: a graph becomes kernels with the CPU's schedule, for a device or for the
CPU's own executor.
"""

from __future__ import annotations

from defn.compilers.cuda.executable import executable
from defn.compilers.cuda.libdevice import has


class Cuda:
    """Compiles graphs to CUDA kernels; `executor="ptx"` runs the same PTX on the CPU, for small
    inputs.
    """

    name = "cuda"
    has = staticmethod(has)

    def compile(self, graph, options):
        """The graph as a program of kernels."""
        return executable(graph, options)


compiler = Cuda()
