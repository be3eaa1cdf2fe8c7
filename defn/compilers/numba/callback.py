"""Calls from a kernel into Python: a hook inside of a loop runs when the program comes to it."""

from __future__ import annotations

import ctypes
import threading

import numpy as np

from defn.compilers.effects import run_effect

KIND = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)


class _Raised(threading.local):
    error = None


_raised = _Raised()


def raised():
    """What the last hook of this thread raised."""
    error, _raised.error = _raised.error, None
    return error


class Caller:
    """The hooks of a kernel as one C function of (which hook, the kernel's table of words)."""

    def __init__(self, source):
        self.nodes = [hook.node for hook in source.hooks]
        order = {storage: k for k, storage in enumerate(source.storages)}
        self.places = [[(order[s], shape) for s, shape in hook.values] for hook in source.hooks]
        self.dtypes = [s.dtype for s in source.storages]
        self.function = KIND(self.from_kernel)
        self.address = ctypes.cast(self.function, ctypes.c_void_p).value

    def from_kernel(self, number, table):
        return self.call(number, [self.value(table, k, shape) for k, shape in self.places[number]])

    def value(self, table, place, shape):
        """A copy of the array whose address is a word of the table."""
        address = ctypes.c_int64.from_address(table + 8 * place).value
        dtype = self.dtypes[place]
        size = int(np.prod(shape))
        bytes = (ctypes.c_char * (size * dtype.itemsize)).from_address(address)
        return np.frombuffer(bytes, dtype).reshape(shape).copy()

    def call(self, number, values):
        """Run a hook; what it raises is kept for the caller of the program."""
        try:
            run_effect(self.nodes[number], [np.array(v) for v in values])
        except BaseException as error:
            _raised.error = error
            return 1
        return 0
