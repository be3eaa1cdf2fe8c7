"""Plain NumPy programs, their gradients and random programs, by kernels: results, and what happens
to the arguments.
"""

import copy
import linecache
import sys
from pathlib import Path

import numpy as np
import pytest
from on_ptx import SETTINGS

import defn
from defn.errors import ArgumentError, TraceError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from programs import PROGRAMS  # noqa: E402
from random_writes import program  # noqa: E402
from test_program_gradients import (  # noqa: E402
    WITHOUT,
    direction_of,
    directional,
    is_float,
    weighted,
)
from test_programs import same  # noqa: E402

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]
WITH_GRADIENT = sorted(set(PROGRAMS) - WITHOUT)


def both(function, *arguments):
    """Python's and the kernels' results, on copies of the arguments, and those copies."""
    plain, compiled = copy.deepcopy(arguments), copy.deepcopy(arguments)
    with np.errstate(all="ignore"):
        wanted = function(*plain)
    return wanted, defn.jit(function, **SETTINGS)(*compiled), plain, compiled


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    function, arguments = PROGRAMS[name]
    wanted, got, plain, compiled = both(function, *arguments)
    same(got, wanted, name)
    same(compiled, plain, f"the arguments of {name}")


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_GRADIENT)
def test_gradient_of_program(name):
    function, arguments = PROGRAMS[name]
    arguments = copy.deepcopy(arguments)
    chosen = tuple(k for k, a in enumerate(arguments) if is_float(a))
    loss, directions = weighted(function), direction_of(arguments, 3)
    wanted = directional(loss, arguments, directions, 1e-5)
    gradients = defn.jit(defn.grad(loss, argnums=chosen), **SETTINGS)(*arguments)
    got = sum(np.sum(g * directions[k]) for g, k in zip(gradients, chosen))
    np.testing.assert_allclose(got, wanted, rtol=2e-6, atol=1e-8)


# --- arguments that are written, and what is returned of them ------------------------------------


def an_alias(x, y):
    x[1:] += y[:-1]
    return x, x.T, x[::-1]


def what_was_before(x, y):
    before, later = x.copy(), x
    x *= 2
    return before, later, x + y


def before_of_a_loop(x, y):
    before = x.copy()
    for i in range(x.shape[0]):
        x[i] = y[i] - before[i]
        y[i] = x[i]
    return before, y, x


def only_read(x, y):
    return x, y, x


def two_of_one_memory(x, y):
    z = x + y
    first, second = z[:2], z[1:]
    first += 1.0
    return first, second, z


def exchanged(x, y):
    x[:], y[:] = y.copy(), x.copy()
    return y


def sorted_in_place(x, y):
    old = x[0]
    x.sort()
    return old, x[0], x


WRITING = [an_alias, what_was_before, before_of_a_loop, only_read, two_of_one_memory, exchanged, sorted_in_place]  # fmt: skip


@pytest.mark.parametrize("n", [3, 70])
@pytest.mark.parametrize("function", WRITING, ids=lambda f: f.__name__)
def test_written_arguments(function, n):
    draw = np.random.default_rng(0)
    wanted, got, plain, compiled = both(function, draw.normal(size=n), draw.normal(size=n))
    same(got, wanted, function.__name__)
    same(compiled, plain, "the arguments")
    for one, want in zip(got, wanted):
        for other, wish in zip((*got, *compiled), (*wanted, *plain)):
            apart = isinstance(want, np.ndarray) and not np.shares_memory(want, wish)
            assert not (apart and np.shares_memory(one, other))


@pytest.mark.parametrize("function", WRITING, ids=lambda f: f.__name__)
def test_an_argument_given_twice(function):
    x = np.random.default_rng(0).normal(size=6)
    plain, compiled = x.copy(), x.copy()
    wanted, got = function(plain, plain), defn.jit(function, **SETTINGS)(compiled, compiled)
    same(got, wanted, function.__name__)
    same(compiled, plain, "the argument")


def test_arguments_that_overlap():
    x = np.random.default_rng(0).normal(size=9)
    same(defn.jit(only_read, **SETTINGS)(x[2:8], x[:6]), only_read(x[2:8], x[:6]), "only read")
    with pytest.raises(ArgumentError, match="shares memory with another argument: pass a copy"):
        defn.jit(what_was_before, **SETTINGS)(x[2:8], x[:6])


@pytest.mark.parametrize("function", [an_alias, what_was_before, exchanged])
def test_views_that_are_written(function):
    whole = np.random.default_rng(0).normal(size=(6, 8)).astype(">f8")
    plain, compiled = whole.copy(), whole.copy()
    wanted = function(plain[1], plain[::2, 3][:3].repeat(3)[:8])
    got = defn.jit(function, **SETTINGS)(compiled[1], compiled[::2, 3][:3].repeat(3)[:8])
    for g, w in zip(defn.pytree.leaves(got), defn.pytree.leaves(wanted), strict=True):
        np.testing.assert_allclose(g, w)
    np.testing.assert_array_equal(compiled, plain)


# --- loops whose trips hand on more than their own row -------------------------------------------


@defn.defn
def last_of_few(a, y):
    old = np.zeros(2)
    for i in range(a.shape[0]):
        old = y[:2] * i
        a[i] = y[i]
    return a, old


def test_a_small_state_that_is_new_in_each_trip():
    x = np.random.default_rng(0).normal(size=(2, 9))
    wanted = last_of_few._function(x[0].copy(), x[1])
    same(defn.jit(last_of_few, **SETTINGS)(x[0].copy(), x[1]), wanted, "last_of_few")


# --- random programs -----------------------------------------------------------------------------


def written(seed):
    """A random program that writes in place, and its text."""
    text, file = program(seed), f"<random writes on ptx {seed}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    space = {"np": np}
    exec(compile(text, file, "exec"), space)
    return space["f"], text


@pytest.mark.parametrize("seed", range(200, 224))
def test_random_program(seed):
    function, text = written(seed)
    draw = np.random.default_rng(seed)
    arguments = draw.standard_normal(5).round(2), draw.standard_normal(5).round(2), seed % 3 * 3
    plain = copy.deepcopy(arguments)
    with np.errstate(all="ignore"):
        function(*plain)
    try:
        wanted, got, plain, compiled = both(function, *arguments)
    except TraceError as error:
        assert "written in place" in str(error), text
        pytest.skip("refused: written in place")
    if all(np.all(np.abs(w) < 1e6) for w in (*wanted, *plain)):
        same(got, wanted, text)
        same(compiled, plain, text)
