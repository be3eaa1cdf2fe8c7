"""The few functions of matrices in the last two axes, in which the derivatives of factorisations
are written.
"""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.tensor import apply, apply_several
from defn.transforms.shapes import (
    broadcast,
    cast,
    full,
    imag,
    matrix_transpose,
    real,
    reshape,
    select,
    total,
    window,
    zeros,
)
from defn.types import real_of


def product(*matrices):
    """The product of matrices, from the left."""
    result = matrices[0]
    for each in matrices[1:]:
        result = apply(ops.matmul, result, each)
    return result


def conjugate(x):
    """The complex conjugate; real numbers as they are."""
    return apply(ops.conjugate, x) if x.dtype.kind == "c" else x


def adjoint(x):
    """The conjugate transpose."""
    return conjugate(matrix_transpose(x))


def places(x):
    """The row and the column of every element."""
    return [
        broadcast(apply(ops.iota, shape=x.shape[-2:], axis=axis), x.shape, (x.ndim - 2, x.ndim - 1))
        for axis in (0, 1)
    ]


def identity(like, size=None):
    """Identity matrices of the dtype and batch of another array, and of its rows or of a given
    size.
    """
    n = like.shape[-2] if size is None else size
    return on_diagonal(zeros(like.type.with_shape((*like.shape[:-2], n, n))), 1)


def on_diagonal(x, value):
    """The matrices with another diagonal: a number, or an array of matrices."""
    rows, columns = places(x)
    return select(rows == columns, value, x)


def diagonal(x):
    """The diagonals of square matrices, as rows."""
    rows, columns = places(x)
    return total(select(rows == columns, x, 0), (x.ndim - 1,))


def lower(x, strictly=False):
    """The lower triangle."""
    rows, columns = places(x)
    return select(rows > columns if strictly else rows >= columns, x, 0)


def upper(x, strictly=False):
    """The upper triangle."""
    rows, columns = places(x)
    return select(rows < columns if strictly else rows <= columns, x, 0)


def lower_half(x):
    """The lower triangle, with half of the diagonal."""
    return on_diagonal(lower(x), x * 0.5)


def hermitian(x, from_lower):
    """The Hermitian matrices of which one triangle is given, and the real part of the diagonal."""
    half = (lower if from_lower else upper)(x)
    half = on_diagonal(half, cast(real(x), x.dtype) * 0.5)
    return half + adjoint(half)


def as_columns(values, like):
    """Row k of `values` in column k: an array like `like` whose columns are constant."""
    return broadcast(
        reshape(values, (*values.shape[:-1], 1, values.shape[-1])), like.shape, range(like.ndim)
    )


def as_rows(values, like):
    """An array like `like` whose rows are constant."""
    return broadcast(reshape(values, (*values.shape, 1)), like.shape, range(like.ndim))


def everywhere(scalars, like):
    """One number a matrix, repeated over the matrix."""
    return broadcast(scalars, like.shape, range(like.ndim - 2))


def part(x, rows, columns):
    """The block of rows and columns, each (first, last)."""
    low = (*(0,) * (x.ndim - 2), rows[0], columns[0])
    return window(x, low, (*x.shape[:-2], rows[1] - rows[0], columns[1] - columns[0]))


def beside(*matrices):
    """Matrices side by side."""
    kept = [x for x in matrices if x.shape[-1]] or matrices[:1]
    return kept[0] if len(kept) == 1 else apply(ops.concatenate, *kept, axis=kept[0].ndim - 1)


def solved(a, b):
    """The x with a x = b."""
    return apply_several(ops.solve, a, b)[0]


def inverted(a):
    """The inverse."""
    return solved(a, identity(a))


def substituted(a, b, lower, transposed=False, unit=False):
    """The x with t x = b, for a triangle t of `a`."""
    return apply(ops.triangular_solve, a, b, lower=lower, transposed=transposed, unit=unit)


def imaginary(x):
    """The imaginary part, as complex numbers."""
    return apply(ops.complex_of, zeros(x.type.with_dtype(real_of(x.dtype))), imag(x))


def apart(values):
    """Where values differ from each other by more than rounding; of the k-th from the j-th at [j,
    k].
    """
    shape = (*values.shape, values.shape[-1])
    axes = tuple(range(values.ndim - 1))
    size = apply(ops.absolute, values)
    top = broadcast(apply(ops.max, size, axes=(values.ndim - 1,)), shape, axes)
    gap = differences(values)
    return gap, apply(ops.absolute, gap) > top * full_like(top, tolerance(values))


def tolerance(values):
    """How far LAPACK's rounding may move equal values apart, relative to the largest."""
    return float(8 * values.shape[-1] * np.finfo(values.dtype).eps)


def full_like(x, value):
    """One number everywhere, of the type of another array."""
    return full(x.type, value)


def differences(values):
    """values[k] - values[j] at [j, k]."""
    shape = (*values.shape, values.shape[-1])
    like = zeros(values.type.with_shape(shape))
    return as_columns(values, like) - as_rows(values, like)
