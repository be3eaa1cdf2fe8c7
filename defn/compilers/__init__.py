"""Compilers: what they must offer, and how one is found.

A compiler is any object with a `name` and `compile(graph, options) -> executable`; an executable is called with
one NumPy array per parameter and returns one array per output. It is found by entry point (group
`defn.compilers`), by `register`, or passed as an object. The built-in ones are found the same way.
"""

from __future__ import annotations

import importlib
from typing import Protocol, runtime_checkable

from defn.errors import CompilerError, suggestion

GROUP = "defn.compilers"
# As if they were entry points, so that a source tree works without being installed.
BUILT_IN = {
    "auto": "defn.compilers.auto:compiler",
    "numpy": "defn.compilers.evaluator:compiler",
    "numba": "defn.compilers.numba:compiler",
    "xla": "defn.compilers.xla:compiler",
    "cuda": "defn.compilers.cuda:compiler",
}
EXTRA = {"numba": "defn", "xla": "defn[xla]", "cuda": "defn[cuda]"}


@runtime_checkable
class Compiler(Protocol):
    """Turns a graph into something that can be called with arrays."""

    name: str

    def compile(self, graph, options):
        """The executable of a graph; `options` are the settings of the call that this compiler takes."""


class Executable(Protocol):
    """A compiled graph: arrays in, a tuple of arrays out; `source` is the program's text."""

    source: str

    def __call__(self, *arrays): ...


_known: dict = {}


def register(compiler):
    """Make a compiler known by its name; usable as a decorator of a class without arguments.

    >>> from defn.compilers.evaluator import Evaluator
    >>> @register
    ... class Slow(Evaluator):
    ...     name = "slow"
    >>> find("slow").name
    'slow'
    """
    made = compiler() if isinstance(compiler, type) else compiler
    _known[made.name] = made
    return compiler


def available():
    """The names of all compilers that are declared, whether or not their packages are installed.

    >>> "numba" in available()
    True
    """
    return sorted({*BUILT_IN, *_known, *(point.name for point in _entry_points())})


def is_known(name):
    """Is a compiler of this name declared?

    >>> is_known("numpy"), is_known("fortran")
    (True, False)
    """
    return name in BUILT_IN or name in _known or name in available()


def _entry_points():
    # Imported when a compiler is looked for: it takes longer to load than the rest of defn.
    from importlib import metadata

    return metadata.entry_points(group=GROUP)


def find(compiler):
    """The compiler of a name, loaded when first asked for; a compiler object is itself.

    >>> find("numpy").name
    'numpy'
    """
    if not isinstance(compiler, str):
        if not isinstance(compiler, Compiler):
            raise CompilerError(
                f"{compiler!r} is no compiler: it needs a name and compile(graph, options)"
            )
        return compiler
    if compiler not in _known:
        _known[compiler] = _load(compiler)
    return _known[compiler]


def _load(name):
    # The list of all packages' entry points takes longer to read than a cached kernel.
    place = BUILT_IN.get(name) or next((p.value for p in _entry_points() if p.name == name), None)
    if place is None:
        raise CompilerError(f"unknown compiler {name!r}{suggestion(name, available())}")
    module, _, attribute = place.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        package = EXTRA.get(name, name)
        raise CompilerError(
            f"compiler {name!r} needs the package {error.name!r}, which is not installed: pip install '{package}'"
        ) from error
