"""The derivatives of factorisations.

`TANGENTS` has the rules of forward mode. The gradients follow by transposition, except those in
`GRADIENTS`, which are as short. Where only one triangle of a matrix is read, the derivative is by
the elements read.

Vectors of equal eigenvalues or singular values are no function of the matrix: the part of their
change that lies in the space they span together is taken to be zero. So derivatives are finite, and
right for what depends on that space as a whole, such as its projection and the sum of its
eigenvalues. (A function of the matrix that is put together from values and vectors again has other
terms there, which no derivative of the factors can hold.) Nor has LAPACK's choice of phases of
complex vectors, and of a basis of what is left of the space, a derivative that anybody should rely
on: no phase changes, and no basis turns within its space.
"""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.ops.op import Rules
from defn.tensor import apply, apply_several
from defn.transforms.matrices import (
    adjoint,
    apart,
    as_columns,
    as_rows,
    beside,
    conjugate,
    diagonal,
    everywhere,
    hermitian,
    identity,
    imaginary,
    inverted,
    lower,
    lower_half,
    on_diagonal,
    part,
    places,
    product,
    solved,
    substituted,
    upper,
)
from defn.transforms.scans import read_along
from defn.transforms.shapes import (
    broadcast,
    cast,
    full,
    imag,
    matrix_transpose,
    real,
    select,
    total,
    window,
    zeros,
)
from defn.types import Type

HERE = "defn/transforms/factors.py"
TANGENTS, GRADIENTS = Rules("tangent", HERE), Rules("gradient", HERE)


def change(tangent, x):
    """The tangent, zeros where it is None."""
    return zeros(x.type) if tangent is None else tangent


def both(axes):
    """The last two axes of so many."""
    return (axes - 2, axes - 1)


# Triangles.


def between(factor, inner):
    """l^-1 x l^-H for a lower triangle l."""
    return adjoint(substituted(factor, adjoint(substituted(factor, inner, True)), True))


@TANGENTS.rule(ops.cholesky)
def cholesky(tangents, out, a):
    """dL = L half(L⁻¹ dA L⁻ᴴ): what lies below the diagonal, and half of the diagonal."""
    inner = between(out, hermitian(tangents[0], True))
    return product(out, lower_half(inner))


@GRADIENTS.rule(ops.cholesky)
def cholesky_gradient(ct, out, a):
    """The same turned around: the lower triangle of L⁻ᴴ half(Lᴴ ct) L⁻¹ and its adjoint."""
    inner = lower_half(product(matrix_transpose(out), ct))
    left = substituted(out, inner, True, transposed=True)
    found = matrix_transpose(
        substituted(conjugate(out), matrix_transpose(left), True, transposed=True)
    )
    return (lower_half(found + adjoint(found)),)


def triangle(x, is_lower, unit):
    """What a solve reads of a matrix."""
    return (lower if is_lower else upper)(x, strictly=unit)


@TANGENTS.rule(ops.triangular_solve)
def triangular_solve(tangents, out, a, b, *, lower, transposed, unit):
    """X = A⁻¹ B moves by A⁻¹ (dB - dA X)."""
    right = change(tangents[1], b)
    if tangents[0] is not None:
        moved = triangle(tangents[0], lower, unit)
        right = right - product(matrix_transpose(moved) if transposed else moved, out)
    return substituted(a, right, lower, transposed, unit)


@GRADIENTS.rule(ops.triangular_solve)
def triangular_solve_gradient(ct, out, a, b, *, lower, transposed, unit):
    """A⁻ᵀ ct for B; minus its product with Xᵀ for the triangle that is read."""
    by_b = substituted(a, ct, lower, not transposed, unit)
    pairs = (out, matrix_transpose(by_b)) if transposed else (by_b, matrix_transpose(out))
    return triangle(-product(*pairs), lower, unit), by_b


# Elimination.


