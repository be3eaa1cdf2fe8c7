"""Derivatives of Nx's functions beside finite differences, first and second; their batches beside
loops.
"""

import numpy as np
import pytest

from defn import grad, jit, nx, vmap

RANDOM = np.random.default_rng(5)
COMPILERS = ("numpy", "numba", "xla")


def numbers(*shape, low=-2.0, high=2.0):
    return RANDOM.uniform(low, high, shape)


def positive(*shape):
    return numbers(*shape, low=0.3, high=2.0)


X, Y, IMAGE = numbers(3, 4), numbers(3, 4), numbers(2, 3, 7)
SQUARE = numbers(3, 3) + 4 * np.eye(3)
HALF = numbers(3, 3)
SYMMETRIC = HALF @ HALF.T + np.diag([1.0, 3.0, 6.0])
PLACES = np.array([[0, 1], [2, 3], [0, 1]])
KERNEL = numbers(4, 3, 2)

SAMPLES = {
    "elementwise": {
        **{
            name: (getattr(nx, name), X)
            for name in (
                "abs asinh atan cos cosh sin sinh tanh exp expm1 sigmoid erf erfc negate cbrt"
            ).split()
        },
        **{
            name: (getattr(nx, name), positive(4))
            for name in "log log10 log1p log2 sqrt rsqrt tan".split()
        },
        **{
            name: (getattr(nx, name), numbers(4, low=-0.8, high=0.8))
            for name in "acos asin atanh erf_inv".split()
        },
        "acosh": (nx.acosh, positive(4) + 1),
        "log with a base": (lambda x: nx.log(x, 3.0), positive(4)),
        "atan2": (nx.atan2, X, Y),
        "divide": (nx.divide, X, positive(3, 4)),
        "pow": (nx.pow, positive(4), numbers(4)),
        "max": (nx.max, X, Y),
        "min": (nx.min, X, Y),
        "remainder": (lambda x: nx.remainder(x, 0.7), X),
        "clip": (lambda x: nx.clip(x, -1.0, 1.0), X),
        "select": (lambda x, y: nx.select(x > y, x * y, y), X, Y),
        "complex": (lambda x, y: nx.real(nx.conjugate(nx.complex(x, y)) * (1 + 2j)), X, Y),
        "phase": (lambda x, y: nx.phase(nx.complex(x, y)), positive(4), positive(4)),
    },
    "aggregates": {
        "sum": (lambda x: nx.sum(x, axes=[0]), X),
        "mean": (lambda x: nx.mean(x, axes=[1], keep_axes=True), X),
        "product": (lambda x: nx.product(x, axes=[1]), X),
        "reduce_max": (lambda x: nx.reduce_max(x, axes=[0]), X),
        "reduce_min": (nx.reduce_min, X),
        "median": (lambda x: nx.median(x, axis=1), X),
        "mode": (lambda x: nx.mode(x, axis=1), X),
        "logsumexp": (lambda x: nx.logsumexp(x, axes=[1], exp_scaling_factor=2.0), X),
        "variance": (lambda x: nx.variance(x, axes=[0], ddof=1), X),
        "standard_deviation": (nx.standard_deviation, X),
        "weighted_mean": (lambda x, w: nx.weighted_mean(x, w, axes=[1]), X, positive(3, 4)),
        "covariance": (nx.covariance, X),
        "reduce": (lambda x: nx.reduce(x, 1.0, lambda v, a: a * v + nx.sin(v), axes=[1]), X),
        **{
            name: (lambda x, f=getattr(nx, name): f(x, axis=1, reverse=True), X)
            for name in "cumulative_sum cumulative_product cumulative_max cumulative_min".split()
        },
    },
    "places": {
        "slice": (lambda x: nx.slice(x, [1, 0], [2, 4], strides=[1, 2]), X),
        "slice_along_axis": (lambda x: nx.slice_along_axis(x, 9, 2, axis=1), X),
        "put_slice": (lambda x, y: nx.put_slice(x, [1, 1], y), X, numbers(2, 2)),
        "split": (lambda x: nx.split(x, 0.5, axis=1)[1], X),
        "take": (lambda x: nx.take(x, [[0, 2], [1, 1]], axis=1), X),
        "take_along_axis": (lambda x: nx.take_along_axis(x, [[2, 0, 1, 1]], axis=0), X),
        "gather": (lambda x: nx.gather(x, PLACES), X),
        "gather along an axis": (lambda x: nx.gather(x, [[1], [1]], axes=[1]), X),
        "indexed_add": (lambda x, u: nx.indexed_add(x, PLACES, u), X, numbers(3)),
        "indexed_put": (lambda x, u: nx.indexed_put(x, PLACES[:2], u), X, numbers(2)),
        "sort": (lambda x: nx.sort(x, direction="desc"), X),
        "top_k": (lambda x: nx.top_k(x, k=2)[0], X),
        "diff": (lambda x: nx.diff(x, order=2), X),
        "take_diagonal": (lambda x: nx.take_diagonal(x, offset=1), X),
        "make_diagonal": (lambda x: nx.make_diagonal(x, offset=-1), numbers(3)),
        "put_diagonal": (nx.put_diagonal, X, numbers(3)),
    },
    "shapes": {
        "pad": (lambda x, v: nx.pad(x, v, [(1, -1, 2), (-1, 2, 0)]), X, numbers()),
        "reflect": (lambda x: nx.reflect(x, padding_config=[(1, 1), (3, 0)]), X),
        "pad_outer": (lambda x: nx.pad_outer(x, "cyclic", [(1, 1), (3, 0)]), X),
        "tile": (lambda x: nx.tile(x, [2, 1]), X),
        "broadcast": (lambda x: nx.broadcast(x, (3, 4, 2), axes=[0, 1]), X),
        "reverse": (lambda x: nx.reverse(x, axes=[1]), X),
        "transpose": (nx.transpose, X),
        "flatten": (lambda x: nx.flatten(x, axes=[1, 2]), IMAGE),
        "concatenate": (lambda x, y: nx.concatenate([x, y], axis=1), X, Y),
        "stack": (lambda x, y: nx.stack([x, y], axis=1), X, Y),
        "linspace": (lambda x, y: nx.linspace(x, y, n=4), numbers(2), numbers(2)),
        "tril": (lambda x: nx.tril(x, k=1), X),
        "fill": (lambda v: nx.fill(np.ones((2, 2)), v), numbers()),
    },
    "products": {
        "dot": (lambda x, y: nx.dot(x, [0], y, [0]), X, Y),
        "dot of batches": (lambda x, y: nx.dot(x, [1], [0], y, [1], [0]), X, Y),
        "outer": (nx.outer, numbers(3), numbers(2)),
        "conv": (lambda x, k: nx.conv(x, k, strides=2, padding="same"), IMAGE, KERNEL),
        "conv, dilated": (
            lambda x, k: nx.conv(x, k, input_dilation=2, kernel_dilation=3),
            IMAGE,
            KERNEL,
        ),
        "fft": (lambda x: nx.real(nx.fft(x, length=6) * (1 + 2j)), X),
        "ifft": (lambda x: nx.imag(nx.ifft(x, length=3)), X),
        "rfft": (lambda x: nx.real(nx.rfft(x, axis=0) * (2 - 1j)), X),
        "irfft": (lambda x: nx.irfft(nx.complex(x, x * x), length=5), X),
        "fft2": (lambda x: nx.real(nx.fft2(x, lengths=(4, 4)) * (1 + 2j)), X),
    },
    "windows": {
        **{
            name: (lambda x, f=getattr(nx, name): f(x, (2, 2), padding="same", strides=[1, 2]), X)
            for name in "window_sum window_mean window_max window_min window_product".split()
        },
        "window_reduce": (lambda x: nx.window_reduce(x, 0.5, (2, 2), lambda v, a: a * v + v), X),
        "window_scatter_max": (
            lambda s, v: nx.window_scatter_max(X, s, v, (2, 2), strides=[1, 2]),
            numbers(2, 2),
            numbers(),
        ),
    },
    "matrices": {
        "cholesky": (lambda x: nx.linalg.cholesky(x + nx.transpose(x)), SYMMETRIC),
        "determinant": (nx.linalg.determinant, SQUARE),
        "invert": (nx.linalg.invert, SQUARE),
        "solve": (nx.linalg.solve, SQUARE, numbers(3)),
        "triangular_solve": (
            lambda a, b: nx.linalg.triangular_solve(a, b, lower=False, transform_a="transpose"),
            SQUARE,
            numbers(3, 2),
        ),
        "lu": (lambda x: nx.linalg.lu(x)[1] + nx.linalg.lu(x)[2], SQUARE),
        "qr": (lambda x: nx.linalg.qr(x)[0] * 2 + nx.linalg.qr(x)[1], SQUARE),
        "singular values": (lambda x: nx.linalg.svd(x)[1], numbers(3, 2)),
        "eigenvalues": (lambda x: nx.linalg.eigh(x + nx.transpose(x))[0], SYMMETRIC),
        "eigenvectors": (lambda x: nx.linalg.eigh(x + nx.transpose(x))[1] ** 2, SYMMETRIC),
        "norm": (lambda x: nx.linalg.norm(x, ord="nuclear"), SQUARE),
        "pinv": (nx.linalg.pinv, numbers(4, 2)),
        "least_squares": (nx.linalg.least_squares, numbers(4, 2), numbers(4)),
        "matrix_power": (lambda x: nx.linalg.matrix_power(x, -2), SQUARE),
    },
}
NAMES = [(group, name) for group, samples in SAMPLES.items() for name in samples]


