"""Kernels of science and learning: sea water, options, distances, mixtures, attention, LSTM."""

import jax
import jax.numpy as jnp
import numpy as np
from numba import prange

from benchmarks.case import Race, Slopes
from benchmarks.handmade import both, fast
from defn import grad, jit

# ------------------------------------------------------------------------------------- sea water


def density_over(np):
    """The density of sea water of salinity s, temperature t in degrees, and pressure p in bar.

    The international equation of state of 1980: 41 coefficients, a polynomial over another.
    """

    def density(s, t, p):
        r = s * np.sqrt(s)
        fresh = 999.842594 + t * (
            6.793952e-2
            + t * (-9.095290e-3 + t * (1.001685e-4 + t * (-1.120083e-6 + t * 6.536332e-9)))
        )
        surface = (
            fresh
            + s * (0.824493 + t * (-4.0899e-3 + t * (7.6438e-5 + t * (-8.2467e-7 + t * 5.3875e-9))))
            + r * (-5.72466e-3 + t * (1.0227e-4 - t * 1.6546e-6))
            + s * s * 4.8314e-4
        )
        stiffness = (
            19652.21
            + t * (148.4206 + t * (-2.327105 + t * (1.360477e-2 - t * 5.155288e-5)))
            + s * (54.6746 + t * (-0.603459 + t * (1.09987e-2 - t * 6.1670e-5)))
            + r * (7.944e-2 + t * (1.6483e-2 - t * 5.3009e-4))
        )
        linear = (
            3.239908
            + t * (1.43713e-3 + t * (1.16092e-4 - t * 5.77905e-7))
            + s * (2.2838e-3 + t * (-1.0981e-5 - t * 1.6078e-6))
            + r * 1.91075e-4
        )
        square = (
            8.50935e-5
            + t * (-6.12293e-6 + t * 5.2787e-8)
            + s * (-9.9348e-7 + t * (2.0816e-8 + t * 9.1697e-10))
        )
        return surface / (1 - p / (stiffness + p * (linear + p * square)))

    return density


density_here = fast(density_over(np))


@both
def density_loop(s, t, p):
    out = np.empty_like(s)
    for i in prange(s.size):
        out[i] = density_here(s[i], t[i], p[i])
    return out


def waters(generator, quick):
    size = 10_000 if quick else 1_000_000
    s, t, p = generator.random((3, size))
    return 30 + 10 * s, 30 * t, 500 * p


# ------------------------------------------------------------------------------------ options


def call_over(np):
    """The price of a call option, its normal distribution by an approximation of five terms."""

    def below(x):
        k = 1 / (1 + 0.2316419 * np.abs(x))
        terms = 0.319381530 + k * (
            -0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))
        )
        tail = np.exp(-x * x / 2) * k * terms * 0.3989422804014327
        return np.where(x > 0, 1 - tail, tail)

    def call(spot, strike, years, rate, volatility):
        deviation = volatility * np.sqrt(years)
        upper = (np.log(spot / strike) + (rate + volatility * volatility / 2) * years) / deviation
        return spot * below(upper) - strike * np.exp(-rate * years) * below(upper - deviation)

    return call


@fast
def below_here(x):
    k = 1 / (1 + 0.2316419 * abs(x))
    terms = 0.319381530 + k * (
        -0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))
    )
    tail = np.exp(-x * x / 2) * k * terms * 0.3989422804014327
    return 1 - tail if x > 0 else tail


@both
def call_loop(spot, strike, years, rate, volatility):
    out = np.empty_like(spot)
    for i in prange(spot.size):
        deviation = volatility * np.sqrt(years[i])
        drift = (rate + volatility * volatility / 2) * years[i]
        upper = (np.log(spot[i] / strike[i]) + drift) / deviation
        paid = strike[i] * np.exp(-rate * years[i])
        out[i] = spot[i] * below_here(upper) - paid * below_here(upper - deviation)
    return out


def options(generator, quick):
    size = 10_000 if quick else 1_000_000
    spot, strike, years = generator.random((3, size))
    return 50 + 50 * spot, 50 + 50 * strike, 0.1 + years, 0.02, 0.3


# -------------------------------------------------------------------------------------- distances


def distances_over(np):
    def distances(x, y):
        return np.sqrt(np.sum((x[:, None, :] - y[None, :, :]) ** 2, axis=-1))

    return distances


@both
def distances_loop(x, y):
    out = np.empty((x.shape[0], y.shape[0]))
    for i in prange(x.shape[0]):
        for j in range(y.shape[0]):
            total = 0.0
            for k in range(x.shape[1]):
                total += (x[i, k] - y[j, k]) ** 2
            out[i, j] = np.sqrt(total)
    return out


def points(generator, quick):
    n = 40 if quick else 1_000
    return generator.random((n, 3)), generator.random((n, 3))


# ------------------------------------------------------------------------------------ convolution


