"""The laws keep every bit: nan, infinity and the sign of zero; and they do simplify."""

import time

import numpy as np
import pytest
from graph_building import At, f8, get, graph_of, put, run
from hypothesis import given, settings
from hypothesis import strategies as st

from defn import ops
from defn.check import check
from defn.expr import constant
from defn.tensor import apply, wrap
from defn.transforms.passes import PIPELINE, prepare
from defn.transforms.shapes import broadcast, cast, reshape, select, transpose
from defn.transforms.simplify import simplify
from defn.types import Type

SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, np.inf, -np.inf, np.nan, 5e-324, 1e308, -1.5]
UNARY = [ops.negative, ops.absolute, ops.floor, ops.rint, ops.conjugate]
BINARY = [ops.add, ops.subtract, ops.multiply, ops.divide, ops.maximum, ops.minimum, ops.power]
COMPARE = [ops.equal, ops.not_equal, ops.less]
LOGIC = [ops.logical_and, ops.logical_or]


def steps():
    """Instructions that build a value from earlier ones, by number."""
    pick = st.integers(0, 10**6)
    return st.lists(
        st.tuples(
            st.sampled_from(["unary", "binary", "constant", "choice", "logic", "cast"]),
            pick,
            pick,
            pick,
        ),
        max_size=25,
    )


def program(instructions, dtype, constants):
    """Values of one dtype, and truth values, made step by step; the last few are returned."""

    def function(x, y):
        values, truths = [x, y], [x < y]
        for kind, a, b, c in instructions:
            one, other, p = (
                values[a % len(values)],
                values[b % len(values)],
                truths[c % len(truths)],
            )
            if kind == "unary":
                values.append(apply(UNARY[c % (3 if dtype.kind == "f" else 2)], one))
            elif kind == "binary":
                op = BINARY[c % len(BINARY)]
                if op is ops.power:
                    other = broadcast(wrap(constant([0, 1, 2][b % 3], dtype)), x.shape, ())
                if op is ops.divide and dtype.kind != "f":
                    op = ops.add
                values.append(apply(op, one, other))
            elif kind == "constant":
                values.append(
                    broadcast(wrap(constant(constants[a % len(constants)], dtype)), x.shape, ())
                )
            elif kind == "choice":
                values.append(select(p, one, other))
            elif kind == "logic":
                made = [
                    apply(COMPARE[c % 3], one, other),
                    apply(LOGIC[a % 2], p, truths[b % len(truths)]),
                    apply(ops.logical_not, p),
                ]
                truths.append(made[b % 3])
            else:
                values.append(
                    cast(cast(one, np.dtype("f8") if dtype.itemsize < 8 else dtype), dtype)
                )
        return (*values[-3:], truths[-1])

    return function


def same_bits(one, other):
    assert one.dtype == other.dtype and one.shape == other.shape
    if one.dtype.kind == "f":
        nan = np.isnan(one)
        assert (nan == np.isnan(other)).all()
        one, other = np.where(nan, 0, one), np.where(nan, 0, other)
        assert (np.signbit(one) == np.signbit(other)).all()
    assert (one == other).all(), (one, other)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i1", "u4"])
@given(instructions=steps())
@settings(max_examples=60)
def test_laws_keep_every_bit(dtype, instructions):
    dtype = np.dtype(dtype)
    constants = SPECIAL if dtype.kind == "f" else [0, 1, 2, 7]
    grid = (
        [v for v in SPECIAL if dtype.itemsize > 4 or v != 1e308]
        if dtype.kind == "f"
        else [0, 1, 3, 100, 127]
    )
    x, y = (np.array(a.ravel(), dtype) for a in np.meshgrid(grid, grid))
    with np.errstate(all="ignore"):
        graph = graph_of(program(instructions, dtype, constants), [Type(dtype, x.shape)] * 2)
        simple = check(prepare(graph))
        assert len(simple) <= len(graph) + 3
        for one, other in zip(run(graph, x, y), run(simple, x, y)):
            same_bits(one, other)


def operations(function, *types):
    """The names of what is left of a function after simplifying, leaves apart."""
    graph = check(simplify(graph_of(function, types)))
    return [n.op.name for n in graph.order if n.op.kind is not ops.Kind.LEAF]


def at(x, *where):
    return get(x, where)


