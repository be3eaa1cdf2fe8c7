"""Element by element, by Nx's names; most are NumPy's functions under another name.

Where Nx and NumPy differ under one name, these follow Nx: `remainder` has the sign of the dividend,
`round` goes away from zero at a half. Truth values are booleans here, numbers where Nx has u8.
"""

from __future__ import annotations

import numpy as np

from defn import numpy as functions
from defn.errors import ArgumentError, TypeMismatch
from defn.numpy.composite import inexact, strong
from defn.nx.spelling import spelled
from defn.special import erf, erfc, erfinv, expit
from defn.tensor import PYTHON_NUMBERS, asarray, astype, kind_of
from defn.transforms.custom import CustomGrad
from defn.types import as_dtype, is_float, promote, real_of

# Nx's name, and the function of NumPy's that does the same.
NAMES = {
    "acos": "acos", "acosh": "acosh", "asin": "asin", "asinh": "asinh",
    "atan": "atan", "atanh": "atanh", "atan2": "atan2", "cos": "cos", "cosh": "cosh",
    "sin": "sin", "sinh": "sinh", "tan": "tan", "tanh": "tanh", "exp": "exp", "expm1": "expm1",
    "log10": "log10", "log1p": "log1p", "log2": "log2", "sqrt": "sqrt",     "negate": "negative", "sign": "sign", "floor": "floor", "ceil": "ceil",
    "is_nan": "isnan", "is_infinity": "isinf", "bitwise_not": "invert",
    "logical_not": "logical_not", "add": "add", "subtract": "subtract", "multiply": "multiply",
    "divide": "divide", "pow": "power", "max": "maximum", "min": "minimum",
    "bitwise_and": "bitwise_and", "bitwise_or": "bitwise_or", "bitwise_xor": "bitwise_xor",
    "left_shift": "left_shift", "right_shift": "right_shift", "equal": "equal",
    "not_equal": "not_equal", "greater": "greater", "greater_equal": "greater_equal",
    "less": "less", "less_equal": "less_equal", "logical_and": "logical_and",
    "logical_or": "logical_or", "logical_xor": "logical_xor", "select": "where",
    "remainder": "fmod", "real": "real", "imag": "imag",
}  # fmt: skip
globals().update({nx: getattr(functions, name) for nx, name in NAMES.items()})
erf_inv = erfinv


def sigmoid(x):
    """1 / (1 + exp(-x)), of complex numbers too.

    >>> sigmoid([0.0]).tolist()
    [0.5]
    """
    x = inexact(asarray(x))
    return 1 / (1 + np.exp(-x)) if x.dtype.kind == "c" else expit(x)


def cbrt(x):
    """The cube root; of complex numbers the principal one.

    >>> cbrt([8.0, -27.0]).tolist()
    [2.0, -3.0]
    """
    x = inexact(asarray(x))
    return np.power(x, 1 / 3) if x.dtype.kind == "c" else np.cbrt(x)


def abs(x):
    """The absolute value; of real numbers, its derivative at zero is 1.

    >>> abs([-2, 3]).tolist()
    [2, 3]
    """
    x = strong(asarray(x))
    return distance(x) if is_float(x.dtype) else np.abs(x)


@CustomGrad
def distance(x):
    """The absolute value of real numbers."""
    return np.abs(x)


@distance.def_vjp
def _distance_vjp(ct, out, x):
    return (np.where(x >= 0, ct, -ct),)


def log(x, base=None):
    """The natural logarithm, or the one to a base.

    >>> log(8.0, 2).item()
    3.0
    """
    if base is None:
        return functions.log(x)
    if isinstance(base, (int, float)) and (base <= 0 or base == 1):
        raise ArgumentError(
            f"the base of a logarithm is a positive number other than 1, not {base}"
        )
    return np.log(inexact(asarray(x))) / np.log(inexact(asarray(base)))


def rsqrt(x):
    """One over the square root.

    >>> rsqrt(4.0).item()
    0.5
    """
    return 1 / np.sqrt(strong(asarray(x)))


def round(x):
    """The nearest whole numbers; halves go away from zero.

    >>> round([0.5, 2.5, -1.5]).tolist()
    [1.0, 3.0, -2.0]
    """
    x = strong(asarray(x))
    if x.dtype.kind in "iub":
        return x.copy()
    if x.dtype.kind == "c":
        raise TypeMismatch(f"round takes real numbers: take a part of {x.type}")
    # Numbers without a fraction stay: adding a half to a large one would change it.
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.copysign(1, x), whole)


def quotient(x, y):
    """The integers divided, without the fraction: rounded towards zero.

    >>> quotient([7, -7], 2).tolist()
    [3, -3]
    """
    operands = [v if type(v) in PYTHON_NUMBERS else asarray(v) for v in (x, y)]
    dtype = promote(*map(kind_of, operands))
    if dtype.kind not in "iu":
        raise TypeMismatch(f"quotient divides integers, not {dtype}: use divide, then floor")
    x, y = (strong(asarray(v, dtype)) for v in operands)
    return (x - np.fmod(x, y)) // y


def phase(z):
    """The angle of complex numbers.

    >>> phase(-1.0).item() == np.pi
    True
    """
    z = inexact(asarray(z))
    return np.arctan2(np.imag(z), np.real(z))


def complex(real, imag):
    """The complex numbers of a real and an imaginary part.

    >>> complex(1.0, 2.0).item()
    (1+2j)
    """
    real, imag = (inexact(asarray(part)) for part in (real, imag))
    if "c" in (real.dtype.kind, imag.dtype.kind):
        raise TypeMismatch(f"complex takes real numbers, not {real.type} and {imag.type}")
    return np.add(real, np.multiply(imag, as_complex(promote(real.dtype, imag.dtype))(1j)))


def as_complex(dtype):
    """The complex numbers whose parts are of a dtype, at least of single precision."""
    return np.result_type(real_of(np.dtype(dtype)), np.complex64).type


def conjugate(z):
    """The complex conjugates; of real numbers, complex ones.

    >>> conjugate([1.0]).tolist()
    [(1-0j)]
    """
    z = inexact(asarray(z))
    return np.conjugate(z if z.dtype.kind == "c" else astype(z, np.dtype(as_complex(z.dtype))))


def clip(x, min, max):
    """The numbers held between two others; at a bound the derivative is that of `x`.

    >>> clip([1, 5, 9], 2, 6).tolist()
    [2, 5, 6]
    """
    operands = [v if type(v) in PYTHON_NUMBERS else asarray(v) for v in (x, min, max)]
    dtype = promote(*map(kind_of, operands))
    if dtype.kind == "c":
        raise TypeMismatch(f"clip holds real numbers between others, not {dtype}")
    x, low, high = np.broadcast_arrays(*(strong(asarray(v, dtype)) for v in operands))
    above = np.where(x < low, low, x)
    return np.where(above > high, high, above)


@spelled
def fill(x, value, *, dtype=None):
    """An array of the shape of another, of one value.

    >>> fill([1, 2], 7).tolist()
    [7, 7]
    """
    x = strong(asarray(x))
    number = value if type(value) in PYTHON_NUMBERS else asarray(value)
    dtype = promote(kind_of(x), kind_of(number)) if dtype is None else as_dtype(dtype)
    return np.full(x.shape, asarray(number, dtype), like=x)


__all__ = [
    *NAMES, "abs", "cbrt", "clip", "complex", "conjugate", "erf", "erf_inv", "erfc", "fill", "log",
    "phase", "quotient", "round", "rsqrt", "sigmoid",
]  # fmt: skip
