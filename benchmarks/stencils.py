"""Stencils over grids, step by step and in place: plain NumPy, loops by hand, and JAX."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.case import Race
from benchmarks.handmade import fast


def steps(function, count, *carry):
    """JAX's counted loop over a tuple."""
    return jax.lax.fori_loop(0, count, lambda _, carry: function(*carry), carry)


# --------------------------------------------------------------- Jacobi's method, one and two axes


def jacobi_1d(count, a, b):
    for _ in range(count):
        b[1:-1] = (a[:-2] + a[1:-1] + a[2:]) / 3
        a[1:-1] = (b[:-2] + b[1:-1] + b[2:]) / 3
    return a, b


@fast
def jacobi_1d_loop(count, a, b):
    n = a.size
    for _ in range(count):
        for i in range(1, n - 1):
            b[i] = (a[i - 1] + a[i] + a[i + 1]) / 3
        for i in range(1, n - 1):
            a[i] = (b[i - 1] + b[i] + b[i + 1]) / 3
    return a, b


def jacobi_1d_jax(count, a, b):
    def step(a, b):
        b = b.at[1:-1].set((a[:-2] + a[1:-1] + a[2:]) / 3)
        return a.at[1:-1].set((b[:-2] + b[1:-1] + b[2:]) / 3), b

    return steps(step, count, a, b)


def jacobi_2d(count, a, b):
    for _ in range(count):
        b[1:-1, 1:-1] = (
            a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1]
        ) / 5
        a[1:-1, 1:-1] = (
            b[1:-1, 1:-1] + b[1:-1, :-2] + b[1:-1, 2:] + b[2:, 1:-1] + b[:-2, 1:-1]
        ) / 5
    return a, b


@fast
def average_of_five(a, b):
    for i in range(1, a.shape[0] - 1):
        for j in range(1, a.shape[1] - 1):
            b[i, j] = (a[i, j] + a[i, j - 1] + a[i, j + 1] + a[i + 1, j] + a[i - 1, j]) / 5


@fast
def jacobi_2d_loop(count, a, b):
    for _ in range(count):
        average_of_five(a, b)
        average_of_five(b, a)
    return a, b


def jacobi_2d_jax(count, a, b):
    def average(a):
        return (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1]) / 5

    def step(a, b):
        b = b.at[1:-1, 1:-1].set(average(a))
        return a.at[1:-1, 1:-1].set(average(b)), b

    return steps(step, count, a, b)


# -------------------------------------------------------------------- Gauss and Seidel: no copies


def seidel_2d(count, a):
    n, m = a.shape
    for _ in range(count):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                a[i, j] = (a[i - 1, j] + a[i, j - 1] + a[i, j] + a[i, j + 1] + a[i + 1, j]) / 5
    return a


seidel_2d_loop = fast(seidel_2d)


def seidel_2d_jax(count, a):
    n, m = a.shape

    def point(k, a):
        i, j = 1 + k // (m - 2), 1 + k % (m - 2)
        around = a[i - 1, j] + a[i, j - 1] + a[i, j] + a[i, j + 1] + a[i + 1, j]
        return a.at[i, j].set(around / 5)

    sweep = (n - 2) * (m - 2)
    return jax.lax.fori_loop(0, count, lambda _, a: jax.lax.fori_loop(0, sweep, point, a), a)


# ------------------------------------------------------------------------- heat in three dimensions


def heat_3d(count, a, b):
    inner = (slice(1, -1),) * 3
    for _ in range(count):
        for x, y in ((a, b), (b, a)):
            c = x[inner]
            y[inner] = (
                c
                + (x[2:, 1:-1, 1:-1] - 2 * c + x[:-2, 1:-1, 1:-1]) / 8
                + (x[1:-1, 2:, 1:-1] - 2 * c + x[1:-1, :-2, 1:-1]) / 8
                + (x[1:-1, 1:-1, 2:] - 2 * c + x[1:-1, 1:-1, :-2]) / 8
            )
    return a, b


