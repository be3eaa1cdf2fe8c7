"""Large products of matrices by NVIDIA's cuBLAS, where `nvmath-python` or CuPy is installed: the one
place that imports either.

Both have the same function, `cublasGemmStridedBatchedEx`, with the same arguments in the same order.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
from math import prod

import numpy as np

from defn.compilers.numba.product import passed

# Sums of products from which on the library's kernels gain more than one more call costs.
MUCH = 1 << 21
# cuBLAS's numbers of a dtype, and of the precision in which it sums: float32 is not shortened to TF32.
NUMBER = {"float32": (0, 68), "float64": (1, 70), "complex64": (4, 68), "complex128": (5, 70)}
ANY_ALGORITHM = -1


class Nvmath:
    """cuBLAS through nvmath-python's bindings."""

    name = "nvmath-python"
    module = "nvmath.bindings.cublas"

    def __init__(self, bindings):
        self.bindings, self.handles = bindings, {}
        self.gemm = bindings.gemm_strided_batched_ex
        bindings.get_cudart_version()  # raises where cuBLAS itself is not installed

    @contextlib.contextmanager
    def handle(self, machine):
        """cuBLAS's handle for a device and this thread's stream."""
        key = machine.name, machine.stream.handle
        if key not in self.handles:
            self.handles[key] = self.bindings.create()
            self.bindings.set_stream(self.handles[key], machine.stream.handle)
        yield self.handles[key]


class CuPy:
    """cuBLAS through CuPy, which keeps a handle for each device."""

    name = "CuPy"
    module = "cupy.cuda"

    def __init__(self, module):
        self.module, self.gemm = module, module.cublas.gemmStridedBatchedEx

    @contextlib.contextmanager
    def handle(self, machine):
        """CuPy's handle, in this thread's stream."""
        with (
            self.module.Device(machine.number),
            self.module.ExternalStream(machine.stream.handle),
        ):
            yield self.module.device.get_cublas_handle()


@functools.cache
def found():
    """The first of the packages that is installed and finds cuBLAS, or None."""
    for kind in (Nvmath, CuPy):
        if importlib.util.find_spec(kind.module.partition(".")[0]) is not None:
            with contextlib.suppress(Exception):  # an installed package may lack cuBLAS itself
                return kind(importlib.import_module(kind.module))
    return None


def library_for(node, options):
    """What computes a product on a device: a library, or None for a kernel of ours."""
    (*_, rows, columns), terms = node.shape, node.args[0].shape[-1]
    large = rows * columns * terms >= MUCH and node.type.size and str(node.dtype) in NUMBER
    return found() if large and options.get("executor") != "ptx" else None


class LibraryProduct:
    """A step: one product by cuBLAS."""

    def __init__(self, node, storages, library):
        self.node, self.storages, self.library = node, tuple(storages), library

    def run(self, call):
        """Start it; the host does not wait."""
        x, y, z = (call.machine.place(call.buffer(s)) for s in self.storages)
        with self.library.handle(call.machine) as handle:
            self.library.gemm(handle, *arguments(self.node, x, y, z))


def arguments(node, x, y, z):
    """What cuBLAS is asked for: it counts by columns, so it is given the transposed product."""
    (*batch, rows, columns), terms = node.shape, node.args[0].shape[-1]
    x_turned, y_turned = (
        given is not whole for given, whole in zip(passed(node), node.args, strict=True)
    )
    kind, sums = NUMBER[str(node.dtype)]
    one, zero = factors(node.dtype)
    return (
        int(y_turned), int(x_turned), columns, rows, terms, one.ctypes.data,
        y, kind, terms if y_turned else columns, terms * columns,
        x, kind, rows if x_turned else terms, rows * terms,
        zero.ctypes.data, z, kind, columns, rows * columns,
        prod(batch), sums, ANY_ALGORITHM,
    )  # fmt: skip


@functools.cache
def factors(dtype):
    """One and zero, in memory of the host that stays."""
    return np.ones(1, dtype), np.zeros(1, dtype)
