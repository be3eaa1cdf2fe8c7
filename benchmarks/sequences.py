"""Recurrences along sequences and images: dynamic programming, bodies, fractals, filters."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.case import Race
from benchmarks.handmade import fast

# ----------------------------------------------------------- dynamic programming over two strings


def smith_waterman(a, b, same, different, gap):
    """The best score of a local alignment."""
    n, m = a.shape[0], b.shape[0]
    h = np.zeros((n + 1, m + 1))
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            score = same if a[i - 1] == b[j - 1] else different
            h[i, j] = max(0.0, h[i - 1, j - 1] + score, h[i - 1, j] + gap, h[i, j - 1] + gap)
    return np.max(h)


smith_waterman_loop = fast(smith_waterman)


def smith_waterman_jax(a, b, same, different, gap):
    def row(above, letter):
        scores = jnp.where(b == letter, same, different)

        def cell(left, here):
            diagonal, up, score = here
            value = jnp.maximum(0.0, jnp.maximum(diagonal + score, jnp.maximum(up, left) + gap))
            return value, value

        _, cells = jax.lax.scan(cell, 0.0, (above[:-1], above[1:], scores))
        return jnp.append(0.0, cells), cells.max()

    return jax.lax.scan(row, jnp.zeros(b.shape[0] + 1), a)[1].max()


def nussinov(sequence):
    """The most pairs of bases of an RNA strand that do not cross; 0 binds to 3, and 1 to 2."""
    n = sequence.shape[0]
    table = np.zeros((n, n), np.int64)
    for i in range(n - 2, -1, -1):
        for j in range(i + 1, n):
            best = max(table[i + 1, j], table[i, j - 1])
            pairs = 1 if sequence[i] + sequence[j] == 3 else 0
            best = max(best, table[i + 1, j - 1] + (pairs if i + 1 < j else 0))
            for k in range(i + 1, j):
                best = max(best, table[i, k] + table[k + 1, j])
            table[i, j] = best
    return table


nussinov_loop = fast(nussinov)


def nussinov_jax(sequence):
    """Diagonal by diagonal would be faster; this is the loop over rows and columns, in JAX."""
    n = sequence.shape[0]
    index = jnp.arange(n)

    def cell(i, j, table):
        below = i + 1 < n
        down = jnp.where(below, table[jnp.minimum(i + 1, n - 1), j], 0)
        pair = (i + 1 < j) & (sequence[i] + sequence[j] == 3)
        inner = table[jnp.minimum(i + 1, n - 1), j - 1] + pair
        splits = table[i] + jnp.roll(table[:, j], -1)
        split = jnp.max(jnp.where((index > i) & (index < j), splits, 0))
        best = jnp.maximum(jnp.maximum(down, table[i, j - 1]), jnp.maximum(inner, split))
        return table.at[i, j].set(best)

    def row(k, table):
        i = n - 2 - k
        return jax.lax.fori_loop(i + 1, n, lambda j, table: cell(i, j, table), table)

    return jax.lax.fori_loop(0, n - 1, row, jnp.zeros((n, n), jnp.int64))


# ------------------------------------------------------------------------------------------ bodies


def forces(position, mass):
    """The acceleration of every body by all the others, softened close by."""
    apart = position[None, :, :] - position[:, None, :]
    distance = np.sum(apart * apart, axis=2) + 0.01
    return np.sum(apart * (mass[None, :] * distance**-1.5)[:, :, None], axis=1)


def bodies(count, position, velocity, mass, dt):
    """Leapfrog: half a kick, a drift, half a kick."""
    pull = forces(position, mass)
    for _ in range(count):
        velocity += pull * dt / 2
        position += velocity * dt
        pull = forces(position, mass)
        velocity += pull * dt / 2
    return position, velocity


@fast
def pull_loop(position, mass, out):
    n = mass.size
    for i in range(n):
        x = y = z = 0.0
        for j in range(n):
            dx = position[j, 0] - position[i, 0]
            dy = position[j, 1] - position[i, 1]
            dz = position[j, 2] - position[i, 2]
            square = dx * dx + dy * dy + dz * dz + 0.01
            weight = mass[j] / (square * np.sqrt(square))
            x += dx * weight
            y += dy * weight
            z += dz * weight
        out[i, 0], out[i, 1], out[i, 2] = x, y, z


@fast
def bodies_loop(count, position, velocity, mass, dt):
    pull = np.empty_like(position)
    pull_loop(position, mass, pull)
    for _ in range(count):
        for i in range(mass.size):
            for k in range(3):
                velocity[i, k] += pull[i, k] * dt / 2
                position[i, k] += velocity[i, k] * dt
        pull_loop(position, mass, pull)
        for i in range(mass.size):
            for k in range(3):
                velocity[i, k] += pull[i, k] * dt / 2
    return position, velocity


def bodies_jax(count, position, velocity, mass, dt):
    def acceleration(position):
        apart = position[None, :, :] - position[:, None, :]
        distance = jnp.sum(apart * apart, axis=2) + 0.01
        return jnp.sum(apart * (mass[None, :] * distance**-1.5)[:, :, None], axis=1)

    def step(_, carry):
        position, velocity, pull = carry
        velocity = velocity + pull * dt / 2
        position = position + velocity * dt
        pull = acceleration(position)
        return position, velocity + pull * dt / 2, pull

    start = position, velocity, acceleration(position)
    return jax.lax.fori_loop(0, count, step, start)[:2]


# ---------------------------------------------------------------------------------------- fractals


def mandelbrot(x, y, limit):
    """How many steps each point of the plane takes to leave the circle of radius two."""
    c = x[None, :] + 1j * y[:, None]
    z = np.zeros_like(c)
    count = np.zeros(c.shape, np.int64)
    for _ in range(limit):
        inside = np.abs(z) < 2
        count[inside] += 1
        z[inside] = z[inside] * z[inside] + c[inside]
    return count


@fast
def mandelbrot_loop(x, y, limit):
    count = np.zeros((y.size, x.size), np.int64)
    for i in range(y.size):
        for j in range(x.size):
            a = b = 0.0
            for k in range(limit):
                if a * a + b * b >= 4:
                    break
                a, b = a * a - b * b + x[j], 2 * a * b + y[i]
                count[i, j] = k + 1
    return count


def mandelbrot_jax(x, y, limit):
    c = x[None, :] + 1j * y[:, None]

    def step(_, carry):
        z, count = carry
        inside = jnp.abs(z) < 2
        return jnp.where(inside, z * z + c, z), count + inside

    start = jnp.zeros_like(c), jnp.zeros(c.shape, jnp.int64)
    return jax.lax.fori_loop(0, limit, step, start)[1]


# ---------------------------------------------------------- Deriche's recursive smoothing of images


def coefficients(alpha, exp=np.exp):
    """The filter's weights: of the input, of the recursion, forwards and backwards."""
    decay = exp(-alpha)
    k = (1 - decay) ** 2 / (1 + 2 * alpha * decay - decay**2)
    forwards = k, k * decay * (alpha - 1)
    backwards = k * decay * (alpha + 1), -k * decay**2
    return forwards, backwards, (2 * decay, -(decay**2))


