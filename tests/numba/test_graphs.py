"""Random graphs: kernels run by the interpreter, and some of them compiled, equal the reference."""

import numpy as np
import pytest
from graphs import Builder
from hypothesis import given, settings
from hypothesis import strategies as st

from defn.compilers.evaluator import Program
from defn.compilers.numba import normalise, plan
from defn.compilers.numba.plan import compiled


def arguments(graph):
    random = np.random.default_rng(len(graph))
    return [random.integers(-4, 5, p.shape).astype(p.dtype) for p in graph.parameters[:-1]] + [
        np.array(2)
    ]


def agrees(graph, options):
    given = arguments(graph)
    with np.errstate(all="ignore"):
        wanted = Program(graph)(*given)
    before = [x.copy() for x in given]
    executable = compiled(graph, options)
    for _ in range(2):
        for a, b in zip(executable(*given), wanted):
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
    assert all(np.array_equal(a, b) for a, b in zip(given, before))


@pytest.fixture(scope="module", params=["whole", "in chunks"])
def thresholds(request):
    """Small arrays take the road of large ones: chunks, partial sums, products by tiles."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "in chunks":
            patch.setattr(plan, "PARALLEL", 1)
            patch.setattr(plan, "LIBRARY", 8)
            patch.setattr(normalise, "LITTLE", 2)
        yield


@settings(max_examples=250)
@given(st.data())
def test_interpreted(thresholds, data):
    agrees(
        Builder(data.draw).graph(data.draw(st.integers(1, 12))), {"threads": 1, "interpreted": True}
    )


@settings(max_examples=12)
@given(st.data())
def test_compiled(thresholds, data):
    agrees(Builder(data.draw).graph(data.draw(st.integers(6, 12))), {"threads": 2})
