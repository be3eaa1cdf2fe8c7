"""Settings: scoped to a context, or read from the environment."""

from __future__ import annotations

import contextvars
import os
from array import array

from defn.errors import ArgumentError, suggestion

OPTIONS = {
    "compiler": "which compiler runs the graph: a name, or a compiler object",
    "threads": "how many threads a call may use (None: as many as the process may)",
    "fastmath": "other last places, quicker: Numba reorders arithmetic, CUDA approximates roots and quotients",
    "checked": "test indices, and name the operation that first made a nan, an infinity or an overflow",
    "donate": "names or positions of arguments whose tensors a call may take over (XLA): they are gone afterwards",
    "device": "where the compiler runs the graph, for those that have more than one place",
    "executor": "what runs CUDA kernels: a device (None), or 'ptx', the same PTX on the CPU, for small inputs",
    "stream": "the CUDA stream in which kernels run: its number, or CuPy's or PyTorch's (None: one for each thread)",
}
DEFAULTS = {
    "compiler": None,
    "threads": None,
    "fastmath": False,
    "checked": False,
    "donate": None,
    "device": None,
    "executor": None,
    "stream": None,
}


def environment(name, default=None):
    """An environment variable of defn's: DEFN_<name>."""
    return os.environ.get(f"DEFN_{name}", default)


_options = contextvars.ContextVar("defn options", default=DEFAULTS)  # noqa: B039
_backend = contextvars.ContextVar("defn backend", default=environment("BACKEND", "numpy"))  # noqa: B039


def checked_options(options):
    """The options, where each is one that exists."""
    for name in options:
        if name not in OPTIONS:
            raise ArgumentError(f"unknown option {name!r}{suggestion(name, OPTIONS)}")
    return options


def options(**given):
    """The options in force, with those given here."""
    current = _options.get()
    return {**current, **checked_options(given)} if given else current


in_force = _options.get  # the default options now: one dictionary until they are changed
# Above 0 where a call may not be made directly, by machine code that asks nobody: while a trace runs, in any
# thread, and once default options were changed, for they are a matter of the context.
asking = array("q", [0])


class _Scoped:
    """Sets a context variable at once; as a context manager, sets it back at the end."""

    def __init__(self, variable, value):
        self.variable, self.token = variable, variable.set(value)

    def __enter__(self):
        return self.variable.get()

    def __exit__(self, *error):
        self.variable.reset(self.token)


def default_options(**given):
    """The default options changed, at once or for a `with` block; with no argument, those in force.

    >>> with default_options(threads=1):
    ...     default_options()["threads"]
    1
    """
    if not given:
        return dict(_options.get())
    asking[0] += 1
    return _Scoped(_options, options(**given))


def current_backend():
    """The name of the backend on which new tensors live."""
    return _backend.get()


def set_backend(name):
    """Change the backend of new tensors, at once or for a `with` block."""
    return _Scoped(_backend, name)
