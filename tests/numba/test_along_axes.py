"""What runs along an axis, is looked for, sorted, counted or scattered: NumPy's values, whatever the
threads."""

import numpy as np
import pytest

import defn

THREADS = (1, 2)
DTYPES = "f8 f4 f2 i8 i4 i1 u1 u8 ? c16 c8".split()


def values(shape, dtype, kind="plain", seed=0):
    """Numbers of a dtype: with nans, many equal ones, or all equal."""
    random = np.random.default_rng(seed)
    found = 5 * random.standard_normal(shape)
    if dtype[0] == "c":
        found = found + 1j * random.standard_normal(shape)
    found = (abs(found) if dtype[0] == "u" else found).astype(dtype)
    if kind == "nan" and dtype[0] in "fc":
        found[random.random(shape) < 0.02] = np.nan
    if kind == "ties" and dtype != "?":
        found = np.round(found / 4)
    return np.zeros_like(found) if kind == "equal" else found


def same(function, *arguments, rtol=0.0):
    with np.errstate(all="ignore"):
        wanted = function(*arguments)
    for threads in THREADS:
        got = defn.jit(function, compiler="numba", threads=threads)(*arguments)
        assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
        np.testing.assert_allclose(got, wanted, rtol=rtol, atol=0)


def along(name, axis):
    function = np.maximum.accumulate if name == "cummax" else getattr(np, name)
    return lambda x: function(x, axis=axis)


# Columns side by side.


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["plain", "nan", "ties", "equal"])
@pytest.mark.parametrize("shape, axis", [((50, 40), 0), ((3, 30, 40), 1), ((9, 30, 4, 11), 1)])
def test_running_down_an_axis(shape, axis, kind, dtype):
    x = values(shape, dtype, kind)
    for name in ("argmax", "argmin", "cumsum", "cumprod"):
        same(along(name, axis), x, rtol={"f2": 1e-3, "c8": 1e-5}.get(dtype, 1e-6))
    if dtype[0] != "c":
        same(along("cummax", axis), x)


@pytest.mark.parametrize("shape, axis", [((0, 12), 0), ((40, 0), 0), ((30, 0, 20), 0)])
def test_running_along_nothing(shape, axis):
    same(along("cumsum", axis), np.zeros(shape))
    if shape[axis]:
        same(along("argmax", axis), np.zeros(shape))


def test_many_columns_shared_between_threads():
    x = values((100, 3000), "f4", "ties")
    for name in ("argmax", "cumsum", "cummax"):
        same(along(name, 0), x)


def test_what_is_computed_on_the_way_down_is_fused():
    def last(x):
        return np.argmax(np.exp(x) + x[::-1], axis=0)

    x = values((60, 30), "f8")
    text = defn.jit(last, compiler="numba").source(x)
    assert text.count("def kernel(") == 1
    same(last, x)


def test_a_running_sum_of_a_negative_zero_keeps_its_sign():
    for axis in (0, 1):
        got = defn.jit(along("cumsum", axis), compiler="numba")(np.full((30, 20), -0.0))
        assert np.signbit(got).all()


# Long lines.


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["plain", "nan", "ties", "equal"])
@pytest.mark.parametrize("shape", [(8193,), (3, 20_000), (7, 128), (7, 129), (5, 700)])
def test_place_of_an_extreme_in_long_lines(shape, kind, dtype):
    x = values(shape, dtype, kind)
    for name in ("argmax", "argmin"):
        same(along(name, -1), x)
        same(along(name, None), x)


def test_place_of_an_extreme_where_all_are_infinite():
    for value in (np.inf, -np.inf):
        x = np.full(10_000, value)
        same(np.argmax, x)
        same(np.argmin, x)


def test_place_of_an_extreme_in_a_loop_that_is_cut():
    x = values((20_000,), "f8")
    same(lambda x: np.argmax(np.concatenate([x[5:] - x[:-5], x])), x)


# Order.


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["plain", "nan", "ties", "equal"])
def test_order_is_stable_along_each_axis(kind, dtype):
    x = values((20, 30, 10), dtype, kind)
    for axis in range(3):
        same(lambda x, axis=axis: np.sort(x, axis=axis), x)
        same(lambda x, axis=axis: np.argsort(x, axis=axis, kind="stable"), x)


@pytest.mark.parametrize("shape, axis", [((600, 500), 1), ((500, 600), 0), ((300_000,), 0)])
def test_order_of_many_in_parts(shape, axis):
    x = values(shape, "f8", "ties")
    same(lambda x: np.sort(x, axis=axis), x)
    same(lambda x: np.argsort(x, axis=axis, kind="stable"), x)


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (1,), (1, 1)])
def test_order_of_next_to_nothing(shape):
    same(lambda x: np.argsort(x, axis=-1), np.zeros(shape))
    same(lambda x: np.sort(x, axis=0), np.zeros(shape))


