"""`defn.numpy` with every call compiled by one compiler: a namespace for conformance suites.

`DEFN_JITTED` names the compiler. What only asks types, or brings values in, and what has results
whose sizes depend on values, is as it is in `defn.numpy`.
"""

from __future__ import annotations

import functools
import os
import sys
import types

import numpy as np

import defn
import defn.numpy as eager
from defn import pytree

COMPILER = os.environ.get("DEFN_JITTED", "numba")
AS_THEY_ARE = """
__array_namespace_info__ asarray broadcast_shapes can_cast finfo from_dlpack iinfo isdtype nonzero
promote_types result_type unique_all unique_counts unique_inverse unique_values
""".split()


def is_tensor(value):
    return type(value) is defn.Tensor


def jitted(function):
    """The function compiled, its tensors as arguments and all else as part of its source."""

    @functools.wraps(function)
    def call(*arguments, **settings):
        leaves, structure = pytree.flatten((arguments, settings))
        places = [k for k, leaf in enumerate(leaves) if is_tensor(leaf)]

        def compiled(*tensors):
            given = list(leaves)
            for place, tensor in zip(places, tensors):
                given[place] = tensor
            inner, named = pytree.unflatten(structure, given)
            return function(*inner, **named)

        run = defn.jit(compiled, compiler=COMPILER)
        return pytree.map(as_tensor, run(*(leaves[k] for k in places)))

    return call


def as_tensor(value):
    return eager.asarray(value) if isinstance(value, np.ndarray | np.generic) else value


def jitted_module(module):
    """The module's functions compiled, its other names as they are."""
    made = types.ModuleType(f"{module.__name__}, jitted")
    made.__dict__.update(wrapped_names(module))
    return made


def wrapped_names(module):
    return {name: wrapped(name, getattr(module, name)) for name in dir(module) if name[:2] != "__"}


def wrapped(name, value):
    if isinstance(value, types.ModuleType):
        return (
            jitted_module(value)
            if value.__name__ in ("defn.numpy.linalg", "defn.numpy.fft")
            else value
        )
    plain = name in AS_THEY_ARE or isinstance(value, type) or not callable(value)
    return value if plain else jitted(value)


globals().update(
    {name: made for name, made in wrapped_names(eager).items() if name not in globals()}
)
linalg, fft = jitted_module(eager.linalg), jitted_module(eager.fft)
__array_api_version__ = eager.__array_api_version__
__array_namespace_info__ = eager.__array_namespace_info__
sys.modules[f"{__name__}.linalg"], sys.modules[f"{__name__}.fft"] = linalg, fft
