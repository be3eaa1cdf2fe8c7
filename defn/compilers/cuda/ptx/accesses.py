"""Instructions of PTX that read and write memory."""

from __future__ import annotations

import re

import numpy as np

from defn.compilers.cuda.ptx.memory import Region
from defn.compilers.cuda.ptx.operands import constant_address, how_many, items, operand
from defn.compilers.cuda.ptx.text import DTYPE


def _vector(instruction):
    return next((int(m[1]) for m in instruction.modifiers if m in ("v2", "v4", "v8")), 1)


def _address(text, entry):
    """A function that gives the address in an operand like `[%rd1+8]`."""
    name, offset = re.match(r"\[\s*([%\w$]+)\s*(?:\+\s*(-?\d+))?\s*\]", text).groups()
    offset = int(offset or 0)
    if constant_address(name, entry):
        return lambda run, chosen: np.full(
            how_many(run, chosen), run.memory.constants[name] + offset
        )
    wide = DTYPE[entry.registers.get(name, "b64")].itemsize == 8
    read = operand(name, "u64" if wide else "u32", entry)
    return lambda run, chosen: read(run, chosen).astype(np.int64) + offset


def _space(instruction):
    return next(
        (m for m in instruction.modifiers if m in ("global", "shared", "local", "const")), "generic"
    )


def touched(run, chosen, at, space, size, notice):
    """The threads that touch a region, the region, and where their bytes are; each touch is noticed."""
    threads = run.threads if chosen is None else run.threads.of(chosen)
    interval = run.interval_of(chosen)
    for some, region, places in run.memory.find(at, space, size, threads):
        here = places[:, None] + np.arange(size)
        if region.watched:
            who = (np.broadcast_to(a[some][:, None], here.shape).reshape(-1)
                   for a in (threads.number, threads.block, interval))  # fmt: skip
            notice(region, here.reshape(-1), *who)
        yield some, region, here


def load(instruction, entry):
    """`ld`: bytes of memory, or of a parameter, into registers."""
    target, source = instruction.operands
    names = items(target)
    if "param" in instruction.modifiers:
        return _ld_parameter(instruction, names, source, entry)
    address, space = _address(source, entry), _space(instruction)
    dtype, count = DTYPE[instruction.type], _vector(instruction)
    size = dtype.itemsize * count

    def step(run, chosen):
        at = address(run, chosen)
        found = np.zeros((len(at), count), dtype)
        for some, region, here in touched(run, chosen, at, space, size, Region.notice_read):
            found[some] = region.data[here].view(dtype)
        for k, name in enumerate(names):
            run.write(name, np.ascontiguousarray(found[:, k]), chosen)

    return step


def _parameter(text):
    name, offset = re.match(r"\[([\w$]+)(?:\+(\d+))?\]", text).groups()
    return name, int(offset or 0)


def _ld_parameter(instruction, names, source, entry):
    name, offset = _parameter(source)
    dtype = DTYPE[instruction.type]
    size = dtype.itemsize

    def step(run, chosen):
        for k, register in enumerate(names):
            here = slice(offset + k * size, offset + (k + 1) * size)
            if name in entry.passed:
                data = run.passed[name] if chosen is None else run.passed[name][chosen]
                value = data[:, here].copy().view(dtype).reshape(-1)
            else:
                word = run.given[name][here].view(dtype)[0]
                value = np.full(how_many(run, chosen), word)
            run.write(register, value, chosen)

    return step


def store(instruction, entry):
    """`st`: registers into memory, or into a parameter of a function that is called."""
    target, source = instruction.operands
    dtype = DTYPE[instruction.type]
    reads = [operand(item, instruction.type, entry) for item in items(source)]
    if "param" in instruction.modifiers:
        return _st_parameter(target, reads, dtype)
    address, space = _address(target, entry), _space(instruction)
    size = dtype.itemsize * len(reads)

    def step(run, chosen):
        at = address(run, chosen)
        values = np.stack([read(run, chosen) for read in reads], 1)
        for some, region, here in touched(run, chosen, at, space, size, Region.notice_write):
            region.data[here] = np.ascontiguousarray(values[some]).view(np.uint8)

    return step


def _st_parameter(target, reads, dtype):
    name, offset = _parameter(target)
    size = dtype.itemsize

    def step(run, chosen):
        data = run.passed.setdefault(name, np.zeros((run.count, 64), np.uint8))
        rows = slice(None) if chosen is None else chosen
        for k, read in enumerate(reads):
            here = slice(offset + k * size, offset + (k + 1) * size)
            data[rows, here] = np.ascontiguousarray(read(run, chosen)).reshape(-1, 1).view(np.uint8)

    return step


CHANGE = {
    "add": lambda old, x: old + x, "min": min, "max": max, "and": lambda old, x: old & x,
    "or": lambda old, x: old | x, "xor": lambda old, x: old ^ x, "exch": lambda old, x: x,
}  # fmt: skip


def change(instruction, entry):
    """`atom`, `red`: one thread after another, an order that the machine may choose too."""
    returns = instruction.name == "atom"
    target = instruction.operands[0] if returns else "_"
    address, *given = instruction.operands[returns:]
    address, space = _address(address, entry), _space(instruction)
    dtype, size = DTYPE[instruction.type], DTYPE[instruction.type].itemsize
    reads = [operand(text, instruction.type, entry) for text in given]
    name = next(m for m in instruction.modifiers if m in (*CHANGE, "cas", "inc", "dec"))

    def step(run, chosen):
        at = address(run, chosen)
        values = [read(run, chosen) for read in reads]
        old = np.zeros(len(at), dtype)
        for some, region, here in touched(run, chosen, at, space, size, Region.notice_atomic):
            for k, place in zip(some, here):
                before = old[k] = region.data[place].view(dtype)[0]
                if name == "cas":
                    after = values[1][k] if before == values[0][k] else before
                else:
                    after = CHANGE[name](before, values[0][k])
                region.data[place] = np.array([after], dtype).view(np.uint8)
        run.write(target, old, chosen)

    return step
