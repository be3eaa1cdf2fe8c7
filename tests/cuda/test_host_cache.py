"""Machine code on disk: once for each compute capability."""

import time

import pytest
from on_ptx import launches
from test_kernels import single, softmax

from defn.__main__ import main
from defn.compilers import cache

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A cache directory of the test's own, and nothing in memory."""
    monkeypatch.setenv("DEFN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(cache, "_memory", {})
    return tmp_path


def kernel(capability):
    """The PTX of a kernel for a compute capability."""
    from defn.compilers.cuda.build import compile_kernel

    (step, *_) = launches(softmax, single(5, 70))
    return compile_kernel(step.text, step.signature, capability).ptx


def test_it_is_assembled_once_for_each_capability(empty, monkeypatch):
    from defn.compilers.cuda import build

    new, old = kernel((9, 0)), kernel((8, 0))
    made, assemble = [], build.assemble
    monkeypatch.setattr(build, "assemble", lambda *a: made.append(a[1]) or assemble(*a))
    first = build.machine_code(new, (9, 0))
    assert first.code[:4] == b"\x7fELF" and first.registers > 0
    cache._memory.clear()
    assert build.machine_code(new, (9, 0)) == first
    assert made == [(9, 0)]
    build.machine_code(old, (8, 0))
    assert made == [(9, 0), (8, 0)]


def test_the_command_lists_it(empty, capsys):
    from defn.compilers.cuda.build import machine_code

    machine_code(kernel((8, 0)), (8, 0))
    main(["cache", "list"])
    said = capsys.readouterr().out
    assert ".sm_80" in said and ".ptx_90" in said


def test_a_damaged_entry_is_made_again(empty):
    from defn.compilers.cuda.build import machine_code

    ptx = kernel((8, 0))
    first = machine_code(ptx, (8, 0))
    (entry,) = empty.glob("??/*.sm_80.entry")
    entry.write_bytes(entry.read_bytes()[:-9])
    cache._memory.clear()
    with pytest.warns(RuntimeWarning, match="was damaged"):
        assert machine_code(ptx, (8, 0)) == first


def test_a_kernel_takes_less_than_a_fifth_of_a_second(empty):
    from defn.compilers.cuda.build import compile_kernel, machine_code

    (step, *_) = launches(softmax, single(5, 70))
    times = []
    for k in range(4):
        text = step.text.replace("def kernel(", f"#{k}\ndef kernel(")
        begin = time.process_time()
        machine_code(compile_kernel(text, step.signature, (9, 0)).ptx + f"\n//{k}\n", (9, 0))
        times.append(time.process_time() - begin)
    assert min(times) < 0.2
