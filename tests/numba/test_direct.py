"""Calls that machine code takes: the same results as the long way, and the long way where they do not fit."""

import gc
import threading
import weakref

import numpy as np
import pytest

from defn import default_options, jit
from defn.compilers.numba import direct
from defn.jit import Defn

pytestmark = pytest.mark.skipif(not direct.knows_arrays(), reason="not this interpreter")
SCALE = 3.0


def called_often(function, *arguments):
    """The compiled function after some calls: the second may let machine code take the next."""
    compiled = jit(function, compiler="numba")
    for _ in range(3):
        compiled(*arguments)
    return compiled


def is_direct(compiled):
    return type(compiled) is not Defn


def test_a_small_call_is_direct_and_gives_the_same():
    compiled = called_often(lambda x, y: np.exp(x) * y + x, np.ones(8), np.ones(8))
    x, y = np.linspace(0, 1, 8), np.arange(8.0)
    assert is_direct(compiled) and isinstance(compiled, Defn)
    np.testing.assert_allclose(compiled(x, y), np.exp(x) * y + x, rtol=1e-15)
    assert compiled(x, y).flags.owndata


def test_a_number_and_what_a_call_has_for_itself():
    compiled = called_often(lambda x: np.sum(np.exp(x)) / np.max(x), np.ones(50))
    x = np.linspace(0.5, 1, 50)
    assert is_direct(compiled)
    assert type(compiled(x)) is np.float64
    np.testing.assert_allclose(compiled(x), np.sum(np.exp(x)) / np.max(x), rtol=1e-14)


@pytest.mark.parametrize(
    "other",
    [
        np.arange(9.0),
        np.arange(8),
        np.arange(16.0)[::2],
        np.arange(8.0).astype(">f8"),
        np.frombuffer(b"\0" + bytes(64), np.float64, 8, 1),
        np.ones((8, 1)),
        2.0,
    ],
    ids=["size", "dtype", "strided", "swapped", "unaligned", "axes", "number"],
)
def test_what_does_not_fit_takes_the_long_way(other):
    compiled = called_often(lambda x: x * 2 + 1, np.ones(8))
    assert is_direct(compiled)
    np.testing.assert_array_equal(compiled(other), np.asarray(other) * 2 + 1)
    np.testing.assert_array_equal(compiled(np.ones(8)), np.full(8, 3.0))


def test_several_shapes_by_name_and_with_options():
    compiled = jit(lambda x: x + 1, compiler="numba")
    for _ in range(3):
        for size in range(1, 13):
            assert compiled(np.ones(size)).tolist() == [2.0] * size
    assert is_direct(compiled)
    assert compiled(x=np.ones(2)).tolist() == compiled(np.ones(2), compiler="numpy").tolist()
    with pytest.raises(TypeError):
        compiled()
    with pytest.raises(TypeError):
        compiled(np.ones(2), np.ones(2))


def test_globals_and_cells_are_read_at_every_call(monkeypatch):
    factor = 2.0

    def scaled(x):
        return x * SCALE * factor

    compiled = called_often(scaled, np.ones(3))
    assert is_direct(compiled) and compiled(np.ones(3))[0] == 6
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    assert compiled(np.ones(3))[0] == 10
    factor = 1.0
    assert compiled(np.ones(3))[0] == 5


def test_inside_of_another_function_it_is_part_of_the_trace():
    inner = called_often(lambda x: x * 2, np.ones(3))
    constant = np.ones(3)
    outer = jit(lambda x: x + inner(constant), compiler="numba")
    assert outer(np.ones(3)).tolist() == [3.0] * 3
    constant[:] = 5  # an array from outside is read at every call
    assert outer(np.ones(3)).tolist() == [11.0] * 3


def test_default_options_are_obeyed():
    compiled = jit(lambda x: x * 2)
    for _ in range(3):
        compiled(np.ones(3))
    assert is_direct(compiled)
    with default_options(compiler="numpy"):
        assert compiled(np.ones(3)).tolist() == [2.0] * 3
        assert any("numpy" in repr(key) for key in compiled._specialisations)


def test_an_index_out_of_bounds_is_the_same_error():
    compiled = called_often(lambda x, i: x[i], np.arange(4.0), np.array(1))
    assert is_direct(compiled)
    with pytest.raises(IndexError):
        compiled(np.arange(4.0), np.array(7))
    assert compiled(np.arange(4.0), np.array(3)) == 3


def test_methods_arguments_that_are_written_and_large_work_are_left_alone():
    class Thing:
        @jit
        def double(self, x):
            return x * 2

    def clear(x):
        x[:] = 0
        return x

    thing = Thing()
    assert [thing.double(np.ones(2)).tolist() for _ in range(3)] == [[2.0, 2.0]] * 3
    assert not is_direct(called_often(clear, np.ones(3)))


def test_threads_call_at_once():
    compiled = called_often(lambda x: np.sum(x * x) + x, np.ones(64))
    wrong = []

    def work(value):
        x = np.full(64, value)
        wrong.extend(1 for _ in range(2000) if compiled(x)[0] != 64 * value * value + value)

    threads = [threading.Thread(target=work, args=(float(k),)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_it_goes_with_the_function():
    compiled = called_often(lambda x: x * 2, np.ones(3))
    gone = weakref.ref(compiled)
    assert is_direct(compiled)
    del compiled
    gc.collect()
    assert gone() is None
