"""Two kernels of ocean models: mixing along surfaces of equal density, and turbulent energy.

The problems are those of pyhpc-benchmarks (Häfner and others), written anew and smaller.
"""

import jax
import jax.numpy as jnp
import numpy as np
from numba import prange

from benchmarks.case import Race
from benchmarks.handmade import both

# ------------------------------------------------------------- mixing along surfaces of density

MIXING, LEAST, STEEP, WIDTH, TINY = 1000.0, 50.0, 0.001, 0.001, 1e-20
THERMAL, HALINE, BEND = 0.16, 0.78, 0.005


def mixing_over(np):
    """The three coefficients of the mixing of heat and salt, over the four slopes at each face.

    Slopes that are too steep are tapered by a hyperbolic tangent (Danabasoglu and McWilliams).
    """

    def mixing(t, s, mask, dx, dz):
        by_t = -(THERMAL + BEND * t)
        t_east, s_east = (np.diff(a, axis=0)[:, :, 1:-1] / dx for a in (t, s))
        t_down, s_down = (np.diff(a, axis=2) / dz for a in (t, s))
        along, across, down = 0.0, 0.0, 0.0
        for east in range(2):
            for below in range(2):
                here = by_t[east : t.shape[0] - 1 + east, :, 1:-1]
                t_level = t_down[east : t.shape[0] - 1 + east, :, below : t.shape[2] - 2 + below]
                s_level = s_down[east : t.shape[0] - 1 + east, :, below : t.shape[2] - 2 + below]
                steady = np.minimum(0.0, here * t_level + HALINE * s_level) - TINY
                slope = -(here * t_east + HALINE * s_east) / steady
                taper = 0.5 * (1.0 + np.tanh((STEEP - np.abs(slope)) / WIDTH))
                along = along + np.maximum(LEAST, MIXING * taper) * mask
                across = across + MIXING * taper * slope * mask
                down = down + MIXING * taper * slope * slope * mask
        return along / 4, across / 4, down / 4

    return mixing


@both
def mixing_loop(t, s, mask, dx, dz):
    shape = t.shape[0] - 1, t.shape[1], t.shape[2] - 2
    along, across, down = np.empty(shape), np.empty(shape), np.empty(shape)
    for i in prange(shape[0]):
        for j in range(shape[1]):
            for k in range(shape[2]):
                t_east = (t[i + 1, j, k + 1] - t[i, j, k + 1]) / dx
                s_east = (s[i + 1, j, k + 1] - s[i, j, k + 1]) / dx
                a, b, c = 0.0, 0.0, 0.0
                for east in range(2):
                    here = -(THERMAL + BEND * t[i + east, j, k + 1])
                    for below in range(2):
                        level = k + below
                        t_level = (t[i + east, j, level + 1] - t[i + east, j, level]) / dz
                        s_level = (s[i + east, j, level + 1] - s[i + east, j, level]) / dz
                        steady = min(0.0, here * t_level + HALINE * s_level) - TINY
                        slope = -(here * t_east + HALINE * s_east) / steady
                        taper = 0.5 * (1.0 + np.tanh((STEEP - abs(slope)) / WIDTH))
                        a += max(LEAST, MIXING * taper)
                        b += MIXING * taper * slope
                        c += MIXING * taper * slope * slope
                wet = mask[i, j, k] / 4
                along[i, j, k], across[i, j, k], down[i, j, k] = a * wet, b * wet, c * wet
    return along, across, down


def waters(generator, quick):
    n, levels = (6, 8) if quick else (120, 60)
    depth = np.linspace(0, 1, levels)
    t = 20 - 15 * depth + 0.05 * generator.standard_normal((n, n, levels))
    s = 34 + depth + 0.01 * generator.standard_normal((n, n, levels))
    mask = (generator.random((n - 1, n, levels - 2)) > 0.3).astype(np.float64)
    return t, s, mask, 50_000.0, 50.0


# --------------------------------------------------------------- turbulent kinetic energy, implicit


