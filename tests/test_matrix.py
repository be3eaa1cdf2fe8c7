"""The matrix: every operation has, for every concern, a rule or a declared absence with its reason."""

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

TABLES = {"gradient": vjp, "forward derivative": jvp, "batching": batch, "XLA lowering": lower, "Numba code": code}
# Structures and effects are handled by the walks over graphs, not by rules of single operations.
WALKED = {op for op in ops.ALL.values() if op.kind in (ops.Kind.STRUCTURE, ops.Kind.EFFECT)}
COMPILERS = ["numba", "xla"]


@pytest.mark.parametrize("concern", TABLES)
def test_every_operation_has_a_rule_or_a_reason(concern):
    table = TABLES[concern]
    missing = [op.name for op in ops.ALL.values() if op not in WALKED and op not in table and op not in table.absences]
    assert not missing, f"no {concern}, and no declared absence: {missing}"


@pytest.mark.parametrize("concern", TABLES)
def test_absences_have_reasons(concern):
    assert all(isinstance(why, str) and len(why) > 10 for why in TABLES[concern].absences.values())


def test_absences_are_few():
    # Of compilers and batching: a derivative that is zero everywhere is no absence in this sense.
    tables = [batch, lower, code]
    cells = len(tables) * (len(ops.ALL) - len(WALKED))
    absent = sum(len(set(t.absences) - WALKED) for t in tables)
    assert absent <= 0.03 * cells, [(t.concern, op.name) for t in tables for op in t.absences]


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
        atol=ulp * epsilon * np.max(np.abs(wanted.astype("c16")), initial=0, where=np.isfinite(wanted.astype("c16"))) * 0.1,
        err_msg=name,
    )
