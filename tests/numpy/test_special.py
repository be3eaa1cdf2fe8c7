"""Special functions: errors against mpmath, special values and types against SciPy."""

import mpmath
import numpy as np
import pytest
import scipy.special as scipy
from evaluation import equal, traced

from defn import errors, grad, jit, special
from defn.ops import approximations, exponential_integrals, normal, psi

DRAW = np.random.default_rng(0)
SPREAD = np.concatenate([DRAW.uniform(-6, 6, 300), 10.0 ** DRAW.uniform(-20, 0, 60)])
ABOVE = np.concatenate(
    [DRAW.uniform(0, 3, 300), DRAW.uniform(0, 20, 100), 10.0 ** DRAW.uniform(-9, 9, 60)]
)
# Below zero between the poles, around them, and around digamma's zeros.
OTHER = np.random.default_rng(1)
OFFS = 10.0 ** OTHER.uniform(-17, -1, (40, 10))
ROOTS = np.array([root for root, *_ in psi.ROOTS])
BELOW = np.concatenate([
    OTHER.uniform(-10, 0, 300), *(ROOTS + OFFS), *(ROOTS - OFFS), -np.arange(10.0) - OFFS[0],
])  # fmt: skip
BELOW = BELOW[BELOW != np.rint(BELOW)]
INSIDE = np.concatenate([DRAW.uniform(-1, 1, 100), 1 - 10.0 ** DRAW.uniform(-15, 0, 40)])


def trigamma(x):
    """The derivative of digamma."""
    return approximations.zeta(np.full_like(x, 2.0), x)


def scaled_bessel(order):
    """exp(-|x|) times the modified Bessel function."""
    return lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(order, x)


def dawsn(x):
    """Dawson's function."""
    return mpmath.exp(-x * x) * mpmath.erfi(x) * mpmath.sqrt(mpmath.pi) / 2


# The function, what it is, where it is asked, and the greatest error found there, rounded up.
BOUNDS = {
    "erf": (approximations.erf, mpmath.erf, SPREAD, 2),
    "erfc": (approximations.erfc, mpmath.erfc, np.append(SPREAD, DRAW.uniform(0, 26, 200)), 4),
    "erfinv": (approximations.erfinv, mpmath.erfinv, INSIDE, 3),
    "lgamma": (approximations.lgamma, mpmath.loggamma, ABOVE, 4),
    "digamma": (psi.digamma, mpmath.digamma, ABOVE, 4),
    "digamma_below": (psi.digamma, mpmath.digamma, BELOW, 5),
    "trigamma": (trigamma, lambda x: mpmath.zeta(2, x), ABOVE[300:400], 4),
    "gamma": (approximations.gamma, mpmath.gamma, np.append(ABOVE[:400], -ABOVE[:300]), 5),
    "erfcx": (normal.erfcx, lambda x: mpmath.exp(x * x) * mpmath.erfc(x), SPREAD, 4),
    "ndtr": (normal.ndtr, mpmath.ncdf, np.append(SPREAD, -DRAW.uniform(0, 37, 100)), 5),
    "log_ndtr": (normal.log_ndtr, lambda x: mpmath.log(mpmath.ncdf(x)), 4 * SPREAD[:200] - 20, 4),
    "dawsn": (normal.dawsn, dawsn, SPREAD * 3, 4),
    "exp1": (exponential_integrals.exp1, mpmath.e1, ABOVE[:400], 10),
    "expi": (exponential_integrals.expi, mpmath.ei, np.append(ABOVE[:400], 0.3725), 5),
    "spence": (exponential_integrals.spence, lambda x: mpmath.polylog(2, 1 - x), ABOVE[:400], 5),
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
    "rel_entr": (POSITIVE, SHARES), "kl_div": (POSITIVE, SHARES), "gamma": (SIGNED,), "gammasgn": (SIGNED,),
    "loggamma": (POSITIVE,), "beta": (POSITIVE, SHARES), "erfcx": (SIGNED,), "dawsn": (SIGNED,),
    "exp1": (POSITIVE,), "expi": (SIGNED,), "spence": (POSITIVE,), "gammainc": (POSITIVE, 3 * SHARES),
    "gammaincc": (POSITIVE, 3 * SHARES), "betainc": (POSITIVE, 3 * POSITIVE[::-1], SHARES),
    "betaincc": (POSITIVE, 3 * POSITIVE[::-1], SHARES), "binom": (10 * SHARES, SIGNED),
    "poch": (POSITIVE, SIGNED), "boxcox": (POSITIVE, SIGNED), "boxcox1p": (POSITIVE, SIGNED),
    "gammaincinv": (POSITIVE, SHARES), "gammainccinv": (POSITIVE, SHARES),
    "betaincinv": (POSITIVE, 3 * POSITIVE[::-1], SHARES),
    "exprel": (SIGNED,), "huber": (POSITIVE, SIGNED), "pseudo_huber": (POSITIVE, SIGNED),
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
    """erf erfc erfinv erfcinv ndtr log_ndtr ndtri digamma i0e i1e expit logit entr gamma gammasgn
    gammaln loggamma erfcx dawsn exp1 expi spence exprel""".split(),
)
def test_special_values(name):
    equal(traced(getattr(special, name), VALUES), getattr(scipy, name)(VALUES), ulp=16)


