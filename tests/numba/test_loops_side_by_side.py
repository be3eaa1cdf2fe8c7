"""Trips of loops that are done together: in threads, a column behind each other, side by side; and
elements that stay in registers from trip to trip."""

import numpy as np
import pytest
from alike import same

from defn import grad, jit
from defn.compilers.numba.trips import are_apart


def same_slopes(function, *arguments):
    total = lambda *a: np.sum(np.cos(function(*[x * 1.0 for x in a])))
    slopes = grad(total, argnums=tuple(range(len(arguments))))
    found = (jit(slopes, compiler=name)(*arguments) for name in ("numba", "numpy"))
    for one, other in zip(*found):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def random(*shape):
    return np.random.default_rng(sum(shape)).random(shape)


# --- trips that threads share --------------------------------------------------------------------


def levels(a, b):
    for k in range(1, a.shape[2]):
        a[:, :, k] = 0.5 * a[:, :, k] + b[:, :, k] * a[:, :, k - 1]
    return a


def test_columns_of_water_are_shared_between_threads():
    a, b = random(60, 42, 50), random(60, 42, 51)[:, :, :50].copy()
    text = same(levels, a, b)
    assert "for i1 in range(start, stop)" in text
    one, two = (jit(levels, compiler="numba", threads=n)(a.copy(), b) for n in (1, 3))
    np.testing.assert_array_equal(one, two)


def test_each_thread_has_memory_of_its_own():
    def rows(x):
        out = np.zeros_like(x)
        for i in range(x.shape[0]):
            line = np.sort(x[i]) * 2.0
            for k in range(1, 4):
                line[k:] = line[k:] + line[:-k][::-1]
            out[i] = line
        return out

    x = random(300, 90)
    text = same(rows, x, rtol=1e-13)
    assert "start // chunk" in text


def loop_of(function, *arguments):
    graph = jit(function).trace(*arguments).graph
    return next(node for node in graph.order if "bodies" in node.attrs)


def test_which_trips_are_apart():
    def own(x):
        for i in range(x.shape[0] - 1):
            x[i + 1, 1:] = x[i + 1, :-1] + x[i + 1, 0]
        return x

    def before(x):
        for i in range(1, x.shape[0]):
            x[i] = x[i - 1] + 1
        return x

    def first(x):
        for i in range(1, x.shape[0]):
            x[i] = x[0] + 1
        return x

    def whole(x):
        for i in range(x.shape[0]):
            x[i] = np.sum(x)
        return x

    x = random(9, 5)
    assert [are_apart(loop_of(f, x)) for f in (own, before, first, whole)] == [True] + [False] * 3


# --- rows that wait for each other ---------------------------------------------------------------


def seidel(a):
    for i in range(1, a.shape[0] - 1):
        for j in range(1, a.shape[1] - 1):
            a[i, j] = (a[i - 1, j] + a[i, j - 1] + a[i, j] + a[i, j + 1] + a[i + 1, j]) / 5
    return a


def nine(a):
    for i in range(a.shape[0] - 2, 0, -1):
        for j in range(a.shape[1] - 2, 0, -1):
            total = a[i + 1, j + 1] + a[i + 1, j] + a[i + 1, j - 1] + a[i, j + 1] + a[i, j]
            a[i, j] = (total + a[i, j - 1] + a[i - 1, j - 1] + a[i - 1, j] + a[i - 1, j + 1]) / 9
    return a


def aligned(a):
    best = np.zeros_like(a)
    for i in range(1, a.shape[0]):
        for j in range(1, a.shape[1]):
            score = best[i - 1, j - 1] + a[i, j] - 0.5
            best[i, j] = max(score, best[i - 1, j] - 0.2, best[i, j - 1] - 0.2, 0.0)
    return best


@pytest.mark.parametrize("program", [seidel, nine, aligned])
@pytest.mark.parametrize("shape", [(6, 34), (7, 45), (21, 50)])
def test_rows_follow_each_other(program, shape):
    text = same(program, random(*shape))
    assert shape[0] == 6 or "* 4" in text  # rows at once; one block is no loop