@TANGENTS.rule(ops.solve)
def solve(tangents, out, a, b):
    """X = A⁻¹ B moves by A⁻¹ (dB - dA X); the flag has no derivative."""
    right = change(tangents[1], b)
    if tangents[0] is not None:
        right = right - product(tangents[0], out[0])
    return solved(a, right), None


@GRADIENTS.rule(ops.solve)
def solve_gradient(ct, out, a, b):
    """A⁻ᵀ ct for B; minus its product with Xᵀ for A."""
    by_b = solved(matrix_transpose(a), ct[0])
    return -product(by_b, matrix_transpose(out[0])), by_b


@TANGENTS.rule(ops.lu)
def lu(tangents, out, a):
    """Of M = L⁻¹ dA U⁻¹: dL = L low(M), dU = up(M) U; the pivots stay."""
    packed, _, permutation = out
    left, right = unpacked(packed)
    rows = as_rows(permutation, a)
    moved = read_along(tangents[0], rows, a.ndim - 2)
    inner = substituted(left, moved, True, unit=True)
    inner = matrix_transpose(substituted(right, matrix_transpose(inner), False, transposed=True))
    changed = product(left, lower(inner, strictly=True)) + product(upper(inner), right)
    return changed, None, None


@GRADIENTS.rule(ops.lu)
def lu_gradient(ct, out, a):
    """The same turned around, the rows back in their places."""
    packed, _, permutation = out
    left, right = unpacked(packed)
    inner = lower(product(matrix_transpose(left), lower(ct[0], strictly=True)), strictly=True)
    inner = inner + upper(product(upper(ct[0]), matrix_transpose(right)))
    inner = matrix_transpose(substituted(right, matrix_transpose(inner), False))
    found = substituted(left, inner, True, transposed=True, unit=True)
    back = as_rows(apply(ops.argsort, permutation, axis=permutation.ndim - 1), a)
    return (read_along(found, back, a.ndim - 2),)


def unpacked(packed):
    """Both triangles of an elimination, made square by ones on the diagonal."""
    *batch, rows, columns = packed.shape
    rank = min(rows, columns)
    square = [padded(packed, n) for n in (rows, columns)]
    left = lower(square[0], strictly=True)
    if rows > rank:
        left = select(places(left)[1] >= rank, 0, left)
    right = upper(square[1])
    if columns > rank:
        below, across = places(right)
        right = select(below >= rank, cast(below == across, right.dtype), right)
    return on_diagonal(left, 1), right


def padded(packed, n):
    """The matrix cut, or filled with zeros, to n rows and n columns."""
    *batch, rows, columns = packed.shape
    kept = part(packed, (0, min(rows, n)), (0, min(columns, n)))
    high = (*(0,) * len(batch), n - kept.shape[-2], n - kept.shape[-1])
    none = (0,) * packed.ndim
    return apply(ops.pad, kept, zeros(Type(packed.dtype)), low=none, high=high, interior=none)


@TANGENTS.rule(ops.det)
def det(tangents, out, a):
    """Jacobi's formula: the cofactors, times what moves, summed."""
    return total(cofactors(a) * tangents[0], both(a.ndim))


@GRADIENTS.rule(ops.det)
def det_gradient(ct, out, a):
    """Jacobi's formula: the cofactors."""
    return (everywhere(ct, a) * cofactors(a),)


def cofactors(a):
    """The derivative of the determinant by each element: finite for singular matrices, too."""
    n = a.shape[-1]
    return COFACTORS[n](a) if n in COFACTORS else cofactors_by_elimination(a)


def cofactors_of_two(a):
    """The cofactors of matrices of two rows."""
    flipped = apply(ops.flip, a, axes=both(a.ndim))
    rows, columns = places(a)
    return select(rows == columns, flipped, -flipped)


def cofactors_of_three(a):
    """Each row is the cross product of the other two."""
    rows = [window(a, (*(0,) * (a.ndim - 2), k, 0), (*a.shape[:-2], 1, 3)) for k in range(3)]
    pairs = ((1, 2), (2, 0), (0, 1))
    return apply(ops.concatenate, *(crossed(rows[j], rows[k]) for j, k in pairs), axis=a.ndim - 2)


