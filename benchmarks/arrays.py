"""Whole arrays: element-wise work, reductions, rows normalised, and what moves elements about."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp as logsumexp_jax
from numba import prange

from benchmarks.case import Race, Slopes
from benchmarks.handmade import both, fast
from defn import grad, jit, random

# ------------------------------------------------------------------------------------------ input


def floats(*shapes, dtype=np.float64):
    """Random arrays of these shapes; the first axis is a hundredth as long in a quick run."""

    def arguments(generator, quick):
        shrink = lambda count: max(count // 100, 2) if quick and count > 100 else count
        sizes = [(shrink(shape[0]), *shape[1:]) for shape in shapes]
        return tuple(generator.random(size, np.float64).astype(dtype) for size in sizes)

    return arguments


def rows(count, width, quick_count=50):
    """A float32 matrix with rows to normalise, a scale and a shift, and weights of the result."""

    def arguments(generator, quick):
        shape = (quick_count if quick else count, width)
        x, weights = generator.standard_normal((2, *shape), np.float32)
        scale, shift = generator.standard_normal((2, width), np.float32)
        return x, scale, shift, weights

    return arguments


# ------------------------------------------------------------------------------ element-wise work


def cheap(x, y):
    return 2 * x + y - 1


@both
def cheap_loop(x, y):
    out = np.empty_like(x)
    for i in prange(x.size):
        out[i] = 2 * x[i] + y[i] - 1
    return out


def many(a, b, c, d, e, f, g, h):
    return a * b + c * d - e * f + g / (h + 1)


@both
def many_loop(a, b, c, d, e, f, g, h):
    out = np.empty_like(a)
    for i in prange(a.size):
        out[i] = a[i] * b[i] + c[i] * d[i] - e[i] * f[i] + g[i] / (h[i] + 1)
    return out


def mixed(mask, count, x, y):
    return np.where(mask, x * count, y)


def mixed_jax(mask, count, x, y):
    return jnp.where(mask, x.astype(jnp.float64) * count, y)


@both
def mixed_loop(mask, count, x, y):
    out = np.empty_like(y)
    for i in prange(y.size):
        out[i] = np.float64(x[i]) * count[i] if mask[i] else y[i]
    return out


def mixed_arguments(generator, quick):
    size = 20_000 if quick else 2_000_000
    count = generator.integers(0, 100, size).astype(np.int32)
    x, y = generator.random((2, size))
    return count > 50, count, x.astype(np.float32), y


def spread(x, row, column):
    return (x - row) * column + row


@both
def spread_loop(x, row, column):
    out = np.empty_like(x)
    for i in prange(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = (x[i, j] - row[j]) * column[i, 0] + row[j]
    return out


def spread_arguments(generator, quick):
    n, m = (40, 30) if quick else (2_000, 1_000)
    return generator.random((n, m)), generator.random(m), generator.random((n, 1))


def meeting(x, y):
    return x * y + x


@both
def meeting_loop(x, y):
    out = np.empty(x.shape)
    for i in prange(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] * y[i, j] + x[i, j]
    return out


def strided_arguments(generator, quick):
    n = 30 if quick else 1_200
    return generator.random((n, 2 * n))[:, ::2], generator.random((2 * n, n))[::2]


def transposed_arguments(generator, quick):
    n = 30 if quick else 1_200
    return generator.random((n, n)), generator.random((n, n)).T


def gaps_arguments(generator, quick):
    n = 30 if quick else 1_200
    return generator.random((n, 2 * n))[:, :n], generator.random((2 * n, n))[::2]


def backwards_arguments(generator, quick):
    n = 30 if quick else 1_200
    return generator.random((n, n))[::-1, ::-1], generator.random((n, n))


def fortran_arguments(generator, quick):
    n = 30 if quick else 1_200
    return generator.random((n, n)).T, generator.random((n, n)).T


def turned_sum(x, y):
    return np.sum(x * y, axis=1)


@both
def turned_sum_loop(x, y):
    out = np.empty(x.shape[0])
    for i in prange(x.shape[0]):
        total = 0.0
        for j in range(x.shape[1]):
            total += x[i, j] * y[i, j]
        out[i] = total
    return out


def along_columns(x):
    return np.sum(x, axis=0)


@fast
def along_columns_loop(x):
    out = np.empty(x.shape[1])
    for j in range(x.shape[1]):
        total = 0.0
        for i in range(x.shape[0]):
            total += x[i, j]
        out[j] = total
    return out


def centred(points, centre):
    return (points - centre) * 2


@both
def centred_loop(points, centre):
    out = np.empty(points.shape)
    for i in prange(points.shape[0]):
        for j in range(points.shape[1]):
            out[i, j] = (points[i, j] - centre[j]) * 2
    return out


def lengths(points):
    return np.sqrt(np.sum(points * points, axis=1))


@both
def lengths_loop(points):
    out = np.empty(points.shape[0])
    for i in prange(points.shape[0]):
        total = 0.0
        for j in range(points.shape[1]):
            total += points[i, j] * points[i, j]
        out[i] = np.sqrt(total)
    return out


def lengths_arguments(generator, quick):
    return (generator.random((10_000 if quick else 500_000, 4))[:, :3],)


def symmetric(x):
    return (x + x.T) / 2


@both
def symmetric_loop(x):
    out = np.empty_like(x)
    for i in prange(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = (x[i, j] + x[j, i]) / 2
    return out


def square_arguments(generator, quick):
    n = 30 if quick else 1_200
    return (generator.random((n, n)),)


ELEMENTWISE = (
    Race(
        "cheap",
        cheap,
        floats((3_000_000,), (3_000_000,)),
        {**cheap_loop, "jax": cheap, "numexpr": "2 * a + b - 1"},
    ),
    Race(
        "many-inputs",
        many,
        floats(*[(1_000_000,)] * 8),
        {**many_loop, "jax": many, "numexpr": "a * b + c * d - e * f + g / (h + 1)"},
    ),
    Race("mixed-dtypes", mixed, mixed_arguments, {**mixed_loop, "jax": mixed_jax}),
    Race(
        "rows-and-columns",
        spread,
        spread_arguments,
        {**spread_loop, "jax": spread, "numexpr": "(a - b) * c + b"},
    ),
    Race("strided", meeting, strided_arguments, {**meeting_loop, "jax": meeting}),
    Race("transposed", meeting, transposed_arguments, {**meeting_loop, "jax": meeting}),
    Race("row-gaps", meeting, gaps_arguments, {**meeting_loop, "jax": meeting}),
    Race("backwards", meeting, backwards_arguments, {**meeting_loop, "jax": meeting}),
    Race("fortran", meeting, fortran_arguments, {**meeting_loop, "jax": meeting}),
    Race(
        "transposed-sum",
        turned_sum,
        transposed_arguments,
        {**turned_sum_loop, "jax": lambda x, y: jnp.sum(x * y, axis=1)},
    ),
    Race(
        "fortran-sum-down",
        along_columns,
        lambda generator, quick: fortran_arguments(generator, quick)[:1],
        {"numba": along_columns_loop, "jax": lambda x: jnp.sum(x, axis=0)},
    ),
    Race("symmetric", symmetric, square_arguments, {**symmetric_loop, "jax": symmetric}),
    Race("points", centred, floats((500_000, 3), (3,)), {**centred_loop, "jax": centred}),
    Race(
        "point-lengths",
        lengths,
        lengths_arguments,
        {**lengths_loop, "jax": lambda p: jnp.sqrt(jnp.sum(p * p, axis=1))},
    ),
)


# ------------------------------------------------------------------------------------- reductions


def along(name, axis, **settings):
    """One of NumPy's reductions along an axis, in NumPy and in JAX."""
    return (
        lambda x: getattr(np, name)(x, axis=axis, **settings),
        lambda x: getattr(jnp, name)(x, axis=axis, **settings),
    )


