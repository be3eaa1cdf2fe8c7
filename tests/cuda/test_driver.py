"""The host's side: every call of the driver, on a driver of ours whose device is the executor of
PTX.
"""

import ctypes
import itertools

import numpy as np
import pytest
from on_ptx import close, reference
from test_kernels import direction, normalised, single, softmax

import defn
from defn.errors import ArgumentError, CompilerError

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]


class Driver:
    """The driver's functions over memory of NumPy's: statuses and results as the real ones give
    them.
    """

    def __init__(self, room=1 << 30):
        self.memory, self.addresses, self.room = {}, itertools.count(4096, 1 << 20), room
        self.launched = []

    CUdevice_attribute = int

    def cuInit(self, flags):
        return (0,)

    def cuDeviceGetCount(self):
        return 0, 1

    def cuDeviceGet(self, number):
        return 0, number

    def cuDevicePrimaryCtxRetain(self, device):
        return 0, "context"

    def cuCtxSetCurrent(self, context):
        return (0,)

    def cuDeviceGetAttribute(self, attribute, device):
        return 0, {75: 9, 76: 0}[attribute]

    def cuMemAlloc(self, size):
        if sum(map(len, self.memory.values())) + size > self.room:
            return 2, 0
        address = next(self.addresses)
        self.memory[address] = np.full(size, 0xC5, np.uint8)
        return 0, address

    def cuMemFree(self, pointer):
        del self.memory[pointer]
        return (0,)

    def cuMemcpyHtoD(self, pointer, host, size):
        self.memory[pointer][:size] = np.frombuffer(ctypes.string_at(host, size), np.uint8)
        return (0,)

    def cuMemcpyDtoH(self, host, pointer, size):
        ctypes.memmove(host, self.memory[pointer][:size].ctypes.data, size)
        return (0,)

    def cuMemcpyDtoD(self, to, pointer, size):
        self.memory[to][:size] = self.memory[pointer][:size]
        return (0,)

    def cuModuleLoadData(self, code):
        return 0, code.decode()

    def cuModuleGetFunction(self, module, name):
        assert f".entry {name.decode()}(" in module
        return 0, module

    def cuMemGetInfo(self):
        return 0, self.room, self.room

    def cuCtxSynchronize(self):
        return (0,)

    def cuLaunchKernel(self, ptx, *launch):
        from defn.compilers.cuda.ptx.execute import execute
        from defn.compilers.cuda.ptx.machine import program

        gx, gy, gz, bx, by, bz, shared, stream, (values, kinds), extra = launch
        assert (gy, gz, by, bz, shared, extra) == (1, 1, 1, 1, 0, 0)
        arguments = [
            self.memory[v] if k is ctypes.c_void_p else v
            for v, k in zip(values, kinds, strict=True)
        ]
        execute(program(ptx, False), gx, bx, arguments)
        self.launched.append((gx, bx))
        return (0,)


@pytest.fixture
def device(monkeypatch):
    from defn.compilers.cuda import driver
    from defn.compilers.cuda.build import Machine

    made = Driver()
    monkeypatch.setattr(driver, "api", made)
    monkeypatch.setattr(driver, "assemble", lambda ptx, capability: Machine(ptx.encode(), 0, 0, 0))
    driver._machine.cache_clear()
    yield made
    driver._machine.cache_clear()


def test_functions_run_on_the_device(device):
    x = single(5, 70)
    for function, arrays in ((softmax, (x,)), (normalised, (x,)), (lambda a, b: a @ b.T, (x, x))):
        got = defn.jit(function, compiler="cuda", device="cuda:0")(*arrays)
        close(got, reference(function, *arrays), 64)
    assert device.launched


def test_loops_of_the_host_run_on_the_device(device):
    a, v = np.eye(20) * 2, np.ones(20)
    close(defn.jit(direction, compiler="cuda")(a, v), reference(direction, a, v), 64)


def test_memory_is_given_back(device):
    function = defn.jit(softmax, compiler="cuda")
    function(single(5, 70))
    before = len(device.memory)
    for _ in range(3):
        function(single(5, 70))
    assert len(device.memory) == before


def test_too_little_memory_is_said_with_the_largest_values(device):
    device.room = 30_000
    with pytest.raises(CompilerError, match=r"no room for .* bytes; the largest values .* float32"):
        defn.jit(lambda x: np.exp(x) @ x, compiler="cuda")(single(80, 80))


def test_a_device_that_is_not_there(device):
    with pytest.raises(ArgumentError, match="no device 'cuda:3': there are 1"):
        defn.jit(softmax, compiler="cuda", device="cuda:3")(single(2, 2))


def test_the_first_day_with_a_device(device, capsys, monkeypatch):
    from samples import SAMPLES

    from benchmarks import gpu_day

    monkeypatch.setattr(
        gpu_day, "SAMPLES", {name: SAMPLES[name] for name in ("tanh", "gcd", "matmul")}
    )
    gpu_day.main(["device", "samples", "sanitizer"])
    gpu_day.report("launch", lambda x: x + 1, single(5), moved=40)
    said = capsys.readouterr().out
    assert "failed []" in said and "fused or not []" in said and "GB/s" in said


def test_tensors_live_on_a_device():
    x = np.arange(6.0).reshape(2, 3)
    t = defn.tensor(x).to("cuda:ptx")
    close(np.asarray((np.sin(t) + 1).sum(axis=0)), (np.sin(x) + 1).sum(axis=0), 8)
    close(np.asarray(t @ t.T), x @ x.T, 8)
    assert "cuda:ptx" in repr(t)
