"""The derivatives of every factorisation against differences: reverse mode twice, forward mode,
batches.
"""

import numpy as np
import pytest
from differences import directional, pairing, random_like
from factors import CASES, arguments
from graph_building import graph_of, run

import defn
from defn.check import check
from defn.expr import parameter
from defn.graph import Graph
from defn.transforms.batching import batched_graph
from defn.transforms.forward import forward
from defn.transforms.grad import pullback, working
from defn.transforms.shapes import zeros
from defn.types import Type

NAMES = [(name, dtype) for name, case in CASES.items() for dtype in case.dtypes]


def traced(name, dtype):
    """A case as a graph, and its arguments."""
    case = CASES[name]
    args = arguments(case, dtype)
    return graph_of(case.function, [Type(a.dtype, a.shape) for a in args]), args


def pushed(graph):
    """The graph with a tangent for each parameter; after its outputs, their tangents."""
    with working("a test"):
        seeds = {k: parameter(p.type, "t") for k, p in enumerate(graph.parameters)}
        outputs, effects, changes = forward(graph, seeds)
        changes = [c or zeros(o.type).node for c, o in zip(changes, graph.outputs)]
    return check(Graph((*graph.parameters, *seeds.values()), (*outputs, *changes), effects))


@pytest.mark.parametrize("name, dtype", NAMES)
def test_reverse_mode_twice(name, dtype):
    graph, args = traced(name, dtype)
    for order in (1, 2):
        draw = np.random.default_rng(order)
        backward = check(pullback(graph, tuple(range(len(args)))))
        seeds = [random_like(draw, o.type) for o in graph.outputs]
        tangents = [random_like(draw, p.type) for p in graph.parameters]
        found = run(backward, *args, *seeds)[len(graph.outputs) :]
        wanted = directional(lambda *a, graph=graph: run(graph, *a), args, tangents)
        assert pairing(found, tangents) == pytest.approx(pairing(seeds, wanted), rel=3e-6, abs=3e-6)
        graph, args = backward, [*args, *seeds]


