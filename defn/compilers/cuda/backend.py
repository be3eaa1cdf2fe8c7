"""Data in the memory of a device; one operation is a graph of one node, compiled and kept."""

from __future__ import annotations

import functools

import numpy as np

from defn import ops
from defn.compilers.cuda import device, interchange, ptx
from defn.compilers.cuda.array import DeviceArray
from defn.compilers.cuda.executable import Executable
from defn.compilers.cuda.interchange import device_number  # noqa: F401  (what a backend offers)
from defn.compilers.cuda.libdevice import has
from defn.compilers.cuda.plan import Plan
from defn.compilers.cuda.spread import without_gaps
from defn.errors import ArgumentError
from defn.graph import of_one_operation
from defn.transforms.passes import pipeline, prepare
from defn.types import Type, supported


class CudaBackend:
    """Arrays on one device: `cuda:0`; `cuda:ptx` is the executor on the CPU."""

    compiler = "cuda"

    def __init__(self, name):
        self.name = name
        self.place = name.partition(":")[2]
        self.machine = ptx.Machine() if self.place == "ptx" else device.machine(name)

    @property
    def options(self):
        """The options with which functions of tensors that live here are compiled."""
        return {"executor": "ptx"} if self.place == "ptx" else {"device": self.name}

    def put(self, array):
        """A buffer that holds the array's values."""
        array = np.asarray(array, supported(np.asarray(array).dtype), order="C")
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

    def taken(self, value):
        """Another library's array on this device: the same memory, or a copy where it has gaps."""
        self.machine.here()
        found = interchange.lent(value, self.machine)
        type = Type(found.dtype, found.shape)
        if found.strides is None:
            memory = self.machine.borrowed(found.pointer, found.dtype, type.size, found.owner)
        else:
            memory = without_gaps(self.machine, found, self.options)
        return DeviceArray(self.machine, memory, type, found)

    def replaced(self, buffer, new):
        """The buffer of a tensor whose elements become those of `new`: another library's array is
        written where it lies.
        """
        if buffer.lent is None:
            return new if isinstance(new, DeviceArray) else self.put(new)
        demand_writable(buffer.lent)
        values = new.buffer if isinstance(new, DeviceArray) else np.asarray(new, buffer.dtype)
        self.machine.overwrite(buffer.buffer, values)
        self.machine.end([buffer.buffer])
        return buffer

    def run(self, op, buffers, attrs):
        """One operation, at once; its result stays on the device."""
        types = tuple(b.type for b in buffers)
        executable, several = single(op, types, tuple(attrs.items()), self.name)
        made = executable.call_native(*buffers)
        return tuple(made) if several else made[0]

    def __repr__(self):
        return self.name

    def __reduce__(self):
        return backend, (self.name,)


def demand_writable(lent):
    """Refuse to write another library's array where that cannot be, or is not allowed."""
    if lent.readonly:
        raise ArgumentError(
            "the function writes into a device array that is read-only: pass a copy, or copy it "
            "inside the function"
        )
    if lent.strides is not None:
        raise ArgumentError(
            "the function writes into a device array whose elements lie apart (a slice with steps, "
            "a transposed array): pass a contiguous one"
        )


@functools.lru_cache(maxsize=4096)
def single(op, types, attrs, name):
    """The executable of one operation for operands of these types; whether the operation has
    several results.
    """
    graph = of_one_operation(op, types, dict(attrs))
    several = graph.outputs[0].op is ops.item
    here = backend(name)
    plan = Plan(prepare(graph, pipeline(has)), here.options, here.machine.capability)
    return Executable(plan, here.machine), several


@functools.cache
def backend(name):
    """The backend of this name."""
    return CudaBackend(name)
