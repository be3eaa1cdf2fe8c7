"""Products of arrays, all by way of one product of matrices."""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import ArgumentError, ShapeError
from defn.labels import apart, number_of
from defn.numpy.axes import integer, normalized_axis
from defn.numpy.composite import into, settled
from defn.numpy.parts import diagonal, element, flat, moved, reshaped, stacked, transposed
from defn.numpy.reduction import sum
from defn.promotion import broadcast_shapes, resolve
from defn.tensor import apply, asarray, astype, broadcast_to, converted, kind_of, renamed
from defn.types import promote

SIGNATURE = {
    np.matmul: "(n?,k),(k,m?)->(n?,m?)",
    np.vecdot: "(n),(n)->()",
    np.matvec: "(m,n),(n)->(m)",
    np.vecmat: "(n),(n,m)->(m)",
}


# Products with a signature: the last axes are multiplied, those before them broadcast.


@implements(np.matmul)
def matmul(x, y):
    """The product of matrices, or of a matrix and a vector, over all leading axes.

    >>> matmul([[1, 2], [3, 4]], [1, 1]).tolist()
    [3, 7]
    """
    x, y = of_ranks(np.matmul, x, y, 1, 1)
    rows, columns = x.ndim > 1, y.ndim > 1
    demand_core(np.matmul, x.shape[-1], y.shape[-2 if columns else 0])
    result = of_matrices(as_rows(x) if not rows else x, as_column(y) if not columns else y)
    *batch, _, _ = result.shape
    shape = (*batch, *x.shape[-2:-1], *(y.shape[-1:] if columns else ()))
    return settled(reshaped(result, shape), result.dtype)


@implements(np.vecdot)
def vecdot(x, y):
    """The inner product of vectors, the first conjugated, over all leading axes.

    >>> vecdot([[1, 2], [3, 4]], [1, 1]).tolist()
    [3, 7]
    """
    x, y = of_ranks(np.vecdot, x, y, 1, 1)
    demand_core(np.vecdot, x.shape[-1], y.shape[-1])
    result = of_matrices(as_rows(conjugated(x)), as_column(y))
    return settled(reshaped(result, result.shape[:-2]), result.dtype)


@implements(np.matvec)
def matvec(x, y):
    """The product of matrices with vectors, over all leading axes.

    >>> matvec([[1, 2], [3, 4]], [[1, 1], [0, 1]]).tolist()
    [[3, 7], [2, 4]]
    """
    x, y = of_ranks(np.matvec, x, y, 2, 1)
    demand_core(np.matvec, x.shape[-1], y.shape[-1])
    result = of_matrices(x, as_column(y))
    return settled(reshaped(result, result.shape[:-1]), result.dtype)


@implements(np.vecmat)
def vecmat(x, y):
    """The product of vectors, conjugated, with matrices, over all leading axes.

    >>> vecmat([1, 1], [[1, 2], [3, 4]]).tolist()
    [4, 6]
    """
    x, y = of_ranks(np.vecmat, x, y, 1, 2)
    demand_core(np.vecmat, x.shape[-1], y.shape[-2])
    result = of_matrices(as_rows(conjugated(x)), y)
    return settled(reshaped(result, (*result.shape[:-2], result.shape[-1])), result.dtype)


def of_ranks(ufunc, x, y, least, other):
    """The operands in the dtype of the ufunc's loop, each of a rank that it takes."""
    x, y = asarray(x), asarray(y)
    for place, (operand, rank) in enumerate(((x, least), (y, other))):
        if operand.ndim < rank:
            raise ShapeError(
                f"{ufunc.__name__}: Input operand {place} does not have enough dimensions (has "
                f"{operand.ndim}, gufunc core with signature {SIGNATURE[ufunc]} requires {rank})"
            )
    inputs, _ = resolve(ufunc, kind_of(x), kind_of(y))
    return [converted(v, dtype) for v, dtype in zip((x, y), inputs)]


def demand_core(ufunc, inner, other):
    """Refuse operands whose inner axes differ."""
    if inner != other:
        raise ShapeError(
            f"{ufunc.__name__}: Input operand 1 has a mismatch in its core dimension 0, with "
            f"gufunc signature {SIGNATURE[ufunc]} (size {other} is different from {inner}): the last axis of the "
            "first operand meets the last but one of the second (or its only one); transpose or reshape one of them"
        )


def as_rows(x):
    """Vectors as matrices of one row."""
    return reshaped(x, (*x.shape[:-1], 1, x.shape[-1]))


