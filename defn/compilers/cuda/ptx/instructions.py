"""Instructions of PTX as functions of a run: decoded once, executed for all threads that stand
there.
"""

from __future__ import annotations

import numpy as np

from defn.compilers.cuda.ptx import numbers
from defn.compilers.cuda.ptx.accesses import change, load, store
from defn.compilers.cuda.ptx.operands import constant_address, how_many, items, operand
from defn.compilers.cuda.ptx.text import BITS, DTYPE, LOCAL, SHARED, PtxError
from defn.compilers.cuda.ptx.warps import shuffle, vote


def decode(instruction, entry):
    """The function that executes an instruction: `step(run, chosen)`."""
    make = DECODE.get(instruction.name)
    if make is None:
        return _unknown(instruction)
    return make(instruction, entry)


def _unknown(instruction):
    """Code that is never reached may hold anything."""

    def step(run, chosen):
        if instruction.name not in BRANCHES:
            raise PtxError(f"no such instruction is executed here: `{instruction.text}`")

    return step


BRANCHES = ("bra", "ret", "exit", "bar", "barrier")

# --- plain arithmetic ----------------------------------------------------------------------------


def pure(function, kinds=None, result=None):
    """Instructions that compute a value of operands: `function(instruction, *values)`."""

    def make(instruction, entry):
        target, *given = instruction.operands
        types = kinds(instruction) if kinds else [instruction.type] * len(given)
        reads = [operand(text, kind, entry) for text, kind in zip(given, types, strict=True)]
        flush = numbers.flushed if "ftz" in instruction.modifiers else lambda x: x

        def step(run, chosen):
            values = [flush(read(run, chosen)) for read in reads]
            run.write(target, flush(np.asarray(function(instruction, *values))), chosen)

        return step

    return make


def _plain(instruction, x, y, *rest):
    name, modifiers = instruction.name, instruction.modifiers
    if "wide" in modifiers:
        wide = np.dtype(f"{x.dtype.kind}{2 * x.dtype.itemsize}")
        value = x.astype(wide) * y.astype(wide)
    elif "hi" in modifiers:
        value = numbers.high_product(x, y)
    elif x.dtype == bool:
        value = {"and": x & y, "or": x | y, "xor": x ^ y}[name]
    else:
        value = numbers.PLAIN["mul" if name == "mad" else name](x, y)
    value = value + rest[0] if rest else value
    return np.clip(value, 0, 1) if "sat" in modifiers and value.dtype.kind == "f" else value


def _wide_kinds(instruction):
    kind = instruction.type
    wide = kind[0] + str(2 * int(kind[1:])) if "wide" in instruction.modifiers else kind
    return [kind, kind, wide][: len(instruction.operands) - 1]


def _fma(instruction, x, y, z):
    rounding = next((m for m in instruction.modifiers if m in ("rn", "rz", "rm", "rp")), "rn")
    return (numbers.fused_single if x.dtype == np.float32 else numbers.fused_double)(
        x, y, z, rounding
    )


def _mad(instruction, x, y, z):
    return _fma(instruction, x, y, z) if x.dtype.kind == "f" else _plain(instruction, x, y, z)


def _div(instruction, x, y):
    return x / y if x.dtype.kind == "f" else numbers.divided(x, y)


def _rem(instruction, x, y):
    return x - numbers.divided(x, y) * y


def _approximate(instruction, x):
    return numbers.APPROXIMATE[instruction.name](x.astype(np.float64)).astype(x.dtype)


def _shift(instruction, x, by):
    return numbers.shifted(x, by.astype(np.int64), instruction.name == "shr")


def _cvt(instruction, x):
    return numbers.converted(x, DTYPE[instruction.modifiers[-2]], instruction.modifiers)


def _testp(instruction, x):
    tests = {"finite": np.isfinite, "infinite": np.isinf, "nan": np.isnan}
    return tests[instruction.modifiers[0]](x)


def _same(count, last=()):
    """Operand types: the instruction's own, then others."""
    return lambda instruction: [instruction.type] * count + list(last)


# --- carries -------------------------------------------------------------------------------------