@fast
def sum_down(x):
    out = np.zeros(x.shape[1])
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[j] += x[i, j]
    return out


@both
def sum_along(x):
    out = np.empty(x.shape[0])
    for i in prange(x.shape[0]):
        total = 0.0
        for j in range(x.shape[1]):
            total += x[i, j]
        out[i] = total
    return out


@both
def sum_middle(x):
    out = np.zeros((x.shape[0], x.shape[2]))
    for i in prange(x.shape[0]):
        for j in range(x.shape[1]):
            for k in range(x.shape[2]):
                out[i, k] += x[i, j, k]
    return out


@both
def argmax_loop(x):
    out = np.empty(x.shape[0], np.int64)
    for i in prange(x.shape[0]):
        best = 0
        for j in range(1, x.shape[1]):
            if x[i, j] > x[i, best]:
                best = j
        out[i] = best
    return out


def several_over(np):
    def several(x):
        return np.mean(x), np.std(x), np.min(x), np.max(x)

    return several


@fast
def several_loop(x):
    total, low, high = 0.0, np.inf, -np.inf
    for i in range(x.size):
        total += x[i]
        low = x[i] if x[i] < low else low
        high = x[i] if x[i] > high else high
    mean, squares = total / x.size, 0.0
    for i in range(x.size):
        squares += (x[i] - mean) * (x[i] - mean)
    return mean, np.sqrt(squares / x.size), low, high


