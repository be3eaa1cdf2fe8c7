"""Exponential integrals and the dilogarithm, by polynomials on pieces of the line."""

from __future__ import annotations

import math

import numpy as np

from defn.ops.approximations import in_double, polynomial
from defn.ops.incomplete import gamma_tail
from defn.ops.psi import digamma

EULER = 0.5772156649015329
SIXTH = math.pi * math.pi / 6
EXPI_ROOT = (0.3725074107813666, 1.3140183414386028e-17)
TERMS = 22  # of a power series for arguments up to 1

# x exp(x) exp1(x), as a function of (x - 3) / (x + 3).
EXP1_FAR = (
    0.852110881423661,
    0.1802644616671457,
    -0.04516805055284172,
    0.017605114271022217,
    -0.006953270512551901,
    0.0030822766203146327,
    -0.001389415975143495,
    0.0006605605029965673,
    -0.00031817327055312606,
    0.00015805233390398348,
    -7.92826926540151e-05,
    4.058468488209147e-05,
    -2.0926021302866696e-05,
    1.0948435185882011e-05,
    -5.771376090062129e-06,
    3.0705522377062774e-06,
    -1.602482649317291e-06,
    8.624511867467423e-07,
    -5.615649708263857e-07,
    3.0824612536011807e-07,
    7.001046166080541e-09,
    -7.356574086092295e-09,
    -2.3263055193511527e-07,
    1.3242952839052516e-07,
    1.5806363550984605e-07,
    -9.073755989888762e-08,
    -1.0890140864065217e-07,
    6.230024275029219e-08,
    3.8497242943275856e-08,
    -2.20439406707379e-08,
    -7.84327068970542e-09,
    4.481705602259654e-09,
)

# What expi(x) has beside log(x / root), over x - root; then x exp(-x) expi(x) as functions of 1 / x.
EXPI_NEAR = (
    2.986772243435986,
    3.8535675550242976,
    3.434770585137441,
    2.3217200962908175,
    1.2664576815080513,
    0.5800776053968251,
    0.22925545808417094,
    0.07974156050349365,
    0.024780457940862928,
    0.006961836119633811,
    0.001785125450887397,
    0.0004210738004950217,
    9.197224049461442e-05,
    1.870688551744826e-05,
    3.560404460916248e-06,
    6.368735998760581e-07,
    1.0742505868458603e-07,
    1.7060220113266324e-08,
    2.5866726858859605e-09,
    4.115968665316195e-10,
    5.614405084140444e-11,
)
EXPI_MIDDLE = (
    1.181847986987208,
    0.09097863630348528,
    0.010157308753613169,
    -0.0033533886601655773,
    -0.0011258914510850566,
    0.0003731384221343513,
    4.205947059677954e-05,
    -4.5551152988831e-05,
    9.196643086907603e-06,
    1.4333368877769822e-06,
    -1.4452411705136022e-06,
    4.2453512090096565e-07,
    -2.964346587751564e-08,
    -3.0571547379374253e-08,
    1.6823918463470673e-08,
    -4.7514566018464026e-09,
    5.79293752508163e-10,
    2.741112525715125e-10,
    -2.238352557736048e-10,
    5.582011186384436e-11,
)
EXPI_FAR = (
    1.0667421963602632,
    0.03317560339039316,
    0.0025762697929025153,
    0.00040672065418415634,
    8.710313740300588e-05,
    1.0313994786344088e-06,
    -1.287956001549778e-05,
    -3.429201957041976e-06,
    1.6762716151059865e-06,
    5.712565645360806e-07,
    -3.225721552733437e-07,
    -4.685658982058177e-08,
    6.414096932045531e-08,
    -8.78114590673608e-09,
    -8.357894519807226e-09,
    4.481615274458771e-09,
    -1.272322247957446e-10,
    -8.394348534803679e-10,
    2.965079352154246e-10,
    6.484369881189101e-11,
    -4.355648813343437e-11,
)
EXPI_LAST = (
    1.0172520236887972,
    0.01786939763903476,
    0.000651820868087418,
    3.7117488906327346e-05,
    2.941077052325996e-06,
    3.0499488318059723e-07,
    3.989300823458182e-08,
    6.428491043981411e-09,
    1.2585096767519627e-09,
    2.9966740832802733e-10,
    8.367544651724043e-11,
    2.2777098888843292e-11,
    1.297212025939385e-11,
    1.5072130990290142e-11,
    5.3845088302071635e-12,
    -3.404258534371434e-12,
    -2.0592428197491597e-12,
)

