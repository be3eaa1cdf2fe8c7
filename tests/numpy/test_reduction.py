"""Reductions, running reductions, sorting and quantiles, against NumPy."""

import numpy as np
import pytest
from arrays import DTYPES, arrays
from evaluation import agree, traced
from hypothesis import given, settings
from hypothesis import strategies as st

AXES = st.sampled_from([None, 0, -1, 1, (0, 1), (), (0, -1), (1, 1), 5, 1.5])
NAMES = [
    np.sum,
    np.prod,
    np.max,
    np.min,
    np.mean,
    np.var,
    np.std,
    np.any,
    np.all,
    np.ptp,
    np.count_nonzero,
]
PASSING_NAN = [np.nansum, np.nanprod, np.nanmax, np.nanmin, np.nanmean, np.nanvar, np.nanstd]
METHODS = [
    np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.fmax, np.fmin,
    np.logaddexp, np.logical_and, np.logical_or, np.logical_xor, np.bitwise_and, np.bitwise_or,
    np.bitwise_xor, np.gcd, np.lcm, np.hypot, np.equal, np.copysign,
]  # fmt: skip


def small(dtype):
    """Values whose sums and products stay exact, nan among them."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return st.booleans()
    if kind in "iu":
        return st.integers(0, 4) if kind == "u" else st.integers(-4, 4)
    values = [0.0, 1.0, -1.0, 0.5, -2.0, 3.0]
    return st.sampled_from([*values, float("nan")] if kind == "f" else [*values, 1j, 2 - 1j])


def smalls():
    return arrays(values=small)


@pytest.mark.parametrize("function", NAMES + PASSING_NAN, ids=lambda f: f.__name__)
@settings(max_examples=80)
@given(st.data())
def test_reductions(function, data):
    x = data.draw(smalls())
    agree(function, x, axis=data.draw(AXES), keepdims=data.draw(st.booleans()), ulp=8, scale=True)


@pytest.mark.parametrize("function", [np.sum, np.prod, np.mean, np.var], ids=lambda f: f.__name__)
@settings(max_examples=60)
@given(st.data())
def test_dtype(function, data):
    x, dtype = data.draw(smalls()), data.draw(st.sampled_from("?bilfedFD"))
    if function is np.var and np.dtype(dtype).kind not in "fc":
        return  # the variance in integers of what is none of them is undefined in NumPy
    agree(function, x, dtype=dtype, ulp=16, scale=True)


@pytest.mark.parametrize(
    "function",
    [np.sum, np.prod, np.max, np.min, np.mean, np.std, np.any, np.all],
    ids=lambda f: f.__name__,
)
@settings(max_examples=60)
@given(st.data())
def test_where_and_initial(function, data):
    x = data.draw(smalls())
    chosen = np.arange(x.size).reshape(x.shape) % 3 != 0
    options = {"where": chosen}
    if function in (np.sum, np.prod, np.max, np.min) and data.draw(st.booleans()):
        options["initial"] = 2
    agree(function, x, axis=data.draw(st.sampled_from([None, 0, -1])), ulp=8, scale=True, **options)


@pytest.mark.parametrize("function", [np.argmax, np.argmin], ids=lambda f: f.__name__)
@settings(max_examples=100)
@given(st.data())
def test_places(function, data):
    x = data.draw(arrays())
    agree(
        function,
        x,
        axis=data.draw(st.sampled_from([None, 0, -1, 7])),
        keepdims=data.draw(st.booleans()),
    )


@pytest.mark.parametrize("ufunc", METHODS, ids=lambda u: u.__name__)
@settings(max_examples=50)
@given(st.data())
def test_ufunc_methods(ufunc, data):
    x = data.draw(smalls())
    agree(
        ufunc.reduce, x, axis=data.draw(st.sampled_from([0, -1, None, (0, 1)])), ulp=16, scale=True
    )
    agree(ufunc.accumulate, x, axis=data.draw(st.sampled_from([0, -1])), ulp=16, scale=True)
    agree(ufunc.outer, x, np.array([1, 2, 3], x.dtype), ulp=8)
    if x.ndim and x.shape[0]:
        places = data.draw(st.lists(st.integers(0, x.shape[0] - 1), min_size=1, max_size=4))
        agree(lambda a: ufunc.reduceat(a, places), x, ulp=16, scale=True)


@pytest.mark.parametrize(
    "function", [np.cumsum, np.cumprod, np.nancumsum, np.nancumprod], ids=lambda f: f.__name__
)
@settings(max_examples=60)
@given(st.data())
def test_running(function, data):
    x = data.draw(smalls())
    options = (
        {"dtype": data.draw(st.sampled_from([None, "f8", "i4"]))} if x.dtype.kind in "biu" else {}
    )
    agree(
        function,
        x,
        axis=data.draw(st.sampled_from([None, 0, -1, 3])),
        ulp=16,
        scale=True,
        **options,
    )


@settings(max_examples=200)
@given(arrays(), st.sampled_from([None, 0, -1, 1]))
def test_sorting(x, axis):
    agree(np.sort, x, axis=axis)
    agree(lambda a: np.argsort(a, axis=axis, kind="stable"), x)


@settings(max_examples=100)
@given(st.data())
def test_searching(data):
    dtype = data.draw(st.sampled_from("bBlLefd"))
    ordered = np.sort(data.draw(arrays(dtype, st.integers(0, 9).map(lambda n: (n,)))))
    values = data.draw(arrays("bdef"))
    agree(np.searchsorted, ordered, values, side=data.draw(st.sampled_from(["left", "right"])))


QUANTILES = [0.3, 0.5, 0, 1, 1.0, [0.1, 0.9], [0, 1], np.float32(0.25)]
METHOD_NAMES = [
    "linear", "inverted_cdf", "averaged_inverted_cdf", "closest_observation",
    "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased", "lower",
    "higher", "midpoint", "nearest", "unknown",
]  # fmt: skip


@settings(max_examples=150)
@given(st.data())
def test_quantiles(data):
    finite = arrays("bBlefd", values=lambda d: small(d).filter(lambda v: v == v))
    x, q = data.draw(finite.filter(lambda a: a.size)), data.draw(st.sampled_from(QUANTILES))
    axis = data.draw(st.sampled_from([None, 0, -1] if x.ndim else [None]))
    method = data.draw(st.sampled_from(METHOD_NAMES))
    for function in (np.quantile, np.nanquantile):
        agree(lambda a, f=function: f(a, q, axis=axis, method=method), x, ulp=16, scale=True)
    agree(np.median, x, axis=axis, ulp=8)


@settings(max_examples=100)
@given(smalls(), st.sampled_from([None, 0, -1, (0, 1)]), st.booleans())
def test_medians(x, axis, keepdims):
    if not x.size and type(axis) is tuple:
        return  # NumPy fails here, in a reshape
    agree(np.median, x, axis=axis, keepdims=keepdims, ulp=8)
    agree(np.nanmedian, x, axis=axis, keepdims=keepdims, ulp=8)


@pytest.mark.parametrize("dtype", DTYPES)
def test_average(dtype):
    x = np.arange(12).reshape(3, 4).astype(dtype)
    for weights in (np.array([1, 2, 0, 1]), np.array([0.5, 1, 2, 1], "f4"), np.ones(4, dtype)):
        agree(lambda a, w: np.average(a, axis=1, weights=w, returned=True), x, weights, ulp=16)
    agree(np.average, x)
    agree(lambda a, w: np.average(a, weights=w), x, np.ones(4))


def test_rows_of_nan_alone_have_no_place():
    with pytest.raises(ValueError, match="All-NaN slice"):
        traced(np.nanargmax, np.array([[1.0, np.nan], [np.nan, np.nan]]), axis=1)


def test_a_fraction_outside_is_refused():
    with pytest.raises(ValueError, match="range"):
        traced(lambda x, q: np.quantile(x, q), np.arange(4.0), np.array([0.5, 1.5]))


def test_out():
    def write(x):
        total = np.zeros_like(x[0])
        np.sum(x, axis=0, out=total)
        return total

    agree(write, np.arange(12.0).reshape(3, 4))


def test_methods_of_arrays():
    def all_of_them(x):
        return (
            x.sum(), x.prod(axis=0), x.max(), x.min(1), x.mean(), x.var(), x.std(axis=1), x.any(),
            x.all(), x.argmax(), x.argmin(0), x.cumsum(), x.cumprod(1), x.clip(1, 5), x.round(1),
            x.dot(x.T), x.trace(), x.argsort(),
        )  # fmt: skip

    agree(all_of_them, np.array([[3.0, 1.0, 2.0], [6.0, 5.0, 4.0]]), ulp=8)


def test_sort_in_place():
    def change(x):
        y = x.copy()
        y.sort(axis=0)
        return y

    agree(change, np.array([[3, 1], [2, 5]]))
