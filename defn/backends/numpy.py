"""Data in NumPy arrays."""

from __future__ import annotations

import numpy as np

from defn.types import Type, supported


class NumpyBackend:
    """NumPy arrays in this process's memory; one operation is NumPy's own function."""

    name = "numpy"
    compiler = "numpy"
    options: dict = {}

    def put(self, array):
        """A buffer that holds the array's values."""
        return np.array(array, supported(array.dtype), copy=True)

    def get(self, buffer):
        """The buffer as a NumPy array."""
        return buffer

    def copy(self, buffer):
        """Another buffer with the same values."""
        return buffer.copy()

    def delete(self, buffer):
        """Give the memory back; NumPy does it when nothing refers to the buffer."""

    def replaced(self, buffer, new):
        """The buffer of a tensor whose elements become those of `new`."""
        return self.put(new)

    def type_of(self, buffer):
        """The type of a buffer."""
        return Type(buffer.dtype, buffer.shape)

    def run(self, op, buffers, attrs):
        """One operation, at once."""
        with np.errstate(all="ignore"):
            result = op.numpy(*buffers, **attrs)
        wanted = op.type(*map(self.type_of, buffers), **attrs)
        if wanted.parts is not None:
            return tuple(np.asarray(x, part.dtype) for x, part in zip(result, wanted.parts))
        return np.asarray(result, wanted.dtype)

    def __repr__(self):
        return self.name

    def __reduce__(self):
        return backend, (self.name,)


def backend(name):
    """The backend of this name."""
    return NumpyBackend()
