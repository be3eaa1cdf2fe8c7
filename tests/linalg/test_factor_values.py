"""A matrix is factorised once, and only as far as is asked."""

import numpy as np
import pytest

import defn
from defn import ops
from defn.transforms.passes import prepare

DONE = {
    "values of vectors and values": (lambda a: np.linalg.eigh(a)[0], ["eigvalsh"]),
    "singular values of all three": (lambda a: np.linalg.svd(a)[1], ["svdvals"]),
    "eigenvalues of both": (lambda a: np.linalg.eig(a)[0], ["eigvals"]),
    "values twice": (lambda a: (np.linalg.svd(a)[1], np.linalg.svdvals(a)), ["svdvals"]),
    "values beside vectors": (lambda a: (np.linalg.svd(a), np.linalg.svdvals(a)), ["svd"]),
    "two triangles": (
        lambda a: (np.linalg.eigh(a), np.linalg.eigvalsh(a, "U")), ["eigh", "eigvalsh"],
    ),
    "a gradient": (defn.value_and_grad(lambda a: np.sum(np.linalg.svdvals(a) ** 3)), ["svd"]),
}  # fmt: skip


@pytest.mark.parametrize("name", DONE)
def test_what_is_left(name):
    function, wanted = DONE[name]
    a = np.arange(9.0).reshape(3, 3) + np.eye(3)
    compiled = defn.jit(function, compiler="numpy")
    found = [n.op.name for n in prepare(compiled.graph(a)).order if n.op.kind is ops.Kind.LIBRARY]
    assert sorted(found) == wanted
    compiled(a)
