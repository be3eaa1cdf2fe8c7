"""The generated programs, read as text: what shares loops, what is stored, what is written in
place."""

import numpy as np
import pytest

import defn
from defn.compilers.numba import plan


def source(function, *arguments):
    return defn.jit(function, compiler="numba").source(*arguments)


def kernels(text):
    return text.count("def kernel(")


def loops(text):
    return [line.strip() for line in text.splitlines() if line.strip().startswith("for ")]


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def test_softmax_is_one_pass_over_rows():
    text = source(softmax, np.ones((100, 40), np.float32))
    assert kernels(text) == 1
    assert loops(text) == ["for i in range(start, stop):"] + ["for j in range(0, n0):"] * 3
    assert text.count("exp(") == 1


def test_softmax_of_four_axes_has_one_outer_loop():
    text = source(softmax, np.ones((3, 20, 30, 40), np.float32))
    assert loops(text)[0] == "for i in range(start, stop):"
    assert len(loops(text)) == 4


def test_elementwise_work_is_one_loop_whatever_the_rank():
    def f(x, y):
        return np.sqrt(x * x + y) - x

    texts = {
        source(f, np.ones(shape), np.ones(shape))
        for shape in [(9,), (9, 20), (3, 10, 11), (2, 3, 4, 5)]
    }
    assert len(texts) == 1
    assert loops(texts.pop()) == ["for i in range(start, stop):"]


def test_fifty_shapes_have_one_text():
    texts = {source(softmax, np.ones((100 + k, 300 + 2 * k), np.float32)) for k in range(50)}
    assert len(texts) == 1


def test_two_results_share_a_loop():
    def f(x):
        return np.exp(x) + 1, np.exp(x) * 2

    text = source(f, np.ones(100))
    assert loops(text) == ["for i in range(start, stop):"]
    assert text.count("exp(") == 1


def test_layer_norm_is_one_kernel():
    def layer_norm(x, scale, shift):
        centred = x - np.mean(x, axis=-1, keepdims=True)
        deviation = np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + 1e-5)
        return centred / deviation * scale + shift

    text = source(layer_norm, np.ones((64, 50)), np.ones(50), np.ones(50))
    assert kernels(text) == 1
    assert len(loops(text)) == 4


def test_a_slice_is_index_arithmetic():
    text = source(lambda a: a[2:, 1:] - a[:-2, :-1], np.ones((20, 30)))
    assert kernels(text) == 1
    assert "where" not in text


def test_a_concatenation_cuts_the_loop():
    text = source(lambda x, y: np.concatenate((x, y)) * 2, np.ones(20), np.ones(30))
    assert len(loops(text)) == 2
    assert "where" not in text


def test_a_sum_over_rows_has_partial_sums_whatever_the_threads(monkeypatch):
    x = np.ones((1000, 50))
    text = source(lambda x: np.sum(x, axis=0), x)
    assert "block" in text
    results = [defn.jit(np.sum, compiler="numba", threads=n)(x) for n in (1, 2, 3)]
    assert len({r.tobytes() for r in results}) == 1


def test_short_loops_have_literal_lengths():
    assert "range(0, 3)" in source(lambda x: np.sum(x * x, axis=1), np.ones((100, 3)))


def test_products_are_tiles_but_for_those_of_complex_numbers():
    assert "tile(" in source(np.matmul, np.ones((200, 300)), np.ones((300, 10)))
    assert "tile(" in source(np.matmul, np.ones((2, 300)), np.ones((300, 3_000)))
    assert source(np.matmul, np.ones((200, 300), complex), np.ones((300, 10), complex)) == ""


# --- loops ---------------------------------------------------------------------------------------


def test_a_sweep_is_written_in_place_without_a_copy():
    def seidel(steps, a):
        for _ in range(steps):
            for i in range(1, a.shape[0] - 1):
                for j in range(1, a.shape[1] - 1):
                    a[i, j] = (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1]) / 4

    text = source(seidel, 3, np.ones((20, 30)))
    assert text.count("buffer(") == 2  # the array, and the number of steps
    assert len(loops(text)) == 3
    assert "if " not in text  # every index is known to be inside


def test_states_trade_names_and_not_elements():
    def steps(a, n):
        for _ in range(n):
            a = 0.5 * (np.roll(a, 1) + np.roll(a, -1))
        return a

    text = source(steps, np.ones(100), 3)
    assert "y1, y3 = y3, y1" in text
    for n in range(4):
        x = np.arange(10.0)
        np.testing.assert_array_equal(defn.jit(steps, compiler="numba")(x, n), steps(x, n))


def test_a_state_is_renewed_where_it_is():
    def relax(a, n):
        for _ in range(n):
            a = np.where(a > 0.5, a - 0.5, a * 2)
        return a

    text = source(relax, np.ones((20, 30)), 3)
    assert (
        len([line for line in loops(text) if "0, n0" in line]) == 2
    )  # the copy at first, then the work


def test_an_index_outside_stops_the_program_and_names_the_line():
    def pick(a, i):
        return a[i]

    with pytest.raises(IndexError, match="pick|return a"):
        defn.jit(pick, compiler="numba")(np.ones(3), np.int64(7))


def test_argument_arrays_are_as_they_were_after_a_failure():
    def write(a, places):
        a[places] = 1.0

    a = np.zeros(4)
    with pytest.raises(IndexError):
        defn.jit(write, compiler="numba")(a, np.array([1, 9]))
    assert not a.any()


def test_one_kernel_for_little_work(monkeypatch):
    def f(x):
        return np.sum(x) + np.sum(x.T @ x, axis=0)

    assert kernels(source(f, np.ones((5, 6)))) == 1
    monkeypatch.setattr(plan, "PARALLEL", 1)
    assert kernels(source(f, np.ones((5, 6)))) > 1


def many_layers(x, count):
    for _ in [None] * count:
        x = np.tanh(x @ x.T)[:, :5] * 0.1 + x
    return x


def test_many_small_nests_are_kernels_that_are_compiled_once():
    few = defn.jit(lambda x: many_layers(x, 3)).source(np.ones((12, 5)))
    many = defn.jit(lambda x: many_layers(x, 30))
    assert kernels(few) == 1
    traced = many.trace(np.ones((12, 5)))
    assert len(set(traced.executable.plan.texts)) <= 5 < len(traced.executable.plan.texts)
    x = np.random.default_rng(0).random((12, 5))
    np.testing.assert_allclose(many(x), many_layers(x, 30))
