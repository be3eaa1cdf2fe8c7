"""Factorisations as functions of matrices whose derivatives differences can find: no phase, no
choice of a basis.
"""

from typing import Any, NamedTuple

import numpy as np

from defn import ops
from defn.tensor import apply, apply_several
from defn.transforms.matrices import adjoint, part, product
from defn.transforms.shapes import cast, full
from defn.types import Type, real_of

SETTINGS = {"lower": True, "transposed": False, "unit": False}


def of_vectors(v):
    """What does not change with the vectors' phases: each times itself, with weights that differ."""
    weights = apply(ops.iota, shape=v.shape, axis=v.ndim - 1) + 1
    return product(v * cast(weights, v.dtype), adjoint(v))


def columns(x, low, high):
    """Some columns of matrices."""
    return part(x, (0, x.shape[-2]), (low, high))


def rows(x, low, high):
    """Some rows of matrices."""
    return part(x, (low, high), (0, x.shape[-1]))


def triangular(**settings):
    return lambda a, b: apply(ops.triangular_solve, a, b, **{**SETTINGS, **settings})


def first(op, **settings):
    return lambda *xs: apply_several(op, *xs, **settings)[0]


def svd_parts(full):
    def function(a):
        u, s, vh = apply_several(ops.svd, a, full=full)
        k = s.shape[-1]
        return s, product(columns(u, 0, k), rows(vh, 0, k)), of_rest(u, k), of_rest(adjoint(vh), k)

    return function


def of_rest(u, k):
    """The space that the vectors after the k-th span."""
    rest = columns(u, k, u.shape[-1])
    return product(rest, adjoint(rest))


def qr_parts(complete):
    def function(a):
        q, r = apply_several(ops.qr, a, complete=complete)
        k = min(a.shape[-2:])
        return columns(q, 0, k), rows(r, 0, k), of_rest(q, k)

    return function


def eigh_parts(lower):
    def function(a):
        w, v = apply_several(ops.eigh, a, lower=lower)
        return w, of_vectors(v)

    return function


def slogdet(a):
    sign, size = apply_several(ops.slogdet, a)
    return sign * 1, size


def pinv(a):
    return apply(ops.pinv, a, full(Type(real_of(a.dtype), a.shape[:-2]), 1e-12))


def transform(inverse):
    return lambda x: apply(ops.fft, x, axes=(x.ndim - 2, x.ndim - 1), inverse=inverse)


def half_of(x):
    return apply(ops.rfft, x, axis=x.ndim - 1)


def whole_of(n):
    return lambda x: apply(ops.irfft, x, axis=x.ndim - 1, n=n)


class Case(NamedTuple):
    """A function of matrices of these shapes, of a kind of matrix, for these dtypes."""

    function: Any
    shapes: list
    kind: str = "any"
    dtypes: tuple = ("f8", "c16")


SHAPES = ((3, 3), (4, 2), (2, 4))
FLAGS = (True, False)
CASES = {
    "cholesky": Case(lambda a: apply(ops.cholesky, a), [(3, 3)], "positive"),
    **{
        f"triangular_solve {lo} {tr} {un}": Case(
            triangular(lower=lo, transposed=tr, unit=un), [(3, 3), (3, 2)], "diagonal"
        )
        for lo in FLAGS for tr in FLAGS for un in FLAGS
    },
    "solve": Case(first(ops.solve), [(3, 3), (3, 2)]),
    **{f"lu {m}x{n}": Case(first(ops.lu), [(m, n)]) for m, n in SHAPES},
    **{f"det of {n}": Case(lambda a: apply(ops.det, a), [(n, n)]) for n in (1, 2, 3, 4)},
    "slogdet": Case(slogdet, [(3, 3)]),
    **{f"pinv {m}x{n}": Case(pinv, [(m, n)]) for m, n in SHAPES},
    **{f"qr {m}x{n} {c}": Case(qr_parts(c), [(m, n)]) for m, n in SHAPES for c in FLAGS},
    **{f"svd {m}x{n} {f}": Case(svd_parts(f), [(m, n)]) for m, n in SHAPES for f in FLAGS},
    **{f"svdvals {m}x{n}": Case(lambda a: apply(ops.svdvals, a), [(m, n)]) for m, n in SHAPES},
    **{f"eigh {lo}": Case(eigh_parts(lo), [(3, 3)]) for lo in FLAGS},
    "eigvalsh": Case(lambda a: apply(ops.eigvalsh, a, lower=True), [(3, 3)]),
    "eig": Case(lambda a: apply_several(ops.eig, a), [(3, 3)]),
    "eigvals": Case(lambda a: apply(ops.eigvals, a), [(3, 3)]),
    **{f"fft {i}": Case(transform(i), [(3, 4)], "any", ("c16",)) for i in FLAGS},
    **{f"rfft {n}": Case(half_of, [(2, n)], "any", ("f8",)) for n in (1, 4, 5)},
    **{f"irfft {n}": Case(whole_of(n), [(2, n // 2 + 1)], "any", ("c16",)) for n in (1, 4, 5)},
}  # fmt: skip


def arguments(case, dtype, batch=()):
    """Random matrices of a dtype, of the kind a case asks for."""
    draw = np.random.default_rng(sum(map(sum, case.shapes)))
    made = []
    for k, shape in enumerate(case.shapes):
        x = draw.normal(size=(*batch, *shape))
        if np.dtype(dtype).kind == "c":
            x = x + 1j * draw.normal(size=x.shape)
        if case.kind == "positive":
            x = x @ np.conj(np.swapaxes(x, -1, -2)) + np.eye(shape[-1])
        if case.kind == "diagonal" and k == 0:
            x = x + 3 * np.eye(shape[-1])
        made.append(x.astype(dtype))
    return made
