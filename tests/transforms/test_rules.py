"""Every rule of the gradient's table against differences, first and second order."""

import numpy as np
import pytest
from differences import directional, pairing, random_like
from graph_building import graph_of, run

from defn import ops
from defn.check import check
from defn.expr import constant
from defn.tensor import apply, wrap
from defn.transforms.grad import pullback
from defn.transforms.shapes import full, starts
from defn.transforms.vjp import vjp
from defn.types import Type

F8, C16 = np.dtype("f8"), np.dtype("c16")
REAL = """add subtract multiply divide negative absolute maximum minimum fmax fmin hypot arctan2
    copysign exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan arcsin arccos arctan sinh
    cosh tanh arcsinh arccosh arctanh power remainder fmod sign nextafter erf erfc erfinv erfcinv
    quick_erfinv
    lgamma
    digamma i0e i1e gamma erfcx ndtr log_ndtr dawsn exp1 expi spence zeta betaln gamma_density
    gammainc gammaincc beta_density betainc betaincc gammaincinv gammainccinv betaincinv
    betainccinv""".split()
COMPLEX = """add subtract multiply divide negative absolute exp exp2 expm1 log log2 log10 log1p
    sqrt sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh power sign
    conjugate
    real
    imag""".split()
ABOVE_ONE = {"arccosh", "zeta"}
BINARY = """add subtract multiply divide maximum minimum fmax fmin hypot arctan2 copysign power
    remainder fmod nextafter zeta betaln gamma_density gammainc gammaincc gammaincinv
    gammainccinv""".split()
TERNARY = "beta_density betainc betaincc betaincinv betainccinv".split()


def elementwise(name, dtype, low, high):
    """A case: the operation on three random numbers, away from its kinks."""
    count = 3 if name in TERNARY else 2 if name in BINARY else 1
    draw = np.random.default_rng(len(name))
    shift = 1.1 if name in ABOVE_ONE else 0
    args = [draw.uniform(low, high, 3) + shift for _ in range(count)]
    if dtype == C16:
        args = [a + 1j * draw.uniform(low, high, 3) for a in args]
    return lambda *xs: apply(ops.find(name), *xs), args


def case(function, *shapes, positive=False):
    """A case of other operations, on random arrays."""
    draw = np.random.default_rng(7)
    return function, [draw.uniform(0.5, 2, s) if positive else draw.normal(size=s) for s in shapes]


def at(op, sizes, steps, *places):
    return lambda *xs: apply(op, *xs, *starts(places), sizes=sizes, steps=steps)


def convolved(**settings):
    plain = dict.fromkeys(("strides", "input_dilation", "kernel_dilation"), (1, 1))
    return lambda x, y: apply(ops.convolution, x, y, **{"groups": 1, **plain, **settings})


def indexed(op, axes, *places):
    return lambda *xs: apply(op, *xs, *[wrap(constant(p, "i8")) for p in places], axes=axes)