@pytest.mark.parametrize(
    "name",
    "xlogy xlog1py rel_entr kl_div gammainc gammaincc boxcox boxcox1p huber".split(),
)
def test_special_values_of_pairs(name):
    x, y = np.meshgrid(VALUES, VALUES)
    # SciPy's own error is greater there.
    ulp = 256 if name == "gammaincc" else 16
    equal(traced(getattr(special, name), x, y), getattr(scipy, name)(x, y), ulp=ulp)


def test_special_values_of_triples():
    x, y, z = np.meshgrid(VALUES, VALUES, [0.0, 0.3, 1.0, np.nan, -0.5])
    for name in ("betainc", "betaincc"):
        equal(traced(getattr(special, name), x, y, z), getattr(scipy, name)(x, y, z), ulp=16)


def test_beta_at_whole_numbers():
    x, y = np.meshgrid(np.arange(-4.0, 5), np.arange(-4.0, 5))
    for name in ("beta", "betaln"):
        wanted, got = getattr(scipy, name)(x, y), traced(getattr(special, name), x, y)
        finite = np.isfinite(wanted)
        np.testing.assert_array_equal(np.isinf(got), ~finite)
        np.testing.assert_allclose(got[finite], wanted[finite], rtol=1e-14, atol=1e-15)


def test_counts_are_whole():
    n, k = np.meshgrid(np.arange(1.0, 30), np.arange(0.0, 12))
    for repetition in (False, True):
        wanted = scipy.comb(n, k, repetition=repetition)
        got = traced(special.comb, n, k, repetition=repetition)
        np.testing.assert_array_equal(got, wanted)
    whole = np.arange(-2.0, 22)
    np.testing.assert_array_equal(traced(special.factorial, whole), scipy.factorial(whole))
    with pytest.raises(errors.ArgumentError, match="exact"):
        special.comb(5, 2, exact=True)


def test_gamma_of_several_dimensions():
    places = np.array([1.7, 3.0, 9.5])
    for d in (1, 2, 3):
        got = traced(special.multigammaln, places, d=d)
        np.testing.assert_allclose(got, scipy.multigammaln(places, d), rtol=1e-14)
    with pytest.raises(errors.ArgumentError, match="above 1.0"):
        special.multigammaln(np.array([0.9]), 3)


@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_expn(order):
    equal(traced(lambda x: special.expn(order, x), POSITIVE), scipy.expn(order, POSITIVE), ulp=32)


# Probabilities and their derivatives by parameters, against mpmath.

PAIRS = [(0.05, 0.3), (0.6, 0.01), (0.9, 1.4), (1.0, 1.1), (3.0, 0.2), (30.0, 36.0), (2e3, 1.9e3)]
TRIPLES = [
    (0.2, 0.4, 0.7), (0.5, 3.0, 0.05), (2.0, 0.3, 0.999), (1.0, 1.0, 0.3), (40.0, 60.0, 0.35),
    (7.0, 2.0, 0.9), (300.0, 500.0, 0.4),
]  # fmt: skip


def lower_gamma(a, x):
    """The probability below x; where that is the greater part, one less: of the same derivatives."""
    if x < a:
        return mpmath.gammainc(a, 0, x, regularized=True)
    return -mpmath.gammainc(a, x, regularized=True)


