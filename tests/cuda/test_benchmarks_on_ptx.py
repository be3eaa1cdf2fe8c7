"""The cases of the benchmarks at small sizes: their kernels compiled for each generation, executed
with products and sums fused or not, equal to NumPy.
"""

import numpy as np
import pytest
from kernels_of import kernels_of_case, races
from on_ptx import SETTINGS
from test_every_kernel import check, check_against_record

import defn
from defn import pytree

pytest.importorskip("jax")
pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]

RACES = races()
# Seconds on the executor even where inputs are small; the first has the kernels of the second.
LONG = {
    "normals", "matrix-product", "sum-middle", "training-step-32", "adi-gradient", "fused-f32", "fused-f64",
    "cavity-flow", "cavity-flow-gradient", "layer-norm-gradient", "lenet-step", "bundle-adjustment",
}  # fmt: skip
LEFT_OUT = {"training-step-512": "training-step-32 on more rows"}
NAMES = [
    pytest.param(name, marks=[pytest.mark.slow] * (name in LONG))
    for name in RACES
    if name not in LEFT_OUT
]


def copied(arguments):
    return [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]


@pytest.mark.parametrize("name", NAMES)
def test_case(name):
    race = RACES[name]
    arguments = race.arguments(np.random.default_rng(0), True)
    wanted = (race.reference or race.statement)(*copied(arguments))
    made = defn.jit(race.statement, **SETTINGS)
    executable = made.trace(*copied(arguments)).executable
    for executable.machine.fused in (False, True):
        got = made(*copied(arguments))
        for g, w in zip(pytree.leaves(got), pytree.leaves(wanted), strict=True):
            np.testing.assert_allclose(g, w, rtol=race.rtol, atol=race.atol)
    for step in kernels_of_case(name):
        check(step, (9, 0))


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in RACES if n not in LEFT_OUT])
def test_other_generations_and_the_record(name):
    check_against_record(f"benchmark {name}", kernels_of_case(name))
