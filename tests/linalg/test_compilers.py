"""Functions that use linear algebra, on every compiler: alone, in loops, in batches, with their
gradients and errors.
"""

import numpy as np
import pytest

import defn
from defn import linalg, pytree

COMPILERS = ["numba", "xla"]
draw = np.random.default_rng(3)


def regular(n, *batch):
    """Matrices far from singular."""
    return draw.normal(size=(*batch, n, n)) + 4 * np.eye(n)


def close(got, wanted, within=1e-8):
    """Assert that two results agree: types, dtypes, shapes, values."""
    for g, w in zip(pytree.leaves(got), pytree.leaves(wanted), strict=True):
        assert (
            type(g) is type(w)
            and np.asarray(g).dtype == np.asarray(w).dtype
            and np.shape(g) == np.shape(w)
        )
        np.testing.assert_allclose(g, w, rtol=within, atol=within)


ALONE = {
    "solve": lambda a: np.linalg.solve(a, a[:, 0]),
    "inv": lambda a: np.linalg.inv(a),
    "det": lambda a: np.linalg.det(a),
    "slogdet": lambda a: np.linalg.slogdet(a),
    "cholesky": lambda a: np.linalg.cholesky(a @ a.T),
    "lu": lambda a: linalg.lu(a),
    "triangular_solve": lambda a: linalg.triangular_solve(a, a, lower=False, left_side=False),
    "qr": lambda a: np.linalg.qr(a),
    "svd": lambda a: np.linalg.svd(a)[1],
    "eigh": lambda a: np.linalg.eigh(a + a.T)[0],
    "eigvals": lambda a: np.sort(np.abs(np.linalg.eigvals(a))),
    "pinv": lambda a: np.linalg.pinv(a[:2]),
    "lstsq": lambda a: np.linalg.lstsq(a[:, :2], a[:, 2]),
    "norms": lambda a: (
        np.linalg.norm(a),
        np.linalg.norm(a, 2),
        np.linalg.norm(a, "nuc"),
        np.linalg.cond(a),
    ),
    "rank": lambda a: np.linalg.matrix_rank(a),
    "power": lambda a: np.linalg.matrix_power(a, -3),
    "expm": lambda a: linalg.expm(a / 3),
    "fft": lambda a: np.fft.fft(a, axis=0),
    "rfft": lambda a: np.fft.irfft(np.fft.rfft(a[0]) ** 2),
    "fft2": lambda a: np.fft.ifft2(np.fft.fft2(a), norm="ortho"),
}


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("n", [3, 12])
@pytest.mark.parametrize("name", ALONE)
def test_values(name, n, compiler):
    a = regular(n)
    close(defn.jit(ALONE[name], compiler=compiler)(a), defn.jit(ALONE[name], compiler="numpy")(a))


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", [n for n in ALONE if n not in ("rank", "eigvals", "qr", "lstsq")])
def test_gradients(name, compiler):
    def value(a):
        leaves = pytree.leaves(ALONE[name](a))
        return sum(np.sum(np.abs(x) ** 2) for x in leaves)

    a = regular(3)
    close(
        defn.jit(defn.grad(value), compiler=compiler)(a),
        defn.jit(defn.grad(value), compiler="numpy")(a),
        1e-7,
    )


@pytest.mark.parametrize("compiler", COMPILERS)
def test_batches(compiler):
    a = regular(3, 4)
    for function in (np.linalg.inv, np.linalg.det, lambda x: np.linalg.solve(x, np.ones(3))):
        batched = defn.vmap(function)
        close(defn.jit(batched, compiler=compiler)(a), defn.jit(batched, compiler="numpy")(a))


# In loops that are compiled as a whole.


def in_loop(step):
    """A step of which as many are done as an argument says."""

    def function(a, trips):
        total = np.zeros_like(a[0])
        for _ in range(trips):
            total = total * 0.5 + step(a + np.sum(total) * 0.01)
        return total

    return function


IN_LOOPS = {
    "solve": lambda a: np.linalg.solve(a, a[:, 0]),
    "inv": lambda a: np.linalg.inv(a)[0],
    "det": lambda a: np.linalg.det(a) * a[0] * 1e-3,
    "slogdet": lambda a: np.linalg.slogdet(a)[1] * a[0],
    "cholesky": lambda a: np.linalg.cholesky(a @ a.T)[-1],
    "lu": lambda a: linalg.lu(a)[2][0],
    "triangular_solve": lambda a: linalg.triangular_solve(a, a[0]),
    "qr": lambda a: np.linalg.qr(a).R[0],
    "svd": lambda a: np.linalg.svd(a)[1],
    "svdvals": lambda a: np.linalg.svdvals(a),
    "eigh": lambda a: np.linalg.eigh(a + a.T)[0],
    "eigvalsh": lambda a: np.linalg.eigvalsh(a),
    "pinv": lambda a: np.linalg.pinv(a[:2])[:, 0],
    "norm": lambda a: np.linalg.norm(a, 2) * a[0],
    "fft": lambda a: np.fft.fft(a[0]).real,
    "rfft": lambda a: np.fft.irfft(np.fft.rfft(a[0]) * 0.5, len(a[0])),
}


