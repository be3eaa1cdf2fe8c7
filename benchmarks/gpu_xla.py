"""XLA's own kernels for the graphs of `benchmarks.gpu_code`, as PTX, for an H100 that need not be there.

Run by `gpu_code` with a Python that has `jax`, `jax-cuda13-plugin`, `jax-cuda13-pjrt` and
`nvidia-cuda-nvcc`; it prints, case by case, the kernels' files and their launches.
"""

import os
import sys

os.environ["JAX_PLATFORMS"] = "cpu"  # the plugin then looks for no device
os.environ["XLA_FLAGS"] = f"--xla_gpu_autotune_level=0 --xla_dump_to={sys.argv[1]}"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from h100 import H100  # noqa: E402
from jax.experimental import topologies  # noqa: E402


def fused(x, y, z):
    return jnp.sqrt(x * x + y * y) * jnp.exp(-z)


def softmax(x):
    e = jnp.exp(x - jnp.max(x, axis=-1, keepdims=True))
    return e / jnp.sum(e, axis=-1, keepdims=True)


def layer_norm(x):
    centred = x - jnp.mean(x, axis=-1, keepdims=True)
    square = jnp.mean(centred * centred, axis=-1, keepdims=True)
    return centred / jnp.sqrt(square + jnp.float32(1e-5))


def whole_sum(x):
    return jnp.sum(x)


def product(x, y):
    return jnp.matmul(x, y, precision="highest")


def scatter_add(x, where, values):
    return x.at[where].add(values)


def transpose(x):
    return x.T + jnp.float32(1)


def cumsum(x):
    return jnp.cumsum(x, axis=-1)


def column_sum(x):
    return jnp.sum(x, axis=0)


def argmax(x):
    return jnp.argmax(x, axis=-1)


def gelu(x):
    inner = jnp.float32(0.79788456) * (x + jnp.float32(0.044715) * x * x * x)
    return jnp.float32(0.5) * x * (1 + jnp.tanh(inner))


def stencil(u):
    around = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]
    return u[1:-1, 1:-1] + jnp.float32(0.1) * (around - 4 * u[1:-1, 1:-1])


def add_bias(x, y):
    return jnp.maximum(x + y, 0)


def small_products(x, y):
    return jnp.matmul(x, y, precision="highest")


def gather(x, where):
    return x[where]


def main():
    folder = sys.argv[1]
    topology = topologies.get_topology_desc(platform="cuda", target_config=H100, topology="1x1x1")
    sharding = jax.sharding.SingleDeviceSharding(topology.devices[0])
    for line in sys.stdin:
        name, *shapes = line.split()
        arguments = []
        for text in shapes:
            dtype, _, shape = text.partition(":")
            sizes = tuple(map(int, shape.split("x")))
            arguments.append(jax.ShapeDtypeStruct(sizes, dtype, sharding=sharding))
        jax.jit(globals()[name]).lower(*arguments).compile()
    print(folder)


main()