def test_transforms_in_parts_are_those_of_the_whole():
    # Of lengths with large prime factors, which are NumPy's.
    x = values((526, 514), "f8")
    for f in (
        np.fft.rfft,
        np.fft.fft,
        lambda x: np.fft.irfft(x + 0j),
        lambda x: np.fft.fft(x, axis=0),
    ):
        wanted = f(x)
        for threads in THREADS:
            np.testing.assert_array_equal(defn.jit(f, compiler="numba", threads=threads)(x), wanted)


# Counting and scattering.


def added(index, amount):
    out = np.ones((7, *amount.shape[1:]), amount.dtype)
    np.add.at(out, index, amount)
    return out


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "u4", "c16"])
@pytest.mark.parametrize("count", [0, 1000, 40_000])
def test_additions_into_a_small_table(count, dtype):
    random = np.random.default_rng(1)
    index = random.integers(-7, 7, count)
    for shape in ((count,), (count, 3)):
        amount = (10 * random.random(shape)).astype(dtype)
        same(added, index, amount, rtol=1e-4 if dtype == "f4" else 1e-12)


@pytest.mark.parametrize("count", [1000, 40_000])
def test_an_index_outside_of_the_table_is_refused(count):
    index = np.zeros(count, np.int64)
    for bad in (7, -8):
        index[count // 2] = bad
        for threads in THREADS:
            with pytest.raises(IndexError):
                defn.jit(added, compiler="numba", threads=threads)(index, np.ones(count))


def test_table_sums_do_not_depend_on_threads():
    random = np.random.default_rng(2)
    index, amount = random.integers(0, 7, 50_000), random.random(50_000)
    one, two = (defn.jit(added, compiler="numba", threads=n)(index, amount) for n in THREADS)
    np.testing.assert_array_equal(one, two)


def counted(bins, ends):
    return lambda x: np.histogram(x, bins=bins, range=ends)[0]


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "u1"])
@pytest.mark.parametrize("bins", [1, 7, 100])
@pytest.mark.parametrize("ends", [None, (0.0, 1.0), (0.2, 0.7), (0.5, 0.5)])
def test_histogram(ends, bins, dtype):
    x = np.random.default_rng(3).random(2000)
    same(counted(bins, ends), (100 * x if dtype[0] in "iu" else x).astype(dtype))


@pytest.mark.parametrize("towards", [-1, 0.5, 2])
def test_histogram_of_values_at_the_edges(towards):
    edges = np.linspace(0, 1, 101)
    same(counted(100, (0.0, 1.0)), edges)
    same(counted(100, (0.0, 1.0)), np.nextafter(edges, towards))


def test_histogram_of_nans_and_of_a_tiny_range():
    x = np.random.default_rng(4).random(1000)
    same(counted(10, (0.0, 1.0)), np.where(x < 0.1, np.nan, x))
    same(counted(10, (0.0, 1e-310)), x * 1e-310)


@pytest.mark.parametrize("right", [True, False])
def test_digitize_in_rising_and_falling_bins(right):
    random = np.random.default_rng(5)
    x, bins = random.random(3000), np.sort(random.random(50))
    for some in (bins, bins[::-1], bins[:1]):
        same(lambda x, some: np.digitize(x, some, right), np.append(x, bins), some)


def test_indices_known_to_be_inside_are_not_tested():
    def f(x, table):
        return table[np.minimum(np.maximum(x, 0), 9)]

    x = np.random.default_rng(6).integers(-20, 20, 100)
    table = np.arange(10.0)
    text = defn.jit(f, compiler="numba").source(x, table)
    assert "outside" not in text and "failed" not in text
    same(f, x, table)


def test_indices_that_may_wrap_around_are_tested():
    def f(x, table):
        return table[np.minimum(np.maximum(x, 0) + 1, 9)]

    x = np.array([2**63 - 1, 3])
    with pytest.raises(IndexError):
        defn.jit(f, compiler="numba")(x, np.arange(10.0))


@pytest.mark.parametrize(
    "function",
    [
        along("argmax", 0),
        along("cumsum", 0),
        along("argmax", None),
        lambda x: np.argsort(x, axis=0, kind="stable"),
        lambda x: np.histogram(x, bins=5, range=(-9.0, 9.0))[0],
    ],
)
def test_the_interpreter_agrees(function, monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    x = values((25, 12), "f8", "ties")
    got = defn.jit(function, compiler="numba")(x)
    np.testing.assert_array_equal(got, function(x))
