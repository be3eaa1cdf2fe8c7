"""Special functions by polynomials: of arrays their values, of tensors the nodes of a graph.

Everything here is written with NumPy's functions alone, so a compiler that has no such function of
its own runs these formulas. All compute in float64 and round once. `tools/fit_special.py` made the
coefficients.
"""

from __future__ import annotations

import functools

import numpy as np

# Bernoulli's numbers B2, B4, ...; over (2k)(2k - 1) they are Stirling's series.
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
STIRLING = tuple(b / (2 * k * (2 * k - 1)) for k, b in enumerate(BERNOULLI, 1))
ENOUGH = 10  # from here on the asymptotic series are exact to a double's rounding
HALF_LOG_TWO_PI = 0.9189385332046727
ROOT_TWO_PI = 2.5066282746310007

ERF = (
    0.9654687386698673,
    -0.1405360890227171,
    0.019852496688984218,
    -0.0022854855611440855,
    0.00021751715603563488,
    -1.75371694412802e-05,
    1.2233827638093572e-06,
    -7.51156925108609e-08,
    4.115751500265885e-09,
    -2.035231956483527e-10,
    9.21125018742823e-12,
    -3.80659122412214e-13,
)
ERFC = (
    1.2375126308378275,
    -0.14024059858554697,
    0.003585415485463775,
    0.08227673849014516,
    -0.10880393014171785,
    0.09230432116037876,
    -0.058693398590212366,
    0.028362277418940665,
    -0.009746579552504244,
    0.0017556258530017257,
    0.0002937136342850081,
    -0.0002901540809795271,
    5.1649211390702855e-05,
    2.2384240314224437e-05,
    -1.1444412439171722e-05,
    -9.735619015182663e-07,
    1.752057970166318e-06,
    -5.721597255990987e-08,
    -2.591069687796658e-07,
    2.3261913276696566e-08,
    3.8965452548985966e-08,
    -3.743568033634583e-09,
    -5.28428697963142e-09,
    3.110310719839165e-10,
    4.434959070009628e-10,
)
LGAMMA = (
    0.4831289505409809,
    -0.07297994795715297,
    0.01572785026864121,
    -0.003913560937631659,
    0.0010498186644508718,
    -0.0002945507014009265,
    8.510090378468051e-05,
    -2.509432984849446e-05,
    7.5113915317296576e-06,
    -2.274240971132041e-06,
    6.948440187550096e-07,
    -2.138843561161159e-07,
    6.623601939725099e-08,
    -2.057761163373013e-08,
    6.434152357291201e-09,
    -2.0732827842398214e-09,
    6.533268528434416e-10,
    -1.6393816009998903e-10,
    5.18198984494436e-11,
    -3.533898162275879e-11,
    1.1273354955165048e-11,
)
I0_NEAR = (
    0.2070019212239867,
    -0.11300432688620549,
    0.09451562853995103,
    -0.08904344136075991,
    0.08734341617552291,
    -0.08496338091615124,
    0.07927522590716898,
    -0.06954119561742342,
    0.056777032019843215,
    -0.04298594945226738,
    0.03017791202356886,
    -0.019682654708082413,
    0.011960077903963348,
    -0.006792399792271578,
    0.0036171264596770616,
    -0.0018118870527295522,
    0.0008563152483951447,
    -0.0003829015089457559,
    0.0001624054672701359,
    -6.550956130635514e-05,
    2.5202271984440893e-05,
    -9.25059710625537e-06,
    3.2293850630678377e-06,
    -1.0891964284507317e-06,
    3.675592893288293e-07,
    -1.1339523685907105e-07,
    2.6273368345256394e-08,
    -7.860369707508212e-09,
    4.469372581856615e-09,
    -1.1662904878442954e-09,
)
I0_FAR = (
    0.4021765094450081,
    0.003360551983667854,
    0.00013621607439232746,
    1.1143033791556743e-05,
    1.4838475473607391e-06,
    2.973598432479169e-07,
    8.87225351128584e-08,
    3.932602459703109e-08,
    2.1545177650836005e-08,
    7.553516470355896e-09,
    -6.729724111923548e-09,
    -1.3404241991980871e-08,
    -5.4685974495866e-09,
    7.540601378890834e-09,
    7.58022133915272e-09,
    -3.4857887470034955e-09,
    -6.188265090497361e-09,
    1.497880830187091e-09,
    3.881151253996067e-09,
    -5.562201990080394e-10,
    -1.7789375042917173e-09,
    1.4672236659214398e-10,
    5.181936971288284e-10,
    -1.9216763724933513e-11,
    -7.06893851181878e-11,
)
I1_NEAR = (
    0.044687709875608835,
    -0.06112433802966629,
    0.0680575999095116,
    -0.0684826062058255,
    0.0637674037134072,
    -0.05528003922705058,
    0.044674572621255064,
    -0.03367135551994034,
    0.023686016957724227,
    -0.01557130925657511,
    0.00958396215077406,
    -0.005534567760544582,
    0.003005762419557192,
    -0.0015388749636515487,
    0.000744512345281566,
    -0.0003411747437353928,
    0.00014842124144631648,
    -6.142651349494123e-05,
    2.4233756432468166e-05,
    -9.131846315273642e-06,
    3.2938951625746042e-06,
    -1.1380759138279984e-06,
    3.759400376008922e-07,
    -1.2000364861910367e-07,
    3.8028049651067336e-08,
    -1.1191257727176943e-08,
    2.6037822441041467e-09,
    -7.379291130374042e-10,
    3.727630409237771e-10,
    -9.365751909742237e-11,
)
I1_FAR = (
    0.38939845902587233,
    -0.009749577193235728,
    -0.00021923576383430274,
    -1.5038547201176271e-05,
    -1.8349101134666435e-06,
    -3.483855609009937e-07,
    -1.0001323461066435e-07,
    -4.312935369971356e-08,
    -2.337059627111857e-08,
    -8.426622829598154e-09,
    6.715795128085017e-09,
    1.4029693589852716e-08,
    6.040877342160988e-09,
    -7.630751970065577e-09,
    -8.044231276166508e-09,
    3.406636130196794e-09,
    6.4870195719816896e-09,
    -1.4171698018664596e-09,
    -4.047785403711858e-09,
    5.146498826087142e-10,
    1.8513716745511988e-09,
    -1.342266320082222e-10,
    -5.388285995923524e-10,
    1.7502497778701306e-11,
    7.347992441734663e-11,
)


