"""The reverse of programs with loops and writes in place: first and second order, against
differences.
"""

import numpy as np
import pytest
from graph_building import graph_of, run, total
from loop_programs import PROGRAMS, arguments

from defn.check import check
from defn.expr import sharing
from defn.graph import Graph
from defn.tensor import wrap
from defn.transforms.grad import gradient, working
from defn.transforms.passes import PIPELINE, TIDY, prepare, tidy


def differences(f, args, k, h=1e-6):
    """Central differences of a scalar function by its k-th argument."""
    found = np.zeros(np.shape(args[k]))
    for place in np.ndindex(found.shape):
        low, high = [np.array(a) for a in args], [np.array(a) for a in args]
        low[k][place] -= h
        high[k][place] += h
        found[place] = (f(*high) - f(*low)) / (2 * h)
    return found


def squared_norm(graph, wrt):
    """|gradient|^2, a scalar, whose gradient needs second derivatives."""
    first = gradient(graph, wrt)
    with working("a norm"):
        squares = [total(wrap(o) * wrap(o)) for o in first.outputs]
        norm = sum(squares[1:], squares[0]).node
    return Graph(graph.parameters, (norm,), first.effects)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("order", [1, 2])
def test_gradient_equals_differences(name, order):
    program, types = PROGRAMS[name]
    graph, args = graph_of(program, types), arguments(name)
    wrt = tuple(range(len(types)))
    if order == 2:
        graph = check(squared_norm(graph, wrt), "the first gradient")
    found = run(check(gradient(graph, wrt), "the gradient"), *args)
    for k in wrt:
        wanted = differences(lambda *a: run(graph, *a)[0], args, k)
        np.testing.assert_allclose(found[k], wanted, rtol=2e-6, atol=2e-6, err_msg=f"argument {k}")


@pytest.mark.parametrize("name", PROGRAMS)
def test_passes_keep_the_meaning(name):
    program, types = PROGRAMS[name]
    graph, args = graph_of(program, types), arguments(name)
    backward = gradient(graph, tuple(range(len(types))), value=True)
    wanted = run(backward, *args)
    for pipeline in (TIDY, PIPELINE):
        found = backward
        with sharing():
            for step, sentence in pipeline:
                found = check(step(found), sentence)
        for one, other in zip(run(found, *args), wanted):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)
    tidied = gradient(tidy(graph), tuple(range(len(types))), value=True)
    for one, other in zip(run(check(prepare(tidied)), *args), wanted):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
