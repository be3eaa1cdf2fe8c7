"""Windows and convolutions beside those of lax."""

import jax
import numpy as np
import pytest
from jax import lax

from defn import grad, jit, nx
from defn.errors import ArgumentError, ShapeError, TypeMismatch

GRID = np.random.default_rng(0).normal(size=(7, 9))
SETTINGS = [
    ((2, 3), (1, 1), ((0, 0), (0, 0)), (1, 1)),
    ((3, 7), (2, 1), ((1, 2), (3, 0)), (1, 1)),
    ((2, 3), (2, 2), ((1, 1), (0, 2)), (3, 2)),
    ((5, 6), (1, 3), ((2, 2), (2, 3)), (1, 1)),
    ((1, 9), (1, 1), ((0, 0), (4, 4)), (1, 1)),
]
REDUCTIONS = {
    nx.window_sum: (lax.add, 0.0),
    nx.window_product: (lax.mul, 1.0),
    nx.window_max: (lax.max, -np.inf),
    nx.window_min: (lax.min, np.inf),
}


@pytest.fixture(autouse=True)
def wide():
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("window, strides, padding, dilations", SETTINGS)
def test_windows(window, strides, padding, dilations):
    settings = {"strides": strides, "padding": padding, "window_dilations": dilations}
    for function, (combine, start) in REDUCTIONS.items():
        wanted = lax.reduce_window(
            GRID, np.float64(start), combine, window, strides, padding, window_dilation=dilations
        )
        np.testing.assert_allclose(
            np.asarray(function(GRID, window, **settings)), wanted, rtol=1e-12
        )
    total = np.asarray(nx.window_sum(GRID, window, **settings))
    mean = np.asarray(nx.window_mean(GRID, window, **settings))
    np.testing.assert_allclose(mean, total / np.prod(window))
    custom = nx.reduce_window(GRID, 0.0, window, lambda a, v: a + v, **settings)
    np.testing.assert_allclose(np.asarray(custom), total, rtol=1e-12, atol=1e-12)


def test_dtypes_are_kept():
    for dtype in ("u1", "i4", "f4"):
        x = np.arange(6).astype(dtype)
        assert nx.window_sum(x, 2).dtype == dtype
        assert nx.window_max(x, 2, padding="same").tolist() == [1, 2, 3, 4, 5, 5]


@pytest.mark.parametrize("padding", ["valid", ((1, 1), (0, 2))])
def test_scatter_is_the_gradient_of_the_maximum(padding):
    out = np.asarray(nx.window_max(GRID, (2, 3), strides=2, padding=padding))
    weights = np.random.default_rng(1).normal(size=out.shape)

    def weighted(x):
        return np.sum(nx.window_max(x, (2, 3), strides=2, padding=padding) * weights)

    scattered = nx.window_scatter_max(GRID, weights, 0.0, (2, 3), strides=2, padding=padding)
    np.testing.assert_allclose(np.asarray(scattered), grad(jit(weighted, compiler="numpy"))(GRID))
    least = nx.window_scatter_min(-GRID, weights, 0.0, (2, 3), strides=2, padding=padding)
    np.testing.assert_allclose(np.asarray(least), np.asarray(scattered))


def test_of_equal_elements_the_last_counts():
    assert nx.window_scatter_max([1, 1, 1], [5, 7], 0, 2).tolist() == [0, 5, 7]


# Convolution.