def as_column(x):
    """Vectors as matrices of one column."""
    return reshaped(x, (*x.shape, 1))


def conjugated(x):
    """The complex conjugate; other numbers as they are."""
    return apply(ops.conjugate, x) if x.dtype.kind == "c" else x


def of_matrices(x, y):
    """The product of matrices, leading axes broadcast."""
    batch = broadcast_shapes(x.shape[:-2], y.shape[:-2])
    x, y = (broadcast_to(v, (*batch, *v.shape[-2:])) for v in (x, y))
    return apply(ops.matmul, x, y)


# Products over named axes.


def contracted(x, y, x_axes, y_axes):
    """The sum of products over pairs of axes; the other axes of `x`, then those of `y`."""
    x_free = [k for k in range(x.ndim) if k not in x_axes]
    y_free = [k for k in range(y.ndim) if k not in y_axes]
    size = math.prod(x.shape[k] for k in x_axes)
    rows, columns = [x.shape[k] for k in x_free], [y.shape[k] for k in y_free]
    left = reshaped(transposed(x, (*x_free, *x_axes)), (math.prod(rows), size))
    right = reshaped(transposed(y, (*y_axes, *y_free)), (size, math.prod(columns)))
    made = reshaped(apply(ops.matmul, left, right), (*rows, *columns))
    names = (*(x.names[k] for k in x_free), *(y.names[k] for k in y_free))
    return renamed(made, apart(names))


def of_one_dtype(x, y):
    """Two operands as tensors of their common dtype."""
    x, y = asarray(x), asarray(y)
    dtype = promote(kind_of(x), kind_of(y))
    return astype(x, dtype), astype(y, dtype)


@implements(np.dot, method="dot")
def dot(a, b, out=None):
    """The sum of products over the last axis of `a` and the last but one of `b`.

    >>> dot([1, 2], [3, 4]).item()
    11
    """
    x, y = of_one_dtype(a, b)
    if not x.ndim or not y.ndim:
        return into(out, np.multiply(x, y))
    along = max(y.ndim - 2, 0)
    demand_aligned(x, y, x.ndim - 1, along)
    if x.ndim <= 2 and y.ndim <= 2:
        return into(out, matmul(x, y))
    return into(out, settled(contracted(x, y, (x.ndim - 1,), (along,)), x.dtype))


@implements(np.inner)
def inner(a, b):
    """The sum of products over the last axes.

    >>> inner([[1, 2], [3, 4]], [1, 1]).tolist()
    [3, 7]
    """
    x, y = of_one_dtype(a, b)
    if not x.ndim or not y.ndim:
        return np.multiply(x, y)
    demand_aligned(x, y, x.ndim - 1, y.ndim - 1)
    return settled(contracted(x, y, (x.ndim - 1,), (y.ndim - 1,)), x.dtype)


def demand_aligned(x, y, x_axis, y_axis):
    """Refuse operands that differ in the size of the axis summed over."""
    if x.shape[x_axis] != y.shape[y_axis]:
        shapes = " and ".join(
            f"({','.join(map(str, v.shape))}{',' * (v.ndim == 1)})" for v in (x, y)
        )
        raise ShapeError(
            f"shapes {shapes} not aligned: {x.shape[x_axis]} (dim {x_axis}) != "
            f"{y.shape[y_axis]} (dim {y_axis})"
        )


@implements(np.vdot)
def vdot(a, b):
    """The inner product of all elements, the first array conjugated.

    >>> vdot([[1, 2], [3, 4]], [[1, 1], [1, 1]]).item()
    10
    """
    x, y = of_one_dtype(a, b)
    demand_aligned(flat(x), flat(y), 0, 0)
    return vecdot(flat(x), flat(y))


@implements(np.outer)
def outer(a, b, out=None):
    """Every element of `a` times every element of `b`: a matrix.

    >>> outer([1, 2], [1, 10]).tolist()
    [[1, 10], [2, 20]]
    """
    x, y = flat(asarray(a)), flat(asarray(b))
    return into(out, np.multiply(as_column(x), as_rows(y)))


@implements(np.tensordot)
def tensordot(a, b, axes=2):
    """The sum of products over pairs of axes: the last of `a` with the first of `b`, or as named.

    >>> tensordot([[1, 2], [3, 4]], [[1, 0], [0, 1]], axes=([0], [1])).tolist()
    [[1, 3], [2, 4]]
    """
    x, y = of_one_dtype(a, b)
    x_axes, y_axes = paired_axes(axes, x, y)
    if [x.shape[k] for k in x_axes] != [y.shape[k] for k in y_axes]:
        raise ShapeError(
            f"shape-mismatch for sum: axes {x_axes} of {x.shape} and axes {y_axes} of {y.shape}"
        )
    result = contracted(x, y, x_axes, y_axes)
    result.scalar = False
    return result


