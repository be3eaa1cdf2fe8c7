"""Operands of PTX: registers, numbers, and the names of variables."""

from __future__ import annotations

import re

import numpy as np

from defn.compilers.cuda.ptx.text import BITS, DTYPE, PtxError

LANES = 32


def operand(text, kind, entry):
    """A function that reads an operand as values of a type."""
    dtype = DTYPE[kind]
    if text.startswith("!"):
        inner = operand(text[1:], kind, entry)
        return lambda run, chosen: ~inner(run, chosen)
    if text.startswith("-%"):
        positive = operand(text[1:], kind, entry)
        return lambda run, chosen: -positive(run, chosen)
    if text in entry.registers:
        return _register(text, dtype)
    if text.startswith("%"):
        return _special(text, dtype)
    value = literal(text, dtype, entry)
    return lambda run, chosen: np.full(how_many(run, chosen), value)


def _register(name, dtype):
    def read(run, chosen):
        value = run.read(name, chosen)
        if "b" in (dtype.kind, value.dtype.kind):
            return value
        if value.dtype.itemsize != dtype.itemsize:
            value = value.astype(BITS[dtype.itemsize])
        return value.view(dtype)

    return read


def _special(name, dtype):
    def read(run, chosen):
        if name not in run.special:
            raise PtxError(f"unknown register {name}")
        value = run.special[name]
        value = value if chosen is None else value[chosen]
        return value.astype(BITS[dtype.itemsize]).view(dtype)

    return read


def literal(text, dtype, entry):
    """A number or the address of a variable."""
    if re.match(r"0[fF][0-9a-fA-F]{8}$", text):
        value = np.uint32(int(text[2:], 16)).view(np.float32)
        return value.view(dtype) if dtype.itemsize == 4 else np.float64(value).view(dtype)
    if re.match(r"0[dD][0-9a-fA-F]{16}$", text):
        return np.uint64(int(text[2:], 16)).view(dtype)
    if text in ("true", "false"):
        return text == "true"
    if text == "WARP_SZ":
        return dtype.type(LANES)
    if re.match(r"-?(0x[0-9a-fA-F]+|\d+)U?$", text):
        word = int(text.rstrip("U"), 0) & ((1 << 8 * dtype.itemsize) - 1)
        return BITS[dtype.itemsize](word).view(dtype)
    for table in (entry.shared, entry.local):
        if text in table:
            return BITS[dtype.itemsize](table[text] & ((1 << 8 * dtype.itemsize) - 1)).view(dtype)
    raise PtxError(f"unknown operand {text}")


def constant_address(text, entry):
    """Is it the name of a constant variable?"""
    return text in entry.constants


def items(text):
    """The operands in braces."""
    return [item.strip() for item in text.strip("{}").split(",")]


def how_many(run, chosen):
    """How many threads execute a step."""
    return run.count if chosen is None else len(chosen)
