"""The C functions that machine code of ours may call, by the names it calls them.

Private names (`defn_expf` for libm's `expf`) matter: LLVM knows the public ones, folds a call to
one of its own intrinsics, and drops the attribute that lets the loop around it vectorise.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import platform
import sys

import numpy as np

PREFIX = "defn_"
X86 = platform.machine().lower() in ("x86_64", "amd64")

# Lanes of a float64 vector by the letter that libmvec's names have for the instruction set.
ISAS = {"b": ("sse2", 2), "d": ("avx2", 4), "e": ("avx512f", 8)}


# The lines of Linux's account of a processor from which LLVM's follows.
LINES = ("vendor_id", "cpu family", "model", "model name", "stepping", "microcode", "flags")
ACCOUNT = 1 << 13  # bytes that hold the account of the first processor


def llvm():
    """LLVM's binding: imported where something is compiled, for it takes longer than to load a kernel."""
    return importlib.import_module("llvmlite.binding")


@functools.cache
def hardware():
    """What tells this processor from others: of Linux's account, else LLVM's name and features."""
    try:
        with open("/proc/cpuinfo") as file:
            lines = file.read(ACCOUNT).partition("\n\n")[0].splitlines()
    except OSError:
        return processor()
    known = tuple(line for line in lines if line.partition("\t")[0].strip() in LINES)
    return known if X86 and known else processor()


@functools.cache
def processor():
    """The name and the features of this processor, as LLVM calls them."""
    name, features = llvm().get_host_cpu_name(), llvm().get_host_cpu_features().flatten()
    # There one instruction that gathers is slower than as many loads, ten times in large arrays.
    slow = ",+prefer-no-gather" if name.startswith("znver") else ""
    return name, features + slow


@functools.cache
def adds_products():
    """Does the processor round the sum of a product and a number once, in one instruction?"""
    return not X86 or "+fma," in processor()[1]


@functools.cache
def libm():
    """The C library's mathematics; where it is not a file of its own, the process has it."""
    name = {"linux": "libm.so.6", "win32": "ucrtbase"}.get(sys.platform)
    try:
        return ctypes.CDLL(name)
    except OSError:
        return ctypes.CDLL(None)


@functools.cache
def libmvec():
    """glibc's library of vector functions, or None where the host has none."""
    if not (sys.platform.startswith("linux") and X86):
        return None
    try:
        return ctypes.CDLL("libmvec.so.1", ctypes.RTLD_GLOBAL)
    except OSError:
        return None


def address(library, name):
    """The address of a library's function, or None."""
    function = getattr(library, name, None)
    return None if function is None else ctypes.cast(function, ctypes.c_void_p).value


@functools.cache
def isas():
    """The vector instruction sets of this processor: {libmvec's letter: lanes of float64}."""
    features = dict.fromkeys(f[1:] for f in processor()[1].split(",") if f.startswith("+"))
    return {letter: lanes for letter, (needs, lanes) in ISAS.items() if needs in features}


def vector_name(name, letter, lanes, arity):
    return f"_ZGV{letter}N{lanes}{'v' * arity}_{name}"


@functools.cache
def vectors(name, arity, per_double):
    """{lanes: symbol} of libmvec's versions of a libm function on this host."""
    library = libmvec()
    if library is None:
        return {}
    names = {k * per_double: vector_name(name, i, k * per_double, arity) for i, k in isas().items()}
    return {lanes: symbol for lanes, symbol in names.items() if address(library, symbol)}


# Those who know of further symbols: (symbol) -> address or None.
sources: list = []


def find(symbol):
    """The address of a function that machine code calls, or None."""
    if symbol.startswith("_ZGV"):
        return libmvec() and address(libmvec(), symbol)
    if symbol.startswith(PREFIX):
        return next(filter(None, (source(symbol) for source in sources)), None)
    return address(libc(), symbol) or address(libm(), symbol)


def register(symbol):
    """Make a symbol known to LLVM; whether there is such a symbol, as far as is known now."""
    if symbol not in _registered and _register(symbol):
        _registered.add(symbol)
    return symbol in _registered


_registered: set = set()


def _register(symbol):
    # What Numba brings with it is known to LLVM alone.
    known = not symbol.startswith(PREFIX) and llvm().address_of_symbol(symbol)
    found = known or find(symbol)
    if found and not known:
        llvm().add_symbol(symbol, found)
    return bool(found)


def scalar(name):
    """The private name of a libm function."""
    return PREFIX + name


def of_libm(symbol):
    return address(libm(), symbol.removeprefix(PREFIX))


# --- what the driver calls -----------------------------------------------------------------------

PYTHON = (
    "PyLong_AsLongLong", "PyLong_FromLongLong", "PyFloat_AsDouble", "PyErr_Occurred",
    "PyEval_SaveThread", "PyEval_RestoreThread", "Py_IncRef", "Py_DecRef", "PyDict_GetItem", "PyCell_Get",
    "PyObject_Vectorcall",
)  # fmt: skip
# By their places in the table that NumPy has for other libraries.
NUMPY = {"PyArray_NewFromDescr": 94, "PyArray_Return": 76}
# By the part of the name before the version: sleep, wake, and let another thread run.
WAITING = {
    "win32": ("WaitForSingleObject", "ReleaseSemaphore", "SwitchToThread"),
    "darwin": ("dispatch_semaphore_wait", "dispatch_semaphore_signal", "sched_yield"),
    "other": ("sem_wait", "sem_post", "sched_yield"),
}


@functools.cache
def libc():
    return ctypes.CDLL("kernel32" if sys.platform == "win32" else None)


@functools.cache
def extra():
    """{private name: address} of what is not in libm."""
    names = WAITING.get(sys.platform, WAITING["other"])
    found = {f"{PREFIX}{n}": address(libc(), o) for n, o in zip(WAITS, names, strict=True)}
    memory = ctypes.CDLL("ucrtbase") if sys.platform == "win32" else libc()
    found |= {PREFIX + name: address(memory, name) for name in ("malloc", "free")}
    return found | {PREFIX + name: address(ctypes.pythonapi, name) for name in PYTHON}


@functools.cache
def of_numpy():
    """{private name: address} of NumPy's functions for other libraries."""
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_void_p]
    table = pointer(np._core._multiarray_umath._ARRAY_API, None)
    places = {name: table + 8 * k for name, k in NUMPY.items()}
    return {PREFIX + n: ctypes.c_void_p.from_address(at).value for n, at in places.items()}


WAITS = ("sleep", "wake", "give_way")


sources += [
    lambda symbol: extra().get(symbol),
    lambda symbol: of_numpy().get(symbol) if "PyArray" in symbol else None,
    of_libm,
]
