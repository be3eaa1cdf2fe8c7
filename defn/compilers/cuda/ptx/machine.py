"""The executor as a machine: memory that is NumPy's, launches that run PTX."""

from __future__ import annotations

import contextlib
import functools
from math import prod

import numpy as np

from defn.compilers.cuda.dlpack import CPU
from defn.compilers.cuda.ptx.contract import contracted
from defn.compilers.cuda.ptx.execute import Program, execute
from defn.compilers.cuda.ptx.memory import GARBAGE
from defn.compilers.cuda.ptx.text import Entry


class Machine:
    """Runs PTX on the CPU. `fused`: also fuse products and sums that stand apart, as the
    assembler may.
    """

    capability = (9, 0)
    name = "ptx"

    def __init__(self, fused=False, races=True):
        self.fused, self.races = fused, races
        self.launches = []

    def empty(self, dtype, size):
        """Memory for so many elements."""
        return np.full(max(1, size) * dtype.itemsize, GARBAGE, np.uint8).view(dtype)

    def upload(self, array):
        """An array's values, in memory of the machine."""
        made = self.empty(array.dtype, array.size)
        made[: array.size] = array.reshape(-1)
        return made

    def download(self, buffer, dtype, shape):
        """The values of a buffer as an array of a shape."""
        return buffer[: prod(shape)].reshape(shape).copy()

    def overwrite(self, buffer, values):
        """Let memory hold the values of an array, or of other memory."""
        buffer[: np.size(values)] = np.reshape(values, -1)

    def copy(self, buffer):
        """Another buffer with the same values."""
        return buffer.copy()

    # Everything happens at once, so that streams make no difference.

    def on(self, stream):
        """Work in a user's stream."""
        return contextlib.nullcontext()

    def end(self, buffers):
        """After the launches of a call."""

    def wait(self):
        """Until all kernels have ended."""

    # Other libraries: the memory is the host's.

    dlpack_device = (CPU, 0)

    def address(self, buffer):
        """Where a buffer begins."""
        return buffer.ctypes.data

    def written_in(self, buffer):
        """The stream whose work a reader on the device waits for: there is none."""
        return None

    def lend(self, buffer, stream):
        """Let another library read a buffer."""

    def launch(self, compiled, grid, block, arguments):
        """Run a kernel to its end."""
        self.launches.append((compiled, grid, block))
        execute(program(compiled.ptx, self.fused), grid, block, arguments, self.races)


@functools.lru_cache(maxsize=512)
def program(ptx, fused):
    """A text of PTX, decoded."""
    entry = Entry(ptx)
    if fused:
        entry.code = contracted(entry)
    return Program(entry)
