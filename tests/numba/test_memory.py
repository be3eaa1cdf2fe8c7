"""Recycled memory is lent to one array at a time, whatever keeps that array alive."""

import gc
import pickle
import subprocess
import sys

import numpy as np
import pytest

from defn.compilers.numba import memory

LARGE = (memory.LARGE // 8 + 100,)
FLOAT = np.dtype(np.float64)


@pytest.fixture(autouse=True)
def clean():
    memory.clear()
    yield
    memory.clear()


def address(array):
    return array.__array_interface__["data"][0]


def test_small_arrays_own_their_memory():
    array = memory.empty((3, 4), FLOAT)
    assert array.base is None and array.flags.owndata and array.shape == (3, 4)


@pytest.mark.parametrize("dtype", ["float64", "complex128", "int8", "bool", "float16", "uint64"])
def test_a_large_array_is_an_ordinary_one(dtype):
    dtype = np.dtype(dtype)
    array = memory.empty((4, memory.LARGE // dtype.itemsize), dtype)
    assert type(array) is np.ndarray and array.dtype == dtype
    assert array.flags.c_contiguous and array.flags.writeable and array.flags.aligned
    assert address(array) % 64 == 0


def test_a_dtype_of_another_package():
    bfloat16 = np.dtype(pytest.importorskip("ml_dtypes").bfloat16)
    array = memory.empty((memory.LARGE,), bfloat16)
    array[:3] = 1.5
    assert array.dtype == bfloat16 and float(array[2]) == 1.5


def test_memory_returns_when_the_array_dies():
    array = memory.empty(LARGE, FLOAT)
    place = address(array)
    assert memory.idle() == 0
    del array
    assert memory.idle() > 0
    assert address(memory.empty(LARGE, FLOAT)) == place


KEEPERS = {
    "the array": lambda a: a,
    "a slice": lambda a: a[10:20],
    "a view of a view": lambda a: a[10:].reshape(2, -1)[1].T,
    "another dtype": lambda a: a.view(np.int64)[5:],
    "a memoryview": memoryview,
    "a slice of a memoryview": lambda a: memoryview(a)[3:],
    "an iterator": lambda a: a.flat,
    "frombuffer": lambda a: np.frombuffer(a, np.uint8),
    "asarray of a subclass": lambda a: a.view(np.matrix),
    "a capsule": lambda a: a.__dlpack__(),
}


@pytest.mark.parametrize("keep", KEEPERS.values(), ids=KEEPERS)
def test_memory_is_kept_by_whatever_refers_to_it(keep):
    array = memory.empty(LARGE, FLOAT)
    place, kept = address(array), keep(array)
    del array
    gc.collect()
    others = [memory.empty(LARGE, FLOAT) for _ in range(2)]
    assert place not in map(address, others)
    del kept
    gc.collect()
    assert memory.idle() > 0


def test_a_cycle_gives_its_memory_back():
    holder = {}
    holder["self"], holder["array"] = holder, memory.empty(LARGE, FLOAT)
    del holder
    gc.collect()
    assert memory.idle() > 0


def test_pickle_and_copy_are_independent():
    array = memory.empty(LARGE, FLOAT)
    array[:] = 3
    copies = [pickle.loads(pickle.dumps(array, protocol=5)), array.copy()]
    del array
    memory.empty(LARGE, FLOAT)[:] = 4
    assert all((copy == 3).all() for copy in copies)


def test_resize_is_refused():
    with pytest.raises(ValueError, match="own"):
        memory.empty(LARGE, FLOAT).resize((3,), refcheck=False)


def test_idle_memory_is_limited(monkeypatch):
    monkeypatch.setattr(memory, "limit", lambda: 2 * memory.LARGE)
    arrays = [memory.empty(LARGE, FLOAT) for _ in range(3)]
    del arrays
    assert 0 < memory.idle() <= 2 * memory.LARGE
    assert memory.clear() > 0
    assert memory.idle() == 0


def test_the_process_ends_well():
    program = """
import atexit, sys
import numpy as np
from defn.compilers.numba import memory
make = lambda: memory.empty((memory.LARGE,), np.dtype(float))
sys.kept = make()
cycle = [make()]; cycle.append(cycle)
class Late:
    def __del__(self, make=make): self.array = None
late = Late(); late.array = make()
array = make()
atexit.register(lambda: array.sum())
array[:] = 1
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