def crossed(x, y):
    """The cross product along the last axis."""
    turned = [(rolled(x, j) * rolled(y, k)) for j, k in ((1, 2), (2, 1))]
    return turned[0] - turned[1]


def rolled(x, by):
    """Three columns, the one at `by` first."""
    low = (0,) * (x.ndim - 1)
    first = window(x, (*low, by), (*x.shape[:-1], 3 - by))
    return beside(first, window(x, (*low, 0), (*x.shape[:-1], by)))


def cofactors_by_elimination(a):
    """The determinant times the inverse transposed; a zero pivot counts as a very small one, which
    cancels.
    """
    packed, pivots, permutation = apply_several(ops.lu, a)
    pivot = diagonal(packed)
    size = apply(ops.absolute, packed)
    least = apply(ops.max, size, axes=both(a.ndim)) * float(np.finfo(a.dtype).eps)
    least = broadcast(cast(least, a.dtype), pivot.shape, range(pivot.ndim - 1))
    pivot = select(pivot == 0, select(least == 0, float(np.finfo(a.dtype).tiny), least), pivot)
    packed = on_diagonal(packed, as_columns(pivot, packed))
    rows = read_along(identity(a), as_rows(permutation, a), a.ndim - 2)
    inverse = substituted(packed, substituted(packed, rows, True, unit=True), False)
    return matrix_transpose(inverse * everywhere(signed(pivot, pivots), a))


def signed(pivot, pivots):
    """The determinant: the product of the pivots, its sign turned by every exchange of rows."""
    last = pivot.ndim - 1
    stayed = pivots == apply(ops.iota, shape=pivots.shape, axis=last)
    turns = select(stayed, full(pivot.type, 1), full(pivot.type, -1))
    return apply(ops.prod, pivot * turns, axes=(last,))


COFACTORS = {
    0: lambda a: a,
    1: lambda a: full(a.type, 1),
    2: cofactors_of_two,
    3: cofactors_of_three,
}


@TANGENTS.rule(ops.slogdet)
def slogdet(tangents, out, a):
    """d log |det A| is the real part of tr(A⁻¹ dA); the imaginary part turns the sign."""
    moved = total(matrix_transpose(inverted(a)) * tangents[0], both(a.ndim))
    if a.dtype.kind != "c":
        return zeros(out[0].type), moved
    return out[0] * imaginary(moved), real(moved)


@TANGENTS.rule(ops.pinv)
def pinv(tangents, out, a, rtol):
    """For a rank that does not change: Golub and Pereyra."""
    moved, back = tangents[0], adjoint(tangents[0])
    outside = identity(a) - product(a, out)
    inside = identity(out) - product(out, a)
    first = product(out, adjoint(out), product(back, outside))
    second = product(product(inside, back), product(adjoint(out), out))
    return first + second - product(product(out, moved), out)


# Orthogonal factors.


@TANGENTS.rule(ops.qr)
def qr(tangents, out, a, *, complete):
    """The change of the thin factors, and of the columns that complete a basis."""
    rows, columns = a.shape[-2:]
    rank = min(rows, columns)
    if not rank:
        return tuple(zeros(x.type) for x in out)
    q, r = out
    q, r = part(q, (0, rows), (0, rank)), part(r, (0, rank), (0, columns))
    moved = part(tangents[0], (0, rows), (0, rank))
    changed = orthonormal_change(q, part(r, (0, rank), (0, rank)), moved)
    # What q does not turn of `a` is the change of r: q^H (da - dq r).
    by_r = product(adjoint(q), tangents[0] - product(changed, r))
    if columns == rank:
        by_r = upper(by_r)
    elif columns > rank:
        by_r = beside(
            upper(part(by_r, (0, rank), (0, rank))), part(by_r, (0, rank), (rank, columns))
        )
    if not complete or rows == rank:
        return changed, by_r
    return beside(changed, -turned(out[0], rank, changed)), with_zero_rows(by_r, rows)


