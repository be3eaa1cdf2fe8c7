"""What the passes do to loops and branches, and what they leave alone."""

import numpy as np
from graph_building import cond, f8, get, graph_of, loop, put, run, total, while_loop, zeros

from defn import ops
from defn.check import check
from defn.jit import jit
from defn.transformed import grad
from defn.transforms.passes import prepare, tidy


def structures(graph, op):
    """All structures of a kind, those in bodies included."""
    found = []
    for node in graph.order:
        found += [node] if node.op is op else []
        for body in node.attrs.get("bodies", ()):
            found += structures(body, op)
    return found


def operations(graph):
    return [n.op for n in graph.order if n.op.kind is not ops.Kind.LEAF]


def same(graph, *args):
    simple = check(prepare(graph))
    for one, other in zip(run(simple, *args), run(graph, *args)):
        np.testing.assert_array_equal(one, other)
    return simple


def test_a_value_that_one_branch_needs_moves_into_it():
    def program(x, p):
        y, z, both = np.exp(x), np.sin(x), np.cos(x)
        return cond(p > 0, lambda s: np.tanh(y) + both, lambda s: s * z * both, [x])[0]

    graph = same(graph_of(program, [f8(3), f8()]), np.ones(3), 1.0)
    (branch,) = structures(graph, ops.cond)
    first, second = map(operations, branch.attrs["bodies"])
    assert ops.exp in first and ops.sin in second and ops.cos not in first + second
    assert ops.exp not in operations(graph) and ops.cos in operations(graph)


def test_a_read_of_an_array_that_a_branch_writes_stays_outside():
    def program(a, p):
        x = get(a, 0)
        return cond(p > 0, lambda a: put(a, 1, x), lambda a: a, [a])[0]

    graph = same(graph_of(program, [f8(3), f8()]), np.ones(3), 1.0)
    assert ops.get in operations(graph)


def test_what_is_the_same_in_every_trip_is_computed_once():
    def program(x, w):
        body = lambda i, s: s * total(np.exp(w)) + get(x, i)
        return loop(0, 5, body, [0.0])[0]

    graph = same(graph_of(program, [f8(5), f8(5)]), np.arange(5.0), np.ones(5))
    (made,) = structures(graph, ops.loop)
    assert ops.exp not in operations(made.attrs["bodies"][0]) and ops.exp in operations(graph)


def test_a_read_that_may_be_outside_the_array_stays_in_its_loop():
    def program(b, n):
        s = 0.0
        for i in range(n):
            for k in range(i + 1, n):
                s += b[i + 1] * k
        return s

    b = np.arange(5.0)
    graph = prepare(jit(program).graph(b, 5))
    outer, inner = structures(graph, ops.loop)
    assert ops.get in operations(inner.attrs["bodies"][0])
    assert ops.get not in operations(outer.attrs["bodies"][0])
    for compiler in ("numpy", "numba", "xla"):
        assert jit(program, compiler=compiler)(b, 5) == program(b, 5)


def test_a_read_that_a_branch_guards_stays_in_it():
    def program(b, n):
        s = 0.0
        for i in range(n):
            if i + 1 < n:
                s += b[i + 1]
        return s

    b = np.arange(5.0)
    for compiler in ("numpy", "numba", "xla"):
        assert jit(program, compiler=compiler)(b, 5) == program(b, 5)
        np.testing.assert_array_equal(jit(grad(program), compiler=compiler)(b, 5), [0, 1, 1, 1, 1])


def test_a_read_proved_to_be_inside_leaves_the_loop():
    def program(b):
        inner = lambda i, s: loop(0, i, lambda k, s: s * 0.5 + get(b, i), [s], extent=5)
        return loop(0, 5, inner, [0.0])[0]

    graph = same(graph_of(program, [f8(5)]), np.arange(5.0))
    outer, inner = structures(graph, ops.loop)
    assert ops.get not in operations(inner.attrs["bodies"][0])


def test_states_that_never_change_are_captures():
    def program(x, n):
        a, b, s = loop(0, 4, lambda i, a, b, s: (a, b + 0.0, s + get(a, i)), [x, 2.0 * n, 0.0])
        return a, s

    graph = same(graph_of(program, [f8(4), f8()]), np.arange(4.0), 3.0)
    (made,) = structures(graph, ops.loop)
    assert made.attrs["carries"] == 1


def test_unused_states_are_gone():
    def program(x):
        a, s = loop(0, 4, lambda i, a, s: (put(a, i, s), s + get(x, i)), [zeros(4), 0.0])
        return s

    graph = same(graph_of(program, [f8(4)]), np.arange(4.0))
    (made,) = structures(graph, ops.loop)
    assert made.attrs["carries"] == 1


def test_unused_states_of_a_while_that_its_test_reads_stay():
    def program(x):
        test, body = lambda k, s, t: k < 4.0, lambda k, s, t: (k + 1.0, s * x, t * s)
        return while_loop(test, body, [0.0, 1.0, 1.0])[1]

    graph = same(graph_of(program, [f8()]), 2.0)
    (made,) = structures(graph, ops.while_)
    assert made.attrs["carries"] == 2


def test_an_element_updated_over_and_over_is_a_number():
    def program(a):
        def row(i, a):
            step = lambda k, a: put(a, i, get(a, i) - get(a, k) * get(a, k))
            return loop(0, i, step, [a], extent=5)

        return loop(0, 5, row, [a])[0]

    graph = same(graph_of(program, [f8(5)]), np.linspace(0.1, 1, 5))
    _, inner = structures(graph, ops.loop)
    assert [p.shape for p in inner.type.parts] == [()]


def test_an_element_that_others_may_be_is_no_number():
    def program(a):
        step = lambda k, a: put(a, 2, get(a, 2) - get(a, k))
        return loop(0, 5, step, [a])[0]

    graph = same(graph_of(program, [f8(5)]), np.linspace(0.1, 1, 5))
    (made,) = structures(graph, ops.loop)
    assert [p.shape for p in made.type.parts] == [(5,)]


def test_reads_look_past_writes_elsewhere():
    def program(a):
        step = lambda i, a: put(put(a, i, get(a, i + 1) * 2.0), 0, get(put(a, i, 7.0), i - 1))
        return loop(1, 4, step, [a])[0]

    graph = same(graph_of(program, [f8(5)]), np.arange(5.0))
    body = structures(graph, ops.loop)[0].attrs["bodies"][0]
    assert all(n.args[0].op is ops.parameter for n in body.order if n.op is ops.get)


def test_a_write_written_over_is_gone():
    graph = same(graph_of(lambda a: put(put(a, 1, 5.0), 1, 7.0), [f8(3)]), np.arange(3.0))
    assert operations(graph) == [ops.put]
    graph = same(graph_of(lambda a: put(b := put(a, 1, 5.0), 1, total(b)), [f8(3)]), np.arange(3.0))
    assert operations(graph).count(ops.put) == 2


def test_a_loop_that_never_runs_is_gone():
    assert (
        operations(tidy(graph_of(lambda x: loop(3, 3, lambda i, s: s * x, [x])[0], [f8()]))) == []
    )
