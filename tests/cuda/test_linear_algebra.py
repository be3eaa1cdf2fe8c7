"""Factorisations by kernels: values, batches, errors, gradients; nothing is left to NumPy."""

import numpy as np
import pytest
from on_ptx import SETTINGS, executed, launches

import defn
from defn import grad, pytree
from defn.linalg import expm, triangular_solve
from defn.tensor import asarray
from defn.transforms.in_steps import elimination, reflections, rotations, triangles

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]
SIZES = (0, 1, 2, 3, 5, 8, 17, 33)
DTYPES = ("f4", "f8", "c8", "c16")
draw = np.random.default_rng(5)


def matrices(dtype, *shape):
    found = draw.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        found = found + 1j * draw.normal(size=shape)
    return found.astype(dtype)


def adjoint(x):
    return np.conj(np.swapaxes(x, -1, -2))


def definite(dtype, *shape):
    x = matrices(dtype, *shape)
    return (x @ adjoint(x) + np.eye(shape[-1])).astype(dtype)


def agrees(function, *arrays, rounding=100):
    """The kernels' results are NumPy's but for rounding, relative to the largest."""
    made = defn.jit(function, **SETTINGS)
    got, wanted = pytree.leaves(made(*arrays)), pytree.leaves(function(*arrays))
    for g, w in zip(got, wanted, strict=True):
        g, w = np.asarray(g), np.asarray(w)
        assert g.dtype == w.dtype and g.shape == w.shape
        if w.size:
            bound = rounding * np.finfo(w.dtype).eps * np.abs(w).max()
            np.testing.assert_allclose(g, w, rtol=0, atol=bound)
    assert "NumPy" not in made.explain(*arrays)


def solution(a, b):
    return np.linalg.solve(a, b)


@pytest.mark.parametrize("n", SIZES)
def test_solutions_and_determinants(n):
    dtype, batch = DTYPES[n % 4], 2 if n < 10 else 1
    a = definite(dtype, batch, n, n)
    agrees(solution, a, matrices(dtype, batch, n, 2 if n < 10 else 1))
    agrees(lambda a: (np.linalg.det(a / (n + 1)), *np.linalg.slogdet(a)), a)
    agrees(np.linalg.cholesky, a)


@pytest.mark.parametrize("dtype", ["f4", "c16"])
def test_pivots(dtype):
    a = matrices(dtype, 2, 9, 9)
    a[:, 0, 0] = 0
    agrees(np.linalg.inv, a, rounding=1000)
    assert executed(lambda a: defn.linalg.lu(a, p_indices=True)[0], a).dtype == np.int64
    tall = matrices(dtype, 10, 6)
    order, left, right = executed(defn.linalg.lu, tall)
    bound = 20 * np.finfo(dtype).eps
    np.testing.assert_allclose(order @ left @ right, tall, atol=bound)


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("transform", ["none", "transpose", "conjugate"])
def test_triangles(lower, transform):
    a, b = matrices("c16", 2, 9, 9) + 4 * np.eye(9), matrices("c16", 2, 9, 3)
    settings = {"lower": lower, "transform_a": transform}
    x = executed(lambda a, b: triangular_solve(a, b, **settings), a, b)
    t = (np.tril if lower else np.triu)(a)
    t = {"none": t, "transpose": np.swapaxes(t, 1, 2), "conjugate": adjoint(t)}[transform]
    np.testing.assert_allclose(t @ x, b, atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mode", ["reduced", "complete"])
def test_qr(dtype, mode):
    for shape in [(0, 3), (3, 0), (1, 1), (2, 5, 3), (2, 3, 5)]:
        agrees(lambda a: tuple(np.linalg.qr(a, mode)), matrices(dtype, *shape))


def from_eigh(a):
    """What does not depend on the phases of vectors."""
    w, v = np.linalg.eigh(a)
    return w, (v * w[..., None, :]) @ adjoint(v), adjoint(v) @ v


def from_svd(a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return s, (u * s[..., None, :]) @ vh, adjoint(u) @ u, vh @ adjoint(vh)


def from_full_svd(a):
    u, s, vh = np.linalg.svd(a)
    return s, adjoint(u) @ u, vh @ adjoint(vh)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 8])
def test_eigenvalues(n):
    a = matrices(DTYPES[n % 4], 2 if n < 4 else 1, n, n)
    agrees(from_eigh, a + adjoint(a))
    if n == 3:
        agrees(lambda a: np.linalg.eigvalsh(a, "U"), definite("f4", n, n))


