"""What the CUDA tests need is looked for once; `DEFN_REQUIRE=cuda_compile,ptx` turns its absence
into a failure.
"""

import importlib.util
import os

import pytest

NEEDED = {
    "cuda_compile": ("numba_cuda", "cuda.bindings"),
    "ptx": ("numba_cuda", "cuda.bindings"),
    "gpu": (),
}


def missing(marker):
    """The packages (or the device) that a marker's tests lack here."""
    absent = [name for name in NEEDED[marker] if not found(name)]
    return absent or (["an NVIDIA device"] if marker == "gpu" and not device() else [])


def found(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def device():
    if missing("ptx"):
        return False
    from defn.compilers.cuda import driver
    from defn.errors import DefnError

    try:
        driver.start()
    except DefnError:
        return False
    return True


def pytest_runtest_setup(item):
    required = os.environ.get("DEFN_REQUIRE", "").split(",")
    for marker in NEEDED:
        absent = missing(marker) if item.get_closest_marker(marker) else []
        if absent:
            fail = marker in required
            (pytest.fail if fail else pytest.skip)(f"{marker}: {', '.join(absent)} not found")
