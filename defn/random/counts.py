"""Distributions of counts."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.control import while_loop
from defn.numpy.composite import filled, select, settled
from defn.random.continuous import demand_real
from defn.random.keys import demand_key, parted
from defn.random.uniform import drawn_shape, unit
from defn.tensor import apply, astype, broadcast_to
from defn.types import FLOAT32, INT64, as_dtype

FEW = 10  # a rate below which events are counted one by one


def poisson(key, lam, shape=None, dtype=INT64):
    """How many events there are in a unit of time, where `lam` are expected.

    >>> from defn import random
    >>> poisson(random.key(0), 3.0, (4,)).tolist()
    [0, 0, 4, 4]
    """
    lam = demand_real(lam, "a rate")
    shape, key = drawn_shape("poisson", shape, lam), demand_key(key)
    lam = astype(broadcast_to(lam, shape), FLOAT32)
    few = np.isnan(lam) | (lam < FEW)
    counted = one_by_one(key, select(few, lam, filled(lam, 0)))
    estimated = rejecting(key, select(few, filled(lam, 1e5), lam))
    found = select(few, counted, estimated)
    return settled(select(lam == 0, filled(lam, 0), found), as_dtype(dtype))


def one_by_one(key, lam):
    """Knuth's way: how many equally likely factors it takes to come below `exp(-lam)`."""

    def again(state):
        key, count, logarithm = state
        key, used = parted(key)
        count = select(logarithm > -lam, count + 1, count)
        return key, count, logarithm + np.log(unit(used, lam.shape, FLOAT32))

    start = (key, filled(lam, 0), filled(lam, 0))
    return while_loop(lambda state: np.any(state[2] > -lam), again, start)[1] - 1


def rejecting(key, lam):
    """Hörmann's way: "The transformed rejection method for generating Poisson random variables",
    1993.
    """
    log_lam = np.log(lam)
    b = 0.931 + 2.53 * np.sqrt(lam)
    a = -0.059 + 0.02483 * b
    inverse = 1.1239 + 1.1328 / (b - 3.4)
    likely = 0.9277 - 3.6224 / (b - 2)

    def again(state):
        key, count, done = state
        key, one, other = parted(key, 3)
        u, v = unit(one, lam.shape, FLOAT32) - 0.5, unit(other, lam.shape, FLOAT32)
        inside = 0.5 - abs(u)
        k = np.floor((2 * a / inside + b) * u + lam + 0.43)
        height = np.log(v * inverse / (a / (inside * inside) + b))
        wanted = -lam + k * log_lam - apply(ops.lgamma, k + 1)
        refused = (k < 0) | ((inside < 0.013) & (v > inside))
        taken = ((inside >= 0.07) & (v <= likely)) | (~refused & (height <= wanted))
        return key, select(taken, k, count), done | taken

    start = (key, filled(lam, -1), filled(lam, False, np.dtype(bool)))
    return while_loop(lambda state: np.any(~state[2]), again, start)[1]


def geometric(key, p, shape=None, dtype=INT64):
    """How many trials it takes until one of probability `p` succeeds.

    >>> from defn import random
    >>> geometric(random.key(0), 0.5, (4,)).tolist()
    [2, 3, 1, 1]
    """
    p = demand_real(p, "a probability")
    shape = drawn_shape("geometric", shape, p)
    drawn = unit(demand_key(key), shape, p.dtype)
    drawn = select(drawn == 0, filled(drawn, 1), drawn)
    return settled(np.floor(np.log(drawn) / np.log1p(-p)) + 1, as_dtype(dtype))
