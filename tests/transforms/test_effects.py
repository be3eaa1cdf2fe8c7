"""What a program does besides returning values happens once, in order, when its derivative is
computed.
"""

import numpy as np
import pytest

import defn
from defn import errors
from defn.hooks import check, hook
from defn.jit import jit
from defn.transformed import grad
from defn.transforms.checkpoint import checkpoint_of
from defn.transforms.functions import grad_of, jvp_of, value_and_grad_of
from defn.transforms.vectorize import jacobian_of, vmap_of


def watched(function, *args, transform=grad_of):
    """The values that hooks of the function see, and the result of the transform."""
    seen = []

    def traced(*args):
        return function(lambda x: hook(x, lambda v: seen.append(float(np.sum(v)))), *args)

    result = jit(transform(traced), compiler="numpy", syntax=False)(*args)
    return seen, result


def chain(see, x):
    see(x)
    for k in range(3):
        x = x * x
        see(x + k)
    return x


@pytest.mark.parametrize(
    "transform", [grad_of, value_and_grad_of, lambda f: grad_of(grad_of(f)), jacobian_of]
)
def test_hooks_happen_once_in_order(transform):
    assert watched(chain, 2.0, transform=transform)[0] == [2, 4, 17, 258]


def test_hooks_happen_once_in_forward_mode():
    assert watched(
        lambda see, x: jvp_of(lambda y: chain(see, y))((x,), (1.0,)), 2.0, transform=lambda f: f
    )[0] == [2, 4, 17, 258]


def test_hooks_in_a_loop_that_is_recomputed():
    seen, gradient = watched(lambda see, x: checkpoint_of(lambda y: chain(see, y))(x), 2.0)
    assert seen == [2, 4, 17, 258] and gradient == 8 * 2**7


def test_hooks_in_a_traced_loop():
    seen = []

    def traced(x, n):
        for _ in range(n):
            x = np.sin(x)
            hook(x, lambda v: seen.append(float(v)))
        return x

    jit(grad(traced), compiler="numpy")(1.0, 3)
    once = np.sin(1.0)
    np.testing.assert_allclose(seen, [once, np.sin(once), np.sin(np.sin(once))])


def test_checks_are_made():
    def f(x):
        check(x > 0, "x must be positive")
        return np.sqrt(x)

    assert jit(grad_of(f), compiler="numpy")(4.0) == 0.25
    with pytest.raises(errors.CheckError):
        jit(grad_of(f), compiler="numpy")(-4.0)
    np.testing.assert_allclose(jit(vmap_of(f), compiler="numpy")(np.array([4.0, 9.0])), [2, 3])
    with pytest.raises(errors.CheckError):
        jit(vmap_of(f), compiler="numpy")(np.array([4.0, -9.0]))


def counted(x, n):
    """A check, of an integer that has to fit, inside of a loop whose course differs, in another."""
    out, k = np.zeros(4, "i1"), 0
    while k < n:
        j = 0
        while j <= k:
            if x[j] > 0.5:
                out[j] = k * 60
            j += 1
        k += 1
    return out


def test_checks_of_loops_in_loops_look_at_who_takes_part():
    x = np.random.default_rng(0).random((3, 8))
    n = np.array([2, 3, 1])
    wanted = np.stack([counted(row, count) for row, count in zip(x, n)])
    for compiler in ("numpy", "numba", "xla"):
        batched = defn.jit(defn.vmap(counted), compiler=compiler)
        np.testing.assert_array_equal(batched(x, n), wanted)
        with pytest.raises(OverflowError, match="out of bounds for int8"):
            batched(np.ones((3, 8)), np.array([1, 4, 1]))
