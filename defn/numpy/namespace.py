"""What the Array API asks a namespace about itself: `__array_namespace_info__()`."""

from __future__ import annotations

import numpy as np

from defn import backends
from defn.errors import ArgumentError, suggestion
from defn.numpy.composite import limits
from defn.numpy.places import devices
from defn.tensor import is_tensor
from defn.trace import current
from defn.types import as_dtype, real_of

DEFAULTS = {
    "real floating": np.dtype("float64"),
    "complex floating": np.dtype("complex128"),
    "integral": np.dtype("int64"),
    "indexing": np.dtype("int64"),
}
KINDS = {
    "bool": "?",
    "signed integer": "bhiq",
    "unsigned integer": "BHIQ",
    "real floating": "fd",
    "complex floating": "FD",
}
KINDS["integral"] = KINDS["signed integer"] + KINDS["unsigned integer"]
KINDS["numeric"] = KINDS["integral"] + KINDS["real floating"] + KINDS["complex floating"]


class Info:
    """The answers of the Array API's inspection: capabilities, devices and dtypes."""

    def capabilities(self):
        """Whether shapes may depend on values; a traced function has static ones."""
        eager = current() is None
        return {
            "boolean indexing": True,
            "data-dependent shapes": eager,
            "max dimensions": 64 if eager else None,
        }

    def default_device(self):
        """The backend on which new tensors live."""
        return backends.default_backend()

    def devices(self):
        """The names of the backends that can be used here."""
        return devices()

    def default_dtypes(self, *, device=None):
        """The dtypes that arrays have where none is asked for."""
        return dict(DEFAULTS)

    def dtypes(self, *, device=None, kind=None):
        """The dtypes of the standard, by name; of one kind, or of several.

        >>> list(Info().dtypes(kind="real floating"))
        ['float32', 'float64']
        """
        kinds = KINDS if kind is None else kind if isinstance(kind, tuple) else (kind,)
        found = dict.fromkeys(np.dtype(code) for each in kinds for code in codes(each))
        return {dtype.name: dtype for dtype in found}


def codes(kind):
    """NumPy's letters for the dtypes of a kind."""
    if kind not in KINDS:
        raise ArgumentError(f"no kind of dtype {kind!r}{suggestion(kind, KINDS)}")
    return KINDS[kind]


def namespace_info():
    """What this namespace can do, as the Array API asks it."""
    return Info()


class FloatInfo:
    """The limits of a floating dtype: NumPy's `finfo`, its numbers as Python floats.

    >>> FloatInfo("float32").eps
    1.1920928955078125e-07
    """

    def __init__(self, type, /):
        dtype = type.dtype if is_tensor(type) else as_dtype(type)
        self.dtype = real_of(dtype)
        self._numpy = limits(self.dtype)

    def __getattr__(self, name):
        value = getattr(self._numpy, name)
        return float(value) if not isinstance(value, (int, str)) else value

    def __repr__(self):
        return f"finfo({self.dtype}: eps={self.eps}, min={self.min}, max={self.max})"


def integer_info(type, /):
    """The limits of an integer dtype, or of a tensor's.

    >>> integer_info("int8").max
    127
    """
    return np.iinfo(type.dtype if is_tensor(type) else as_dtype(type))
