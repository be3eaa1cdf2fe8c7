"""The matrix: every operation has, for every concern, a rule or a declared absence with its reason."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
from samples import SAMPLES

import defn
from defn import ops, pytree
from defn.compilers.numba.code import code
from defn.compilers.xla.lower import lower
from defn.transforms.batch import batch
from defn.transforms.jvp import jvp
from defn.transforms.vjp import vjp
from defn.transforms.walk import REVERSE

TABLES = {
    "gradient": vjp,
    "forward derivative": jvp,
    "batching": batch,
    "XLA lowering": lower,
    "Numba code": code,
}
COMPILERS = ["numba", "xla"]
Kind = ops.Kind
# Families that a concern handles as a whole, not operation by operation.
WALKED = {Kind.LEAF, Kind.STRUCTURE, Kind.EFFECT}
WHOLE = {
    "Numba code": {Kind.MOVEMENT, Kind.INDEX, Kind.REDUCTION, Kind.PRODUCT, Kind.LIBRARY},
}


def elsewhere(op, concern):
    """Is the operation handled by the walk over the graph, by its family, or as what it is made of?"""
    if op.kind in WALKED | WHOLE.get(concern, set()):
        return True
    if concern == "gradient":
        return op in REVERSE
    return concern in ("XLA lowering", "Numba code") and (
        "formula" in op.traits or op is ops.custom
    )


@pytest.mark.parametrize("concern", TABLES)
def test_every_operation_has_a_rule_or_a_reason(concern):
    table = TABLES[concern]
    missing = [
        op.name
        for op in ops.ALL.values()
        if op not in table and op not in table.absences and not elsewhere(op, concern)
    ]
    assert not missing, f"no {concern}, and no declared absence: {missing}"


@pytest.mark.parametrize("concern", TABLES)
def test_absences_have_reasons(concern):
    assert all(isinstance(why, str) and len(why) > 10 for why in TABLES[concern].absences.values())


def test_absences_are_few():
    # A derivative that is zero everywhere is no absence in this sense.
    cells = [
        (op.name, concern, op in TABLES[concern] or elsewhere(op, concern))
        for concern in ("batching", "XLA lowering", "Numba code")
        for op in ops.ALL.values()
    ]
    absent = [cell[:2] for cell in cells if not cell[2]]
    assert len(absent) <= 0.03 * len(cells), absent


def test_the_page_of_operations_is_up_to_date():
    script = pathlib.Path(__file__).parents[1] / "docs" / "make_operations.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert not done.returncode, done.stderr


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", SAMPLES)
def test_sample(name, compiler):
    for sample in SAMPLES[name]:
        with np.errstate(all="ignore"):
            wanted = defn.jit(sample, compiler="numpy")(*sample.arguments)
        got = defn.jit(sample, compiler=compiler)(*sample.arguments)
        for g, w in zip(pytree.leaves(got), pytree.leaves(wanted), strict=True):
            close(np.asarray(g), np.asarray(w), max(8, 2 * sample.ulp), name)


def close(got, wanted, ulp, name):
    assert got.dtype == wanted.dtype and got.shape == wanted.shape, name
    if wanted.dtype.kind in "biu":
        np.testing.assert_array_equal(got, wanted, name)
        return
    narrow = wanted.dtype if wanted.dtype.kind in "fc" else np.dtype("f4")
    epsilon = 2.0**-7 if narrow is not wanted.dtype else np.finfo(narrow).eps
    np.testing.assert_allclose(
        got.astype("c16" if narrow.kind == "c" else "f8"),
        wanted.astype("c16" if narrow.kind == "c" else "f8"),
        rtol=ulp * epsilon,
        atol=ulp * epsilon,
        err_msg=name,
    )
