"""Fourier transforms by kernels of our own: every form, beside NumPy's in higher precision."""

import numpy as np
import pytest

from defn import defn
from defn.compilers.numba import lines

SHAPES = [
    ((5, 64), 1, ""),
    ((3, 72), 1, ""),  # vectors that do not fit the line
    ((1, 1000), 1, ""),
    ((2, 7 * 128), 1, ""),
    ((9, 30), 1, "_rows"),
    ((17, 100), 1, "_rows"),  # lines that do not come in eights
    ((8, 16), 1, "_rows"),
    ((8, 26), 1, "_rows"),
    ((30, 9), 0, "_columns"),
    ((4, 12, 13), 1, "_columns"),
    ((2, 128, 8), 1, "_columns"),
    ((4, 8), 0, "_columns"),
]
NAMES = ("fft", "ifft", "rfft", "irfft")


def given(name, shape, axis, dtype):
    generator = np.random.default_rng(1)
    real = generator.standard_normal(shape).astype(dtype)
    if name == "rfft":
        return real
    whole = real + 1j * generator.standard_normal(shape).astype(dtype)
    if name == "irfft":
        # What an imaginary part does where there can be none must not matter.
        whole = np.fft.rfft(real, axis=axis).astype(whole.dtype) + np.array(1j, whole.dtype)
    return whole


@pytest.fixture(autouse=True)
def wide_enough(monkeypatch):
    monkeypatch.setattr(lines, "WIDE", 0)


def error(found, exact):
    return np.sqrt(np.mean(abs(found - exact) ** 2) / np.mean(abs(exact) ** 2))


def in_float64(name, x, settings):
    wide = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)
    return getattr(np.fft, name)(wide, **settings)


def uses_kernel(f):
    return " along axis " in f.explain()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("shape", "axis", "form"), SHAPES)
def test_transforms_beside_numpy(name, shape, axis, form):
    settings = {"axis": axis, **({"n": shape[axis]} if name == "irfft" else {})}
    transform = getattr(np.fft, name)
    for dtype, most in (("float32", 8e-8), ("float64", 6e-16)):
        x = given(name, shape, axis, dtype)
        f = defn(lambda x: transform(x, **settings))
        found, wanted = f(x), transform(x, **settings)
        assert found.dtype == wanted.dtype and found.shape == wanted.shape
        assert error(found, in_float64(name, x, settings)) < most
        n = shape[axis] // (2 if "r" in name else 1)
        known = lines.form_of(x, axis, n if shape[axis] % 2 == 0 or "r" not in name else 0)
        assert uses_kernel(f) == (known is not None)
        if "r" not in name:
            assert known == form


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("shape", "axis"), [((3, 128), 1), ((9, 36), 1), ((32, 11), 0)])
def test_the_same_text_run_by_python(name, shape, axis, monkeypatch):
    x = given(name, shape, axis, "float64")
    compiled, interpreted = (defn(lambda x: getattr(np.fft, name)(x, axis=axis)) for _ in range(2))
    wanted = compiled(x)
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    np.testing.assert_allclose(interpreted(x), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("shape", "axis"), [((3, 128), 1), ((9, 36), 1), ((32, 11), 0)])
def test_real_numbers_as_complex_ones(shape, axis, monkeypatch):
    x = given("rfft", shape, axis, "float64")
    for transform in (np.fft.fft, np.fft.ifft):
        f, interpreted = (defn(lambda x, t=transform: t(x, axis=axis)) for _ in range(2))
        wanted = transform(x, axis=axis)
        np.testing.assert_allclose(f(x), wanted, rtol=1e-12, atol=1e-12)
        assert "kernel 2" not in f.explain()
        with monkeypatch.context() as patch:
            patch.setenv("NUMBA_DISABLE_JIT", "1")
            np.testing.assert_allclose(interpreted(x), wanted, rtol=1e-12, atol=1e-12)


def test_a_real_half_of_a_transform():
    x = given("rfft", (33, 65), 1, "float64")
    np.testing.assert_allclose(defn(np.fft.irfft)(x), np.fft.irfft(x), rtol=1e-12, atol=1e-14)


def test_axes_are_done_one_after_another():
    x = given("fft", (6, 64, 24), 1, "float64")
    for transform in (np.fft.fft2, np.fft.ifft2, np.fft.fftn):
        f = defn(transform)
        np.testing.assert_allclose(f(x), transform(x), rtol=1e-12, atol=1e-12)
        assert uses_kernel(f)


def test_axes_without_a_kernel_are_numpys():
    x = given("fft", (64, 34, 3), 1, "float64")
    f = defn(lambda x: np.fft.fftn(x))
    np.testing.assert_allclose(f(x), np.fft.fftn(x), rtol=1e-12, atol=1e-12)
    assert "a call of NumPy's" in f.explain()
    prime = given("fft", (9, 17 * 4), 1, "float64")
    f = defn(np.fft.fft)
    np.testing.assert_allclose(f(prime), np.fft.fft(prime), rtol=1e-12, atol=1e-12)
    assert not uses_kernel(f)


def test_a_factor_that_others_do_not_see():
    x = given("fft", (9, 64), 1, "float64")

    @defn
    def both(x):
        whole = np.fft.ifft(x, norm="forward")
        return whole, whole * 0.25

    first, second = both(x)
    np.testing.assert_allclose(first, np.fft.ifft(x, norm="forward"), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(second, first * 0.25)


def test_a_nan_stays_in_its_line():
    for shape in ((9, 64), (11, 20)):
        x = given("fft", shape, 1, "float64")
        x[3, 5] = np.nan
        found = defn(np.fft.fft)(x)
        assert np.isnan(found[3]).all() and np.isfinite(np.delete(found, 3, 0)).all()


def test_threads_change_nothing():
    for shape, axis in (((501, 256), 1), ((501, 60), 1), ((60, 333), 0)):
        x = given("fft", shape, axis, "float64")
        one = defn(lambda x, a=axis: np.fft.fft(x, axis=a), threads=1)
        two = defn(lambda x, a=axis: np.fft.fft(x, axis=a), threads=2)
        np.testing.assert_array_equal(one(x), two(x))


@pytest.mark.parametrize("shape", [(128,), (12, 64), (9, 20), (16, 24)])
def test_inside_of_loops(shape):
    generator = np.random.default_rng(2)
    u = generator.standard_normal(shape) + 0j
    phase = np.exp(1j * generator.standard_normal(shape))

    def steps(u, phase, n):
        for _ in range(n):
            u = np.fft.ifftn(phase * np.fft.fftn(u))
        return u

    np.testing.assert_allclose(defn(steps)(u, phase, 5), steps(u, phase, 5), rtol=1e-11, atol=1e-11)


def test_windows_inside_of_loops_that_threads_share():
    x = np.random.default_rng(3).standard_normal((400, 512))

    def spectra(x):
        out = np.zeros((400, 257))
        for i in range(400):
            out[i] = np.abs(np.fft.rfft(x[i]))
        return out

    np.testing.assert_allclose(defn(spectra)(x), spectra(x), rtol=1e-11, atol=1e-11)


def test_gradients():
    x = np.random.default_rng(4).standard_normal((9, 128))
    weights = np.random.default_rng(5).standard_normal((9, 65))

    def power(x):
        return np.sum(weights * np.abs(np.fft.rfft(x)) ** 2)

    from defn import grad

    step = 1e-6 * np.random.default_rng(6).standard_normal(x.shape)
    slope = np.sum(grad(power)(x) * step)
    assert abs((power(x + step) - power(x - step)) / 2 - slope) < 1e-6 * abs(slope) + 1e-9
