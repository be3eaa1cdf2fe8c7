"""Arrays as other libraries have them in a device's memory, over the fake driver's."""

import numpy as np

from defn.compilers.cuda import dlpack


class ByInterface:
    """An array that offers `__cuda_array_interface__` only. `said`: entries that differ from what is
    usual.
    """

    def __init__(self, driver, array, **said):
        self.array, self.dtype, self.shape = array, array.dtype, array.shape
        base = array
        while isinstance(base.base, np.ndarray):
            base = base.base
        if driver is not None and base.nbytes and base.ctypes.data not in driver.memory:
            driver.lend(base)
        plain = array.flags.c_contiguous
        self.said = {
            "version": 3,
            "shape": array.shape,
            "typestr": array.dtype.str,
            "data": (array.ctypes.data if array.size else 0, not array.flags.writeable),
            "strides": None if plain else array.strides,
            "stream": None,
            **said,
        }

    @property
    def __cuda_array_interface__(self):
        return self.said

    @property
    def T(self):
        return type(self)(None, self.array.T)


class ByDlpack(ByInterface):
    """An array that offers DLPack; `old`: as before version 1. It keeps what it was asked for."""

    def __init__(self, driver, array, old=False, readonly=False):
        super().__init__(driver, array)
        self.old, self.asked, self.given_back = old, [], []
        self.readonly = readonly

    @property
    def __cuda_array_interface__(self):
        raise AssertionError("DLPack comes first")

    def __dlpack_device__(self):
        return (dlpack.CUDA, 0)

    def __dlpack__(self, stream=None, **settings):
        if self.old and settings:
            raise TypeError("unexpected keyword argument")
        self.asked.append((stream, settings))
        array, loan = self.array, Token(self.given_back)
        strides = tuple(step // array.itemsize for step in array.strides)
        made = dlpack.capsule(
            array.ctypes.data, array.dtype, array.shape, (dlpack.CUDA, 0), loan, not self.old
        )
        managed = next(m for m, *_, owner in dlpack._lent.values() if owner is loan)
        for k, step in enumerate(strides):
            managed.array.strides[k] = step
        if self.readonly:
            managed.flags = dlpack.READ_ONLY
        return made


class Token:
    """Says when nothing refers to it."""

    def __init__(self, said):
        self.said = said

    def __del__(self):
        self.said.append("given back")
