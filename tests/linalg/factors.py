"""Factorisations as functions of matrices whose derivatives differences can find: no phase, no choice of a basis."""

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


def eig_parts(a):
    w, v = apply_several(ops.eig, a)
    return w, v


def slogdet(a):
    sign, size = apply_several(ops.slogdet, a)
    return sign * 1, size


def pinv(a):
    return apply(ops.pinv, a, full(Type(real_of(a.dtype), a.shape[:-2]), 1e-12))


CASES = {
    "cholesky": (lambda a: apply(ops.cholesky, a), [(3, 3)], "positive"),
    **{f"triangular_solve {lo} {tr} {un}": (triangular(lower=lo, transposed=tr, unit=un), [(3, 3), (3, 2)], "diagonal")
       for lo in (True, False) for tr in (True, False) for un in (True, False)},
    "solve": (first(ops.solve), [(3, 3), (3, 2)], "any"),
    **{f"lu {m}x{n}": (first(ops.lu), [(m, n)], "any") for m, n in ((3, 3), (4, 2), (2, 4))},
    **{f"det of {n}": (lambda a: apply(ops.det, a), [(n, n)], "any") for n in (1, 2, 3, 4)},
    "slogdet": (slogdet, [(3, 3)], "any"),
    **{f"pinv {m}x{n}": (pinv, [(m, n)], "any") for m, n in ((3, 3), (4, 2), (2, 4))},
    **{f"qr {m}x{n} {c}": (qr_parts(c), [(m, n)], "any") for m, n in ((3, 3), (4, 2), (2, 4)) for c in (False, True)},
    **{f"svd {m}x{n} {f}": (svd_parts(f), [(m, n)], "any") for m, n in ((3, 3), (4, 2), (2, 4)) for f in (False, True)},
    **{f"svdvals {m}x{n}": (lambda a: apply(ops.svdvals, a), [(m, n)], "any") for m, n in ((3, 3), (4, 2))},
    **{f"eigh {lo}": (eigh_parts(lo), [(3, 3)], "any") for lo in (True, False)},
    "eigvalsh": (lambda a: apply(ops.eigvalsh, a, lower=True), [(3, 3)], "any"),
    "eig": (eig_parts, [(3, 3)], "any"),
    "eigvals": (lambda a: apply(ops.eigvals, a), [(3, 3)], "any"),
    **{f"fft {i}": (lambda x, i=i: apply(ops.fft, x * (1 + 0j), axes=(0, 1), inverse=i), [(3, 4)], "any") for i in (True, False)},
}  # fmt: skip
REAL_CASES = {
    **{f"rfft {n}": (lambda x: apply(ops.rfft, x, axis=1), [(2, n)], "any") for n in (1, 4, 5)},
}
COMPLEX_CASES = {
    **{f"irfft {n}": (lambda x, n=n: apply(ops.irfft, x, axis=1, n=n), [(2, n // 2 + 1)], "any") for n in (1, 4, 5)},
}


def arguments(shapes, kind, dtype, batch=()):
    """Random matrices of a dtype, of the kind a case asks for."""
    draw = np.random.default_rng(len(shapes) + sum(map(sum, shapes)))
    made = []
    for k, shape in enumerate(shapes):
        x = draw.normal(size=(*batch, *shape))
        if np.dtype(dtype).kind == "c":
            x = x + 1j * draw.normal(size=x.shape)
        if kind == "positive":
            x = x @ np.conj(np.swapaxes(x, -1, -2)) + np.eye(shape[-1])
        if kind == "diagonal" and k == 0:
            x = x + 3 * np.eye(shape[-1])
        made.append(x.astype(dtype))
    return made
