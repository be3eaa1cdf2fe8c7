"""Nx's own results: hundreds of calls, programs and gradients, at once and on every compiler.

Shapes must agree, and values to the precision of what is printed. Dtypes are NumPy's, so only those
of operands are given; truth values are 1 and 0.
"""

import itertools
from operator import itemgetter

import corpus_gradients
import corpus_operations
import corpus_programs
import numpy as np
import pytest

from defn import jit, pytree
from defn.tensor import asarray, is_tensor

COMPILERS = ("numpy", "numba", "xla")
NAME = itemgetter(0)
pytestmark = pytest.mark.filterwarnings("ignore:Casting complex values to real")


def grouped(cases):
    """The cases by name: those of one name are compiled as one program."""
    ordered = sorted(cases, key=NAME)
    return {name: list(rows) for name, rows in itertools.groupby(ordered, key=NAME)}


GROUPS = {
    f"{kind}-{name}": rows
    for kind, module in (
        ("operation", corpus_operations),
        ("program", corpus_programs),
        ("gradient", corpus_gradients),
    )
    for name, rows in grouped(module.CASES).items()
}
# Their values do not come from arrays, or only Python asks for them.
EAGER = {"operation-to_number"}


def compare(found, wanted):
    """A result beside the recorded one: containers element by element."""
    if isinstance(wanted, dict):
        return [compare(found[key], wanted[key]) for key in wanted]
    if isinstance(found, (tuple, list)):
        assert len(found) == len(wanted)
        return [compare(*pair) for pair in zip(found, wanted)]
    found, wanted = np.asarray(plain(found)), np.asarray(wanted)
    assert found.shape == wanted.shape
    narrow = found.dtype.itemsize == 2 and found.dtype.kind not in "iu"
    kind = "c16" if "c" in (found.dtype.kind, wanted.dtype.kind) else "f8"
    tolerance = 2e-2 if narrow else 2e-4
    np.testing.assert_allclose(
        found.astype(kind), wanted.astype(kind), rtol=tolerance, atol=1e-4 if not narrow else 2e-2
    )


def plain(x):
    return x.numpy() if is_tensor(x) else x


@pytest.mark.parametrize("name", GROUPS)
def test_at_once(name):
    for _, program, operands, wanted in GROUPS[name]:
        compare(program(*pytree.map(asarray, operands)), wanted)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", sorted(GROUPS.keys() - EAGER))
def test_compiled(name, compiler):
    rows = GROUPS[name]
    programs = [program for _, program, _, _ in rows]

    def all_of(operands):
        return [program(*each) for program, each in zip(programs, operands)]

    found = jit(all_of, compiler=compiler)([operands for _, _, operands, _ in rows])
    for each, (_, _, _, wanted) in zip(found, rows):
        compare(each, wanted)