@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (2, 4, 2), (3, 4), (5, 5)])
def test_singular_values(shape):
    agrees(from_svd, matrices("f4" if shape[-1] % 2 else "c16", *shape))
    if shape != (5, 5):
        agrees(from_full_svd, matrices("f8", *shape))
        agrees(np.linalg.pinv, matrices("f8", *shape))


def test_no_rank():
    a = np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 2.0])
    agrees(from_svd, a)
    agrees(from_svd, np.zeros((3, 3)))
    agrees(np.linalg.pinv, a)
    agrees(lambda a: np.linalg.matrix_rank(a) * 1.0, a)
    agrees(from_eigh, np.ones((4, 4)))


def test_sizes_of_numbers():
    for scale in (1e-30, 1e30):
        a = (matrices("f4", 4, 4) * np.float32(scale)).astype("f4")
        agrees(np.linalg.svdvals, a)
        agrees(np.linalg.eigvalsh, a + a.T)
        agrees(lambda a: np.linalg.qr(a, "r"), a)


def by_numba(form, *arrays, **settings):
    """What a form makes, by another compiler: kernels take longer on the CPU."""
    made = defn.jit(lambda *a: form(*map(asarray, a), **settings), compiler="numba")
    return made(*arrays)


@pytest.mark.parametrize("n", [100])
def test_large_matrices_in_panels(n):
    a, b = definite("f8", 2, n, n) / n, matrices("f8", 2, n, 3)
    (factor,) = by_numba(triangles.cholesky, a)
    np.testing.assert_allclose(factor, np.linalg.cholesky(a), atol=1e-12)
    x, singular = by_numba(elimination.solve, a, b)
    np.testing.assert_allclose(x, np.linalg.solve(a, b), atol=1e-9)
    assert not singular.any()
    wide = matrices("f8", 1, n, n + 9)
    packed, pivots, order = by_numba(elimination.lu, wide)
    left, right = np.tril(packed[0, :, :n], -1) + np.eye(n), np.triu(packed[0])
    np.testing.assert_allclose(left @ right, wide[0][order[0]], atol=1e-12)
    assert np.abs(left).max() == 1 and (pivots[0] >= np.arange(n)).all()


def test_large_orthogonal_factors():
    tall = matrices("f8", 100, 70)
    q, r = by_numba(reflections.qr, tall, complete=False)
    np.testing.assert_allclose(q @ r, tall, atol=1e-12)
    np.testing.assert_allclose(r, np.linalg.qr(tall, "r"), atol=1e-11)
    a = matrices("f8", 40, 40)
    w, v = by_numba(rotations.eigh, a + a.T, lower=True)
    np.testing.assert_allclose(w, np.linalg.eigvalsh(a + a.T), atol=1e-13 * np.abs(w).max())
    np.testing.assert_allclose(v.T @ v, np.eye(40), atol=5e-15)
    u, s, vh = by_numba(rotations.svd, a, full=False)
    np.testing.assert_allclose(s, np.linalg.svd(a, compute_uv=False), atol=1e-12)
    np.testing.assert_allclose(u.T @ u, np.eye(40), atol=1e-14)
    np.testing.assert_allclose((u * s) @ vh, a, atol=1e-12)


def test_panels_by_kernels(monkeypatch):
    for module in (triangles, elimination, reflections):
        monkeypatch.setattr(module, "BLOCK", 4)
        monkeypatch.setattr(module, "PANELS", 8)
    a = definite("f8", 11, 11)
    agrees(lambda a: np.linalg.cholesky(a), a)
    agrees(lambda a: np.linalg.inv(a), a, rounding=1000)
    agrees(lambda a: tuple(np.linalg.qr(a, "complete")), matrices("c16", 11, 9))
    agrees(lambda a: np.linalg.qr(a, "r"), np.triu(np.ones((9, 9))) * 1.0)


# Errors.


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (np.linalg.inv, "Singular matrix"),
        (np.linalg.cholesky, "not positive definite"),
    ],
)
@pytest.mark.parametrize("n", [3, 9])
def test_refused_matrices(function, message, n):
    a = np.ones((n, n))
    with pytest.raises(np.linalg.LinAlgError, match=message):
        executed(function, a)
    with pytest.raises(np.linalg.LinAlgError, match=message):
        executed(function, np.stack([np.eye(n), a]))
    agrees(function, np.stack([np.eye(n), 2 * np.eye(n)]))