def orthonormal_change(q, r, moved):
    """The change of q where q r = a, r of a real diagonal."""
    scaled = matrix_transpose(substituted(r, matrix_transpose(moved), False, transposed=True))
    along = product(adjoint(q), scaled)
    below = lower(along, strictly=True)
    turn = below - adjoint(below)
    if q.dtype.kind == "c":
        turn = on_diagonal(turn, imaginary(along))
    return product(q, turn - along) + scaled


def turned(full_q, rank, changed):
    """How the vectors that complete a basis yield to the change of the first ones."""
    rows = full_q.shape[-2]
    first, rest = part(full_q, (0, rows), (0, rank)), part(full_q, (0, rows), (rank, rows))
    return product(first, adjoint(changed), rest)


def with_zero_rows(x, rows):
    """The matrix with zeros below it."""
    none = (0,) * x.ndim
    high = (*none[:-2], rows - x.shape[-2], 0)
    return apply(ops.pad, x, zeros(Type(x.dtype)), low=none, high=high, interior=none)


@TANGENTS.rule(ops.svd)
def svd(tangents, out, a, *, full):
    """The change of the thin factors, and of the vectors that complete either basis."""
    rows, columns = a.shape[-2:]
    rank = min(rows, columns)
    if not rank:
        return tuple(zeros(x.type) for x in out)
    u, s, vh = out
    u, v = part(u, (0, rows), (0, rank)), adjoint(part(vh, (0, rank), (0, columns)))
    by_u, by_s, by_v = thin_svd_change(u, s, v, tangents[0])
    by_vh = adjoint(by_v)
    if full and rows > rank:
        by_u = beside(by_u, -turned(out[0], rank, by_u))
    if full and columns > rank:
        by_vh = adjoint(beside(by_v, -turned(adjoint(vh), rank, by_v)))
    return by_u, by_s, by_vh


def thin_svd_change(u, s, v, moved):
    """The changes of u, s, v where u s v^H = a."""
    inner = product(adjoint(u), moved, v)
    scale = cast(s, u.dtype)
    by_columns, by_rows = inner * as_columns(scale, inner), inner * as_rows(scale, inner)
    weight = inverse_gaps(s, squared=True, dtype=u.dtype)
    nonzero = reciprocal(s, u.dtype)
    by_u = product(u, weight * (by_columns + adjoint(by_columns)))
    by_v = product(v, weight * (by_rows + adjoint(by_rows)))
    if u.dtype.kind == "c":
        phase = on_diagonal(zeros(inner.type), imaginary(inner)) * as_columns(nonzero, inner)
        by_u = by_u + product(u, phase)
    if u.shape[-2] > u.shape[-1]:
        by_u = by_u + outside(u, product(moved, v), nonzero)
    if v.shape[-2] > v.shape[-1]:
        by_v = by_v + outside(v, product(adjoint(moved), u), nonzero)
    return by_u, real(diagonal(inner)), by_v


def outside(basis, moved, nonzero):
    """The part of a change that leaves the space of the basis."""
    rest = moved - product(basis, adjoint(basis), moved)
    return rest * as_columns(nonzero, rest)


def inverse_gaps(values, dtype, squared=False):
    """1 / (values[k] - values[j]) at [j, k], of their squares if `squared`; zero where they are
    equal.
    """
    gap, differs = apart(values)
    if squared:
        gap = gap * (as_columns(values, gap) + as_rows(values, gap))
    return cast(select(differs, 1 / select(differs, gap, 1), 0), dtype)


def reciprocal(s, dtype):
    """1 / s; zero where s is."""
    return cast(select(s == 0, 0, 1 / select(s == 0, 1, s)), dtype)


@TANGENTS.rule(ops.svdvals)
def svdvals(tangents, out, a):
    """ds = Re diag(uᴴ dA v)."""
    u, _, vh = apply_several(ops.svd, a, full=False)
    return real(total(conjugate(u) * product(tangents[0], adjoint(vh)), (a.ndim - 2,)))


# Eigenvalues.


