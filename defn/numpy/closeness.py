"""Are values equal, nearly equal, real, infinite?"""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import TypeMismatch
from defn.numpy.composite import filled, into, settled
from defn.numpy.reduction import all
from defn.tensor import PYTHON_NUMBERS, apply, asarray, kind_of
from defn.types import BOOL, promote


@implements(np.isclose)
def isclose(a, b, rtol=1.0e-5, atol=1.0e-8, equal_nan=False):
    """Is `|a - b| <= atol + rtol * |b|`, element by element?

    >>> isclose([1.0, 2.0], [1.0 + 1e-9, 2.1]).tolist()
    [True, False]
    """
    x, y = (v if type(v) in PYTHON_NUMBERS else asarray(v) for v in (a, b))
    y = float(y) if type(y) is int else y if type(y) in PYTHON_NUMBERS else inexact(y)
    x = asarray(x)
    near = np.less_equal(abs(x - y), atol + rtol * abs(y)) & np.isfinite(y)
    result = near | (x == y)
    if equal_nan:
        result = result | (np.isnan(x) & np.isnan(y))
    return settled(result, BOOL)


def inexact(x):
    """The tensor in the dtype in which NumPy compares it."""
    return asarray(x, promote(kind_of(x), float))


@implements(np.allclose)
def allclose(a, b, rtol=1.0e-5, atol=1.0e-8, equal_nan=False):
    """Are all elements close?

    >>> bool(allclose([1.0, 2.0], [1.0, 2.0 + 1e-9]))
    True
    """
    return truth(all(isclose(a, b, rtol, atol, equal_nan)))


def truth(x):
    """A truth value, as the Python bool that NumPy gives."""
    result = settled(x, BOOL)
    result.weak = bool
    return result


@implements(np.array_equal)
def array_equal(a1, a2, equal_nan=False):
    """Have the arrays one shape and equal elements?

    >>> bool(array_equal([1, 2], [1, 2])), bool(array_equal([1, 2], [1, 2, 3]))
    (True, False)
    """
    x, y = asarray(a1), asarray(a2)
    if x.shape != y.shape:
        return False
    same = np.equal(x, y)
    if equal_nan and x.dtype.kind in "fc" and y.dtype.kind in "fc":
        same = same | (np.isnan(x) & np.isnan(y))
    return truth(all(same))


@implements(np.array_equiv)
def array_equiv(a1, a2):
    """Are the elements equal after broadcasting?

    >>> bool(array_equiv([[1, 1], [1, 1]], [1, 1]))
    True
    """
    x, y = asarray(a1), asarray(a2)
    try:
        return truth(all(np.equal(x, y)))
    except ValueError:
        return False


@implements(np.iscomplex)
def iscomplex(x):
    """Is the imaginary part not zero?

    >>> iscomplex([1 + 1j, 2]).tolist()
    [True, False]
    """
    x = asarray(x)
    if x.dtype.kind != "c":
        return settled(filled(x, False, BOOL), BOOL)
    return apply(ops.imag_part, x) != 0


@implements(np.isreal)
def isreal(x):
    """Is the imaginary part zero?

    >>> isreal([1 + 1j, 2]).tolist()
    [False, True]
    """
    x = asarray(x)
    if x.dtype.kind != "c":
        return settled(filled(x, True, BOOL), BOOL)
    return apply(ops.imag_part, x) == 0


@implements(np.isposinf)
def isposinf(x, out=None):
    """Is the element positive infinity?

    >>> isposinf([np.inf, -np.inf, 1.0]).tolist()
    [True, False, False]
    """
    x = real_only(x)
    return into(out, np.isinf(x) & ~np.signbit(x))


@implements(np.isneginf)
def isneginf(x, out=None):
    """Is the element negative infinity?

    >>> isneginf([np.inf, -np.inf, 1.0]).tolist()
    [False, True, False]
    """
    x = real_only(x)
    return into(out, np.isinf(x) & np.signbit(x))


def real_only(x):
    """The tensor; complex ones are refused."""
    x = asarray(x)
    if x.dtype.kind == "c":
        raise TypeMismatch(
            f"This operation is not supported for {x.dtype} values because it would be ambiguous."
        )
    return x