def energy(tke, viscosity, shear, buoyancy, dt, dz):
    """One implicit step of turbulent kinetic energy: sources, losses, and diffusion in depth."""
    levels = tke.shape[2]
    root = np.sqrt(np.maximum(1e-12, tke))
    length = np.sqrt(2.0) * root / np.sqrt(np.maximum(1e-12, buoyancy))
    length = np.maximum(np.minimum(length, 50.0), 0.1)
    between = 0.5 * (viscosity[:, :, 1:] + viscosity[:, :, :-1]) * dt / (dz * dz)
    right = tke + dt * (viscosity * shear - 0.3 * viscosity * np.maximum(buoyancy, 0.0))
    middle = 1.0 + dt * 0.7 * root / length
    upper = np.zeros(tke.shape)
    lower = np.zeros(tke.shape)
    upper[:, :, :-1] = -between
    lower[:, :, 1:] = -between
    middle = middle - upper - lower
    factor, found = np.zeros(tke.shape), np.zeros(tke.shape)
    factor[:, :, 0] = upper[:, :, 0] / middle[:, :, 0]
    found[:, :, 0] = right[:, :, 0] / middle[:, :, 0]
    for k in range(1, levels):
        pivot = middle[:, :, k] - lower[:, :, k] * factor[:, :, k - 1]
        factor[:, :, k] = upper[:, :, k] / pivot
        found[:, :, k] = (right[:, :, k] - lower[:, :, k] * found[:, :, k - 1]) / pivot
    for k in range(levels - 2, -1, -1):
        found[:, :, k] -= factor[:, :, k] * found[:, :, k + 1]
    return np.maximum(found, 0.0)


def energy_jax(tke, viscosity, shear, buoyancy, dt, dz):
    root = jnp.sqrt(jnp.maximum(1e-12, tke))
    length = jnp.sqrt(2.0) * root / jnp.sqrt(jnp.maximum(1e-12, buoyancy))
    length = jnp.maximum(jnp.minimum(length, 50.0), 0.1)
    between = 0.5 * (viscosity[:, :, 1:] + viscosity[:, :, :-1]) * dt / (dz * dz)
    right = tke + dt * (viscosity * shear - 0.3 * viscosity * jnp.maximum(buoyancy, 0.0))
    upper = jnp.pad(-between, ((0, 0), (0, 0), (0, 1)))
    lower = jnp.pad(-between, ((0, 0), (0, 0), (1, 0)))
    middle = 1.0 + dt * 0.7 * root / length - upper - lower
    solved = jax.lax.linalg.tridiagonal_solve(lower, middle, upper, right[..., None])
    return jnp.maximum(solved[..., 0], 0.0)


@both
def energy_loop(tke, viscosity, shear, buoyancy, dt, dz):
    out, levels = np.empty_like(tke), tke.shape[2]
    for i in prange(tke.shape[0]):
        factor = np.empty(levels)
        for j in range(tke.shape[1]):
            above, rate = 0.0, dt / (dz * dz) / 2
            for k in range(levels):
                here = viscosity[i, j, k]
                root = np.sqrt(max(1e-12, tke[i, j, k]))
                length = np.sqrt(2.0) * root / np.sqrt(max(1e-12, buoyancy[i, j, k]))
                length = max(min(length, 50.0), 0.1)
                gain = here * shear[i, j, k] - 0.3 * here * max(buoyancy[i, j, k], 0.0)
                below = rate * (here + viscosity[i, j, k + 1]) if k + 1 < levels else 0.0
                pivot = 1.0 + dt * 0.7 * root / length + above + below
                right = tke[i, j, k] + dt * gain
                if k:
                    pivot += above * factor[k - 1]
                    right += above * out[i, j, k - 1]
                factor[k] = -below / pivot
                out[i, j, k] = right / pivot
                above = below
            for k in range(levels - 2, -1, -1):
                out[i, j, k] -= factor[k] * out[i, j, k + 1]
            for k in range(levels):
                out[i, j, k] = max(out[i, j, k], 0.0)
    return out


def turbulence(generator, quick):
    shape = (6, 6, 8) if quick else (100, 100, 60)
    tke, viscosity, shear, buoyancy = generator.random((4, *shape))
    return 1e-3 * tke, 1e-2 * viscosity, 1e-4 * shear, 1e-4 * (buoyancy - 0.2), 3600.0, 10.0


CASES = (
    Race(
        "ocean-mixing",
        mixing_over(np),
        waters,
        {**mixing_loop, "jax": mixing_over(jnp)},
        rtol=1e-8,
        atol=1e-9,
    ),
    Race("ocean-energy", energy, turbulence, {**energy_loop, "jax": energy_jax}, rtol=1e-8, atol=0),
)
