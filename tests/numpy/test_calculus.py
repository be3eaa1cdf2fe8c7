"""Differences, integrals, interpolation, covariances, convolutions, polynomials: as NumPy."""

import numpy as np
import pytest
from arrays import DTYPES
from evaluation import agree


def whole(dtype, shape, seed=0):
    """Small whole numbers of a dtype."""
    draw = np.random.default_rng(seed)
    values = draw.integers(0 if np.dtype(dtype).kind in "bu" else -3, 4, shape)
    return np.asarray(values).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "options",
    [{}, {"n": 2}, {"axis": 0}, {"n": 0}, {"n": 7}, {"axis": 5}, {"prepend": 0},
     {"append": 1, "axis": 0}, {"n": -1}],
    ids=str,
)  # fmt: skip
def test_diff(dtype, options):
    agree(np.diff, whole(dtype, (3, 5)), **options)
    agree(np.diff, whole(dtype, ()), **options)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "options", [{}, {"to_end": 0}, {"to_begin": [1, 2], "to_end": 0}, {"to_begin": 2.5}], ids=str
)
def test_ediff1d(dtype, options):
    agree(np.ediff1d, whole(dtype, (3, 5)), **options)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "options", [{}, {"axis": 0}, {"axis": (1, 0)}, {"edge_order": 2}, {"edge_order": 3}], ids=str
)
def test_gradient(dtype, options):
    agree(np.gradient, whole(dtype, (3, 5)), **options, ulp=16, scale=True)


@pytest.mark.parametrize("edge_order", [1, 2])
def test_gradient_with_spacing(edge_order):
    x, places = whole("f8", (3, 5)), np.array([0.0, 1.0, 3.0, 4.0, 7.0])
    for spacing in (2.0, places, places.astype(int)):
        agree(
            lambda f, d=spacing: np.gradient(f, d, axis=1, edge_order=edge_order),
            x,
            ulp=32,
            scale=True,
        )
    agree(lambda f: np.gradient(f, 2, places, edge_order=edge_order), x, ulp=32, scale=True)
    agree(lambda f: np.gradient(f, places), x)
    agree(lambda f: np.gradient(f, places[:2], axis=1), x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_trapezoid(dtype):
    y = whole(dtype, (3, 5))
    agree(np.trapezoid, y)
    agree(np.trapezoid, y, axis=0, dx=0.5)
    agree(np.trapezoid, y, np.array([0.0, 1.0, 3.0, 4.0, 7.0]))
    agree(np.trapezoid, y, whole("f8", (3, 5), 1))


@pytest.mark.parametrize(
    "options", [{}, {"left": -9.0}, {"right": 7.5}, {"period": 5}, {"period": 0}], ids=str
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_interp(dtype, options):
    places = np.array([-3.0, -1.0, 0.0, 2.0, 4.0])
    x = np.array([-9.0, -3.0, -2.5, 0.0, 0.7, 4.0, 5.0, np.nan])
    agree(np.interp, x, places, whole(dtype, (5,), 3), **options, ulp=8)
    agree(np.interp, np.array(1.0), places, whole(dtype, (4,), 3), **options)
    agree(np.interp, x, places[:1], whole(dtype, (1,), 3), **options)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "options",
    [{}, {"rowvar": False}, {"bias": True}, {"ddof": 0}, {"ddof": 9}, {"dtype": "f4"},
     {"fweights": [1, 2, 3, 1, 1]}, {"aweights": [1.0, 2.0, 3.0, 1.0, 1.5]},
     {"aweights": [1.0, 2, 3, 1, 1], "fweights": [1, 1, 2, 1, 1]}],
    ids=str,
)  # fmt: skip
def test_cov(options):
    for dtype in "?iefdD":
        agree(np.cov, whole(dtype, (3, 5)), **options, ulp=32, scale=True)
        agree(np.cov, whole(dtype, (5,)), **options, ulp=32, scale=True)


def test_corrcoef():
    for dtype in "ifdD":
        agree(np.corrcoef, whole(dtype, (3, 5)), ulp=32)
        agree(np.corrcoef, whole(dtype, (5,)), whole(dtype, (5,), 1), ulp=32)


@pytest.mark.parametrize("mode", ["full", "same", "valid", "unknown"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_convolutions(dtype, mode):
    for sizes in ((5, 3), (3, 5), (4, 4), (1, 6), (40, 35), (0, 2)):
        a, v = (whole(dtype, (n,), k) for k, n in enumerate(sizes))
        agree(np.convolve, a, v, mode=mode)
        agree(np.correlate, a, v, mode=mode)


@pytest.mark.parametrize("dtype", DTYPES)
def test_polynomials(dtype):
    x = whole(dtype, (4,))
    agree(lambda a: np.polyval([1, 2, 3], a), x)
    agree(lambda a: np.polyval([1.0, 2.0, 3.0], a), x)
    agree(np.vander, x)
    agree(np.vander, x, N=2, increasing=True)
    agree(np.vander, x, N=0)
