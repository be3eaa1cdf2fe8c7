"""Graphs lowered and compiled by XLA for a GPU that need not be there."""

import functools

import jax
from jax.experimental import topologies

from defn.compilers.xla import ROOM, effects
from defn.compilers.xla.convolutions import for_platform
from defn.compilers.xla.program import Program

H100 = """
gpu_device_info {
  threads_per_block_limit: 1024 threads_per_warp: 32
  shared_memory_per_block: 49152 shared_memory_per_core: 233472
  shared_memory_per_block_optin: 232448
  threads_per_core_limit: 2048 core_count: 132 fpus_per_core: 128
  block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
  memory_bandwidth: 3352320000000 l2_cache_size: 52428800 clock_rate_ghz: 1.98
  device_memory_size: 84978434048
  cuda_compute_capability { major: 9 }
  registers_per_core_limit: 65536 registers_per_block_limit: 65536
}
platform_name: "CUDA"
dnn_version_info { major: 9 minor: 5 }
runtime_version { major: 13 minor: 0 }
device_description_str: "NVIDIA H100 80GB HBM3"
"""


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
