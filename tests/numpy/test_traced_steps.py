"""Slices whose step only the running program knows: sieves, shuffles, sums over every k-th element."""

import numpy as np
import pytest
from compiled import agree, same
from hypothesis import given, settings
from hypothesis import strategies as st

from defn import grad, jit

COMPILERS = ["numpy", "numba", "xla"]


def sieve(n):
    prime = np.ones(400, bool)
    prime[:2] = False
    i = 2
    while i * i <= n:
        if prime[i]:
            prime[i * i :: i] = False
        i += 1
    return prime


def shell(x):
    gap = len(x) // 2
    while gap > 0:
        for j in range(gap):
            x[j::gap] = np.sort(x[j::gap])
        gap //= 2
    return x


def haar(x):
    h = 1
    while h < len(x):
        x[:: 2 * h] += x[h :: 2 * h]
        x[h :: 2 * h] *= 0.5
        h *= 2
    return x


def rows_and_columns(x, n):
    y, i = np.zeros_like(x), 1
    while i < n:
        y[:, ::i] += x[:, ::i]
        y[::i] *= 1.5
        y[::-i, 0] = i
        y[i::i] -= np.mean(x[i::i])
        i += 1
    return y


def measures(x, n):
    total, k = 0.0, 1
    while k * k < n:
        part = x[k::k]
        total += part.max() * len(part) + np.dot(part, part) + part[-1] + x[::-k][1]
        k += 1
    return total


def carried(x, n):
    part, k = x[:: np.sum(x > 2)], 0
    while k < n:
        part = part * 1.5
        k += 1
    return part.sum()


random = np.random.default_rng(3)
line = random.random(32)
PROGRAMS = {
    sieve: (399,),
    shell: (line,),
    haar: (line,),
    rows_and_columns: (random.random((7, 9)), 5),
    measures: (line, 30),
    carried: (np.arange(6.0), 3),
}


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_programs(program, compiler):
    agree(program, *PROGRAMS[program], compiler=compiler)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_gradient(compiler):
    def loss(x):
        total, k = 0.0, 1
        while k * k < 30:
            total = total + np.sum(np.sin(x[k::k]) * k)
            k += 1
        return total

    wanted = sum(
        k * np.cos(line) * (np.arange(32) % k == 0) * (np.arange(32) > 0) for k in range(1, 6)
    )
    np.testing.assert_allclose(grad(jit(loss, compiler=compiler))(line), wanted, rtol=1e-12)


def strided(x, y, start, stop, step):
    a, b, k = start[0], stop[0], step[0]
    y[a:b:k] += x[a:b:k] * 2
    return x[a:b:k], x[a:b:-k], x[a::k].sum(), x[:b:-k].sum(), y[::k][1:]


@settings(max_examples=100, deadline=None)
@given(*(st.integers(-12, 12) for _ in "ab"), st.integers(1, 12))
def test_any_slice(start, stop, step):
    given_here = [np.arange(10.0), np.ones(10), *(np.array([v]) for v in (start, stop, step))]
    for function in STRIDED.values():
        mine, numpys = ([each.copy() for each in given_here] for _ in "ab")
        same(function(*mine), strided(*numpys))
        same(mine[1], numpys[1])


STRIDED = {c: jit(strided, compiler=c) for c in ("numpy", "numba")}


def test_a_step_that_goes_the_other_way_is_refused():
    with pytest.raises(ValueError, match="k must be positive"):
        jit(lambda x, k: x[:: k[0]].sum())(line, np.array([-1]))


def test_a_loop_goes_in_steps():
    text = jit(sieve, compiler="numba").source(399)
    assert "remainder(i" not in text, text


def test_loops_are_written_out_where_a_size_must_be_known():
    def spectra(x):
        total = 0.0
        for k in range(1, 9):
            total += np.abs(np.fft.fft(x[:k])).sum()
        return total

    agree(spectra, line)
