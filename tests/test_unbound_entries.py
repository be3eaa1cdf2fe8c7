"""Names that only some entries of a vectorised axis have bound."""

import numpy as np
import pytest

from defn import jit, tensor

ALL, SOME = [1.0, 2.0, 3.0], [1.0, -2.0, 3.0]


def rows(values):
    return tensor(values).vectorize("rows")


def read_by_all(x):
    if x > 0:
        t = x * 2
    return t


def read_by_those_that_have_it(x):
    y = x
    if x > 0:
        t = x * 2
    if x > 0:
        y = t
    return y


def nested(x):
    if x > -5:
        if x > 0:
            t = x * 2
    return t + 1


def bound_by_turns(x):
    if x > 0:
        t = x * 2
    if x <= 0:
        t = -x
    return t


@pytest.mark.parametrize("compiler", ["numpy", "numba"])
@pytest.mark.parametrize("function", [read_by_all, nested])
def test_entries_without_a_value_are_refused(function, compiler):
    compiled = jit(function, compiler=compiler)
    expected = [function(x) for x in ALL]
    np.testing.assert_array_equal(compiled(rows(ALL)).devectorize().numpy(), expected)
    with pytest.raises(UnboundLocalError, match="'t'"):
        compiled(rows(SOME))


@pytest.mark.parametrize("compiler", ["numpy", "numba"])
@pytest.mark.parametrize("function", [read_by_those_that_have_it, bound_by_turns])
def test_entries_that_have_a_value_read_it(function, compiler):
    for values in (ALL, SOME):
        found = jit(function, compiler=compiler)(rows(values)).devectorize().numpy()
        np.testing.assert_array_equal(found, [function(x) for x in values])
