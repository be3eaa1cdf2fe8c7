"""Loops down columns whose arrays are turned first; states that only each other ask for; what is
fetched ahead; large results that are written past the cache."""

import numpy as np
import pytest
from alike import same

from defn import grad, jit
from defn.compilers.numba import streamed


def random(*shape):
    return np.random.default_rng(sum(shape)).random(shape)


# --- columns as rows -----------------------------------------------------------------------------


def swept(count, u, p):
    """Sweeps along both axes, as in the alternating direction implicit method."""
    for _ in range(count):
        for j in range(1, u.shape[1] - 1):
            p[1:-1, j] = (u[:-2, j] + u[2:, j] + p[1:-1, j - 1]) / (2 + u[1:-1, j])
        for i in range(1, u.shape[0] - 1):
            u[i, 1:-1] = 0.5 * p[i, 1:-1] + 0.25 * u[i - 1, 1:-1]
    return u, p


@pytest.mark.parametrize("shape", [(70, 70), (64, 97), (131, 66)])
def test_inner_loops_down_columns(shape):
    assert "turn(" in same(swept, 3, random(*shape), random(*shape))


def test_trips_from_last_to_first():
    def back(count, x, y):
        for _ in range(count):
            for j in range(x.shape[1] - 2, -1, -1):
                x[:, j] = 0.5 * x[:, j + 1] + y[:, j]
                y[:, j] = y[:, j] * x[:, j]
            x[...] = x + y[::-1]
        return x, y

    assert "turn(" in same(back, 4, random(80, 72), random(80, 72))


def test_three_axes():
    def down(count, x, y):
        for _ in range(count):
            for k in range(1, x.shape[2]):
                x[:, :, k] = x[:, :, k - 1] * y[:, :, k] + 1
                y[:, 1:, k] = x[:, :-1, k] - y[:, 1:, k - 1]
        return x, y

    same(down, 2, random(9, 11, 66), random(9, 11, 66))


def test_rows_that_push_each_other_out_of_the_cache():
    def diagonal(y):
        for j in range(1, y.shape[1]):
            y[1:, j] = y[:-1, j - 1] * 0.5 + y[1:, j - 1]
        return y

    assert "turn(" in same(diagonal, random(90, 512))
    assert "turn(" not in same(diagonal, random(90, 500))


def test_an_array_that_is_read_otherwise_stays_as_it_lies():
    def mixed(count, x, y):
        for _ in range(count):
            for j in range(1, 70):
                x[:, j] = x[:, j - 1] + y[:, j] * y[j, 0]
                y[:, j] = x[:, j] * 0.5
        return x, y

    same(mixed, 3, random(70, 70), random(70, 70) / 100)


def test_gradients_of_sweeps():
    def loss(count, u, p):
        u, p = swept(count, u * 1.0, p * 1.0)
        return np.sum(np.cos(u)) + np.sum(p * p)

    arguments = 3, random(68, 70), random(68, 70)
    slopes = grad(loss, argnums=(1, 2))
    text = jit(slopes).source(*arguments)
    assert "turn(" in text and "fetch(" in text
    found = (jit(slopes, compiler=name)(*arguments) for name in ("numba", "numpy"))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


# --- states that only each other ask for ---------------------------------------------------------


def test_a_circle_of_states_through_inner_loops_is_dropped():
    def circle(count, x, y, z):
        for _ in range(count):
            for i in range(1, x.shape[0]):
                y[i] = np.sin(x[i - 1]) + z[i]
                z[i] = z[i - 1] * 0.5
            for i in range(1, x.shape[0]):
                x[i] = y[i] + z[i]
        return z

    text = jit(lambda x, y, z: circle(5, x * 1, y * 1, z * 1)).source(*(random(20) for _ in "xyz"))
    assert "sin" not in text


def test_a_linear_loop_leaves_no_forward_pass():
    def loss(r, u):
        for _ in range(3):
            for i in range(1, 20):
                r[i] = r[i] / (2 - r[i - 1])
                u[i] = u[i] - np.sqrt(r[i]) * u[i - 1]
        return np.sum(u)

    slope = grad(lambda u: loss(np.full(20, 0.5), u * 1.0))
    found = (jit(slope, compiler=name)(random(20)) for name in ("numba", "numpy"))
    np.testing.assert_allclose(*found, rtol=1e-12)


# --- past the cache ------------------------------------------------------------------------------


@pytest.fixture
def everything_is_large(monkeypatch):
    monkeypatch.setattr(streamed, "LARGE", 0)
    monkeypatch.setattr(streamed, "MOVED", 0)


KINDS = ("f2", "f4", "f8", "c8", "c16", "?", "i1", "i4", "u8")


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("shape", [(5_003,), (67, 131), (3, 4_100)])
def test_results_past_the_cache(everything_is_large, dtype, shape):
    x = (random(*shape) * 100).astype(dtype)
    y = np.ascontiguousarray(x[..., ::-1])
    made = jit(lambda x, y: (x * y, np.maximum(abs(x), abs(y))))
    assert "stream(" in made.source(x, y)
    wanted = x * y, np.maximum(abs(x), abs(y))
    for threads in (1, 2):
        for one, other in zip(made(x, y, threads=threads), wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6)


def test_rows_with_sums_past_the_cache(everything_is_large):
    x = random(300, 777)
    made = jit(lambda x: (x - np.mean(x, axis=1, keepdims=True), np.max(x, axis=1)))
    assert "stream(" in made.source(x)
    centred, most = made(x)
    np.testing.assert_allclose(centred, x - np.mean(x, axis=1, keepdims=True), atol=1e-14)
    np.testing.assert_array_equal(most, np.max(x, axis=1))


def test_results_that_others_read_stay(everything_is_large):
    def both(x):
        y = np.sqrt(x)
        return y, y[:, ::-1] @ x

    x = random(96, 96)
    for one, other in zip(jit(both)(x), both(x), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_matrices_that_threads_share():
    def each(a, b):
        for k in range(a.shape[0]):
            for j in range(1, a.shape[2]):
                a[k, :, j] = 0.5 * a[k, :, j - 1] + b[k, :, j]
                b[k, 1:, j] = a[k, :-1, j] * b[k, 1:, j]
        return a, b

    same(each, random(6, 80, 80), random(6, 80, 80))


def test_an_array_is_changed_by_what_lies_ahead():
    def ahead(count, y, z):
        for _ in range(count):
            y[:-1, 1:] = y[1:, :-1] * 0.5 + z.T[:-1, 1:]
            z[1:, :-1] = z[:-1, 1:] * 0.5 + y.T[1:, :-1]
        return y, z

    same(ahead, 3, random(150, 150), random(150, 150))
