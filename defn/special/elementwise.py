"""A formula becomes a function of arrays: promoted, broadcast, computed wide, settled in its dtype."""

from __future__ import annotations

import functools

from defn.dispatch import BY_NAME
from defn.errors import TypeMismatch
from defn.numpy.composite import settled, widened
from defn.tensor import PYTHON_NUMBERS, asarray, astype, broadcast_together, kind_of
from defn.types import FLOAT64, promote


def elementwise(function, wide=False):
    """Decorate a formula in floating tensors of one shape and dtype as SciPy's ufunc of its name.

    Half precision is computed in float32; everything in float64 where the formula is `wide`.
    """

    @functools.wraps(function)
    def special(*operands):
        values = [x if type(x) in PYTHON_NUMBERS else asarray(x) for x in operands]
        dtype = floating(promote(*map(kind_of, values)))
        values = broadcast_together([asarray(x, dtype) for x in values])
        computed = [astype(x, FLOAT64) if wide else widened(x) for x in values]
        return settled(function(*computed), dtype, values)

    BY_NAME[function.__name__] = special
    return special


# For formulas that lose digits on the way: they start with twice as many.
in_double = functools.partial(elementwise, wide=True)


def floating(dtype):
    """The dtype in which a special function of these operands is; complex ones are refused."""
    if dtype.kind == "c":
        raise TypeMismatch(f"this special function takes real numbers, not {dtype}")
    return FLOAT64 if dtype.kind in "biu" else dtype
