"""A kernel's text, translated without Numba's front end, means what Numba says it means."""

import numpy as np
import pytest

from defn.compilers.numba import build, objects, runtime, translate
from defn.compilers.numba.kernels import ENTRY, Kernel
from defn.compilers.numba.threads import SOURCE, Program
from defn.compilers.numba.words_translated import words_translated

TEXT = """\
def kernel(start, stop, args):
    wide()
    x0 = buffer(args, 0, {dtype})
    y1 = buffer(args, 1, {dtype})
    n0 = size(args, 2)
    failed = size(args, 3)
    s1 = 0
    for i in range(start, stop):
        t1 = x0[i]
        if t1 != t1:
            return failed + 1
        for j in range(n0 - 1, 0 - 1, -1):
            t1 = add(t1, {dtype}(j))
        while True:
            s1 = s1 + 1
            if s1 >= 5 or not s1 < 9:
                break
        y1[i] = where(t1 > {dtype}(3), t1, cast(s1, {dtype}))
        x2, y2 = y1, x0
        y1[i] = add(x2[i], y2[i])
    return 0
"""


def run(built, x):
    library = objects.load(built.code, built.needs)
    y = np.empty_like(x)
    kernel = Kernel(library.address(ENTRY), library, "")
    program = Program(
        [(kernel, x.size, x.size, False, 0)], [0, 0, 4, 40], [(0, 0, "array"), (1, 1, "array")]
    )
    return program(x, y, threads=1), y


def by_both(text, x):
    module = translate.translated(text, "kernel", runtime.NAMES, ENTRY)
    function = build.function_of(text, "kernel", runtime.NAMES, "<text>")
    return run(build.translated(module), x), run(build.build(function), x)


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "float32", "float64"])
def test_both_ways_agree(dtype):
    text = (
        TEXT.format(dtype=dtype)
        .replace("x2, y2 = y1, x0", "t9, t8 = s1, s1")
        .replace("x2[i]", "y1[i]")
    )
    text = text.replace("y2[i]", "x0[i]")
    ours, numbas = by_both(text, np.arange(20).astype(dtype))
    assert ours[0] == numbas[0] == 0
    np.testing.assert_array_equal(ours[1], numbas[1])


def test_a_status_stops_both():
    text = TEXT.format(dtype="float64").replace(
        "        x2, y2 = y1, x0\n        y1[i] = add(x2[i], y2[i])\n", ""
    )
    ours, numbas = by_both(text, np.array([1.0, np.nan]))
    assert ours[0] == numbas[0] == 41


@pytest.mark.parametrize(
    "line",
    [
        "t1 = [1]",
        "t1 = unknown(3)",
        "t1 = x0",
        "with x: pass",
        "t1 = 3 if start else 4",
        "t1 = 2.0 ** 3.0",
    ],
)
def test_what_it_does_not_understand_is_left_to_numba(line):
    text = f"def kernel(start, stop, args):\n    {line}\n    return 0\n"
    with pytest.raises(translate.Untranslated):
        translate.translated(text, "kernel", runtime.NAMES, ENTRY)


@pytest.mark.parametrize("name", ["launch", "run", "help_out"])
def test_the_driver_needs_no_numba(name):
    module = str(words_translated(SOURCE.read_text(), name, "entry"))
    assert 'define i64 @"entry"' in module


def test_only_loops_around_loops_are_not_copied():
    text = """
def kernel(start, stop, args):
    x = buffer(args, 0, float64)
    for i in range(start, stop):
        x[i] = x[i] % 3.0
        k = 0
        while k < 3:
            x[i] += 1.0
            k += 1
    for i in range(start, stop):
        x[i] = x[i] + 1.0
    return 0
"""
    module = str(translate.translated(text, "kernel", runtime.NAMES, "entry"))
    assert module.count("!llvm.loop") == 1 and module.count("llvm.loop.unroll.disable") == 1
