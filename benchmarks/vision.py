"""Seeing: the Jacobian of bundle adjustment, and a training step of LeNet."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.case import Race, Slopes
from benchmarks.learning import descend, step_with
from defn import jacobian, jit, value_and_grad, vmap

# ---------------------------------------------------------------------------- bundle adjustment


def projection_over(np):
    """The error of a projected point; a camera is rotation, centre, focal length, centre, two radial.

    Eleven numbers a camera, three a point, one weight: the problem of ADBench (Srajer and others).
    """

    def cross(a, b):
        return np.stack(
            (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
        )

    def error(camera, point, weight, seen):
        turn, away = camera[:3], point - camera[3:6]
        square = np.sum(turn * turn)
        angle = np.sqrt(square)
        axis = turn / angle
        moved = (
            away * np.cos(angle)
            + cross(axis, away) * np.sin(angle)
            + axis * np.sum(axis * away) * (1 - np.cos(angle))
        )
        flat = moved[:2] / moved[2]
        radius = np.sum(flat * flat)
        bent = flat * (1 + camera[9] * radius + camera[10] * radius * radius)
        return weight * (bent * camera[6] + camera[7:9] - seen)

    return error


ARGUMENTS = (0, 1, 2)
BUNDLE = vmap(jacobian(projection_over(np), argnums=ARGUMENTS))
BUNDLE_JAX = jax.vmap(jax.jacfwd(projection_over(jnp), ARGUMENTS))


def observations(generator, quick):
    n = 40 if quick else 20_000
    cameras = 0.1 + generator.random((n, 11))
    points = generator.random((n, 3)) + np.array([0.0, 0.0, 5.0])
    return cameras, points, generator.random(n), generator.random((n, 2))


# ---------------------------------------------------------------------------------------- LeNet


def convolved(x, w):
    """The valid convolution of images (n, channels, height, width), as NumPy says it: by windows."""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("ncijkl,ockl->noij", windows, w)


def convolved_jax(x, w):
    return jax.lax.conv(x, w, (1, 1), "VALID")


def lenet_over(np, convolved):
    """The mean cross entropy of two convolutions with pooling, and two dense layers."""

    def pooled(x):
        n, c, h, w = x.shape
        return np.max(x.reshape(n, c, h // 2, 2, w // 2, 2), axis=(3, 5))

    def loss(first, second, dense, last, x, labels):
        x = pooled(np.maximum(convolved(x, first), 0))
        x = pooled(np.maximum(convolved(x, second), 0))
        x = np.maximum(x.reshape(x.shape[0], -1) @ dense, 0)
        s = x @ last
        s = s - np.max(s, axis=1, keepdims=True)
        truth = s[np.arange(s.shape[0]), labels]
        return np.mean(np.log(np.sum(np.exp(s), axis=1)) - truth)

    return loss


SHAPES = ((6, 1, 5, 5), (16, 6, 5, 5), (256, 120), (120, 10))
PARAMETERS = tuple(range(4))


def digits(generator, quick):
    n = 4 if quick else 64
    fans = [np.prod(shape[1:]) if len(shape) > 2 else shape[0] for shape in SHAPES]
    weights = [
        generator.standard_normal(shape, np.float32) * np.float32((2 / fan) ** 0.5)
        for shape, fan in zip(SHAPES, fans)
    ]
    images = generator.random((n, 1, 28, 28), np.float32)
    return *weights, images, generator.integers(0, 10, n).astype(np.int32)


LENET = lenet_over(np, convolved)
LENET_STEP = step_with(value_and_grad(LENET, argnums=PARAMETERS))
LENET_JAX = step_with(jax.value_and_grad(lenet_over(jnp, convolved_jax), PARAMETERS))

CASES = (
    Race(
        "bundle-adjustment",
        BUNDLE,
        observations,
        {"jax": BUNDLE_JAX},
        rtol=1e-8,
        reference=jit(BUNDLE, compiler="numpy"),
    ),
    Race(
        "lenet-step",
        LENET_STEP,
        digits,
        {"jax": LENET_JAX},
        rtol=2e-3,
        atol=1e-4,
        reference=jit(LENET_STEP, compiler="numpy"),
        slopes=Slopes(LENET, PARAMETERS, descend),
    ),
)
