"""Kernels as the Python they are: the same text, run by the interpreter, line by line, for a
debugger.

`NUMBA_DISABLE_JIT=1` chooses this. What the text calls has a twin here, made of NumPy's scalars.
"""

from __future__ import annotations

import cmath
import importlib
import math
import os

import numpy as np

from defn.compilers.numba.kernels import registered
from defn.compilers.numba.lines import FORMS
from defn.compilers.numba.lines import NAMES as TRANSFORMS
from defn.types import BFLOAT16

HALVES = {np.dtype("float16"), BFLOAT16}


def chosen(options):
    """Is the interpreter to run the kernels?"""
    return options.get("interpreted") or os.environ.get("NUMBA_DISABLE_JIT", "0") == "1"


class Elements:
    """A buffer: elements of flat memory; float16 and bfloat16 are float32 outside of it."""

    known: dict = {}

    def __init__(self, array):
        self.array = array.reshape(-1)
        self.half = array.dtype in HALVES
        self.dtype = array.dtype
        self.known[self.address] = self

    address = property(lambda self: self.array.__array_interface__["data"][0])

    def __getitem__(self, index):
        if not 0 <= index < self.array.size:
            raise IndexError(f"a kernel reads element {index} of {self.array.size}")
        value = self.array[int(index)]
        return np.float32(value) if self.half else value

    def __setitem__(self, index, value):
        if not 0 <= index < self.array.size:
            raise IndexError(f"a kernel writes element {index} of {self.array.size}")
        self.array[int(index)] = value


def buffer(args, place, dtype, scope=None):
    return args[place] if isinstance(args[place], Elements) else Elements(args[place])


def home(near, args, place):
    return buffer(args, place, near.dtype)


def size(args, place):
    found = args[place]
    return found.address if isinstance(found, Elements) else found


def longer(address, room, each, old):
    new = Elements(np.empty(max(2 * room, 64) * each, old.dtype))
    new.array[: old.array.size] = old.array
    return new


def cast(x, dtype):
    value = np.asarray(x).astype(dtype)
    return (np.float32 if value.dtype in HALVES else value.dtype.type)(value)


def bitcast(x, source, dtype):
    value = np.asarray(x).astype(source).reshape(1).view(dtype)[0]
    return np.float32(value) if np.dtype(dtype) in HALVES else value


def rounded(dtype):
    return lambda x: np.float32(np.asarray(x).astype(dtype))


def truth(function):
    return lambda x, y: np.bool_(function(x, y))


def call_back(caller, number, args):
    values = [
        args[k].array[: max(1, math.prod(shape))].reshape(shape)
        for k, shape in caller.places[number]
    ]
    return caller.call(number, values)


def tile(a, a0, ai, ak, b, b0, bk, c, c0, ci, low, high, there, rows, columns):
    for i in range(min(rows, there)):
        for j in range(columns):
            total = c[c0 + i * ci + j] if low else c.dtype.type(0)
            for k in range(low, high):
                total = total + a[a0 + i * ai + k * ak] * b[b0 + k * bk + j]
            c[c0 + i * ci + j] = total


def turn(x, first, apart, y, start, width, rows, columns):
    for i in range(rows):
        for j in range(columns):
            y.array[start + width * i + j] = x.array[first + apart * j + i]


def transform(name, form):
    """The lines that a word of `fourier` transforms, by NumPy."""

    def places(count, first, step):
        along, lines = np.arange(count), np.arange(1 if form == "" else 8)
        if form == "_columns":
            return first + along * step + lines[:, None]
        return first + along + count * lines[:, None]

    def run(x, first, y, start, step, turns, room, at, factor, n):
        given = 2 * n if name == "rfft" else n + (name == "irfft")
        found = 2 * n if name == "irfft" else n + (name == "rfft")
        settings = {"n": 2 * n} if name == "irfft" else {}
        norm = "forward" if name[0] == "i" else None
        lines = getattr(np.fft, name)(x.array[places(given, first, step)], norm=norm, **settings)
        y.array[places(found, start, step)] = lines * factor

    return run


def stream(x, first, y, start, count):
    y.array[start : start + count] = x.array[first : first + count]


def drain():
    """All is written at once."""


def fetch(x, first, count):
    """Memory is near enough."""


def elements(address, dtype, scope):
    return Elements.known.get(address) or Elements(np.empty(0, dtype))


def complex_of(x, y):
    return np.result_type(x, np.complex64).type(complex(x, y))


def sort_line(keys, first, apart, count, order, spare):
    order.array[:count] = np.argsort(
        keys.array[first : first + count * apart : apart], kind="stable"
    )


DTYPES = {
    "bool_": np.bool_,
    **{name: getattr(np, name) for name in (
        *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
        "float16", "float32", "float64", "complex64", "complex128",
    )},
    **({"bfloat16": BFLOAT16.type} if BFLOAT16 else {}),
}  # fmt: skip
UFUNCS = """
    add subtract multiply divide negative absolute invert left_shift right_shift floor_divide
    remainder fmod less less_equal greater greater_equal equal not_equal maximum minimum fmax
    fmin bitwise_and bitwise_or bitwise_xor floor ceil trunc rint sqrt copysign signbit
    nextafter cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh
    cosh tanh arcsinh arccosh arctanh power arctan2 hypot conjugate
""".split()
SCALARS = ("power_integer", "power_unsigned", "gcd", "merge")
NAMES = {
    **{name: getattr(np, name) for name in UFUNCS},
    **DTYPES,
    "math": math, "cmath": cmath, "buffer": buffer, "home": home, "size": size, "large": size, "wide": lambda: None,
    "free": lambda: None,
    "elements": elements,
    "address": lambda found: found.address, "longer": longer, "cast": cast, "bitcast": bitcast,
    "outside": lambda index, size: np.bool_(not 0 <= index < size),
    "where": lambda test, yes, no: yes if test else no, "tile": tile, "turn": turn, "fetch": fetch, "stream": stream, "drain": drain,
    **{name + form: transform(name, form) for name in TRANSFORMS for form in FORMS},
    "call_back": call_back,
    "sort_line": sort_line,
    "add_any": np.add, "multiply_any": np.multiply, "max_any": np.maximum, "min_any": np.minimum,
    "highest": np.maximum, "lowest": np.minimum,
    "round_float16": rounded(np.float16), "round_bfloat16": rounded(BFLOAT16),
    "bit_count": np.bitwise_count, "complex_of": complex_of,
    "real_part": np.real, "imaginary_part": np.imag,
}  # fmt: skip


def interpret_kernel(text):
    """The kernel as the function that its text defines."""
    # Numba is imported with these, so only where kernels are interpreted.
    scalars = importlib.import_module(f"{__package__}.scalars")
    space = {**NAMES, **{name: getattr(scalars, name) for name in SCALARS}}
    exec(compile(text, registered(text, "kernel", f"{hash(text):x}"), "exec"), space)
    return space["kernel"]


class Program:
    """As `threads.Program`, one kernel after another, one chunk after another."""

    parallel = False

    def __init__(self, steps, table, slots, quick=False):
        self.steps, self.table, self.slots = steps, table, slots

    def __call__(self, *values, threads=None):
        words = list(self.table)
        for argument, place, _ in self.slots:
            words[place] = Elements(values[argument])
        with np.errstate(all="ignore"):
            return next(filter(None, self._statuses(words)), 0)

    def _statuses(self, words):
        for kernel, rows, chunk, _, place in self.steps:
            for start in range(0, rows, chunk):
                yield kernel(start, min(rows, start + chunk), words[place:])