def in_double(function):
    """Decorate a formula in float64 as one of any floating dtype."""

    @functools.wraps(function)
    def rounded(*operands):
        return function(*(x.astype(np.float64) for x in operands)).astype(operands[0].dtype)

    return rounded


def polynomial(coefficients, u):
    """The polynomial at `u`, by Horner's scheme."""
    total = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        total = total * u + c
    return total


# The error function.


def erf_near(x):
    """erf for |x| <= 1."""
    return x * polynomial(ERF, 2 * x * x - 1)


def erfc_positive(x):
    """erfc for x >= 0, to its smallest values."""
    x = np.minimum(x, 30.0)
    # exp(-x*x) loses digits as x grows: a square that is exact, and a small rest, keep them.
    head = x.astype(np.float32).astype(np.float64)
    gauss = np.exp(-head * head) * np.exp((head - x) * (head + x))
    return gauss * polynomial(ERFC, (x - 3.75) / (x + 3.75)) / (1 + 2 * x)


@in_double
def erf(x):
    """The error function."""
    size = np.abs(x)
    far = np.copysign(1 - erfc_positive(np.maximum(size, 1.0)), x)
    return np.where(size < 1, erf_near(np.minimum(np.maximum(x, -1.0), 1.0)), far)


@in_double
def erfc(x):
    """1 - erf(x), exact where that is small."""
    near = 1 - erf_near(np.minimum(np.maximum(x, -1.0), 1.0))
    tail = erfc_positive(np.maximum(np.abs(x), 0.5))
    return np.where(x >= 0.5, tail, np.where(x >= -1, near, 2 - tail))


def erfc_inverse(q, size):
    """The x >= 0 with erfc(x) = q and erf(x) = size, for q = 1 - size in [0, 1]."""
    # Winitzki's guess, within a few thousandths; each of Halley's steps triples its digits.
    log = -np.log(q * (2 - q))
    middle = 2 / (np.pi * 0.147) - log / 2
    x = np.sqrt(np.sqrt(middle * middle + log / 0.147) - middle)
    for _ in range(3):
        error = np.where(size < 0.5, erf_near(np.minimum(x, 1.0)) - size, q - erfc_positive(x))
        step = error * np.exp(x * x) * (np.sqrt(np.pi) / 2)
        x = x - step / (1 + x * step)
    return np.where(q > 0, x, np.where(q == 0, np.inf, np.nan))


@in_double
def erfinv(y):
    """The x with erf(x) = y."""
    size = np.abs(y)
    return np.copysign(erfc_inverse(1 - size, size), y)


@in_double
def erfcinv(q):
    """The x with erfc(x) = q."""
    small = np.where(q > 1, 2 - q, q)
    x = erfc_inverse(small, 1 - small)
    return np.where(q > 1, -x, x)


# The gamma function's logarithm and its derivatives.


@in_double
def lgamma(x):
    """log |gamma(x)|."""
    size = np.abs(x)
    result = np.where(
        size < 8, lgamma_near(np.minimum(size, 8.0)), lgamma_far(np.maximum(size, 8.0))
    )
    # gamma(x) gamma(-x) = -pi / (x sin(pi x)): the sine of what is left of the nearest integer.
    sine = np.abs(np.sin(np.pi * (size - np.rint(size))))
    reflected = np.log(np.pi / sine) - np.log(size) - result
    return np.where(x >= 0, result, np.where(np.isinf(x), x, reflected))


