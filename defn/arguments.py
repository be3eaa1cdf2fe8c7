"""Arguments and results: what is traced, what is static, and how a result looks to the caller."""

from __future__ import annotations

import sys

import numpy as np

from defn import backends
from defn.errors import ArgumentError, TypeMismatch
from defn.tensor import Tensor, eager
from defn.transforms.integers import SMALL
from defn.types import WEAK, Type, as_dtype, supported

NUMBERS = (int, float, complex)
LARGEST = 2**63
GPU = (2, 13)  # DLPack's names of CUDA's memories


class Leaf:
    """What a specialisation must know of one leaf of the arguments: equal leaves share a specialisation."""

    __slots__ = ("kind", "type", "static", "weak", "backend", "labels", "large", "key")

    def __init__(
        self, kind, type=None, static=None, weak=None, backend=None, labels=None, large=False
    ):
        self.kind, self.type, self.static, self.weak = kind, type, static, weak
        self.backend, self.labels, self.large = backend, labels, large
        self.key = (
            (kind, type, weak, backend, labels, large)
            if kind != "static"
            else (kind, static.__class__, static)
        )

    traced = property(lambda self: self.kind != "static")
    scalar = property(lambda self: self.kind in ("number", "scalar"))


def classify(value, path=""):
    """The Leaf of an argument: arrays and numbers are traced, all else is static, by value."""
    kind = type(value)
    if kind is np.ndarray:
        return Leaf("array", Type(supported(value.dtype), value.shape))
    if kind in NUMBERS:
        return _number(value, kind)
    if kind is Tensor:
        return Leaf("tensor", value.held, backend=value.backend, labels=value.labels)
    if isinstance(value, np.generic) and value.dtype.kind in "biufcV":
        return Leaf("scalar", Type(supported(value.dtype)))
    if isinstance(value, np.ndarray):
        return _subclass(value, kind, path)
    if hasattr(kind, "__dlpack__") or hasattr(kind, "__array__") and hasattr(kind, "dtype"):
        return _foreign(value)
    return _static(value, kind, path)


def brought(values, compiler):
    """The leaves of a call, where arrays of other libraries in a GPU's memory are tensors, without a copy.

    JAX's stay JAX's, unless the compiler is CUDA's.
    """
    made = {}
    for value in values:
        if _on_gpu(value) and (compiler == "cuda" or kind_of_module(value) != "jax"):
            made[id(value)] = eager(*backends.taken(value))
    return [made.get(id(value), value) for value in values] if made else values


def _on_gpu(value):
    kind = type(value)
    if kind is np.ndarray or kind is Tensor:
        return False
    if hasattr(kind, "__dlpack_device__"):
        return int(value.__dlpack_device__()[0]) in GPU
    return hasattr(kind, "__cuda_array_interface__")


def _number(value, kind):
    if kind is int and not -LARGEST <= value < LARGEST:
        return Leaf("static", static=value)
    # What is computed of small integers is mostly known to have 64 bits.
    large = kind is int and not -SMALL <= value <= SMALL
    return Leaf("number", Type(WEAK[kind]), weak=kind, large=large)


def _subclass(value, kind, path):
    if kind in (np.memmap,):
        return Leaf("array", Type(supported(value.dtype), value.shape))
    raise TypeMismatch(
        f"argument{path} is a {kind.__name__}, whose rules differ from an array's: pass np.asarray(it)"
    )


def _foreign(value):
    return Leaf(kind_of_module(value), Type(_foreign_dtype(value.dtype), tuple(value.shape)))


def _foreign_dtype(dtype):
    """The dtype that another library's own kind of dtype means: `torch.float32` is named like NumPy's."""
    try:
        return supported(np.dtype(dtype))
    except TypeError:
        return as_dtype(str(dtype).rpartition(".")[2])


def kind_of_module(value):
    """The name of the library an array comes from."""
    return type(value).__module__.partition(".")[0].removesuffix("lib")


def _static(value, kind, path):
    try:
        hash(value)
    except TypeError:
        raise ArgumentError(
            f"argument{path} is a {kind.__name__}, which is static but cannot be hashed: pass a tuple of its "
            "elements, or register the class with defn.pytree.register"
        ) from None
    return Leaf("static", static=value)


def as_ndarray(value, leaf):
    """The argument as a native, aligned NumPy array of the leaf's type."""
    if leaf.kind == "array":
        if value.dtype != leaf.type.dtype or not value.flags.aligned:
            return np.array(value, leaf.type.dtype)
        return value
    if leaf.kind == "tensor":
        return np.asarray(value.backend.get(value.buffer))
    if leaf.kind == "torch" and leaf.type.dtype.kind == "V":
        torch = sys.modules["torch"]
        return (
            value.view(getattr(torch, f"uint{8 * leaf.type.dtype.itemsize}"))
            .numpy()
            .view(leaf.type.dtype)
        )
    return np.asarray(value, leaf.type.dtype)


def native(value, leaf):
    """An argument as it is where it is an array of another library, else as NumPy's."""
    return as_ndarray(value, leaf) if leaf.kind in ("array", "number", "scalar") else value


def as_foreign(array, kind):
    """A result as an array of the library that the arguments came from."""
    if kind in FOREIGN:
        return FOREIGN[kind](array)
    return array


def _jax(array):
    backend = backends.load("xla:cpu")
    return backend.put(array)


def _torch(array):
    """A tensor of PyTorch on the array's memory."""
    torch, array = sys.modules["torch"], np.asarray(array)
    if array.dtype.kind != "V":
        return torch.from_numpy(array)
    return torch.from_numpy(array.view(f"u{array.itemsize}")).view(getattr(torch, array.dtype.name))


FOREIGN = {"jax": _jax, "torch": _torch}


def as_tensor(array, backend):
    """A result as an eager tensor on a backend."""
    return eager(backend.put(array) if backend.name != "numpy" else array, backend)
