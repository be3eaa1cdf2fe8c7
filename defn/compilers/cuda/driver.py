"""A device, through the CUDA driver."""

from __future__ import annotations

from defn.errors import CompilerError


def machine(device=None):
    raise CompilerError("no CUDA driver was found")
