"""Random programs of nested loops, branches and writes: both modes, all passes, agree."""

import numpy as np
import pytest
from graph_building import cond, f8, get, graph_of, loop, put, run, total

from defn import ops
from defn.check import check
from defn.expr import parameter
from defn.graph import Graph
from defn.transforms.batching import batched_graph
from defn.transforms.forward import forward
from defn.transforms.grad import gradient, working
from defn.transforms.passes import prepare, tidy
from defn.transforms.shapes import zeros

SIZE = 5
FUNCTIONS = [
    lambda x, y: x * y,
    lambda x, y: np.sin(x) + 0.5 * y,
    lambda x, y: x - 0.3 * y * y,
    lambda x, y: np.exp(-x * x) * y,
    lambda x, y: x / (1.0 + y * y),
]


class Writer:
    """Writes a program by drawing statements; an index is (value, lowest, highest)."""

    def __init__(self, seed):
        self.draw = np.random.default_rng(seed)

    def pick(self, options):
        return options[self.draw.integers(len(options))]

    def place(self, indices):
        """An index within the array: a loop's, perhaps with an offset, or a constant."""
        if indices and self.draw.random() < 0.85:
            value, low, high = self.pick(indices)
            offsets = [d for d in (-1, 0, 0, 1) if 0 <= low + d and high + d < SIZE]
            return value + self.pick(offsets) if offsets else value
        return int(self.draw.integers(SIZE))

    def element(self, a, indices):
        return get(a, (self.place(indices), self.place(indices)))

    def value(self, states, indices):
        a, b, s = states
        one = self.element(self.pick([a, b]), indices)
        other = self.pick([self.element(a, indices), self.element(b, indices), s])
        return self.pick(FUNCTIONS)(one, other)

    def statement(self, states, indices, depth):
        kind = self.pick(["write", "write", "add", "number", "loop", "loop", "branch", "dense"])
        if depth == 0 and kind in ("loop", "branch"):
            kind = "write"
        return getattr(self, kind)(states, indices, depth)

    def write(self, states, indices, depth, op=ops.put):
        k, states = int(self.draw.integers(2)), list(states)
        where = (self.place(indices), self.place(indices))
        states[k] = put(states[k], where, self.value(states, indices), op)
        return states

    def add(self, states, indices, depth):
        return self.write(states, indices, depth, ops.add_at)

    def number(self, states, indices, depth):
        a, b, s = states
        return [a, b, np.sin(s) + 0.5 * self.value(states, indices)]

    def dense(self, states, indices, depth):
        a, b, s = states
        return [a, np.sin(b) + 0.1 * a, s] if self.draw.random() < 0.3 else [a, b, s * 0.9]

    def bounds(self, indices):
        """From and to, and the lowest and highest value in between."""
        kinds = [(0, SIZE, 0, SIZE - 1), (1, SIZE - 1, 1, SIZE - 2), (0, 2, 0, 1)]
        for value, low, high in indices:
            kinds += [(0, value, 0, high - 1), (value, SIZE, low, SIZE - 1)]
            if high + 1 < SIZE:
                kinds.append((value + 1, SIZE, low + 1, SIZE - 1))
        return self.pick(kinds)

    def loop(self, states, indices, depth):
        first, last, low, high = self.bounds(indices)
        body = lambda i, *inner: self.block(inner, [*indices, (i, low, high)], depth - 1)
        again = self.draw.random() < 0.15
        return loop(first, last, body, states, extent=SIZE, recompute=again)

    def branch(self, states, indices, depth):
        p = self.element(states[0], indices) < self.element(states[1], indices)
        block = lambda *inner: self.block(inner, indices, depth - 1)
        return cond(p, block, block, states)

    def block(self, states, indices, depth):
        for _ in range(self.draw.integers(1, 4)):
            states = self.statement(states, indices, depth)
        return states

    def program(self, a, b, s):
        a, b, s = self.block([a, b, s], [], 3)
        a, b, s = self.loop([a, b, s], [], 3)
        return total(np.sin(a) * 1.1) + total(np.cos(b)) + s


def pushed(graph):
    """The graph (*parameters, *tangents) -> the tangent of the result."""
    with working("tangents"):
        tangents = {k: parameter(p.type, "t") for k, p in enumerate(graph.parameters)}
        outputs, effects, changes = forward(graph, tangents)
        still = [zeros(o.type).node for o in outputs]
    changes = [s if c is None else c for c, s in zip(changes, still)]
    return Graph((*graph.parameters, *tangents.values()), changes, effects)


def close(one, other):
    np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("seed", range(40))
def test_modes_and_passes_agree(seed):
    graph = graph_of(lambda a, b, s: Writer(seed).program(a, b, s), [f8(SIZE, SIZE)] * 2 + [f8()])
    draw = np.random.default_rng(seed)
    args = [np.asarray(draw.uniform(-1, 1, p.shape)) for p in graph.parameters]
    moves = [np.asarray(draw.normal(size=p.shape)) for p in graph.parameters]
    simple = check(tidy(graph))
    close(run(check(prepare(graph)), *args), run(graph, *args))
    (wanted,) = run(check(pushed(graph)), *args, *moves)
    for each in (graph, simple):
        backward = check(gradient(each, (0, 1, 2)))
        for made in (backward, check(prepare(backward))):
            found = run(made, *args)
            close(sum(np.sum(ct * t) for ct, t in zip(found, moves)), wanted)


@pytest.mark.parametrize("seed", range(0, 40, 8))
def test_second_order_and_batches_agree(seed):
    graph = tidy(
        graph_of(lambda a, b, s: Writer(seed).program(a, b, s), [f8(SIZE, SIZE)] * 2 + [f8()])
    )
    draw = np.random.default_rng(seed)
    args = [np.asarray(draw.uniform(-1, 1, p.shape)) for p in graph.parameters]
    moves = [np.asarray(draw.normal(size=p.shape)) for p in graph.parameters]
    pushed_gradient = prepare(pushed(gradient(graph, (0, 1, 2))))
    pulled_tangent = prepare(gradient(prepare(pushed(graph)), (0, 1, 2)))
    for one, other in zip(run(pushed_gradient, *args, *moves), run(pulled_tangent, *args, *moves)):
        close(one, other)
    batches = [np.stack([a, 0.7 * a, -a]) for a in args]
    with working("vmap"):
        batched, _ = batched_graph(gradient(graph, (0, 1, 2)), 3, [True] * 3)
    each = [run(gradient(graph, (0, 1, 2)), *[b[k] for b in batches]) for k in range(3)]
    for one, other in zip(run(check(batched), *batches), zip(*each)):
        close(one, np.stack(other))
