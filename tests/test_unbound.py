"""Names that are bound on some ways only: Python's own error where they are not, at the line that reads them."""

import numpy as np
import pytest

from defn import jit

COMPILERS = ["numpy", "numba", "xla"]
X = np.arange(3.0)


def after_for(n, x):
    for i in range(n):
        y = x * i
    return y


def index_after_for(n, x):
    for i in range(n):
        x = x + i
    return x * i


def after_while(n, x):
    while n > 0:
        y = x * n
        n -= 1
    return y


def after_nested(n, x):
    for i in range(n):
        for j in range(i):
            y = x * j
    return y


def one_branch(n, x):
    if n > 0:
        y = x * 2
    return y


def known_in_one_branch(n, x):
    if n > 0:
        y = 3
    return x * y


def in_a_branch_of_a_loop(n, x):
    for i in range(n):
        if i > 2:
            y = x * i
    return y


def left_early(n, x):
    for i in range(n):
        if i * i > 30:
            break
        y = x + i
    return y, i


def unbound_by_a_branch(n, x):
    y = x + 1
    if n > 2:
        del y
    return y


def unbound_in_a_loop(n, x):
    y = x + 1
    for i in range(n):
        if i > 2:
            del y
            y = x * i
        if i > 3:
            del y
            break
    return y


def seen_by_a_function(n, x):
    for i in range(n):
        y = x * i
    return (lambda: y + 1)()


PROGRAMS = [
    after_for, index_after_for, after_while, after_nested, one_branch, known_in_one_branch,
    in_a_branch_of_a_loop, left_early, unbound_by_a_branch, unbound_in_a_loop, seen_by_a_function,
]  # fmt: skip


def outcome(function, n):
    try:
        return np.asarray(function(n, X)[0])
    except NameError as error:
        return type(error), str(error)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_as_python(program, compiler):
    compiled = jit(program, compiler=compiler)
    for n in (0, 1, 2, 4, 9, -1):
        np.testing.assert_equal(outcome(compiled, n), outcome(program, n))


def test_error_names_the_line_that_reads():
    with pytest.raises(UnboundLocalError) as caught:
        jit(after_for)(0, X)
    line = after_for.__code__.co_firstlineno + 3
    assert any(f"test_unbound.py:{line}: return y" in note for note in caught.value.__notes__)


# Checks that are not made.


def asked_again(n, x):
    if n > 0:
        y = x * 2
    if n > 0:
        return y
    return x


def returned_before(n, x):
    if n < 0:
        return x
    else:
        y = x + 1
    return y * 2


def trips_known(n, x):
    for i in range(10):
        y = x * i + n
    return y * i


def trips_known_to_be(n, x):
    for i in range(x.shape[0] * 4, n % 5 + 20):
        y = x * i
    return y


def not_read(n, x):
    for i in range(n):
        y = x * i
        x = x + y
    return x


@pytest.mark.parametrize(
    "program", [asked_again, returned_before, trips_known, trips_known_to_be, not_read]
)
def test_no_check(program):
    compiled = jit(program, compiler="numpy")
    assert compiled.graph(4, X).effects == ()
    np.testing.assert_array_equal(compiled(4, X), program(4, X))


def test_one_check_for_several_reads():
    def several(n, x):
        for i in range(n):
            y = x * i
        z = y + y
        return z * y if n > 2 else y

    assert len(jit(several).graph(4, X).effects) == 1
