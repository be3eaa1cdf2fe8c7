"""Sets, histograms and counts whose sizes depend on values: eager, traced, and of a given size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import defn.numpy as dnp
from defn import jit
from defn.errors import ArgumentError, Unsupported

SMALL = arrays.arrays("i8", st.integers(0, 9), elements=st.integers(-2, 4))
FLOATS = arrays.arrays(
    "f8", st.integers(0, 9), elements=st.sampled_from([0.0, -1.5, np.nan, np.inf, 2.0])
)
PAIRS = (np.intersect1d, np.setdiff1d, np.setxor1d, np.union1d)


@given(SMALL | FLOATS)
def test_unique(x):
    settings = {"return_index": True, "return_inverse": True, "return_counts": True}
    for got, wanted in zip(
        dnp.unique(dnp.asarray(x), **settings), np.unique(x, **settings), strict=True
    ):
        np.testing.assert_array_equal(np.asarray(got), wanted)
    for equal_nan in (True, False):
        got = dnp.unique(dnp.asarray(x), equal_nan=equal_nan)
        np.testing.assert_array_equal(np.asarray(got), np.unique(x, equal_nan=equal_nan))


@given(SMALL, SMALL)
def test_pairs(x, y):
    for function in PAIRS:
        got = function(dnp.asarray(x), dnp.asarray(y))
        np.testing.assert_array_equal(np.asarray(got), function(x, y))
    np.testing.assert_array_equal(np.asarray(np.isin(dnp.asarray(x), y)), np.isin(x, y))


@pytest.mark.parametrize("function", PAIRS)
def test_traced_sets_may_be_summed(function):
    x, y = np.array([3, 1, 3, 7]), np.array([7, 9, 1])
    total = jit(lambda x, y: np.sum(function(x, y) * 2), compiler="numpy")
    assert total(x, y) == np.sum(function(x, y) * 2)


def test_unique_of_a_size():
    find = jit(lambda x: dnp.unique(x, size=4, fill_value=-1, return_counts=True), compiler="numpy")
    values, counts = find(np.array([5, 3, 5]))
    assert values.tolist() == [3, 5, -1, -1] and counts.tolist() == [1, 2, 0, 0]
    assert dnp.unique([4, 3, 2, 1], size=2).tolist() == [1, 2]


@given(arrays.arrays("f8", 12, elements=st.floats(-3, 3, width=16)), st.integers(1, 6))
def test_histogram(x, bins):
    for got, wanted in zip(dnp.histogram(dnp.asarray(x), bins), np.histogram(x, bins)):
        np.testing.assert_allclose(np.asarray(got), wanted, rtol=1e-14, atol=1e-14)
    counts, _ = dnp.histogram(dnp.asarray(x), np.array([-1.0, 0.0, 0.0, 2.0]))
    np.testing.assert_array_equal(np.asarray(counts), np.histogram(x, [-1.0, 0.0, 0.0, 2.0])[0])


def test_bincount_needs_a_size():
    x = np.array([0, 2, 2])
    assert np.bincount(dnp.asarray(x)).tolist() == [1, 0, 2]
    with pytest.raises(Unsupported, match="minlength"):
        jit(np.bincount, compiler="numpy")(x)
    count = jit(lambda x: np.bincount(x, minlength=3), compiler="numpy")
    assert count(x).tolist() == [1, 0, 2]
    with pytest.raises(ValueError, match="minlength=3"):
        count(np.array([0, 3]))


def test_refused():
    with pytest.raises(Unsupported):
        jit(lambda x: np.histogram(x, "auto"), compiler="numpy")(np.ones(3))
    with pytest.raises(ArgumentError):
        np.histogram(dnp.asarray([1.0]), 0)
    with pytest.raises(ArgumentError):
        np.histogram(dnp.asarray([1.0]), [1.0, 0.0])
    with pytest.raises(Unsupported):
        np.unique(dnp.asarray([[1]]), axis=0)
