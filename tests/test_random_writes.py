"""Random programs that write in place: values, results and arguments are those of Python and NumPy, or it is refused."""

import copy
import linecache

import numpy as np
import pytest
from random_writes import program

from defn import jit
from defn.errors import TraceError

SEEDS = {"numpy": range(120), "numba": range(40), "xla": range(25)}


def function(seed):
    text, file = program(seed), f"<random writes {seed}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    space = {"np": np}
    exec(compile(text, file, "exec"), space)
    return space["f"], text


def arguments(seed):
    random = np.random.default_rng(seed)
    return random.standard_normal(5).round(2), random.standard_normal(5).round(2), seed % 3 * 3


def alike(wanted, got):
    return all(
        type(w) is type(g) and np.allclose(w, g, rtol=1e-9, atol=1e-12) for w, g in zip(wanted, got)
    )


@pytest.mark.parametrize("compiler", SEEDS)
def test_programs_write_as_numpy_does(compiler):
    refused = 0
    for seed in SEEDS[compiler]:
        f, text = function(seed)
        plain, compiled = copy.deepcopy(arguments(seed)), copy.deepcopy(arguments(seed))
        with np.errstate(all="ignore"):
            wanted = f(*plain)
        if not all(np.all(np.abs(w) < 1e6) for w in (*wanted, *plain)):
            continue
        try:
            got = jit(f, compiler=compiler)(*compiled)
        except TraceError as error:
            assert "written in place" in str(error), text
            refused += 1
            continue
        assert alike(wanted, got) and alike(plain, compiled), text
        apart = [not np.shares_memory(w, x) for w in wanted for x in plain[:2]]
        assert all(not np.shares_memory(g, x) for (g, x), own in
                   zip(((g, x) for g in got for x in compiled[:2]), apart) if own), text  # fmt: skip
    assert refused < len(SEEDS[compiler]) / 4


# A name that is one array or another.


def scaled_if_large(x):
    if x[0] > 2:
        x = x * 2
    x[0] = 0
    return x


def another_name(x):
    y = x
    if x[0] > 2:
        y = x * 2
    x[0], y[1] = 7, 5
    x[1] += 1
    return y


def one_of_two(x):
    y = x * 3
    z = x[::-1] if x[0] > 2 else y
    z += 1
    y[1] = 4
    return z, y


def doubled(x, n):
    for _ in range(n):
        x = x * 2
    x[0] = 1
    return x


def halved_below(x):
    while x.sum() > 1:
        x = x * 0.5
    x[0] = 1
    return x


@pytest.mark.parametrize("compiler", SEEDS)
@pytest.mark.parametrize("first", [1.0, 3.0])
@pytest.mark.parametrize("f", [scaled_if_large, another_name, one_of_two], ids=lambda f: f.__name__)
def test_a_write_reaches_the_array_that_a_branch_left_in_place(f, first, compiler):
    plain, compiled = np.array([first, 1.0]), np.array([first, 1.0])
    wanted, got = f(plain), jit(f, compiler=compiler)(compiled)
    assert np.array_equal(wanted, got) and np.array_equal(plain, compiled)


@pytest.mark.parametrize("compiler", SEEDS)
@pytest.mark.parametrize("trips", [0, 3])
def test_a_write_reaches_the_array_where_a_loop_made_no_trip(trips, compiler):
    plain, compiled = np.array([3.0, 1.0]), np.array([3.0, 1.0])
    wanted, got = doubled(plain, trips), jit(doubled, compiler=compiler)(compiled, trips)
    assert np.array_equal(wanted, got) and np.array_equal(plain, compiled)


def test_where_it_is_not_known_whether_it_is_an_argument_it_is_refused():
    with pytest.raises(
        TraceError, match=r"an argument's, or a new one[\s\S]*copy[\s\S]*x\[0\] = 1"
    ):
        jit(halved_below, compiler="numpy")(np.ones(3))
    assert jit(lambda x: halved_below(x.copy()), compiler="numpy")(np.ones(3)).tolist() == [
        1,
        0.25,
        0.25,
    ]
