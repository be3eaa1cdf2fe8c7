"""Keys, bits and numbers are those of jax.random, for the same key."""

import jax
import numpy as np
import pytest

from defn import random

BITS = [np.dtype(d) for d in ("u1", "u2", "u4", "u8")]
INTEGERS = [np.dtype(d) for d in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")]
FLOATS = [np.dtype(d) for d in ("f2", "f4", "f8")]
SEEDS = (0, 42, -1, 2**40 + 3, 2**63 - 1, np.int32(-1), np.int64(-7), np.uint8(3))
GRID = np.arange(24.0).reshape(4, 6)
LOGITS = np.log(np.arange(1.0, 13.0)).reshape(3, 4)


@pytest.fixture(autouse=True)
def wide():
    with jax.enable_x64(True):
        yield


def pair(seed=42):
    return random.key(seed), jax.random.key(seed)


def same(name, *arguments, **settings):
    """Both libraries give the same integers, or floats within rounding."""
    ours, theirs = pair()
    wanted = np.asarray(getattr(jax.random, name)(theirs, *arguments, **settings))
    got = np.asarray(getattr(random, name)(ours, *arguments, **settings))
    # JAX has some places as int32, all of ours are int64.
    assert got.dtype == wanted.dtype or wanted.dtype == np.int32 and got.dtype == np.int64
    assert got.shape == wanted.shape
    if wanted.dtype.kind in "biu":
        np.testing.assert_array_equal(got, wanted)
    else:
        eps = np.finfo(wanted.dtype).eps
        np.testing.assert_allclose(got, wanted, rtol=2000 * eps, atol=100 * eps)


@pytest.mark.parametrize("seed", SEEDS)
def test_keys(seed):
    ours, theirs = pair(seed)
    data = jax.random.key_data
    np.testing.assert_array_equal(np.asarray(ours), data(theirs))
    for num in (2, 3, (2, 2)):
        wanted = data(jax.random.split(theirs, num))
        np.testing.assert_array_equal(np.asarray(random.split(ours, num)), wanted)
    wanted = data(jax.random.fold_in(theirs, 7))
    np.testing.assert_array_equal(np.asarray(random.fold_in(ours, 7)), wanted)


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 5), (2, 0), (2, 3, 4)])
def test_bits(shape):
    for dtype in BITS:
        same("bits", shape, dtype)


@pytest.mark.parametrize("dtype", FLOATS)
def test_uniform_is_exact(dtype):
    ours, theirs = pair()
    for shape in ((), (3, 5), (100,)):
        wanted = np.asarray(jax.random.uniform(theirs, shape, dtype))
        np.testing.assert_array_equal(np.asarray(random.uniform(ours, shape, dtype)), wanted)
    same("uniform", (9,), dtype, -3.0, 5.0)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_randint(dtype):
    info = np.iinfo(dtype)
    for low, high in ((0, 10), (info.min, min(info.max, 2**63 - 1)), (5, 5), (7, 3), (0, 100)):
        same("randint", (3, 5), low, high, dtype)
    if dtype.itemsize == 4:
        same("randint", (3, 5), info.min, info.max + 1, dtype)


def test_randint_of_arrays():
    same("randint", (2, 3), np.array([0, -5, 9]), np.array([[10], [2**40]]))
    same("randint", (3,), np.array([0, -5, 9]), np.array([200, 300, 10]), np.dtype("i1"))


@pytest.mark.parametrize(
    "name", ["normal", "exponential", "gumbel", "laplace", "logistic", "cauchy", "maxwell"]
)
@pytest.mark.parametrize("dtype", FLOATS[1:])
def test_continuous(name, dtype):
    same(name, (3, 5), dtype)


def test_normal_of_complex_numbers():
    same("normal", (3,), np.dtype("c16"))


PARAMETERS = {
    "truncated_normal": (-1.0, 2.0, (3, 5)),
    "lognormal": (0.5, (3, 5)),
    "double_sided_maxwell": (1.0, 2.0, (3,)),
    "rayleigh": (2.0, (5,)),
    "wald": (2.0, (5,)),
    "pareto": (2.0, (5,)),
    "weibull_min": (2.0, 3.0, (5,)),
    "triangular": (0.0, 0.3, 1.0, (5,)),
    "gamma": (np.array([0.1, 0.5, 1.0, 2.0, 10.0]), (3, 5)),
    "loggamma": (np.array([0.01, 0.5, 1.0, 2.0, 10.0]), (3, 5)),
    "beta": (0.5, 2.0, (6,)),
    "chisquare": (3.0, (5,)),
    "t": (3.0, (5,)),
    "f": (3.0, 4.0, (5,)),
    "dirichlet": (np.array([0.1, 0.5, 1.0]), (3,)),
    "generalized_normal": (3.0, (5,)),
    "ball": (3, 2.0, (5,)),
    "poisson": (np.array([0.0, 0.5, 3.0, 9.0, 11.0, 100.0]), (4, 6)),
    "geometric": (0.3, (8,)),
    "binomial": (np.array([0.0, 5, 20, 1e5, 30]), np.array([0.5, 0.9, 0.2, 0.3, 0.7]), (6, 5)),
    "bernoulli": (0.3, (9,)),
    "rademacher": ((9,),),
    "multivariate_normal": (np.zeros(3), np.eye(3) + 0.2, (4,)),
    "orthogonal": (4, (2,)),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_with_parameters(name):
    same(name, *PARAMETERS[name])


@pytest.mark.parametrize("settings", [{}, {"axis": 1}, {"axis": 0, "independent": True}])
def test_permutation(settings):
    same("permutation", GRID, **settings)
    same("permutation", 10)


@pytest.mark.parametrize(
    "settings",
    [{}, {"replace": False}, {"p": np.ones(4) / 4}, {"replace": False, "p": np.arange(1.0, 5.0)}],
)
def test_choice(settings):
    same("choice", GRID, (3,), **settings)
    same("choice", 4, (3,), **settings)


@pytest.mark.parametrize(
    "settings", [{}, {"shape": (5, 3)}, {"axis": 0}, {"shape": (2, 3), "replace": False}]
)
def test_categorical(settings):
    same("categorical", LOGITS, **settings)


@pytest.mark.parametrize("settings", [{}, {"shape": (2, 5, 4)}])
def test_multinomial(settings):
    same("multinomial", 1000.0, np.array([0.1, 0.0, 0.6, 0.3]), **settings)
    same("multinomial", np.array([3.0, 0.0]), np.full((2, 4), 0.25))


def test_binomial_of_numbers_that_are_none():
    same("binomial", np.array([np.nan, -1, np.inf, 4, 4]), np.array([0.5, 0.5, 0.5, np.nan, -0.1]))
