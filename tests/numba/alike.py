"""A function under Numba beside the same function under Python."""

import numpy as np

from defn import jit


def same(function, *arguments, rtol=0):
    """The text of the program, after comparing results and arguments with Python's."""
    ours, theirs = ([np.copy(a) for a in arguments] for _ in range(2))
    made = jit(function, compiler="numba")
    results, wanted = made(*ours), function(*theirs)
    results, wanted = ((r if isinstance(r, tuple) else (r,)) for r in (results, wanted))
    for one, other in zip((*results, *ours), (*wanted, *theirs), strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)
    return made.source(*arguments)
