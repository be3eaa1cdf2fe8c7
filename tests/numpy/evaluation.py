"""A function traced and its graph run by the evaluator, beside NumPy's own answer."""

import numpy as np

import defn.numpy  # noqa: F401
from defn import pytree
from defn.check import check
from defn.compilers.evaluator import Program
from defn.expr import parameter
from defn.graph import Graph
from defn.tensor import is_tensor, wrap
from defn.trace import Trace, tracing
from defn.types import Type

# Any of these is what NumPy raises for bad arguments; ours must be one of the same.
REFUSALS = (ValueError, TypeError, IndexError, OverflowError)


def traced(function, *arrays, **settings):
    """The results of the function's graph, scalars as NumPy scalars."""
    trace = Trace("test")
    with tracing(trace):
        parameters = [parameter(Type(a.dtype, a.shape)) for a in arrays]
        results, structure = pytree.flatten(function(*map(wrap, parameters), **settings))
        found = [k for k, each in enumerate(results) if is_tensor(each)]
        captured = [(array, trace.read(storage)) for array, storage in trace.captured.values()]
        nodes = [results[k].node for k in found]
        graph = check(Graph([*parameters, *(p for _, p in captured)], nodes, trace.effects))
    for k, value in zip(found, Program(graph)(*arrays, *(a for a, _ in captured))):
        results[k] = value[()] if results[k].scalar else value
    return pytree.unflatten(structure, results)


def outcome(function, *arguments, **settings):
    """What a call gives, or the exception it raises."""
    try:
        with np.errstate(all="ignore"):
            return function(*arguments, **settings)
    except REFUSALS as error:
        return error


def agree(function, *arrays, ulp=4, scale=False, **settings):
    """Assert that the graph gives what NumPy gives: type, shape, dtype, values, class of error."""
    wanted = outcome(function, *arrays, **settings)
    got = outcome(traced, function, *arrays, **settings)
    if isinstance(wanted, Exception) or isinstance(got, Exception):
        kinds = [kind for kind in REFUSALS if isinstance(wanted, kind)]
        assert kinds and isinstance(got, tuple(kinds)), f"NumPy gives {wanted!r}, the graph {got!r}"
        return
    for w, g in zip(pytree.leaves(wanted), pytree.leaves(got), strict=True):
        equal(g, w, ulp, scale)


def equal(got, wanted, ulp=4, scale=False):
    """Assert equality within units in the last place, of each value or (`scale`) the greatest."""
    w, g = np.asarray(wanted), np.asarray(got)
    assert isinstance(wanted, np.generic | bool) == isinstance(got, np.generic | bool), (
        wanted,
        got,
    )
    assert w.shape == g.shape and w.dtype == g.dtype, (wanted, got)
    if w.dtype.kind not in "fc":
        np.testing.assert_array_equal(g, w)
        return
    unit = float(np.finfo(w.dtype).eps)
    top = float(np.max(np.abs(w[np.isfinite(w)]), initial=0)) if scale else 0
    tiny = float(np.finfo(w.dtype).smallest_subnormal)
    np.testing.assert_allclose(
        g, w, rtol=ulp * unit, atol=ulp * (unit * top + tiny), equal_nan=True
    )