def test_the_gradient_of_rows_that_follow_each_other():
    same_slopes(seidel, random(13, 40))
    same_slopes(nine, random(13, 40))


def test_rows_that_may_not_follow_each_other():
    def far(a):
        for i in range(2, a.shape[0]):
            for j in range(8, a.shape[1] - 8):
                a[i, j] = 0.5 * a[i, j - 1] + 0.3 * a[i - 1, j + 8]
        return a

    def down(a, b):
        for i in range(1, a.shape[0]):
            for j in range(1, a.shape[1]):
                a[i, j] = 0.5 * a[i, j - 1] + b[0, j]
                b[0, j] = b[0, j] * 0.9 + a[i, j]
        return a

    same(far, random(12, 60))
    same(down, random(12, 60), random(1, 60))


# --- columns side by side ------------------------------------------------------------------------


def gram_schmidt(a):
    n = a.shape[1]
    q, r = np.zeros_like(a), np.zeros((n, n))
    for k in range(n):
        r[k, k] = np.sqrt(np.sum(a[:, k] * a[:, k]))
        q[:, k] = a[:, k] / r[k, k]
        for j in range(k + 1, n):
            r[k, j] = q[:, k] @ a[:, j]
            a[:, j] -= q[:, k] * r[k, j]
    return q, r


@pytest.mark.parametrize("columns", [3, 9, 40, 77])
def test_columns_are_done_side_by_side(columns):
    text = same(gram_schmidt, random(80, columns), rtol=1e-10)
    assert "failed" not in text  # no index needs a test
    assert ("minimum(" in text) == (columns >= 9)


def test_columns_of_many_kinds():
    def program(a, b):
        out = np.zeros((a.shape[1], a.shape[0]))
        for j in range(2, a.shape[1] - 1):
            column = np.where(a[:, j] > 0.5, a[:, j][::-1], np.cumsum(b[:, j + 1]))
            b[1:, j] = column[1:] * b[0, j - 0] + j
            out[j] = np.max(a[:, j - 2]) + column * a[0, 0]
        return out

    same(program, random(40, 53), random(40, 60), rtol=1e-12)


def test_columns_that_need_each_other():
    def program(a):
        for j in range(1, a.shape[1]):
            a[:, j] = a[:, j] - 0.5 * (a[:, j - 1] @ a[:, j]) * a[:, j - 1]
        return a

    same(program, random(50, 40) / 50, rtol=1e-12)


# --- what stays in a register --------------------------------------------------------------------


def test_what_was_just_written_is_not_read_again():
    def recurrence(x):
        for i in range(1, x.shape[0]):
            x[i] = 0.5 * x[i - 1] + x[i]
        return x

    text = same(recurrence, random(50))
    assert text.count("x0[i") == 2  # one read, one write


def test_what_another_write_may_have_changed_is_read_again():
    def program(x, k):
        for i in range(2, x.shape[0]):
            x[i] = 0.5 * x[i - 1] + x[i - 2]
            x[k[0]] = 0.25
        return x

    for k in (1, 5, 6, 11):
        same(program, random(12), np.array([k]))


def test_a_loop_without_trips_reads_nothing():
    def program(x, n):
        for i in range(int(n), x.shape[0]):
            x[i] = 0.5 * x[i - 1] + 1
        return x

    made = jit(program, compiler="numba")
    for n in (1, 4, 5, 50):
        np.testing.assert_array_equal(made(np.ones(5), n), program(np.ones(5), n))


# --- windows that keep what is in them -----------------------------------------------------------


def test_the_cotangent_of_a_window_stays_where_it_is():
    def field(hz, ey, ex):
        for _ in range(5):
            ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
            ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
            hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
        return hz

    arguments = random(30, 33), random(30, 33), random(30, 33)
    same_slopes(field, *arguments)
    slope = jit(grad(lambda *a: np.sum(field(*[x * 1.0 for x in a]))), compiler="numba")
    assert "= 0.0" not in slope.source(*arguments).split("0 - 1, -1):")[-1]
