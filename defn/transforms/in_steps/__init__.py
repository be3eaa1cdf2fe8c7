"""Factorisations and transforms in few steps, each on whole arrays: for machines of many threads
that have no library at hand.
"""

from __future__ import annotations

from defn import ops
from defn.ops.op import Rules
from defn.transforms.in_steps import elimination, fourier, reflections, rotations, triangles

forms = Rules("form in steps", "defn/transforms/in_steps/__init__.py")
for _module, _names in (
    (elimination, "lu solve det slogdet"),
    (fourier, "fft rfft irfft"),
    (reflections, "qr"),
    (rotations, "eigh eigvalsh svd svdvals pinv"),
    (triangles, "cholesky triangular_solve"),
):
    for _name in _names.split():
        forms[ops.find(_name)] = getattr(_module, _name)
