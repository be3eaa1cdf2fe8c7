"""Loops over arrays as a person would write them: rows apart, windows in place, few passes."""

import numpy as np
import pytest

from defn import grad, jit
from defn.compilers.numba.inward import inward
from defn.compilers.numba.together import together
from defn.compilers.numba.unrolled import unrolled


def compare(function, *arguments, rtol=1e-12):
    """Numba's result, and the arguments afterwards, against Python's; the text of the program."""
    ours, theirs = ([np.copy(a) for a in arguments] for _ in range(2))
    made = jit(function, compiler="numba")
    results, wanted = made(*ours), function(*theirs)
    results, wanted = ((r if isinstance(r, tuple) else (r,)) for r in (results, wanted))
    for one, other in zip((*results, *ours), (*wanted, *theirs), strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=1e-14)
    return made.source(*arguments)


def random(*shape):
    return np.random.default_rng(sum(shape)).random(shape)


# --- steps inside of blocks of rows --------------------------------------------------------------


def smoothed(image):
    out = np.zeros_like(image)
    for j in range(1, image.shape[1]):
        out[:, j] = 0.5 * image[:, j] + 0.5 * out[:, j - 1]
    return out


@pytest.mark.parametrize("rows", [64, 67, 200])
def test_a_recurrence_along_rows_goes_along_them(rows):
    text = compare(smoothed, random(rows, 150))
    assert "range(0, 8)" in text  # eight rows abreast


def test_rows_between_borders():
    def inner(v, u):
        for j in range(v.shape[1] - 2, 0, -1):
            v[1:-1, j] = u[2:, j] * v[1:-1, j + 1] + u[:-2, j - 1]
        return v

    compare(inner, random(75, 160), random(75, 160))


def escape(x, y):
    c = x[None, :] + 1j * y[:, None]
    z = np.zeros_like(c)
    count = np.zeros(c.shape, np.int64)
    for _ in range(25):
        inside = np.abs(z) < 2
        count[inside] += 1
        z[inside] = z[inside] * z[inside] + c[inside]
    return count


def test_masks_over_a_plane_are_done_a_block_at_a_time():
    compare(escape, np.linspace(-2.0003, 0.5, 90), np.linspace(-1.1001, 1.1, 83))


def test_an_array_in_blocks_and_what_is_left():
    def step(x, y):
        total = 0.0
        for k in range(40):
            x = np.where(x > 0.5, x * 0.99, x + y) + 0.001 * k
            total = total + k
        return x, total

    compare(step, random(20_011), random(20_011))


def test_rows_that_meet_stay_together():
    def turned(x):
        for _ in range(6):
            x = x * 0.5 + x.T
        return x

    def falling(x):
        for _ in range(6):
            x[1:] = 0.5 * (x[1:] + x[:-1])
        return x

    def shared(x):
        for _ in range(6):
            x = x / np.max(x)
        return x

    for function in (turned, falling, shared):
        compare(function, random(90, 90))


def test_the_gradient_of_a_recurrence_along_rows():
    def total(image):
        return np.sum(smoothed(image) * image)

    image = random(70, 120)
    made = [jit(grad(total), compiler=name)(image) for name in ("numba", "numpy")]
    np.testing.assert_allclose(*made, rtol=1e-12)


def test_only_loops_change():
    trace = jit(lambda x: np.sin(x) + 1).trace(random(5))
    for change in (inward, together, unrolled):
        assert change(trace.graph) is trace.graph


# --- few trips are one pass ----------------------------------------------------------------------


def test_taps_are_one_pass():
    def blur(image, weights):
        n, m = image.shape[0] - 4, image.shape[1] - 4
        out = np.zeros((n, m))
        for i in range(5):
            for j in range(5):
                out = out + weights[i, j] * image[i : i + n, j : j + m]
        return out

    text = compare(blur, random(40, 50), random(5, 5))
    assert text.count("for ") == 2


# --- windows in place ----------------------------------------------------------------------------


