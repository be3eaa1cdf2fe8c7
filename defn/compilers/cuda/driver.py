"""A device, through the CUDA driver: memory, transfers, launches."""

from __future__ import annotations

import ctypes
import functools
import weakref
from typing import NamedTuple

import numpy as np
from cuda.bindings import driver as api

from defn.compilers.cuda.build import assemble
from defn.errors import ArgumentError, CompilerError

OUT_OF_MEMORY = 2  # CUDA_ERROR_OUT_OF_MEMORY
MAJOR, MINOR = 75, 76  # the attributes that hold the compute capability


class OutOfMemory(CompilerError, MemoryError):
    """The device has no room for a buffer."""


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
    count = asked(api.cuDeviceGetCount)
    if number >= count:
        raise ArgumentError(f"no device 'cuda:{number}': there are {count}, counted from 0")
    return Machine(number)


def start():
    """Wake the driver, or say that there is none and what to do."""
    try:
        status = api.cuInit(0)[0]
    except (RuntimeError, OSError) as error:
        status = error
    if isinstance(status, Exception) or int(status) != 0:
        raise CompilerError(
            f"no CUDA driver was found ({status}): the compiler 'cuda' needs an NVIDIA device and "
            "its driver; executor='ptx' runs the same kernels on the CPU, for small inputs, and "
            "compiler='numba' is the one for CPUs"
        )


def asked(function, *args):
    """What a function of the driver gives; its errors are raised."""
    status, *result = function(*args)
    if int(status) == OUT_OF_MEMORY:
        raise OutOfMemory("the device has no room left")
    if int(status) != 0:
        raise CompilerError(f"{function.__name__} failed: {status!r}")
    return result[0] if len(result) == 1 else result


class Buffer(NamedTuple):
    """Memory of the device; it is given back when nothing refers to the owner."""

    pointer: int
    dtype: np.dtype
    size: int
    owner: object


class Owner:
    """Holds memory."""


class Machine:
    """One device, with the primary context that other libraries use too."""

    def __init__(self, number):
        self.name, self.device = f"cuda:{number}", asked(api.cuDeviceGet, number)
        self.context = asked(api.cuDevicePrimaryCtxRetain, self.device)
        self.functions, self.stream = {}, 0
        attribute = lambda which: asked(
            api.cuDeviceGetAttribute, api.CUdevice_attribute(which), self.device
        )
        self.capability = attribute(MAJOR), attribute(MINOR)

    def _here(self):
        asked(api.cuCtxSetCurrent, self.context)

    def empty(self, dtype, size):
        """Memory for so many elements."""
        self._here()
        dtype = np.dtype(dtype)
        pointer = int(asked(api.cuMemAlloc, max(1, size * dtype.itemsize)))
        owner = Owner()
        weakref.finalize(owner, self._free, pointer)
        return Buffer(pointer, dtype, size, owner)

    def _free(self, pointer):
        self._here()
        asked(api.cuMemFree, pointer)

    def upload(self, array):
        """An array's values, in memory of the device."""
        array = np.ascontiguousarray(array)
        buffer = self.empty(array.dtype, array.size)
        if array.nbytes:
            asked(api.cuMemcpyHtoD, buffer.pointer, array.ctypes.data, array.nbytes)
        return buffer

    def download(self, buffer, dtype, shape):
        """The values of a buffer as an array of a shape; this waits for the kernels before it."""
        self._here()
        array = np.empty(shape, buffer.dtype)
        if array.nbytes:
            asked(api.cuMemcpyDtoH, array.ctypes.data, buffer.pointer, array.nbytes)
        return array

    def copy(self, buffer):
        """Another buffer with the same values."""
        made = self.empty(buffer.dtype, buffer.size)
        if buffer.size:
            asked(
                api.cuMemcpyDtoD, made.pointer, buffer.pointer, buffer.size * buffer.dtype.itemsize
            )
        return made

    def launch(self, compiled, grid, block, arguments):
        """Start a kernel; the host does not wait for it."""
        self._here()
        function = self._function(compiled)
        values = tuple(a.pointer if isinstance(a, Buffer) else int(a) for a in arguments)
        kinds = tuple(
            ctypes.c_void_p if isinstance(a, Buffer) else ctypes.c_int64 for a in arguments
        )
        asked(
            api.cuLaunchKernel,
            function,
            grid,
            1,
            1,
            block,
            1,
            1,
            0,
            self.stream,
            (values, kinds),
            0,
        )

    def _function(self, compiled):
        """The kernel, loaded onto this device once."""
        if compiled.ptx not in self.functions:
            code = assemble(compiled.ptx, self.capability).code
            module = asked(api.cuModuleLoadData, code)
            function = asked(api.cuModuleGetFunction, module, compiled.entry.encode())
            self.functions[compiled.ptx] = function, module
        return self.functions[compiled.ptx][0]

    def wait(self):
        """Until all kernels have ended."""
        self._here()
        asked(api.cuCtxSynchronize)
