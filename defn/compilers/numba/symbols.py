"""The C functions that machine code of ours may call, by the names it calls them.

Private names (`defn_expf` for libm's `expf`) matter: LLVM knows the public ones, folds a call to
one of its own intrinsics, and drops the attribute that lets the loop around it vectorise.
"""

from __future__ import annotations

import ctypes
import functools
import platform
import sys

import llvmlite.binding as llvm

PREFIX = "defn_"
X86 = platform.machine().lower() in ("x86_64", "amd64")

# Lanes of a float64 vector by the letter that libmvec's names have for the instruction set.
ISAS = {"b": ("sse2", 2), "d": ("avx2", 4), "e": ("avx512f", 8)}


@functools.cache
def processor():
    """The name and the features of this processor, as LLVM calls them."""
    name, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    # There one instruction that gathers is slower than as many loads, ten times in large arrays.
    slow = ",+prefer-no-gather" if name.startswith("znver") else ""
    return name, features + slow


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
        llvm.load_library_permanently("libmvec.so.1")
        return ctypes.CDLL("libmvec.so.1")
    except (OSError, RuntimeError):
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


def register(symbol):
    """Make a symbol known to LLVM; whether there is such a symbol, as far as is known now."""
    if symbol not in _registered and _register(symbol):
        _registered.add(symbol)
    return symbol in _registered


_registered: set = set()


def _register(symbol):
    if symbol.startswith("_ZGV"):
        return libmvec() is not None and llvm.address_of_symbol(symbol) is not None
    if not symbol.startswith(PREFIX):
        return llvm.address_of_symbol(symbol) is not None
    found = next(filter(None, (source(symbol) for source in sources)), None)
    if found:
        llvm.add_symbol(symbol, found)
    return bool(found)


def scalar(name):
    """The private name of a libm function."""
    return PREFIX + name


def of_libm(symbol):
    return address(libm(), symbol.removeprefix(PREFIX))


# --- what the driver calls -----------------------------------------------------------------------

PYTHON = (
    "PyLong_AsLongLong", "PyLong_FromLongLong", "PyFloat_AsDouble", "PyErr_Occurred",
    "PyEval_SaveThread", "PyEval_RestoreThread",
)  # fmt: skip
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


WAITS = ("sleep", "wake", "give_way")


sources += [lambda symbol: extra().get(symbol), of_libm]
