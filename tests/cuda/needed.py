"""What the CUDA tests need, and what of it is here."""

import functools
import importlib.util

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


@functools.cache
def device():
    """Is there a device, with its driver?"""
    if missing("ptx"):
        return False
    from defn.compilers.cuda import driver
    from defn.errors import DefnError

    try:
        driver.start()
    except DefnError:
        return False
    return True
