"""Checks that run with the program: asserts, raises, hooks, and checked mode, on each compiler."""

import copy

import numpy as np
import pytest
from programs import PROGRAMS
from test_programs import same

import defn
from defn.errors import CheckError, DefnError

COMPILERS = ["numpy", "numba", "xla"]


@pytest.fixture(params=COMPILERS)
def compiler(request):
    return request.param


def guarded(x):
    assert x.sum() > 0, "positive please"
    if x[0] > 5:
        raise ValueError("too large")
    return x * 2


def test_asserts_and_raises_run_with_the_program(compiler):
    f = defn.jit(guarded, compiler=compiler)
    np.testing.assert_array_equal(f(np.array([1.0, 2.0])), [2.0, 4.0])
    with pytest.raises(AssertionError, match="positive please"):
        f(np.array([-1.0, 0.0]))
    with pytest.raises(ValueError, match="too large"):
        f(np.array([6.0, 1.0]))


def test_check_shows_its_values(compiler):
    f = defn.jit(lambda x: defn.check(x < 3, "x is {}, at most 3", x) or x, compiler=compiler)
    assert f(2.0) == 2.0
    with pytest.raises(CheckError, match="x is 4.0, at most 3"):
        f(4.0)


def test_hooks_keep_program_order(compiler):
    seen = []

    def f(x):
        for i in range(6):
            defn.hook((i, x), lambda pair: seen.append((int(pair[0]), float(pair[1]))))
            x = x * 2
        return x

    assert defn.jit(f, compiler=compiler)(1.0) == 64.0
    assert seen == [(i, 2.0**i) for i in range(6)]


@pytest.mark.parametrize("at", [7, -4, 3])
def test_an_index_outside_names_the_line(compiler, at):
    f = defn.jit(lambda x, i: x[i] * 2, compiler=compiler, checked=True)
    assert f(np.arange(3.0), 2) == 4.0 and f(np.arange(3.0), -3) == 0.0
    with pytest.raises(
        IndexError, match="out of bounds for axis 0 with size 3|outside of its axis"
    ):
        f(np.arange(3.0), at)


def test_an_array_of_indices_outside(compiler):
    f = defn.jit(lambda x, i: x[i] * 2, compiler=compiler, checked=True)
    with pytest.raises(IndexError):
        f(np.arange(3.0), np.array([0, 5]))


def test_the_first_nan_is_named(compiler):
    def f(x):
        y = x - 1
        z = np.log(y)
        return (z * 0).sum()

    with pytest.raises(FloatingPointError, match="log made a nan.*\n.*z = np.log"):
        defn.jit(f, compiler=compiler, checked=True)(np.array([2.0, 0.5]))
    assert defn.jit(f, compiler=compiler, checked=True)(np.array([2.0, 3.0])) == 0.0


def test_a_nan_in_a_loop_is_named(compiler):
    def f(x):
        for _ in range(20):
            x = np.sqrt(x) - 0.5
        return x

    with pytest.raises(DefnError, match="sqrt made a nan"):
        defn.jit(f, compiler=compiler, checked=True)(0.3)


@pytest.mark.parametrize("operation", [np.add, np.subtract, np.multiply])
def test_integer_overflow_is_named(compiler, operation):
    f = defn.jit(lambda x, y: operation(x, y), compiler=compiler, checked=True)
    small = np.array([3, -4], np.int8)
    np.testing.assert_array_equal(f(small, small), operation(small, small))
    with pytest.raises(DefnError, match="overflowed"):
        f(
            np.array([100, -100], np.int8),
            np.array([100, -100] if operation is not np.subtract else [-100, 100], np.int8),
        )


@pytest.mark.parametrize(
    "name",
    ["cholesky", "lu", "thomas", "nussinov", "knapsack", "sieve", "convolution_2d", "seidel_2d"],
)
def test_sound_programs_pass(name, compiler):
    function, arguments = PROGRAMS[name]
    plain, traced = copy.deepcopy(arguments), copy.deepcopy(arguments)
    same(defn.jit(function, compiler=compiler, checked=True)(*traced), function(*plain), name)
    same(traced, plain, name)


def test_effects_happen_where_their_branch_is_taken(compiler):
    seen = []

    def f(x):
        if x > 0:
            defn.check(x < 5, "too big")
            defn.hook(x, seen.append)
        return x * 2

    g = defn.jit(f, compiler=compiler)
    assert g(-1.0) == -2.0 and not seen
    assert g(1.0) == 2.0 and len(seen) == 1
    with pytest.raises(CheckError, match="too big"):
        g(7.0)


def test_effects_of_a_loop_that_gives_nothing(compiler):
    def f(n, x):
        for _ in range(n):
            defn.check(x > 0, "positive")
        return 1.0

    assert defn.jit(f, compiler=compiler)(0, -1.0) == 1.0
    with pytest.raises(CheckError, match="positive"):
        defn.jit(f, compiler=compiler)(9, -1.0)