@pytest.mark.parametrize("n", [3, 10])
@pytest.mark.parametrize("name", IN_LOOPS)
def test_numba_writes_factorisations_out_in_loops(name, n):
    function, a = defn.defn(in_loop(IN_LOOPS[name])), regular(n)
    assert "loop(" in str(function.graph(a, 3))
    close(function(a, 3), function(a, 3, compiler="numpy"))


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", ["solve", "cholesky", "qr", "svdvals", "fft"])
def test_gradients_of_loops(name, compiler):
    step = in_loop(IN_LOOPS[name])
    function = defn.grad(lambda a, trips: np.sum(step(a, trips) ** 2))
    a = regular(3)
    close(function(a, 3, compiler=compiler), function(a, 3, compiler="numpy"), 1e-7)


def test_eigenvalues_in_a_loop_are_refused_by_name():
    @defn.defn(compiler="numba")
    def function(a, trips):
        total = np.float64(0)
        for _ in range(trips):
            total = total + np.abs(np.linalg.eigvals(a * (1 + total))).max()
        return total

    with pytest.raises(NotImplementedError, match="eigvals in a loop.*use eigh"):
        function(regular(3), 3)
    assert function(regular(3), 3, compiler="numpy") > 0


# Errors are NumPy's, at the user's line.

FAILING = {
    "Singular matrix": lambda a: np.linalg.inv(a),
    "positive definite": lambda a: np.linalg.cholesky(a - np.eye(3)),
    "infs or NaNs": lambda a: np.linalg.eigvals(a / 0),
    "converge": lambda a: np.linalg.svd(a / 0),
}


@pytest.mark.parametrize("compiler", ["numpy", *COMPILERS])
@pytest.mark.parametrize("message", FAILING)
def test_errors(message, compiler):
    with pytest.raises(np.linalg.LinAlgError, match=message) as raised:
        with np.errstate(all="ignore"):
            defn.jit(FAILING[message], compiler=compiler)(np.zeros((3, 3)))
    assert "test_compilers.py" in str(raised.value)


@pytest.mark.parametrize("compiler", ["numpy", *COMPILERS])
def test_an_error_in_a_loop(compiler):
    @defn.defn(compiler=compiler)
    def function(a, trips):
        for _ in range(trips):
            a = np.linalg.inv(a) - np.eye(3)
        return a

    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        function(np.eye(3), 3)


def test_batched_matrices_of_a_few_rows_are_one_loop():
    function = defn.jit(lambda a, b: np.linalg.solve(a, b), compiler="numba")
    a, b = regular(3, 1000), draw.normal(size=(1000, 3, 1))
    close(function(a, b), np.linalg.solve(a, b))
    assert "NumPy" not in function.explain(a, b)


# Where the values of a batch go different ways, each is refused only for what it does itself.


@pytest.mark.parametrize("compiler", ["numpy", *COMPILERS])
def test_newtons_steps_of_a_batch(compiler):
    @defn.defn
    def root(x):
        while np.sum((x * x - 2.0) ** 2) > 1e-20:
            x = x - np.linalg.solve(np.diag(2 * x), x * x - 2.0)
        return x

    function = defn.jit(defn.vmap(lambda x: root(x)), compiler=compiler)
    starts = np.array([[1.0, 2.0], [5.0, 9.0], [2**0.5, 2**0.5]])
    np.testing.assert_allclose(function(starts), np.full((3, 2), 2**0.5))
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        function(starts * 0)


@pytest.mark.parametrize("compiler", ["numpy", *COMPILERS])
def test_a_branch_that_is_not_taken_is_not_refused(compiler):
    def each(a, p):
        return defn.cond(p, lambda: np.linalg.inv(a), lambda: a)

    function = defn.jit(defn.vmap(each), compiler=compiler)
    a = np.stack([2 * np.eye(2), np.zeros((2, 2))])
    np.testing.assert_allclose(
        function(a, np.array([True, False])), [np.eye(2) / 2, np.zeros((2, 2))]
    )
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        function(a, np.array([True, True]))
