"""What is said where a driver, a package or a device is missing, or does not suit."""

import importlib.metadata
import subprocess
import sys

import numpy as np
import pytest

import defn
from defn.errors import ArgumentError, CompilerError

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]


def on(device, **settings):
    return defn.jit(lambda x: x * 2, compiler="cuda", device=device, **settings)(np.ones(3))


def test_a_device_number_that_is_not_there(driver_of):
    driver_of(devices=2)
    with pytest.raises(ArgumentError, match="no device 'cuda:2': there are 2, counted from 0"):
        on("cuda:2")


def test_the_second_device(driver_of):
    driver_of(devices=2)
    t = defn.tensor([1.0, 2.0]).to("cuda:1")
    got = defn.jit(np.exp)(t)
    assert got.backend.name == "cuda:1"
    assert got.__dlpack_device__() == (2, 1)


@pytest.mark.parametrize("name", ["tpu:0", "cuda:first", "cuda:-1"])
def test_a_name_that_is_no_device(driver, name):
    with pytest.raises(ArgumentError, match="devices are called 'cuda:0', 'cuda:1'"):
        on(name)


def test_a_driver_that_does_not_start(driver, monkeypatch):
    monkeypatch.setattr(driver, "cuInit", lambda flags: (100,), raising=False)
    with pytest.raises(CompilerError, match="no CUDA driver was found.*executor='ptx'"):
        on("cuda:0")


def test_a_device_that_is_too_old(driver_of):
    driver_of(capability=(6, 1))
    with pytest.raises(CompilerError, match="capability 6.1; .* makes kernels from 7.5"):
        on("cuda:0")


def test_a_device_that_is_too_new(driver_of):
    driver_of(capability=(99, 0))
    with pytest.raises(CompilerError, match="capability 99.0; .* pip install -U 'defn"):
        on("cuda:0")


def test_a_capability_of_which_there_is_no_machine_code():
    from defn.compilers.cuda.build import assemble, compile_kernel

    ptx = compile_kernel("def kernel(x, n):\n    x[0] = float64(1)\n", ("float64", None)).ptx
    with pytest.raises(CompilerError, match=r"the assembler refused a kernel for \(6, 1\)"):
        assemble(ptx, (6, 1))


def test_a_call_of_the_driver_that_fails_is_named(driver):
    from defn.compilers.cuda.driver import asked

    driver.cuStreamSynchronize = lambda stream: (700,)
    with pytest.raises(CompilerError, match="cuStreamSynchronize failed: 700"):
        asked("cuStreamSynchronize", 1)


def test_a_missing_wheel_is_named(monkeypatch):
    from defn.compilers.cuda import build

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(build, "version", missing)
    with pytest.raises(
        CompilerError, match="needs the package 'nvidia-nvvm'.*pip install 'defn.cuda"
    ):
        build.release("nvidia-nvvm")


WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in ("cuda", "numba_cuda") or name.startswith("cuda."):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
import numpy as np, defn
from defn.errors import CompilerError
for attempt in (lambda: defn.jit(np.exp, compiler="cuda", executor="ptx")(np.ones(3)),
                lambda: defn.tensor([1.0]).to("cuda:0")):
    try:
        attempt()
    except CompilerError as error:
        print(str(error).splitlines()[0])
"""


def test_without_the_package():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True
    )
    compiler, backend = done.stdout.splitlines()
    assert "compiler 'cuda' needs the package 'cuda'" in compiler
    assert "pip install 'defn[cuda]'" in compiler and "pip install 'defn[cuda]'" in backend
