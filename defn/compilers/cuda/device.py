"""A device: its memory, transfers and launches, each in the order of a stream.

Every thread of the host has a stream of its own. The streams wait for the legacy stream and it waits
for them, as CUDA's streams do unless they are told not to: other libraries work there, so that an
array that they fill before a call, or overwrite after it, is read in between.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import threading
from typing import NamedTuple

import numpy as np

from defn.compilers.cuda.build import machine_code, supported_capabilities
from defn.compilers.cuda.dlpack import CUDA
from defn.compilers.cuda.driver import OutOfMemory, api, asked, start
from defn.compilers.cuda.streams import Stream, handle_of
from defn.errors import ArgumentError, CompilerError

MAJOR, MINOR = 75, 76  # the attributes that hold the compute capability
WAITING = 0  # CU_STREAM_DEFAULT: waits for the legacy stream


def machine(device=None):
    """The device of a name such as `cuda:0`; without one, the first."""
    name = str(device or "cuda:0")
    family, _, number = name.partition(":")
    if family not in ("cuda", "gpu") or not (number or "0").isdigit():
        raise ArgumentError(f"no device {name!r} for CUDA: devices are called 'cuda:0', 'cuda:1'")
    return _machine(int(number or 0))


@functools.cache
def _machine(number):
    start()
    count = asked("cuDeviceGetCount")
    if number >= count:
        raise ArgumentError(f"no device 'cuda:{number}': there are {count}, counted from 0")
    return Machine(number)


class Buffer(NamedTuple):
    """Memory of the device: a block of ours, or what another library's array lends."""

    pointer: int
    dtype: np.dtype
    size: int
    owner: object
    borrowed: bool = False

    bytes = property(lambda self: self.size * self.dtype.itemsize)


class Turn:
    """The stream of a thread; another thread has it when this one has ended."""

    def __init__(self, machine):
        self.machine, self.stream = machine, machine.spare_stream()

    def __del__(self):
        if hasattr(self, "stream"):
            self.machine.spare.append(self.stream)