def scalar(function, weights):
    """A number whose derivative tells all elements apart, and is itself not constant."""
    return lambda *args: np.sum(np.sin(function(*args)) * weights)


def along(function, args, directions, step):
    """The change of a function along directions."""
    ahead, behind = (
        function(*(x + sign * step * d for x, d in zip(args, directions))) for sign in (1, -1)
    )
    return (np.asarray(ahead) - np.asarray(behind)) / (2 * step)


@pytest.mark.parametrize("group, name", NAMES)
def test_derivatives_are_those_of_finite_differences(group, name):
    function, *args = SAMPLES[group][name]
    random = np.random.default_rng(7)
    out = np.asarray(jit(function, compiler="numpy")(*args))
    loss = jit(scalar(function, random.normal(size=out.shape)), compiler="numpy")
    directions = [random.normal(size=np.shape(x)) for x in args]
    every = tuple(range(len(args)))

    def slope(*args):
        return sum(np.sum(g * d) for g, d in zip(grad(loss, every)(*args), directions))

    slope = jit(slope, compiler="numpy")
    wanted = along(loss, args, directions, 1e-6)
    np.testing.assert_allclose(slope(*args), wanted, rtol=1e-6, atol=1e-7)
    second = jit(grad(slope, every), compiler="numpy")(*args)
    bend = sum(np.sum(g * d) for g, d in zip(second, directions))
    np.testing.assert_allclose(bend, along(slope, args, directions, 1e-6), rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("group", SAMPLES)
def test_batches_are_loops(group, compiler):
    samples = SAMPLES[group].values()
    batches = [[np.stack([x, x * 1.25, x * 0.75]) for x in args] for _, *args in samples]
    mapped = [vmap(function) for function, *_ in samples]
    found = jit(lambda every: [f(*args) for f, args in zip(mapped, every)], compiler=compiler)(
        batches
    )
    for (function, *_), batch, each in zip(samples, batches, found):
        alone = jit(function, compiler="numpy")
        wanted = np.stack([alone(*args) for args in zip(*batch)])
        np.testing.assert_allclose(each, wanted, rtol=1e-9, atol=1e-9)