def lower_beta(a, b, x):
    """The same, of a beta variable."""
    if x * (a + b) < a:
        return mpmath.betainc(a, b, 0, x, regularized=True)
    return -mpmath.betainc(b, a, 0, 1 - x, regularized=True)


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
@pytest.mark.parametrize(
    "function, exact, places",
    [(special.gammainc, lower_gamma, PAIRS), (special.betainc, lower_beta, TRIPLES)],
)
def test_derivatives_by_parameters(function, exact, places, compiler):
    arrays = tuple(np.array(v) for v in zip(*places))
    every = tuple(range(len(arrays)))
    first = grad(jit(lambda *v: np.sum(function(*v)), compiler=compiler), every)
    second = grad(jit(lambda *v: np.sum(first(*v)[0]), compiler=compiler), every)
    with mpmath.workdps(40):
        exactly = [[mpmath.mpf(v) for v in place] for place in places]
        for k, (one, two) in enumerate(zip(first(*arrays), second(*arrays))):
            orders = tuple(int(j == k) for j in every)
            wanted = [float(mpmath.diff(exact, place, orders)) for place in exactly]
            np.testing.assert_allclose(one, wanted, rtol=1e-12)
            orders = (orders[0] + 1, *orders[1:])
            wanted = [float(mpmath.diff(exact, place, orders)) for place in exactly]
            np.testing.assert_allclose(two, wanted, rtol=1e-11)


def test_the_upper_tail_of_a_beta_variable_far_below_its_mean():
    # A flat integrand from x up to one over b: quadrature on the wrong side of it left eight digits.
    places = [(0.05, 7e3, 2e-8), (0.01, 1e5, 1e-9), (0.3, 40.0, 1e-4), (7e3, 0.05, 1 - 2e-8)]
    got = traced(special.betaincc, *np.array(places).T)
    with mpmath.workdps(40):
        wanted = [float(1 - mpmath.betainc(*p[:2], 0, p[2], regularized=True)) for p in places]
    np.testing.assert_allclose(got, wanted, rtol=1e-13)


# Inverses: how far the probability at what is found is from the one that was asked, in mpmath.

SIZES = 10.0 ** OTHER.uniform(-1.5, 3, (2, 60))
ASKED = np.append(OTHER.uniform(0, 1, 30), 10.0 ** OTHER.uniform(-60, 0, 30))
TAILS = {
    "gammaincinv": lambda a, x: mpmath.gammainc(a, 0, x, regularized=True),
    "gammainccinv": lambda a, x: mpmath.gammainc(a, x, regularized=True),
    "betaincinv": lambda a, b, x: mpmath.betainc(a, b, 0, x, regularized=True),
    "betainccinv": lambda a, b, x: mpmath.betainc(b, a, 0, 1 - x, regularized=True),
}


def slope_in_scale(tail, parameters, x):
    """How the probability changes as x does, relatively."""
    step = x * mpmath.mpf(2) ** -60
    return abs(tail(*parameters, x + step) - tail(*parameters, x - step)) * mpmath.mpf(2) ** 59


@pytest.mark.parametrize("name", TAILS)
def test_inverses_of_probabilities(name):
    parameters, tail = SIZES[: 1 + name.startswith("b")], TAILS[name]
    found = traced(getattr(special, name), *parameters, ASKED)
    with mpmath.workdps(40):
        for *given, asked, x in zip(*parameters.tolist(), ASKED.tolist(), found.tolist()):
            if 1e-290 < x < 1:  # where the odds of x have their digits
                given, x = [mpmath.mpf(v) for v in given], mpmath.mpf(x)
                off = abs(tail(*given, x) - mpmath.mpf(asked))
                # Of x a few units, and of the probability as many as its logarithm has digits.
                scale = max(1, -mpmath.log(x)) * slope_in_scale(tail, given, x)
                assert off <= 2**-50 * (scale + asked), (given, asked, x)


