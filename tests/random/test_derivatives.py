"""Derivatives of draws by their parameters, first and second, on every compiler; and their batches."""

import numpy as np
import pytest
import scipy.special as scipy

from defn import grad, jit, random, vmap

KEY = np.array([3, 14159], "u4")
COMPILERS = ["numpy", "numba", "xla"]
PLACE = 0.8
# What is drawn: a function of a key and one parameter, in three numbers or vectors.
DRAWS = {
    "uniform": lambda k, a: random.uniform(k, (3,), np.float64, a, 2 * a * a + 1),
    "normal": lambda k, a: a * a * random.normal(k, (3,)) + a,
    "truncated_normal": lambda k, a: random.truncated_normal(k, -a, a * a, (3,)),
    "lognormal": lambda k, a: random.lognormal(k, a, (3,)),
    "double_sided_maxwell": lambda k, a: random.double_sided_maxwell(k, a, a * a, (3,)),
    "rayleigh": lambda k, a: random.rayleigh(k, a * a, (3,)),
    "wald": lambda k, a: random.wald(k, a, (3,)),
    "exponential": lambda k, a: random.exponential(k, (3,)) / a,
    "gumbel": lambda k, a: a * a * random.gumbel(k, (3,)),
    "laplace": lambda k, a: a * a * random.laplace(k, (3,)),
    "logistic": lambda k, a: a * a * random.logistic(k, (3,)),
    "pareto": lambda k, a: random.pareto(k, a, (3,)),
    "weibull_min": lambda k, a: random.weibull_min(k, a, 2 * a, (3,)),
    "triangular": lambda k, a: random.triangular(k, 0.0, a / 4, a, (3,)),
    "multivariate_normal": lambda k, a: random.multivariate_normal(
        k, np.zeros(2) + a, np.eye(2) * a + 0.2, (3,)
    ),
}
# Of gamma variables the derivative is that of the quantile, not of the draw as it is made.
IMPLICIT = {
    "gamma": lambda k, a: random.gamma(k, 2 * a, (3,)),
    "loggamma": lambda k, a: random.loggamma(k, a / 4, (3,)),
    "beta": lambda k, a: random.beta(k, a, 2 * a, (3,)),
    "dirichlet": lambda k, a: random.dirichlet(k, np.arange(1.0, 3.0) * a, (3,)),
    "chisquare": lambda k, a: random.chisquare(k, 4 * a, (3,)),
    "t": lambda k, a: random.t(k, 4 * a, (3,)),
    "f": lambda k, a: random.f(k, 4 * a, 3 * a, (3,)),
    "generalized_normal": lambda k, a: random.generalized_normal(k, 1 + a, (3,)),
}
EVERY = DRAWS | IMPLICIT


def weighted(draw):
    """A number made of a draw, with curvature."""
    return lambda a, k: np.sum(np.sin(draw(k, a)))


def slope_by_differences(function, at, step=1e-5):
    """The derivative of a function of one number, exact to the fourth order of the step."""
    near, far = (function(at + s * step) - function(at - s * step) for s in (1, 2))
    return (8 * near - far) / (12 * step)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", DRAWS)
def test_first(name, compiler):
    value = jit(weighted(DRAWS[name]), compiler=compiler)
    wanted = slope_by_differences(lambda a: float(value(a, KEY)), PLACE)
    np.testing.assert_allclose(grad(value)(PLACE, KEY), wanted, rtol=1e-7)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", DRAWS)
def test_second(name, compiler):
    first = grad(jit(weighted(DRAWS[name]), compiler=compiler))
    wanted = slope_by_differences(lambda a: float(first(a, KEY)), PLACE)
    second = grad(jit(lambda a, k: first(a, k), compiler=compiler))
    np.testing.assert_allclose(second(PLACE, KEY), wanted, rtol=1e-6, atol=1e-9)


def quantile_of_gamma(draw, place):
    """The draw as a function of its parameter, at the probability it has there."""
    at = scipy.gammainc(place, draw)
    return lambda a: scipy.gammaincinv(a, at)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_derivatives_of_gamma_are_those_of_the_quantile(compiler):
    draw = jit(lambda a, k: random.gamma(k, a), compiler=compiler)
    first = grad(draw)
    second = grad(jit(lambda a, k: first(a, k), compiler=compiler))
    for place in (0.6, 1.5, 7.0):
        quantile = quantile_of_gamma(float(draw(place, KEY)), place)
        near = [quantile(place + s * 1e-3) for s in (-1, 0, 1)]
        wanted = (near[2] - near[0]) / 2e-3, (near[2] - 2 * near[1] + near[0]) / 1e-6
        np.testing.assert_allclose(first(place, KEY), wanted[0], rtol=1e-5)
        np.testing.assert_allclose(second(place, KEY), wanted[1], rtol=1e-4, atol=1e-6)


def both_slopes(name, compiler):
    """The first derivative and the second."""
    first = grad(jit(weighted(IMPLICIT[name]), compiler=compiler))
    return first, grad(jit(lambda a, k: first(a, k), compiler=compiler))


@pytest.mark.parametrize("compiler", COMPILERS[1:])
@pytest.mark.parametrize("name", IMPLICIT)
def test_implicit_on_every_compiler(name, compiler):
    for got, wanted in zip(both_slopes(name, compiler), both_slopes(name, "numpy")):
        np.testing.assert_allclose(got(PLACE, KEY), wanted(PLACE, KEY), rtol=1e-9)


@pytest.mark.parametrize("name", EVERY)
def test_batches(name):
    keys, places = np.asarray(random.split(KEY, 4)), np.linspace(0.5, 1.2, 4)
    slope = grad(jit(weighted(EVERY[name]), compiler="numpy"))
    got = vmap(lambda a, k: slope(a, k))(places, keys)
    np.testing.assert_allclose(got, [slope(a, k) for a, k in zip(places, keys)], rtol=1e-9)