def blur(image, kernel):
    n, m = image.shape[0] - 4, image.shape[1] - 4
    out = np.zeros((n, m), image.dtype)
    for i in range(5):
        for j in range(5):
            out = out + kernel[i, j] * image[i : i + n, j : j + m]
    return out


def blur_jax(image, kernel):
    return jax.lax.conv(image[None, None], kernel[None, None], (1, 1), "VALID")[0, 0]


@both
def blur_loop(image, kernel):
    out = np.empty((image.shape[0] - 4, image.shape[1] - 4), image.dtype)
    for i in prange(out.shape[0]):
        for j in range(out.shape[1]):
            total = np.float32(0)
            for k in range(5):
                for m in range(5):
                    total += kernel[k, m] * image[i + k, j + m]
            out[i, j] = total
    return out


def image(generator, quick):
    n = 40 if quick else 1_000
    return generator.random((n, n), np.float32), generator.random((5, 5), np.float32)


def channels(x, w):
    n, m = x.shape[1] - 2, x.shape[2] - 2
    out = np.zeros((w.shape[0], n, m), x.dtype)
    for i in range(3):
        for j in range(3):
            out = out + np.tensordot(w[:, :, i, j], x[:, i : i + n, j : j + m], axes=1)
    return out


def channels_jax(x, w):
    return jax.lax.conv(x[None], w, (1, 1), "VALID")[0]


@both
def channels_loop(x, w):
    out = np.zeros((w.shape[0], x.shape[1] - 2, x.shape[2] - 2), x.dtype)
    for o in prange(w.shape[0]):
        for c in range(w.shape[1]):
            for i in range(out.shape[1]):
                for k in range(3):
                    for m in range(3):
                        for j in range(out.shape[2]):
                            out[o, i, j] += w[o, c, k, m] * x[c, i + k, j + m]
    return out


def layers(generator, quick):
    n = 12 if quick else 100
    return generator.random((16, n, n), np.float32), generator.random((32, 16, 3, 3), np.float32)


# ------------------------------------------------------------------------------- Gaussian mixture


def mixture_over(np):
    """The log-likelihood of points x under Gaussians.

    The inverse factor of each has exp(q) on its diagonal, and `below` under it.
    """

    def logs(a):
        peak = np.max(a, axis=-1, keepdims=True)
        return np.log(np.sum(np.exp(a - peak), axis=-1)) + peak[..., 0]

    def mixture(weights, means, q, below, x):
        factors = np.tril(below, -1) + np.exp(q)[:, :, None] * np.eye(x.shape[1])
        scaled = (x[None] - means[:, None]) @ np.swapaxes(factors, 1, 2)
        heights = weights[:, None] + np.sum(q, axis=1)[:, None] - np.sum(scaled**2, axis=2) / 2
        return np.sum(logs(heights.T)) - x.shape[0] * logs(weights)

    return mixture


@fast
def logs_here(a):
    peak, total = a[0], 0.0
    for value in a:
        peak = max(peak, value)
    for value in a:
        total += np.exp(value - peak)
    return np.log(total) + peak


@both
def mixture_loop(weights, means, q, below, x):
    n, d = x.shape
    diagonal, result = np.exp(q), 0.0
    for i in prange(n):
        heights = np.empty(weights.size)
        for k in range(weights.size):
            height = weights[k]
            for r in range(d):
                scaled = diagonal[k, r] * (x[i, r] - means[k, r])
                for c in range(r):
                    scaled += below[k, r, c] * (x[i, c] - means[k, c])
                height += q[k, r] - scaled * scaled / 2
            heights[k] = height
        result += logs_here(heights)
    return result - n * logs_here(weights)


def mixtures(generator, quick):
    n, k, d = (50, 4, 3) if quick else (2_000, 20, 10)
    normal = generator.standard_normal
    return normal(k), normal((k, d)), 0.1 * normal((k, d)), 0.1 * normal((k, d, d)), normal((n, d))


MIXTURE = grad(mixture_over(np), argnums=(0, 1, 2, 3))


# ---------------------------------------------------------------------------- attention and LSTM


