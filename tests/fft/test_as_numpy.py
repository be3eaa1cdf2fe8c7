"""Every function of `numpy.fft`, eager and traced, against NumPy: lengths, dtypes, axes, norms,
errors.
"""

import numpy as np
import pytest
from evaluation import agree, equal, traced

from defn import fft, pytree
from defn.numpy import tensor
from defn.tensor import is_tensor

draw = np.random.default_rng(5)
ONE = (np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft, np.fft.hfft, np.fft.ihfft)
SEVERAL = (np.fft.fftn, np.fft.ifftn, np.fft.rfftn, np.fft.irfftn)
TWO = (np.fft.fft2, np.fft.ifft2, np.fft.rfft2, np.fft.irfft2)
REAL = {np.fft.rfft, np.fft.ihfft, np.fft.rfftn, np.fft.rfft2}
NORMS = (None, "backward", "ortho", "forward")


def signal(shape, dtype):
    """Random values of a dtype."""
    x = draw.normal(size=shape)
    return (x + 1j * draw.normal(size=shape) if np.dtype(dtype).kind == "c" else 3 * x).astype(
        dtype
    )


def same(function, x, ulp=64, **settings):
    """Assert that the function gives of tensors, eager and traced, what it gives of arrays."""
    agree(function, x, ulp=ulp, scale=True, **settings)
    found = function(tensor(x), **settings)
    assert is_tensor(found)
    equal(found.numpy(), np.asarray(function(x, **settings)), ulp, scale=True)


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "c16", "c8", "i4", "u1", "?"])
@pytest.mark.parametrize("function", ONE, ids=lambda f: f.__name__)
def test_dtypes_and_axes(function, dtype):
    if function in REAL and np.dtype(dtype).kind == "c":
        pytest.skip("takes real values")
    x = signal((3, 6, 2), dtype)
    for axis in (-1, 1, 0):
        same(function, x, axis=axis, ulp=2000 if dtype == "f2" else 64)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("function", ONE, ids=lambda f: f.__name__)
def test_lengths_and_norms(function, norm):
    for size in (1, 2, 3, 7, 12, 64, 101):
        x = signal((2, size), "f8" if function in REAL else "c16")
        for n in (None, 1, 2, 5, size, size + 3, 2 * size):
            if n is None and size == 1 and function in (np.fft.irfft, np.fft.hfft):
                continue
            same(function, x, n=n, norm=norm)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("function", SEVERAL, ids=lambda f: f.__name__)
def test_several_axes(function, norm):
    x = signal((3, 4, 5), "f8" if function in REAL else "c16")
    same(function, x, norm=norm)
    for axes in ((0,), (1, 2), (2, 0), (-1, -3), (1, 1)):
        same(function, x, axes=axes, norm=norm)
    for s, axes in (((2, 7), (0, 1)), ((4, -1), (1, 2)), ((8,), (-1,)), ((2, 3, 4), (0, 1, 2))):
        same(function, x, s=s, axes=axes, norm=norm)


@pytest.mark.parametrize("function", TWO, ids=lambda f: f.__name__)
def test_two_axes(function):
    x = signal((2, 3, 4), "f4" if function in REAL else "c8")
    same(function, x)
    same(function, x, s=(5, 6))
    same(function, x, axes=(0, 1), norm="ortho")


def test_no_elements():
    same(np.fft.fft, np.zeros((0, 4)))
    same(np.fft.rfft, np.zeros((0, 4)))
    same(np.fft.irfft, np.zeros((0, 4), "c16"))
    same(np.fft.fft, np.zeros((2, 0)), n=3)


def test_shifts():
    x = signal((4, 5), "f8")
    for function in (np.fft.fftshift, np.fft.ifftshift):
        for axes in (None, 0, (1,), (0, 1)):
            same(function, x, axes=axes)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_frequencies(n):
    for ours, numpys in ((fft.fftfreq, np.fft.fftfreq), (fft.rfftfreq, np.fft.rfftfreq)):
        np.testing.assert_array_equal(ours(n, 0.1).numpy(), numpys(n, 0.1))
        assert ours(n, dtype="float32").dtype == np.float32


REFUSED = {
    "no points": lambda x: np.fft.fft(x, 0),
    "fewer than no points": lambda x: np.fft.irfft(x, -1),
    "one frequency of no length": lambda x: np.fft.irfft(x[:1]),
    "an axis that is not there": lambda x: np.fft.fft(x, axis=2),
    "a norm unknown": lambda x: np.fft.ifft(x, norm="half"),
    "a norm unknown of hfft": lambda x: np.fft.hfft(x, norm="half"),
    "fewer sizes than axes": lambda x: np.fft.fftn(x[None], s=(1,), axes=(0, 1)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_numpy_refuses(name):
    function, x = REFUSED[name], np.ones(4)
    with pytest.raises((ValueError, IndexError)) as refused:
        function(x)
    for calling in (lambda: function(tensor(x)), lambda: traced(function, x)):
        with pytest.raises(refused.type):
            calling()


def test_complex_values_have_no_half():
    with pytest.raises((TypeError, ValueError), match="real"):
        np.fft.rfft(tensor(np.ones(3, "c8")))


def test_out():
    def into(x):
        y = np.zeros_like(x, dtype="c16")
        np.fft.fft(x, out=y)
        return y

    np.testing.assert_allclose(traced(into, np.arange(4.0)), np.fft.fft(np.arange(4.0)))
    assert pytree.leaves(traced(into, np.arange(4.0)))[0].dtype == np.complex128
