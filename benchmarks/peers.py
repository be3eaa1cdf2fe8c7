"""How each peer is called.

Every `prepare(version, arguments)` takes the peer's version of a statement and NumPy arguments, and
returns a function of no arguments that gives the finished result.
"""

import importlib
import importlib.util

import jax
import numexpr
import numpy as np

from defn import jit


def numpy_call(statement, arguments):
    return lambda: statement(*arguments)


def defn_call(compiler):
    """The statement under a compiler of defn, NumPy in and NumPy out."""

    def prepare(statement, arguments):
        function = jit(statement, compiler=compiler)
        return lambda: function(*arguments)

    return prepare


def defn_traced(statement, arguments):
    """The statement under defn on Numba, compiled for these arguments and not yet called."""
    function = jit(statement, compiler="numba")
    function.trace(*arguments)
    return lambda: function(*arguments)


def counts(arguments):
    """Where the plain integers are: JAX takes them as static, so that its loops have gradients."""
    return tuple(i for i, argument in enumerate(arguments) if isinstance(argument, int))


def jax_call(version, arguments):
    """jax.jit with JAX arrays in and out: no conversion is on the clock."""
    static = counts(arguments)
    with jax.enable_x64(True):
        placed = [a if i in static else jax.device_put(a) for i, a in enumerate(arguments)]
        compiled = jax.jit(version, static_argnums=static).lower(*placed).compile()
    arrays = [a for i, a in enumerate(placed) if i not in static]
    return lambda: jax.block_until_ready(compiled(*arrays))


def jax_numpy_call(version, arguments):
    """jax.jit with NumPy arrays in and out, as defn is called."""
    function = jax.jit(version, static_argnums=counts(arguments))
    if all(np.result_type(argument).itemsize < 8 for argument in arguments):
        return lambda: jax.tree.map(np.asarray, function(*arguments))

    def call():
        with jax.enable_x64(True):
            return jax.tree.map(np.asarray, function(*arguments))

    return call


def numba_call(version, arguments):
    return lambda: version(*arguments)


def numexpr_call(expression, arguments):
    """An expression over the names a, b, c, ... of the arguments."""
    names = dict(zip("abcdefgh", arguments))
    return lambda: numexpr.evaluate(expression, local_dict=names)


PREPARE = {
    "jax": jax_call,
    "jax, NumPy arrays": jax_numpy_call,
    "numba": numba_call,
    "numba parallel": numba_call,
    "numexpr": numexpr_call,
    "forward, numba": numba_call,
    "NumPy by hand": numpy_call,
}
# Peers that run the statement itself, where they are installed: package -> module, function.
OPTIONAL = {
    "pytensor": ("benchmarks.pytensor_peer", "pytensor_call"),
    "torch": ("benchmarks.torch_peer", "torch_call"),
}
OURS = {"defn numba": defn_call("numba"), "defn xla": defn_call("xla"), "NumPy": numpy_call}


def optional(race):
    """Name -> (prepare, version) of the optional peers that are here and can run this race."""
    version = race.slopes or (race.statement if race.reference is None else None)
    if version is None or race.in_place:
        return
    for package, (module, function) in OPTIONAL.items():
        if importlib.util.find_spec(package):
            yield package, getattr(importlib.import_module(module), function), version


def versions(race):
    """Name -> (prepare, version) of everything that runs this race, ours first."""
    for name, prepare in OURS.items():
        if name != "NumPy" or race.reference is None:
            yield name, prepare, race.statement
    for peer, version in race.peers.items():
        yield peer, PREPARE[peer], version
        if peer == "jax" and not race.in_place:
            yield "jax, NumPy arrays", jax_numpy_call, version
    yield from optional(race)
