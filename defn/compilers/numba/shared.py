"""What many kernels do alike, as functions that they call: tiles of products, blocks that are turned.

They are compiled for this processor at first use, then on disk, as the vector functions are: there
is less to compile in each kernel, and a call of one takes no time beside what it does.
"""

from __future__ import annotations

import functools
import importlib
import json
import re

from defn.compilers import cache
from defn.compilers.numba import symbols
from defn.compilers.numba.identity import identity
from defn.compilers.numba.vectorlibrary import loaded

SYMBOL = re.compile(symbols.PREFIX + r"(turn|tile)_\w+")
HOME = {"turn": "block", "tile": "tile"}


def address(symbol):
    """The address of one of these functions, or None if it is not the name of one."""
    return library(symbol).address(symbol) if SYMBOL.fullmatch(symbol) else None


@functools.cache
def library(symbol):
    key = cache.key(*identity(), "shared function", symbol)
    return cache.once(key, loaded, lambda: made(symbol))


def made(symbol):
    """The function of a symbol, which the file that calls it so also writes."""
    name, *sizes = symbol.removeprefix(symbols.PREFIX).split("_")
    objects = importlib.import_module(f"{__package__}.objects")
    module = importlib.import_module(f"{__package__}.{HOME[name]}").module(symbol, *sizes)
    machine = objects.target_machine()
    module.data_layout = str(machine.target_data)
    built = objects.built(objects.optimized(objects.parsed(module), machine, 3), machine)
    data = json.dumps(built.needs).encode() + b"\n" + built.code
    return loaded(data), data


symbols.sources.append(address)
