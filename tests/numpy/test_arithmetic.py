"""Ufuncs and the functions made of them: any dtypes, shapes and layouts, against NumPy."""

import numpy as np
import pytest
from arrays import DTYPES, arrays, together
from evaluation import agree, traced
from hypothesis import given, settings
from hypothesis import strategies as st

from defn.dispatch import UFUNCS

PRODUCTS = {np.matmul, np.vecdot, np.matvec, np.vecmat}
BUT_FOR = {np.isnat, *PRODUCTS}  # of times; tested with the products
ALL = sorted(
    {getattr(np, n) for n in dir(np) if isinstance(getattr(np, n), np.ufunc)} - BUT_FOR,
    key=lambda u: u.__name__,
)
UNARY = [u for u in ALL if u.nin == 1]
BINARY = [u for u in ALL if u.nin == 2]
# float32 and complex functions of NumPy's differ by processor; float16 ones round from float32.
LOOSE = dict.fromkeys((np.power, np.float_power, np.logaddexp, np.logaddexp2), 16)
NUMBERS = [-1, 0, 1, 2, 3, 0.5, -1.0, 2.0, 2.5, True, 300, -300, 2**40, 2**63, 2**70, 1j]


def test_every_ufunc_has_a_meaning():
    assert not [u.__name__ for u in ALL if u not in UFUNCS]


@pytest.mark.parametrize("ufunc", UNARY, ids=lambda u: u.__name__)
@settings(max_examples=40)
@given(st.data())
def test_unary(ufunc, data):
    agree(ufunc, data.draw(arrays()))


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda u: u.__name__)
@settings(max_examples=60)
@given(st.data())
def test_binary(ufunc, data):
    x, y = data.draw(together(2))
    if ufunc in (np.power, np.float_power) and (y.dtype.kind == "c" or x.dtype.kind == "c"):
        return  # complex powers of special values differ between libraries of C
    if ufunc in (np.left_shift, np.right_shift) and y.dtype.kind in "iu":
        y = np.clip(y, 0, 7)  # shifts by more bits than there are differ by processor
    agree(ufunc, x, y, ulp=LOOSE.get(ufunc, 4), scale=ufunc in LOOSE)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "ufunc",
    [np.add, np.multiply, np.maximum, np.less, np.equal, np.greater_equal, np.hypot],
    ids=lambda u: u.__name__,
)
def test_python_numbers_are_weak(ufunc, number):
    for dtype in DTYPES:
        if dtype == "?" and type(number) is int and abs(number) >= 2**63:
            continue  # NumPy makes an object array of these
        x = np.array([0, 1, 2, 100], dtype)
        agree(lambda a: ufunc(a, number), x)
        agree(lambda a: ufunc(number, a), x)


@pytest.mark.parametrize("exponent", [-1, 0, 1, 2, 3, 0.5, 2.5, -2.0, np.float32(2), np.int8(2)])
def test_powers_of_known_exponents(exponent):
    for dtype in DTYPES[1:]:
        agree(lambda a: a**exponent, np.array([1, 2, 3, 5], dtype), ulp=16)
    for dtype in "efd":
        agree(lambda a: a**exponent, np.array([np.inf, -np.inf, -0.0, np.nan, -2.0], dtype))


def test_a_negative_power_of_integers_is_refused():
    base = np.array([1, 2, 3])
    with pytest.raises(ValueError, match="negative integer powers"):
        traced(lambda x: x**-1, base)
    with pytest.raises(ValueError, match="negative integer powers"):
        traced(lambda x: 2 ** np.array([1, -1, 2]) + x, base)
    with pytest.raises(ValueError, match="negative integer powers"):
        traced(np.power, base, np.array([1, -1, 0]))
    np.testing.assert_array_equal(traced(np.power, base, np.array([1, 2, 0])), [1, 4, 1])


@settings(max_examples=150)
@given(
    together(2),
    st.sampled_from([None, -5, 2, 2.5, 300, True]),
    st.sampled_from([None, 3, 0.5, -7, 2**40]),
)
def test_clip(pair, low, high):
    x, y = pair
    agree(lambda a: np.clip(a, low, high), x)
    agree(lambda a, b: np.clip(a, b, high), x, y)


@settings(max_examples=150)
@given(together(3), st.sampled_from(NUMBERS[:-2]))
def test_where(triple, number):
    condition, x, y = triple
    agree(np.where, condition, x, y)
    agree(lambda c, a: np.where(c, a, number), condition, x)


@settings(max_examples=100)
@given(arrays(), st.integers(-3, 4))
def test_round(x, decimals):
    agree(np.round, x, decimals=decimals, ulp=8)


@pytest.mark.parametrize(
    "function",
    [np.fix, np.sinc, np.angle, np.nan_to_num, np.iscomplex, np.isreal, np.isposinf, np.isneginf],
    ids=lambda f: f.__name__,
)
@settings(max_examples=40)
@given(st.data())
def test_functions_of_one_array(function, data):
    x = data.draw(arrays())
    agree(function, x, scale=function is np.sinc)


@settings(max_examples=150)
@given(together(2), st.booleans())
def test_closeness(pair, equal_nan):
    agree(np.isclose, *pair, equal_nan=equal_nan)
    agree(np.allclose, *pair, equal_nan=equal_nan)
    agree(np.array_equal, *pair)


@pytest.mark.parametrize("dtype", "efd")
def test_ldexp_and_frexp_over_the_whole_range(dtype):
    info = np.finfo(dtype)
    ends = [
        info.smallest_subnormal,
        3 * info.smallest_subnormal,
        info.tiny,
        1,
        1.5,
        info.max,
        0.0,
        -0.0,
        -1,
        np.inf,
        np.nan,
    ]
    x = np.array(ends, dtype)
    agree(np.frexp, x)
    agree(np.spacing, x)
    for exponent in (0, 1, -1, 15, -24, 127, -149, 1023, -1074, 2000, -2200, 2**31 - 1, -(2**31)):
        agree(np.ldexp, x, np.full(x.shape, exponent))


def test_in_place_and_out():
    def write(x, y):
        total = np.zeros_like(x)
        np.add(x, y, out=total)
        total *= 2
        np.multiply(total, y, out=total, where=x > 1)
        return total

    agree(write, np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]))


def test_a_copy_is_not_the_array_it_came_from():
    def change(x):
        y = +x
        y[0] = 100
        z = np.nan_to_num(x)
        z[1] = 100
        return x, y, z

    agree(change, np.array([1, 2, 3]))
