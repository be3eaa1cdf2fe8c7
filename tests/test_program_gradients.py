"""Gradients of plain NumPy programs, loops and in-place updates included, against finite differences."""

import copy

import numpy as np
import pytest
from programs import PROGRAMS

import defn
from defn import pytree

# No derivative by any argument (integers), or one that jumps where a decision flips.
WITHOUT = {
    "nussinov", "mandelbrot", "mandelbrot_masked", "smith_waterman", "collatz", "bubble_sort", "insertion_sort",
    "binary_search", "sieve", "life", "histogram", "viterbi", "edit_distance", "knapsack", "prefix_sums",
    "first_above", "greatest_common_divisor", "classify", "adaptive_runge_kutta", "compute", "crc16", "radix_2_fft",
    "odd_indexing", "linear_search", "connected_components", "elementary_automaton", "truths_count", "crc32",
    "needleman_wunsch", "convex_hull",
}  # fmt: skip


def is_float(value):
    return (
        isinstance(value, (float, np.floating))
        or isinstance(value, np.ndarray)
        and value.dtype.kind == "f"
    )


def weighted(function):
    """The function as one number: all that it returns and all that it changes, each times a weight of its own."""

    def loss(*arguments):
        arguments = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
        result = function(*arguments)
        total, weight = 0.0, 1.0
        for leaf in [*pytree.leaves(result), *arguments]:
            if isinstance(leaf, (np.ndarray, np.generic, float)) and not isinstance(
                leaf, (int, bool)
            ):
                if (
                    np.asarray(leaf).dtype.kind == "f"
                    if not hasattr(leaf, "dtype")
                    else leaf.dtype.kind == "f"
                ):
                    total = total + weight * np.sum(
                        leaf * np.cos(np.arange(leaf.size).reshape(leaf.shape))
                        if np.ndim(leaf)
                        else leaf
                    )
                    weight = weight * 0.7
        return total

    return loss


def directional(loss, arguments, directions, step):
    """A central difference along the directions."""

    def at(t):
        return loss(
            *[a + t * d if d is not None else copy.copy(a) for a, d in zip(arguments, directions)]
        )

    return (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)


def direction_of(arguments, seed):
    draw = np.random.default_rng(seed)
    return [draw.standard_normal(np.shape(a)) if is_float(a) else None for a in arguments]


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
@pytest.mark.parametrize("name", sorted(set(PROGRAMS) - WITHOUT))
def test_gradient(name, compiler):
    function, arguments = PROGRAMS[name]
    arguments = copy.deepcopy(arguments)
    chosen = tuple(k for k, a in enumerate(arguments) if is_float(a))
    loss = weighted(function)
    directions = direction_of(arguments, 3)
    wanted = directional(loss, arguments, directions, 1e-5)
    gradients = defn.jit(defn.grad(loss, argnums=chosen), compiler=compiler)(*arguments)
    got = sum(np.sum(g * directions[k]) for g, k in zip(gradients, chosen))
    np.testing.assert_allclose(got, wanted, rtol=2e-6, atol=1e-8, err_msg=name)
