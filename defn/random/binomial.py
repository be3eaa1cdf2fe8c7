"""How many of some trials succeed, and how they fall into classes.

Where few successes are expected, the trials between them are drawn; else Hörmann's way: "The
generation of binomial random variates", Journal of Statistical Computation and Simulation 46, 1993.
"""

from __future__ import annotations

import numpy as np

from defn.control import while_loop
from defn.errors import ShapeError
from defn.numpy.composite import filled, select, settled
from defn.numpy.parts import element, moved, stacked
from defn.numpy.shapes import sizes_of
from defn.random.continuous import demand_real
from defn.random.keys import demand_key, parted, split
from defn.random.uniform import FLOAT, drawn_shape, floating, unit
from defn.tensor import asarray, astype, broadcast_to
from defn.types import INT64, promote

FEW = 10.0  # expected successes, up to which the trials between them are drawn
# What Stirling's formula lacks of log(k!), for k up to 9.
TAILS = (
    0.0810614667953272,
    0.0413406959554092,
    0.0276779256849983,
    0.02079067210376509,
    0.0166446911898211,
    0.0138761288230707,
    0.0118967099458917,
    0.0104112652619720,
    0.00925546218271273,
    0.00833056343336287,
)


def binomial(key, n, p, shape=None, dtype=FLOAT):
    """How many of `n` trials succeed, each with probability `p`; as floats.

    >>> from defn import random
    >>> binomial(random.key(0), 10, 0.5, (4,)).tolist()
    [4.0, 7.0, 6.0, 6.0]
    """
    dtype, p = floating(dtype, "binomial"), demand_real(p, "a probability")
    n = astype(demand_real(n, "a number of trials"), p.dtype)
    shape = drawn_shape("binomial", shape, n, p)
    n, p = (broadcast_to(v, shape) for v in (n, p))
    return settled(successes(demand_key(key), n, p, dtype), dtype)


def successes(key, n, p, dtype):
    """The same, of parameters of one shape: drawn for the rarer of both outcomes."""
    rare = p < 0.5
    q = select(rare, p, 1 - p)
    wrong, missing = np.isnan(n) | (n < 0), np.isnan(q) | (q < 0)
    q = select(missing, filled(q, 0.01), q)
    few = wrong | (n * q <= FEW)
    endless, n = np.isinf(n), np.floor(n)
    counted = between_successes(key, select(few, n, filled(n, 0)), q)
    aside = few | endless
    tried = rejecting(key, select(aside, filled(n, 1e4), n), select(aside, filled(q, 0.5), q))
    found = select(few, counted, tried)
    found = select(wrong | missing, filled(found, np.nan), found)
    found = astype(select(endless & ~(wrong | missing), filled(found, np.inf), found), dtype)
    return select(rare | wrong | missing | endless, found, astype(n, dtype) - found)


def between_successes(key, n, p):
    """How many successes come before the trials between them are used up."""
    logarithm = np.log1p(-p)

    def again(state):
        key, count, trials = state
        used, key = parted(key)
        count = select(trials <= n, count + 1, count)
        return key, count, trials + np.ceil(np.log(unit(used, n.shape, n.dtype)) / logarithm)

    start = (key, filled(n, 0), filled(n, 0))
    return while_loop(lambda state: np.any(state[2] <= n), again, start)[1] - 1


def rejecting(key, n, p):
    """Rejection from a transformed uniform variable."""
    deviation, odds = np.sqrt(n * p * (1 - p)), p / (1 - p)
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    centre, likely, alpha = n * p + 0.5, 0.92 - 4.2 / b, (2.83 + 5.1 / b) * deviation
    mode = np.floor((n + 1) * p)

    def again(state):
        key, count, done = state
        key, one, other = parted(key, 3)
        u, v = unit(one, n.shape, n.dtype) - 0.5, unit(other, n.shape, n.dtype)
        inside = 0.5 - abs(u)
        k = np.floor((2 * a / inside + b) * u + centre)
        height = np.log(v * alpha / (a / (inside * inside) + b))
        refused = (k < 0) | (k > n)
        taken = ((inside >= 0.07) & (v <= likely)) | (
            ~refused & (height <= bound(n, k, mode, odds))
        )
        return key, select(taken, k, count), done | taken

    start = (key, filled(n, -1), filled(n, False, np.dtype(bool)))
    return while_loop(lambda state: np.any(~state[2]), again, start)[1]


def bound(n, k, mode, odds):
    """The logarithm of how likely k successes are, beside the likeliest number."""
    above = n - mode + 1
    return (
        (mode + 0.5) * np.log((mode + 1) / (odds * above))
        + (n + 1) * np.log(above / (n - k + 1))
        + (k + 0.5) * np.log(odds * (n - k + 1) / (k + 1))
        + stirling_tail(mode)
        + stirling_tail(n - mode)
        - stirling_tail(k)
        - stirling_tail(n - k)
    )


def stirling_tail(k):
    """What Stirling's formula lacks of the logarithm of k!."""
    held = np.clip(k, 0.0, 9.0)
    square = (held + 1) * (held + 1)
    series = (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (held + 1)
    table = asarray(TAILS, k.dtype)
    return select(k <= 9, np.take(table, astype(np.floor(held), INT64)), series)


def multinomial(key, n, p, *, shape=None, dtype=FLOAT):
    """How many of `n` trials come out each way; the last axis of `p` has the ways' probabilities.

    >>> from defn import random
    >>> multinomial(random.key(0), 10, [0.2, 0.3, 0.5]).sum().item()
    10.0
    """
    dtype, n, p = floating(dtype, "multinomial"), demand_real(n, "a number"), asarray(p)
    p = demand_real(p, "a probability")
    if not p.ndim:
        raise ShapeError("multinomial takes probabilities along an axis, it got a single number")
    together = promote(n.dtype, p.dtype)
    shape = p.shape if shape is None else sizes_of(shape)
    rest = broadcast_to(astype(n, together), shape[:-1])
    ways = moved(broadcast_to(astype(p, together), shape), -1, 0)
    keys, counts = split(demand_key(key), shape[-1]), []
    left = np.flip(np.cumsum(np.flip(ways, 0), 0), 0)
    ratios = np.clip(ways / select(left == 0, filled(left, 1), left), 0, 1)
    for k in range(shape[-1]):
        drawn = successes(element(keys, 0, k), rest, element(ratios, 0, k), together)
        counts.append(drawn)
        rest = rest - drawn
    return settled(moved(stacked(counts, 0), 0, -1), dtype)
