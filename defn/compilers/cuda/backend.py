"""Data in the memory of a device; one operation is a graph of one node, compiled and kept."""

from __future__ import annotations

import functools
from math import prod

import numpy as np

from defn.compilers.cuda import device, ptx
from defn.compilers.cuda.executable import Executable
from defn.compilers.cuda.plan import Plan
from defn.expr import items, make, parameter, sharing
from defn.graph import Graph
from defn.transforms.passes import prepare
from defn.types import Type, supported


class DeviceArray:
    """An array in the memory of a device, without gaps."""

    def __init__(self, machine, buffer, type):
        self.machine, self.buffer, self.type = machine, buffer, type

    dtype = property(lambda self: self.type.dtype)
    shape = property(lambda self: self.type.shape)

    @property
    def __cuda_array_interface__(self):
        """How CuPy, PyTorch and Numba take the array without a copy; without gaps there are no
        strides.
        """
        return {
            "version": 3,
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self.buffer.pointer if prod(self.shape) else 0, False),
            "strides": None,
            "stream": 1,
        }

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.machine.download(self.buffer, self.dtype, self.shape), dtype)


class CudaBackend:
    """Arrays on one device: `cuda:0`; `cuda:ptx` is the executor on the CPU."""

    compiler = "cuda"

    def __init__(self, name):
        self.name = name
        place = name.partition(":")[2]
        self.machine = ptx.Machine() if place == "ptx" else device.machine(name)

    def put(self, array):
        """A buffer that holds the array's values."""
        array = np.ascontiguousarray(array, supported(np.asarray(array).dtype))
        return DeviceArray(
            self.machine, self.machine.upload(array), Type(array.dtype, np.shape(array))
        )

    def get(self, buffer):
        """The buffer as a NumPy array."""
        return buffer.machine.download(buffer.buffer, buffer.dtype, buffer.shape)

    def copy(self, buffer):
        """Another buffer with the same values."""
        return DeviceArray(buffer.machine, buffer.machine.copy(buffer.buffer), buffer.type)

    def delete(self, buffer):
        """Give the memory back, as soon as no kernel needs it."""
        buffer.buffer = None

    def type_of(self, buffer):
        """The type of a buffer."""
        return buffer.type

    def run(self, op, buffers, attrs):
        """One operation, at once; its result stays on the device."""
        types = tuple(b.type for b in buffers)
        executable, several = single(op, types, tuple(attrs.items()), self.name)
        results = executable.on_device(*(b.buffer for b in buffers))
        made = [
            DeviceArray(self.machine, r, o.type)
            for r, o in zip(results, executable.plan.graph.outputs)
        ]
        return tuple(made) if several else made[0]

    def __repr__(self):
        return self.name

    def __reduce__(self):
        return backend, (self.name,)


@functools.lru_cache(maxsize=4096)
def single(op, types, attrs, name):
    """The executable of one operation for operands of these types; whether the operation has
    several results.
    """
    with sharing():
        parameters = [parameter(type) for type in types]
        node = make(op, tuple(parameters), dict(attrs))
        several = node.type.parts is not None
        graph = Graph(parameters, items(node) if several else [node])
    machine = backend(name).machine
    return Executable(Plan(prepare(graph), {}, machine.capability), machine), several


@functools.cache
def backend(name):
    """The backend of this name."""
    return CudaBackend(name)