def logsumexp(x):
    peak = np.max(x, axis=1, keepdims=True)
    return np.log(np.sum(np.exp(x - peak), axis=1)) + peak[:, 0]


@both
def logsumexp_loop(x):
    out = np.empty(x.shape[0])
    for i in prange(x.shape[0]):
        peak, total = x[i, 0], 0.0
        for j in range(1, x.shape[1]):
            peak = x[i, j] if x[i, j] > peak else peak
        for j in range(x.shape[1]):
            total += np.exp(x[i, j] - peak)
        out[i] = np.log(total) + peak
    return out


@fast
def argmax_down(x):
    out = np.zeros(x.shape[1], np.int64)
    best = x[0].copy()
    for i in range(1, x.shape[0]):
        for j in range(x.shape[1]):
            out[j] = i if x[i, j] > best[j] else out[j]
            best[j] = x[i, j] if x[i, j] > best[j] else best[j]
    return out


def logsumexp_down(x):
    peak = np.max(x, axis=0)
    return np.log(np.sum(np.exp(x - peak), axis=0)) + peak


@fast
def logsumexp_down_loop(x):
    peak, total = x[0].copy(), np.zeros(x.shape[1])
    for i in range(1, x.shape[0]):
        for j in range(x.shape[1]):
            peak[j] = x[i, j] if x[i, j] > peak[j] else peak[j]
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total[j] += np.exp(x[i, j] - peak[j])
    return np.log(total) + peak


def reduction(name, pair, arguments, loops):
    return Race(name, pair[0], arguments, {**loops, "jax": pair[1]})


WIDE = floats((2_000, 1_000))
REDUCTIONS = (
    reduction("sum-down", along("sum", 0), WIDE, {"numba": sum_down}),
    reduction("sum-along", along("sum", 1), WIDE, sum_along),
    reduction("sum-middle", along("sum", 1), floats((100, 100, 200)), sum_middle),
    reduction("argmax", along("argmax", 1), WIDE, argmax_loop),
    reduction("argmax-down", along("argmax", 0), WIDE, {"numba": argmax_down}),
    reduction(
        "several-sums",
        (several_over(np), several_over(jnp)),
        floats((2_000_000,)),
        {"numba": several_loop},
    ),
    reduction("logsumexp", (logsumexp, lambda x: logsumexp_jax(x, axis=1)), WIDE, logsumexp_loop),
    reduction(
        "logsumexp-down",
        (logsumexp_down, lambda x: logsumexp_jax(x, axis=0)),
        WIDE,
        {"numba": logsumexp_down_loop},
    ),
)