LAWS = {
    "x * 1": (lambda x: x * 1.0, []),
    "x + 0.0 stays, for -0.0": (lambda x: x + 0.0, ["broadcast", "add"]),
    "x + -0.0": (lambda x: x + -0.0, []),
    "x - 0.0": (lambda x: x - 0.0, []),
    "negated twice": (lambda x: np.negative(np.negative(x)), []),
    "x ** 2": (lambda x: x**2.0, ["multiply"]),
    "x ** 3": (lambda x: x**3.0, ["multiply", "multiply"]),
    "x ** 0": (lambda x: x**0.0, ["broadcast"]),
    "x ** 1.5 stays": (lambda x: x**1.5, ["broadcast", "power"]),
    "what is known is computed": (
        lambda x: x * (np.exp(wrap(constant(0.0))) + 1),
        ["broadcast", "multiply"],
    ),
    "transpose twice": (lambda x: transpose(transpose(x, (1, 0)), (1, 0)), []),
    "reshape twice": (lambda x: reshape(reshape(x, (6,)), (2, 3)), []),
    "broadcast twice": (
        lambda x: broadcast(broadcast(x, (4, 2, 3), (1, 2)), (5, 4, 2, 3), (1, 2, 3)),
        ["broadcast"],
    ),
    "flip twice": (lambda x: apply(ops.flip, apply(ops.flip, x, axes=(0, 1)), axes=(0, 1)), []),
    "cast and back": (lambda x: cast(cast(x, np.dtype("c16")), np.dtype("f8")), []),
    "lossy cast stays": (lambda x: cast(cast(x, np.dtype("f4")), np.dtype("f8")), ["cast", "cast"]),
    "read of read": (lambda x: get(get(x, 1), 2), ["get"]),
    "read of what was written": (lambda x: get(put(x, 0, at(x, 1) * 1.0), 0), ["get"]),
    "write through a row": (lambda x: put(x, 1, put(get(x, 1), 2, 5.0)), ["put"]),
    "add through a row": (lambda x: put(x, 1, put(get(x, 1), 2, 5.0, ops.add_at)), ["add_at"]),
    "write through a window": (
        lambda x: put(x, At(1, 1), put(get(x, At(1, 1)), (0, At(1, 2)), at(x, 0, At(0, 2)))),
        ["get", "put"],
    ),
    "write through a transpose": (
        lambda x: transpose(put(transpose(x, (1, 0)), (2, 1), 7.0), (1, 0)),
        ["put"],
    ),
    "write of a column through a transpose": (
        lambda x: transpose(put(transpose(x, (1, 0)), 1, at(x, At(0, 2), 0)), (1, 0)),
        ["get", "put"],
    ),
    "read of zeros": (lambda x: get(broadcast(wrap(constant(0.0)), (2, 3), ()), (1, 2)), []),
    "read of repeated values": (lambda x: get(broadcast(x, (4, 2, 3), (1, 2)), (3, 1, 2)), ["get"]),
    "choice of one": (lambda x: select(x > 0, x, x), []),
    "choice twice": (lambda x: select(x > 0, select(x > 0, x, -x), x), []),
    "parts of complex": (lambda x: apply(ops.real_part, apply(ops.complex_of, x, x)), []),
    "sum of nothing": (lambda x: apply(ops.sum, x, axes=()), []),
}


@pytest.mark.parametrize("name", LAWS)
def test_law(name):
    function, wanted = LAWS[name]
    assert operations(function, f8(2, 3)) == wanted
    x = np.arange(6.0).reshape(2, 3) - 2
    graph = graph_of(function, [f8(2, 3)])
    same_bits(np.asarray(run(graph, x)[0]), np.asarray(run(simplify(graph), x)[0]))


def test_pipeline_is_linear():
    def chain(n):
        def function(x):
            for _ in range(n // 2):
                x = np.sin(x) * 1.0 + -0.0
            return x

        return graph_of(function, [f8()])

    def seconds(graph):
        start = time.process_time()
        prepare(graph)
        return time.process_time() - start

    few, many = min(seconds(chain(10_000)) for _ in range(2)), seconds(chain(100_000))
    assert many < 20 * few


def test_every_pass_has_a_sentence():
    assert all(
        callable(step) and sentence[0].islower() and " " in sentence for step, sentence in PIPELINE
    )