class Machine:
    """One device, with the primary context that other libraries use too."""

    def __init__(self, number):
        self.name, self.number = f"cuda:{number}", number
        self.device = asked("cuDeviceGet", number)
        self.capability = self._attribute(MAJOR), self._attribute(MINOR)
        demand_supported(self.name, self.capability)
        self.context = asked("cuDevicePrimaryCtxRetain", self.device)
        self.functions, self.streams, self.spare = {}, {}, []
        self.local = threading.local()

    def _attribute(self, which):
        return asked("cuDeviceGetAttribute", api.CUdevice_attribute(which), self.device)

    def here(self):
        """Let the driver's functions mean this device."""
        asked("cuCtxSetCurrent", self.context)

    # Streams.

    @property
    def stream(self):
        """The stream of this thread, or the one that `on` has chosen."""
        try:
            return self.local.chosen or self.local.turn.stream
        except AttributeError:
            self.local.chosen, self.local.turn = None, Turn(self)
            return self.local.turn.stream

    def spare_stream(self):
        """A stream that no thread has."""
        try:
            return self.spare.pop()
        except IndexError:
            self.here()
            return self._known(int(asked("cuStreamCreate", WAITING)))

    def _known(self, handle):
        return self.streams.setdefault(handle, Stream(self.allocate, handle))

    @contextlib.contextmanager
    def on(self, stream):
        """Work in a user's stream; None: in the thread's own."""
        if stream is None:
            yield
            return
        before, self.local.chosen = self.stream, self._known(handle_of(stream))
        try:
            yield
        finally:
            self.local.chosen = before

    def wait(self):
        """Until all kernels have ended."""
        self.here()
        asked("cuCtxSynchronize")

    # Memory.

    def empty(self, dtype, size):
        """Memory for so many elements."""
        self.here()
        dtype = np.dtype(dtype)
        try:
            block = self.stream.block(size * dtype.itemsize)
        except OutOfMemory:
            free, whole = asked("cuMemGetInfo")
            raise OutOfMemory(
                f"{self.name} has no room for {size * dtype.itemsize:,} bytes: {free:,} of {whole:,} "
                "are free"
            ) from None
        return Buffer(block.pointer, dtype, size, block)

    def allocate(self, size):
        """Fresh memory of the driver's; where there is none, after what lies idle is given back."""
        try:
            return int(asked("cuMemAlloc", size))
        except OutOfMemory:
            if not self.trim():
                raise
            return int(asked("cuMemAlloc", size))

    def trim(self):
        """Give idle memory back to the driver, for other libraries; how many bytes that was."""
        self.here()
        return sum(stream.trim() for stream in list(self.streams.values()))

    def borrowed(self, pointer, dtype, size, owner):
        """The memory of another library's array, whose owner is kept as long as it is used."""
        return Buffer(pointer, np.dtype(dtype), size, owner, True)

    def upload(self, array):
        """An array's values, in memory of the device; the array may be overwritten afterwards."""
        array = np.ascontiguousarray(array)
        buffer = self.empty(array.dtype, array.size)
        self.overwrite(buffer, array)
        return buffer

    def overwrite(self, buffer, values):
        """Let memory hold the values of an array, or of other memory."""
        self.here()
        if not buffer.bytes:
            return
        place = self.place(buffer)
        if isinstance(values, Buffer):
            asked("cuMemcpyDtoDAsync", place, self.place(values), buffer.bytes, self.stream.handle)
        else:
            values = np.ascontiguousarray(values, buffer.dtype)
            asked("cuMemcpyHtoDAsync", place, values.ctypes.data, buffer.bytes, self.stream.handle)

    def download(self, buffer, dtype, shape):
        """The values of a buffer as an array of a shape; this waits for the kernels before it."""
        self.here()
        array = np.empty(shape, buffer.dtype)
        if array.nbytes:
            stream = self.stream
            place = self.place(buffer)
            asked("cuMemcpyDtoHAsync", array.ctypes.data, place, array.nbytes, stream.handle)
            stream.wait()
        return array

    def copy(self, buffer):
        """Another buffer with the same values."""
        made = self.empty(buffer.dtype, buffer.size)
        self.overwrite(made, buffer)
        return made

    def place(self, buffer):
        """A buffer's address, for work in this thread's stream."""
        if not buffer.borrowed:
            buffer.owner.used_by(self.stream)
        return buffer.pointer

    # Other libraries.

    dlpack_device = property(lambda self: (CUDA, self.number))

    def address(self, buffer):
        """Where a buffer begins."""
        return buffer.pointer

    def written_in(self, buffer):
        """The stream whose work so far a reader of the buffer waits for."""
        return (self.stream if buffer.borrowed else buffer.owner.stream).handle

    def lend(self, buffer, stream):
        """Let another library's stream read a buffer; -1: it takes care of that itself."""
        if stream == -1:
            return
        self.here()
        borrower = self._known(handle_of(stream))
        if buffer.borrowed:
            self.stream.before(borrower.handle)
        else:
            buffer.owner.stream.before(borrower.handle)
            buffer.owner.users.add(borrower)

    # Kernels.

    def launch(self, compiled, grid, block, arguments):
        """Start a kernel; the host does not wait for it."""
        self.here()
        function, stream = self._function(compiled), self.stream.handle
        buffers = [isinstance(a, Buffer) for a in arguments]
        values = tuple(
            self.place(a) if b else int(a) for a, b in zip(arguments, buffers, strict=True)
        )
        kinds = tuple(ctypes.c_void_p if b else ctypes.c_int64 for b in buffers)
        asked("cuLaunchKernel", function, grid, 1, 1, block, 1, 1, 0, stream, (values, kinds), 0)

    def _function(self, compiled):
        """The kernel, loaded onto this device once."""
        if compiled.ptx not in self.functions:
            module = asked("cuModuleLoadData", machine_code(compiled.ptx, self.capability).code)
            function = asked("cuModuleGetFunction", module, compiled.entry.encode())
            self.functions[compiled.ptx] = function, module
        return self.functions[compiled.ptx][0]

    def end(self, buffers):
        """After the launches of a call: owners of borrowed memory are kept until it was read."""
        owners = [b.owner for b in buffers if isinstance(b, Buffer) and b.borrowed]
        if owners:
            self.stream.hold(owners)


def demand_supported(name, capability):
    """Refuse a device that is older than the toolkit's oldest."""
    oldest, newest = supported_capabilities()
    if capability < oldest:
        raise CompilerError(
            f"{name} has compute capability {capability[0]}.{capability[1]}; the installed CUDA "
            f"toolkit makes kernels from {oldest[0]}.{oldest[1]} (Turing) on: use compiler='numba', or "
            "compiler='xla' with a JAX for that device"
        )
    if capability > newest:
        raise CompilerError(
            f"{name} has compute capability {capability[0]}.{capability[1]}; the installed CUDA "
            f"toolkit knows none after {newest[0]}.{newest[1]}: pip install -U 'defn[cuda]'"
        )
