"""Factorisations and Fourier transforms against NumPy's."""

import numpy as np
import pytest
from one_operation import compiler, plain, type_of

from defn import ops
from defn.expr import items, make, parameter
from defn.graph import Graph

DTYPES = [np.dtype(d) for d in ("f4", "f8", "c8", "c16")]


def matrix(dtype, rows=4, columns=4, batch=(2,)):
    return plain(dtype, (*batch, rows, columns), seed=3)


def hermitian(dtype):
    a = matrix(dtype)
    return a @ np.swapaxes(a, -1, -2).conj() + np.eye(4, dtype=dtype)


def close(got, expected):
    several = isinstance(expected, tuple)
    for g, e in zip(got if several else [got], expected if several else [expected]):
        assert g.dtype == e.dtype and g.shape == e.shape, (g.dtype, e.dtype, g.shape, e.shape)
        rough = e.dtype in (np.dtype("f4"), np.dtype("c8"))
        np.testing.assert_allclose(
            g, e, rtol=2e-3 if rough else 1e-10, atol=2e-4 if rough else 1e-11
        )


def parts(op, *arrays, **attrs):
    """The results of an operation that has several, one program each."""
    parameters = [parameter(type_of(x)) for x in arrays]
    node = make(op, tuple(parameters), attrs)
    outputs = items(node) if node.type.parts is not None else [node]
    found = compiler.compile(Graph(parameters, outputs), {})(*arrays)
    return found if node.type.parts is not None else found[0]


def trial(op, *arrays, **attrs):
    with np.errstate(all="ignore"):
        expected = op.numpy(*arrays, **attrs)
    close(parts(op, *arrays, **attrs), expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_elimination(dtype):
    a, b = matrix(dtype), plain(dtype, (2, 4, 3))
    trial(ops.cholesky, hermitian(dtype))
    trial(ops.lu, a)
    trial(ops.lu, matrix(dtype, 5, 3))
    trial(ops.solve, a, b)
    trial(ops.det, a)
    trial(ops.slogdet, a)
    for lower in (False, True):
        for transposed in (False, True):
            for unit in (False, True):
                trial(
                    ops.triangular_solve,
                    a + 3 * np.eye(4, dtype=dtype),
                    b,
                    lower=lower,
                    transposed=transposed,
                    unit=unit,
                )


def test_what_lapack_refuses_is_nan():
    singular = np.zeros((3, 3))
    x, flag = parts(ops.solve, singular, np.ones((3, 1)))
    assert np.isnan(x).all() and flag
    assert np.isnan(parts(ops.cholesky, -np.eye(3))[np.tril_indices(3)]).any()
    trial(ops.det, singular)
    trial(ops.slogdet, singular)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_orthogonal_factors(dtype):
    for rows, columns in ((4, 4), (5, 3), (3, 5)):
        a = matrix(dtype, rows, columns)
        for complete in (False, True):
            trial(ops.qr, a, complete=complete)
        u, s, vh = parts(ops.svd, a, full=False)
        close(s, np.linalg.svd(a, compute_uv=False))
        close((u * s[..., None, :]) @ vh, a)
        close(parts(ops.svdvals, a), s)
        trial(ops.pinv, a, np.full((2,), 1e-6, np.real(a).dtype))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_eigenvalues(dtype):
    a = hermitian(dtype)
    values, vectors = parts(ops.eigh, a, lower=True)
    close(values, np.linalg.eigvalsh(a))
    close(a @ vectors, vectors * values[..., None, :].astype(dtype))
    trial(ops.eigvalsh, a, lower=False)
    m = matrix(dtype)
    values, vectors = parts(ops.eig, m)
    assert values.dtype == vectors.dtype and values.dtype.kind == "c"
    close(m.astype(values.dtype) @ vectors, vectors * values[..., None, :])
    close(np.sort_complex(parts(ops.eigvals, m)), np.sort_complex(values))


def test_empty_matrices():
    empty = np.zeros((2, 0, 0))
    trial(ops.det, empty)
    trial(ops.slogdet, empty)
    trial(ops.solve, empty, np.zeros((2, 0, 3)))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_fourier_transforms(dtype):
    x = plain(dtype, (3, 5, 8))
    if dtype.kind == "c":
        for inverse in (False, True):
            trial(ops.fft, x, axes=(0, 1), inverse=inverse)
            trial(ops.fft, x, axes=(2,), inverse=inverse)
        trial(ops.irfft, x, axis=1, n=9)
        trial(ops.irfft, x, axis=2, n=14)
    else:
        trial(ops.rfft, x, axis=1)
        trial(ops.rfft, x, axis=2)
