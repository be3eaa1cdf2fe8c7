"""Fourier transforms by kernels: every kind of length, any axis, real and complex, and back."""

import numpy as np
import pytest
from on_ptx import SETTINGS, executed, launches

import defn
from defn import grad
from defn.transforms.in_steps import fourier

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]
LENGTHS = (*range(1, 33), 45, 64, 97, 100, 128, 210, 257, 1000)
draw = np.random.default_rng(11)


def numbers(dtype, *shape):
    found = draw.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        found = found + 1j * draw.normal(size=shape)
    return found.astype(dtype)


def agrees(function, x, bound=2.5):
    """The kernels' result is that in twice the precision, within a few roundings of the largest."""
    got, near = executed(function, x), function(x)
    exact = function(x.astype("c16" if x.dtype.kind == "c" else "f8"))
    assert got.dtype == near.dtype and got.shape == near.shape
    if got.size:
        largest = np.abs(exact).max() or 1
        assert np.abs(got - exact).max() <= bound * np.finfo(got.dtype).eps * largest


@pytest.mark.parametrize("n", LENGTHS)
def test_every_length(n):
    agrees(np.fft.fft, numbers("c8", 2, n))


@pytest.mark.parametrize("n", [1, 2, 12, 17, 67, 210])
def test_double_precision_and_back(n):
    agrees(np.fft.ifft, numbers("c16", 1, n), 4)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6, 9, 17, 64, 100])
def test_of_real_numbers(n):
    agrees(np.fft.rfft, numbers("f4", 3, n))
    agrees(lambda y: np.fft.irfft(y, n=n), numbers("c8", 3, n // 2 + 1), 4)


@pytest.mark.parametrize("axes", [(0,), (1,), (2, 0)])
def test_any_axis(axes):
    agrees(lambda x: np.fft.fftn(x, axes=axes), numbers("c8", 6, 5, 4))
    agrees(lambda x: np.fft.rfftn(x, axes=axes), numbers("f4", 6, 5, 4))


def test_nothing_to_transform():
    agrees(np.fft.fft, numbers("c8", 0, 4))
    agrees(lambda x: np.fft.fft(x, axis=0), numbers("c8", 4, 0))


def test_twiddles_of_two_tables(monkeypatch):
    monkeypatch.setattr(fourier, "LARGEST_TABLE", 16)
    agrees(lambda x: np.fft.fft(x), numbers("c8", 1, 192), 4)
    agrees(lambda x: np.fft.fft(x), numbers("c16", 1, 34), 4)


def test_tables_are_exact():
    for n in (7, 48, 1000):
        places = np.arange(n)
        wanted = np.exp(-2j * np.pi * (places.astype(np.longdouble) / n))
        assert np.abs(fourier.turn(places, n) - wanted).max() < 1.2e-16 * 6


def test_a_pass_for_every_factor_and_a_trip_for_every_butterfly():
    x = numbers("c8", 2, 512)
    steps = launches(np.fft.fft, x)
    assert len(steps) == 3
    assert all(s.grid * s.block >= 128 for s in steps)
    assert not any(".f64" in s.compiled.ptx or "div.u64" in s.compiled.ptx for s in steps)


def test_single_precision_stays_single():
    for n in (96, 34, 67):
        for step in launches(np.fft.fft, numbers("c8", 1, n)):
            assert ".f64" not in step.compiled.ptx


def power(x, window):
    """The power spectrum of overlapping pieces."""
    pieces = np.stack([x[k : k + 32] for k in (0, 16, 32)]) * window
    return np.mean(np.abs(np.fft.rfft(pieces)) ** 2, axis=0)


def test_a_power_spectrum_and_its_gradient():
    x, window = numbers("f8", 64), np.hanning(32)
    made = defn.jit(power, **SETTINGS)
    np.testing.assert_allclose(made(x, window), power(x, window), rtol=1e-12)
    assert "on the host" not in made.explain(x, window)
    whole = grad(lambda x, window: np.sum(np.log(1 + power(x, window))))
    got = defn.jit(whole, **SETTINGS)
    wanted = defn.jit(whole, compiler="numpy")(x, window)
    np.testing.assert_allclose(got(x, window), wanted, rtol=1e-10, atol=1e-12)
    assert "on the host" not in got.explain(x, window)
