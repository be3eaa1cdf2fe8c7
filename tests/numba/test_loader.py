"""Object code that is placed in memory without LLVM."""

import subprocess
import sys

import numpy as np
import pytest

from defn.compilers.numba import build, loader, objects, runtime, symbols, translate

TEXT = """
def kernel(start, stop, args):
    x = buffer(args, 0, float64)
    y = buffer(args, 1, float64)
    for i in range(start, stop):
        y[i] = exp(x[i]) + lgamma(x[i]) + power(x[i], 0.3) * 7.25
    return 0
"""
pytestmark = pytest.mark.skipif(not loader.OURS, reason="objects of this platform are LLVM's")


@pytest.fixture(scope="module")
def built():
    return build.translated(translate.translated(TEXT, "kernel", runtime.NAMES, "entry"))


def run(library, x):
    """What the kernel of a library makes of an array."""
    from ctypes import CFUNCTYPE, c_int64, c_void_p

    y = np.empty_like(x)
    table = np.array([x.ctypes.data, y.ctypes.data])
    kernel = CFUNCTYPE(c_int64, c_int64, c_int64, c_void_p)(library.address("entry"))
    assert kernel(0, x.size, table.ctypes.data) == 0
    return y


def test_it_is_what_llvm_makes_of_it(built):
    x = np.linspace(0.1, 9, 101)
    ours, llvms = loader.load(built.code, built.needs), objects.load(built.code, built.needs)
    assert isinstance(ours, loader.Mapped) and isinstance(llvms, objects.Library)
    np.testing.assert_array_equal(run(ours, x), run(llvms, x))


def test_what_is_not_understood_is_left_to_llvm(built, monkeypatch):
    monkeypatch.setattr(loader, "ABSOLUTE", {})
    library = loader.load(built.code, built.needs)
    assert isinstance(library, objects.Library)
    assert np.isfinite(run(library, np.ones(5))).all()


def test_a_symbol_that_is_missing_is_named(built):
    code = built.code.replace(b"defn_lgamma", b"defn_lgammo")
    with pytest.raises(ValueError, match="defn_lgammo"):
        loader.load(code, ("defn_lgammo",))


def test_memory_that_may_be_run_may_not_be_written(built):
    library = loader.load(built.code, built.needs)
    with open("/proc/self/maps") as file:
        ranges = (line.split() for line in file)
        rights = [
            row[1]
            for row in ranges
            if int(row[0].split("-")[0], 16) <= library.base < int(row[0].split("-")[1], 16)
        ]
    assert rights == ["r-xp"]


def test_the_processor_is_known_without_llvm():
    program = (
        "import sys; from defn.compilers.numba.identity import identity; identity(); "
        "print('llvmlite' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
    assert symbols.hardware() != ()
