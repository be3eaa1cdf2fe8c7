"""Large arguments that XLA cannot read in place are copied into memory that is kept.

XLA reads an array in place where it lies on a 64-byte line; NumPy's own large arrays never do. JAX
then copies them into fresh memory, most of whose cost is that the system has to hand out its pages.
Memory that was used before has its pages.
"""

from __future__ import annotations

import threading

import numpy as np

LINE = 64
LARGE = 4 << 20  # bytes: smaller memory is reused by the allocator anyway
KEPT = 256 << 20  # bytes that wait for their next use, at most

_free: dict[int, list] = {}
_lock = threading.Lock()
_kept = 0


def take(size):
    """Memory of this many bytes that begins on a line."""
    global _kept
    with _lock:
        waiting = _free.get(size)
        if waiting:
            _kept -= size
            return waiting.pop()
    memory = np.empty(size + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    return memory[start : start + size]


def give(memory):
    """The memory may be used again."""
    global _kept
    with _lock:
        if _kept + memory.nbytes <= KEPT:
            _kept += memory.nbytes
            _free.setdefault(memory.nbytes, []).append(memory)


def clear():
    """Hand all waiting memory back to the system."""
    global _kept
    with _lock:
        _free.clear()
        _kept = 0


def in_place(array):
    """Can XLA read the array where it is?"""
    return array.flags.c_contiguous and array.ctypes.data % LINE == 0


def staged(call, places):
    """The call with the arguments at these places where XLA can read them; it returns when they
    were read.
    """

    def run(*arrays):
        arrays, used = list(arrays), []
        try:
            for k in places:
                if not in_place(arrays[k]):
                    used.append(take(arrays[k].nbytes))
                    arrays[k] = copied(arrays[k], used[-1])
            return call(*arrays)
        finally:
            for memory in used:
                give(memory)

    return run


def copied(array, memory):
    """The array's values in other memory."""
    copy = memory.view(array.dtype).reshape(array.shape)
    np.copyto(copy, array)
    return copy