# ------------------------------------------------------------------------------------- whole rows


def layer_norm_over(np):
    def layer_norm(x, scale, shift, weights):
        centred = x - np.mean(x, axis=-1, keepdims=True)
        variance = np.mean(centred * centred, axis=-1, keepdims=True)
        return centred / np.sqrt(variance + 1e-5) * scale + shift

    return layer_norm


@fast
def moments(row):
    """The mean of a row, and one over its deviation."""
    total, squares, size = np.float32(0), np.float32(0), np.float32(row.size)
    for j in range(row.size):
        total += row[j]
    mean = total / size
    for j in range(row.size):
        squares += (row[j] - mean) * (row[j] - mean)
    return mean, np.float32(1) / np.sqrt(squares / size + np.float32(1e-5))


@both
def layer_norm_loop(x, scale, shift, weights):
    out = np.empty_like(x)
    for i in prange(x.shape[0]):
        mean, inverse = moments(x[i])
        for j in range(x.shape[1]):
            out[i, j] = (x[i, j] - mean) * inverse * scale[j] + shift[j]
    return out


@fast
def layer_norm_slopes(x, scale, shift, weights):
    dx, dscale, dshift = np.empty_like(x), np.zeros_like(scale), np.zeros_like(shift)
    for i in range(x.shape[0]):
        mean, inverse = moments(x[i])
        first, second = np.float32(0), np.float32(0)
        for j in range(x.shape[1]):
            unit, slope = (x[i, j] - mean) * inverse, weights[i, j] * scale[j]
            dscale[j] += weights[i, j] * unit
            dshift[j] += weights[i, j]
            first += slope
            second += slope * unit
        share = np.float32(1) / np.float32(x.shape[1])
        common, along = first * share, second * share
        for j in range(x.shape[1]):
            unit = (x[i, j] - mean) * inverse
            dx[i, j] = (weights[i, j] * scale[j] - common - unit * along) * inverse
    return dx, dscale, dshift


def softmax_over(np):
    def softmax(x, scale, shift, weights):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)

    return softmax


@both
def softmax_slopes(x, scale, shift, weights):
    out = np.empty_like(x)
    for i in prange(x.shape[0]):
        peak, total, inner = x[i, 0], np.float32(0), np.float32(0)
        for j in range(1, x.shape[1]):
            peak = x[i, j] if x[i, j] > peak else peak
        for j in range(x.shape[1]):
            out[i, j] = np.exp(x[i, j] - peak)
            total += out[i, j]
            inner += out[i, j] * weights[i, j]
        share = np.float32(1) / total
        mean = inner * share
        for j in range(x.shape[1]):
            out[i, j] = out[i, j] * share * (weights[i, j] - mean)
    return out


def weighed(statement, library):
    """The sum of a statement's result, weighed: a scalar whose slopes are not trivial."""
    return lambda x, scale, shift, weights: library.sum(
        statement(x, scale, shift, weights) * weights
    )


def slope_race(name, over, argnums, loops):
    loss = weighed(over(np), np)
    statement = grad(loss, argnums=argnums)
    return Race(
        name,
        statement,
        rows(4_000, 512),
        {**loops, "jax": jax.grad(weighed(over(jnp), jnp), argnums)},
        rtol=1e-3,
        atol=1e-4,
        reference=jit(statement, compiler="numpy"),
        slopes=Slopes(loss, argnums),
    )


ROWS = (
    Race(
        "layer-norm",
        layer_norm_over(np),
        rows(4_000, 512),
        {**layer_norm_loop, "jax": layer_norm_over(jnp)},
        rtol=1e-3,
        atol=1e-4,
    ),
    slope_race("layer-norm-gradient", layer_norm_over, (0, 1, 2), {"numba": layer_norm_slopes}),
    slope_race("softmax-gradient", softmax_over, (0,), softmax_slopes),
)


