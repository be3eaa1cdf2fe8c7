"""Every function of `numpy.linalg`, eager and traced, against NumPy: dtypes, batches, empty arrays,
errors.
"""

import numpy as np
import pytest
from evaluation import agree, equal, outcome, traced

from defn import ops, pytree
from defn.numpy import tensor
from defn.tensor import is_tensor

draw = np.random.default_rng(11)
DTYPES = ("f8", "f4", "c16", "c8", "i4", "?")
BATCHES = ((), (3,), (2, 1), (0,))


def matrices(shape, dtype, batch=()):
    """Random matrices of a dtype."""
    x = draw.normal(size=(*batch, *shape))
    kind = np.dtype(dtype).kind
    if kind == "c":
        x = x + 1j * draw.normal(size=x.shape)
    return (x * 3).astype(dtype) if kind in "fc" else (np.abs(x) * 3 + 1).astype(dtype)


def positive(n, dtype, batch=()):
    """Random positive definite matrices."""
    x = matrices((n, n), dtype, batch)
    if np.dtype(dtype).kind == "b":
        return np.broadcast_to(np.eye(n, dtype=bool), (*batch, n, n)).copy()
    return x @ np.conj(np.swapaxes(x, -1, -2)) + n * np.eye(n).astype(dtype)


def regular(n, dtype, batch=()):
    """Random matrices far from singular."""
    if np.dtype(dtype).kind == "b":
        return np.broadcast_to(np.tri(n, dtype=bool), (*batch, n, n)).copy()
    return (matrices((n, n), dtype, batch) + 5 * np.eye(n)).astype(dtype)


def eagerly(function, *arrays, **settings):
    """The results for eager tensors, as arrays."""
    results = function(*map(tensor, arrays), **settings)
    return pytree.map(lambda x: x.numpy() if is_tensor(x) else x, results)


def same(function, *arrays, ulp=2000, **settings):
    """Assert that the function gives of tensors, eager and traced, what it gives of arrays."""
    agree(function, *arrays, ulp=ulp, scale=True, **settings)
    wanted = outcome(function, *arrays, **settings)
    got = outcome(eagerly, function, *arrays, **settings)
    if isinstance(wanted, Exception) or isinstance(got, Exception):
        assert isinstance(got, Exception) and isinstance(wanted, Exception), (got, wanted)
        return
    for g, w in zip(pytree.leaves(got), pytree.leaves(wanted), strict=True):
        equal(np.asarray(g), np.asarray(w), ulp, scale=True)


