"""DLPack: arrays of other libraries, and ours for them, as a structure in a capsule."""

from __future__ import annotations

import ctypes
from ctypes import (
    POINTER,
    Structure,
    c_char_p,
    c_int32,
    c_int64,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
    py_object,
)
from math import prod
from typing import NamedTuple

import numpy as np

from defn.errors import TypeMismatch
from defn.types import as_dtype

CPU, CUDA, MANAGED = 1, 2, 13
PLAIN, VERSIONED = b"dltensor", b"dltensor_versioned"
READ_ONLY = 1  # a flag of version 1
BFLOAT = 4
CODES = {"i": 0, "u": 1, "f": 2, "c": 5, "b": 6}
LETTERS = {code: letter for letter, code in CODES.items()}


class Device(Structure):
    _fields_ = [("family", c_int32), ("number", c_int32)]


class Kind(Structure):
    _fields_ = [("code", c_uint8), ("bits", c_uint8), ("lanes", c_uint16)]


class Array(Structure):
    """`DLTensor`."""

    _fields_ = [
        ("data", c_void_p),
        ("device", Device),
        ("rank", c_int32),
        ("kind", Kind),
        ("shape", POINTER(c_int64)),
        ("strides", POINTER(c_int64)),
        ("offset", c_uint64),
    ]


class Managed(Structure):
    """`DLManagedTensor`."""

    _fields_ = [("array", Array), ("context", c_void_p), ("deleter", c_void_p)]


class ManagedVersioned(Structure):
    """`DLManagedTensorVersioned`."""

    _fields_ = [
        ("major", c_uint32),
        ("minor", c_uint32),
        ("context", c_void_p),
        ("deleter", c_void_p),
        ("flags", c_uint64),
        ("array", Array),
    ]


def of_python(name, result, *arguments):
    """A function of Python's own C library."""
    function = ctypes.pythonapi[name]
    function.restype, function.argtypes = result, arguments
    return function


new_capsule = of_python("PyCapsule_New", py_object, c_void_p, c_char_p, c_void_p)
is_capsule = of_python("PyCapsule_IsValid", ctypes.c_int, c_void_p, c_char_p)
pointer_in = of_python("PyCapsule_GetPointer", c_void_p, c_void_p, c_char_p)
rename = of_python("PyCapsule_SetName", ctypes.c_int, c_void_p, c_char_p)

FORMS = {PLAIN: Managed, VERSIONED: ManagedVersioned}
DELETER = ctypes.CFUNCTYPE(None, c_void_p)


class Lent(NamedTuple):
    """What an array of another library lends: where, of what type, and what keeps it alive."""

    pointer: int
    dtype: np.dtype
    shape: tuple
    strides: tuple  # in elements; None: without gaps
    readonly: bool
    owner: object

    @property
    def ends(self):
        """The lowest and the highest place of an element, counted from the first."""
        steps = strides_of(self.shape) if self.strides is None else self.strides
        far = [(size - 1) * step for size, step in zip(self.shape, steps, strict=True)]
        return sum(min(0, end) for end in far), sum(max(0, end) for end in far)

    @property
    def reach(self):
        """The first byte, and the byte after the last."""
        low, high = self.ends
        size = self.dtype.itemsize
        empty = 0 in self.shape
        return self.pointer + low * size, self.pointer + (low if empty else high + 1) * size


class Loan:
    """A structure of another library's, given back when nothing refers to it."""

    def __init__(self, address, deleter):
        self.address, self.deleter = address, deleter

    def __del__(self):
        if self.deleter:
            DELETER(self.deleter)(self.address)


# --- in ------------------------------------------------------------------------------------------


def taken(capsule):
    """What a capsule lends; the capsule is empty afterwards, as the protocol wants."""
    name = next((n for n in FORMS if is_capsule(id(capsule), n)), None)
    if name is None:
        raise TypeMismatch(f"{capsule!r} is no DLPack capsule, or was taken before")
    address = pointer_in(id(capsule), name)
    managed = FORMS[name].from_address(address)
    rename(id(capsule), USED[name])
    loan = Loan(address, managed.deleter)
    array = managed.array
    shape = tuple(array.shape[k] for k in range(array.rank))
    strides = tuple(array.strides[k] for k in range(array.rank)) if array.strides else None
    readonly = name == VERSIONED and bool(managed.flags & READ_ONLY)
    return Lent(
        (array.data or 0) + array.offset, dtype_of(array.kind), shape, strides, readonly, loan
    )


USED = {name: b"used_" + name for name in FORMS}  # kept here: a capsule does not copy its name


def dtype_of(kind):
    """The dtype of a DLPack type."""
    if kind.lanes != 1:
        raise TypeMismatch(f"an array of vectors of {kind.lanes} elements: pass one of numbers")
    if kind.code == BFLOAT:
        return as_dtype("bfloat16")
    if kind.code not in LETTERS:
        raise TypeMismatch(
            f"DLPack's type code {kind.code} with {kind.bits} bits has no dtype here"
        )
    return as_dtype(np.dtype(f"{LETTERS[kind.code]}{kind.bits // 8}"))


# --- out -----------------------------------------------------------------------------------------

_lent: dict = {}


def capsule(pointer, dtype, shape, device, owner, versioned):
    """A capsule that lends memory; the owner is kept until the borrower gives it back."""
    form, name = (ManagedVersioned, VERSIONED) if versioned else (Managed, PLAIN)
    sizes, steps = (c_int64 * len(shape))(*shape), (c_int64 * len(shape))(*strides_of(shape))
    managed = form()
    if versioned:
        managed.major, managed.minor = 1, 0
    managed.array = Array(pointer, Device(*device), len(shape), kind_of(dtype), sizes, steps, 0)
    managed.deleter = ctypes.cast(give_back, c_void_p)
    address = ctypes.addressof(managed)
    _lent[address] = managed, sizes, steps, owner
    return new_capsule(address, name, ctypes.cast(dropped, c_void_p))


def kind_of(dtype):
    """The DLPack type of a dtype."""
    code = BFLOAT if dtype.name == "bfloat16" else CODES.get(dtype.kind)
    if code is None:
        raise TypeMismatch(f"DLPack has no type for {dtype}: cast the tensor first")
    return Kind(code, 8 * dtype.itemsize, 1)


def strides_of(shape):
    """The strides, in elements, of an array without gaps.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    return tuple(prod(shape[k + 1 :]) for k in range(len(shape)))


@DELETER
def give_back(address):
    """The borrower needs the memory no more."""
    _lent.pop(address, None)


@ctypes.PYFUNCTYPE(None, c_void_p)
def dropped(capsule):
    """A capsule dies: one that nobody took gives back what it lent."""
    name = next((n for n in FORMS if is_capsule(capsule, n)), None)
    if name is not None:
        give_back(pointer_in(capsule, name))
