"""Tensors from data, and to other places: backends, NumPy, DLPack."""

from __future__ import annotations

import numpy as np

from defn import backends
from defn.dispatch import METHODS
from defn.errors import TraceError, Unsupported
from defn.numpy.creation import creates
from defn.numpy.labelling import with_names
from defn.numpy.places import TRACED, named
from defn.tensor import AS_JAX, asarray, concrete, concrete_error, is_tensor, moved
from defn.types import as_dtype

CPU = (1, 0)  # DLPack's name of main memory


def tensor(data, dtype=None, backend=None, names=None):
    """A tensor of the data: numbers, nested lists, or arrays, on a backend; its axes called by `names`.

    >>> tensor([[1, 2], [3, 4]], "f32")
    tensor([[1.0, 2.0],
            [3.0, 4.0]], f32[2, 2] on numpy)
    """
    made = asarray(data, None if dtype is None else as_dtype(dtype))
    made = METHODS["copy"](made) if made is data else made
    made.weak = None
    made = made if backend is None else to(made, backend)
    return made if names is None else with_names(made, names)


def to(tensor, backend):
    """The tensor on another backend.

    >>> tensor([1.0]).to("numpy").backend.name
    'numpy'
    """
    if tensor.traced:
        raise TraceError(
            f"a traced value of type {tensor.type} lives where its compiler puts it: "
            "move the arguments or the results instead"
        )
    return moved(tensor, backends.load(named(backend)) if isinstance(backend, str) else backend)


def to_device(tensor, device, /, *, stream=None):
    """The tensor on another device: the Array API's name for a backend."""
    if stream is not None:
        raise Unsupported(
            f"to_device(stream={stream!r}): the devices here have no streams; leave it out"
        )
    return tensor if tensor.traced and device == TRACED else to(tensor, device)


def device(tensor):
    """The name of the backend where an eager tensor lives; of a traced one, `traced`."""
    return TRACED if tensor.traced else tensor.backend.name


def numpy(tensor):
    """The values as a new NumPy array.

    >>> tensor([1, 2]).numpy()
    array([1, 2])
    """
    return np.array(concrete(tensor, ".numpy()"))


def dlpack(tensor, *, stream=None, max_version=None, dl_device=None, copy=None):
    """The tensor as a DLPack capsule: in the memory of its device, or in main memory."""
    if on_gpu(tensor):
        return tensor.buffer.__dlpack__(
            stream=stream, max_version=max_version, dl_device=dl_device, copy=copy
        )
    if dl_device not in (None, CPU):
        raise Unsupported(
            f"DLPack export to device {dl_device}: move the tensor with .to('numpy') first"
        )
    array = np.asarray(concrete(tensor, "DLPack"))
    if not array.flags.writeable and copy is None and (max_version or (0,))[0] < 1:
        copy = True  # DLPack before 1.0 cannot say that memory must not be written
    return array.__dlpack__(max_version=max_version, copy=copy)


def dlpack_device(tensor):
    """Where a DLPack capsule of the tensor would be."""
    return tensor.buffer.__dlpack_device__() if on_gpu(tensor) else CPU


def on_gpu(tensor):
    """Do the elements lie in a device's memory, whose arrays other libraries take as they are?"""
    return (
        not tensor.traced
        and hasattr(tensor.buffer, "__dlpack_device__")
        and (tensor.backend.name != "numpy" and tuple(tensor.buffer.__dlpack_device__()) != CPU)
    )


def cuda_array_interface(tensor):
    """What CuPy and Numba read of a tensor on a CUDA device."""
    if tensor.traced:
        raise AttributeError("a traced value has no memory")
    return tensor.buffer.__cuda_array_interface__


def jax_array(tensor):
    """What JAX looks for where a value is no array of its own: of a traced value there is none."""
    if tensor.traced:
        raise concrete_error(tensor, AS_JAX)
    raise AttributeError("a tensor is no JAX array: jax.numpy.asarray(x) makes one")


@creates(np.from_dlpack)
def from_dlpack(x, /, *, device=None, copy=None):
    """The array of another library as a tensor, by way of DLPack; a traced value as it is.

    >>> from_dlpack(np.array([1, 2])).tolist()
    [1, 2]
    """
    if is_tensor(x) and x.traced:
        return METHODS["copy" if copy else "view"](x)
    made = asarray(np.from_dlpack(x, copy=copy))
    return made if device is None else to(made, device)


def tobytes(tensor, order="C"):
    """The values as bytes, in C order or Fortran's."""
    return concrete(tensor, ".tobytes()").tobytes(order)


METHODS.update(
    to=to,
    to_device=to_device,
    device=property(device),
    numpy=numpy,
    tobytes=tobytes,
    __dlpack__=dlpack,
    __dlpack_device__=dlpack_device,
    __cuda_array_interface__=property(cuda_array_interface),
    __jax_array__=property(jax_array),
)
