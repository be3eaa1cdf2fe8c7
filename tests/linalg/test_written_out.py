"""Factorisations and transforms as loops over elements, against what they stand for."""

import numpy as np
import pytest
from factors import CASES, arguments, transform, whole_of
from graph_building import graph_of, run

from defn import ops
from defn.check import check
from defn.tensor import apply_several
from defn.transforms.written_out import expanded, forms, has_form, is_small
from defn.types import Type

REFUSED = ("eig", "eigvals")
WITH_FORMS = [(n, d) for n, c in CASES.items() for d in c.dtypes if n not in REFUSED]


def same(function, arrays, wanted):
    """Assert that a graph means the same when what is `wanted` is written out."""
    graph = graph_of(function, [Type(x.dtype, x.shape) for x in arrays])
    made = check(expanded(graph, wanted))
    assert not any(map(wanted, made.order))
    for got, expected in zip(run(made, *arrays), run(graph, *arrays), strict=True):
        assert got.dtype == expected.dtype and got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("batch", [(), (3,), (2, 2)], ids=str)
@pytest.mark.parametrize("name, dtype", WITH_FORMS)
def test_loops(name, dtype, batch):
    case = CASES[name]
    same(case.function, arguments(case, dtype, batch), lambda n: n.op in forms and not is_small(n))
    same(case.function, arguments(case, dtype, batch), has_form)


@pytest.mark.parametrize("n", [1, 2, 7, 8])
def test_every_element_a_variable(n):
    draw = np.random.default_rng(n)
    a = draw.normal(size=(2, n, n)) + 3 * np.eye(n)
    a[0] = a[0][::-1]  # rows that must be exchanged
    case = CASES["solve"]
    same(case.function, [a, draw.normal(size=(2, n, 3))], is_small)
    same(CASES["det of 3"].function, [a], is_small)
    same(CASES["slogdet"].function, [a], is_small)
    same(CASES["lu 3x3"].function, [a], is_small)
    same(CASES["cholesky"].function, [a @ np.swapaxes(a, -1, -2)], is_small)


def test_a_larger_matrix_is_no_variable():
    graph = graph_of(CASES["det of 3"].function, [Type(np.dtype("f8"), (9, 9))])
    assert not any(map(is_small, graph.order))


@pytest.mark.parametrize("n", [1, 2, 5, 16, 17, 30, 64, 67, 134, 360, 509])
def test_transforms_of_any_length(n):
    draw = np.random.default_rng(n)
    x = draw.normal(size=(2, n)) + 1j * draw.normal(size=(2, n))
    for inverse in (False, True):
        same(transform(inverse), [x], has_form)
    same(whole_of(n), [x[:, : n // 2 + 1].copy()], has_form)


def test_a_matrix_of_rank_one_and_zero():
    for a in (np.zeros((3, 3)), np.outer([1.0, 2.0, 3.0], [1.0, 0.0, -1.0])):
        graph = graph_of(lambda x: CASES["svd 3x3 True"].function(x)[:2], [Type(a.dtype, a.shape)])
        values, rebuilt = run(expanded(graph, has_form), a)
        np.testing.assert_allclose(values, np.linalg.svdvals(a), atol=1e-12)
        factors = graph_of(lambda x: apply_several(ops.svd, x, full=True), [Type(a.dtype, a.shape)])
        left, _, right = run(expanded(factors, has_form), a)
        for q in (left, right):
            np.testing.assert_allclose(q @ q.T, np.eye(3), atol=1e-12)
        assert np.all(np.isfinite(rebuilt))