@fast
def diffuse(x, y):
    for i in range(1, x.shape[0] - 1):
        for j in range(1, x.shape[1] - 1):
            for k in range(1, x.shape[2] - 1):
                c = x[i, j, k]
                y[i, j, k] = (
                    c
                    + (x[i + 1, j, k] - 2 * c + x[i - 1, j, k]) / 8
                    + (x[i, j + 1, k] - 2 * c + x[i, j - 1, k]) / 8
                    + (x[i, j, k + 1] - 2 * c + x[i, j, k - 1]) / 8
                )


@fast
def heat_3d_loop(count, a, b):
    for _ in range(count):
        diffuse(a, b)
        diffuse(b, a)
    return a, b


def heat_3d_jax(count, a, b):
    inner = (slice(1, -1),) * 3

    def half(x, y):
        c = x[inner]
        return y.at[inner].set(
            c
            + (x[2:, 1:-1, 1:-1] - 2 * c + x[:-2, 1:-1, 1:-1]) / 8
            + (x[1:-1, 2:, 1:-1] - 2 * c + x[1:-1, :-2, 1:-1]) / 8
            + (x[1:-1, 1:-1, 2:] - 2 * c + x[1:-1, 1:-1, :-2]) / 8
        )

    def step(a, b):
        b = half(a, b)
        return half(b, a), b

    return steps(step, count, a, b)


# ---------------------------------------------- electromagnetic waves: Yee's scheme, two dimensions


def fdtd_2d(ex, ey, hz, source):
    for t in range(source.shape[0]):
        ey[0, :] = source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    return ex, ey, hz


@fast
def fdtd_2d_loop(ex, ey, hz, source):
    n, m = hz.shape
    for t in range(source.size):
        for j in range(m):
            ey[0, j] = source[t]
        for i in range(1, n):
            for j in range(m):
                ey[i, j] -= 0.5 * (hz[i, j] - hz[i - 1, j])
        for i in range(n):
            for j in range(1, m):
                ex[i, j] -= 0.5 * (hz[i, j] - hz[i, j - 1])
        for i in range(n - 1):
            for j in range(m - 1):
                hz[i, j] -= 0.7 * (ex[i, j + 1] - ex[i, j] + ey[i + 1, j] - ey[i, j])
    return ex, ey, hz


def fdtd_2d_jax(ex, ey, hz, source):
    def step(fields, now):
        ex, ey, hz = fields
        ey = ey.at[0, :].set(now).at[1:, :].add(-0.5 * (hz[1:, :] - hz[:-1, :]))
        ex = ex.at[:, 1:].add(-0.5 * (hz[:, 1:] - hz[:, :-1]))
        curl = ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1]
        return (ex, ey, hz.at[:-1, :-1].add(-0.7 * curl)), None

    return jax.lax.scan(step, (ex, ey, hz), source)[0]


# ------------------------------------ diffusion, alternating direction implicit (Peaceman-Rachford)
#
# Each half step is explicit along one axis and implicit along the other: (1 + 2r) on the diagonal,
# -r beside it, and an edge that stays zero. `p` and `q` are the elimination's coefficients.


def adi(count, u, r):
    n = u.shape[0]
    v, p, q = np.zeros_like(u), np.zeros_like(u), np.zeros_like(u)
    for _ in range(count):
        p[:, 0] = 0.0
        q[:, 0] = 0.0
        for j in range(1, n - 1):
            right = u[:-2, j] * r + u[1:-1, j] * (1 - 2 * r) + u[2:, j] * r
            pivot = 1 + 2 * r - r * p[1:-1, j - 1]
            p[1:-1, j] = r / pivot
            q[1:-1, j] = (right + r * q[1:-1, j - 1]) / pivot
        for j in range(n - 2, 0, -1):
            v[1:-1, j] = p[1:-1, j] * v[1:-1, j + 1] + q[1:-1, j]
        for i in range(1, n - 1):
            right = v[i, :-2] * r + v[i, 1:-1] * (1 - 2 * r) + v[i, 2:] * r
            pivot = 1 + 2 * r - r * p[i - 1, 1:-1]
            p[i, 1:-1] = r / pivot
            q[i, 1:-1] = (right + r * q[i - 1, 1:-1]) / pivot
            p[0, 1:-1] = 0.0
        for i in range(n - 2, 0, -1):
            u[i, 1:-1] = p[i, 1:-1] * u[i + 1, 1:-1] + q[i, 1:-1]
    return u