@TANGENTS.rule(ops.eigh)
def eigh(tangents, out, a, *, lower):
    """dw = Re diag(Vᴴ dA V); dV is V times what lies beside that diagonal, over the gaps."""
    w, v = out
    if not w.shape[-1]:
        return zeros(w.type), zeros(v.type)
    inner = product(adjoint(v), hermitian(tangents[0], lower), v)
    return real(diagonal(inner)), product(v, inverse_gaps(w, v.dtype) * inner)


@TANGENTS.rule(ops.eigvalsh)
def eigvalsh(tangents, out, a, *, lower):
    """dw = Re diag(Vᴴ dA V)."""
    _, v = apply_several(ops.eigh, a, lower=lower)
    moved = product(hermitian(tangents[0], lower), v)
    return real(total(conjugate(v) * moved, (a.ndim - 2,)))


@TANGENTS.rule(ops.eig)
def eig(tangents, out, a):
    """Vectors of length one whose largest component is real."""
    w, v = out
    if not w.shape[-1]:
        return zeros(w.type), zeros(v.type)
    inner = product(inverted(v), cast(tangents[0], v.dtype), v)
    moved = product(v, inverse_gaps(w, v.dtype) * inner)
    return diagonal(inner), moved - v * as_columns(along_itself(v, moved), v)


def along_itself(v, moved):
    """How much of each vector's change keeps neither its length nor the phase of its largest
    component.
    """
    length = real(total(conjugate(v) * moved, (v.ndim - 2,)))
    size = apply(ops.absolute, v)
    place = apply(ops.argmax, size, axis=v.ndim - 2)
    largest = places(v)[0] == as_columns(place, v)
    phase = imag(
        total(select(largest, moved, 0), (v.ndim - 2,))
        / total(select(largest, v, 0), (v.ndim - 2,))
    )
    return apply(ops.complex_of, length, phase)


@TANGENTS.rule(ops.eigvals)
def eigvals(tangents, out, a):
    """dw = diag(V⁻¹ dA V)."""
    _, v = apply_several(ops.eig, a)
    left = inverted(v)
    moved = product(cast(tangents[0], v.dtype), v)
    return total(matrix_transpose(left) * moved, (a.ndim - 2,))


# Fourier transforms.


def halved(x, axis, n, inner):
    """The first half of the frequencies, those that stand for two weighted."""
    last = x.shape[axis] - 1
    place = apply(ops.iota, shape=x.shape, axis=axis)
    alone = place == 0
    if n % 2 == 0:
        alone = alone | (place == last)
    return select(alone, x, x * inner)


@TANGENTS.rule(ops.fft)
def fft(tangents, out, x, *, axes, inverse):
    """Linear: the transform of what moves."""
    return apply(ops.fft, tangents[0], axes=axes, inverse=inverse)


@TANGENTS.rule(ops.rfft)
def rfft(tangents, out, x, *, axis):
    """Linear: the transform of what moves."""
    return apply(ops.rfft, tangents[0], axis=axis)


@TANGENTS.rule(ops.irfft)
def irfft(tangents, out, x, *, axis, n):
    """Linear: the transform of what moves."""
    return apply(ops.irfft, tangents[0], axis=axis, n=n)


@GRADIENTS.rule(ops.fft)
def fft_gradient(ct, out, x, *, axes, inverse):
    """The transform is its own transpose."""
    return (apply(ops.fft, ct, axes=axes, inverse=inverse),)


@GRADIENTS.rule(ops.rfft)
def rfft_gradient(ct, out, x, *, axis):
    """Back to real numbers; each frequency that stands for two counts half."""
    n = x.shape[axis]
    return (apply(ops.irfft, halved(conjugate(ct), axis, n, 0.5), axis=axis, n=n),)


@GRADIENTS.rule(ops.irfft)
def irfft_gradient(ct, out, x, *, axis, n):
    """Forth to frequencies; each that stands for two counts twice."""
    return (halved(conjugate(apply(ops.rfft, ct, axis=axis)), axis, n, 2),)
