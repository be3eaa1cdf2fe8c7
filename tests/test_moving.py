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


rate, turns = 1.0, 0


def scaled(x):
    return x * rate


def turned():
    global turns
    turns += 1


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
def test_globals_and_names_of_enclosing_functions(compiler, monkeypatch):
    from defn import specialise

    global rate
    made, trace = [], specialise.trace
    monkeypatch.setattr(specialise, "trace", lambda *a: made.append(1) or trace(*a))
    shift = 0
    compiled = jit(lambda x: scaled(x) + shift + rate, compiler=compiler)
    for k in range(8):
        rate, shift = 0.5**k, k
        np.testing.assert_array_equal(compiled(X), X * rate + shift + rate)
    assert len(made) <= 3
    shift = 2.5  # another kind of number
    np.testing.assert_array_equal(compiled(X), X * rate + shift + rate)


def test_a_name_that_a_function_binds_stays_known():
    def step(x):
        before = turns
        turned()
        return x * turns + before

    compiled = jit(step)
    for _ in range(5):
        before = turns
        np.testing.assert_array_equal(compiled(X), X * (before + 1) + before)


def test_a_name_that_is_a_size_stays_known():
    global turns
    compiled = jit(lambda x: x[:turns] + np.zeros(turns))
    for turns in (1, 2, 3, 1, 4):
        np.testing.assert_array_equal(compiled(X), X[:turns])