@pytest.mark.parametrize("name", TAILS)
def test_inverses_at_the_ends(name):
    count = 1 + name.startswith("b")
    shapes = [[0.0, 0.5, 1.0, 3.0, -1.0]] * count
    grids = np.meshgrid(*shapes, [0.0, 1.0, -0.1, 1.1, np.nan, 0.3])
    equal(traced(getattr(special, name), *grids), getattr(scipy, name)(*grids), ulp=64)
    unknown = [np.full(3, np.nan)] * count
    assert np.isnan(traced(getattr(special, name), *unknown, np.array([0.2, 0.5, 0.9]))).all()


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
@pytest.mark.parametrize("name", TAILS)
def test_derivatives_of_inverses(name, compiler):
    parameters, tail = [np.array(v) for v in zip(*(p[:-1] for p in INVERTED[name]))], TAILS[name]
    asked = np.array([p[-1] for p in INVERTED[name]])
    every = tuple(range(len(parameters) + 1))
    function = getattr(special, name)
    first = grad(jit(lambda *v: np.sum(function(*v)), compiler=compiler), every)
    second = grad(jit(lambda *v: np.sum(first(*v)[-1]), compiler=compiler), every)
    with mpmath.workdps(30):
        for k, (one, two) in enumerate(zip(first(*parameters, asked), second(*parameters, asked))):
            orders = tuple(int(j == k) for j in every)
            for place, got, bent in zip(zip(*parameters, asked), one, two):
                exact = inverse_of(tail, function(*place).item())
                wanted = float(mpmath.re(mpmath.diff(exact, place, orders)))
                np.testing.assert_allclose(got, wanted, rtol=1e-11)
                orders_twice = (*orders[:-1], orders[-1] + 1)
                wanted = float(mpmath.re(mpmath.diff(exact, place, orders_twice)))
                np.testing.assert_allclose(bent, wanted, rtol=1e-9)


INVERTED = {
    "gammaincinv": [(0.3, 0.2), (2.5, 0.9), (40.0, 0.01)],
    "gammainccinv": [(0.3, 0.2), (2.5, 1e-5), (40.0, 0.6)],
    "betaincinv": [(0.5, 2.0, 0.3), (3.0, 0.4, 0.7), (20.0, 35.0, 0.02)],
    "betainccinv": [(0.5, 2.0, 0.3), (3.0, 0.4, 0.7)],
}


def inverse_of(tail, near):
    """mpmath's root of a tail, beside a number that is nearly it."""
    return lambda *v: mpmath.findroot(lambda x: tail(*v[:-1], x) - v[-1], near)


@pytest.mark.parametrize("name", TAILS)
def test_inverses_on_cuda(name):
    parameters = [np.array([0.3, 4.0]), np.array([2.0, 0.7])][: 1 + name.startswith("b")]
    function, asked = getattr(special, name), np.array([0.2, 0.9])
    got = jit(function, compiler="cuda", executor="ptx")(*parameters, asked)
    np.testing.assert_allclose(got, getattr(scipy, name)(*parameters, asked), rtol=1e-13)


def test_the_derivative_of_zeta_by_its_exponent():
    slope = grad(jit(lambda s, q: np.sum(special.zeta(s, q)), compiler="numpy"))
    exponents, places = 1 + POSITIVE, POSITIVE[::-1]
    wanted = [float(mpmath.zeta(s, q, 1)) for s, q in zip(exponents, places)]
    np.testing.assert_allclose(slope(exponents, places), wanted, rtol=1e-13)


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


def test_digamma_between_its_poles_on_every_compiler():
    places = np.array(
        [-0.504083008264455, -9.70267, -3.3, -1e-9, -9.9999, -12.3, 1.4616321449683622, 0.2]
    )
    with mpmath.workdps(40):
        wanted = [float(mpmath.digamma(p)) for p in places.tolist()]
    for options in (
        {"compiler": "numba"},
        {"compiler": "xla"},
        {"compiler": "cuda", "executor": "ptx"},
    ):
        np.testing.assert_allclose(jit(special.digamma, **options)(places), wanted, rtol=2e-15)


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
def test_the_gradient_of_digamma_is_trigamma(compiler):
    places = np.array([0.3, 1.5, 4.0, -0.7, -2.3])
    got = jit(grad(lambda x: np.sum(special.digamma(x))), compiler=compiler)(places)
    np.testing.assert_allclose(got, [float(mpmath.polygamma(1, p)) for p in places], rtol=1e-13)


def test_complex_numbers_are_refused():
    with pytest.raises(TypeError, match="real numbers"):
        traced(special.erf, np.array([1j]))
