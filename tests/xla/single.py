"""Graphs of one operation, and the values they are tried on."""

import functools

import numpy as np

from defn import ops
from defn.compilers.xla import compiler
from defn.expr import make, parameter
from defn.graph import Graph
from defn.types import EXTENDED, NUMERIC, Type

INTEGERS = [d for d in NUMERIC if d.kind in "iu"]
FLOATS = [d for d in NUMERIC if d.kind == "f"]
COMPLEX = [d for d in NUMERIC if d.kind == "c"]
EVERY = [*NUMERIC, *EXTENDED[:1]]


def graph_of(op, types, **attrs):
    """The graph of one operation on parameters of these types."""
    parameters = [parameter(t) for t in types]
    return Graph(parameters, [make(op, tuple(parameters), attrs)])


@functools.lru_cache(maxsize=None)
def executable(op, types, attrs):
    return compiler.compile(graph_of(op, types, **dict(attrs)), {})


def run(op, *arrays, **attrs):
    """The operation by XLA."""
    arrays = [np.asarray(x) for x in arrays]
    types = tuple(Type(x.dtype, x.shape) for x in arrays)
    (result,) = executable(op, types, tuple(attrs.items()))(*arrays)
    return result


def reference(op, *arrays, **attrs):
    """The operation by NumPy."""
    with np.errstate(all="ignore"):
        result = np.asarray(op.numpy(*arrays, **attrs))
    return result.astype(op.type(*(Type(x.dtype, x.shape) for x in arrays), **attrs).dtype)


def values(dtype, count=40, seed=0):
    """Special values of a dtype, then some of many magnitudes; no subnormal numbers."""
    random = np.random.default_rng(seed)
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        special = [0, 1, 2, 3, 7, 8, 9, limits.max, limits.max - 1, limits.min, limits.min + 1]
        special += [-1, -2, -3, -8] if dtype.kind == "i" else []
        any_bits = random.integers(limits.min, limits.max, count, dtype, endpoint=True)
        return np.concatenate([np.array(special, dtype), any_bits])
    if dtype.kind == "c":
        part = values(np.dtype(f"f{dtype.itemsize // 2}"), count // 4)
        return np.array([complex(a, b) for a in part[::2] for b in part[1::2]], dtype)
    special = [0.0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 1.5, 2.5, -2.5, 3, 10, np.inf, -np.inf, np.nan]
    many = random.normal(size=count) * np.exp(random.normal(size=count) * 2)
    return np.concatenate([special, many]).astype(dtype)


def pairs(dtype, count=12):
    """Every value with every other."""
    x = values(dtype, count)
    a, b = np.meshgrid(x, x)
    return a.ravel(), b.ravel()