def _carrying(instruction, entry):
    """Additions and products that pass a carry on."""
    target, *given = instruction.operands
    bits = int(instruction.type[1:])
    reads = [operand(text, f"u{bits}", entry) for text in given]
    mask, name = (1 << bits) - 1, instruction.name

    def step(run, chosen):
        x = [read(run, chosen).astype(object) for read in reads]
        carry = run.carry if chosen is None else run.carry[chosen]
        carry = carry.astype(object) if name.endswith("c") else 0
        if name.startswith("mad"):
            product = x[0] * x[1]
            value = (
                (product >> bits if "hi" in instruction.modifiers else product & mask)
                + x[2]
                + carry
            )
        else:
            value = x[0] + x[1] + carry if name.startswith("add") else x[0] - x[1] - carry
        if "cc" in instruction.modifiers:
            out = np.array([int(v < 0 or v > mask) for v in value], np.uint64)
            run.carry[slice(None) if chosen is None else chosen] = out
        run.write(
            target,
            np.array([int(v) & mask for v in value], np.uint64).astype(BITS[bits // 8]),
            chosen,
        )

    return step


def _arithmetic(make):
    """An addition or product, with or without a carry."""
    return lambda instruction, entry: (
        _carrying
        if "cc" in instruction.modifiers or instruction.name in ("addc", "subc", "madc")
        else make
    )(instruction, entry)


# --- comparison, choice, moves -------------------------------------------------------------------


def _setp(instruction, entry):
    target, first, second, *rest = instruction.operands
    reads = [operand(text, instruction.type, entry) for text in (first, second)]
    joined = operand(rest[0], "pred", entry) if rest else None
    names, test = target.split("|"), instruction.modifiers[0]
    flush = numbers.flushed if "ftz" in instruction.modifiers else lambda x: x

    def step(run, chosen):
        value = numbers.compare(test, *(flush(read(run, chosen)) for read in reads))
        other = ~value
        if joined:
            with_ = joined(run, chosen)
            join = {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor}[
                instruction.modifiers[1]
            ]
            value, other = join(value, with_), join(other, with_)
        for name, result in zip(names, (value, other)):
            run.write(name, result, chosen)

    return step


def _set(instruction, x, y):
    value = numbers.compare(instruction.modifiers[0], x, y)
    kind = instruction.modifiers[-2]
    return value.astype(DTYPE[kind]) if kind[0] == "f" else -value.astype(np.int32)


def _selp(instruction, x, y, chosen):
    return np.where(chosen, x, y)


def _mov(instruction, entry):
    target, source = instruction.operands
    if target.startswith("{"):
        return _unpack(items(target), operand(source, instruction.type, entry))
    if source.startswith("{"):
        return _pack(target, source, instruction, entry)
    if constant_address(source, entry):
        return lambda run, chosen: run.write(
            target,
            np.full(how_many(run, chosen), run.memory.constants[source], np.uint64),
            chosen,
        )
    read = operand(source, instruction.type, entry)
    return lambda run, chosen: run.write(target, read(run, chosen), chosen)


def _unpack(names, read):
    def step(run, chosen):
        value = np.ascontiguousarray(read(run, chosen))
        parts = value.view(BITS[value.dtype.itemsize // len(names)])
        for k, name in enumerate(names):
            run.write(name, np.ascontiguousarray(parts[k :: len(names)]), chosen)

    return step


def _pack(target, source, instruction, entry):
    names = items(source)
    width = DTYPE[instruction.type].itemsize // len(names)
    reads = [operand(name, f"b{8 * width}", entry) for name in names]

    def step(run, chosen):
        parts = np.stack([read(run, chosen) for read in reads], 1).reshape(-1)
        run.write(target, parts.view(BITS[width * len(names)]), chosen)

    return step


def _cvta(instruction, entry):
    """Between a space's own addresses and generic ones; ours are generic or below every space."""
    target, source = instruction.operands
    base = (
        SHARED
        if "shared" in instruction.modifiers
        else LOCAL
        if "local" in instruction.modifiers
        else 0
    )
    if constant_address(source, entry):
        return _mov(instruction._replace(modifiers=("u64",)), entry)
    read = operand(source, "u64", entry)

    def step(run, chosen):
        value = read(run, chosen)
        inside = value >= base
        if "to" in instruction.modifiers:
            value = np.where(inside, value - np.uint64(base), value)
        else:
            value = np.where(inside, value, value + np.uint64(base))
        run.write(target, value, chosen)

    return step


# --- nothing, and the end ------------------------------------------------------------------------


def _nothing(instruction, entry):
    return lambda run, chosen: None


def _trap(instruction, entry):
    def step(run, chosen):
        raise PtxError("the kernel stopped itself")

    return step


DECODE = {
    **dict.fromkeys(("add", "sub", "mul"), _arithmetic(pure(_plain))),
    **dict.fromkeys(("mad",), _arithmetic(pure(_mad, _wide_kinds))),
    **dict.fromkeys(("addc", "subc", "madc"), _carrying),
    **dict.fromkeys(("and", "or", "xor"), pure(_plain)),
    "fma": pure(_fma),
    "div": pure(_div),
    "rem": pure(_rem),
    **dict.fromkeys(
        ("min", "max"), pure(lambda i, x, y: numbers.extreme(i.name, x, y, i.modifiers))
    ),
    "neg": pure(lambda i, x: -x),
    "abs": pure(lambda i, x: np.abs(x)),
    "not": pure(lambda i, x: ~x),
    "copysign": pure(lambda i, x, y: np.copysign(y, x)),
    **dict.fromkeys(("shl", "shr"), pure(_shift, _same(1, ["u32"]))),
    "shf": pure(lambda i, x, y, by: numbers.funnel(x, y, by, i.modifiers), lambda i: ["u32"] * 3),
    "cvt": pure(_cvt),
    "setp": _setp,
    "set": pure(_set),
    "selp": pure(_selp, _same(2, ["pred"])),
    **dict.fromkeys(numbers.APPROXIMATE, pure(_approximate)),
    "popc": pure(lambda i, x: numbers.count_bits(x)),
    "clz": pure(lambda i, x: numbers.leading_zeros(x)),
    "brev": pure(lambda i, x: numbers.reversed_bits(x)),
    "bfe": pure(lambda i, x, s, n: numbers.extracted(x, s, n), _same(1, ["u32", "u32"])),
    "bfi": pure(lambda i, x, y, s, n: numbers.inserted(x, y, s, n), _same(2, ["u32", "u32"])),
    "prmt": pure(lambda i, x, y, c: numbers.permuted(x, y, c), lambda i: ["u32"] * 3),
    "lop3": pure(
        lambda i, x, y, z, table: numbers.looked_up(x, y, z, int(table[0]) if len(table) else 0),
        _same(3, ["u32"]),
    ),
    "testp": pure(_testp),
    "mov": _mov,
    "cvta": _cvta,
    **dict.fromkeys(("ld", "ldu"), load),
    "st": store,
    **dict.fromkeys(("atom", "red"), change),
    "shfl": shuffle,
    "vote": vote,
    **dict.fromkeys(("membar", "fence", "prefetch", "nanosleep"), _nothing),
    "trap": _trap,
}
