"""Graphs lowered and compiled by XLA for a GPU that need not be there."""

import functools

import jax
from jax.experimental import topologies

from benchmarks.h100 import H100
from defn.compilers.xla import ROOM, effects
from defn.compilers.xla.convolutions import for_platform
from defn.compilers.xla.program import Program


def traced(graph, sharding=None):
    """JAX's trace of a graph, as it is for a GPU."""
    program = Program(for_platform(graph, "gpu"), ROOM, effects.Host())
    arguments = [
        jax.ShapeDtypeStruct(p.shape, p.dtype, sharding=sharding) for p in graph.parameters
    ]
    return jax.jit(lambda *arrays: program(*arrays)).trace(*arguments)


def lowered(graph):
    """The StableHLO for CUDA."""
    with jax.enable_x64(True):
        return traced(graph).lower(lowering_platforms=("cuda",)).as_text()


@functools.cache
def h100():
    """An H100 for the compiler."""
    topology = topologies.get_topology_desc(platform="cuda", target_config=H100, topology="1x1x1")
    return jax.sharding.SingleDeviceSharding(topology.devices[0])


def compiled(graph):
    """The program for an H100, as optimised HLO."""
    with jax.enable_x64(True):
        return traced(graph, h100()).lower().compile().as_text()
