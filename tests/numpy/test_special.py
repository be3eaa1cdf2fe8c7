"""Special functions: errors against mpmath, special values and types against SciPy."""

import mpmath
import numpy as np
import pytest
import scipy.special as scipy
from evaluation import equal, traced

from defn import grad, jit, special
from defn.ops import approximations

DRAW = np.random.default_rng(0)
SPREAD = np.concatenate([DRAW.uniform(-6, 6, 300), 10.0 ** DRAW.uniform(-20, 0, 60)])
ABOVE = np.concatenate(
    [DRAW.uniform(0, 3, 300), DRAW.uniform(0, 20, 100), 10.0 ** DRAW.uniform(-9, 9, 60)]
)
INSIDE = np.concatenate([DRAW.uniform(-1, 1, 100), 1 - 10.0 ** DRAW.uniform(-15, 0, 40)])


def trigamma(x):
    """The derivative of digamma."""
    return approximations.zeta(np.full_like(x, 2.0), x)


def scaled_bessel(order):
    """exp(-|x|) times the modified Bessel function."""
    return lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(order, x)


# The function, what it is, where it is asked, and the greatest error found there, rounded up.
BOUNDS = {
    "erf": (approximations.erf, mpmath.erf, SPREAD, 2),
    "erfc": (approximations.erfc, mpmath.erfc, np.append(SPREAD, DRAW.uniform(0, 26, 200)), 4),
    "erfinv": (approximations.erfinv, mpmath.erfinv, INSIDE, 3),
    "lgamma": (approximations.lgamma, mpmath.loggamma, ABOVE, 4),
    "digamma": (approximations.digamma, mpmath.digamma, ABOVE, 4),
    "trigamma": (trigamma, lambda x: mpmath.zeta(2, x), ABOVE[300:400], 4),
    "i0e": (approximations.i0e, scaled_bessel(0), SPREAD, 4),
    "i1e": (approximations.i1e, scaled_bessel(1), SPREAD, 8),
}  # fmt: skip


@pytest.mark.parametrize("name", BOUNDS)
def test_error_in_units_of_the_last_place(name):
    function, exact, places, bound = BOUNDS[name]
    with mpmath.workdps(40), np.errstate(all="ignore"):
        for x, found in zip(places.tolist(), function(places).tolist(), strict=True):
            wanted = mpmath.re(exact(mpmath.mpf(x)))
            if wanted:
                unit = float(np.spacing(abs(float(wanted))))
                assert abs(mpmath.mpf(found) - wanted) <= bound * unit, (x, found, wanted)


SHARES = DRAW.uniform(0.01, 0.99, 50)
SIGNED, POSITIVE = DRAW.uniform(-3, 3, 50), DRAW.uniform(0.1, 5, 50)
ALL = {
    "erf": (SIGNED,), "erfc": (SIGNED,), "erfinv": (SIGNED / 3,), "erfcinv": (2 * SHARES,),
    "ndtr": (SIGNED,), "log_ndtr": (10 * SIGNED,), "ndtri": (SHARES,), "gammaln": (POSITIVE,),
    "digamma": (POSITIVE,), "psi": (POSITIVE,), "zeta": (1 + POSITIVE, POSITIVE),
    "betaln": (POSITIVE, SHARES), "i0e": (SIGNED,), "i1e": (SIGNED,), "i0": (SIGNED,),
    "i1": (SIGNED,), "expit": (10 * SIGNED,), "log_expit": (10 * SIGNED,), "logit": (SHARES,),
    "xlogy": (SIGNED, POSITIVE), "xlog1py": (SIGNED, POSITIVE), "entr": (SIGNED,),
    "rel_entr": (POSITIVE, SHARES), "kl_div": (POSITIVE, SHARES),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", ALL)
def test_scipy_functions_of_traced_values(name, dtype):
    function = getattr(scipy, name)
    arrays = [a.astype(dtype) for a in ALL[name]]
    equal(traced(function, *arrays), function(*arrays), ulp=64, scale=True)


VALUES = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 2.0, 0.5])


@pytest.mark.parametrize(
    "name",
    "erf erfc erfinv erfcinv ndtr log_ndtr ndtri digamma i0e i1e expit logit entr".split(),
)
def test_special_values(name):
    equal(traced(getattr(special, name), VALUES), getattr(scipy, name)(VALUES), ulp=16)


@pytest.mark.parametrize("name", ["xlogy", "xlog1py", "rel_entr", "kl_div"])
def test_special_values_of_pairs(name):
    x, y = np.meshgrid(VALUES, VALUES)
    equal(traced(getattr(special, name), x, y), getattr(scipy, name)(x, y), ulp=16)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_along_axes(name, axis):
    x = DRAW.normal(size=(3, 4)) * 100
    equal(
        traced(getattr(special, name), x, axis=axis),
        getattr(scipy, name)(x, axis=axis),
        ulp=16,
        scale=True,
    )


def test_logsumexp_of_what_is_not_finite():
    for row in ([-np.inf, -np.inf], [np.inf, 1.0], [np.nan, 1.0], [-np.inf, 0.0]):
        equal(traced(special.logsumexp, np.array(row)), scipy.logsumexp(np.array(row)))


def test_weighted_logsumexp():
    x, b = DRAW.normal(size=(3, 4)), DRAW.normal(size=(3, 4))
    for wanted, got in zip(
        scipy.logsumexp(x, axis=1, b=b, return_sign=True),
        traced(lambda x, b: special.logsumexp(x, 1, b, return_sign=True), x, b),
        strict=True,
    ):
        np.testing.assert_allclose(got, wanted, rtol=1e-13)


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_polygamma(order):
    np.testing.assert_allclose(
        traced(lambda x: special.polygamma(order, x), POSITIVE),
        scipy.polygamma(order, POSITIVE),
        rtol=1e-13,
    )


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
def test_the_gradient_of_digamma_is_trigamma(compiler):
    places = np.array([0.3, 1.5, 4.0, -0.7, -2.3])
    got = jit(grad(lambda x: np.sum(special.digamma(x))), compiler=compiler)(places)
    np.testing.assert_allclose(got, [float(mpmath.polygamma(1, p)) for p in places], rtol=1e-13)


def test_complex_numbers_are_refused():
    with pytest.raises(TypeError, match="real numbers"):
        traced(special.erf, np.array([1j]))
