"""Loops whose values find their shape in the first trip, or change it in every trip."""

import numpy as np
import pytest

from defn import errors, grad, jit

COMPILERS = ("numpy", "numba", "xla")


def from_a_number(a, w):
    out = 0.0
    for i in range(50):
        out = out + a[i] * w[i]
    return out


def over_rows(a, w):
    out = 0
    for row in a:
        out = out + row
    return out


def growing(a, w):
    out = np.zeros(3)
    for i in range(6):
        out = np.concatenate([out, a[i] * w[i]])
    return out


def shifted(a, w):
    out = 0.0
    for i in range(6):
        for j in range(2):
            out = out + w[j] * a[i : i + 20, j : j + 1]
    return out


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("program", [from_a_number, over_rows, growing, shifted])
def test_equals_numpy(program, compiler):
    generator = np.random.default_rng(0)
    a, w = generator.random((50, 3)), generator.random(50)
    np.testing.assert_allclose(jit(program, compiler=compiler)(a, w), program(a, w), rtol=1e-12)


def test_gradient_through_the_first_trip():
    a, w = np.ones((50, 3)), np.arange(50.0)
    slope = grad(lambda a: from_a_number(a, w).sum())(a)
    np.testing.assert_allclose(slope, np.repeat(w[:, None], 3, axis=1))


def test_growth_of_a_long_loop_is_refused():
    def grown(a):
        out = np.zeros(3)
        for _ in range(1_000_000):
            out = np.concatenate([out, a])
        return out

    with pytest.raises(errors.ShapeError, match="`out` has type"):
        jit(grown)(np.zeros(3))
