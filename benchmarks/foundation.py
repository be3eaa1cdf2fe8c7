"""Element-wise work in one pass, softmax, sums, a skinny matrix product, and the smallest call."""

import jax
import jax.numpy as jnp
import numpy as np
from numba import prange

from benchmarks.case import Race
from benchmarks.handmade import fast, fast_parallel


def vectors(count, dtype):
    """`count` vectors of ten million elements, strictly positive."""

    def arguments(generator, quick):
        size = 100_000 if quick else 10_000_000
        return tuple(generator.random(size, np.float32).astype(dtype) for _ in range(count))

    return arguments


def matrix(rows, columns):
    def arguments(generator, quick):
        shape = (rows // 20 if quick else rows, columns)
        return (generator.standard_normal(shape, np.float32),)

    return arguments


# ------------------------------------------------------------------------ fused element-wise work


def fused(x, y, z):
    return np.sqrt(x * x + y * y) * np.exp(-z) + np.sin(x)


def fused_jax(x, y, z):
    return jnp.sqrt(x * x + y * y) * jnp.exp(-z) + jnp.sin(x)


@fast
def fused_loop(x, y, z):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = np.sqrt(x[i] * x[i] + y[i] * y[i]) * np.exp(-z[i]) + np.sin(x[i])
    return out


@fast_parallel
def fused_parallel(x, y, z):
    out = np.empty_like(x)
    for i in prange(x.size):
        out[i] = np.sqrt(x[i] * x[i] + y[i] * y[i]) * np.exp(-z[i]) + np.sin(x[i])
    return out


FUSED = {
    "numba": fused_loop,
    "numba parallel": fused_parallel,
    "jax": fused_jax,
    "numexpr": "sqrt(a * a + b * b) * exp(-c) + sin(a)",
}


# --------------------------------------------------------------------------------------- softmax


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def softmax_jax(x):
    return jax.nn.softmax(x, axis=-1)


@fast
def softmax_row(row, out):
    peak = row[0]
    for j in range(1, row.size):
        peak = row[j] if row[j] > peak else peak
    total = np.float32(0)
    for j in range(row.size):
        out[j] = np.exp(row[j] - peak)
        total += out[j]
    scale = np.float32(1) / total
    for j in range(row.size):
        out[j] *= scale


@fast
def softmax_loop(x):
    out = np.empty_like(x)
    for i in range(x.shape[0]):
        softmax_row(x[i], out[i])
    return out


@fast_parallel
def softmax_parallel(x):
    out = np.empty_like(x)
    for i in prange(x.shape[0]):
        softmax_row(x[i], out[i])
    return out


# ------------------------------------------------------------------------------------------ sums


def total(x):
    return np.sum(x)


@fast
def total_loop(x):
    result = x.dtype.type(0)
    for i in range(x.size):
        result += x[i]
    return result


@fast_parallel
def total_parallel(x):
    result = x.dtype.type(0)
    for i in prange(x.size):
        result += x[i]
    return result


TOTAL = {
    "numba": total_loop,
    "numba parallel": total_parallel,
    "jax": jnp.sum,
    "numexpr": "sum(a)",
}


# ------------------------------------------------------------------------------- a skinny product


def product(x, w):
    return x @ w


def product_arguments(generator, quick):
    rows = 500 if quick else 10_000
    return generator.random((rows, 784), np.float32), generator.random((784, 10), np.float32)


@fast
def product_loop(x, w):
    out = np.zeros((x.shape[0], w.shape[1]), x.dtype)
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            for j in range(w.shape[1]):
                out[i, j] += x[i, k] * w[k, j]
    return out


@fast_parallel
def product_parallel(x, w):
    out = np.zeros((x.shape[0], w.shape[1]), x.dtype)
    for i in prange(x.shape[0]):
        for k in range(x.shape[1]):
            for j in range(w.shape[1]):
                out[i, j] += x[i, k] * w[k, j]
    return out


# ------------------------------------------------------------------------------ the smallest call


def small(x, y):
    return np.sin(x) * 2 + y


def small_jax(x, y):
    return jnp.sin(x) * 2 + y


def small_arguments(generator, quick):
    return generator.random(8, np.float32), generator.random(8, np.float32)


@fast
def small_loop(x, y):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = np.sin(x[i]) * 2 + y[i]
    return out


CASES = (
    Race("fused-f32", fused, vectors(3, np.float32), FUSED),
    Race("fused-f64", fused, vectors(3, np.float64), FUSED, rtol=1e-12),
    Race(
        "softmax",
        softmax,
        matrix(10_000, 1_000),
        {"numba": softmax_loop, "numba parallel": softmax_parallel, "jax": softmax_jax},
    ),
    Race("sum-f32", total, vectors(1, np.float32), TOTAL, rtol=1e-4),
    Race("sum-f64", total, vectors(1, np.float64), TOTAL, rtol=1e-12),
    Race(
        "matrix-product",
        product,
        product_arguments,
        {"numba": product_loop, "numba parallel": product_parallel, "jax": jnp.matmul},
        rtol=1e-4,
    ),
    Race("tiny-call", small, small_arguments, {"numba": small_loop, "jax": small_jax}),
)
