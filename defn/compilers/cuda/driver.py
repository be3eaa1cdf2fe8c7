"""The CUDA driver: its functions, and what its errors mean."""

from __future__ import annotations

from cuda.bindings import driver as api

from defn.errors import CompilerError

OUT_OF_MEMORY = 2  # CUDA_ERROR_OUT_OF_MEMORY
NOT_READY = 600  # CUDA_ERROR_NOT_READY


class OutOfMemory(CompilerError, MemoryError):
    """The device has no room for a buffer."""


def start():
    """Wake the driver, or say that there is none and what to do."""
    try:
        status = api.cuInit(0)[0]
    except (RuntimeError, OSError) as error:
        status = error
    if isinstance(status, Exception) or int(status) != 0:
        raise CompilerError(
            f"no CUDA driver was found ({status}): the compiler 'cuda' needs an NVIDIA device and "
            "its driver; executor='ptx' runs the same kernels on the CPU, for small inputs, and "
            "compiler='numba' is the one for CPUs"
        )


def asked(name, *args):
    """What a function of the driver gives; its errors are raised."""
    status, *result = getattr(api, name)(*args)
    if int(status) == OUT_OF_MEMORY:
        raise OutOfMemory("the device has no room left")
    if int(status) != 0:
        raise CompilerError(f"{name} failed: {status!r}")
    return result[0] if len(result) == 1 else result


def is_over(event):
    """Has all work ended that was given to a stream before the event?"""
    return int(api.cuEventQuery(event)[0]) != NOT_READY
