"""Loops that write elements copy no array per step: seen in XLA's program, and in its time per
step.
"""

import re
import time

import numpy as np
import pytest

from defn import jit
from defn.compilers.evaluator import compiler as evaluator
from defn.compilers.xla import compiler
from defn.transforms.grad import gradient
from defn.transforms.passes import prepare


def graph_of(function, *arrays):
    return jit(function, compiler="numpy").trace(*arrays).traced.graph


def seidel(a):
    n = a.shape[0]
    a = a.copy()
    for i in range(1, n - 1):
        for j in range(1, n - 1):
            a[i, j] = (a[i - 1, j] + a[i, j - 1] + a[i, j] + a[i, j + 1] + a[i + 1, j + 1]) / 5
    return np.sum(a)


def thomas(a, b, c, d):
    n = d.shape[0]
    c, d, x = c.copy(), d.copy(), np.zeros(n)
    c[0] = c[0] / b[0]
    d[0] = d[0] / b[0]
    for i in range(1, n):
        m = b[i] - a[i] * c[i - 1]
        c[i] = c[i] / m
        d[i] = (d[i] - a[i] * d[i - 1]) / m
    x[n - 1] = d[n - 1]
    for k in range(1, n):
        x[n - 1 - k] = d[n - 1 - k] - c[n - 1 - k] * x[n - k]
    return np.sum(x * x)


def lu(a):
    n = a.shape[0]
    a = a.copy()
    for k in range(n):
        for i in range(k + 1, n):
            a[i, k] = a[i, k] / a[k, k]
            for j in range(k + 1, n):
                a[i, j] -= a[i, k] * a[k, j]
    return np.sum(a)


def inputs(name, n):
    random = np.random.default_rng(0)
    if name == "thomas":
        return [
            random.normal(size=n),
            4 + random.random(n),
            random.normal(size=n),
            random.normal(size=n),
        ]
    return [random.normal(size=(n, n)) + 2 * n * np.eye(n)]


PROGRAMS = {"seidel": seidel, "thomas": thomas, "lu": lu}


def programs(name, n):
    """The function and its gradient, as graphs, with arguments."""
    arrays = inputs(name, n)
    forward = prepare(graph_of(PROGRAMS[name], *arrays))
    return forward, prepare(gradient(forward, wrt=range(len(arrays)))), arrays


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_are_the_evaluators(name):
    *graphs, arrays = programs(name, 9)
    for graph in graphs:
        got = compiler.compile(graph, {})(*arrays)
        for g, e in zip(got, evaluator.compile(graph, {})(*arrays)):
            np.testing.assert_allclose(g, e, rtol=1e-12, atol=1e-12)


def copies_in_loops(text, elements):
    """How often the loop bodies of a compiled program copy an array of so many elements."""
    computations = re.split(r"\n\n", text)
    bodies = set(re.findall(r"body=%?([\w.-]+)", text))
    found = 0
    for computation in computations:
        name = re.match(r"\s*(?:ENTRY )?%?([\w.-]+)", computation)
        if name and name.group(1) in bodies:
            for shape in re.findall(r"= \w+\[([\d,]+)\]\S* copy\(", computation):
                found += np.prod([int(n) for n in shape.split(",")]) >= elements
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_array_is_copied_in_a_loop(name):
    n = 400 if name == "thomas" else 20
    *graphs, _ = programs(name, n)
    for graph in graphs:
        assert copies_in_loops(compiler.compile(graph, {}).built.compiled.as_text(), 400) == 0


def per_step(n):
    _, graph, arrays = programs("thomas", n)
    run = compiler.compile(graph, {})
    best = np.inf
    for _ in range(7):
        start = time.perf_counter()
        run(*arrays)
        best = min(best, time.perf_counter() - start)
    return best / n


def test_the_cost_of_a_step_does_not_grow_with_the_array():
    small, large = per_step(2_500), per_step(20_000)
    assert large < 2.5 * small
