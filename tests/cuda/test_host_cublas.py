"""Large products by cuBLAS where a package offers it: a library of the tests' own in its place."""

import contextlib
import ctypes

import numpy as np
import pytest
from on_ptx import close
from test_kernels import single

import defn
from defn.compilers.cuda import cublas

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]

DTYPES = {0: "f4", 1: "f8", 4: "c8", 5: "c16"}


class Library:
    """cuBLAS's function, in NumPy; matrices lie column by column."""

    name = "a fake"

    def __init__(self, driver):
        self.driver, self.calls, self.streams = driver, [], []

    @contextlib.contextmanager
    def handle(self, machine):
        self.streams.append(machine.stream.handle)
        yield "handle"

    def gemm(self, handle, *given):
        ta, tb, m, n, k, alpha, *given = given
        (a, at, la, sa), (b, bt, lb, sb), beta, *given = given[:4], given[4:8], *given[8:]
        c, ct, lc, sc, count, sums, how = given
        assert handle == "handle" and at == bt == ct and how == -1
        assert sums == (68 if at in (0, 4) else 70)
        self.calls.append((ta, tb, m, n, k, count))
        dtype = np.dtype(DTYPES[at])
        assert self.number(alpha, dtype) == 1 and self.number(beta, dtype) == 0
        for i in range(count):
            x = self.matrix(a, dtype, i * sa, la, (k, m) if ta else (m, k))
            y = self.matrix(b, dtype, i * sb, lb, (n, k) if tb else (k, n))
            self.matrix(c, dtype, i * sc, lc, (m, n))[...] = (x.T if ta else x) @ (y.T if tb else y)

    def number(self, pointer, dtype):
        return np.frombuffer(ctypes.string_at(pointer, dtype.itemsize), dtype)[0]

    def matrix(self, pointer, dtype, start, leading, shape):
        data = self.driver.at(pointer)
        whole = data[: len(data) // dtype.itemsize * dtype.itemsize].view(dtype)[start:]
        rows, columns = shape
        assert leading >= rows
        return whole[: leading * columns].reshape(columns, leading)[:, :rows].T


@pytest.fixture
def library(driver, monkeypatch):
    made = Library(driver)
    monkeypatch.setattr(cublas, "found", lambda: made)
    return made


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("left", ["as it is", "turned"])
@pytest.mark.parametrize("right", ["as it is", "turned"])
def test_products(library, dtype, left, right):
    x, y = single(150, 120).astype(dtype), single(120, 140).astype(dtype)
    x, y = (
        np.ascontiguousarray(a.T) if how == "turned" else a for a, how in ((x, left), (y, right))
    )

    def product(a, b):
        return (a.T if left == "turned" else a) @ (b.T if right == "turned" else b)

    got = defn.jit(product, compiler="cuda")(x, y)
    wanted = product(x, y)
    close(got, wanted, 64 * 120)
    assert library.calls == [(right == "turned", left == "turned", 140, 150, 120, 1)]


def test_a_batch_of_products(library, driver):
    x, y = single(3, 130, 140), single(3, 140, 150)
    close(defn.jit(np.matmul, compiler="cuda")(x, y), x @ y, 64 * 140)
    assert library.calls == [(0, 0, 150, 130, 140, 3)]
    assert not driver.launched and library.streams == [101]


def test_explain_says_which(library):
    x = single(150, 150)
    function = defn.jit(lambda x: np.exp(x) @ x, compiler="cuda")
    assert "cuBLAS, by a fake" in function.explain(x)
    assert "cuBLAS" not in function.explain(x[:40, :40].copy())


def test_small_products_and_the_executor_have_kernels_of_ours(library, driver):
    x = single(40, 40)
    close(defn.jit(np.matmul, compiler="cuda")(x, x), x @ x, 64 * 40)
    assert not library.calls and driver.launched
    y = single(130, 130)
    assert "cuBLAS" not in defn.jit(np.matmul, compiler="cuda", executor="ptx").explain(y, y)


def test_absent_packages_are_no_library(monkeypatch):
    monkeypatch.setattr(cublas.importlib.util, "find_spec", lambda name: None)
    assert cublas.found.__wrapped__() is None


def test_a_package_without_cublas_is_no_library(monkeypatch):
    monkeypatch.setattr(cublas.importlib.util, "find_spec", lambda name: object())

    def load(name):
        raise RuntimeError("libcublas.so.13 not found")

    monkeypatch.setattr(cublas.importlib, "import_module", load)
    assert cublas.found.__wrapped__() is None