@pytest.mark.parametrize("name, dtype", NAMES)
def test_forward_mode(name, dtype):
    graph, args = traced(name, dtype)
    tangents = [random_like(np.random.default_rng(3), p.type) for p in graph.parameters]
    found = run(pushed(graph), *args, *tangents)[len(graph.outputs) :]
    for got, wanted in zip(found, directional(lambda *a: run(graph, *a), args, tangents)):
        np.testing.assert_allclose(got, wanted, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("name, dtype", NAMES)
def test_batches(name, dtype):
    graph, _ = traced(name, dtype)
    values = arguments(CASES[name], dtype, batch=(2,))
    count = len(values)
    for flags in {
        (True,) * count,
        (True, *(False,) * (count - 1)),
        (*(False,) * (count - 1), True),
    }:
        with working("a test"):
            batched, _ = batched_graph(graph, 2, flags)
        given = [x if f else x[0] for x, f in zip(values, flags)]
        found = run(check(batched), *given)
        for k in range(2):
            wanted = run(graph, *(x[k] if f else x for x, f in zip(given, flags)))
            for got, each in zip(found, wanted, strict=True):
                np.testing.assert_allclose(got[k], each, rtol=1e-9, atol=1e-9)


def gradient(function, *arrays):
    """The gradients by all arguments."""
    return defn.grad(function, argnums=tuple(range(len(arrays))))(*arrays)


# Where vectors are no function of the matrix.


def turned(values):
    """A symmetric matrix of these eigenvalues."""
    q = np.linalg.qr(np.random.default_rng(1).normal(size=(len(values),) * 2))[0]
    return q * np.array(values) @ q.T


@pytest.mark.parametrize("values", [(1.0, 1.0, 1.0), (1.0, 1.0, 2.0), (0.0, 0.0, 0.0)], ids=str)
def test_equal_eigenvalues_have_the_derivative_of_the_space_they_span(values):
    count = sum(v == values[0] for v in values)
    weights = np.random.default_rng(3).normal(size=(3, 3))

    def spanned(x):
        w, v = np.linalg.eigh(x)
        first = v[:, :count]
        return (
            np.sum((first @ first.T) * weights) + np.sum(np.exp(w[:count])) + np.sum(w[count:] ** 2)
        )

    a, step = turned(values), np.random.default_rng(2).normal(size=(3, 3))
    (found,) = gradient(spanned, a)
    assert np.all(np.triu(found, 1) == 0), "the upper triangle is not read"
    wanted = directional(lambda x: [spanned(x)], [a], [step + step.T])[0]
    assert np.sum((step + step.T) * found) == pytest.approx(float(wanted), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    "a", [np.eye(3)[:, :2], np.zeros((3, 2)), np.ones((2, 3))], ids=["equal", "zero", "of rank one"]
)
def test_equal_singular_values_have_finite_derivatives(a):
    def rebuilt(x):
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        return np.sum((u * s @ vh) * np.arange(6.0).reshape(x.shape)) + np.sum(s)

    assert np.all(np.isfinite(gradient(rebuilt, a)[0]))
    assert np.all(np.isfinite(gradient(lambda x: np.linalg.norm(x, "nuc"), a)[0]))
    assert np.all(np.isfinite(gradient(lambda x: np.linalg.norm(x, 2), a)[0]))


def test_a_function_of_equal_singular_values_through_the_pseudoinverse():
    a, b = np.eye(3)[:, :2], np.arange(3.0)
    for function in (
        lambda x: np.sum(np.linalg.pinv(x) @ b),
        lambda x: np.sum(np.linalg.lstsq(x, b)[0]),
    ):
        step = np.random.default_rng(0).normal(size=(3, 2))
        wanted = directional(lambda x, function=function: [function(x)], [a], [step])[0]
        assert np.sum(gradient(function, a)[0] * step) == pytest.approx(float(wanted), rel=1e-6)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_a_singular_matrix_has_a_derivative_of_its_determinant(n):
    draw = np.random.default_rng(n)
    for rank in (n - 1, n - 2, 0):
        a = draw.normal(size=(n, rank)) @ draw.normal(size=(rank, n)) if rank else np.zeros((n, n))
        a[:, 0] = 0
        minors = np.array([[(-1) ** (i + j) * minor(a, i, j) for j in range(n)] for i in range(n)])
        np.testing.assert_allclose(
            gradient(lambda x: np.linalg.det(x), a)[0], minors, rtol=1e-9, atol=1e-12
        )


def minor(a, i, j):
    return np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) if len(a) > 1 else 1.0


def test_the_length_of_nothing_has_the_derivative_zero():
    for x in (np.zeros(3), np.zeros((2, 2))):
        assert np.all(gradient(lambda x: np.linalg.norm(x), x)[0] == 0)


# Functions of the front.


def test_derivatives_of_functions():
    draw = np.random.default_rng(0)
    a = draw.normal(size=(3, 3)) + 3 * np.eye(3)
    symmetric = a @ a.T
    functions = {
        "inv": lambda x: np.sum(np.linalg.inv(x) ** 2),
        "logdet": lambda x: np.linalg.slogdet(x)[1],
        "expm": lambda x: np.sum(defn.linalg.expm(x / 5)),
        "power": lambda x: np.sum(np.linalg.matrix_power(x, -2)),
        "cond": lambda x: np.linalg.cond(x),
        "cond 1": lambda x: np.linalg.cond(x, 1),
        "nuclear": lambda x: np.linalg.norm(x, "nuc"),
        "p norm": lambda x: np.linalg.vector_norm(x, ord=3),
        "lu": lambda x: np.sum(defn.linalg.lu(x)[1] * np.arange(9.0).reshape(3, 3)),
        "null": lambda x: np.sum(defn.linalg.null_space(x[:2], size=1) ** 4),
        "chain": lambda x: np.sum(np.linalg.multi_dot([x, x, x, x[0]])),
    }
    for name, function in functions.items():
        step = draw.normal(size=(3, 3))
        numpys = lambda x, function=function: [defn.jit(function, compiler="numpy")(x)]
        wanted = float(directional(numpys, [symmetric], [step])[0])
        assert np.sum(gradient(function, symmetric)[0] * step) == pytest.approx(
            wanted, rel=1e-5, abs=1e-7
        ), name
