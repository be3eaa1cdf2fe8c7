"""Backends: where data lives. Storage only: put, get, copy, delete, device; and how one operation runs there."""

from __future__ import annotations

import importlib

from defn import config
from defn.errors import ArgumentError, CompilerError, suggestion

PLACES = {
    "numpy": "defn.backends.numpy",
    "xla": "defn.compilers.xla.backend",
    "cuda": "defn.compilers.cuda.backend",
}
_loaded: dict = {}


def load(name):
    """The backend of a name such as `numpy`, `xla:cpu` or `cuda:0`."""
    if name in _loaded:
        return _loaded[name]
    family = str(name).partition(":")[0]
    if family not in PLACES:
        raise ArgumentError(f"unknown backend {name!r}{suggestion(family, PLACES)}")
    return _loaded.setdefault(name, _module(name, family).backend(name))


def _module(name, family):
    try:
        return importlib.import_module(PLACES[family])
    except ImportError as error:
        raise CompilerError(
            f"backend {name!r} cannot be loaded: {error}; pip install 'defn[{family}]'"
        ) from error


def taken(value):
    """Another library's array in a GPU's memory as a buffer, and the backend on which it lives."""
    place = load(f"cuda:{_module('cuda:0', 'cuda').device_number(value)}")
    return place.taken(value), place


def current():
    """The backend on which new tensors live."""
    return load(config.current_backend())


def default_backend(name=None):
    """Make a backend the default, at once or for a `with` block; with no argument, the default's name.

    >>> with default_backend("numpy"):
    ...     default_backend()
    'numpy'
    """
    if name is None:
        return config.current_backend()
    load(name)
    return config.set_backend(name)


def loaded():
    """The names of the backends in use."""
    return list(_loaded)
