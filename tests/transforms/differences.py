"""Derivatives by differences, in float64."""

import numpy as np


def directional(f, args, tangents, h=1e-6):
    """The derivative of all outputs of `f` along tangents, by central differences."""
    at = lambda s: [np.asarray(o) for o in f(*[a + s * t for a, t in zip(args, tangents)])]
    return [(high - low) / (2 * h) for high, low in zip(at(h), at(-h))]


def pairing(cotangents, tangents):
    """The real bilinear pairing of cotangents and tangents: no conjugation."""
    return sum(float(np.real(np.sum(ct * t))) for ct, t in zip(cotangents, tangents))


def random_like(draw, type):
    """Random numbers of a type, complex where the type is."""
    value = draw.normal(size=type.shape)
    if type.dtype.kind == "c":
        value = value + 1j * draw.normal(size=type.shape)
    return np.asarray(value, type.dtype)
