"""Convolutions with every setting: under every compiler, their derivatives, and batches of them."""

import numpy as np
import pytest

import defn
from defn import nx

DRAW = np.random.default_rng(5)
SETTINGS = {
    "plain": ((2, 3, 6, 5), (4, 3, 3, 2), {}),
    "strides, padding": ((2, 3, 7, 6), (4, 3, 3, 2), {"strides": (2, 3), "padding": ((1, 2), (0, 1))}),
    "dilations": ((1, 2, 5, 4), (3, 2, 2, 2), {"input_dilation": (2, 1), "kernel_dilation": (1, 2)}),
    "cut": ((2, 2, 9), (3, 2, 3), {"padding": ((-1, -2),), "strides": 2}),
    "everything": (
        (2, 4, 8, 7), (6, 2, 3, 2),
        {"strides": 2, "padding": ((2, 1), (1, 3)), "input_dilation": 2, "kernel_dilation": (2, 1),
         "feature_group_size": 2},
    ),
    "depthwise": ((2, 3, 6, 6), (3, 1, 3, 3), {"feature_group_size": 3, "padding": "same"}),
    "depthwise, strided": ((2, 3, 6, 6), (3, 1, 3, 3), {"feature_group_size": 3, "strides": 2}),
    "batch groups": ((4, 3, 6), (4, 3, 3), {"batch_group_size": 2}),
    "channels last": (
        (2, 6, 5, 3), (3, 2, 3, 4),
        {"input_permutation": (0, 3, 1, 2), "kernel_permutation": (3, 2, 0, 1),
         "output_permutation": (0, 3, 1, 2)},
    ),
    "one tap": ((2, 3, 4, 4), (5, 3, 1, 1), {}),
    "wide kernel": ((1, 2, 9, 9), (3, 2, 8, 8), {}),
    "three axes": ((1, 2, 4, 3, 5), (2, 2, 2, 3, 2), {"padding": "same"}),
}  # fmt: skip


def sampled(name):
    size, width, settings = SETTINGS[name]
    x, kernel = DRAW.normal(size=size), DRAW.normal(size=width)
    return x, kernel, lambda x, kernel: nx.conv(x, kernel, **settings)


@pytest.mark.parametrize("compiler", ["numba", "xla"])
@pytest.mark.parametrize("name", SETTINGS)
def test_values_and_derivatives_under_every_compiler(name, compiler):
    x, kernel, convolved = sampled(name)
    weights = DRAW.normal(size=defn.jit(convolved, compiler="numpy")(x, kernel).shape)

    def all_of_it(x, kernel):
        loss = lambda x, kernel: np.sum(convolved(x, kernel) ** 2 * weights)
        gradients = defn.grad(loss, (0, 1))(x, kernel)
        return (
            convolved(x, kernel),
            gradients,
            defn.jvp(convolved, (x, kernel), (kernel.sum() * x, x.sum() * kernel)),
            defn.hvp(loss)(x, kernel, np.cos(x)),
        )

    wanted = defn.jit(all_of_it, compiler="numpy")(x, kernel)
    got = defn.jit(all_of_it, compiler=compiler)(x, kernel)
    for g, w in zip(defn.pytree.leaves(got), defn.pytree.leaves(wanted), strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize("name", SETTINGS)
def test_batches(name):
    x, kernel, convolved = sampled(name)
    xs, kernels = np.stack([x, 2 * x, x - 1]), np.stack([kernel, -kernel, kernel + 1])
    one = defn.jit(convolved, compiler="numpy")
    for axes, found in (
        ((0, None), [one(a, kernel) for a in xs]),
        ((None, 0), [one(x, b) for b in kernels]),
        ((0, 0), [one(a, b) for a, b in zip(xs, kernels)]),
    ):
        operands = [
            many if axis == 0 else each
            for axis, many, each in zip(axes, (xs, kernels), (x, kernel))
        ]
        got = defn.jit(defn.vmap(convolved, in_axes=axes), compiler="numpy")(*operands)
        np.testing.assert_allclose(got, found, rtol=1e-10, atol=1e-10)


def test_many_pieces_side_by_side():
    x = DRAW.normal(size=(40, 300))
    joined = lambda x: np.concatenate([x + k for k in range(20)], axis=1)
    np.testing.assert_array_equal(defn.jit(joined, compiler="numba")(x), joined(x))
    in_loop = lambda x: np.stack([np.concatenate([x * k + i for k in range(9)]) for i in range(3)])

    def looped(x):
        out = np.zeros((8, 27))
        for i in range(8):
            out[i] += np.concatenate([x * k + i for k in range(9)])
        return out

    row = x[0, :3]
    np.testing.assert_array_equal(defn.jit(in_loop, compiler="numba")(row), in_loop(row))
    np.testing.assert_array_equal(defn.jit(looped, compiler="numba")(row), looped(row))
