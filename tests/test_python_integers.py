"""Python's integers beyond 64 bits: refused while the program runs, and not tested where they cannot get there."""

import numpy as np
import pytest

from defn import grad, jit
from defn.compilers.xla.effects import sites
from defn.errors import TraceError
from defn.specialise import _integers
from defn.transforms.integers import with_integers_checked

COMPILERS = ["numpy", "numba", "xla"]


def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def factorial(n):
    product = 1
    for i in range(1, n + 1):
        product *= i
    return product


def cube(n):
    return n * n * n


def power(n):
    return 3**n


def shift(n):
    return 1 << n


def downwards(n):
    total = -1
    for _ in range(n):
        total = total * 4 - 3
    return total


def in_a_branch(n):
    x = 1
    while n > 0:
        if n % 2:
            x = x * 1000
        n -= 1
    return x


CASES = [
    (fibonacci, [0, 1, 50, 90, 93, 100]),
    (factorial, [1, 20, 21, 30]),
    (cube, [5, -2_000_000, 3_000_000, -3_000_000, 10**18, -(2**63)]),
    (power, [0, 39, 40, 50, 200]),
    (shift, [0, 62, 63, 64, 100]),
    (downwards, [3, 30, 31, 32, 40]),
    (in_a_branch, [3, 12, 13, 14, 40]),
]


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("function, counts", CASES, ids=[f.__name__ for f, _ in CASES])
def test_exact_or_refused(function, counts, compiler):
    compiled = jit(function, compiler=compiler)
    for n in counts:
        exact = function(n)
        if -(2**63) <= exact < 2**63:
            assert compiled(n) == exact
        else:
            with pytest.raises(OverflowError, match="leaves 64 bits") as caught:
                compiled(n)
            assert "test_python_integers.py" in str(caught.value)


# Integers that are proved to stay inside.


def generator(n):
    s = 12345
    for _ in range(n):
        s = (1103515245 * s + 12345) % 2**31
    return s


def hashed(n):
    h = 7
    for i in range(n):
        h = (h * 31 + i) & 0xFFFFFFFF
    return h


def counted(n):
    count = total = 0
    for i in range(n):
        if i % 3 == 0:
            count += 1
        total += i
        for j in range(i):
            count += j % 3
    return count, total


def modular_power(n):
    result, base, exponent = 1, n, 77
    while exponent > 0:
        if exponent % 2:
            result = result * base % 1000003
        base = base * base % 1000003
        exponent //= 2
    return result


def divisor(n):
    a, b = n, 360
    while b:
        a, b = b, a % b
    return a


def digits(n):
    total = 0
    while n > 0:
        total += n % 10
        n //= 10
    return total


def indices(n):
    x = np.zeros((20, 20))
    for i in range(n):
        for j in range(i):
            x[2 * i % 20, (i + 3 * j) % 20] += i * j
    return x


def checks_of(function, *arguments):
    made = jit(function, compiler="numpy").trace(*arguments)
    graph = made.traced.graph
    checks = sites(with_integers_checked(graph, *_integers(made.traced, made.leaves)))
    return sum(each.attrs["error"] == "overflow" for each in checks)


PROVED = [generator, hashed, counted, modular_power, divisor, digits, indices]


@pytest.mark.parametrize("function", PROVED)
def test_no_check_where_it_is_proved(function):
    assert checks_of(function, 12) == 0
    for compiler in COMPILERS:
        np.testing.assert_equal(jit(function, compiler=compiler)(12), function(12))


def test_large_arguments_are_traced_for_themselves():
    assert checks_of(lambda n: n * n + 1, 3) == 0
    assert checks_of(lambda n: n * n + 1, 2**40) == 2
    squared = jit(lambda n: n * n)
    assert squared(3) == 9 and squared(2**31 + 1) == (2**31 + 1) ** 2 and squared(4) == 16
    with pytest.raises(OverflowError):
        squared(2**40)


def test_numpy_integers_wrap():
    def hashed(x):
        h = np.int64(7)
        for i in range(len(x)):
            h = h * 31 + x[i]
        return h

    x = np.arange(40) + 2**60
    with np.errstate(over="ignore"):
        assert jit(hashed)(x) == hashed(x)


def test_in_gradients():
    def scaled(x, n):
        k = 1
        for _ in range(n):
            k = k * 10
        return x * k

    assert grad(scaled)(2.0, 5) == 1e5
    with pytest.raises(OverflowError):
        grad(scaled)(2.0, 30)


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
def test_a_range_with_a_step_of_zero(compiler):
    def total(x, first, last, step):
        found = 0.0
        for k in range(first, last, step):
            found += x[k]
        return found

    compiled, x = jit(total, compiler=compiler), np.arange(9.0)
    for bounds in [(0, 9, 2), (8, -1, -3), (3, 3, 1), (0, 9, -1), (7, 2, -2), (0, 8, 4)]:
        assert compiled(x, *bounds) == total(x, *bounds)
    with pytest.raises(ValueError, match=r"range\(\) arg 3 must not be zero"):
        compiled(x, 0, 9, 0)


def test_a_text_by_percent_fixes_an_integer_and_refuses_others():
    compiled = jit(lambda x, n: {"%s and %s" % (n, "so"): x})  # noqa: UP031
    for n in (3, 4):
        assert list(compiled(np.ones(2), n)) == [f"{n} and so"]
    with pytest.raises(TraceError, match="formatting needs the value"):
        jit(lambda x: {"%s" % x[0]: x})(np.ones(2))  # noqa: UP031
