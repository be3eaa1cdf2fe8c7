"""Sorting by kernels: every length around tiles, every dtype, and all that is made of it; nothing
of it is left to the host.
"""

import re

import numpy as np
import pytest
from kernels_of import GENERATIONS, Code
from on_ptx import SETTINGS, agrees, executed, launches
from planted import without_a_barrier

import defn
from defn.numpy.sorting import argsort
from defn.types import BFLOAT16

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]
TILE = 1792
SIZES = [0, 1, 2, 7, 8, 31, 33, 255, 256, 257, 1023, 1024, 1025, TILE - 1, TILE, TILE + 1, 5000]
DTYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16"]
draw = np.random.default_rng(11)


def stable(x, axis=-1):
    return np.argsort(x, axis, kind="stable")


def both(x):
    """Values and places in order."""
    return np.sort(x), stable(x)


def many_equal(*shape):
    return draw.integers(-20, 20, shape).astype("f4")


def special(dtype, *shape):
    """Values of a dtype, some of them equal, some that are no numbers, infinite, or zeros of both
    signs.
    """
    kind = np.dtype(dtype).kind
    x = draw.normal(size=shape) * 60
    x = (np.abs(x) if kind in "bu" else x).astype(dtype)
    if kind in "fc":
        for k, value in enumerate((np.nan, np.inf, -np.inf, 0.0, -0.0)):
            x.flat[k::7] = value
    if kind == "c":
        x.flat[3::11], x.flat[5::13] = complex(1, np.nan), complex(np.nan, 2)
        x.flat[1::9] = complex(1, 3)
    return x


def same(got, wanted):
    """Equal values; of zeros and of what is no number the bits do not matter."""
    assert got.dtype == wanted.dtype
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("n", SIZES)
def test_lengths(n):
    x = many_equal(n)
    agrees(both, x)
    assert np.array_equal(executed(stable, x[::-1]), stable(x[::-1]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(300,), (2, TILE + 50), (40, 5)])
def test_dtypes(dtype, shape):
    x = special(dtype, *shape)
    got = executed(both, x)
    for g, w in zip(got, both(x), strict=True):
        same(g, w)


def test_bfloat16():
    if BFLOAT16 is None:
        pytest.skip("bfloat16 needs ml_dtypes")
    x = np.array([3.0, -1.0, np.nan, 2.0, -1.0, -np.inf]).astype(BFLOAT16)
    values, places = executed(both, x)
    assert places.tolist() == [5, 1, 4, 3, 0, 2]
    same(values.astype("f4"), np.sort(x.astype("f4")))


@pytest.mark.parametrize("axis", [0, 1, 2, None])
def test_axes(axis):
    x = many_equal(5, 33, 4)
    agrees(lambda x: (np.sort(x, axis), np.argsort(x, axis)), x)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1), (300, 3), (70, 40), (3, 5000)])
def test_batches(shape):
    agrees(both, many_equal(*shape))


def test_strided_arguments():
    x = many_equal(60, 70)
    agrees(both, x[::2, 1::3])
    agrees(both, x.T[5:20])


def test_what_is_ordered_already():
    for x in (np.arange(2000.0), np.arange(2000.0)[::-1], np.zeros(2000)):
        for got, wanted in zip(executed(both, x), both(x), strict=True):
            same(got, wanted)


def test_descending_places_keep_the_order_of_equal_ones():
    x = many_equal(3, 300)
    places = executed(lambda x: argsort(x, descending=True), x)
    np.testing.assert_array_equal(places, np.argsort(-x, kind="stable"))


FUNCTIONS = {
    "median": lambda x: np.median(x, axis=1),
    "percentile": lambda x: np.percentile(x, [10, 50], axis=0),
    "quantile": lambda x: np.quantile(x, 0.3),
    "nanmedian": lambda x: np.nanmedian(x, axis=1),
    "partition": lambda x: np.partition(x, 3, axis=0),
    "argpartition": lambda x: np.argpartition(x, 3),
    "top_k": lambda x: defn.numpy.top_k(x, 3),
    "searchsorted": lambda x: np.searchsorted(np.sort(x[0]), x[1]),
    "lexsort": lambda x: np.lexsort((x[0], x[1])),
    "isin": lambda x: np.isin(x[0], x[1]),
    "sort_complex": np.sort_complex,
    "gradient": defn.grad(lambda x: np.sum(np.sort(x, axis=0) ** 2 * np.arange(np.float32(6))[:, None])),
    "gradient of the median": defn.grad(lambda x: np.sum(np.median(x, axis=0) ** 2)),
    "each row": defn.vmap(lambda row: (np.sort(row), np.argsort(row[::-1]))),
    "tangents": lambda x: defn.jvp(np.sort, (x,), (x * x,)),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_made_of_it_stays_on_the_device(name):
    x = draw.normal(size=(6, 50)).astype("f4")
    agrees(FUNCTIONS[name], x)
    assert "host" not in defn.jit(FUNCTIONS[name], **SETTINGS).explain(x)


@defn.defn
def sorted_again(x):
    for _ in range(3):
        x = np.sort(x)[::-1] * 0.5 + x
    return x


def test_inside_of_a_loop():
    agrees(sorted_again, many_equal(40))


# --- kernels -------------------------------------------------------------------------------------


def test_a_tile_is_one_kernel_and_each_doubling_one_more():
    for n, count in ((TILE, 1), (TILE + 1, 2), (2 * TILE + 1, 3), (5000, 3), (4 * TILE + 1, 4)):
        assert len(launches(np.sort, many_equal(n))) == count
        assert len(launches(stable, many_equal(2, n))) == count


def test_short_lines_share_a_block():
    (step,) = launches(np.sort, many_equal(1000, 7))
    assert (step.grid, step.block) == (4, 256)


@pytest.mark.parametrize("function", [np.sort, stable])
def test_every_barrier_is_needed(function):
    x = many_equal(2, TILE + 300)
    for step in launches(function, x):
        assert without_a_barrier(step) == []


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["?", "i8", "f2", "f4", "f8", "c16"])
@pytest.mark.parametrize("function", [np.sort, stable])
def test_machine_code(function, dtype):
    for n in (7, 100, 2 * TILE):
        for step in launches(function, np.zeros((3, n), dtype)):
            for generation in GENERATIONS:
                code = Code(step, generation)
                assert code.spilled == 0 and not code.divides_long and code.shared <= 48 << 10
                assert dtype in ("f8", "c16") or ".f64" not in code.ptx


def test_no_atomics():
    for step in launches(stable, many_equal(5000)):
        assert not re.search(r"\b(atom|red)\.", step.compiled.ptx)
