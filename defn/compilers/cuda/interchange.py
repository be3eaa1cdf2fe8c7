"""Arrays of CuPy, PyTorch, JAX and others that lie in a device's memory, in and out without a copy.

DLPack is asked first, `__cuda_array_interface__` second. What either says is brought to one form:
where the elements begin, their dtype, shape and strides (None without gaps), whether they may be
written, and what keeps the memory.
"""

from __future__ import annotations

import numpy as np

from defn.compilers.cuda import dlpack
from defn.compilers.cuda.dlpack import CUDA, MANAGED, Lent, strides_of
from defn.compilers.cuda.driver import api, asked
from defn.errors import ArgumentError, TypeMismatch
from defn.types import as_dtype

ORDINAL = 9  # CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL
VERSIONS = (2, 3)  # of __cuda_array_interface__


def device_number(value):
    """The number of the CUDA device that an array lies on, by the protocol that it offers; or None
    where only its address says it.
    """
    if hasattr(value, "__dlpack_device__"):
        family, number = value.__dlpack_device__()
        return int(number) if int(family) in (CUDA, MANAGED) else None
    pointer = value.__cuda_array_interface__["data"][0]
    if not pointer:
        return 0
    which = api.CUpointer_attribute(ORDINAL)
    return int(asked("cuPointerGetAttribute", which, pointer))


def lent(value, machine):
    """What an array lends to a machine's current stream."""
    found = (
        by_dlpack(value, machine) if hasattr(value, "__dlpack__") else by_interface(value, machine)
    )
    return found._replace(
        pointer=0 if 0 in found.shape else found.pointer,
        strides=normal(found.shape, found.strides),
        readonly=found.readonly or never_changes(value),
    )


def never_changes(value):
    """Is it an array of JAX's? What JAX says of its memory does not always say so."""
    return type(value).__module__.startswith("jax")


def by_dlpack(value, machine):
    """As a capsule; libraries from before version 1 of the protocol do not know `max_version`."""
    handle = machine.stream.handle
    try:
        capsule = value.__dlpack__(stream=handle, max_version=(1, 0))
    except TypeError:
        capsule = value.__dlpack__(stream=handle)
    found = dlpack.taken(capsule)
    return found._replace(owner=(value, found.owner))


def by_interface(value, machine):
    """As `__cuda_array_interface__` describes it; the stream that it names is waited for."""
    said = value.__cuda_array_interface__
    if said["version"] not in VERSIONS:
        raise ArgumentError(
            f"__cuda_array_interface__ of version {said['version']}: versions 2 and 3 are understood"
        )
    if said.get("mask") is not None:
        raise TypeMismatch("a masked device array: pass its values and its mask as two arrays")
    dtype, (pointer, readonly) = as_dtype(np.dtype(said["typestr"])), said["data"]
    strides = said.get("strides")
    if strides is not None:
        strides = tuple(elements(step, dtype) for step in strides)
    if said.get("stream") is not None:
        machine.stream.after(producer(said["stream"]))
    return Lent(pointer or 0, dtype, tuple(said["shape"]), strides, bool(readonly), value)


def elements(step, dtype):
    """A stride in elements, of one in bytes."""
    if step % dtype.itemsize:
        raise TypeMismatch(f"a stride of {step} bytes between elements of {dtype}: pass a copy")
    return step // dtype.itemsize


def producer(stream):
    """The stream that an interface names; 0 is forbidden, for it may mean two."""
    if stream == 0:
        raise ArgumentError("__cuda_array_interface__ names the stream 0, which is ambiguous")
    return int(stream)


def normal(shape, strides):
    """The strides, or None where the array has no gaps: an axis of one element has any stride."""
    if strides is None or 0 in shape:
        return None
    plain = strides_of(shape)
    same = all(n == 1 or a == b for n, a, b in zip(shape, strides, plain, strict=True))
    return None if same else tuple(strides)
