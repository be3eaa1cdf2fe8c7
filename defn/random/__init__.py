"""Random numbers from keys, by JAX's names: `random.normal(random.key(42), (3,))`.

Nothing is hidden: the same key gives the same numbers, on every compiler and backend, and a key is
used once: `split` makes new ones. Keys, bits and numbers of one key are those of `jax.random` with
64-bit types on.
"""

from defn.random.binomial import binomial, multinomial
from defn.random.choosing import categorical, choice, permutation, shuffle
from defn.random.continuous import (
    cauchy,
    double_sided_maxwell,
    exponential,
    gumbel,
    laplace,
    logistic,
    lognormal,
    maxwell,
    normal,
    pareto,
    rayleigh,
    triangular,
    truncated_normal,
    wald,
    weibull_min,
)
from defn.random.counts import geometric, poisson
from defn.random.gamma import beta, chisquare, dirichlet, f, gamma, generalized_normal, loggamma, t
from defn.random.keys import bits, fold_in, key, split
from defn.random.uniform import bernoulli, rademacher, randint, uniform
from defn.random.vectors import ball, multivariate_normal, orthogonal

__all__ = [
    "ball", "bernoulli", "beta", "binomial", "bits", "categorical", "cauchy", "chisquare", "choice",
    "dirichlet",
    "double_sided_maxwell", "exponential", "f", "fold_in", "gamma", "generalized_normal",
    "geometric", "gumbel",
    "key", "laplace", "loggamma", "logistic", "lognormal", "maxwell", "multinomial",
    "multivariate_normal",
    "normal", "orthogonal",
    "pareto", "permutation", "poisson", "rademacher", "randint", "rayleigh", "shuffle", "split",
    "t", "triangular",
    "truncated_normal", "uniform", "wald", "weibull_min",
]  # fmt: skip
