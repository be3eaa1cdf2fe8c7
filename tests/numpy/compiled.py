"""The compiled function beside the function itself: results, and what becomes of the arguments."""

import numpy as np

from defn import jit


def agree(function, *arguments, compiler="numpy", rtol=1e-12):
    """The compiled function gives what the function gives, and leaves the arguments as it does."""
    mine, numpys = [[np.array(a) if np.ndim(a) else a for a in arguments] for _ in "ab"]
    wanted = function(*numpys)
    got = jit(function, compiler=compiler)(*mine)
    same(got, wanted, rtol)
    same(tuple(mine), tuple(numpys), rtol)


def same(got, wanted, rtol=1e-12):
    """Two results, or containers of results, are of one shape and dtype and nearly equal."""
    if isinstance(wanted, (tuple, list)):
        assert len(got) == len(wanted)
        for one, other in zip(got, wanted):
            same(one, other, rtol)
        return
    assert np.shape(got) == np.shape(wanted)
    assert np.asarray(got).dtype == np.asarray(wanted).dtype
    np.testing.assert_allclose(got, wanted, rtol=rtol)
