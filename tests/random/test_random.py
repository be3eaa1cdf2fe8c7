"""Random numbers: their distributions, their derivatives, what is refused, and vmap."""

import numpy as np
import pytest
from scipy import stats

from defn import grad, jit, random, vmap
from defn.errors import ArgumentError, ShapeError, TypeMismatch

KEY = np.array([3, 14159], "u4")
MANY = 20_000
# What is drawn, and SciPy's distribution of it.
CONTINUOUS = {
    "uniform": (lambda k: random.uniform(k, (MANY,)), stats.uniform()),
    "normal": (lambda k: random.normal(k, (MANY,)), stats.norm()),
    "truncated_normal": (
        lambda k: random.truncated_normal(k, -1.0, 2.0, (MANY,)),
        stats.truncnorm(-1, 2),
    ),
    "lognormal": (lambda k: random.lognormal(k, 0.5, (MANY,)), stats.lognorm(0.5)),
    "maxwell": (lambda k: random.maxwell(k, (MANY,)), stats.maxwell()),
    "rayleigh": (lambda k: random.rayleigh(k, 2.0, (MANY,)), stats.rayleigh(scale=2)),
    "wald": (lambda k: random.wald(k, 2.0, (MANY,)), stats.invgauss(2.0)),
    "exponential": (lambda k: random.exponential(k, (MANY,)), stats.expon()),
    "gumbel": (lambda k: random.gumbel(k, (MANY,)), stats.gumbel_r()),
    "laplace": (lambda k: random.laplace(k, (MANY,)), stats.laplace()),
    "logistic": (lambda k: random.logistic(k, (MANY,)), stats.logistic()),
    "pareto": (lambda k: random.pareto(k, 3.0, (MANY,)), stats.pareto(3)),
    "weibull_min": (
        lambda k: random.weibull_min(k, 2.0, 3.0, (MANY,)),
        stats.weibull_min(3, scale=2),
    ),
    "cauchy": (lambda k: random.cauchy(k, (MANY,)), stats.cauchy()),
    "triangular": (lambda k: random.triangular(k, 0.0, 0.3, 1.0, (MANY,)), stats.triang(0.3)),
    "gamma": (lambda k: random.gamma(k, 2.5, (MANY,)), stats.gamma(2.5)),
    "small gamma": (lambda k: random.gamma(k, 0.3, (MANY,)), stats.gamma(0.3)),
    "beta": (lambda k: random.beta(k, 0.5, 2.0, (MANY,)), stats.beta(0.5, 2)),
    "chisquare": (lambda k: random.chisquare(k, 3.0, (MANY,)), stats.chi2(3)),
    "t": (lambda k: random.t(k, 3.0, (MANY,)), stats.t(3)),
    "f": (lambda k: random.f(k, 3.0, 4.0, (MANY,)), stats.f(3, 4)),
}
COUNTS = {
    "few": (lambda k: random.poisson(k, 3.0, (MANY,)), stats.poisson(3)),
    "many": (lambda k: random.poisson(k, 40.0, (MANY,)), stats.poisson(40)),
    "geometric": (lambda k: random.geometric(k, 0.3, (MANY,)), stats.geom(0.3)),
    "few successes": (lambda k: random.binomial(k, 12, 0.3, (MANY,)), stats.binom(12, 0.3)),
    "many successes": (lambda k: random.binomial(k, 90, 0.7, (MANY,)), stats.binom(90, 0.7)),
    "one class of many": (
        lambda k: random.multinomial(k, 9.0, [0.2, 0.5, 0.3], shape=(MANY, 3))[:, 1],
        stats.binom(9, 0.5),
    ),
    "bernoulli": (lambda k: random.bernoulli(k, np.full(MANY, 0.3)), stats.bernoulli(0.3)),
    "randint": (lambda k: random.randint(k, (MANY,), -3, 17), stats.randint(-3, 17)),
    "categorical": (
        lambda k: random.categorical(k, np.zeros(5), shape=(MANY,)),
        stats.randint(0, 5),
    ),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_distribution(name):
    draw, distribution = CONTINUOUS[name]
    drawn = np.asarray(draw(random.key(1)))
    assert stats.kstest(drawn, distribution.cdf).pvalue > 1e-3
    mean, variance = distribution.stats("mv")
    if np.isfinite(variance) and np.isfinite(mean):
        assert abs(drawn.mean() - mean) < 5 * np.sqrt(variance / MANY)


@pytest.mark.parametrize("name", COUNTS)
def test_counts(name):
    draw, distribution = COUNTS[name]
    drawn = np.asarray(draw(random.key(2)))
    values, found = np.unique(drawn, return_counts=True)
    wanted = MANY * distribution.pmf(values)
    common = wanted > 20
    deviation = (found - wanted)[common] / np.sqrt(wanted[common])
    assert np.abs(deviation).max() < 5


def test_vectors():
    mean, cov = np.array([1.0, -2.0]), np.array([[2.0, 0.6], [0.6, 0.5]])
    for method in ("cholesky", "eigh", "svd"):
        drawn = np.asarray(random.multivariate_normal(KEY, mean, cov, (MANY,), method=method))
        np.testing.assert_allclose(np.cov(drawn.T), cov, atol=0.06)
        np.testing.assert_allclose(drawn.mean(0), mean, atol=0.05)
    shares = np.asarray(random.dirichlet(KEY, np.array([1.0, 2.0, 3.0]), (MANY,)))
    np.testing.assert_allclose(shares.sum(-1), 1)
    np.testing.assert_allclose(shares.mean(0), [1 / 6, 1 / 3, 1 / 2], atol=0.01)
    turned = np.asarray(random.orthogonal(KEY, 4, (3,)))
    np.testing.assert_allclose(turned @ np.swapaxes(turned, 1, 2), [np.eye(4)] * 3, atol=1e-12)
    assert np.linalg.norm(np.asarray(random.ball(KEY, 3, 2.0, (1000,))), axis=-1).max() < 1


@pytest.mark.parametrize("compiler", ["numba", "xla"])
def test_the_same_on_every_compiler(compiler):
    def draw(key):
        one, other = random.split(key)
        return (
            random.uniform(one, (5, 7)),
            random.bits(other, (9,)),
            random.randint(one, (4,), 0, 1000),
            random.binomial(one, np.array([5.0, 80.0]), 0.4, (3, 2)),
            random.multinomial(other, 50.0, [0.2, 0.5, 0.3]),
        )

    for got, wanted in zip(jit(draw, compiler=compiler)(KEY), draw(KEY)):
        np.testing.assert_array_equal(got, np.asarray(wanted))


# Derivatives by parameters, at a fixed key.

REPARAMETERISED = {
    "uniform": lambda k, a: random.uniform(k, (4,), np.float64, a, 2 * a + 1),
    "normal": lambda k, a: a * random.normal(k, (4,)) + a * a,
    "truncated_normal": lambda k, a: random.truncated_normal(k, -a, a, (4,)),
    "weibull_min": lambda k, a: random.weibull_min(k, a, 2 * a, (4,)),
    "pareto": lambda k, a: random.pareto(k, a, (4,)),
    "triangular": lambda k, a: random.triangular(k, 0.0, a / 4, a, (4,)),
    "multivariate_normal": lambda k, a: random.multivariate_normal(
        k, np.zeros(2), np.eye(2) * a, (3,)
    ),
}


@pytest.mark.parametrize("name", REPARAMETERISED)
def test_derivative(name):
    draw = REPARAMETERISED[name]
    weighted = lambda a: np.sum(np.sin(draw(KEY, a)))  # noqa: E731
    slope = grad(jit(weighted, compiler="numpy"))(0.8)
    step = 1e-6
    value = jit(weighted, compiler="numpy")
    wanted = (value(0.8 + step) - value(0.8 - step)) / (2 * step)
    np.testing.assert_allclose(slope, wanted, rtol=1e-6)


@pytest.mark.parametrize("alpha", [0.05, 0.4, 1.0, 3.0, 30.0, 1e4])
def test_derivative_of_gamma(alpha):
    """At a fixed probability of being below it, a draw moves as the quantile does."""
    keys = np.asarray(random.split(random.key(5), 6))
    draw = jit(lambda a, k: random.gamma(k, a), compiler="numpy")
    slope = grad(draw)
    for key in keys:
        x = float(draw(alpha, key))
        if x < 1e-200:
            continue
        distribution = stats.gamma(alpha)
        step = 1e-5 * max(alpha, 1e-2)
        if x < alpha:
            at = distribution.cdf(x)
            ends = [stats.gamma(alpha + s).ppf(at) for s in (-step, step)]
        else:
            at = distribution.sf(x)
            ends = [stats.gamma(alpha + s).isf(at) for s in (-step, step)]
        np.testing.assert_allclose(slope(alpha, key), (ends[1] - ends[0]) / (2 * step), rtol=1e-4)


def test_derivative_of_a_mean():
    """The mean of beta variables is a / (a + b)."""

    def mean(a, b):
        return np.mean(random.beta(KEY, a, b, (MANY,)))

    slopes = grad(jit(mean, compiler="numpy"), (0, 1))(2.0, 3.0)
    np.testing.assert_allclose(slopes, [3 / 25, -2 / 25], atol=3e-3)


# vmap.


def test_vmap_over_keys():
    keys = np.asarray(random.split(KEY, 3))
    for draw in (
        lambda k: random.normal(k, (4,)),
        lambda k: random.gamma(k, 0.7, (4,)),
        lambda k: random.poisson(k, 12.0, (4,)),
        lambda k: random.permutation(k, 6),
    ):
        got = vmap(jit(draw, compiler="numpy"))(keys)
        np.testing.assert_allclose(got, np.stack([np.asarray(draw(k)) for k in keys]), rtol=1e-12)


# What is refused.


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: random.key(1.5), TypeMismatch),
        (lambda: random.key(2**64), ArgumentError),
        (lambda: random.uniform(np.zeros(2)), TypeMismatch),
        (lambda: random.uniform(np.zeros((3, 2), "u4")), TypeMismatch),
        (lambda: random.uniform(KEY, dtype=int), TypeMismatch),
        (lambda: random.bits(KEY, dtype=int), TypeMismatch),
        (lambda: random.randint(KEY, (2,), 0, 3, float), TypeMismatch),
        (lambda: random.uniform(KEY, (2,), float, np.zeros(3)), ShapeError),
        (lambda: random.gamma(KEY, np.ones(3), (2,)), ShapeError),
        (lambda: random.choice(KEY, 3, (4,), replace=False), ArgumentError),
        (lambda: random.choice(KEY, 3, p=np.ones(2)), ShapeError),
        (lambda: random.bernoulli(KEY, 1), TypeMismatch),
        (lambda: random.binomial(KEY, 3, 1j), TypeMismatch),
        (lambda: random.multinomial(KEY, 3, 0.5), ShapeError),
        (lambda: random.multivariate_normal(KEY, np.zeros(2), np.eye(3)), ShapeError),
        (
            lambda: random.multivariate_normal(KEY, np.zeros(2), np.eye(2), method="lu"),
            ArgumentError,
        ),
        (lambda: random.fold_in(KEY, 0.5), TypeMismatch),
    ],
)
def test_refused(call, error):
    with pytest.raises(error):
        call()
