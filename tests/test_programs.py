"""Plain NumPy programs, decorated as they stand: the same results, dtypes and in-place effects on each compiler."""

import copy

import numpy as np
import pytest
from programs import PROGRAMS

import defn
from defn import pytree

COMPILERS = ["numpy", "numba", "xla"]


def same(got, wanted, name):
    got, wanted = pytree.leaves(got), pytree.leaves(wanted)
    assert len(got) == len(wanted)
    for a, b in zip(got, wanted):
        assert np.shape(a) == np.shape(b), name
        assert np.asarray(a).dtype == np.asarray(b).dtype, name
        assert type(a) is type(b) or np.ndim(b) == 0, (name, type(a), type(b))
        loose = np.asarray(b).dtype.itemsize <= 4
        np.testing.assert_allclose(a, b, rtol=1e-5 if loose else 1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name, compiler):
    function, arguments = PROGRAMS[name]
    plain, traced = copy.deepcopy(arguments), copy.deepcopy(arguments)
    wanted = function(*plain)
    got = defn.jit(function, compiler=compiler)(*traced)
    same(got, wanted, name)
    same(traced, plain, f"the arguments of {name}")
