"""Data in JAX arrays; one operation is a graph of one node, compiled and kept."""

from __future__ import annotations

import functools

import jax
import numpy as np

from defn import ops
from defn.compilers.xla import compiler, device
from defn.graph import of_one_operation
from defn.transforms.passes import prepare
from defn.types import Type, supported


class XlaBackend:
    """JAX arrays on one device: `xla:cpu`, `xla:cuda:0`."""

    compiler = "xla"

    def __init__(self, name):
        self.name = name
        self.place = name.partition(":")[2] or None
        self.device = device.find(self.place)
        self.options = {"device": self.place}

    def put(self, array):
        """A buffer that holds the array's values; the array may be overwritten afterwards."""
        with jax.enable_x64(True):
            return jax.device_put(np.array(array, supported(array.dtype), copy=True), self.device)

    def get(self, buffer):
        """The buffer as a NumPy array that cannot be written."""
        return np.asarray(buffer)

    def copy(self, buffer):
        """Another buffer with the same values: one of them may be given up to a function that writes
        into its tensor.
        """
        with jax.enable_x64(True):
            return jax.numpy.array(buffer, copy=True)

    def delete(self, buffer):
        """Give the memory back at once."""
        buffer.delete()

    def replaced(self, buffer, new):
        """The buffer of a tensor whose elements become those of `new`."""
        return new if isinstance(new, jax.Array) else self.put(new)

    def type_of(self, buffer):
        """The type of a buffer."""
        return Type(np.dtype(buffer.dtype), buffer.shape)

    def run(self, op, buffers, attrs):
        """One operation, at once."""
        types = tuple(map(self.type_of, buffers))
        program, several = single(op, types, tuple(attrs.items()), self.place)
        results = tuple(program.call_jax(*buffers))
        return results if several else results[0]

    def __repr__(self):
        return self.name

    def __reduce__(self):
        return backend, (self.name,)


@functools.lru_cache(maxsize=4096)
def single(op, types, attrs, place):
    """The executable of one operation for operands of these types; whether the operation has
    several results.
    """
    graph = of_one_operation(op, types, dict(attrs))
    several = graph.outputs[0].op is ops.item
    return compiler.compile(prepare(graph), {"device": place}), several


def backend(name):
    """The backend of this name."""
    return XlaBackend(name)
