"""Types of values: a NumPy dtype and a static shape; and NumPy's promotion, asked from NumPy."""

from __future__ import annotations

import functools
import math

import numpy as np

from defn.errors import TypeMismatch, suggestion

try:
    import ml_dtypes
except ImportError:  # an optional package: without it there is no bfloat16
    ml_dtypes = None

BFLOAT16 = np.dtype(ml_dtypes.bfloat16) if ml_dtypes else None
NUMERIC = tuple(np.dtype(code) for code in "?bhilqBHILQefdFD")
EXTENDED = (
    tuple(
        np.dtype(getattr(ml_dtypes, name))
        for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2")
        if hasattr(ml_dtypes, name)
    )
    if ml_dtypes
    else ()
)
ALIASES = {
    "bf16": "bfloat16", "f16": "float16", "f32": "float32", "f64": "float64", "c64": "complex64",
    "c128": "complex128", "pred": "bool",
    **{f"{kind}{bits}": f"{word}{bits}" for kind, word in (("s", "int"), ("i", "int"), ("u", "uint"))
       for bits in (8, 16, 32, 64) if kind != "i"},
}  # fmt: skip
SHORT = {"bool": "bool", "bfloat16": "bf16"}

BOOL, INT64, FLOAT32, FLOAT64 = map(np.dtype, ("bool", "int64", "float32", "float64"))
WEAK = {bool: BOOL, int: INT64, float: FLOAT64, complex: np.dtype("complex128")}


class Type:
    """The type of a value: dtype and shape; `tape` for a stack of such values; `parts` for a tuple.

    >>> Type("float32", (2, 3))
    f32[2, 3]
    """

    __slots__ = ("dtype", "shape", "tape", "parts", "_hash")

    def __init__(self, dtype, shape=(), tape=False, parts=None):
        self.dtype = (
            dtype if type(dtype) is np.dtype else np.dtype(dtype) if dtype is not None else None
        )
        self.shape, self.tape, self.parts = shape, tape, parts
        self._hash = hash((self.dtype, shape, tape, parts))

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: math.prod(self.shape))
    bytes = property(lambda self: self.size * self.dtype.itemsize)

    def __eq__(self, other):
        return self is other or (
            type(other) is Type
            and self._hash == other._hash
            and self.dtype == other.dtype
            and self.shape == other.shape
            and self.tape == other.tape
            and self.parts == other.parts
        )

    def __hash__(self):
        return self._hash

    def with_dtype(self, dtype):
        """The type of another dtype, of the same shape."""
        return Type(dtype, self.shape)

    def with_shape(self, shape):
        """The type of another shape, of the same dtype."""
        return Type(self.dtype, tuple(shape))

    def __repr__(self):
        if self.parts is not None:
            return f"({', '.join(map(repr, self.parts))})"
        dims = f"[{', '.join(map(str, self.shape))}]" if self.shape else ""
        return ("tape of " if self.tape else "") + short(self.dtype) + dims


def short(dtype):
    """The short name of a dtype: f32, i64, bool.

    >>> short(np.dtype("complex64"))
    'c64'
    """
    name = np.dtype(dtype).name
    if name in SHORT:
        return SHORT[name]
    return (
        name.replace("uint", "u").replace("int", "i").replace("complex", "c").replace("float", "f")
    )


def as_dtype(value):
    """The dtype that a name, a type or a dtype stands for; refuses what has no arithmetic here.

    >>> as_dtype("f32"), as_dtype(int)
    (dtype('float32'), dtype('int64'))
    """
    if type(value) is np.dtype:
        return supported(value)
    if isinstance(value, str):
        value = ALIASES.get(value, value)
        if value.startswith(("bfloat16", "float8")) and ml_dtypes is None:
            raise TypeMismatch(f"dtype {value} needs the package ml_dtypes: pip install ml_dtypes")
    try:
        return supported(np.dtype(value))
    except TypeError:
        known = [d.name for d in NUMERIC + EXTENDED]
        raise TypeMismatch(f"{value!r} is no dtype{suggestion(value, known)}") from None


@functools.cache
def supported(dtype):
    """The dtype in native byte order and NumPy's canonical form; strings, objects and times are refused."""
    if dtype in EXTENDED:
        return dtype
    if dtype.kind not in "biufc" or dtype.itemsize > 16 or dtype.char in "gG":
        raise TypeMismatch(
            f"values of dtype {dtype} cannot be traced: use a number or bool dtype "
            "(object and string arrays: convert them with .astype(float) first)"
        )
    return np.dtype(dtype.newbyteorder("=").str)


def is_float(dtype):
    """Is the dtype a real floating one (bfloat16 and float8 included)?"""
    return dtype.kind == "f" or dtype in EXTENDED


def is_inexact(dtype):
    """Is the dtype floating or complex, so that a derivative exists?"""
    return dtype.kind in "fc" or dtype in EXTENDED


def real_of(dtype):
    """The dtype of a complex dtype's parts; other dtypes unchanged."""
    return np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype


@functools.cache
def promote(*dtypes):
    """The dtype NumPy computes in for operands of these dtypes (a Python type stands for a weak scalar).

    >>> promote(np.dtype("int32"), np.dtype("float32"))
    dtype('float64')
    >>> promote(np.dtype("float32"), float)
    dtype('float32')
    """
    strong = [d for d in dtypes if not isinstance(d, type)]
    if any(d in EXTENDED for d in strong):
        return _promote_extended(strong, [d for d in dtypes if isinstance(d, type)])
    return np.dtype(np.result_type(*(d(1) if isinstance(d, type) else d for d in dtypes)))


def _promote_extended(strong, weak):
    """bfloat16 with itself, bool, integers or weak scalars stays; with another float, the wider of float32 up."""
    extended = {d for d in strong if d in EXTENDED}
    others = [d for d in strong if d not in EXTENDED and d.kind in "fc"]
    if complex in weak:
        others.append(np.dtype("complex64"))
    if not others:
        return extended.pop() if len(extended) == 1 else FLOAT32
    return np.result_type(FLOAT32, *others)