# --------------------------------------------------------------- flow in a cavity with a moving lid


def pressure(p, b, dx, dy, count):
    """Relax Poisson's equation, with no gradient at three walls and zero at the lid."""
    for _ in range(count):
        old = p.copy()
        p[1:-1, 1:-1] = (
            (old[1:-1, 2:] + old[1:-1, :-2]) * dy**2
            + (old[2:, 1:-1] + old[:-2, 1:-1]) * dx**2
            - b[1:-1, 1:-1] * dx**2 * dy**2
        ) / (2 * (dx**2 + dy**2))
        p[:, -1] = p[:, -2]
        p[0, :] = p[1, :]
        p[:, 0] = p[:, 1]
        p[-1, :] = 0.0


def divergence(b, u, v, dt, dx, dy, rho):
    """The source of the pressure: what keeps the velocity free of divergence."""
    ux = (u[1:-1, 2:] - u[1:-1, :-2]) / (2 * dx)
    vy = (v[2:, 1:-1] - v[:-2, 1:-1]) / (2 * dy)
    uy = (u[2:, 1:-1] - u[:-2, 1:-1]) / (2 * dy)
    vx = (v[1:-1, 2:] - v[1:-1, :-2]) / (2 * dx)
    b[1:-1, 1:-1] = rho * ((ux + vy) / dt - ux**2 - 2 * uy * vx - vy**2)


def cavity(count, u, v, p, dt, dx, dy, rho, nu):
    b = np.zeros_like(u)
    for _ in range(count):
        un, vn = u.copy(), v.copy()
        divergence(b, u, v, dt, dx, dy, rho)
        pressure(p, b, dx, dy, 20)
        uc, vc = un[1:-1, 1:-1], vn[1:-1, 1:-1]
        for w, old, slope in (
            (u, un, (p[1:-1, 2:] - p[1:-1, :-2]) / (2 * dx)),
            (v, vn, (p[2:, 1:-1] - p[:-2, 1:-1]) / (2 * dy)),
        ):
            c = old[1:-1, 1:-1]
            w[1:-1, 1:-1] = (
                c
                - uc * dt / dx * (c - old[1:-1, :-2])
                - vc * dt / dy * (c - old[:-2, 1:-1])
                - dt / rho * slope
                + nu * dt / dx**2 * (old[1:-1, 2:] - 2 * c + old[1:-1, :-2])
                + nu * dt / dy**2 * (old[2:, 1:-1] - 2 * c + old[:-2, 1:-1])
            )
        for w, lid in ((u, 1.0), (v, 0.0)):
            w[0, :] = 0.0
            w[:, 0] = 0.0
            w[:, -1] = 0.0
            w[-1, :] = lid
    return u, v, p


@fast
def adi_loop(count, u, r):
    n = u.shape[0]
    v, p, q = np.zeros_like(u), np.zeros_like(u), np.zeros_like(u)
    for _ in range(count):
        for i in range(1, n - 1):
            p[i, 0] = 0.0
            q[i, 0] = 0.0
            for j in range(1, n - 1):
                right = u[i - 1, j] * r + u[i, j] * (1 - 2 * r) + u[i + 1, j] * r
                pivot = 1 + 2 * r - r * p[i, j - 1]
                p[i, j] = r / pivot
                q[i, j] = (right + r * q[i, j - 1]) / pivot
            for j in range(n - 2, 0, -1):
                v[i, j] = p[i, j] * v[i, j + 1] + q[i, j]
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                right = v[i, j - 1] * r + v[i, j] * (1 - 2 * r) + v[i, j + 1] * r
                pivot = 1 + 2 * r - r * p[i - 1, j]
                p[i, j] = r / pivot
                q[i, j] = (right + r * q[i - 1, j]) / pivot
        for i in range(n - 2, 0, -1):
            for j in range(1, n - 1):
                u[i, j] = p[i, j] * u[i + 1, j] + q[i, j]
    return u


