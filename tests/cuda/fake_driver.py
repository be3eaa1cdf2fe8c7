"""A driver of the tests' own, whose device is the executor of PTX: statuses and results as the real
driver gives them, memory that is NumPy's, and a record of what was asked.
"""

import bisect
import ctypes
from types import SimpleNamespace

import numpy as np
import pytest

from defn import backends

NO_ROOM, NOT_READY, INVALID = 2, 600, 400
ALIGNED = 256
OWN_STREAMS = 100  # numbers of streams from here on are ours to give


class Driver:
    """The functions that defn calls."""

    CUdevice_attribute = CUpointer_attribute = int

    def __init__(self, room=1 << 30, capability=(9, 0), devices=1):
        self.room, self.capability, self.devices = room, capability, devices
        self.memory, self.starts, self.lent = {}, [], {}
        self.launched, self.asked, self.modules = [], [], []
        self.streams, self.events, self.busy = 0, 0, set()

    def record(self, *what):
        self.asked.append(what)
        return (0,)

    # What there is.

    def cuInit(self, flags):
        return (0,)

    def cuDriverGetVersion(self):
        return 0, 13000

    def cuDeviceGetCount(self):
        return 0, self.devices

    def cuDeviceGet(self, number):
        return 0, number

    def cuDevicePrimaryCtxRetain(self, device):
        return 0, f"context {device}"

    def cuCtxSetCurrent(self, context):
        return (0,)

    def cuDeviceGetAttribute(self, attribute, device):
        return 0, {75: self.capability[0], 76: self.capability[1]}[attribute]

    def cuPointerGetAttribute(self, attribute, pointer):
        assert attribute == 9
        return 0, 0

    # Memory.

    @property
    def used(self):
        return sum(map(len, self.memory.values()))

    def cuMemAlloc(self, size):
        if self.used + size > self.room:
            return NO_ROOM, 0
        whole = np.full(size + ALIGNED, 0xC5, np.uint8)
        skipped = -whole.ctypes.data % ALIGNED
        return 0, self.lend(whole[skipped : skipped + size])

    def lend(self, array):
        """Memory of the host as memory of the device: its address."""
        data = array.reshape(-1).view(np.uint8)
        self.memory[data.ctypes.data] = data
        bisect.insort(self.starts, data.ctypes.data)
        return data.ctypes.data

    def cuMemFree(self, pointer):
        del self.memory[pointer]
        self.starts.remove(pointer)
        return self.record("free")

    def at(self, pointer):
        """The memory from an address on."""
        if not pointer:
            return np.empty(0, np.uint8)
        number = bisect.bisect_right(self.starts, pointer) - 1
        start = self.starts[max(number, 0)]
        found = self.memory[start][pointer - start :]
        assert number >= 0 and len(found), "an address outside of the device's memory"
        return found

    def cuMemcpyHtoDAsync(self, pointer, host, size, stream):
        self.at(pointer)[:size] = np.frombuffer(ctypes.string_at(host, size), np.uint8)
        return self.record("to device", stream)

    def cuMemcpyDtoHAsync(self, host, pointer, size, stream):
        ctypes.memmove(host, self.at(pointer)[:size].ctypes.data, size)
        return self.record("to host", stream)

    def cuMemcpyDtoDAsync(self, to, pointer, size, stream):
        self.at(to)[:size] = self.at(pointer)[:size]
        return self.record("on device", stream)

    def cuMemGetInfo(self):
        return 0, self.room - self.used, self.room

    # Streams.

    def cuStreamCreate(self, flags):
        assert flags == 0
        self.streams += 1
        return 0, OWN_STREAMS + self.streams

    def cuStreamSynchronize(self, stream):
        return self.record("wait", stream)

    def cuCtxSynchronize(self):
        return self.record("wait for all")

    def cuEventCreate(self, flags):
        assert flags == 2
        self.events += 1
        return 0, self.events

    def cuEventRecord(self, event, stream):
        return self.record("event", event, stream)

    def cuStreamWaitEvent(self, stream, event, flags):
        return self.record("after", stream, event)

    def cuEventQuery(self, event):
        return (NOT_READY,) if event in self.busy else (0,)

    def cuEventDestroy(self, event):
        return (0,)

    def orders(self):
        """(the stream that waits, the stream that it waits for), for all that was asked."""
        recorded = {what[1]: what[2] for what in self.asked if what[0] == "event"}
        return [(what[1], recorded[what[2]]) for what in self.asked if what[0] == "after"]

    # Kernels.

    def cuModuleLoadData(self, code):
        self.modules.append(code)
        return 0, code.decode()

    def cuModuleGetFunction(self, module, name):
        assert f".entry {name.decode()}(" in module
        return 0, module

    def cuLaunchKernel(self, ptx, *launch):
        from defn.compilers.cuda.ptx.execute import execute
        from defn.compilers.cuda.ptx.machine import program

        gx, gy, gz, bx, by, bz, shared, stream, (values, kinds), extra = launch
        assert (gy, gz, by, bz, shared, extra) == (1, 1, 1, 1, 0, 0)
        seen = {}
        arguments = [
            seen.setdefault(v, self.at(v)) if k is ctypes.c_void_p else v
            for v, k in zip(values, kinds, strict=True)
        ]
        execute(program(ptx, False), gx, bx, arguments)
        self.launched.append(
            SimpleNamespace(ptx=ptx, grid=gx, block=bx, stream=stream, values=values)
        )
        return (0,)


def forget_devices(device):
    """Let the next look find the devices anew."""
    from defn.compilers.cuda import backend, spread

    device._machine.cache_clear()
    backend.backend.cache_clear()
    backend.single.cache_clear()
    spread.compacting.cache_clear()
    for name in [n for n in backends._loaded if n.startswith("cuda")]:
        del backends._loaded[name]


@pytest.fixture
def driver_of(monkeypatch):
    """A function that puts a driver of ours in the real one's place."""
    from defn.compilers.cuda import device, driver, interchange
    from defn.compilers.cuda.build import Machine

    def install(**settings):
        made = Driver(**settings)
        for module in (driver, device, interchange):
            monkeypatch.setattr(module, "api", made)
        code = lambda ptx, capability: Machine(ptx.encode(), 0, 0, 0)
        monkeypatch.setattr(device, "machine_code", code)
        forget_devices(device)
        return made

    yield install
    forget_devices(device)


@pytest.fixture
def driver(driver_of):
    """One device, with a gibibyte."""
    return driver_of()
