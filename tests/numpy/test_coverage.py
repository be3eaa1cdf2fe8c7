"""The page on NumPy's namespace says what the tables do, and every absence has a reason."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from defn import jit
from defn.errors import Unsupported

ROOT = Path(__file__).parents[2]


def test_page_is_up_to_date():
    script = ROOT / "docs" / "make_coverage.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert not done.returncode, done.stderr


NUMPYS_OWN = {
    "base_repr": lambda x: np.base_repr(5),
    "binary_repr": lambda x: np.binary_repr(3),
    "broadcast_shapes": lambda x: np.broadcast_shapes(x.shape, (2, 1)),
    "format_float_positional": lambda x: np.format_float_positional(0.5),
    "format_float_scientific": lambda x: np.format_float_scientific(0.5),
    "isdtype": lambda x: np.isdtype(x.dtype, "real floating"),
    "isfortran": lambda x: (np.isfortran(np.outer(x, x)), np.isfortran(np.outer(x, x).T)),
    "isscalar": lambda x: (np.isscalar(x), np.isscalar(x[0]), np.isscalar(2.0)),
    "issubdtype": lambda x: np.issubdtype(x.dtype, np.floating),
    "iterable": lambda x: (np.iterable(x), np.iterable(x[0])),
    "mask_indices": lambda x: np.outer(x, x)[np.mask_indices(3, np.triu)],
    "mintypecode": lambda x: np.mintypecode([x.dtype.char]),
    "promote_types": lambda x: np.promote_types(x.dtype, "c8"),
    "row_stack": lambda x: np.row_stack([x, x]),
    "typename": lambda x: np.typename(x.dtype.char),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", NUMPYS_OWN)
def test_what_is_numpys_own_gives_what_numpy_gives(name):
    x = np.array([1.0, 2.0, 3.0])
    wanted, got = NUMPYS_OWN[name](x), jit(NUMPYS_OWN[name], compiler="numpy")(x)
    np.testing.assert_equal(got, wanted)


@pytest.mark.parametrize(
    "call, way_out",
    [
        (np.asmatrix, "`@`"),
        (lambda x: np.bmat([[x]]), "np.block"),
        (lambda x: np.nested_iters([x, x], [[0], [0]]), "np.ndindex"),
        (np.isnat, "int64"),
        (lambda x: np.busday_count(x, x), "int64"),
    ],
)
def test_absences_name_a_way_out(call, way_out):
    with pytest.raises(Unsupported, match=way_out):
        jit(lambda x: call(x), compiler="numpy")(np.ones(3))


def test_requirements_of_memory():
    def required(x):
        turned = np.require(np.outer(x, x), "f4", "F")
        return turned, turned.flags.fnc, np.require(x, requirements=["C", "W"])

    for got, wanted in zip(jit(required)(np.ones(3)), required(np.ones(3))):
        np.testing.assert_equal(got, wanted)
