"""What linear algebra takes: matrices in the last two axes, of a dtype that LAPACK has; and what it
refuses.
"""

from __future__ import annotations

from defn import ops
from defn.errors import LinAlgError, TypeMismatch
from defn.numpy import composite
from defn.numpy.composite import NARROW, strong
from defn.numpy.parts import transposed
from defn.promotion import broadcast_shapes
from defn.tensor import apply, asarray, astype, broadcast_to
from defn.types import FLOAT64, is_inexact, promote


def numbers(*arrays):
    """The arrays as tensors of one dtype: float32, float64, or complex; integers count as float64."""
    values = [asarray(a) for a in arrays]
    dtype = promote(*(x.dtype if is_inexact(x.dtype) else FLOAT64 for x in values))
    if dtype in NARROW:
        raise TypeMismatch(f"array type {dtype} is unsupported in linalg: cast it to float32 first")
    return [strong(astype(x, dtype)) for x in values]


def matrices(*arrays):
    """The arrays as tensors of one such dtype, each of at least two axes."""
    found = numbers(*arrays)
    for x in found:
        demand_rank(x)
    return found


def matrix(a):
    """One array as matrices."""
    return matrices(a)[0]


def square(a):
    """One array as square matrices."""
    x = matrix(a)
    demand_square(x)
    return x


def demand_rank(x):
    """Refuse what is no matrix."""
    if x.ndim < 2:
        raise LinAlgError(
            f"{x.ndim}-dimensional array given. Array must be at least two-dimensional"
        )


def demand_square(x):
    """Refuse matrices that are not square."""
    if x.shape[-1] != x.shape[-2]:
        raise LinAlgError(f"Last 2 dimensions of the array must be square, they are {x.shape[-2:]}")


def of_one_batch(*arrays):
    """Arrays of matrices, leading axes broadcast."""
    batch = broadcast_shapes(*(x.shape[:-2] for x in arrays))
    return [broadcast_to(x, (*batch, *x.shape[-2:])) for x in arrays]


def demand(holds, message):
    """Raise LinAlgError where a condition does not hold, at once or when the program runs."""
    composite.demand(holds, message, "linalg", LinAlgError)


# Parts of matrices.


def turned(x):
    """The last two axes exchanged, in memory of its own."""
    return transposed(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def conjugate(x):
    """The complex conjugate; real numbers as they are."""
    return apply(ops.conjugate, x) if x.dtype.kind == "c" else x


def adjoint(x):
    """The conjugate transpose."""
    return conjugate(turned(x))


def identity(x, n=None):
    """Identity matrices, one for each of an array's, of their dtype."""
    n = x.shape[-1] if n is None else n
    rows, columns = (
        apply(ops.iota, shape=(*x.shape[:-2], n, n), axis=x.ndim - 2 + k) for k in (0, 1)
    )
    return astype(apply(ops.equal, rows, columns), x.dtype)