# ------------------------------------------------------------- elements sorted, counted and moved


@both
def sort_rows(x):
    out = x.copy()
    for i in prange(x.shape[0]):
        out[i].sort()
    return out


@both
def argsort_rows(x):
    out = np.empty(x.shape, np.int64)
    for i in prange(x.shape[0]):
        out[i] = np.argsort(x[i])
    return out


@fast
def sort_all(x):
    return np.sort(x)


@fast
def cumsum_loop(x):
    out, total = np.empty_like(x), 0.0
    for i in range(x.size):
        total += x[i]
        out[i] = total
    return out


@fast
def cumsum_down(x):
    out = np.empty_like(x)
    out[0] = x[0]
    for i in range(1, x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = out[i - 1, j] + x[i, j]
    return out


def histogram_over(np):
    return lambda x: np.histogram(x, bins=100, range=(0.0, 1.0))[0]


@fast
def histogram_loop(x):
    edges, counts = np.linspace(0.0, 1.0, 101), np.zeros(100, np.int64)
    for value in x:
        k = min(int(value * 100), 99)
        if value < edges[k]:
            k -= 1
        elif k < 99 and value >= edges[k + 1]:
            k += 1
        counts[k] += 1
    return counts


def scatter_add(index, values):
    out = np.zeros(10_000)
    np.add.at(out, index, values)
    return out


def scatter_add_jax(index, values):
    return jnp.zeros(10_000).at[index].add(values)


@fast
def scatter_add_loop(index, values):
    out = np.zeros(10_000)
    for i in range(index.size):
        out[index[i]] += values[i]
    return out


def take(index, values):
    return values[index] * 2


@both
def take_loop(index, values):
    out = np.empty(index.size)
    for i in prange(index.size):
        out[i] = values[index[i]] * 2
    return out


def places(generator, quick):
    size = 20_000 if quick else 1_000_000
    return generator.integers(0, 10_000, size), generator.random(size)


def normals(key):
    return random.normal(key, (NORMALS,), np.float32)


def normals_jax(key):
    return jax.random.normal(jax.random.wrap_key_data(key), (NORMALS,), jnp.float32)


def normals_numpy(key):
    return np.random.default_rng(0).standard_normal(NORMALS, np.float32)


@fast
def normals_loop(key):
    out = np.empty(NORMALS, np.float32)
    for i in range(out.size):
        out[i] = np.random.standard_normal()
    return out


NORMALS = 1_000_000
FLAT, LINES = floats((1_000_000,)), floats((2_000, 500))
MOVED = (
    reduction("sort", along("sort", -1), FLAT, {"numba": sort_all}),
    reduction("sort-rows", along("sort", -1), LINES, sort_rows),
    reduction("argsort-rows", along("argsort", -1), LINES, argsort_rows),
    reduction("cumsum", along("cumsum", 0), FLAT, {"numba": cumsum_loop}),
    reduction("cumsum-down", along("cumsum", 0), LINES, {"numba": cumsum_down}),
    reduction(
        "histogram", (histogram_over(np), histogram_over(jnp)), FLAT, {"numba": histogram_loop}
    ),
    Race("scatter-add", scatter_add, places, {"numba": scatter_add_loop, "jax": scatter_add_jax}),
    Race("gather", take, places, {**take_loop, "jax": take}),
    Race(
        "normals",
        normals,
        lambda generator, quick: (np.array([0, 42], np.uint32),),
        {"jax": normals_jax, "numba": normals_loop, "NumPy by hand": normals_numpy},
        reference=jit(normals, compiler="numpy"),
        unchecked=("numba", "NumPy by hand"),
    ),
)

CASES = (*ELEMENTWISE, *REDUCTIONS, *ROWS, *MOVED)
