"""Random graphs of every family of operations, for comparing a compiler with the reference."""

import numpy as np
from hypothesis import strategies as st

from defn import ops
from defn.expr import constant, index, make, parameter
from defn.graph import Graph
from defn.types import Type

FLOAT, INTEGER = np.dtype("f8"), np.dtype("i8")
SHAPES = [(3, 4), (4,), (3, 1), (2, 3, 4), (5,), (), (9, 2), (1,), (4, 3), (0, 3), (12,)]
BINARY = [ops.add, ops.subtract, ops.multiply, ops.maximum]
UNARY = [ops.negative, ops.absolute, ops.floor, ops.tanh, ops.arctan]


class Builder:
    """A graph in the making: each step adds a node that reads some of those before."""

    def __init__(self, draw):
        self.draw = draw
        shapes = [draw(st.sampled_from(SHAPES)) for _ in range(draw(st.integers(1, 3)))]
        self.parameters = [parameter(Type(FLOAT, shape)) for shape in shapes]
        self.position = parameter(Type(INTEGER))
        self.nodes = list(self.parameters)

    def graph(self, steps):
        for _ in range(steps):
            node = self.draw(st.sampled_from(STEPS))(self, self.pick())
            if node is not None and node.type.size < 3000 and len(node.shape) < 5:
                self.nodes.append(node)
        outputs = [self.nodes[-1], *(self.pick() for _ in range(self.number(0, 2)))]
        return Graph([*self.parameters, self.position], outputs)

    def number(self, low, high):
        return self.draw(st.integers(low, high))

    def one_of(self, choices):
        return self.draw(st.sampled_from(choices))

    def pick(self, suits=lambda node: True):
        found = [n for n in self.nodes if suits(n)]
        return self.one_of(found) if found else None

    def alike(self, *nodes):
        """The nodes, repeated to one shape; None where their shapes do not go together."""
        try:
            shape = np.broadcast_shapes(*(n.shape for n in nodes))
        except ValueError:
            return None
        return [repeated(n, shape) for n in nodes]

    def window(self, x):
        """Sizes, steps and starts inside of an array."""
        sizes, steps, starts = [], [], []
        for n in x.shape:
            step = self.number(1, 2)
            size = self.number(0, -(-n // step))
            drops = bool(n) and self.draw(st.booleans())
            span = 1 if drops else (size - 1) * step + 1
            starts.append(self.number(0, max(0, n - span)) if drops or size else 0)
            sizes.append(None if drops else size)
            steps.append(1 if drops else step)
        return {"sizes": tuple(sizes), "steps": tuple(steps)}, tuple(map(index, starts))


def repeated(x, shape):
    first = len(shape) - len(x.shape)
    axes = tuple(range(first, len(shape)))
    return x if x.shape == shape else make(ops.broadcast, (x,), {"shape": shape, "axes": axes})


def binary(b, x):
    both = b.alike(x, b.pick())
    return both and make(b.one_of(BINARY), tuple(both))


def unary(b, x):
    return make(b.one_of(UNARY), (x,))


def select(b, x):
    alike = b.alike(x, b.pick(), b.pick())
    return alike and make(ops.select, (make(ops.less, tuple(alike[:2])), *alike[1:]))


def reduction(b, x):
    if not x.shape or 0 in x.shape:
        return None
    axes = b.draw(st.sets(st.integers(0, len(x.shape) - 1), min_size=1))
    return make(b.one_of([ops.sum, ops.max, ops.min]), (x,), {"axes": tuple(sorted(axes))})


def place_of_extreme(b, x):
    if not x.shape or 0 in x.shape:
        return None
    place = make(b.one_of([ops.argmax, ops.argmin]), (x,), {"axis": b.number(0, len(x.shape) - 1)})
    return make(ops.cast, (place,), {"dtype": FLOAT})


def transpose(b, x):
    return make(ops.transpose, (x,), {"axes": tuple(b.draw(st.permutations(range(len(x.shape)))))})


def reshape(b, x):
    shapes = [s for s in SHAPES if np.prod(s) == x.type.size] + [(x.type.size,)]
    return make(ops.reshape, (x,), {"shape": b.one_of(shapes)})


def flip(b, x):
    return make(ops.flip, (x,), {"axes": (b.number(0, len(x.shape) - 1),)}) if x.shape else None


def get(b, x):
    settings, starts = b.window(x)
    return make(ops.get, (x, *starts), settings)


def put(b, x):
    settings, starts = b.window(x)
    inside = make(ops.get, (x, *starts), settings)
    other = b.pick(lambda n: n.shape == inside.shape)
    value = (
        make(ops.add, (inside, other))
        if other and b.number(0, 1)
        else make(ops.negative, (other or inside,))
    )
    return make(b.one_of([ops.put, ops.add_at]), (x, value, *starts), settings)


def at_a_traced_index(b, x):
    if not x.shape or x.shape[0] < 4:
        return None
    settings = {"sizes": (1, *x.shape[1:]), "steps": (1,) * len(x.shape)}
    starts = (b.position, *map(index, [0] * (len(x.shape) - 1)))
    inside = make(ops.get, (x, *starts), settings)
    return b.one_of([inside, make(ops.put, (x, make(ops.negative, (inside,)), *starts), settings)])


def pad(b, x):
    sizes = lambda choices: tuple(b.one_of(choices) for _ in x.shape)
    settings = {"low": sizes([0, 1, 2]), "high": sizes([0, 1, 2]), "interior": sizes([0, 0, 1])}
    return make(ops.pad, (x, constant(7.0)), settings)


def concatenate(b, x):
    if not x.shape:
        return None
    other = b.pick(lambda n: len(n.shape) == len(x.shape) and n.shape[1:] == x.shape[1:])
    return make(ops.concatenate, (x, other, x)[: b.number(2, 3)], {"axis": 0})


def matmul(b, x):
    if len(x.shape) < 2:
        return None
    *batch, _, inner = x.shape
    y = b.pick(
        lambda n: (
            n.shape[:-2] == tuple(batch) and len(n.shape) == len(x.shape) and n.shape[-2] == inner
        )
    )
    return y and make(ops.matmul, (x, y))


def gather(b, x):
    if not x.shape or not x.shape[0]:
        return None
    shape = b.one_of([(3,), (2, 2), ()])
    places = [b.number(0, x.shape[0] - 1) for _ in range(int(np.prod(shape)))]
    where = constant(np.array(places, INTEGER).reshape(shape))
    found = make(ops.gather, (x, where), {"axes": (0,)})
    write = b.one_of([None, ops.scatter, ops.scatter_add])
    return make(write, (x, make(ops.negative, (found,)), where), {"axes": (0,)}) if write else found


def running(b, x):
    op = b.one_of([ops.cumsum, ops.cummax])
    return make(op, (x,), {"axis": b.number(0, len(x.shape) - 1)}) if x.shape else None


def counting(b, x):
    if not x.shape:
        return None
    count = make(ops.iota, (), {"shape": x.shape, "axis": b.number(0, len(x.shape) - 1)})
    return make(ops.add, (x, make(ops.cast, (count,), {"dtype": FLOAT})))


STEPS = [
    binary, binary, unary, select, reduction, reduction, place_of_extreme, transpose, reshape, flip,
    get, get, put, at_a_traced_index, pad, concatenate, matmul, gather, running, counting,
]  # fmt: skip
