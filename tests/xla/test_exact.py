"""What is written is what is computed: XLA does not combine operations into others that round
differently.
"""

import numpy as np
import pytest

import defn

RANDOM = np.random.default_rng(0)
X, Y, Z = (RANDOM.normal(size=1000) * 3 for _ in range(3))

EXPRESSIONS = {
    "a known divisor": lambda x, y, z: x / 5.0,
    "a known divisor of float32": lambda x, y, z: x.astype(np.float32) / np.float32(7),
    "quotients": lambda x, y, z: x / y / z,
    "quotient of a quotient": lambda x, y, z: x / (y / z),
    "known factors": lambda x, y, z: x * 0.1 * 0.3,
    "known terms": lambda x, y, z: (x + 0.1) - 0.1,
    "rounding by adding": lambda x, y, z: (x + 1.5 * 2.0**52) - 1.5 * 2.0**52,
    "terms on both sides": lambda x, y, z: (x + 0.1) - (y - 0.7),
    "root below": lambda x, y, z: x / np.sqrt(np.abs(y)),
    "absorbed terms": lambda x, y, z: (x + y) - y,
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_same_bits(name):
    function = EXPRESSIONS[name]
    got, wanted = defn.jit(function, compiler="xla")(X, Y, Z), function(X, Y, Z)
    assert got.dtype == wanted.dtype
    np.testing.assert_array_equal(got, wanted)


@np.errstate(all="ignore")
def test_overflow_on_the_way_stays():
    x = np.array([800.0, -800.0, 1.0])
    for function in (
        lambda x: np.exp(x) * np.exp(-x),
        lambda x: np.log(np.exp(x)),
        lambda x: np.sqrt((x * 1e200) * (x * 1e200)),
        lambda x: x / np.exp(x),
    ):
        got, wanted = defn.jit(function, compiler="xla")(x), function(x)
        np.testing.assert_array_equal(np.isfinite(got), np.isfinite(wanted))


def test_a_constant_that_a_loop_captures_divides():
    def scaled(x, count):
        out = np.zeros(len(x))
        for i in range(len(x)):
            out[i] = x[i] / 5.0 * count
        return out

    np.testing.assert_array_equal(defn.jit(scaled, compiler="xla")(X, 3), scaled(X, 3))
