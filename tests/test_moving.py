"""Numbers outside of a function that change from call to call: hidden arguments from the first change on."""

import numpy as np
import pytest

from defn import jit

X = np.arange(4.0)


class Counter:
    def __init__(self):
        self.count, self.rate, self.width, self.settings = 0, 0.5, 2, {"step": 1}


def traces(function):
    return sum(map(len, function._specialisations.values()))


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
def test_a_counter_is_an_argument(compiler):
    def step(x):
        counter.count += 1
        counter.rate *= 0.5
        return x * counter.count + counter.rate

    counter = Counter()
    compiled = jit(step, compiler=compiler)
    for k in range(1, 8):
        np.testing.assert_array_equal(compiled(X), X * k + 0.5 ** (k + 1))
        assert (counter.count, type(counter.count)) == (k, int)
        assert type(counter.rate) is float
    assert traces(compiled) == 1


def test_changes_from_outside():
    counter = Counter()
    compiled = jit(lambda x: x * counter.rate + counter.settings["step"])
    for k in range(6):
        counter.rate, counter.settings["step"] = k * 0.1, k
        np.testing.assert_array_equal(compiled(X), X * (k * 0.1) + k)
    assert traces(compiled) <= 2
    counter.rate = 3  # an integer now
    np.testing.assert_array_equal(compiled(X), X * 3 + 5)


def test_a_number_that_is_a_size_stays_known():
    counter = Counter()
    compiled = jit(lambda x: x[: counter.width] + np.zeros(counter.width))
    for k in (2, 3, 1, 4, 2):
        counter.width = k
        np.testing.assert_array_equal(compiled(X), X[:k])


def test_a_number_that_decides_between_kinds_stays_known():
    counter = Counter()

    def chosen(x):
        return x if counter.count > 1 else (x, x)

    compiled = jit(chosen)
    for k in (0, 2, 1, 5):
        counter.count = k
        assert type(compiled(X)) is type(chosen(X))
