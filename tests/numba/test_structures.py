"""Loops, branches, tapes and effects inside of one compiled function."""

import numpy as np
import pytest

import defn


def numba(function):
    return defn.jit(function, compiler="numba")


def source(function, *arguments):
    return numba(function).source(*arguments)


def test_a_window_whose_end_is_a_variable_is_a_loop_bound():
    def solve(lower, b):
        for i in range(len(b)):
            b[i] = (b[i] - lower[i, :i] @ b[:i]) / lower[i, i]

    lower, b = np.tril(np.full((20, 20), 0.5)) + np.eye(20), np.ones(20)
    text = source(solve, lower, b)
    assert "where" not in text and "bad" not in text
    wanted = b.copy()
    solve(lower, wanted)
    numba(solve)(lower, b)
    np.testing.assert_allclose(b, wanted, atol=1e-14)


def test_a_reversed_window_is_read_backwards():
    def reverse(a):
        for i in range(len(a)):
            a[:i] = a[:i][::-1]
        return a

    a = np.arange(12.0)
    assert "bad" not in source(reverse, a)
    np.testing.assert_array_equal(numba(reverse)(a.copy()), reverse(a.copy()))


def test_hooks_keep_their_order_and_their_errors():
    def count(a, n):
        for _i in range(n):
            defn.hook(a.sum(), calls.append)
            a = a + 1
        return a

    calls = []
    numba(count)(np.zeros(3), 3)
    assert calls == [0.0, 3.0, 6.0]

    def stop(a, n):
        for i in range(n):
            defn.hook(i, lambda i: 1 // (2 - int(i)))
            a = a + 1
        return a

    with pytest.raises(ZeroDivisionError):
        numba(stop)(np.zeros(3), 5)


def test_a_check_in_a_loop_shows_its_values():
    def total(a, n):
        s = 0.0
        for i in range(n):
            defn.check(a[i] < 3.0, "element {} is {}", i, a[i])
            s = s + a[i]
        return s

    assert numba(total)(np.arange(5.0), 3) == 3.0
    with pytest.raises(defn.DefnError, match=r"element 3 is 3\.0"):
        numba(total)(np.arange(5.0), 5)


def test_a_tape_grows_with_the_trips():
    def climb(x, end):
        while x < end:
            x = x + np.sin(x) * 0.01 + 1.0
        return x

    for end in (10.0, 1e4, 1e5):
        slope = numba(defn.grad(climb))(0.3, end)
        assert slope == pytest.approx(defn.jit(defn.grad(climb), compiler="numpy")(0.3, end))


def test_arrays_on_a_tape():
    def chain(a, n):
        for _i in range(n):
            a = np.sin(a) * a
        return a.sum()

    a = np.linspace(0.5, 1.5, 7)
    gradients = [defn.jit(defn.grad(chain), compiler=c)(a, 6) for c in ("numpy", "numba")]
    np.testing.assert_allclose(*gradients, rtol=1e-12)


def test_three_states_trade_places():
    def turn(a, b, c, n):
        for _i in range(n):
            a, b, c = b, c, a * 0.5 + np.roll(b, 1)
        return a, b, c

    arrays = [np.arange(7.0) + k for k in range(3)]
    for n in range(5):
        for got, wanted in zip(numba(turn)(*arrays, n), turn(*arrays, n)):
            np.testing.assert_array_equal(got, wanted)


def test_sorting_and_running_sums_inside_a_loop():
    def shuffle(a, n):
        for _i in range(n):
            a = np.cumsum(np.sort(a, axis=1), axis=0)[::-1] + np.argsort(a, axis=1)
        return a

    a = np.random.default_rng(0).random((4, 5))
    np.testing.assert_allclose(numba(shuffle)(a, 4), shuffle(a, 4))


def test_two_threads_may_call_one_function():
    from concurrent.futures import ThreadPoolExecutor

    @numba
    def f(x):
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        return e / np.sum(e, axis=1, keepdims=True)

    inputs = [np.random.default_rng(k).random((300, 500)) for k in range(8)]
    wanted = [f(x) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            for got, expected in zip(pool.map(f, inputs), wanted):
                np.testing.assert_array_equal(got, expected)


def test_arrays_with_gaps_and_read_only_ones_are_taken():
    def f(x):
        return x * 2 + 1

    x = np.arange(24.0).reshape(4, 6)
    read_only = x.copy()
    read_only.flags.writeable = False
    for view in (x.T, x[:, ::2], x[::-1], x[1], np.asfortranarray(x), read_only):
        np.testing.assert_array_equal(numba(f)(view), f(view))
