"""Questions that the type answers, without a value."""

from __future__ import annotations

import numpy as np

from defn.dispatch import implements
from defn.numpy.axes import normalized_axes
from defn.tensor import asarray, is_tensor, kind_of
from defn.types import as_dtype, promote


@implements(np.shape)
def shape(a):
    """The sizes of the axes.

    >>> shape([[1, 2, 3]])
    (1, 3)
    """
    return asarray(a).shape


@implements(np.ndim)
def ndim(a):
    """How many axes there are.

    >>> ndim([[1, 2, 3]])
    2
    """
    return asarray(a).ndim


@implements(np.size)
def size(a, axis=None):
    """How many elements there are, in all or along some axes.

    >>> size([[1, 2, 3]]), size([[1, 2, 3]], axis=1)
    (3, 3)
    """
    a = asarray(a)
    count = 1
    for k in normalized_axes(axis, a.ndim):
        count *= a.shape[k]
    return count


@implements(np.result_type)
def result_type(*arrays_and_dtypes):
    """The dtype in which NumPy computes with these arrays, numbers and dtypes.

    >>> result_type("f4", np.float32(1), 2.0)
    dtype('float32')
    """
    return promote(*(_kind(each) for each in arrays_and_dtypes))


def _kind(value):
    if is_tensor(value):
        return kind_of(value)
    if isinstance(value, (bool, int, float, complex)):
        return np.asarray(value).dtype if isinstance(value, np.generic) else type(value)
    return as_dtype(value) if isinstance(value, (str, type, np.dtype)) else value.dtype


@implements(np.can_cast)
def can_cast(from_, to, casting="safe"):
    """Can the dtype be cast to another under a rule?

    >>> can_cast("i4", "f8")
    True
    """
    return np.can_cast(from_.dtype if is_tensor(from_) else as_dtype(from_), as_dtype(to), casting)


@implements(np.iscomplexobj)
def iscomplexobj(x):
    """Is the dtype complex?

    >>> iscomplexobj([1j])
    True
    """
    return asarray(x).dtype.kind == "c"


@implements(np.isrealobj)
def isrealobj(x):
    """Is the dtype not complex?

    >>> isrealobj([1.0])
    True
    """
    return not iscomplexobj(x)


@implements(np.common_type)
def common_type(*arrays):
    """The inexact scalar type that all arrays can be cast to.

    >>> common_type([1, 2]).__name__
    'float64'
    """
    return np.common_type(*(np.empty(0, asarray(a).dtype) for a in arrays))


@implements(np.min_scalar_type)
def min_scalar_type(a):
    """The dtype of an array: values are not looked at.

    >>> min_scalar_type([1, 2])
    dtype('int64')
    """
    return asarray(a).dtype