def deriche(image, alpha):
    (a0, a1), (a2, a3), (b1, b2) = coefficients(alpha)
    for _ in range(2):
        n, m = image.shape
        ahead, behind = np.zeros((n, m)), np.zeros((n, m))
        ahead[:, 0] = a0 * image[:, 0]
        ahead[:, 1] = a0 * image[:, 1] + a1 * image[:, 0] + b1 * ahead[:, 0]
        for j in range(2, m):
            ahead[:, j] = a0 * image[:, j] + a1 * image[:, j - 1]
            ahead[:, j] += b1 * ahead[:, j - 1] + b2 * ahead[:, j - 2]
        behind[:, m - 2] = a2 * image[:, m - 1]
        for j in range(m - 3, -1, -1):
            behind[:, j] = a2 * image[:, j + 1] + a3 * image[:, j + 2]
            behind[:, j] += b1 * behind[:, j + 1] + b2 * behind[:, j + 2]
        image = (ahead + behind).T
    return image


@fast
def deriche_rows(image, out, a0, a1, a2, a3, b1, b2):
    n, m = image.shape
    row = np.empty(m)
    for i in range(n):
        row[0] = a0 * image[i, 0]
        row[1] = a0 * image[i, 1] + a1 * image[i, 0] + b1 * row[0]
        for j in range(2, m):
            row[j] = a0 * image[i, j] + a1 * image[i, j - 1] + b1 * row[j - 1] + b2 * row[j - 2]
        next_one = next_two = 0.0
        for j in range(m - 1, -1, -1):
            value = b1 * next_one + b2 * next_two
            if j + 1 < m:
                value += a2 * image[i, j + 1]
            if j + 2 < m:
                value += a3 * image[i, j + 2]
            next_one, next_two = value, next_one
            out[j, i] = row[j] + value


@fast
def deriche_in_two_passes(image, a0, a1, a2, a3, b1, b2):
    n, m = image.shape
    turned, out = np.empty((m, n)), np.empty((n, m))
    deriche_rows(image, turned, a0, a1, a2, a3, b1, b2)
    deriche_rows(turned, out, a0, a1, a2, a3, b1, b2)
    return out