@pytest.mark.parametrize("batch", BATCHES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
class TestDtypesAndBatches:
    def test_factors(self, dtype, batch):
        same(np.linalg.cholesky, positive(3, dtype, batch))
        same(np.linalg.cholesky, positive(3, dtype, batch), upper=True)
        for mode in ("reduced", "complete", "r"):
            for shape in ((3, 3), (4, 2), (2, 4)):
                same(np.linalg.qr, matrices(shape, dtype, batch), mode=mode)

    def test_singular_values(self, dtype, batch):
        for shape in ((3, 3), (4, 2), (2, 4)):
            x = matrices(shape, dtype, batch)
            same(np.linalg.svdvals, x)
            same(np.linalg.svd, x, compute_uv=False)
            same(np.linalg.svd, x)
            same(np.linalg.svd, x, full_matrices=False)

    def test_eigenvalues(self, dtype, batch):
        x = positive(3, dtype, batch)
        for triangle in ("L", "U", "l"):
            same(np.linalg.eigvalsh, x, UPLO=triangle)
            same(np.linalg.eigh, x, UPLO=triangle)

    def test_eigenvalues_of_any_matrix_are_complex(self, dtype, batch):
        x = regular(3, dtype, batch)
        same(lambda x: complexes(np.linalg.eigvals(x)), x)
        same(lambda x: tuple(map(complexes, np.linalg.eig(x))), x)

    def test_solutions(self, dtype, batch):
        x = regular(3, dtype, batch)
        same(np.linalg.solve, x, matrices((3, 2), dtype, batch))
        same(np.linalg.solve, x, matrices((3,), dtype))
        same(np.linalg.solve, x, matrices((3, 1), "f4"))
        same(np.linalg.inv, x)

    def test_determinants(self, dtype, batch):
        for n in (1, 2, 3, 4):
            same(np.linalg.det, regular(n, dtype, batch))
            same(np.linalg.slogdet, regular(n, dtype, batch))

    def test_pseudoinverses(self, dtype, batch):
        for shape in ((3, 3), (4, 2), (2, 4)):
            x = matrices(shape, dtype, batch)
            same(np.linalg.pinv, x, rcond=1e-6)
            same(np.linalg.matrix_rank, x)
            same(np.linalg.matrix_rank, x, tol=0.5)

    def test_norms(self, dtype, batch):
        x = matrices((3, 4), dtype, batch)
        for ord in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
            same(np.linalg.norm, x, ord=ord, axis=(-2, -1))
            same(np.linalg.matrix_norm, x, ord=ord, keepdims=True)
        for ord in (None, 0, 1, 2, 3, 2.5, -1, np.inf, -np.inf):
            same(np.linalg.norm, x, ord=ord, axis=-1, keepdims=True)
        for axis in (None, 0, (0, 1), (-1, 0)):
            same(np.linalg.vector_norm, x, axis=axis, ord=3)
        same(np.linalg.norm, x)

    def test_condition(self, dtype, batch):
        x = regular(3, dtype, batch)
        for p in (None, 1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc"):
            same(np.linalg.cond, x, p=p)

    def test_powers(self, dtype, batch):
        x = regular(3, dtype, batch)
        for n in (0, 1, 2, 3, 5, -1, -2):
            same(np.linalg.matrix_power, x, n=n)

    def test_products(self, dtype, batch):
        x, y = matrices((3, 3), dtype, batch), matrices((3, 3), dtype)
        same(np.linalg.matmul, x, y)
        same(np.linalg.vecdot, x, y, axis=-2 if batch != (0,) else -1)
        same(np.linalg.cross, x, y, axis=-1)
        same(np.linalg.trace, x, offset=1)
        same(np.linalg.diagonal, x, offset=-1)
        same(np.linalg.matrix_transpose, x)


def complexes(x):
    """Always complex, as ours are."""
    return x if x.dtype.kind == "c" else x.astype(np.result_type(x.dtype, np.complex64))


@pytest.mark.parametrize("dtype", DTYPES)
def test_least_squares(dtype):
    for shape in ((4, 2), (2, 4), (3, 3)):
        x = matrices(shape, dtype) if dtype != "?" else np.eye(*shape, dtype=bool)
        same(np.linalg.lstsq, x, matrices(shape[:1], dtype))
        same(np.linalg.lstsq, x, matrices((shape[0], 3), dtype), rcond=1e-5)
        same(np.linalg.lstsq, x, matrices((shape[0], 0), dtype))


def test_tensors():
    a, b = matrices((2, 3, 6), "f8"), matrices((2, 3), "f8")
    same(np.linalg.tensorsolve, a, b)
    same(
        np.linalg.tensorsolve,
        matrices((6, 2, 3), "f8").reshape(2, 3, 6).transpose(0, 2, 1).copy(),
        b,
        axes=(1,),
    )
    same(np.linalg.tensorinv, matrices((6, 2, 3), "f8"), ind=1)
    same(np.linalg.tensorinv, matrices((2, 3, 6), "f8"))
    same(np.linalg.tensordot, a, matrices((6, 2), "f8"), axes=1)
    same(np.linalg.outer, b[0], b[1])


def test_chains():
    a, b, c, d = (matrices(s, "f8") for s in ((3, 4), (4, 2), (2, 5), (5, 3)))
    u, v = matrices((3,), "f8"), matrices((3,), "f8")
    for chain in ((a, b), (a, b, c), (a, b, c, d), (u, a, b), (a, b, c, d, v), (u, a, b, c, d, v)):
        same(lambda *xs: np.linalg.multi_dot(xs), *chain)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)], ids=str)
