"""The normal distribution, and what belongs to it, by the polynomials of the error function."""

from __future__ import annotations

import math

import numpy as np

from defn.ops.approximations import ERFC, erf_near, in_double, polynomial

ROOT_TWO = math.sqrt(2)

# Dawson's function over x, in x * x up to 9 and up to 36; then times x, in its inverse.
DAWSN_NEAR = (
    0.1310556263889567,
    -0.1552781319447835,
    0.17095923645919792,
    -0.1659876871542871,
    0.13964623329197556,
    -0.10197430148668132,
    0.0652224941755122,
    -0.03693758274888355,
    0.018718721149281914,
    -0.008569361394909119,
    0.003573681438050378,
    -0.0013675541266169441,
    0.0004832749518603893,
    -0.00015859078735414473,
    4.856409770592128e-05,
    -1.3937350068292178e-05,
    3.7629631318222217e-06,
    -9.58976181880847e-07,
    2.3144443858566764e-07,
    -5.313314181781086e-08,
    1.1585414250354117e-08,
    -2.350455531811878e-09,
    4.694682090997492e-10,
    -1.1154374602420818e-10,
    2.009919913658476e-11,
)
DAWSN_MIDDLE = (
    0.022753352439379444,
    -0.013996263663436316,
    0.008622020997254754,
    -0.005320193094996147,
    0.003289160551042548,
    -0.002038167371460706,
    0.0012665018962402747,
    -0.0007897110414111687,
    0.0004945166720976349,
    -0.00031126117658028394,
    0.0001970629681758145,
    -0.0001255120083252896,
    8.03528038864189e-05,
    -5.1596568315293045e-05,
    3.311688312841442e-05,
    -2.115293153659897e-05,
    1.3375191006730663e-05,
    -8.32518383581225e-06,
    5.088140334448462e-06,
    -3.054096147832649e-06,
    1.7728775164791458e-06,
    -9.733855738610248e-07,
    5.389650277369631e-07,
    -3.2402436441162065e-07,
    1.6219579638334584e-07,
    -4.619183922665257e-08,
    2.5888089414684992e-08,
    -3.529420326034974e-08,
    1.4414448861159888e-08,
    3.923845331415985e-09,
    -1.2170840271283437e-09,
    -2.24570018245922e-09,
    8.499637055430761e-10,
)
DAWSN_FAR = (
    0.5035472022911592,
    0.0036249638178872854,
    8.069209879325345e-05,
    3.090313906576638e-06,
    1.7132847632677254e-07,
    1.2651896814883725e-08,
    1.1855723005000106e-09,
    1.3665910331463335e-10,
    1.899933326400892e-11,
    3.137021585840106e-12,
    5.721915997835418e-13,
    1.2431183510934024e-13,
    5.888653815748946e-14,
    2.044269180748688e-14,
)


def scaled_erfc(x):
    """exp(x * x) erfc(x) for x >= 0."""
    return polynomial(ERFC, 1 - 7.5 / (x + 3.75)) / (1 + 2 * x)


def gauss(x, divisor):
    """exp(-x * x / divisor) with all digits, for x from 0 to 40."""
    # A square that is exact, and a small rest, keep what exp(-x * x) loses as x grows.
    head = x.astype(np.float32).astype(np.float64)
    return np.exp(-head * head / divisor) * np.exp((head - x) * (head + x) / divisor)


@in_double
def erfcx(x):
    """exp(x * x) erfc(x), of one scale on the right."""
    size = np.abs(x)
    right = scaled_erfc(size)
    near = (x < 0.5) & (x > -1)
    within = np.where(near, x, 0.0)
    held = np.minimum(np.where(x < 0, size, 0.0), 27.0)
    left = 2 / gauss(held, 1) - right
    close = np.exp(within * within) * (1 - erf_near(within))
    result = np.where(near, close, np.where(x < 0, np.where(size < 27, left, np.inf), right))
    return np.where(np.isnan(x), x, result)


@in_double
def ndtr(x):
    """The probability of a normal variable below x."""
    size = np.minimum(np.abs(x), 40.0)
    tail = 0.5 * gauss(size, 2) * scaled_erfc(size / ROOT_TWO)
    near = 0.5 + 0.5 * erf_near(np.minimum(np.maximum(x, -1.0), 1.0) / ROOT_TWO)
    return np.where(size < 0.7, near, np.where(x < 0, tail, 1 - tail))


@in_double
def log_ndtr(x):
    """The logarithm of ndtr(x), also where that is too small for a float."""
    below = np.where(x < -1, x, -1.0)
    far = np.log(scaled_erfc(-below / ROOT_TWO) / 2) - below * (below / 2)
    size = np.minimum(np.abs(x), 40.0)
    tail = 0.5 * gauss(size, 2) * scaled_erfc(size / ROOT_TWO)
    near = np.log1p(
        -np.where(
            x < 0, 0.5 - 0.5 * erf_near(np.maximum(np.minimum(x, 0.0), -1.0) / ROOT_TWO), tail
        )
    )
    return np.where(x < -1, far, near)


@in_double
def dawsn(x):
    """exp(-x * x) times the integral of exp(t * t) over t from 0 to x."""
    size = np.abs(x)
    square = np.minimum(size, 6.0) ** 2
    near = size * polynomial(DAWSN_NEAR, np.minimum(square, 9.0) / 4.5 - 1)
    middle = size * polynomial(DAWSN_MIDDLE, (np.maximum(square, 9.0) - 22.5) / 13.5)
    inverse = 1 / np.maximum(size, 6.0)
    far = inverse * polynomial(DAWSN_FAR, 72 * inverse * inverse - 1)
    return np.copysign(np.where(size < 3, near, np.where(size < 6, middle, far)), x)