def paired_axes(axes, x, y):
    """The axes of both operands that are summed over."""
    if not isinstance(axes, (tuple, list)):
        count = integer(axes, "axes")
        axes = (range(-count, 0), range(count))
    named = [each if isinstance(each, (tuple, list, range)) else (each,) for each in axes]
    if len(named[0]) != len(named[1]):
        raise ShapeError(
            f"shape-mismatch for sum: as many axes of each operand are needed, got {axes}"
        )
    found = [
        [normalized_axis(number_of(k, v.names), v.ndim) for k in each]
        for each, v in zip(named, (x, y))
    ]
    if any(len(set(each)) < len(each) for each in found):
        raise ArgumentError(f"duplicate axes are not allowed in tensordot: {axes}")
    return found


@implements(np.kron)
def kron(a, b):
    """The Kronecker product: `b`, scaled by each element of `a`.

    >>> kron([1, 10], [1, 2]).tolist()
    [1, 2, 10, 20]
    """
    x, y = asarray(a), asarray(b)
    if not x.ndim or not y.ndim:
        return np.multiply(x, y)
    rank = max(x.ndim, y.ndim)
    outer_sizes, inner_sizes = ((1,) * (rank - v.ndim) + v.shape for v in (x, y))
    spread = reshaped(x, [n for size in outer_sizes for n in (size, 1)])
    each = reshaped(y, [n for size in inner_sizes for n in (1, size)])
    return reshaped(np.multiply(spread, each), [m * n for m, n in zip(outer_sizes, inner_sizes)])


@implements(np.cross)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The cross product of vectors of three components along an axis (of two: the third is zero).

    >>> cross([1, 0, 0], [0, 1, 0]).tolist()
    [0, 0, 1]
    """
    axisa, axisb, axisc = (axis,) * 3 if axis is not None else (axisa, axisb, axisc)
    x, y = of_one_dtype(a, b)
    if not x.ndim or not y.ndim:
        raise ArgumentError("At least one array has zero dimension: cross takes vectors")
    x = moved(x, normalized_axis(axisa, x.ndim, "axisa"), -1)
    y = moved(y, normalized_axis(axisb, y.ndim, "axisb"), -1)
    if {x.shape[-1], y.shape[-1]} - {2, 3}:
        raise ArgumentError(
            "incompatible dimensions for cross product\n"
            f"(dimension must be 2 or 3), got {x.shape} and {y.shape}"
        )
    return crossed(components(x), components(y), axisc)


def components(x):
    """The components of vectors in the last axis."""
    return [element(x, x.ndim - 1, k) for k in range(x.shape[-1])]


def crossed(x, y, axis):
    """The cross product of vectors given by components."""
    last = x[0] * y[1] - x[1] * y[0]
    if len(x) == len(y) == 2:
        last.scalar = False
        return last
    # A missing third component is zero: its products go away.
    first = (
        x[1] * y[2] - x[2] * y[1]
        if len(x) == len(y)
        else x[1] * y[2]
        if len(y) == 3
        else -(x[2] * y[1])
    )
    second = (
        x[2] * y[0] - x[0] * y[2]
        if len(x) == len(y)
        else -(x[0] * y[2])
        if len(y) == 3
        else x[2] * y[0]
    )
    made = stacked([first, second, last], last.ndim)
    return moved(made, -1, normalized_axis(axis, made.ndim, "axisc"))


@implements(np.trace, method="trace")
def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    """The sum along a diagonal.

    >>> trace([[1, 2], [3, 4]]).item()
    5
    """
    x = asarray(a)
    if x.ndim < 2:
        raise ArgumentError(
            f"diag requires an array of at least two dimensions, got shape {x.shape}"
        )
    first, second = normalized_axis(axis1, x.ndim), normalized_axis(axis2, x.ndim)
    if first == second:
        raise ArgumentError(f"axis1 and axis2 cannot be the same: {axis1} and {axis2}")
    others = [k for k in range(x.ndim) if k not in (first, second)]
    along = diagonal(transposed(x, (*others, first, second)), integer(offset, "offset"))
    return sum(along, -1, dtype, out)
