"""Nx's names, beside what NumPy and SciPy give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

import defn
from defn import jit, nx
from defn.errors import ArgumentError, ShapeError, TypeMismatch

INTEGERS = ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")


@given(st.sampled_from(INTEGERS).flatmap(lambda d: arrays.arrays(d, 5)))
def test_bits(x):
    width = 8 * x.itemsize
    words = [int(v) % 2**width for v in x]
    assert nx.population_count(x).tolist() == [w.bit_count() for w in words]
    assert nx.count_leading_zeros(x).tolist() == [width - w.bit_length() for w in words]
    assert nx.population_count(x).dtype == x.dtype


@given(
    arrays.arrays("i8", st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=st.integers(0, 3))
)
def test_mode(x):
    for axis in (None, 0, 1):
        assert nx.mode(x, axis).tolist() == stats.mode(x, axis).mode.tolist()


@given(st.integers(-9, 9), st.integers(1, 5), st.integers(1, 2))
def test_slices_are_held_inside(start, length, stride):
    x = np.arange(10)
    held = min(max(start, 0), 10 - length)
    wanted = x[held : held + length : stride]
    assert nx.slice(x, [start], [length], stride).tolist() == wanted.tolist()
    traced = jit(lambda x, k: nx.slice_along_axis(x, k, length, strides=stride), compiler="numpy")
    assert traced(x, np.int64(start)).tolist() == wanted.tolist()


def test_indexed():
    x = np.arange(12.0).reshape(3, 4)
    assert nx.gather(x, [[[0, 1], [2, 3]]]).tolist() == [[1.0, 11.0]]
    assert nx.gather(x, [[1], [-1]], axes=[1]).tolist() == [[1.0, 5.0, 9.0], [3.0, 7.0, 11.0]]
    added = nx.indexed_add(x, [[0, 0], [0, 0]], [1.0, 2.0])
    assert added[0, 0].item() == 3.0
    assert nx.indexed_put(x, [[2]], 0.0)[2].tolist() == [0.0] * 4
    assert nx.indexed_add(np.arange(3), [[1]], [0.5]).dtype == np.float64
    assert nx.put_slice(x, [5, 3], [[7.0, 8.0]])[2].tolist() == [8.0, 9.0, 7.0, 8.0]


def test_parts():
    x = np.arange(5)
    assert [p.tolist() for p in nx.split(x, -1)] == [[0, 1, 2, 3], [4]]
    assert [b.tolist() for b in nx.to_batched(x, 2)] == [[0, 1], [2, 3], [4, 0]]
    assert [b.tolist() for b in nx.to_batched(x, 2, leftover="discard")] == [[0, 1], [2, 3]]


def test_diagonals():
    x = np.arange(12).reshape(3, 4)
    for offset in (-2, 0, 3):
        np.testing.assert_array_equal(
            np.asarray(nx.take_diagonal(x, offset)), np.diagonal(x, offset)
        )
        diagonal = np.full(np.diagonal(x, offset).shape, -1)
        put = np.asarray(nx.put_diagonal(x, diagonal, offset))
        np.testing.assert_array_equal(np.diagonal(put, offset), diagonal)
        assert (put != x).sum() == diagonal.size
    np.testing.assert_array_equal(np.asarray(nx.make_diagonal([1, 2], -3)), np.diag([1, 2], -3))


def test_statistics():
    x = np.random.default_rng(0).normal(size=(6, 3))
    np.testing.assert_allclose(np.asarray(nx.covariance(x)), np.cov(x.T, bias=True))
    np.testing.assert_allclose(np.asarray(nx.covariance(x, ddof=1)), np.cov(x.T))
    np.testing.assert_allclose(np.asarray(nx.standard_deviation(x, 0, ddof=1)), x.std(0, ddof=1))
    assert nx.all_close(x, x).item() is True


def test_running_in_both_directions():
    x = np.array([[200, 100], [3, 4]], "u1")
    assert nx.cumulative_sum(x, 1).tolist() == [[200, 44], [3, 7]]
    assert nx.cumulative_max(x, 0, reverse=True).tolist() == [[200, 100], [3, 4]]


def test_reduce_and_map():
    x = np.arange(6.0).reshape(2, 3)
    total = jit(
        lambda x: nx.reduce(x, 0.0, lambda a, v: a + v, axes=(1,), keepdims=True), compiler="numpy"
    )
    assert total(x).tolist() == [[3.0], [12.0]]
    assert nx.map(x, lambda v: v + 1).tolist() == (x + 1).tolist()


def test_bytes_and_templates():
    x = np.arange(6, dtype="i2").reshape(2, 3)
    assert nx.to_binary(x) == x.tobytes() and nx.to_binary(x, 2) == x.tobytes()[:4]
    assert nx.from_binary(x.tobytes(), "int16").tolist() == list(range(6))
    compiled = defn.compile(lambda x: x + 1, nx.template((2, 3), "int16"), compiler="numpy")
    assert compiled(x).tolist() == (x + 1).tolist()
    assert nx.to_template(x) == nx.template((2, 3), "int16")


def test_heatmap():
    assert repr(nx.to_heatmap(np.arange(10), colours=False)) == "0123456789"
    assert repr(nx.to_heatmap(np.zeros((2, 1, 2)), colours=False)) == "00\n\n00"
    assert "\x1b[48;5;255m" in repr(nx.to_heatmap([0, 1], colours=True))


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: nx.bitcast(np.ones(2), "float32"), TypeMismatch),
        (lambda: nx.population_count(1.0), TypeMismatch),
        (lambda: nx.split(np.ones(3), 0), ArgumentError),
        (lambda: nx.slice(np.ones(3), [0], [4]), ShapeError),
        (lambda: nx.gather(np.ones(3), [[0, 1]]), ShapeError),
        (lambda: nx.indexed_put(np.ones(3), [[0]], [1.0, 2.0]), ShapeError),
        (lambda: nx.put_diagonal(np.ones((2, 2)), np.ones(3)), ShapeError),
        (lambda: nx.take_diagonal(np.ones((2, 2)), 2), ArgumentError),
        (lambda: nx.from_binary(b"abc", "int16"), ArgumentError),
        (lambda: nx.covariance(np.ones(3)), ShapeError),
        (lambda: nx.reduce(np.ones(3), np.ones(2), np.add), ShapeError),
    ],
)
def test_refused(call, error):
    with pytest.raises(error):
        call()