CASES = {
    **{f"{n}": elementwise(n, F8, 0.2, 0.9) for n in REAL},
    **{
        f"{n} below 0": elementwise(n, F8, -0.9, -0.2)
        for n in (
            "exp",
            "sin",
            "absolute",
            "arctan2",
            "hypot",
            "cbrt",
            "tan",
            "copysign",
            "remainder",
            "fmod",
            "arctan",
        )
    },
    **{f"{n} complex": elementwise(n, C16, 0.2, 0.9) for n in COMPLEX},
    "select": case(lambda x, y: apply(ops.select, x < y, x * x, y), 4, 4),
    "cast to f4 and back": (
        lambda x: apply(ops.cast, apply(ops.cast, x, dtype=C16) * 2j, dtype=C16),
        [np.ones(3)],
    ),
    "complex to real": (
        lambda x: apply(ops.real_part, x) * apply(ops.imag_part, x),
        [np.array([1 + 2j, 3 - 1j])],
    ),
    "expn": (lambda x: apply(ops.expn, full(x.type, 3), x), [np.array([0.4, 0.9, 2.0])]),
    "complex of parts": case(lambda x, y: apply(ops.complex_of, x * y, x), 3, 3),
    "sum": case(lambda x: apply(ops.sum, x, axes=(0, 2)), (2, 3, 4)),
    "sum of all": case(lambda x: apply(ops.sum, x * x, axes=(0, 1)), (2, 3)),
    "max": case(lambda x: apply(ops.max, x, axes=(1,)), (2, 3, 4)),
    "min": case(lambda x: apply(ops.min, x, axes=(0, 1)), (2, 3, 4)),
    "prod": case(lambda x: apply(ops.prod, x, axes=(0, 2)), (2, 3, 3)),
    "prod of one": case(lambda x: apply(ops.prod, x, axes=(0,)), (1, 3)),
    "prod with a zero": (
        lambda x: apply(ops.prod, x, axes=(0,)),
        [np.array([2.0, 0.0, 3.0, 5.0, 7.0])],
    ),
    "prod with two zeros": (
        lambda x: apply(ops.prod, x, axes=(0,)),
        [np.array([2.0, 0.0, 3.0, 0.0])],
    ),
    "reshape": case(lambda x: apply(ops.reshape, x * x, shape=(3, 2)), (2, 3)),
    "transpose": case(lambda x: apply(ops.transpose, x * x, axes=(2, 0, 1)), (2, 3, 4)),
    "flip": case(lambda x: apply(ops.flip, x * x, axes=(0,)), (2, 3)),
    "broadcast": case(lambda x: apply(ops.broadcast, x * x, shape=(4, 2, 3), axes=(1, 2)), (2, 3)),
    "broadcast of size one": case(
        lambda x: apply(ops.broadcast, x * x, shape=(4, 2, 3), axes=(1, 2)), (2, 1)
    ),
    "concatenate": case(lambda x, y: apply(ops.concatenate, x * x, y, x, axis=1), (2, 1), (2, 3)),
    "pad": case(
        lambda x, v: apply(ops.pad, x * x, v * v, low=(1, 0), high=(0, 2), interior=(1, 0)),
        (2, 3),
        (),
    ),
    "matmul": case(lambda x, y: apply(ops.matmul, x, y), (2, 3), (3, 4)),
    "matmul of batches": case(lambda x, y: apply(ops.matmul, x, y), (2, 3, 2), (2, 2, 4)),
    "convolution": case(
        convolved(strides=(2, 1), low=(1, 0), high=(1, -1), kernel_dilation=(1, 2)),
        (2, 2, 6, 5),
        (3, 2, 3, 2),
    ),
    "convolution in groups": case(
        convolved(groups=2, input_dilation=(2, 1), low=(2, 1), high=(0, 1)),
        (2, 4, 3, 4),
        (4, 2, 2, 3),
    ),
    "get": case(at(ops.get, (2, None), (2, 1), 0, 1), (4, 3)),
    "put": case(at(ops.put, (None, 2), (1, 2), 1, 0), (2, 3), (2,)),
    "add_at": case(at(ops.add_at, (None, 2), (1, 2), 1, 0), (2, 3), (2,)),
    "gather": case(indexed(ops.gather, (1,), [[0, 2], [2, 2]]), (2, 3)),
    "gather by pairs": case(indexed(ops.gather, (0, 1), [0, 1, 1], [2, 0, 0]), (2, 3)),
    "scatter": case(indexed(ops.scatter, (1,), [2, 0]), (2, 3), (2, 2)),
    "scatter on one place": case(indexed(ops.scatter, (0,), [1, 0, 1]), (2, 2), (3, 2)),
    "cumsum": case(lambda x: apply(ops.cumsum, x * x, axis=1), (2, 5)),
    "cumprod": case(lambda x: apply(ops.cumprod, x, axis=0), (5, 2)),
    "cumprod with zeros": (
        lambda x: apply(ops.cumprod, x, axis=0),
        [np.array([2.0, 0.0, 3.0, 0.0, 5.0])],
    ),
    "cummax": case(lambda x: apply(ops.cummax, x, axis=1), (2, 6)),
    "cummin": case(lambda x: apply(ops.cummin, x, axis=0), (6, 2)),
    "sort": case(lambda x: apply(ops.sort, x * x, axis=1), (2, 5)),
    "partition": case(lambda x: apply(ops.partition, x * x, axis=1, kth=(2,)), (2, 5)),
    "zeta": case(lambda x: apply(ops.zeta, full(x.type, 3.0), x * x + 1), 4),
    "scatter_add": case(indexed(ops.scatter_add, (0,), [1, 0, 1]), (2, 2), (3, 2)),
}


def second(graph):
    """The pullback as a program of its own, all its cotangents among the outputs."""
    return check(pullback(graph, tuple(range(len(graph.parameters)))))


@pytest.mark.parametrize("name", CASES)
def test_pullback_pairs_with_differences(name):
    function, args = CASES[name]
    args = [np.asarray(a) for a in args]
    graph = graph_of(function, [Type(a.dtype, a.shape) for a in args])
    for order in (1, 2):
        draw = np.random.default_rng(order)
        backward = second(graph)
        outputs = len(graph.outputs)
        seeds = [random_like(draw, o.type) for o in graph.outputs]
        tangents = [random_like(draw, p.type) for p in graph.parameters]
        found = run(backward, *args, *seeds)[outputs:]
        wanted = directional(lambda *a, graph=graph: run(graph, *a), args, tangents)
        assert pairing(found, tangents) == pytest.approx(pairing(seeds, wanted), rel=1e-6, abs=1e-6)
        graph, args = backward, [*args, *seeds]


def test_every_differentiable_operation_is_in_a_case():
    tried = {
        n.op
        for f, a in CASES.values()
        for n in graph_of(f, [Type(np.asarray(x).dtype, np.shape(x)) for x in a]).order
    }
    assert [op for op in vjp if op not in tried and op.kind is not ops.Kind.LIBRARY] == []
