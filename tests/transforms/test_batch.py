"""A graph on a batch gives what it gives value by value: every rule, and programs with loops."""

import itertools

import numpy as np
import pytest
from graph_building import graph_of, run
from loop_programs import PROGRAMS, arguments
from test_rules import CASES

from defn import ops
from defn.check import check
from defn.tensor import apply
from defn.transforms.batch import batch
from defn.transforms.batching import batched_graph
from defn.transforms.grad import gradient, working
from defn.transforms.passes import prepare, tidy
from defn.types import Type

COUNT = 3


def one_by_one(graph, flags, batches):
    """The outputs of a graph for each value of the batches, stacked."""
    each = [run(graph, *[b[k] if f else b for b, f in zip(batches, flags)]) for k in range(COUNT)]
    return [np.stack(column) for column in zip(*each)]


def compare(graph, flags, batches, **tolerance):
    with working("vmap"):
        batched, _ = batched_graph(graph, COUNT, list(flags))
    found = run(check(batched, "vmap"), *batches)
    for one, other in zip(found, one_by_one(graph, flags, batches)):
        np.testing.assert_allclose(one, other, **tolerance)
        assert one.dtype == other.dtype


def varied(value, k):
    """A batch of values around one."""
    draw = np.random.default_rng(k)
    value = np.asarray(value)
    return np.stack(
        [value * draw.uniform(0.9, 1.1, value.shape).astype(value.dtype) for _ in range(COUNT)]
    )


def discrete(op, *args, **settings):
    return lambda *xs: apply(op, *xs, **settings), [np.asarray(a) for a in args]


MORE = {
    "argmax": discrete(ops.argmax, np.arange(6.0).reshape(2, 3) % 4, axis=1),
    "argmin": discrete(ops.argmin, np.arange(6.0).reshape(2, 3) % 4, axis=0),
    "argsort": discrete(ops.argsort, np.arange(6.0).reshape(2, 3) % 4, axis=0),
    "any": discrete(ops.any, np.array([[True, False], [False, False]]), axes=(1,)),
    "all": discrete(ops.all, np.array([[True, False], [True, True]]), axes=(0,)),
    "floor": discrete(ops.floor, np.array([0.5, 1.7])),
}


@pytest.mark.parametrize("name", [*CASES, *MORE])
def test_rule_equals_one_by_one(name):
    function, args = {**CASES, **MORE}[name]
    args = [np.asarray(a) for a in args]
    graph = graph_of(function, [Type(a.dtype, a.shape) for a in args])
    for flags in itertools.product([True, False], repeat=len(args)):
        if any(flags):
            batches = [
                (varied(a, k) if a.dtype != bool else np.stack([a, ~a, a])) if f else a
                for k, (a, f) in enumerate(zip(args, flags))
            ]
            compare(graph, flags, batches, rtol=1e-12, atol=1e-14)


def reads(op, **settings):
    """An operation at places that differ between the values of the batch."""
    return lambda *xs: apply(op, *xs, **settings)


WINDOW = {"sizes": (2, None), "steps": (2, 1)}
PLACED = {
    "get": (reads(ops.get, **WINDOW), [np.arange(15.0).reshape(5, 3)], [[0, 1, 2], [2, 0, 1]]),
    "put": (
        reads(ops.put, **WINDOW),
        [np.arange(15.0).reshape(5, 3), np.array([7.0, 8.0])],
        [[0, 1, 2], [2, 0, 1]],
    ),
    "add_at": (
        reads(ops.add_at, **WINDOW),
        [np.arange(15.0).reshape(5, 3), np.array([7.0, 8.0])],
        [[0, 1, 2], [2, 0, 1]],
    ),
    "gather": (
        reads(ops.gather, axes=(1,)),
        [np.arange(6.0).reshape(2, 3)],
        [[[0, 1], [2, 2], [1, 0]]],
    ),
    "scatter": (
        reads(ops.scatter, axes=(0,)),
        [np.arange(3.0), np.array([7.0, 8.0])],
        [[[0, 1], [2, 1], [1, 0]]],
    ),
    "scatter_add": (
        reads(ops.scatter_add, axes=(0,)),
        [np.arange(3.0), np.array([7.0, 8.0])],
        [[[0, 0], [2, 1], [1, 0]]],
    ),
}


@pytest.mark.parametrize("name", PLACED)
def test_places_that_differ(name):
    function, args, places = PLACED[name]
    places = [np.array(p) for p in places]
    types = [*(Type(a.dtype, a.shape) for a in args), *(Type("i8", p.shape[1:]) for p in places)]
    graph = graph_of(function, types)
    for flags in itertools.product([True, False], repeat=len(args) + len(places)):
        values = [*args, *(p[0] for p in places)]
        batches = [*(varied(a, 1) for a in args), *places]
        if any(flags):
            compare(
                graph, flags, [b if f else v for f, b, v in zip(flags, batches, values)], rtol=1e-14
            )


def nearby(name):
    """A batch of arguments: the courses of branches and loops differ."""
    return [np.stack([a * s for s in (1.0, 0.93, 1.06)]) for a in arguments(name)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_equal_one_by_one(name):
    program, types = PROGRAMS[name]
    graph = tidy(graph_of(program, types))
    flags, batches = [True] * len(types), nearby(name)
    if name in ("long_while", "checkpointed_while"):
        batches = [np.array([99.95, 99.97, 99.9]), np.array([0.01, 0.011, 0.012])]
    compare(graph, flags, batches, rtol=1e-12)
    if name != "data_index":  # its gradient counts on an index that a value near by does not have
        compare(
            prepare(gradient(graph, tuple(range(len(types))))),
            flags,
            batches,
            rtol=1e-9,
            atol=1e-12,
        )


@pytest.mark.parametrize("name", ["thomas", "branches", "newton", "nested_while", "pairs"])
def test_some_arguments_the_same_for_all(name):
    program, types = PROGRAMS[name]
    graph = tidy(graph_of(program, types))
    for k in range(len(types)):
        flags = [j == k for j in range(len(types))]
        batches = [b if f else a for f, a, b in zip(flags, arguments(name), nearby(name))]
        compare(graph, flags, batches, rtol=1e-12)


def test_every_operation_with_a_value_has_a_batched_form():
    without = [op for op in ops.ALL.values() if op not in batch and op not in batch.absences]
    known = {ops.Kind.STRUCTURE, ops.Kind.EFFECT, ops.Kind.LIBRARY}
    assert [op for op in without if op.kind not in known] == []
