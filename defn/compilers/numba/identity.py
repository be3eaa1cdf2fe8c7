"""All that the machine code of a text depends on, but for the text."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
from importlib.util import find_spec
from pathlib import Path

from defn.compilers.numba import symbols

# The files that decide what a text means; a change in one makes every entry a new one.
MEANING = (
    "arithmetic", "block", "buffers", "build", "calling", "casts", "formulas", "fourier", "functions",
    "halves", "lanes", "layout", "lines", "objects", "polynomials", "product", "quotients", "rows", "runtime", "scalars",
    "stream", "symbols", "tile", "told", "translate", "vectormath", "words", "words_translated",
    "../../transforms/in_steps/butterflies", "../../transforms/in_steps/fourier",
)  # fmt: skip


@functools.cache
def identity():
    """Versions, platform, processor, settings of Numba's, and our own code generators."""
    return (
        *(f"{package} {installed(package)}" for package in ("defn", "numba", "llvmlite")),
        f"python {sys.version_info[:2]} {sys.implementation.name}",
        f"{platform.system()} {platform.machine()} {platform.libc_ver()}",
        *symbols.hardware(),
        *(f"{k}={v}" for k, v in sorted(os.environ.items()) if k.startswith("NUMBA_")),
        meaning(),
    )


def installed(package):
    """The version of a package, from its own file: to import it, or to read what `importlib.metadata`
    knows, would take longer than to load a kernel.
    """
    found = find_spec(package)
    if found is None or not found.origin:
        return "not installed"
    for name in ("_version.py", "__init__.py"):
        file = Path(found.origin).with_name(name)
        if file.exists():
            return hashlib.sha256(file.read_bytes()).hexdigest()
    return "of unknown version"


def meaning():
    """A hash of the files that decide what a text means."""
    here = Path(__file__).parent
    return hashlib.sha256(b"".join((here / f"{m}.py").read_bytes() for m in MEANING)).hexdigest()
