"""Indices that only the running program knows: outside of their axis they raise, on every compiler."""

import numpy as np
import pytest

import defn
from defn import jit
from defn.compilers.xla.effects import sites
from defn.transforms.checked import with_indices_checked

COMPILERS = ["numpy", "numba", "xla"]
X = np.arange(1.0, 6.0)


def read(x, i):
    return x[i] * 2


def write(x, i):
    x[i] = 7.0
    return x


def add(x, i):
    x[i] += 1.0
    return x


def add_at(x, i):
    np.add.at(x, i, 2.0)
    return x


def take(x, i):
    return np.take(x, i)


def put(x, i):
    np.put(x, i, 5.0)
    return x


def in_a_loop(x, i):
    total = 0.0
    for k in range(8):
        total += x[i - k % 3]
    return total


def behind_a_test(x, i):
    if i < len(x):
        return x[i]
    return 0.0


def along_two_axes(x, i):
    return x.reshape(5, 1)[i, 0] + np.outer(x, x)[1, i]


PLACES = [0, 4, -5, 5, -6, 1000, np.array([0, 4, -5]), np.array([[1, 5]]), np.array([-6, 2])]


def outcome(function, x, i):
    try:
        return np.asarray(function(x.copy(), i))
    except IndexError:
        return "outside"


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("program", [read, write, add, add_at, take, put])
def test_indices_as_in_numpy(program, compiler):
    compiled = jit(program, compiler=compiler)
    for i in PLACES:
        np.testing.assert_equal(outcome(compiled, X, i), outcome(program, X, i))


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("program", [in_a_loop, behind_a_test, along_two_axes])
def test_numbers_as_in_numpy(program, compiler):
    compiled = jit(program, compiler=compiler)
    for i in PLACES[:6]:
        np.testing.assert_equal(outcome(compiled, X, i), outcome(program, X, i))


@pytest.mark.parametrize("compiler", ["numpy", "xla"])
@pytest.mark.parametrize("at", [7, -9])
def test_error_names_the_index_as_given(compiler, at):
    with pytest.raises(IndexError, match=f"index {at} is out of bounds for axis 0 with size 5"):
        jit(read, compiler=compiler)(X, at)


def test_tensors_are_looked_at_too():
    compiled = jit(read, compiler="xla")
    x = defn.tensor(X, backend="xla:cpu")
    for _ in range(3):
        assert float(compiled(x, defn.tensor(2, backend="xla:cpu"))) == 6.0
        with pytest.raises(IndexError):
            compiled(x, defn.tensor(9, backend="xla:cpu"))


def test_a_search_that_runs_off_the_end_ends():
    def search(x, i):
        while x[i] != 9.0:
            i += 1
        return i

    with pytest.raises(IndexError):
        jit(search, compiler="xla")(X, 0)


# What is proved needs no test.


def neighbours(x):
    total = 0.0
    for i in range(1, len(x) - 1):
        for j in range(i):
            total += x[i - 1] * x[i + 1] + x[j] - x[-1 - j] * x[(i + j) % len(x)]
    return total


def chosen(x):
    return x[np.argsort(x)][np.argmax(x)] + x[np.clip(x.astype(int), 0, 4)]


def counted(x):
    return np.histogram(x, 4, (0, 5))[0]


@pytest.mark.parametrize("program", [neighbours, chosen, counted])
def test_no_check_where_the_range_is_known(program):
    graph = jit(program, compiler="numpy").graph(X)
    assert not list(sites(with_indices_checked(graph)))
    np.testing.assert_allclose(jit(program, compiler="xla")(X), program(X))


def test_a_place_is_checked_once():
    def several(x, i):
        x[i] = x[i] + 1
        return x[i] * x[i]

    graph = jit(several, compiler="numpy").graph(X, 2)
    assert len(list(sites(with_indices_checked(graph)))) == 1
