"""What reversing costs: time per node, arrays made, tapes."""

import time

import numpy as np
from graph_building import f8, get, graph_of, loop, put, run, total
from loop_programs import PROGRAMS

from defn import ops
from defn.transforms.grad import gradient
from defn.transforms.passes import prepare


def nodes_of(graph):
    """All nodes of a graph, those of its bodies included."""
    for node in graph.order:
        yield node
        for body in node.attrs.get("bodies", ()):
            yield from nodes_of(body)


def tapes(graph):
    return [n for n in nodes_of(graph) if n.op is ops.tape]


def reversed_program(name):
    program, types = PROGRAMS[name]
    return prepare(gradient(prepare(graph_of(program, types)), tuple(range(len(types)))))


def chain(n):
    def program(x):
        for _ in range(n // 2):
            x = np.sin(x) * 1.01
        return x

    return graph_of(program, [f8()])


def seconds(function, *args):
    start = time.process_time()
    function(*args)
    return time.process_time() - start


def test_gradient_is_linear_in_nodes():
    small, large = chain(10_000), chain(100_000)
    few, many = min(seconds(gradient, small) for _ in range(3)), seconds(gradient, large)
    assert many < 20 * few
    assert many / 100_000 < 100e-6  # seconds a node, on a busy machine


def test_writes_and_reads_are_linear_in_nodes():
    def program(n):
        def written(x):
            for k in range(n):
                x = put(x, k % 10, get(x, (k + 1) % 10) * get(x, k % 10))
            return total(x)

        return graph_of(written, [f8(10)])

    few, many = seconds(gradient, program(1_000)), seconds(gradient, program(10_000))
    assert many < 25 * few


def test_linear_loop_saves_nothing():
    graph = reversed_program("seidel")
    assert tapes(graph) == []
    loops = [n for n in graph.order if n.op is ops.loop and n.attrs["reverse"]]
    assert len(loops) == 1


def test_loop_that_only_saves_is_not_run_twice():
    graph = reversed_program("lu_scalar")
    forward = [n for n in graph.order if n.op is ops.loop and not n.attrs["reverse"]]
    assert len(forward) == 1


def test_steps_make_no_dense_arrays():
    for name in (
        "seidel",
        "thomas",
        "lu",
        "lu_scalar",
        "cholesky",
        "pairs",
        "mixed_chain",
        "branch_inside",
    ):
        for node in nodes_of(reversed_program(name)):
            for body in node.attrs.get("bodies", ()):
                dense = [
                    n
                    for n in body.order
                    if len(n.shape or ())
                    and n.op not in (ops.put, ops.add_at, ops.item, ops.parameter, ops.broadcast)
                ]
                assert dense == [], (name, dense)


def test_tapes_of_lu_hold_as_many_values_as_are_written():
    for name, writes in (("lu_scalar", 3 * 5 * 5), ("cholesky", 5 * 5 + 5)):
        assert sum(t.attrs["capacity"] for t in tapes(reversed_program(name))) <= writes, name


def test_recomputed_loops_keep_states_only():
    kept = [t.attrs["capacity"] for t in reversed_program("checkpointed").order if t.op is ops.tape]
    assert sum(kept) <= 3 + 2 + 1, kept  # chunks, steps of one chunk, the rest


def test_second_order_runs_in_place_of_shared_starts():
    graph = graph_of(
        lambda x: total(loop(0, 3, lambda i, a: put(a, i, get(x, i) * get(a, i)), [x])[0]), [f8(3)]
    )
    assert run(gradient(graph), np.ones(3))[0].tolist() == [2, 2, 2]


def test_array_of_zeros_is_made_once_for_many_reads():
    def program(x):
        y = x * x
        return sum(get(y, k) * (k + 1) for k in range(1, 20)) + get(y, 0)

    graph = prepare(gradient(graph_of(program, [f8(20)])))
    made = [n for n in graph.order if n.op is ops.broadcast and n.shape == (20,)]
    assert len(made) <= 2
