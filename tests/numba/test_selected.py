"""Medians and quantiles select: the values of sorting, in the places that are read."""

import numpy as np
import pytest

from defn import grad, jit, jvp, numpy, tensor

RANDOM = np.random.default_rng(11)
FUNCTIONS = [
    lambda x: np.median(x),
    lambda x: np.median(x, axis=1),
    lambda x: np.percentile(x, [5, 50, 95], axis=1),
    lambda x: np.quantile(x, 0.3),
    lambda x: np.sort(x, axis=-1)[..., -3:],
    lambda x: np.sort(x.T, axis=0)[2:4000:1000],
    lambda x: np.sort(x, axis=-1)[..., -300:],
    lambda x: np.sort(x, axis=-1)[..., :200],
    lambda x: np.sort(x.T, axis=0)[np.r_[:100, -100:0]],
    lambda x: np.sort(x, axis=None)[-500:],
]
PLACES = [
    lambda x: np.argsort(x, axis=1, kind="stable")[:, -100:],
    lambda x: np.argsort(x.T, axis=0, kind="stable")[:100],
    lambda x: np.argsort(x.ravel(), kind="stable")[np.r_[:7, -3:0]],
    lambda x: np.argpartition(x, 50)[..., :50] * 0 + np.argsort(x, kind="stable")[..., :50],
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


@pytest.mark.parametrize("f", PLACES)
@pytest.mark.parametrize("kind", ["plain", "nan", "ties", "many nan", "f4", "i8", "?"])
def test_the_places_that_are_read_are_as_if_all_were_ordered(f, kind):
    x = RANDOM.standard_normal((5, 4200))
    if "nan" in kind:
        x[RANDOM.random(x.shape) < (0.99 if kind == "many nan" else 0.0005)] = np.nan
    x = np.round(10 * x) if kind == "ties" else x.astype(kind) if len(kind) < 3 else x
    compiled = jit(f, compiler="numba")
    np.testing.assert_array_equal(compiled(x), f(x))
    assert "placed" in compiled.explain(x)


@pytest.mark.parametrize("kind", ["plain", "ties", "nan"])
def test_the_greatest_values_are_selected(kind):
    x = RANDOM.standard_normal(20000)
    x = np.round(x) if kind == "ties" else x
    x[:: 700 if kind == "nan" else 20000] = np.nan
    compiled = jit(lambda x: numpy.top_k(x, 25), compiler="numba")
    for got, wanted in zip(compiled(x), numpy.top_k(x, 25)):
        np.testing.assert_array_equal(got, np.asarray(wanted))
    assert "placed" in compiled.explain(x)


def is_parted(values, kth, axis=-1):
    """Do all parts between the places hold what they do when sorted?"""
    values, ordered = np.moveaxis(values, axis, -1), np.sort(values, axis).swapaxes(axis, -1)
    ends = [0, *(end for k in sorted(kth) for end in (k, k + 1)), values.shape[-1]]
    parts = zip(ends, ends[1:])
    return all(np.array_equal(np.sort(values[..., a:b]), ordered[..., a:b]) for a, b in parts)


@pytest.mark.parametrize("kth, axis", [(100, -1), ((10, 2000, -5), -1), (4000, 0)])
def test_lines_are_parted(kth, axis):
    x = RANDOM.standard_normal((5, 4200) if axis else (4200, 5))
    places = [k % 4200 for k in np.atleast_1d(kth)]
    compiled = jit(lambda x: np.partition(x, kth, axis), compiler="numba")
    assert "selected" in compiled.explain(x) and is_parted(compiled(x), places, axis)
    compiled = jit(lambda x: np.argpartition(x, kth, axis), compiler="numba")
    order = compiled(x)
    assert "placed" in compiled.explain(x) and is_parted(
        np.take_along_axis(x, order, axis), places, axis
    )


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
def test_gradients_through_parts(compiler):
    x, weights = RANDOM.standard_normal(5000), RANDOM.standard_normal(5000)

    def weighted(x):
        return np.sum(np.partition(x, 70)[:71] ** 2) + np.partition(x, 900)[900]

    slope = jit(grad(weighted), compiler=compiler)(x)
    rank = np.argsort(np.argsort(x))
    np.testing.assert_allclose(slope, np.where(rank < 71, 2 * x, 0) + (rank == 900))
    moved = jit(lambda x, t: jvp(lambda x: np.partition(x, 70), (x,), (t,)), compiler=compiler)
    parted, tangent = moved(x, weights)
    np.testing.assert_array_equal(tangent, weights[np.argsort(x)][np.argsort(np.argsort(parted))])


def test_parts_in_a_loop():
    def least(x):
        total = 0.0
        for row in x:
            total = total + np.partition(row, 3)[3]
        return total

    x = RANDOM.standard_normal((4, 5000))
    assert jit(least, compiler="numba")(x) == pytest.approx(np.sort(x)[:, 3].sum())


def test_eager_parts_are_numpys():
    x = RANDOM.standard_normal((3, 500))
    np.testing.assert_array_equal(np.asarray(np.partition(tensor(x), 20)), np.partition(x, 20))
    order = np.asarray(np.argpartition(tensor(x), 20))
    np.testing.assert_array_equal(order, np.argpartition(x, 20))


def test_places_over_which_threads_share():
    x = RANDOM.standard_normal((70, 5000))
    compiled = jit(
        lambda x: (np.argsort(x)[:, -5:], np.sort(x)[:, -50:]), compiler="numba", threads=3
    )
    for got, wanted in zip(compiled(x), (np.argsort(x)[:, -5:], np.sort(x)[:, -50:])):
        np.testing.assert_array_equal(got, wanted)


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