def lgamma_near(x):
    """log gamma(x) for 0 <= x <= 8, by way of [1, 2]."""
    below = x < 1
    steps = np.minimum(np.maximum(np.floor(x) - 1, 0.0), 6.0)
    above_one = np.where(below, x, x - (steps + 1))
    product = np.where(below, x, 1.0)
    for k in range(6):
        product = np.where(k < steps, product * (above_one + (k + 1)), product)
    within = above_one * (above_one - 1) * polynomial(LGAMMA, 2 * above_one - 1)
    log = np.log(product)
    return within + np.where(below, -log, log)


def lgamma_far(x):
    """log gamma(x) for x >= 8, by Stirling's series."""
    inverse = 1 / x
    series = inverse * polynomial(STIRLING, inverse * inverse)
    return (x - 0.5) * (np.log(x) - 1) + (HALF_LOG_TWO_PI - 0.5) + series


FACTORS = 22  # up to here gamma is a product, exact for whole numbers


@in_double
def gamma(x):
    """The gamma function."""
    size = np.abs(x)
    near = size < FACTORS
    value = np.where(
        near, gamma_near(np.where(near, size, 1.0)), gamma_far(np.where(near, 22.0, size))
    )
    nearest = np.rint(size)
    odd = nearest - 2 * np.floor(nearest / 2)
    sine = np.sin(np.pi * (size - nearest)) * (1 - 2 * odd)
    reflected = np.where(size == nearest, np.nan, -np.pi / sine / value / size)
    return np.where(x == 0, np.copysign(np.inf, x), np.where(x < 0, reflected, value))


def gamma_near(x):
    """gamma(x) for 0 <= x < 22, by way of [1, 2]."""
    below = x < 1
    steps = np.maximum(np.floor(x) - 1, 0.0)
    within = np.where(below, x, x - (steps + 1))
    product = np.where(below, 1 / x, 1.0)
    for k in range(FACTORS - 2):
        product = np.where(k < steps, product * (within + (k + 1)), product)
    return product * np.exp(within * (within - 1) * polynomial(LGAMMA, 2 * within - 1))


def gamma_far(x):
    """gamma(x) for x >= 22, by Stirling's series."""
    x = np.minimum(x, 200.0)  # beyond the greatest double
    half, inverse = x ** (x / 2 - 0.25), 1 / x
    series = np.exp(inverse * polynomial(STIRLING, inverse * inverse))
    return ROOT_TWO_PI * half * np.exp(-x) * half * series


@in_double
def zeta(s, a):
    """Hurwitz's zeta function, the sum of (a + k)**-s: by Euler's and Maclaurin's formula."""
    total = a**-s
    for k in range(1, ENOUGH):
        total = total + (a + k) ** -s
    y = a + ENOUGH
    power = y**-s
    total = total + power * y / (s - 1) + power / 2
    factor, term = s / 2, power / y
    for k, number in enumerate(BERNOULLI, 1):
        total = total + number * factor * term
        factor = factor * (s + (2 * k - 1)) * (s + 2 * k) / ((2 * k + 1) * (2 * k + 2))
        term = term / (y * y)
    inside = np.where(a > 0, total, np.where(a == 0, np.inf, np.nan))
    return np.where(s > 1, inside, np.where(s == 1, np.inf, np.nan))


@in_double
def zeta_slope(s, a):
    """The derivative of zeta(s, a) by s: its formula, differentiated term by term."""
    total = 0.0
    for k in range(ENOUGH):
        total = total - (a + k) ** -s * np.log(a + k)
    y = a + ENOUGH
    power, log = y**-s, np.log(y)
    total = total - power * y / (s - 1) * (log + 1 / (s - 1)) - power * log / 2
    factor, slope, term = s / 2, 0.5, power / y
    for k, number in enumerate(BERNOULLI, 1):
        total = total + number * (slope - factor * log) * term
        more = (s + (2 * k - 1)) * (s + 2 * k)
        slope = (slope * more + factor * (2 * s + (4 * k - 1))) / ((2 * k + 1) * (2 * k + 2))
        factor = factor * more / ((2 * k + 1) * (2 * k + 2))
        term = term / (y * y)
    return total


# Bessel's functions of imaginary arguments, scaled by exp(-|x|).


def scaled_bessel(near, far, x):
    """The two fits, for |x| up to 8 and from 8 on."""
    far_size = np.maximum(x, 8.0)
    close = polynomial(near, np.minimum(x, 8.0) / 4 - 1)
    return close, polynomial(far, 16 / far_size - 1) / np.sqrt(far_size)


@in_double
def i0e(x):
    """exp(-|x|) I0(x)."""
    size = np.abs(x)
    return np.where(size < 8, *scaled_bessel(I0_NEAR, I0_FAR, size))


@in_double
def i1e(x):
    """exp(-|x|) I1(x)."""
    size = np.abs(x)
    near, far = scaled_bessel(I1_NEAR, I1_FAR, size)
    return np.where(size < 8, x * near, np.copysign(far, x))