def adi_jax(count, u, r):
    zero = jnp.zeros(u.shape[0] - 2)

    def eliminate(carry, right):
        p, q = carry
        pivot = 1 + 2 * r - r * p
        here = r / pivot, (right + r * q) / pivot
        return here, here

    def substitute(after, coefficients):
        p, q = coefficients
        here = p * after + q
        return here, here

    def half(u, edge):
        """Explicit along the first axis, implicit along the second; the result is transposed."""
        right = (u[:-2] * r + u[1:-1] * (1 - 2 * r) + u[2:] * r)[:, 1:-1].T
        _, coefficients = jax.lax.scan(eliminate, (zero, zero), right)
        return jax.lax.scan(substitute, edge, coefficients, reverse=True)[1]

    def step(_, u):
        v = jnp.pad(half(u, zero), 1)
        return u.at[1:-1, 1:-1].set(half(v, u[-1, 1:-1]))

    return jax.lax.fori_loop(0, count, step, u)


@fast
def pressure_loop(p, old, b, dx, dy, count):
    n, m = p.shape
    scale = 1 / (2 * (dx * dx + dy * dy))
    across, along, source = dy * dy * scale, dx * dx * scale, dx * dx * dy * dy * scale
    for _ in range(count):
        old[:, :] = p
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                p[i, j] = (
                    (old[i, j + 1] + old[i, j - 1]) * across
                    + (old[i + 1, j] + old[i - 1, j]) * along
                    - b[i, j] * source
                )
        for i in range(n):
            p[i, m - 1] = p[i, m - 2]
        for j in range(m):
            p[0, j] = p[1, j]
        for i in range(n):
            p[i, 0] = p[i, 1]
        for j in range(m):
            p[n - 1, j] = 0.0


@fast
def move(w, old, un, vn, i, j, slope, dt, dx, dy, rho, nu):
    c = old[i, j]
    w[i, j] = (
        c
        - un[i, j] * dt / dx * (c - old[i, j - 1])
        - vn[i, j] * dt / dy * (c - old[i - 1, j])
        - dt / rho * slope
        + nu * dt / (dx * dx) * (old[i, j + 1] - 2 * c + old[i, j - 1])
        + nu * dt / (dy * dy) * (old[i + 1, j] - 2 * c + old[i - 1, j])
    )


@fast
def cavity_loop(count, u, v, p, dt, dx, dy, rho, nu):
    n, m = u.shape
    b, old, un, vn = np.zeros_like(u), np.empty_like(u), np.empty_like(u), np.empty_like(u)
    for _ in range(count):
        un[:, :] = u
        vn[:, :] = v
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                ux = (u[i, j + 1] - u[i, j - 1]) / (2 * dx)
                vy = (v[i + 1, j] - v[i - 1, j]) / (2 * dy)
                uy = (u[i + 1, j] - u[i - 1, j]) / (2 * dy)
                vx = (v[i, j + 1] - v[i, j - 1]) / (2 * dx)
                b[i, j] = rho * ((ux + vy) / dt - ux**2 - 2 * uy * vx - vy**2)
        pressure_loop(p, old, b, dx, dy, 20)
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                px = (p[i, j + 1] - p[i, j - 1]) / (2 * dx)
                py = (p[i + 1, j] - p[i - 1, j]) / (2 * dy)
                move(u, un, un, vn, i, j, px, dt, dx, dy, rho, nu)
                move(v, vn, un, vn, i, j, py, dt, dx, dy, rho, nu)
        for w, lid in ((u, 1.0), (v, 0.0)):
            w[0, :] = 0.0
            w[:, 0] = 0.0
            w[:, m - 1] = 0.0
            w[n - 1, :] = lid
    return u, v, p