@pytest.mark.parametrize("function", [np.linalg.svdvals, np.linalg.eigvalsh, np.linalg.pinv])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite(function, bad):
    a = np.eye(3)
    a[1, 1] = bad
    if function is np.linalg.pinv:
        assert np.isnan(executed(function, a)).all()
        return
    with pytest.raises(np.linalg.LinAlgError, match="did not converge"):
        executed(function, a)


# Gradients.


def same_slopes(function, *arrays):
    slope = grad(function, argnums=tuple(range(len(arrays))))
    made = defn.jit(slope, **SETTINGS)
    wanted = defn.jit(slope, compiler="numpy")(*arrays)
    for g, w in zip(made(*arrays), wanted, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-10)
    assert "NumPy" not in made.explain(*arrays)


@pytest.mark.parametrize(
    "function",
    [
        lambda a: np.sum(np.sin(np.linalg.inv(a))),
        lambda a: np.linalg.slogdet(a)[1] + np.linalg.det(a),
        lambda a: np.sum(np.cos(np.linalg.cholesky(a))),
        lambda a: np.sum(np.sin(np.linalg.qr(a)[1])),
        lambda a: np.sum(np.sin(np.linalg.eigh(a)[0]) + np.linalg.eigh(a)[1] ** 2),
        lambda a: np.sum(np.sin(np.linalg.svd(a)[1])) + np.linalg.norm(a, "nuc"),
        lambda a: np.sum(np.linalg.matrix_power(a, -2)) + np.sum(expm(a / 9)),
        lambda a: np.sum(np.sin(np.linalg.pinv(a[:, :2]))),
    ],
    ids=["inv", "det", "cholesky", "qr", "eigh", "svd", "powers", "pinv"],
)
def test_gradients(function):
    same_slopes(function, definite("f8", 3, 3))


# Programs.


def kalman(mean, spread, gain, noise, seen):
    """One step of a filter."""
    innovation = gain @ spread @ gain.T + noise
    weight = np.linalg.solve(innovation, gain @ spread).T
    factor = np.linalg.cholesky(innovation)
    rest = seen - gain @ mean
    distance = np.sum(np.linalg.solve(factor, rest) ** 2)
    likelihood = -0.5 * distance - np.sum(np.log(np.diagonal(factor)))
    return mean + weight @ rest, spread - weight @ gain @ spread, likelihood


def test_a_kalman_step():
    arrays = matrices("f8", 4), definite("f8", 4, 4), matrices("f8", 3, 4), definite("f8", 3, 3)
    seen = matrices("f8", 3)
    agrees(kalman, *arrays, seen, rounding=1000)
    same_slopes(lambda *a: kalman(*a)[2], *arrays, seen)


def test_least_squares():
    a, b = matrices("f8", 7, 3), matrices("f8", 7)
    agrees(lambda a, b: np.linalg.lstsq(a, b)[0], a, b)
    agrees(lambda a, b: np.linalg.lstsq(a, b)[3], a, b)


def fitted(xs, y):
    """Ridge regressions in a loop, each matrix by itself."""
    total = np.zeros(xs.shape[2])
    for k in range(xs.shape[0]):
        x = xs[k]
        total = total + np.linalg.solve(x.T @ x + np.eye(x.shape[1]), x.T @ y)
    return total


def test_in_a_loop():
    agrees(fitted, matrices("f8", 3, 6, 4), matrices("f8", 6), rounding=1000)


# Kernels.


def test_a_triangle_is_a_thread_for_each_column_and_places_are_divided_in_32_bits():
    a, b = definite("f4", 2, 12, 12), matrices("f4", 2, 12, 4)
    steps = launches(lambda a, b: triangular_solve(a, b), a, b)
    assert any(s.grid * s.block >= 8 and "for " in s.text for s in steps)
    for step in steps:
        assert ".f64" not in step.compiled.ptx
        assert ".u64" not in "".join(x for x in step.compiled.ptx.splitlines() if "div." in x)


def test_single_precision_stays_single():
    for function in (np.linalg.inv, np.linalg.svdvals, np.linalg.eigvalsh, np.linalg.qr):
        for dtype in ("f4", "c8"):
            for step in launches(function, definite(dtype, 4, 4)):
                assert ".f64" not in step.compiled.ptx, step.text
