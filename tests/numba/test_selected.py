"""Medians and quantiles select: the values of sorting, in the places that are read."""

import numpy as np
import pytest

from defn import jit

RANDOM = np.random.default_rng(11)
FUNCTIONS = [
    lambda x: np.median(x),
    lambda x: np.median(x, axis=1),
    lambda x: np.percentile(x, [5, 50, 95], axis=1),
    lambda x: np.quantile(x, 0.3),
    lambda x: np.sort(x, axis=-1)[..., -3:],
    lambda x: np.sort(x.T, axis=0)[2:4000:1000],
]


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("kind", ["plain", "nan", "ties"])
def test_the_places_that_are_read_are_as_if_sorted(f, kind):
    x = RANDOM.standard_normal((5, 4200))
    if kind == "nan":
        x[RANDOM.random(x.shape) < 0.0005] = np.nan
    if kind == "ties":
        x = np.round(x)
    compiled = jit(f, compiler="numba")
    np.testing.assert_allclose(compiled(x), f(x), rtol=1e-14)
    assert "selected" in compiled.explain(x)


def test_an_array_that_is_read_whole_is_sorted():
    x = RANDOM.standard_normal(5000)
    f = jit(lambda x: (np.sort(x), np.median(x)), compiler="numba")
    whole, middle = f(x)
    assert (whole == np.sort(x)).all() and middle == np.median(x)
    assert "selected" not in f.explain(x)


def test_places_that_an_argument_says_are_of_a_sorted_array():
    x = RANDOM.standard_normal(5000)
    f = jit(lambda x, k: np.sort(x)[k], compiler="numba")
    for k in (0, 500, 4999):
        assert f(x, np.int64(k)) == np.sort(x)[k]