def test_windows_are_computed_where_they_belong():
    def jacobi(a, b):
        for _ in range(20):
            b[1:-1] = (a[:-2] + a[1:-1] + a[2:]) / 3
            a[1:-1] = (b[:-2] + b[1:-1] + b[2:]) / 3
        return a, b

    text = compare(jacobi, random(200), random(200))
    assert text.count("for ") == 3 and "y0" not in text


def test_a_window_that_is_still_read_is_kept():
    def program(a, b):
        for k in range(6):
            window = (a[:-2] + a[2:]) * 0.5
            b[1:-1] = window
            b[3] = 7.0 + k
            a[1:-1] = window * 0.25 + b[1:-1]
        return a, b

    compare(program, random(64), random(64))


def test_a_write_elsewhere_does_not_copy_a_window():
    def field(ey, hz, source):
        for t in range(source.shape[0]):
            ey[0, :] = source[t]
            ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        return ey

    text = compare(field, random(30, 20), random(30, 20), random(7))
    assert text.count("for ") == 4  # the differences, the steps, the row and the rest


def test_elimination_touches_what_is_left_alone():
    def lu(a):
        for k in range(a.shape[0] - 1):
            a[k + 1 :, k] /= a[k, k]
            a[k + 1 :, k + 1 :] -= a[k + 1 :, k, None] * a[k, None, k + 1 :]
        return a

    text = compare(lu, random(33, 33) + 33 * np.eye(33), rtol=1e-10)
    assert "where" not in text.split("for i in")[-1]


def test_windows_added_up_keep_their_order():
    def scattered(a, v):
        for _ in range(7):
            a[1:-1, 1:-1] += v * 1e-3
            a[:-2, 1:-1] += v * 1e9
            a[1:-1, 2:] -= v * 1e9
            a[2:, :-2] += v * 0.1
        return a

    ours, theirs = random(40, 44), random(40, 44)
    v = random(38, 42)
    np.testing.assert_array_equal(jit(scattered, compiler="numba")(ours, v), scattered(theirs, v))


def test_a_reversed_window_needs_no_search():
    def durbin(r):
        y = np.zeros_like(r)
        y[0] = alpha = -r[0]
        beta = 1.0
        for k in range(1, r.shape[0]):
            beta = beta * (1 - alpha * alpha)
            alpha = -(r[k] + r[:k][::-1] @ y[:k]) / beta
            y[:k] = y[:k] + alpha * y[:k][::-1]
            y[k] = alpha
        return np.sum(y)

    r = 0.4 * 0.9 ** np.arange(60.0)
    made = jit(grad(durbin), compiler="numba")
    np.testing.assert_allclose(made(r), jit(grad(durbin), compiler="numpy")(r), rtol=1e-9)
    assert "bad" not in made.source(r)


# --- arithmetic ----------------------------------------------------------------------------------


def test_fastmath_reorders_and_is_asked_for():
    def seidel(a):
        for i in range(1, a.shape[0] - 1):
            for j in range(1, a.shape[1] - 1):
                a[i, j] = (a[i - 1, j] + a[i, j - 1] + a[i, j] + a[i, j + 1] + a[i + 1, j]) / 5
        return a

    exact, fast = jit(seidel, compiler="numba"), jit(seidel, compiler="numba", fastmath=True)
    x = random(30, 30)
    np.testing.assert_array_equal(exact(x.copy()), seidel(x.copy()))
    np.testing.assert_allclose(fast(x.copy()), seidel(x.copy()), rtol=1e-13)
    assert "free()" in fast.source(x) and "free()" not in exact.source(x)


def test_a_long_sum_stays_exact_with_fastmath():
    x = np.full(3_000_000, 0.1)
    total = jit(lambda x: np.sum(x), compiler="numba", fastmath=True)(x)
    assert abs(total - 300_000) < 1e-8


