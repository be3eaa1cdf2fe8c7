"""PTX executed on the CPU: for small inputs, and to prove kernels without a device."""

from __future__ import annotations

from defn.compilers.cuda.ptx.machine import Machine
from defn.compilers.cuda.ptx.text import PtxError

__all__ = ["Machine", "PtxError"]
