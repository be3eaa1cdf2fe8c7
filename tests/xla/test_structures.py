"""Loops, whiles, branches, tapes and effects of the graph, on XLA, against the evaluator."""

import numpy as np
import pytest

from defn import ops
from defn.compilers.evaluator import compiler as evaluator
from defn.compilers.xla import compiler
from defn.errors import CheckError
from defn.expr import constant, index, item, make, parameter, serial
from defn.graph import Graph, structure
from defn.types import Type

F8, I8 = Type("f8"), Type("i8")
ELEMENT = {"sizes": (None,), "steps": (1,)}


def row(n):
    return Type("f8", (n,))


def get(a, i):
    return make(ops.get, (a, i), ELEMENT)


def put(a, value, i):
    return make(ops.put, (a, value, i), ELEMENT)


def add_at(a, value, i):
    return make(ops.add_at, (a, value, i), ELEMENT)


def plus(x, y):
    return make(ops.add, (x, y))


def times(x, y):
    return make(ops.multiply, (x, y))


def loop(low, high, carry, captures, body, reverse=False, effects=()):
    """A loop whose body is `body(i, *states, *captures)`, parameters made here."""
    inside = [parameter(I8), *(parameter(x.type) for x in (*carry, *captures))]
    found = body(*inside)
    outputs, effects = found if isinstance(found[0], tuple) else (found, effects)
    attrs = {"extent": None, "reverse": reverse, "recompute": False}
    return structure(
        ops.loop, (low, high), carry, captures, [Graph(inside, outputs, effects)], **attrs
    )


def agree(graph, *arrays):
    """The results of XLA, which are the evaluator's."""
    got = compiler.compile(graph, {})(*arrays)
    expected = evaluator.compile(graph, {})(*[np.array(a) for a in arrays])
    for g, e in zip(got, expected):
        np.testing.assert_allclose(g, e, rtol=1e-13)
    return got


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("trips", [0, 1, 5])
def test_loop_with_traced_bounds(reverse, trips):
    n, a = parameter(I8), parameter(row(9))
    node = loop(
        index(0),
        n,
        [a],
        [],
        lambda i, a: (put(a, plus(get(a, i), get(a, plus(i, index(1)))), i),),
        reverse,
    )
    agree(Graph([n, a], [item(node, 0)]), np.int64(trips), np.arange(9.0))


def test_several_writes_of_two_arrays_around_one_place():
    a, b = parameter(row(40)), parameter(row(40))

    def body(i, a, b):
        before, after = plus(i, index(-1)), plus(i, index(1))
        a = put(a, times(get(a, before), get(b, i)), i)
        b = add_at(b, get(a, i), after)
        b = add_at(b, get(a, before), before)
        return put(a, get(b, after), after), b

    node = loop(index(1), index(39), [a, b], [], body)
    random = np.random.default_rng(0)
    agree(
        Graph([a, b], [item(node, 0), item(node, 1)]),
        random.normal(size=40),
        random.normal(size=40),
    )


def test_reads_at_unrelated_places_before_and_after_writes():
    a, places = parameter(row(50)), parameter(Type("i8", (50,)))

    def body(i, a, places):
        there = make(ops.get, (places, i), ELEMENT)
        old = get(a, there)
        a = put(a, plus(get(a, i), old), there)
        return (put(a, times(old, get(a, there)), i),)

    node = loop(index(0), index(50), [a], [places], body)
    random = np.random.default_rng(0)
    agree(Graph([a, places], [item(node, 0)]), random.normal(size=50), random.integers(0, 50, 50))


def test_states_that_trade_places():
    a, b = parameter(row(4)), parameter(row(4))
    node = loop(index(0), index(3), [a, b], [], lambda i, a, b: (b, plus(a, b)))
    agree(Graph([a, b], [item(node, 0), item(node, 1)]), np.arange(4.0), np.ones(4))


def test_while_and_cond():
    x = parameter(F8)
    y, t = parameter(F8), parameter(F8)
    test = Graph(
        [y, t],
        [
            make(
                ops.greater,
                (make(ops.absolute, (make(ops.subtract, (times(y, y), t)),)), constant(1e-9)),
            )
        ],
    )
    p, q = parameter(F8), parameter(F8)
    halved = Graph([p, q], [times(p, constant(0.5))])
    newton = Graph([p, q], [times(constant(0.5), plus(p, make(ops.divide, (q, p))))])
    large = make(ops.greater, (y, constant(30.0)))
    step = structure(ops.cond, [large], [y], [t], [halved, newton])
    node = structure(ops.while_, [], [x], [x], [test, Graph([y, t], [item(step, 0)])])
    for value in (2.0, 1e-3, 40.0):
        agree(Graph([x], [item(node, 0)]), np.float64(value))


