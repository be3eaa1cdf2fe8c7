"""A compiled graph, ready to be called with arrays of the host or of the device."""

from __future__ import annotations

import numpy as np

from defn.compilers.cuda import device, ptx
from defn.compilers.cuda.array import DeviceArray
from defn.compilers.cuda.plan import Plan, Program
from defn.errors import ArgumentError


def machine(options):
    """What runs the kernels: a device, or the executor of PTX on the CPU."""
    executor = options.get("executor")
    if executor not in (None, "device", "ptx"):
        raise ArgumentError(f"unknown executor {executor!r}; there are 'device' and 'ptx'")
    return ptx.Machine() if executor == "ptx" else device.machine(options.get("device"))


def executable(graph, options):
    """The executable of a graph."""
    found = machine(options)
    return Executable(Plan(graph, options, found.capability), found)


class Executable:
    """Called with one array per parameter; returns one array per output."""

    def __init__(self, plan, machine):
        self.plan, self.machine, self.program = plan, machine, Program(plan)

    def on_device(self, *buffers):
        """The outputs' buffers for the inputs', all of them on the device, and none the same. The
        host does not wait.
        """
        results = self.program.run(self.machine, buffers)
        seen, found = {id(b) for b in buffers}, []
        for result in results:
            found.append(self.machine.copy(result) if id(result) in seen else result)
            seen.add(id(result))
        self.machine.end(buffers)
        return found

    def owns(self, foreign, backend):
        """Are tensors on this backend in the memory that the kernels work on?"""
        there = getattr(backend, "machine", None)
        return foreign is None and there is not None and there.name == self.machine.name

    def call_native(self, *arrays):
        """Arrays of the device (and of NumPy, which are transferred) in, arrays of the device out."""
        with self.machine.on(self.plan.options.get("stream")):
            buffers = [
                a.buffer if isinstance(a, DeviceArray) else self.machine.upload(np.asarray(a))
                for a in arrays
            ]
            results = self.on_device(*buffers)
        outputs = self.plan.graph.outputs
        return [DeviceArray(self.machine, b, o.type) for b, o in zip(results, outputs, strict=True)]

    def __call__(self, *arrays):
        with self.machine.on(self.plan.options.get("stream")):
            buffers = [self.machine.upload(np.ascontiguousarray(a)) for a in arrays]
            results = self.program.run(self.machine, buffers)
            outputs = self.plan.graph.outputs
            return tuple(
                self.machine.download(b, o.dtype, o.shape)
                for b, o in zip(results, outputs, strict=True)
            )

    @property
    def source(self):
        """The kernels' text."""
        return "\n\n".join(dict.fromkeys(self.plan.texts))

    def explain(self):
        """What runs, in order: kernels with their blocks and bytes, and what the host does."""
        return "\n".join(self.plan.facts)
