"""Data in JAX arrays; one operation is a graph of one node, compiled and kept."""

from __future__ import annotations

import functools

import jax
import numpy as np

from defn.compilers.xla import compiler, device
from defn.expr import items, make, parameter, sharing
from defn.graph import Graph
from defn.transforms.passes import prepare
from defn.types import Type, supported


class XlaBackend:
    """JAX arrays on one device: `xla:cpu`, `xla:cuda:0`."""

    compiler = "xla"

    def __init__(self, name):
        self.name = name
        self.place = name.partition(":")[2] or None
        self.device = device.find(self.place)

    def put(self, array):
        """A buffer that holds the array's values; the array may be overwritten afterwards."""
        with jax.enable_x64(True):
            return jax.device_put(np.array(array, supported(array.dtype), copy=True), self.device)

    def get(self, buffer):
        """The buffer as a NumPy array that cannot be written."""
        return np.asarray(buffer)

    def copy(self, buffer):
        """A buffer with the same values: buffers are never written, so it is the buffer itself."""
        return buffer

    def delete(self, buffer):
        """Give the memory back at once."""
        buffer.delete()

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
    with sharing():
        parameters = [parameter(type) for type in types]
        node = make(op, tuple(parameters), dict(attrs))
        several = node.type.parts is not None
        graph = Graph(parameters, items(node) if several else [node])
    return compiler.compile(prepare(graph), {"device": place}), several


def backend(name):
    """The backend of this name."""
    return XlaBackend(name)
