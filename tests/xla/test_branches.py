"""Small branches run on both sides: their values, writes and tapes are those of the side that is
taken.
"""

import numpy as np
import pytest

import defn
from defn import ops
from defn.compilers.xla.branches import without_small_branches
from defn.transforms.passes import prepare


def shifted(a, x):
    for i in range(len(a)):
        if x[i] > 0:
            a[i - 2] += x[i] * a[i]
        elif i + 1 < len(a):
            a[i + 1] = a[i] - x[i]
    return a


def compressed(a, x):
    out, k = np.zeros(len(a)), 0
    for i in range(len(a)):
        if x[i] > 0:
            out[k] = a[i] * x[i]
            k += 1
    return out, k


def nested(a, x):
    total = 0.0
    for i in range(len(a)):
        if x[i] > -0.5:
            if x[i] > 0.5:
                total += np.sin(a[i]) * x[i]
                a[i] = total
            else:
                total *= 0.5
        else:
            a[0] = total * x[i]
    return a, total


def both_sides_write(a, x):
    for i in range(1, len(a) - 1):
        if a[i] > x[i]:
            a[i - 1] = a[i] * x[i]
            a[i + 1] -= a[i - 1]
        else:
            a[i] = a[i + 1] * a[i - 1]
            a[i - 1] += 0.25
    return a


def traded(a, x):
    b = x.copy()
    for i in range(len(a)):
        if x[i] > 0:
            a, b = b, a
    return a, b


def pairs(a, x):
    m = np.zeros((len(a), 2))
    for i in range(len(a)):
        if x[i] > 0:
            m[i] = np.array([a[i], x[i]])
        else:
            m[i, 1] = a[i]
    return m


PROGRAMS = [shifted, compressed, nested, both_sides_write, traded, pairs]


def arguments(seed):
    random = np.random.default_rng(seed)
    return random.normal(size=23), random.normal(size=23)


@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("seed", range(3))
def test_values(function, seed):
    a, x = arguments(seed)
    wanted = function(a.copy(), x)
    got = defn.jit(function, compiler="xla")(a.copy(), x)
    for g, w in zip(*(r if isinstance(r, tuple) else (r,) for r in (got, wanted))):
        np.testing.assert_allclose(g, w, rtol=1e-12)


def loss(function):
    def value(a, x):
        found = function(a.copy(), x)
        found = found if isinstance(found, tuple) else (found,)
        return sum(np.sum(f * f) for f in found if not isinstance(f, int))

    return value


@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_gradients_are_the_evaluators(function):
    a, x = arguments(7)
    gradient = defn.grad(loss(function), argnums=(0, 1))
    got, wanted = (defn.jit(gradient, compiler=c)(a, x) for c in ("xla", "numpy"))
    for g, w in zip(got, wanted):
        np.testing.assert_allclose(g, w, rtol=1e-10, atol=1e-12)


def branches(graph):
    return sum(
        (node.op is ops.cond) + sum(map(branches, node.attrs.get("bodies", ())))
        for node in graph.order
    )


def flattened(function):
    graph = defn.jit(function, compiler="numpy").trace(*arguments(0)).traced.graph
    return without_small_branches(prepare(graph))


def test_small_branches_are_gone_and_large_ones_stay():
    assert [branches(flattened(f)) for f in PROGRAMS[:4]] == [0, 0, 0, 0]
    assert branches(flattened(traded)) == 1