def test_empty_matrices(shape):
    x = np.zeros(shape)
    for function in (
        np.linalg.svd,
        np.linalg.svdvals,
        np.linalg.qr,
        np.linalg.pinv,
        np.linalg.matrix_rank,
        np.linalg.norm,
    ):
        same(function, x)
    for function in (
        np.linalg.cholesky,
        np.linalg.inv,
        np.linalg.det,
        np.linalg.slogdet,
        np.linalg.eigh,
        np.linalg.eigvalsh,
        np.linalg.cond,
    ):
        same(function, x)
    same(np.linalg.solve, x, np.zeros((shape[0], 2)))
    same(np.linalg.lstsq, x, np.zeros((shape[0], 2)))


ZERO, NAN = np.zeros((2, 2)), np.full((2, 2), np.nan)
eye, ones = np.eye(2), np.ones(2)
REFUSED = {
    "a factor of what is negative": (np.linalg.cholesky, -eye),
    "a factor of what is not square": (np.linalg.cholesky, np.eye(3)[:2]),
    "a factor of a vector": (np.linalg.cholesky, ones),
    "an inverse of zero": (np.linalg.inv, ZERO),
    "inverses, one of zero": (np.linalg.inv, np.stack([eye, ZERO])),
    "a power below zero of zero": (lambda x: np.linalg.matrix_power(x, -1), ZERO),
    "a solution of zero": (np.linalg.solve, ZERO, ones),
    "a right side that is too long": (np.linalg.solve, eye, np.ones(3)),
    "a right side without axes": (np.linalg.solve, eye, np.array(1.0)),
    "a right side of other rows": (np.linalg.lstsq, eye, np.ones(3)),
    "eigenvalues of nan": (np.linalg.eig, NAN),
    "eigenvalues of inf": (np.linalg.eigvals, np.array([[np.inf]])),
    "singular vectors of nan": (np.linalg.svd, NAN),
    "singular values of nan": (np.linalg.svdvals, NAN),
    "a determinant of what is not square": (np.linalg.det, np.ones((2, 3))),
    "a norm over three axes": (lambda x: np.linalg.norm(x, 2), np.ones((2, 2, 2))),
    "a norm unknown": (lambda x: np.linalg.norm(x, "max"), ZERO),
    "a norm over one axis twice": (lambda x: np.linalg.norm(x, axis=(0, 0)), ZERO),
    "a condition of nothing": (np.linalg.cond, np.zeros((0, 0))),
    "a triangle unknown": (lambda x: np.linalg.eigh(x, "M"), eye),
    "a mode unknown": (lambda x: np.linalg.qr(x, "some"), eye),
    "two tolerances": (lambda x: np.linalg.matrix_rank(x, tol=1, rtol=1), eye),
    "tensors that do not fit": (np.linalg.tensorsolve, np.ones((2, 3)), ones),
    "an inverse over no axes": (lambda x: np.linalg.tensorinv(x, ind=0), eye),
    "a chain of one": (lambda x: np.linalg.multi_dot([x]), eye),
    "a chain with a cube": (lambda x, y: np.linalg.multi_dot([x, y, x]), eye, np.ones((2, 2, 2))),
    "an outer product of matrices": (np.linalg.outer, np.ones((2, 2)), ones),
    "a cross product in the plane": (np.linalg.cross, ones, ones),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_numpy_refuses(name):
    function, *arrays = REFUSED[name]
    with pytest.raises(ValueError) as refused:
        function(*arrays)
    for calling in (eagerly, traced):
        with pytest.raises(refused.type):
            calling(function, *arrays)


def test_what_is_nan_stays_nan():
    for function in (
        np.linalg.cholesky,
        np.linalg.inv,
        np.linalg.det,
        np.linalg.slogdet,
        np.linalg.norm,
        np.linalg.qr,
    ):
        same(function, NAN)


def test_half_precision_is_refused():
    x = np.eye(2, dtype="f2")
    for function in (np.linalg.inv, np.linalg.det, np.linalg.svd, np.linalg.cholesky):
        with pytest.raises(TypeError, match="float16 is unsupported"):
            function(tensor(x))


def test_one_refused_matrix_does_not_spoil_the_others_in_a_row_of_the_graph():
    found = ops.cholesky.numpy(np.stack([4 * np.eye(2), -np.eye(2)]))
    np.testing.assert_array_equal(found, np.stack([2 * np.eye(2), np.full((2, 2), np.nan)]))
