"""Elements written one by one become one write: the same values, and a short program."""

import numpy as np
import pytest

from defn import grad, jit


def recurrence(x):
    y = np.zeros(60)
    for i in [*range(40)]:
        y[i] = x[i] * i + y[max(i - 1, 0)]
    return y


def scattered(x):
    y = np.zeros((6, 7), x.dtype)
    for k in [*range(30)]:
        y[5 * k % 6, 3 * k % 7] = x[k] - k
    y[2, 3] = 1.0
    return y


def twice(x):
    y = np.ones(5)
    for k in [*range(20)]:
        y[3 * k % 5] = x[k] * y[k % 5]
    return y, y[3]


def seen_between(x):
    y = np.zeros(12)
    for k in [*range(12)]:
        y[k] = x[k]
    z = np.sum(y)
    for k in [*range(12)]:
        y[k] = y[k] * z
    return y


x = np.random.default_rng(1).random(60)


@pytest.mark.parametrize("function", [recurrence, scattered, twice, seen_between])
def test_values(function):
    for got, wanted in zip(jit(function, compiler="xla")(x), function(x), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-14)


def test_gradients_of_many_elements():
    def total(x):
        found = 0.0
        for k in [*range(50)]:
            found = found + x[k] * x[7 * k % 60]
        return found

    got, wanted = (grad(jit(total, compiler=c))(x) for c in ("xla", "numpy"))
    np.testing.assert_allclose(got, wanted, rtol=1e-13)


def test_one_write():
    text = jit(recurrence, compiler="xla").source(x)
    assert text.count("dynamic_update_slice") == 1, text