CHANNELS_LAST = {
    "input_permutation": (0, 3, 1, 2),
    "kernel_permutation": (3, 2, 0, 1),
    "output_permutation": (0, 3, 1, 2),
}
GROUPS = {"feature_group_size": 2, "strides": (2, 1), "padding": ((1, 1), (0, 2))}
CONVOLUTIONS = [
    ((2, 4, 8, 9), (6, 4, 3, 2), {}),
    ((2, 4, 8, 9), (6, 4, 1, 1), {"strides": 2}),
    ((2, 4, 8, 9), (6, 2, 3, 2), GROUPS),
    ((4, 4, 8, 9), (6, 4, 3, 2), {"batch_group_size": 2, "padding": ((1, 1), (0, 1))}),
    ((2, 4, 8), (6, 4, 3), {"input_dilation": 2, "kernel_dilation": 3, "padding": ((4, 4),)}),
    ((2, 4, 8, 9), (4, 1, 3, 3), {"feature_group_size": 4}),
    ((2, 4, 8, 9), (8, 1, 3, 3), {"feature_group_size": 4}),
    ((1, 2, 4, 5, 6), (3, 2, 2, 3, 2), {}),
    ((2, 8, 9, 4), (3, 2, 4, 6), CHANNELS_LAST),
]


def of_lax(x, kernel, settings):
    """The same convolution, by lax."""
    spatial = x.ndim - 2

    def each(name):
        value = settings.get(name, 1)
        return (value,) * spatial if isinstance(value, int) else value

    plain = tuple(range(x.ndim))
    names = ("input_permutation", "kernel_permutation", "output_permutation")
    numbers = lax.ConvDimensionNumbers(*(settings.get(n, plain) for n in names))
    return lax.conv_general_dilated(
        x, kernel, each("strides"), settings.get("padding", ((0, 0),) * spatial),
        each("input_dilation"),
        each("kernel_dilation"), numbers, settings.get("feature_group_size", 1),
        settings.get("batch_group_size", 1),
    )  # fmt: skip


@pytest.mark.parametrize("size, width, settings", CONVOLUTIONS)
def test_convolution(size, width, settings):
    draw = np.random.default_rng(1)
    x, kernel = draw.normal(size=size), draw.normal(size=width)
    wanted = of_lax(x, kernel, settings)
    got = jit(lambda x, kernel: nx.conv(x, kernel, **settings), compiler="numpy")(x, kernel)
    np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)
    weights = draw.normal(size=got.shape)
    slopes = grad(
        jit(lambda x, kernel: np.sum(nx.conv(x, kernel, **settings) * weights), compiler="numpy"),
        (0, 1),
    )(x, kernel)
    theirs = jax.grad(lambda x, kernel: (of_lax(x, kernel, settings) * weights).sum(), (0, 1))(
        x, kernel
    )
    for slope, their in zip(slopes, theirs):
        np.testing.assert_allclose(slope, their, rtol=1e-10, atol=1e-12)


def test_same_padding_does_not_depend_on_strides():
    assert nx.conv(np.ones((1, 1, 5)), np.ones((1, 1, 3)), padding="same", strides=2).shape == (
        1,
        1,
        3,
    )


def test_integers_become_floats():
    assert nx.conv(np.ones((1, 1, 5), int), np.ones((1, 1, 3), int)).dtype == np.float64


IMAGE = np.ones((2, 4, 5, 5))


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: nx.window_sum(GRID, (2, 2, 2)), ShapeError),
        (lambda: nx.window_sum(GRID, (8, 1)), ShapeError),
        (lambda: nx.window_sum(GRID, 0), ArgumentError),
        (lambda: nx.window_sum(GRID, 2, padding="full"), ArgumentError),
        (lambda: nx.window_max(GRID * 1j, 2), TypeMismatch),
        (lambda: nx.window_scatter_max(GRID, np.ones(3), 0.0, 2), ShapeError),
        (lambda: nx.conv(IMAGE, np.ones((3, 3, 2, 2))), ShapeError),
        (lambda: nx.conv(IMAGE, np.ones((3, 4, 2))), ShapeError),
        (lambda: nx.conv(IMAGE, np.ones((3, 2, 2, 2)), feature_group_size=2), ShapeError),
        (lambda: nx.conv(IMAGE, np.ones((3, 4, 2, 2)), batch_group_size=3), ShapeError),
        (
            lambda: nx.conv(IMAGE, np.ones((3, 4, 2, 2)), input_permutation=(0, 1, 1, 2)),
            ArgumentError,
        ),
    ],
)
def test_refused(call, error):
    with pytest.raises(error):
        call()
