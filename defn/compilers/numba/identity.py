"""All that the machine code of a text depends on, but for the text."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import llvmlite

from defn.compilers.numba import symbols

# The files that decide what a text means; a change in one makes every entry a new one.
MEANING = (
    "arithmetic", "block", "buffers", "build", "calling", "casts", "formulas", "functions", "halves",
    "lanes", "layout", "objects", "polynomials", "product", "runtime", "scalars", "symbols", "tile",
    "translate", "vectormath", "words",
)  # fmt: skip


@functools.cache
def identity():
    """Versions, platform, processor, settings of Numba's, and our own code generators."""
    return (
        *(f"{package} {installed(package)}" for package in ("defn", "numba")),
        f"llvmlite {llvmlite.__version__}",
        f"python {sys.version_info[:2]} {sys.implementation.name}",
        f"{platform.system()} {platform.machine()} {platform.libc_ver()}",
        *symbols.processor(),
        *(f"{k}={v}" for k, v in sorted(os.environ.items()) if k.startswith("NUMBA_")),
        meaning(),
    )


def installed(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def meaning():
    """A hash of the files that decide what a text means."""
    here = Path(__file__).parent
    return hashlib.sha256(b"".join((here / f"{m}.py").read_bytes() for m in MEANING)).hexdigest()
