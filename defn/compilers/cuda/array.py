"""An array in the memory of a device, without gaps; other libraries take it without a copy."""

from __future__ import annotations

from math import prod

import numpy as np

from defn.compilers.cuda import dlpack
from defn.errors import Unsupported
from defn.types import EXTENDED


class DeviceArray:
    """Memory of a machine, with a type. `lent`: what another library said of its array, if it is
    one of such.
    """

    def __init__(self, machine, buffer, type, lent=None):
        self.machine, self.buffer, self.type, self.lent = machine, buffer, type, lent

    dtype = property(lambda self: self.type.dtype)
    shape = property(lambda self: self.type.shape)
    readonly = property(lambda self: self.lent is not None and self.lent.readonly)

    def overlaps(self, other):
        """Do two arrays of other libraries lie in the same memory? Ours never do."""
        if self.lent is None or other.lent is None:
            return False
        (a, b), (c, d) = self.lent.reach, other.lent.reach
        return a < d and c < b

    @property
    def __cuda_array_interface__(self):
        """How CuPy, PyTorch and Numba take the array; without gaps there are no strides. Who takes it
        waits for the stream that it names.
        """
        stream = self.machine.written_in(self.buffer)
        if stream is None or self.dtype in EXTENDED:
            raise AttributeError(
                f"an array of {self.dtype} on {self.machine.name} has no such interface"
            )
        return {
            "version": 3,
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self.buffer.pointer if prod(self.shape) else 0, self.readonly),
            "strides": None,
            "stream": stream,
        }

    def __dlpack_device__(self):
        return self.machine.dlpack_device

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        """A capsule that lends the memory, ready for work in the borrower's stream."""
        if dl_device not in (None, self.machine.dlpack_device):
            raise Unsupported(
                f"DLPack export to device {dl_device}: move the tensor with .to('numpy') first"
            )
        buffer = self.machine.copy(self.buffer) if copy else self.buffer
        self.machine.lend(buffer, stream)
        address, versioned = self.machine.address(buffer), (max_version or (0,))[0] >= 1
        return dlpack.capsule(
            address, self.dtype, self.shape, self.machine.dlpack_device, buffer, versioned
        )

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.machine.download(self.buffer, self.dtype, self.shape), dtype)
