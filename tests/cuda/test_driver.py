"""The host's side: every call of the driver, on a driver of ours whose device is the executor of
PTX.
"""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from lending import ByInterface
from on_ptx import close, reference
from test_kernels import direction, normalised, single, softmax

import defn
from defn.errors import ArgumentError, CompilerError

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]


def test_functions_run_on_the_device(driver):
    x = single(5, 70)
    for function, arrays in ((softmax, (x,)), (normalised, (x,)), (lambda a, b: a @ b.T, (x, x))):
        got = defn.jit(function, compiler="cuda", device="cuda:0")(*arrays)
        close(got, reference(function, *arrays), 64)
    assert driver.launched


def test_loops_of_the_host_run_on_the_device(driver):
    a, v = np.eye(20) * 2, np.ones(20)
    close(defn.jit(direction, compiler="cuda")(a, v), reference(direction, a, v), 64)


def test_memory_is_given_back(driver):
    function = defn.jit(softmax, compiler="cuda")
    function(single(5, 70))
    before = len(driver.memory)
    for _ in range(3):
        function(single(5, 70))
    assert len(driver.memory) == before


def test_too_little_memory_is_said_with_the_largest_values(driver):
    driver.room = 30_000
    with pytest.raises(CompilerError, match=r"no room for 25,600 bytes.*the largest values .* f32"):
        defn.jit(lambda x: np.exp(x) @ x, compiler="cuda")(single(80, 80))


def test_a_device_that_is_not_there(driver):
    with pytest.raises(ArgumentError, match="no device 'cuda:3': there are 1"):
        defn.jit(softmax, compiler="cuda", device="cuda:3")(single(2, 2))


def lent(driver, array):
    """An array as CuPy has one, and its address."""
    made = ByInterface(driver, array)
    made.get = lambda: array.copy()
    return made, array.ctypes.data


def test_the_first_day_with_a_device(driver, capsys, monkeypatch):
    from samples import SAMPLES

    from benchmarks import gpu_day

    monkeypatch.setattr(
        gpu_day, "SAMPLES", {name: SAMPLES[name] for name in ("tanh", "gcd", "matmul")}
    )
    monkeypatch.setitem(gpu_day.LENDERS, "cupy", lambda x: lent(driver, x))
    monkeypatch.setitem(gpu_day.BORROW, "cupy", np.asarray)
    gpu_day.main(["device", "samples", "interchange", "sanitizer", "second"])
    gpu_day.report("launch", lambda x: x + 1, single(5), moved=40)
    said = capsys.readouterr().out
    assert "Traceback" not in said
    assert "cupy in: same memory True" in said and "cupy in place: True" in said
    assert "torch cannot be tried" in said and "there is one device" in said
    assert "failed []" in said and "fused or not []" in said and "GB/s" in said


class Filled(ByInterface):
    """An array with what the day asks of PyTorch's."""

    def __iadd__(self, other):
        self.array += other
        return self

    def zero_(self):
        self.array[...] = 0


def test_all_parts_of_the_first_day_at_small_sizes(driver_of, capsys, monkeypatch):
    from benchmarks import gpu_day

    driver = driver_of(devices=2)
    zeros = lambda shape, device: Filled(driver, np.zeros(shape, "f4"))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(zeros=zeros))
    monkeypatch.setattr(gpu_day, "HALVINGS", 14)
    monkeypatch.setattr(gpu_day, "XLA", "cpu")
    monkeypatch.setattr(
        gpu_day, "SAMPLES", {name: gpu_day.SAMPLES[name] for name in ("cumsum", "sort", "gather")}
    )
    gpu_day.main([])
    said = capsys.readouterr().out
    assert "Traceback" not in said, said
    assert all(f"== {part.__name__}" in said for part in gpu_day.DAY)
    for line in ("torch's stream: wrong 0", "a thousand calls: wrong 0", "sizes: all equal",
                 "the old buffer is given up: True", "second device: cuda:1 True"):  # fmt: skip
        assert line in said, said


def test_tensors_live_on_a_device():
    x = np.arange(6.0).reshape(2, 3)
    t = defn.tensor(x).to("cuda:ptx")
    close(np.asarray((np.sin(t) + 1).sum(axis=0)), (np.sin(x) + 1).sum(axis=0), 8)
    close(np.asarray(t @ t.T), x @ x.T, 8)
    assert "cuda:ptx" in repr(t)
    for part in (np.s_[1:], np.s_[:, 1:], np.s_[1, 2], np.s_[::-1, ::2], ([1, 0],)):
        close(np.asarray(t[part]), x[part], 0)
    changed, wanted = t.copy(), x.copy()
    changed[1:, 0], wanted[1:, 0] = 7, 7
    close(np.asarray(changed), wanted, 0)


def test_a_number_on_a_device_has_no_axes():
    t = defn.tensor(np.array(2.0)).to("cuda:ptx")
    assert t.shape == np.exp(t).shape == (t + t.sum()).shape == ()
    close(np.asarray(np.exp(t)), np.exp(np.array(2.0)), 8)
