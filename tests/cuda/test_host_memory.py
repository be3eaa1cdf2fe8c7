"""The memory of a device: reused by size, given back, and what is said where there is too little."""

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from on_ptx import close
from test_kernels import single, softmax

import defn
from defn.compilers.cuda.streams import SMALLEST, size_class
from defn.errors import CompilerError

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]


@given(st.integers(0, 1 << 40))
def test_a_size_class_holds_its_sizes_and_little_more(size):
    found = size_class(size)
    assert found >= size and found % SMALLEST == 0
    assert found - size <= max(SMALLEST, size / 8)
    assert size_class(found) == found


def machine():
    from defn.compilers.cuda import device

    return device.machine("cuda:0")


def test_a_block_is_used_again(driver):
    m = machine()
    first = m.empty("f4", 1000)
    where = first.pointer
    assert m.empty("f4", 1000).pointer != where
    del first
    assert m.empty("f4", 1001).pointer == where  # of the same class
    assert m.empty("f4", 5000).pointer != where
    assert ("free",) not in driver.asked


def test_calls_take_no_more_memory_than_the_first(driver):
    function = defn.jit(softmax, compiler="cuda")
    function(single(5, 70))
    before = driver.used
    for _ in range(5):
        function(single(5, 70))
    assert driver.used == before


def test_loops_of_the_host_take_no_more_with_more_trips(driver):
    def powers(x, n):
        for _ in range(n):
            x = x @ x / 4
        return x

    function = defn.jit(powers, compiler="cuda")
    function(np.eye(20), 3)
    before = driver.used
    function(np.eye(20), 9)
    assert driver.used == before


def test_idle_memory_goes_back_before_a_call_fails(driver):
    driver.room = 20_000
    m = machine()
    held = [m.empty("f4", 1000) for _ in range(3)]
    del held
    assert m.empty("f4", 3000).size == 3000
    assert ("free",) in driver.asked


def test_idle_memory_can_be_given_back(driver):
    m = machine()
    m.empty("f4", 1024)
    assert m.trim() == 4096 and driver.used == 0
    assert m.trim() == 0


def test_too_little_memory_names_the_largest_values_and_the_line(driver):
    driver.room = 30_000
    with pytest.raises(CompilerError, match="no room for") as caught:
        defn.jit(lambda x: np.exp(x) @ x, compiler="cuda")(single(80, 80))
    said = str(caught.value)
    assert "f32[80, 80], 25,600 bytes (" in said and "np.exp(x) @ x" in said
    assert "call it with less at a time" in said


def test_too_little_memory_for_an_argument(driver):
    driver.room = 1000
    with pytest.raises(CompilerError, match="no room for 25,600 bytes"):
        defn.tensor(single(80, 80)).to("cuda:0")


def test_tensors_move_copy_and_end(driver):
    x = single(30)
    t = defn.tensor(x).to("cuda:0")
    other = t.copy()
    assert other.buffer.buffer.pointer != t.buffer.buffer.pointer
    back = other.to("numpy")
    assert back.backend.name == "numpy"
    close(np.asarray(back), x, 1)
    before = driver.used
    del t, other
    gc.collect()
    defn.tensor(x).to("cuda:0")
    assert driver.used == before


def test_a_deleted_tensor_gives_its_memory_back(driver):
    t = defn.tensor(single(30)).to("cuda:0")
    where = t.buffer.buffer.pointer
    t.backend.delete(t.buffer)
    assert machine().empty("f4", 30).pointer == where


def test_results_stay_on_the_device_until_they_are_read(driver):
    t = defn.tensor(single(5, 70)).to("cuda:0")
    del driver.asked[:]
    got = defn.jit(softmax)(t)
    got = defn.jit(softmax)(got)
    assert got.backend.name == "cuda:0"
    assert not any(what[0] in ("to host", "wait", "wait for all") for what in driver.asked)
    np.asarray(got)
    assert [what[0] for what in driver.asked if what[0] in ("to host", "wait")] == [
        "to host",
        "wait",
    ]
