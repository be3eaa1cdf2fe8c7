"""Linear algebra by its definition: triangular loops over slices whose bounds are indices."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import solve_triangular

from benchmarks.case import Race
from benchmarks.handmade import fast

# -------------------------------------------------------------------------------- factorizations


def cholesky(a):
    n = a.shape[0]
    for i in range(n):
        for j in range(i):
            a[i, j] = (a[i, j] - a[i, :j] @ a[j, :j]) / a[j, j]
        a[i, i] = np.sqrt(a[i, i] - a[i, :i] @ a[i, :i])
    return np.tril(a)


@fast
def cholesky_loop(a):
    n = a.shape[0]
    for i in range(n):
        for j in range(i):
            total = a[i, j]
            for k in range(j):
                total -= a[i, k] * a[j, k]
            a[i, j] = total / a[j, j]
        total = a[i, i]
        for k in range(i):
            total -= a[i, k] * a[i, k]
        a[i, i] = np.sqrt(total)
    return np.tril(a)


def cholesky_jax(a):
    """As the loops do, this reads the lower triangle only, so that the gradient falls there."""
    whole = jnp.tril(a) + jnp.tril(a, -1).T
    return jnp.linalg.cholesky(whole, symmetrize_input=False)


def lu(a):
    n = a.shape[0]
    for k in range(n - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= a[k + 1 :, k, None] * a[k, None, k + 1 :]
    return a


@fast
def lu_loop(a):
    n = a.shape[0]
    for k in range(n - 1):
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            a[i, k] = factor
            for j in range(k + 1, n):
                a[i, j] -= factor * a[k, j]
    return a


def lu_jax(a):
    n = a.shape[0]
    index = jnp.arange(n)

    def eliminate(k, a):
        below = index > k
        factors = jnp.where(below, a[:, k] / a[k, k], 0)
        a = a - jnp.outer(factors, jnp.where(below, a[k], 0))
        return a.at[:, k].set(jnp.where(below, factors, a[:, k]))

    return jax.lax.fori_loop(0, n - 1, eliminate, a)


def gram_schmidt(a):
    n = a.shape[1]
    q, r = np.zeros_like(a), np.zeros((n, n))
    for k in range(n):
        r[k, k] = np.sqrt(np.sum(a[:, k] * a[:, k]))
        q[:, k] = a[:, k] / r[k, k]
        for j in range(k + 1, n):
            r[k, j] = q[:, k] @ a[:, j]
            a[:, j] -= q[:, k] * r[k, j]
    return q, r


@fast
def gram_schmidt_loop(a):
    m, n = a.shape
    q, r = np.zeros_like(a), np.zeros((n, n))
    for k in range(n):
        total = 0.0
        for i in range(m):
            total += a[i, k] * a[i, k]
        r[k, k] = np.sqrt(total)
        for i in range(m):
            q[i, k] = a[i, k] / r[k, k]
        for i in range(m):
            for j in range(k + 1, n):
                r[k, j] += q[i, k] * a[i, j]
        for i in range(m):
            for j in range(k + 1, n):
                a[i, j] -= q[i, k] * r[k, j]
    return q, r


def gram_schmidt_jax(a):
    n = a.shape[1]
    later = jnp.arange(n)

    def column(k, carry):
        a, q, r = carry
        norm = jnp.sqrt(jnp.sum(a[:, k] ** 2))
        direction = a[:, k] / norm
        row = jnp.where(later > k, direction @ a, 0)
        a = a - jnp.outer(direction, row)
        return a, q.at[:, k].set(direction), r.at[k].set(row.at[k].set(norm))

    carry = a, jnp.zeros_like(a), jnp.zeros((n, n))
    return jax.lax.fori_loop(0, n, column, carry)[1:]


# --------------------------------------------------------------------------------------- solvers


def triangular(a, b):
    n = b.shape[0]
    x = np.zeros_like(b)
    for i in range(n):
        x[i] = (b[i] - a[i, :i] @ x[:i]) / a[i, i]
    return x


@fast
def triangular_loop(a, b):
    n = b.shape[0]
    x = np.zeros_like(b)
    for i in range(n):
        total = b[i]
        for j in range(i):
            total -= a[i, j] * x[j]
        x[i] = total / a[i, i]
    return x


def triangular_jax(a, b):
    return solve_triangular(a, b, lower=True)


def durbin(r):
    """Durbin's recursion: Yule and Walker's equations of a symmetric Toeplitz matrix."""
    n = r.shape[0]
    y = np.zeros_like(r)
    alpha, beta = -r[0], 1.0
    y[0] = -r[0]
    for k in range(1, n):
        beta = beta * (1 - alpha * alpha)
        alpha = -(r[k] + r[:k][::-1] @ y[:k]) / beta
        y[:k] = y[:k] + alpha * y[:k][::-1]
        y[k] = alpha
    return y


@fast
def durbin_loop(r):
    n = r.shape[0]
    y, z = np.zeros_like(r), np.zeros_like(r)
    alpha, beta = -r[0], 1.0
    y[0] = -r[0]
    for k in range(1, n):
        beta = beta * (1 - alpha * alpha)
        total = r[k]
        for i in range(k):
            total += r[k - 1 - i] * y[i]
        alpha = -total / beta
        for i in range(k):
            z[i] = y[i] + alpha * y[k - 1 - i]
        for i in range(k):
            y[i] = z[i]
        y[k] = alpha
    return y


def durbin_jax(r):
    n = r.shape[0]
    index = jnp.arange(n)

    def extend(k, carry):
        y, alpha, beta = carry
        beta = beta * (1 - alpha * alpha)
        mirror = (k - 1 - index) % n
        known = index < k
        alpha = -(r[k] + jnp.sum(jnp.where(known, r[mirror] * y, 0))) / beta
        y = jnp.where(known, y + alpha * y[mirror], y)
        return y.at[k].set(alpha), alpha, beta

    start = jnp.zeros_like(r).at[0].set(-r[0]), -r[0], jnp.ones((), r.dtype)
    return jax.lax.fori_loop(1, n, extend, start)[0]


def thomas(low, middle, high, right):
    """Solve a tridiagonal system: eliminate downwards, substitute upwards, in place."""
    n = right.shape[0]
    for i in range(1, n):
        factor = low[i] / middle[i - 1]
        middle[i] -= factor * high[i - 1]
        right[i] -= factor * right[i - 1]
    right[n - 1] /= middle[n - 1]
    for i in range(n - 2, -1, -1):
        right[i] = (right[i] - high[i] * right[i + 1]) / middle[i]
    return right


thomas_loop = fast(thomas)


def thomas_jax(low, middle, high, right):
    def down(carry, row):
        (m, r, h), (low, middle, high, right) = carry, row
        factor = low / m
        here = middle - factor * h, right - factor * r
        return (*here, high), here

    def up(x, row):
        m, r, h = row
        x = (r - h * x) / m
        return x, x

    first = middle[0], right[0], high[0]
    rows = low[1:], middle[1:], high[1:], right[1:]
    _, (ms, rs) = jax.lax.scan(down, first, rows)
    ms, rs = jnp.append(first[0], ms), jnp.append(first[1], rs)
    last = rs[-1] / ms[-1]
    _, xs = jax.lax.scan(up, last, (ms[:-1], rs[:-1], high[:-1]), reverse=True)
    return jnp.append(xs, last)


# ---------------------------------------------------------------------------------- shortest paths


def floyd_warshall(distance):
    for k in range(distance.shape[0]):
        distance[:] = np.minimum(distance, distance[:, k, None] + distance[k, None, :])
    return distance


@fast
def floyd_warshall_loop(distance):
    n = distance.shape[0]
    for k in range(n):
        for i in range(n):
            first = distance[i, k]
            for j in range(n):
                distance[i, j] = min(distance[i, j], first + distance[k, j])
    return distance


def floyd_warshall_jax(distance):
    def through(k, d):
        return jnp.minimum(d, d[:, k, None] + d[k, None, :])

    return jax.lax.fori_loop(0, distance.shape[0], through, distance)


# ------------------------------------------------------------------------------------------ input


def square(size, quick_size, make):
    def arguments(generator, quick):
        n = quick_size if quick else size
        return make(generator, n)

    return arguments


def definite(generator, n):
    a = generator.random((n, n))
    return (a @ a.T + n * np.eye(n),)


def dominant(generator, n):
    return (generator.random((n, n)) + n * np.eye(n),)


def tall(generator, n):
    return (generator.random((n + n // 5, n)),)


def lower(generator, n):
    return np.tril(generator.random((n, n))) + n * np.eye(n), generator.random(n)


def correlations(generator, n):
    return (0.4 * 0.9 ** np.arange(n) + 1e-3 * generator.random(n),)


def tridiagonal(generator, n):
    low, high, right = generator.random((3, n))
    return low, 3 + generator.random(n), high, right


def road_map(generator, n):
    return (1 + 1000 * generator.random((n, n)),)


def race(name, statement, arguments, loop, jax_version, in_place=True):
    peers = {"numba": loop, "jax": jax_version}
    return Race(name, statement, arguments, peers, rtol=1e-7, atol=1e-9, in_place=in_place)


CASES = (
    race("cholesky", cholesky, square(300, 20, definite), cholesky_loop, cholesky_jax),
    race("lu", lu, square(300, 20, dominant), lu_loop, lu_jax),
    race("gram-schmidt", gram_schmidt, square(200, 15, tall), gram_schmidt_loop, gram_schmidt_jax),
    race("triangular", triangular, square(1000, 30, lower), triangular_loop, triangular_jax, False),
    race("durbin", durbin, square(1000, 30, correlations), durbin_loop, durbin_jax, False),
    race("thomas-2500", thomas, square(2_500, 50, tridiagonal), thomas_loop, thomas_jax),
    race("thomas-20000", thomas, square(20_000, 60, tridiagonal), thomas_loop, thomas_jax),
    race(
        "floyd-warshall",
        floyd_warshall,
        square(250, 20, road_map),
        floyd_warshall_loop,
        floyd_warshall_jax,
    ),
)
