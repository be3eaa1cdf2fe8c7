"""Python's numbers and functions of them, where a program could be silently different."""

import math

import numpy as np
import pytest

from defn import jit
from defn.errors import TraceError

X = np.arange(6.0)


@pytest.fixture(params=["numpy", "numba", "xla"])
def compiler(request):
    return request.param


@pytest.mark.parametrize("function", [lambda a, b: a // b, lambda a, b: a % b, divmod])
def test_integers_by_zero(function, compiler):
    compiled = jit(lambda a, b: function(a, b), compiler=compiler)
    assert compiled(7, -2) == function(7, -2)
    with pytest.raises(ZeroDivisionError):
        compiled(7, 0)


def test_numpy_integers_by_zero_give_zero(compiler):
    with np.errstate(divide="ignore"):
        assert jit(lambda a, b: a // b, compiler=compiler)(np.int64(7), np.int64(0)) == 0


@pytest.mark.parametrize("function", [int, math.floor, math.ceil, math.trunc, round])
def test_no_integer(function, compiler):
    compiled = jit(lambda a: function(a), compiler=compiler)
    assert compiled(-2.5) == function(-2.5) and type(compiled(2.5)) is int
    for value, error in ((np.nan, ValueError), (np.inf, OverflowError), (1e300, OverflowError)):
        with pytest.raises(error):
            compiled(value)


def test_zip_strict():
    def dot(x, y):
        total = 0.0
        for a, b in zip(x, y, strict=True):
            total += a * b
        return total

    assert jit(dot)(X, X) == dot(X, X)
    with pytest.raises(ValueError, match="argument 2"):
        jit(dot)(X, X[:4])


def test_a_complex_number_has_no_place_among_reals():
    def write(x, z):
        x[0] = z
        return x

    assert jit(write)(X.astype(complex), 1j)[0] == 1j
    with pytest.raises(TypeError):
        jit(write)(X.copy(), 1j)


def test_in_is_a_truth_value_of_pythons():
    assert jit(lambda x: 3.0 in x)(X) is True


def test_text():
    compiled = jit(lambda n: str(n))
    assert [compiled(n) for n in (3, 4, 3)] == ["3", "4", "3"]
    with pytest.raises(TraceError, match="text"):
        jit(lambda x: str(x))(2.5)


def test_print_in_every_trip(compiler, capsys):
    def shown(x, n):
        print("start", n, x[:2])
        for i in range(n):
            if i % 2:
                print("odd", (i, x[i]), sep=": ")
        print()
        return x

    compiled = jit(shown, compiler=compiler)
    for n in (6, 2, 0):
        shown(X, n)
        wanted = capsys.readouterr().out
        compiled(X, n)
        assert capsys.readouterr().out == wanted


def test_a_message_has_no_quotes_of_its_own():
    def looked(x, n):
        if n < 0:
            raise KeyError("below")
        return x

    with pytest.raises(KeyError) as caught:
        jit(looked)(X, -1)
    assert caught.value.args == ("below",)


def test_a_step_of_zero():
    def counted(n, step):
        total = 0
        for i in range(0, n, step):
            total += i
        return total

    assert jit(counted)(9, 2) == counted(9, 2) and jit(counted)(-9, -2) == counted(-9, -2)
    with pytest.raises((ValueError, ZeroDivisionError)):
        jit(counted)(9, 0)


# A size that integers decide.


def test_sizes_of_results():
    def front(x, k):
        return x[:k] * 2, x[k:].sum()

    compiled = jit(front, compiler="xla")
    for k in (2, 5, 2):
        found, rest = compiled(X, k)
        np.testing.assert_array_equal(found, X[:k] * 2)
        assert rest == X[k:].sum()
    with pytest.raises(NotImplementedError, match="Python integers"):
        jit(lambda x, a: x[x > a], compiler="xla")(X, 2.0)


# Text with values in it.


def told(x, n, rate):
    assert rate < 2, f"the rate {{{rate}}} of {n:03d}"
    if n > 3:
        raise ValueError(f"{n} of {rate:.2f}: {x[:2]}")
    for i in range(n):
        if x[i] > 1.5:
            raise KeyError(f"{x[i]} at {i}")
    return x


def test_errors_tell_values(compiler):
    compiled = jit(told, compiler=compiler)
    for arguments in ((X, 2, 3.5), (X, 5, 0.125), (X, 3, 1.0), (X, 1, 1.0)):
        try:
            wanted = told(*arguments).tolist()
        except Exception as error:
            wanted = type(error), error.args[0].splitlines()[0]  # pytest adds a line
        try:
            found = compiled(*arguments).tolist()
        except Exception as error:
            found = type(error), *error.args
        assert found == wanted


def test_formatted_text():
    compiled = jit(lambda n: f"{n}")
    assert [compiled(n) for n in (3, 4, 3)] == ["3", "4", "3"]
    with pytest.raises(TraceError, match="print_value"):
        jit(lambda x: f"{x}")(2.5)
