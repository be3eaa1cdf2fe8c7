"""Gradients of loops, against JAX's gradients and against the forward pass by hand."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import algebra, sequences, stencils
from benchmarks.case import Race
from defn import grad, jit

# Race -> the argument whose gradient is taken.
WITH_RESPECT_TO = {
    "jacobi-1d": 1,
    "jacobi-2d": 1,
    "seidel-2d": 1,
    "heat-3d": 1,
    "fdtd-2d": 2,
    "adi": 1,
    "cavity-flow": 1,
    "cholesky": 0,
    "lu": 0,
    "gram-schmidt": 0,
    "triangular": 0,
    "durbin": 0,
    "thomas-2500": 3,
    "thomas-20000": 3,
    "floyd-warshall": 0,
    "bodies": 1,
    "deriche": 0,
}


def total(statement, library):
    """The sum of a statement's result, or of the first of several."""

    def summed(*arguments):
        result = statement(*arguments)
        return library.sum(result[0] if isinstance(result, tuple) else result)

    return summed


def slope(race):
    """The race for the gradient of the sum of another race's result."""
    argument = WITH_RESPECT_TO[race.name]
    statement = grad(total(race.statement, np), argnums=argument)
    peers = {
        "forward, numba": race.peers["numba"],
        "jax": jax.grad(total(race.peers["jax"], jnp), argument),
    }
    return race._replace(
        name=f"{race.name}-gradient",
        statement=statement,
        peers=peers,
        rtol=1e-6,
        atol=1e-8,
        reference=jit(statement, compiler="numpy"),
        unchecked=("forward, numba",),
    )


FORWARD: tuple[Race, ...] = (*stencils.CASES, *algebra.CASES, *sequences.CASES)
CASES = tuple(slope(race) for race in FORWARD if race.name in WITH_RESPECT_TO)