def deriche_loop(image, alpha):
    forwards, backwards, recursion = coefficients(alpha)
    return deriche_in_two_passes(image, *forwards, *backwards, *recursion)


def deriche_jax(image, alpha):
    (a0, a1), (a2, a3), (b1, b2) = coefficients(alpha, jnp.exp)

    def recursion(columns, reverse):
        def step(carry, value):
            here = value + b1 * carry[0] + b2 * carry[1]
            return (here, carry[0]), here

        zero = jnp.zeros(columns.shape[1])
        return jax.lax.scan(step, (zero, zero), columns, reverse=reverse)[1]

    for _ in range(2):
        columns = jnp.pad(image.T, ((2, 2), (0, 0)))
        ahead = recursion(a0 * columns[2:-2] + a1 * columns[1:-3], False)
        behind = recursion(a2 * columns[3:-1] + a3 * columns[4:], True)
        image = ahead + behind
    return image


# ------------------------------------------------------------------------------------------ input


def strings(generator, quick):
    n, m = (20, 25) if quick else (300, 400)
    return generator.integers(0, 4, n), generator.integers(0, 4, m), 3.0, -3.0, -2.0


def strand(generator, quick):
    return (generator.integers(0, 4, 20 if quick else 120),)


def cluster(generator, quick):
    count, n = (5, 20) if quick else (50, 150)
    position, velocity = generator.standard_normal((2, n, 3))
    return count, position, velocity, generator.random(n) / n, 0.01


def plane(generator, quick):
    n, limit = (40, 20) if quick else (400, 60)
    # A point that lies on the circle in one rounding and outside it in another would differ.
    return np.linspace(-2.0003, 0.5, n), np.linspace(-1.1001, 1.1, n), limit


def picture(generator, quick):
    return generator.random((30, 40) if quick else (512, 720)), 0.25


# ------------------------------------------------------------------------------ a Kalman filter


def kalman(moves, noise, scatter, seen):
    """The states of a linear system after each look at its first coordinate, and the surprise."""
    size = moves.shape[0]
    state, spread, surprise = np.zeros(size), np.eye(size), 0.0
    states = np.zeros((seen.shape[0], size))
    for k in range(seen.shape[0]):
        state = moves @ state
        spread = moves @ spread @ moves.T + noise
        total = spread[0, 0] + scatter
        error = seen[k] - state[0]
        gain = spread[:, 0] / total
        state = state + gain * error
        spread = spread - np.outer(gain, spread[0])
        surprise += np.log(total) + error * error / total
        states[k] = state
    return states, surprise


kalman_loop = fast(kalman)


def kalman_jax(moves, noise, scatter, seen):
    def step(carry, y):
        state, spread = carry
        state = moves @ state
        spread = moves @ spread @ moves.T + noise
        total = spread[0, 0] + scatter
        error = y - state[0]
        gain = spread[:, 0] / total
        state, spread = state + gain * error, spread - jnp.outer(gain, spread[0])
        return (state, spread), (state, jnp.log(total) + error * error / total)

    start = jnp.zeros(moves.shape[0]), jnp.eye(moves.shape[0])
    _, (states, surprises) = jax.lax.scan(step, start, seen)
    return states, surprises.sum()


def track(generator, quick):
    n = 50 if quick else 5_000
    moves = np.eye(4) + 0.1 * np.eye(4, k=1)
    return moves, 0.01 * np.eye(4), 0.5, np.cumsum(generator.standard_normal(n))


EXACT = {"rtol": 1e-9, "atol": 1e-11}

CASES = (
    Race(
        "smith-waterman",
        smith_waterman,
        strings,
        {"numba": smith_waterman_loop, "jax": smith_waterman_jax},
        **EXACT,
    ),
    Race("nussinov", nussinov, strand, {"numba": nussinov_loop, "jax": nussinov_jax}, **EXACT),
    Race(
        "bodies",
        bodies,
        cluster,
        {"numba": bodies_loop, "jax": bodies_jax},
        rtol=1e-8,
        atol=1e-9,
        in_place=True,
    ),
    Race(
        "mandelbrot",
        mandelbrot,
        plane,
        {"numba": mandelbrot_loop, "jax": mandelbrot_jax},
        **EXACT,
    ),
    Race("kalman", kalman, track, {"numba": kalman_loop, "jax": kalman_jax}, rtol=1e-8, atol=1e-9),
    Race("deriche", deriche, picture, {"numba": deriche_loop, "jax": deriche_jax}, **EXACT),
)