def test_cond_runs_one_branch():
    seen = []
    p, x = parameter(Type("bool")), parameter(F8)
    y = parameter(F8)
    branches = [
        Graph(
            [y],
            [y],
            [make(ops.hook, (y,), {"callback": lambda v, k=k: seen.append(k), "serial": serial()})],
        )
        for k in "ab"
    ]
    node = structure(ops.cond, [p], [x], [], branches)
    run = compiler.compile(Graph([p, x], [item(node, 0)]), {})
    run(np.bool_(True), np.float64(1))
    run(np.bool_(False), np.float64(1))
    assert seen == ["a", "b"]


def tape_of(capacity):
    return make(ops.tape, (), {"type": F8, "capacity": capacity, "site": serial()})


def there_and_back(n, tape):
    """Push i * 0.5 for i below n, then pop everything and add it up with alternating weights."""

    def forth(i, tape):
        return (
            make(
                ops.push,
                (tape, times(make(ops.cast, (i,), {"dtype": np.dtype("f8")}), constant(0.5))),
            ),
        )

    def back(i, total, tape):
        both = make(ops.pop, (tape,))
        return plus(times(total, constant(-0.5)), item(both, 1)), item(both, 0)

    filled = item(loop(index(0), n, [tape], [], forth), 0)
    return item(loop(index(0), n, [constant(0.0), filled], [], back, reverse=True), 0)


@pytest.mark.parametrize("trips", [0, 3, 64, 65, 1000])
def test_tape_of_unknown_length_gets_the_room_it_needs(trips):
    n = parameter(I8)
    graph = Graph([n], [there_and_back(n, tape_of(None))])
    run = compiler.compile(graph, {})
    expected = evaluator.compile(graph, {})(np.int64(trips))
    np.testing.assert_allclose(run(np.int64(trips)), expected)
    assert run.built.program.room >= trips
    np.testing.assert_allclose(run(np.int64(2)), evaluator.compile(graph, {})(np.int64(2)))


def test_tape_of_fixed_capacity():
    agree(Graph([], [there_and_back(index(7), tape_of(7))]))


# Effects.


def checked(condition, *values, message="failed", **attrs):
    return make(ops.check, (condition, *values), {"message": message, "serial": serial(), **attrs})


def test_check_names_the_first_failure_in_a_loop():
    n, a = parameter(I8), parameter(row(10))

    def body(i, a):
        value = get(a, i)
        small = checked(
            make(ops.less, (value, constant(3.0))), i, value, message="at {}: {} is not small"
        )
        even = checked(make(ops.less, (i, index(7))), message="too far")
        return (put(a, times(value, value), i),), (small, even)

    node = loop(index(0), n, [a], [], body)
    run = compiler.compile(Graph([n, a], [item(node, 0)]), {})
    a = np.arange(10.0)
    np.testing.assert_array_equal(run(np.int64(3), a)[0][:3], [0, 1, 4])
    with pytest.raises(CheckError, match="at 3: 3.0 is not small"):
        run(np.int64(10), a)
    with pytest.raises(CheckError, match="too far"):
        run(np.int64(10), a / 100)
    run(np.int64(3), a)


def test_a_failed_check_ends_a_while():
    x = parameter(F8)
    y = parameter(F8)
    endless = Graph([y], [make(ops.less, (y, constant(np.inf)))])
    body = Graph([y], [plus(y, constant(0.0))], [checked(make(ops.greater, (y, constant(1.0))))])
    node = structure(ops.while_, [], [x], [], [endless, body])
    with pytest.raises(CheckError):
        compiler.compile(Graph([x], [item(node, 0)]), {})(np.float64(0.5))


def test_hooks_keep_program_order_and_precision():
    seen = []
    n, a = parameter(I8), parameter(row(4))

    def hook(*values):
        callback = lambda *v: seen.append(tuple(x.item() for x in v))
        return make(ops.hook, values, {"callback": callback, "serial": serial()})

    def body(i, a):
        third = make(ops.divide, (get(a, i), constant(3.0)))
        return (put(a, third, i),), (hook(i, third), hook(i))

    node = loop(index(0), n, [a], [], body)
    (result,) = compiler.compile(Graph([n, a], [item(node, 0)]), {})(np.int64(2), np.ones(4))
    assert seen == [(0, 1 / 3), (0,), (1, 1 / 3), (1,)]
    assert result[0] == 1 / 3


def test_what_a_hook_raises_reaches_the_caller_and_nothing_runs_after_it():
    seen = []

    def fail(value):
        seen.append(int(value))
        if value == 2:
            raise KeyError("mine")

    def body(i, x):
        return (plus(x, x),), (make(ops.hook, (i,), {"callback": fail, "serial": serial()}),)

    x = parameter(F8)
    run = compiler.compile(Graph([x], [item(loop(index(0), index(9), [x], [], body), 0)]), {})
    for _ in range(2):
        seen.clear()
        with pytest.raises(KeyError, match="mine"):
            run(np.float64(1))
        assert seen == [0, 1, 2]
