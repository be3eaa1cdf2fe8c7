"""Each operation at sizes around warps, blocks and powers of two, without elements, with one; of
arrays with gaps, turned, backwards; in memory that begins at odd addresses.

A kernel has its sizes as arguments, so most of these runs share their kernels.
"""

import numpy as np
import pytest
from on_ptx import SETTINGS, agrees, leaves_close, reference
from resized import LAYOUTS, laid, resized
from samples import ROWS, SAMPLES

import defn
from defn.errors import DefnError

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]

SMALL, LARGE = (0, 1, 31, 33), (127, 257, 1025)
ELSEWHERE = ("np.linalg", "np.fft", "random.", "nx.window", "nx.reduce_window", "nx.conv")
SORTING = ("sort", "argsort", "np.sort", "np.argsort", "np.lexsort", "np.sort_complex")
NAMES = [n for n in SAMPLES if not n.startswith(ELSEWHERE) and n not in SORTING]
# What has no version of a size, and why.
FIXED = dict.fromkeys(("constant", "iota"), "the function holds an array of its own shape")
FIXED |= dict.fromkeys(
    ("np.sum_of_some", "np.mean_of_some", "np.max_of_some"), "its mask has a shape of its own"
)
FIXED |= {
    "np.split": "three equal parts",
    "np.cross": "vectors have three components",
    "nx.put_slice": "its slice has two columns",
}


def some_of(name):
    """A sample of each family of dtypes of a row, or the first of a function made of rows."""
    if name not in ROWS:
        return SAMPLES[name][:1]
    first = {}
    for sample in SAMPLES[name]:
        kinds = "".join(np.asarray(x).dtype.kind for x in sample.arguments)
        shapes = tuple(map(np.shape, sample.arguments))
        first.setdefault(
            (kinds, shapes, str(sample.function.attrs) if "cast" != name else ""), sample
        )
    return list(first.values())


def exactness(sample, arguments):
    """Units in the last place: sums of more terms are less exact."""
    largest = max(map(np.size, arguments), default=1)
    return max(8, 2 * sample.ulp) * max(1, largest // 12)


def possible(function, arguments):
    """Has NumPy a result for it? An axis without elements has no maximum, no row 1."""
    try:
        reference(function, *arguments)
    except (DefnError, ValueError, IndexError):
        return False
    return True


def compared(name, sizes):
    """All versions of an operation's samples agree; how many there are at sizes above one."""
    count = 0
    for sample in some_of(name):
        for n in sizes:
            for function, arguments in resized(name, sample, n):
                if n > 1 or possible(function, arguments):
                    agrees(function, *arguments, ulp=exactness(sample, arguments))
                    count += n > 1
    return count


@pytest.mark.parametrize("name", [n for n in NAMES if n not in FIXED])
def test_small(name):
    compared(name, SMALL)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in NAMES if n not in FIXED])
def test_large(name):
    compared(name, LARGE)


def test_most_operations_have_versions():
    """Those that have none are functions whose samples have no axis of three elements."""
    without = [n for n in NAMES if n not in FIXED and not any(
        list(resized(n, sample, 33)) for sample in some_of(n))]  # fmt: skip
    assert not [n for n in without if n in ROWS]
    assert len(without) <= 20, without


# --- arrays that lie otherwise -------------------------------------------------------------------


def lain(name, layout):
    """The first version of an operation's sample that has rows, as arrays that lie otherwise."""
    for sample in some_of(name)[:1]:
        for function, arguments in list(resized(name, sample, 33))[:1]:
            yield sample, laid(function, arguments, layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", [n for n in ROWS if n in NAMES and n not in FIXED])
def test_views(name, layout):
    for sample, (function, arguments) in lain(name, layout):
        agrees(function, *arguments, ulp=exactness(sample, arguments))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "layout"),
    [(n, list(LAYOUTS)[k % len(LAYOUTS)]) for k, n in enumerate(NAMES) if n not in (*ROWS, *FIXED)],
)
def test_views_of_functions(name, layout):
    test_views(name, layout)


def odd(machine, first):
    """Let a machine's memory begin so many elements after a multiple of 16 bytes."""
    plain = machine.empty
    machine.empty = lambda dtype, size: plain(dtype, size + first)[first:]
    machine.copy = lambda buffer: machine.upload(buffer)
    return machine


@pytest.mark.parametrize("name", [n for n in ROWS if n in NAMES and n not in FIXED])
def test_odd_addresses(name):
    for sample in some_of(name):
        for function, arguments in resized(name, sample, 33):
            made = defn.jit(function, **SETTINGS)
            odd(made.trace(*arguments).executable.machine, 1)
            ulp = exactness(sample, arguments)
            leaves_close(made(*arguments), reference(function, *arguments), ulp)


def test_views_of_the_host_are_read_as_they_are():
    x = np.random.default_rng(0).normal(size=(40, 66)).astype("f4")
    views = [x[::2], x.T, x[::-1, ::-3], x[3:, 1:], np.broadcast_to(x[0], (3, 66))]
    for view in views:
        agrees(lambda a: np.exp(a) + np.sum(a, axis=0), view, ulp=256)