def cavity_jax(count, u, v, p, dt, dx, dy, rho, nu):
    def walls(w, lid):
        return w.at[0, :].set(0).at[:, 0].set(0).at[:, -1].set(0).at[-1, :].set(lid)

    def source(u, v):
        ux = (u[1:-1, 2:] - u[1:-1, :-2]) / (2 * dx)
        vy = (v[2:, 1:-1] - v[:-2, 1:-1]) / (2 * dy)
        uy = (u[2:, 1:-1] - u[:-2, 1:-1]) / (2 * dy)
        vx = (v[1:-1, 2:] - v[1:-1, :-2]) / (2 * dx)
        return rho * ((ux + vy) / dt - ux**2 - 2 * uy * vx - vy**2)

    def relax(p, b):
        inner = (
            (p[1:-1, 2:] + p[1:-1, :-2]) * dy**2
            + (p[2:, 1:-1] + p[:-2, 1:-1]) * dx**2
            - b * dx**2 * dy**2
        ) / (2 * (dx**2 + dy**2))
        p = p.at[1:-1, 1:-1].set(inner)
        p = p.at[:, -1].set(p[:, -2])
        p = p.at[0, :].set(p[1, :])
        p = p.at[:, 0].set(p[:, 1])
        return p.at[-1, :].set(0)

    def move(w, u, v, slope):
        c = w[1:-1, 1:-1]
        inner = (
            c
            - u[1:-1, 1:-1] * dt / dx * (c - w[1:-1, :-2])
            - v[1:-1, 1:-1] * dt / dy * (c - w[:-2, 1:-1])
            - dt / rho * slope
            + nu * dt / dx**2 * (w[1:-1, 2:] - 2 * c + w[1:-1, :-2])
            + nu * dt / dy**2 * (w[2:, 1:-1] - 2 * c + w[:-2, 1:-1])
        )
        return w.at[1:-1, 1:-1].set(inner)

    def step(u, v, p):
        b = source(u, v)
        p = jax.lax.fori_loop(0, 20, lambda _, p: relax(p, b), p)
        px = (p[1:-1, 2:] - p[1:-1, :-2]) / (2 * dx)
        py = (p[2:, 1:-1] - p[:-2, 1:-1]) / (2 * dy)
        return walls(move(u, u, v, px), 1.0), walls(move(v, u, v, py), 0.0), p

    return steps(step, count, u, v, p)


# ------------------------------------------------------------------------------------------ input


def grids(steps, quick_steps, shape, quick_shape, copies):
    """A number of steps, and equal random grids."""

    def arguments(generator, quick):
        grid = generator.random(quick_shape if quick else shape)
        return (quick_steps if quick else steps, *(grid.copy() for _ in range(copies)))

    return arguments


def waves(generator, quick):
    n, m, count = (30, 40, 10) if quick else (300, 400, 100)
    fields = (generator.random((n, m)) for _ in range(3))
    return (*fields, np.sin(np.arange(count) / 3))


def implicit(generator, quick):
    n, count = (20, 5) if quick else (200, 20)
    u = np.zeros((n, n))
    u[1:-1, 1:-1] = generator.random((n - 2, n - 2))
    return count, u, 0.4


def basin(generator, quick):
    n, count = (15, 10) if quick else (101, 50)
    u, v, p = np.zeros((3, n, n))
    u[-1, :] = 1.0
    return count, u, v, p, 0.001, 2 / (n - 1), 2 / (n - 1), 1.0, 0.1


def race(name, statement, arguments, loop, jax_version):
    peers = {"numba": loop, "jax": jax_version}
    return Race(name, statement, arguments, peers, rtol=1e-9, atol=1e-11, in_place=True)


CASES = (
    race("jacobi-1d", jacobi_1d, grids(500, 20, 4_000, 100, 2), jacobi_1d_loop, jacobi_1d_jax),
    race(
        "jacobi-2d",
        jacobi_2d,
        grids(100, 5, (250, 250), (30, 30), 2),
        jacobi_2d_loop,
        jacobi_2d_jax,
    ),
    race(
        "seidel-2d", seidel_2d, grids(4, 2, (240, 240), (24, 24), 1), seidel_2d_loop, seidel_2d_jax
    ),
    race("heat-3d", heat_3d, grids(25, 3, (60,) * 3, (10,) * 3, 2), heat_3d_loop, heat_3d_jax),
    race("fdtd-2d", fdtd_2d, waves, fdtd_2d_loop, fdtd_2d_jax),
    race("adi", adi, implicit, adi_loop, adi_jax),
    race("cavity-flow", cavity, basin, cavity_loop, cavity_jax),
)
