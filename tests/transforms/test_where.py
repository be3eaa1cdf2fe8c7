"""The branch that a `where` does not take gets exactly zero, whatever its derivative."""

import numpy as np
import pytest
from graph_building import f8, graph_of, run, total

from defn.transforms.grad import gradient
from defn.transforms.shapes import broadcast, full, select
from defn.types import Type


def where(p, x, y):
    return select(p, x, y)


def gradient_at(function, x):
    x = np.asarray(x, float)
    graph = graph_of(lambda x: total(function(x)), [f8(*x.shape)])
    return run(gradient(graph), x)[0]


def ones_like(x):
    return full(x.type, 1)


def norms(x):
    return np.sqrt(total(x**2, (1,)))


SNIPPETS = {
    "norm of a zero row": (
        lambda x: where(norms(x) > 0.5, norms(x), ones_like(norms(x))),
        [[1, 2], [3, 4], [0, 0]],
        [[1 / 5**0.5, 2 / 5**0.5], [0.6, 0.8], [0, 0]],
    ),
    "arctan2 at the origin": (
        lambda a: where(a == 0, 0.0, np.arctan2(a, a)),
        [3.0, 0.0, -5.0],
        [0, 0, 0],
    ),
    "sqrt at 0": (lambda x: where(x <= 0, 0.0, np.sqrt(x)), [0.0, 4.0, -1.0], [0, 0.25, 0]),
    "times infinity": (lambda x: where(x > 0, 0.0, x * np.inf), [1.0], [0]),
    "quotient at 0": (lambda x: where(x == 0, 1.0, np.sin(x) / x), [0.0, np.pi], [0, -1 / np.pi]),
    "logarithm of a negative number": (lambda x: where(x > 0, np.log(x), x), [-1.0, 2.0], [1, 0.5]),
    "overflowing exponential": (
        lambda x: where(x < 100, np.exp(np.exp(x)), x),
        [1000.0, 0.0],
        [1, np.e],
    ),
    "overflow behind several steps": (
        lambda x: where(x < 15, x, np.power(10.0, np.exp(x)) * np.sin(x) + x),
        [20.0, 1.0],
        [np.inf, 1],
    ),
    "power of zero": (lambda x: where(x > 0, x**0.5, 0.0), [0.0, 4.0], [0, 0.25]),
    "used twice": (
        lambda x: where(x > 0, np.log(x) * np.log(x) + np.log(x), 0.0),
        [0.0, 1.0],
        [0, 1],
    ),
    "under two masks": (
        lambda x: where(x > 0, where(x < 5, np.log(x), np.sqrt(5 - x)), 0.0),
        [-1.0, 0.0, 1.0, 9.0],
        [0, 0, 1, np.nan],
    ),
    "two masks on one value": (
        lambda x: where(x > 1, np.exp(x) ** 2, 0.0) + where(x < 0, 1 / np.exp(x), 0.0),
        [0.5, 1e4],
        [0, np.inf],
    ),
    "moved": (
        lambda x: where(total(x, (1,)) > 0, total(np.log(x).T, (0,)), 0.0),
        [[1.0, 2.0], [0.0, 0.0]],
        [[1, 0.5], [0, 0]],
    ),
    "repeated": (
        lambda x: where(broadcast(x, (2, 2), (1,)) > 0, np.log(broadcast(x, (2, 2), (1,))), 0.0),
        [0.0, 2.0],
        [0, 1.0],
    ),
    "relu by maximum": (lambda x: np.maximum(1 / x, 0.0), [-0.0, 2.0], [0, -0.25]),
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_branch_not_taken_gets_zero(name):
    function, x, wanted = SNIPPETS[name]
    with np.errstate(all="ignore"):
        found = gradient_at(function, x)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("name", ["sqrt at 0", "quotient at 0", "logarithm of a negative number"])
def test_second_derivative_is_finite_too(name):
    function, x, _ = SNIPPETS[name]
    graph = graph_of(lambda x: total(function(x)), [f8(len(x))])
    first = gradient(graph)
    summed = first.with_outputs([graph_of(total, [f8(len(x))]).inline(first.outputs)[0][0]])
    assert np.isfinite(run(gradient(summed), np.array(x))[0]).all()


def test_kinks():
    assert gradient_at(np.absolute, [0.0, -2.0]).tolist() == [0, -1]
    assert gradient_at(lambda x: np.hypot(x, x), [0.0]).tolist() == [0]
    assert gradient_at(lambda x: np.maximum(x, 0.0 * x), [0.0]).tolist() == [0.5]
    assert gradient_at(lambda x: np.maximum(x, x), [3.0]).tolist() == [1]
    assert gradient_at(lambda x: x**0.0, [0.0]).tolist() == [0]
    assert gradient_at(np.floor, [0.5]).tolist() == [0]


def test_complex_gradient_has_no_conjugate():
    graph = graph_of(lambda z: total(np.absolute(z) ** 2), [Type("c16", (2,))])
    z = np.array([1 + 2j, 3 - 1j])
    np.testing.assert_allclose(run(gradient(graph), z)[0], 2 * np.conj(z))