def test_half_powers_of_what_is_never_negative():
    edge = np.array([0.0, -0.0, 1e-200, 5e-324, 1e-100, 1.0, 2.5, 1e100, 1e153, np.inf, np.nan])
    for exponent in (0.5, 1.5, -0.5, -1.5):
        function = lambda x, p=exponent: (x * x) ** p
        with np.errstate(all="ignore"):
            wanted = function(edge)
            np.testing.assert_array_max_ulp(jit(function, compiler="numba")(edge), wanted, 4)
    signed = lambda x: x**0.5
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(jit(signed, compiler="numba")(-edge), signed(-edge))


def test_sizes_of_complex_numbers_against_a_bound():
    z = np.array([3 + 4j, 3 + 3j, 1e300 + 1e300j, 1e-300j, complex(np.inf, np.nan), np.nan, 4.9j])
    for function in (lambda z: np.abs(z) < 5, lambda z: np.abs(z) <= 5, lambda z: np.abs(z) > 5):
        np.testing.assert_array_equal(jit(function, compiler="numba")(z), function(z))


# --- calls ---------------------------------------------------------------------------------------


def test_functions_that_write_their_arguments_are_guarded():
    @jit
    def add(x, y):
        x += y
        return x, np.sum(y)

    x, y = random(50), random(50)
    before = x.copy()
    for _ in range(3):
        result, total = add(x, y)
        before += y
        assert result is x and total == pytest.approx(y.sum())
        np.testing.assert_allclose(x, before)
    frozen = x.copy()
    frozen.flags.writeable = False
    with pytest.raises(Exception, match="read-only|writ"):
        add(frozen, y)
    doubled = add(x, x)[0]
    np.testing.assert_allclose(doubled, 2 * before)
    with pytest.raises(Exception, match="shares memory"):
        add(x[:-1], x[1:])


# --- programs by chance --------------------------------------------------------------------------


def program(draw):
    """A loop over columns, of statements drawn by chance, some of which let rows meet."""
    rows, columns = int(draw.integers(5, 12)), int(draw.integers(8, 14))
    part = slice(int(draw.integers(0, 2)), rows - int(draw.integers(0, 2)))
    kinds = draw.integers(0, 7, int(draw.integers(1, 4)))
    back = bool(draw.integers(0, 2))

    def step(a, b, s, j):
        for kind in kinds:
            if kind == 0:
                a[part, j] = 0.6 * a[part, j - 2] + b[part, j]
            elif kind == 1:
                a[part, j] += np.sin(b[part, j - 1]) * s
            elif kind == 2:
                b[part, j] = np.where(a[part, j] > 0, a[part, j], b[part, j - 1])
            elif kind == 3:
                a[part, j] *= b[0, j]
            elif kind == 4:
                s = s * 0.5 + 0.1
            elif kind == 5:
                a = a * 0.9 + 0.1 * b
            else:
                b[part, j] += np.sum(a[part, :3], axis=1)
        return a, b, s

    def run(a, b):
        a, b, s = a * 1.0, b * 1.0, 0.3
        for j in range(columns - 1, 2, -1) if back else range(2, columns):
            a, b, s = step(a, b, s, j)
        return a, b, s

    return run, draw.normal(size=(rows, columns)), draw.normal(size=(rows, columns))


@pytest.mark.parametrize("seed", range(12))
def test_programs_by_chance(seed, monkeypatch):
    for name, value in {"inward.CACHE": 0, "inward.ABREAST": 3, "together.LEAST": 1}.items():
        monkeypatch.setattr(f"defn.compilers.numba.{name}", value)
    run, a, b = program(np.random.default_rng(seed))
    compare(run, a, b, rtol=1e-9)

    def total(a, b):
        a, b, s = run(a, b)
        return np.sum(a * a) + np.sum(b * np.cos(b)) + s

    slopes = grad(total, argnums=(0, 1))
    for one, other in zip(*(jit(slopes, compiler=c)(a, b) for c in ("numba", "numpy"))):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10)
