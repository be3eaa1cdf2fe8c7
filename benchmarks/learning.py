"""A training step of a network for images: forward, gradient, and the new parameters."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.case import Race, Slopes
from defn import value_and_grad

SIZES = (784, 256, 128, 10)
RATE = 0.01
PARAMETERS = tuple(range(6))


def loss_over(np):
    """The mean cross entropy of the network, over any module with NumPy's functions."""

    def loss(w1, b1, w2, b2, w3, b3, x, labels):
        x = np.maximum(x @ w1 + b1, 0)
        x = np.maximum(x @ w2 + b2, 0)
        s = x @ w3 + b3
        s = s - np.max(s, axis=1, keepdims=True)
        truth = s[np.arange(s.shape[0]), labels]
        return np.mean(np.log(np.sum(np.exp(s), axis=1)) - truth)

    return loss


def descend(found, arguments):
    """The loss and the new parameters, of the loss, its slopes and the old ones."""
    value, slopes = found
    return value, *(p - RATE * slope for p, slope in zip(arguments, slopes))


def step_with(slopes):
    """The loss and the new parameters, by a function that gives the loss and its slopes."""
    return lambda *arguments: descend(slopes(*arguments), arguments)


def slopes_by_hand(w1, b1, w2, b2, w3, b3, x, labels):
    """The loss and its slopes, derived on paper."""
    first = np.maximum(x @ w1 + b1, 0)
    second = np.maximum(first @ w2 + b2, 0)
    s = second @ w3 + b3
    s = s - s.max(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    total = np.exp(s).sum(axis=1)
    value = np.mean(np.log(total) - s[rows, labels])
    d3 = np.exp(s) / total[:, None]
    d3[rows, labels] -= 1
    d3 /= np.float32(len(labels))
    d2 = (d3 @ w3.T) * (second > 0)
    d1 = (d2 @ w2.T) * (first > 0)
    pairs = ((x, d1), (first, d2), (second, d3))
    return value, [slope for a, d in pairs for slope in (a.T @ d, d.sum(axis=0))]


def batch(size):
    """Random parameters, images and labels."""

    def arguments(generator, quick):
        parameters = []
        for inputs, outputs in zip(SIZES, SIZES[1:]):
            w = generator.standard_normal((inputs, outputs), np.float32)
            parameters += [w * np.float32((2 / inputs) ** 0.5), np.zeros(outputs, np.float32)]
        x = generator.random((size, SIZES[0]), np.float32)
        return *parameters, x, generator.integers(0, 10, size).astype(np.int32)

    return arguments


def race(size):
    return Race(
        f"training-step-{size}",
        step_with(value_and_grad(loss_over(np), argnums=PARAMETERS)),
        batch(size),
        {
            "jax": step_with(jax.value_and_grad(loss_over(jnp), PARAMETERS)),
            "NumPy by hand": step_with(slopes_by_hand),
        },
        rtol=1e-3,
        atol=1e-5,
        reference=step_with(slopes_by_hand),
        slopes=Slopes(loss_over(np), PARAMETERS, descend),
    )


CASES = (race(32), race(512))
