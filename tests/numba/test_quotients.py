"""Quotients by known odd numbers: every bit as a division gives it."""

import ast

import numpy as np
import pytest

from defn import jit
from defn.compilers.numba.quotients import divisor, is_free

BITS = {np.float32: np.uint32, np.float64: np.uint64}


def numbers(dtype):
    """Floats of all sizes, all mantissas of float32, subnormal numbers, and special values."""
    bits, generator = BITS[dtype], np.random.default_rng(0)
    anything = generator.integers(0, np.iinfo(bits).max, 300_000, dtype=bits).view(dtype)
    tiny = generator.integers(0, 1 << 22, 100_000, dtype=bits).view(dtype)
    mantissas = np.arange(127 << 23, 128 << 23, dtype=np.uint32).view(np.float32).astype(dtype)
    info = np.finfo(dtype)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, info.max, info.tiny, info.smallest_subnormal]
    return np.concatenate([anything, tiny, -tiny, mantissas, np.array(special, dtype)])


@pytest.mark.parametrize("dtype", BITS)
@pytest.mark.parametrize("number", [3, 5, 7, 25, 1_048_575])
def test_every_bit_is_that_of_a_division(dtype, number):
    x = numbers(dtype)
    found = jit(lambda x: x / dtype(number))(x)
    with np.errstate(all="ignore"):
        wanted = x / dtype(number)
    same = found.view(BITS[dtype]) == wanted.view(BITS[dtype])
    assert np.all(same | (np.isnan(found) & np.isnan(wanted)))


@pytest.mark.parametrize("text", ["4.0", "1.0", "-3.0", "0.3", "1048577.0", "5", "x"])
def test_others_are_divided(text):
    assert divisor(ast.parse(text, mode="eval").body) is None


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("y[i] = x[i] / 5.0", True),
        ("t = x[i]\nu = t + 1\ny[i] = u / t", True),
        ("y[i] = y[i - 1] / 5.0", False),
        ("y[i] = t / 5.0\nt = x[i]", False),
        ("if a:\n    y[i] = 1.0", False),
    ],
)
def test_trips_that_need_each_other(text, free):
    assert is_free(ast.parse(text).body) is free