def attention_over(np):
    def attention(x, w, out, heads):
        n, width = x.shape
        q, k, v = np.transpose((x @ w).reshape(n, 3, heads, width // heads), (1, 2, 0, 3))
        scores = q @ np.swapaxes(k, 1, 2) / np.float32((width // heads) ** 0.5)
        e = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
        mixed = (e / np.sum(e, axis=-1, keepdims=True)) @ v
        return x + np.transpose(mixed, (1, 0, 2)).reshape(n, width) @ out

    return attention


@fast
def attention_loop(x, w, out, heads):
    n, width = x.shape
    size, all = width // heads, x @ w
    mixed, scale = np.empty_like(x), np.float32(1 / np.sqrt(width // heads))
    for h in range(heads):
        q, k, v = [
            np.ascontiguousarray(all[:, p * width + h * size : p * width + (h + 1) * size])
            for p in range(3)
        ]
        scores = q @ np.ascontiguousarray(k.T)
        for i in range(n):
            peak, total = scores[i, 0], np.float32(0)
            for j in range(n):
                peak = max(peak, scores[i, j])
            for j in range(n):
                scores[i, j] = np.exp((scores[i, j] - peak) * scale)
                total += scores[i, j]
            for j in range(n):
                scores[i, j] /= total
        mixed[:, h * size : (h + 1) * size] = scores @ v
    return x + mixed @ out


def tokens(generator, quick):
    n, width, heads = (16, 32, 4) if quick else (256, 256, 8)
    shapes = ((n, width), (width, 3 * width), (width, width))
    x, w, out = (generator.standard_normal(shape, np.float32) for shape in shapes)
    return x, w / np.float32(width**0.5), out / np.float32(width**0.5), heads


def lstm_over(np):
    """One step: gates from input and state, the new memory and the new state."""

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def lstm(x, state, memory, w, u, b):
        a = x @ w + state @ u + b
        n = state.shape[1]
        forget, admit, show = (sigmoid(a[:, k * n : (k + 1) * n]) for k in range(3))
        memory = forget * memory + admit * np.tanh(a[:, 3 * n :])
        return show * np.tanh(memory), memory

    return lstm


@fast
def sigmoid_here(x):
    return 1 / (1 + np.exp(-x))


@fast
def lstm_loop(x, state, memory, w, u, b):
    a, n = x @ w + state @ u, state.shape[1]
    shown, kept = np.empty_like(state), np.empty_like(memory)
    for i in range(x.shape[0]):
        for j in range(n):
            forget, admit = sigmoid_here(a[i, j] + b[j]), sigmoid_here(a[i, n + j] + b[n + j])
            new = np.tanh(a[i, 3 * n + j] + b[3 * n + j])
            kept[i, j] = forget * memory[i, j] + admit * new
            shown[i, j] = sigmoid_here(a[i, 2 * n + j] + b[2 * n + j]) * np.tanh(kept[i, j])
    return shown, kept


def cells(generator, quick):
    n, width = (8, 16) if quick else (64, 256)
    shapes = ((n, width),) * 3 + ((width, 4 * width),) * 2 + ((4 * width,),)
    return tuple(np.float32(0.1) * generator.standard_normal(shape, np.float32) for shape in shapes)


# --------------------------------------------------------------------- many small systems, spectra


def solve_over(np):
    return lambda a, b: np.linalg.solve(a, b[..., None])[..., 0]


@fast
def cross(a, b):
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@both
def solve_loop(a, b):
    """By Cramer's rule: the systems are small and well conditioned."""
    out = np.empty_like(b)
    for i in prange(b.shape[0]):
        columns = a[i].T
        first, second = cross(columns[1], columns[2]), cross(columns[2], columns[0])
        third, x = cross(columns[0], columns[1]), b[i]
        whole = a[i, 0, 0] * first[0] + a[i, 1, 0] * first[1] + a[i, 2, 0] * first[2]
        out[i, 0] = (x[0] * first[0] + x[1] * first[1] + x[2] * first[2]) / whole
        out[i, 1] = (x[0] * second[0] + x[1] * second[1] + x[2] * second[2]) / whole
        out[i, 2] = (x[0] * third[0] + x[1] * third[1] + x[2] * third[2]) / whole
    return out


def systems(generator, quick):
    n = 100 if quick else 50_000
    return generator.random((n, 3, 3)) + 3 * np.eye(3), generator.random((n, 3))


def power_over(np):
    def power(x):
        spectrum = np.fft.rfft(x)
        return spectrum.real**2 + spectrum.imag**2

    return power


def signals(generator, quick):
    return (generator.random((4 if quick else 500, 1_024)),)


def race(name, over, arguments, loops, **settings):
    return Race(name, over(np), arguments, {**loops, "jax": over(jnp)}, **settings)


CASES = (
    race("sea-water", density_over, waters, density_loop, rtol=1e-10),
    race("black-scholes", call_over, options, call_loop),
    race("distances", distances_over, points, distances_loop),
    Race("blur", blur, image, {**blur_loop, "jax": blur_jax}, rtol=1e-4),
    Race("convolution", channels, layers, {**channels_loop, "jax": channels_jax}, rtol=1e-4),
    race("mixture", mixture_over, mixtures, mixture_loop),
    Race(
        "mixture-gradient",
        MIXTURE,
        mixtures,
        {
            "forward, numba": mixture_loop["numba"],
            "jax": jax.grad(mixture_over(jnp), (0, 1, 2, 3)),
        },
        reference=jit(MIXTURE, compiler="numpy"),
        slopes=Slopes(mixture_over(np), (0, 1, 2, 3)),
        unchecked=("forward, numba",),
    ),
    race("attention", attention_over, tokens, {"numba": attention_loop}, rtol=1e-3, atol=1e-4),
    race("lstm", lstm_over, cells, {"numba": lstm_loop}, rtol=1e-4),
    race("small-systems", solve_over, systems, solve_loop),
    race("power-spectrum", power_over, signals, {}),
)
