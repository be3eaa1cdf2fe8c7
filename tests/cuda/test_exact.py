"""Roots and quotients that are taken of four numbers at once are NumPy's, to the last bit: of numbers
of every size, at the borders of the range in which the quick steps are exact, and beyond it.
"""

import numpy as np
import pytest
from on_ptx import SETTINGS, executed, launches

import defn

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]

MANY = 1 << 16  # elements from which on a thread takes four
ODD = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -1.0, 1e-45, -1e-45, 1e-38, 3.4e38], "f4")


def bits(shape, seed=0, low=0, high=1 << 32):
    """Numbers of every size: the numbers of float32 whose bits are these."""
    drawn = np.random.default_rng(seed).integers(low, high, shape, dtype=np.uint64)
    return drawn.astype("u4").view("f4")


def around(*centres, count):
    """Powers of two, and the neighbours of each on both sides."""
    found = [np.float32(c).view("u4").astype("i8") + k for c in centres for k in range(-3, 4)]
    return np.resize(np.array(found).astype("u4").view("f4"), count)


def same(function, *arrays):
    with np.errstate(all="ignore"):
        wanted = function(*arrays)
    got = np.asarray(executed(function, *arrays))
    known = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.isnan(got), ~known)
    np.testing.assert_array_equal(got[known].view("u4"), wanted[known].view("u4"))


NUMBERS = {
    "of every size": bits(MANY),
    "near one": bits(MANY, 1, 0x3F000000, 0x40000000),
    "small": bits(MANY, 2, 0, 0x0E000000),
    "odd": np.resize(ODD, MANY),
    "odd among others": np.where(np.arange(MANY) % 7 == 0, np.resize(ODD, MANY), np.float32(3)),
    "at the borders": around(2.0**-101, 2.0**-126, 2.0**-90, 2.0**90, 2.0**127, count=MANY),
}
DIVISORS = (0.1, 1.9999999, 2.0**-35, 2.0**35, 2.0**36, -7.0, 1e-40, 0.0, np.inf, np.nan)


@pytest.mark.parametrize("numbers", NUMBERS)
def test_roots(numbers):
    assert "root_four(" in launches(np.sqrt, NUMBERS[numbers])[0].text
    same(np.sqrt, NUMBERS[numbers])


@pytest.mark.parametrize("numbers", NUMBERS)
def test_quotients_of_one_divisor(numbers):
    for divisor in DIVISORS:
        same(np.divide, NUMBERS[numbers], np.full((), divisor, "f4"))


@pytest.mark.parametrize("divisor", [3.0, 0.5, 1e-40])
def test_quotients_of_a_known_divisor(divisor):
    same(lambda x: x / np.float32(divisor), NUMBERS["odd among others"])


def test_what_is_joined():
    """One divisor of all four, of float32."""
    x = NUMBERS["near one"]
    assert "divide_four(" in launches(lambda x: x / np.float32(3), x)[0].text
    assert "divide_four(" not in launches(lambda x: x / x[::-1], x)[0].text
    assert "_four(" not in launches(lambda x: np.sqrt(x), x.astype("f8"))[0].text.replace(
        "put_", ""
    )


@pytest.mark.parametrize("off", [-3, -1, 1, 3])
def test_quotients_do_not_depend_on_the_first_guess(off, monkeypatch):
    """A device's guess of an inverse may be off in its last digits; the quotient is not."""
    from defn.compilers.cuda.ptx import numbers

    guess = lambda x: ((1 / x).astype("f4").view("i4") + np.int32(off)).view("f4")
    monkeypatch.setitem(numbers.APPROXIMATE, "rcp", guess)
    x = NUMBERS["near one"]
    for divisor in (0.1, 1.9999999, -1.7182817):
        same(np.divide, x, np.full((), divisor, "f4"))


def test_fastmath_takes_approximations():
    fast = defn.jit(lambda x, y: np.sqrt(x) / y, fastmath=True, **SETTINGS)
    x, y = np.abs(NUMBERS["near one"]), np.float32(3) + NUMBERS["near one"]
    (step,) = fast.trace(x, y).executable.plan.kernels
    assert "sqrt.approx.f32" in step.compiled.ptx and "div.full.f32" in step.compiled.ptx
    assert "sqrt.rn" not in step.compiled.ptx and "div.rn" not in step.compiled.ptx
    np.testing.assert_allclose(np.asarray(fast(x, y)), np.sqrt(x) / y, rtol=4e-7)
