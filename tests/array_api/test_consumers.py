"""SciPy, scikit-learn and einops accept tensors where they accept arrays of the Array API."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import defn

PROGRAM = pathlib.Path(__file__).parents[1] / "array_api_consumers.py"


@pytest.mark.parametrize("library", ["scipy", "sklearn", "einops"])
def test_a_library_of_the_array_api_gives_tensors(library):
    pytest.importorskip(library)
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    run = subprocess.run(
        [sys.executable, PROGRAM, library], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


EINOPS = {
    "rearrange": lambda e, x: e.rearrange(x, "(a b) c d -> a (c d) b", a=2),
    "mean": lambda e, x: e.reduce(x, "a (c k) d -> a c", "mean", k=2),
    "max": lambda e, x: e.reduce(x, "a (c k) d -> a c", "max", k=2),
    "repeat": lambda e, x: e.repeat(x, "a c d -> a r c (d k)", r=2, k=3),
    "einsum": lambda e, x: e.einsum(x, x[0], "a c d, c d -> a"),
    "pack": lambda e, x: e.pack([x, x[:, 0]], "a * d")[0],
    "unpack": lambda e, x: e.unpack(x, [[2], [4]], "a * d")[1],
    "a list": lambda e, x: e.rearrange([x, x + 1], "n a b c -> a n b c"),
}


@pytest.mark.parametrize("name", EINOPS)
def test_einops_in_compiled_functions(name):
    einops = pytest.importorskip("einops")
    x = np.random.default_rng(0).normal(size=(4, 6, 3))
    rearranged = lambda x: EINOPS[name](einops, x)
    wanted = rearranged(x)
    for compiler in ("numpy", "numba", "xla"):
        np.testing.assert_allclose(defn.jit(rearranged, compiler=compiler)(x), wanted)
    slope = defn.grad(lambda x: np.sum(rearranged(x) ** 2))(x)
    direction, step = np.cos(np.arange(x.size)).reshape(x.shape), 1e-6
    ends = [np.sum(rearranged(x + s * direction) ** 2) for s in (step, -step)]
    assert np.sum(slope * direction) == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-6)
