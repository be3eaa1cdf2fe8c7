"""The devices of XLA, by name: `cpu`, `cuda:0`, `gpu`, `tpu:1`."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
from pathlib import Path

import jax
import jaxlib

from defn.errors import ArgumentError, CompilerError, suggestion


def find(name=None):
    """The device of a name; without one, JAX's default.

    >>> find("cpu").platform
    'cpu'
    """
    if name is None:
        return jax.config.jax_default_device or jax.devices()[0]
    family, _, place = str(name).removeprefix("xla:").partition(":")
    devices = _of_family(family, name)
    if place and (not place.isdigit() or int(place) >= len(devices)):
        raise ArgumentError(
            f"no device {name!r}: there are {len(devices)} of {family!r}, counted from 0"
        )
    return devices[int(place or 0)]


def _of_family(family, name):
    try:
        return jax.devices(family)
    except RuntimeError as error:
        present = sorted({d.platform for d in jax.devices()})
        raise CompilerError(
            f"JAX has no device {name!r} here{suggestion(family, present)}; "
            f"install the JAX that supports it ({str(error).splitlines()[0]})"
        ) from None


@functools.cache
def identity(device):
    """Everything about JAX and a device that compiled code depends on, as text."""
    parts = [
        jax.__version__,
        jaxlib.__version__,
        device.platform,
        device.device_kind,
        str(device.id),
    ]
    parts += [device.client.platform_version, os.environ.get("XLA_FLAGS", "")]
    return "\n".join([*parts, _processor() if device.platform == "cpu" else ""])


def _processor():
    """What the processor can do: code for one may not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        described = "\n".join(
            sorted({x for x in lines if x.startswith(("flags", "Features", "model name"))})
        )
    except OSError:
        described = platform.processor() + platform.platform()
    return hashlib.sha256(described.encode()).hexdigest()
