"""Results that depend on no argument."""

import numpy as np
import pytest

import defn.numpy as dn
from defn import jit

KNOWN = {
    "a row": lambda: dn.stack([1, 2, 3]),
    "a matrix": lambda: dn.asarray([[1.5, 2.0], [3.0, 4.0]]),
    "truth values": lambda: dn.asarray([True, False, True]),
    "twice": lambda: (dn.asarray([1, 2, 3]), dn.asarray([1, 2, 3]) * 2),
    "beside others": lambda x=np.ones(3): (
        dn.asarray([1.0, 2.0, 3.0]),
        dn.asarray([1.0, 2.0, 3.0]) + x,
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_results(name):
    found, wanted = (jit(KNOWN[name], compiler=each)() for each in ("numba", "numpy"))
    for pair in zip(found, wanted) if isinstance(wanted, tuple) else [(found, wanted)]:
        np.testing.assert_array_equal(*pair)
