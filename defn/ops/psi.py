"""Digamma, the derivative of the gamma function's logarithm: around its zeros by how far they are.

A formula that adds numbers which cancel has no digits left at a zero; a difference to the value
there, which is nothing, keeps them all. `tools/fit_special.py` made the numbers.
"""

from __future__ import annotations

import numpy as np

from defn.ops.approximations import BERNOULLI, ENOUGH, in_double, polynomial

SERIES = tuple(b / (2 * k) for k, b in enumerate(BERNOULLI, 1))  # asymptotic, in 1 / x**2
ROOT = (1.4616321449683622, 9.549995429965697e-17)
# Its zero in each interval between poles below zero, as a number and what that lacks, and pi over
# the size of the sine of pi times it.
ROOTS = (
    (-0.5040830082644554, -8.15428206243813e-18, 3.141851123454259),
    (-1.5734984731623904, -1.574185691077347e-17, 3.227242697072363),
    (-2.6107208684441447, 9.881960746978353e-17, 3.3417244345721966),
    (-3.635293366436901, 5.454396163173039e-17, 3.4484206296467317),
    (-4.653237761743142, -2.5492686201468193e-16, 3.5444448939260167),
    (-5.6671624415568855, -3.2153051074948335e-18, 3.630868139165468),
    (-6.678418213073427, 3.470798723495241e-16, 3.709168988099669),
    (-7.687788325031626, -1.351562494643672e-16, 3.7806510952253163),
    (-8.695764163816401, -3.2859903716289447e-16, 3.846375823567905),
    (-9.702672540001863, -3.2563178405401477e-16, 3.907193684148891),
)
NEAR = (
    0.9510558760318328,
    -0.2118137106407303,
    0.060135621060196744,
    -0.018550615381735115,
    0.005936795278305649,
    -0.0019350666648590097,
    0.0006368880303257201,
    -0.00021074841140458636,
    6.995018873950506e-05,
    -2.325824239445257e-05,
    7.741232223504057e-06,
    -2.57809436305308e-06,
    8.589127353033379e-07,
    -2.86315275846934e-07,
    9.542050972688906e-08,
    -3.163020268955334e-08,
    1.0542687624027994e-08,
    -3.7075072647122386e-09,
    1.2358072433984831e-09,
    -2.7619635330317715e-10,
    9.206434499177992e-11,
    -8.498137230186096e-11,
    2.832706668021759e-11,
)


@in_double
def digamma(x):
    """The derivative of log gamma; near its zeros above -10 as exact as elsewhere."""
    negative = x < 0
    y = np.where(negative, 1 - x, x)
    result = np.where(y < 3, near(np.minimum(y, 3.0)), far(np.maximum(y, 3.0)))
    rest = x - np.rint(x)
    reflected = np.where(x > -len(ROOTS), between_poles(x), result - np.pi / np.tan(np.pi * rest))
    below = np.where(rest == 0, np.nan, reflected)
    return np.where(x == 0, np.copysign(np.inf, -x), np.where(negative, below, result))


def near(x):
    """digamma for 0 <= x <= 3, by way of [1, 2]."""
    below, above = x < 1, x >= 2
    within = np.where(below, x + 1, np.where(above, x - 1, x))
    head, tail = ROOT
    around_root = ((within - head) - tail) * polynomial(NEAR, 2 * within - 3)
    return around_root + np.where(below, -1 / x, np.where(above, 1 / within, 0.0))


def far(x):
    """digamma for x >= 3, by its asymptotic series at a greater argument."""
    shift = np.where(x > 0, 0.0, 0.0)
    for _ in range(ENOUGH - 3):
        early = x < ENOUGH
        shift, x = np.where(early, shift + 1 / x, shift), np.where(early, x + 1, x)
    square = 1 / (x * x)
    return np.log(x) - 0.5 / x - square * polynomial(SERIES, square) - shift


def between_poles(x):
    """digamma for -10 < x < 0: the differences of both terms of its reflection to those at the root."""
    held = np.minimum(np.maximum(x, -float(len(ROOTS))), 0.0)
    head, tail, scale = root_beside(held)
    off = (held - head) - tail
    sine = np.abs(np.sin(np.pi * (held - np.rint(held))))
    return scale * np.sin(np.pi * off) / sine + difference(1 - held, 1 - head, off)


def root_beside(x):
    """The zero between the same poles, what its number lacks, and its scale."""
    found = [np.where(x < 0, value, value) for value in ROOTS[0]]
    for k, root in enumerate(ROOTS[1:], 1):
        found = [np.where(x < -k, value, before) for value, before in zip(root, found)]
    return found


def difference(x, y, off):
    """digamma(x) - digamma(y) for x, y >= 1, of which `off` is y - x with all digits."""
    steps = ENOUGH - 1
    total = sum(three_inverses(x + k, y + k) for k in range(0, steps, 3))
    x, y = x + steps, y + steps
    u, v = 1 / (x * x), 1 / (y * y)
    # The difference quotient of u times the series, beside u - v = off * (x + y) * u * v.
    value, quotient = SERIES[-1], 0.0
    for c in (*reversed(SERIES[:-1]), 0.0):
        value, quotient = value * v + c, quotient * u + value
    last = 0.5 / (x * y) + (x + y) * u * v * quotient
    return np.log1p(-off / y) - off * (total + last)


def three_inverses(x, y):
    """The sum of 1 / (x * y), for these and the next two numbers, by one division."""
    first, second, third = x * y, (x + 1) * (y + 1), (x + 2) * (y + 2)
    pair = first * second
    return (pair + (first + second) * third) / (pair * third)
