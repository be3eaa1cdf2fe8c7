"""What is known of the sign of a value, and the exponential that relies on it."""

import numpy as np
import pytest

import defn
from defn.compilers.xla.signs import sign

NEVER_POSITIVE = {
    "softmax": lambda x: x - np.max(x, axis=-1, keepdims=True),
    "softmax of all": lambda x: x - np.max(x),
    "softmax down": lambda x: x - np.max(x, axis=0),
    "gaussian": lambda x: -(x * x) / 2,
    "minimum": lambda x: np.minimum(x, -1) - abs(x),
    "quotient": lambda x: abs(x) / -2.0,
    "rows": lambda x: -np.sum(abs(x), axis=0),
}
UNKNOWN = {
    "other axis": lambda x: x - np.max(x, axis=1),
    "turned": lambda x: x - np.max(x, axis=0)[:, None],
    "other array": lambda x: x - np.max(x + 1, axis=0),
    "product": lambda x: x * -1,
    "least": lambda x: x - np.min(x),
    "difference": lambda x: abs(x) - x * x,
}


def found(function):
    return sign(defn.jit(function).graph(np.ones((4, 4), "f4")).outputs[0])


@pytest.mark.parametrize("name", NEVER_POSITIVE)
def test_what_is_never_positive(name):
    assert found(NEVER_POSITIVE[name]) == -1


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known(name):
    assert found(UNKNOWN[name]) == 0


@pytest.mark.parametrize("name", NEVER_POSITIVE)
def test_such_an_exponential_is_plain(name):
    x = np.random.default_rng(0).normal(size=(4, 4)).astype("f4")
    function = defn.jit(lambda x: np.exp(NEVER_POSITIVE[name](x)), compiler="xla")
    np.testing.assert_allclose(function(x), np.exp(NEVER_POSITIVE[name](x)), rtol=1e-6)
    assert "select" not in function.source(x)
