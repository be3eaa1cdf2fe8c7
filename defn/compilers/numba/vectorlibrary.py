"""Our own vector functions as machine code: built for this processor at first use, then on disk.

One object per function and precision holds the versions for one number and for each length of
vector. Kernels call them by name, as they would glibc's.
"""

from __future__ import annotations

import functools
import importlib
import json
import re

from defn.compilers import cache
from defn.compilers.numba import loader, symbols
from defn.compilers.numba.identity import identity

SYMBOL = re.compile(symbols.PREFIX + r"v\d+_(\w+)_(f32|f64)")


def address(symbol):
    """The address of one of our vector functions, or None if it is not the name of one."""
    found = SYMBOL.fullmatch(symbol)
    return found and library(found[1], found[2] == "f32").address(symbol)


@functools.cache
def library(name, single):
    key = cache.key(*identity(), "vector function", name, single)
    return cache.once(key, loaded, lambda: made(name, single))


def loaded(data):
    head, _, code = data.partition(b"\n")
    return loader.load(code, json.loads(head))


def made(name, single):
    # What writes LLVM's language is of no use to a process that finds everything on disk.
    formulas = importlib.import_module(f"{__package__}.formulas")
    built = formulas.build(name, single)
    data = json.dumps(built.needs).encode() + b"\n" + built.code
    return loaded(data), data


symbols.sources.append(address)
