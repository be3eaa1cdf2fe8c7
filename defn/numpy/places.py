"""Where new arrays live: the Array API's `device=`."""

from __future__ import annotations

import contextlib
import functools

from defn import backends
from defn.errors import TraceError
from defn.tensor import asarray, is_tensor, moved
from defn.trace import current

MAIN_MEMORY = "cpu"  # NumPy's name of its one device
TRACED = "traced"


def on(device):
    """A context in which new tensors live on a device: a backend's name, or NumPy's `cpu`.

    >>> with on("cpu"):
    ...     backends.default_backend()
    'numpy'
    """
    if device is None:
        return contextlib.nullcontext()
    return backends.default_backend(named(device)) if current() is None else _as_traced(device)


def _as_traced(device):
    """A traced value lives where its compiler puts it: no other place can be asked for."""
    if device not in (TRACED, MAIN_MEMORY):
        raise TraceError(
            f"device={device!r} in a traced function: its compiler places the values; leave "
            f"device= out, or move the results with .to({device!r})"
        )
    return contextlib.nullcontext()


def named(device):
    """The backend's name that a device stands for."""
    return "numpy" if device == MAIN_MEMORY else device


def placed(function):
    """Decorate a function that makes arrays: `device=` says where they live."""

    @functools.wraps(function)
    def made(*arguments, device=None, **settings):
        if device is None:
            return function(*arguments, **settings)
        with on(device):
            return settled_on(function(*arguments, **settings), device)

    return made


def settled_on(result, device):
    """A new array on its device; what already lived elsewhere is moved."""
    if current() is not None or not is_tensor(result):
        return result
    return moved(result, backends.load(named(device)))


def beside(function):
    """Decorate a function that makes an array like another: where that lives, or on `device=`."""

    @functools.wraps(function)
    def made(a, *arguments, device=None, **settings):
        if device is None and current() is None:
            a = asarray(a)
            device = a.backend.name
        with on(device):
            return function(a, *arguments, **settings)

    return made


def devices():
    """The names of the devices in use, and of NumPy's memory, where one can always be.

    >>> "numpy" in devices()
    True
    """
    return list(dict.fromkeys(["numpy", backends.default_backend(), *backends.loaded()]))