# The dilogarithm of z over z, for z from -1 to 1/2.
DILOGARITHM = (
    0.9436011907450538,
    0.15308095646464445,
    0.04265894573815757,
    0.014808989902908439,
    0.005799313257766523,
    0.0024515642915578,
    0.001092754167243474,
    0.0005064201004289951,
    0.00024180264053038717,
    0.00011821426467803275,
    5.891178717711524e-05,
    2.982675950509666e-05,
    1.5304856199709796e-05,
    7.95085333941341e-06,
    4.167737516284178e-06,
    2.1752316862350803e-06,
    1.1577325627793621e-06,
    6.968852465738541e-07,
    3.780346420253914e-07,
    5.5737355173773516e-08,
    2.7189202172753423e-08,
    2.280537204798885e-07,
    1.288448045474768e-07,
    -1.4786344480035982e-07,
    -8.451133406262115e-08,
    1.1063040906127478e-07,
    6.29481767977826e-08,
    -4.022607952886757e-08,
    -2.2917935228387412e-08,
    8.667000464298485e-09,
    4.92730520039231e-09,
)


def exp1_series(x):
    """exp1(x) for 0 < x <= 1."""
    total, term = 0.0, -1.0
    for k in range(1, TERMS):
        term = term * x / -k
        total = total + term / k
    return total - (EULER + np.log(x))


@in_double
def exp1(x):
    """The integral of exp(-t) / t over t from x on, for x >= 0."""
    near = x <= 1
    far = np.where(near, 2.0, np.minimum(x, 800.0))
    tail = np.exp(-far) / far * polynomial(EXP1_FAR, 2 * ((far - 3) / (far + 3) + 0.5) / 1.5 - 1)
    result = np.where(near, exp1_series(np.where(near, np.maximum(x, 0.0), 1.0)), tail)
    return np.where(x < 0, np.nan, np.where(np.isnan(x), x, result))


@in_double
def expn(n, x):
    """The integral of exp(-x t) / t**n over t from 1 on, for whole n >= 0 and x >= 0."""
    whole = (n >= 0) & (n == np.rint(n)) & (x >= 0)
    order, place = np.where(whole & (n > 0), n, 1.0), np.where(whole & (x > 0), x, 1.0)
    near = place < 1
    small, beyond = np.where(near, place, 0.5), np.where(near, 1.0, np.minimum(place, 800.0))
    tail = np.exp(-beyond) * gamma_tail(1 - order, beyond, np.where(near, 1.0, 1.0))
    result = np.where(near, expn_series(order, small), tail)
    result = np.where(n == 0, np.exp(-place) / place, result)
    at_zero = np.where(n > 1, 1 / np.where(n > 1, n - 1, 1.0), np.inf)
    result = np.where(x == 0, at_zero, np.where(x == np.inf, 0.0, result))
    return np.where(whole, result, np.nan)


def expn_series(n, x):
    """expn(n, x) for n >= 1 and 0 < x < 1."""
    total, term, power = 0.0, 1.0, np.where(n == 1, 1.0, 0.0)
    for k in range(1, TERMS + 1):
        lacking = n - k
        total = total + np.where(lacking == 0, 0.0, term / np.where(lacking == 0, 1.0, lacking))
        term = term * x / -k
        power = np.where(n == k + 1, term, power)
    return power * (digamma(n) - np.log(x)) + total


@in_double
def expi(x):
    """The principal value of the integral of exp(t) / t over t up to x, for x >= 0."""
    head, tail = EXPI_ROOT
    near = x < 6
    within = np.where(near, np.maximum(x, 0.0), 1.0)
    past = (within - head) - tail
    small = within < 0.1
    log = np.where(small, np.log(within / head), np.log1p(past / head))
    close = log + past * polynomial(EXPI_NEAR, within / 3 - 1)
    beyond = np.where(near, 6.0, np.minimum(x, 1500.0))
    y = 1 / beyond
    middle = polynomial(EXPI_MIDDLE, (y - 1 / 8) * 24)
    far = polynomial(EXPI_FAR, (y - 7 / 120) * 40)
    last = polynomial(EXPI_LAST, y * 60 - 1)
    scaled = np.where(y > 1 / 12, middle, np.where(y > 1 / 30, far, last))
    half = np.exp(beyond / 2)  # of twice the range
    result = np.where(near, close, half / beyond * scaled * half)
    return np.where(x < 0, np.nan, np.where(np.isnan(x), x, result))


@in_double
def spence(x):
    """The dilogarithm of 1 - x, for x >= 0."""
    z = 1 - x
    upper, lower = x < 0.5, x > 2
    inside = np.where(upper, x, np.where(lower, 1 / np.where(lower, z, 1.0), z))
    near = inside * polynomial(DILOGARITHM, (4 * inside + 1) / 3)
    product = np.log(np.where(upper & (x > 0), x, 1.0)) * np.log1p(np.where(upper, -x, 0.0))
    log = np.log(np.where(lower, -z, 1.0))
    above = SIXTH - product - near
    below = -SIXTH - log * log / 2 - near
    result = np.where(upper, above, np.where(lower, below, near))
    return np.where((x < 0) | (x == np.inf), np.nan, np.where(np.isnan(x), x, result))
