"""Instructions of PTX as functions of a run: decoded once, executed for all threads that stand
there.
"""

from __future__ import annotations

import re

import numpy as np

from defn.compilers.cuda.ptx import numbers
from defn.compilers.cuda.ptx.text import BITS, DTYPE, LOCAL, SHARED, PtxError

LANES = 32


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

# --- operands ------------------------------------------------------------------------------------


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
    return lambda run, chosen: np.full(run.count if chosen is None else len(chosen), value)


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
    return text in entry.constants


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
        return _unpack(_items(target), operand(source, instruction.type, entry))
    if source.startswith("{"):
        return _pack(target, source, instruction, entry)
    if constant_address(source, entry):
        return lambda run, chosen: run.write(
            target,
            np.full(
                run.count if chosen is None else len(chosen),
                run.memory.constants[source],
                np.uint64,
            ),
            chosen,
        )
    read = operand(source, instruction.type, entry)
    return lambda run, chosen: run.write(target, read(run, chosen), chosen)


def _items(text):
    return [item.strip() for item in text.strip("{}").split(",")]


def _unpack(names, read):
    def step(run, chosen):
        value = np.ascontiguousarray(read(run, chosen))
        parts = value.view(BITS[value.dtype.itemsize // len(names)])
        for k, name in enumerate(names):
            run.write(name, np.ascontiguousarray(parts[k :: len(names)]), chosen)

    return step


def _pack(target, source, instruction, entry):
    names = _items(source)
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


# --- memory --------------------------------------------------------------------------------------


def _vector(instruction):
    return next((int(m[1]) for m in instruction.modifiers if m in ("v2", "v4", "v8")), 1)


def _address(text, entry):
    """A function that gives the address in an operand like `[%rd1+8]`."""
    name, offset = re.match(r"\[\s*([%\w$]+)\s*(?:\+\s*(-?\d+))?\s*\]", text).groups()
    offset = int(offset or 0)
    if constant_address(name, entry):
        return lambda run, chosen: np.full(
            run.count if chosen is None else len(chosen), run.memory.constants[name] + offset
        )
    wide = DTYPE[entry.registers.get(name, "b64")].itemsize == 8
    read = operand(name, "u64" if wide else "u32", entry)
    return lambda run, chosen: read(run, chosen).astype(np.int64) + offset


def _space(instruction):
    return next(
        (m for m in instruction.modifiers if m in ("global", "shared", "local", "const")), "generic"
    )


def _bytes(places, size):
    return places[:, None] + np.arange(size)


def _ld(instruction, entry):
    target, source = instruction.operands
    names = _items(target)
    if "param" in instruction.modifiers:
        return _ld_parameter(instruction, names, source, entry)
    address, space = _address(source, entry), _space(instruction)
    dtype, count = DTYPE[instruction.type], _vector(instruction)
    size = dtype.itemsize * count

    def step(run, chosen):
        threads = run.threads if chosen is None else run.threads.of(chosen)
        at, interval = address(run, chosen), run.interval_of(chosen)
        found = np.zeros((len(at), count), dtype)
        for some, region, places in run.memory.find(at, space, size, threads):
            here = _bytes(places, size)
            if region.watched:
                who = (np.broadcast_to(a[some][:, None], here.shape).reshape(-1)
                       for a in (threads.number, threads.block, interval))  # fmt: skip
                region.notice_read(here.reshape(-1), *who)
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
                value = np.ascontiguousarray(data[:, here]).view(dtype).reshape(-1)
            else:
                word = run.given[name][here].view(dtype)[0]
                value = np.full(run.count if chosen is None else len(chosen), word)
            run.write(register, value, chosen)

    return step


def _st(instruction, entry):
    target, source = instruction.operands
    dtype = DTYPE[instruction.type]
    reads = [operand(item, instruction.type, entry) for item in _items(source)]
    if "param" in instruction.modifiers:
        return _st_parameter(target, reads, dtype)
    address, space = _address(target, entry), _space(instruction)
    size = dtype.itemsize * len(reads)

    def step(run, chosen):
        threads = run.threads if chosen is None else run.threads.of(chosen)
        at, interval = address(run, chosen), run.interval_of(chosen)
        values = np.stack([read(run, chosen) for read in reads], 1)
        for some, region, places in run.memory.find(at, space, size, threads):
            here = _bytes(places, size)
            if region.watched:
                who = (np.broadcast_to(a[some][:, None], here.shape).reshape(-1)
                       for a in (threads.number, threads.block, interval))  # fmt: skip
                region.notice_write(here.reshape(-1), *who)
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


def _atom(instruction, entry):
    """One thread after another: an order that the machine may choose too."""
    returns = instruction.name == "atom"
    target = instruction.operands[0] if returns else "_"
    address, *given = instruction.operands[returns:]
    address, space = _address(address, entry), _space(instruction)
    dtype, size = DTYPE[instruction.type], DTYPE[instruction.type].itemsize
    reads = [operand(text, instruction.type, entry) for text in given]
    name = next(m for m in instruction.modifiers if m in (*CHANGE, "cas", "inc", "dec"))

    def step(run, chosen):
        threads = run.threads if chosen is None else run.threads.of(chosen)
        at, interval = address(run, chosen), run.interval_of(chosen)
        values = [read(run, chosen) for read in reads]
        old = np.zeros(len(at), dtype)
        for some, region, places in run.memory.find(at, space, size, threads):
            here = _bytes(places, size)
            if region.watched:
                who = (np.broadcast_to(a[some][:, None], here.shape).reshape(-1)
                       for a in (threads.number, threads.block, interval))  # fmt: skip
                region.notice_atomic(here.reshape(-1), *who)
            for k, place in zip(some, here):
                before = old[k] = region.data[place].view(dtype)[0]
                if name == "cas":
                    after = values[1][k] if before == values[0][k] else before
                else:
                    after = CHANGE[name](before, values[0][k])
                region.data[place] = np.array([after], dtype).view(np.uint8)
        run.write(target, old, chosen)

    return step


# --- warps ---------------------------------------------------------------------------------------


def _shfl(instruction, entry):
    target, *given = instruction.operands
    value_of, by_of, clamp_of = (operand(t, "b32", entry) for t in given[:3])
    mode, names = instruction.modifiers[1], target.split("|")

    def step(run, chosen):
        place = run.threads.place if chosen is None else chosen
        value, by = value_of(run, chosen), by_of(run, chosen).astype(np.int64) & 31
        clamp = clamp_of(run, chosen).astype(np.int64)
        lane = run.in_block[place] % LANES
        segment, last = clamp >> 8 & 31, clamp & 31
        most, least = (lane & segment) | (last & ~segment & 31), lane & segment
        source = {
            "down": lane + by,
            "up": lane - by,
            "bfly": lane ^ by,
            "idx": least | (by & ~segment & 31),
        }[mode]
        inside = source >= most if mode == "up" else source <= most
        source = np.where(inside, source, lane)
        where = np.full(run.count, -1)
        where[place] = np.arange(len(place))
        found = where[np.minimum(place - lane + source, run.count - 1)]
        if (found < 0).any():
            raise PtxError("a shuffle reads a lane that does not take part")
        run.write(names[0], value[found], chosen)
        if len(names) > 1:
            run.write(names[1], inside, chosen)

    return step


def _vote(instruction, entry):
    target, source, *_ = instruction.operands
    read, mode = operand(source, "pred", entry), instruction.modifiers[1]

    def step(run, chosen):
        place = run.threads.place if chosen is None else chosen
        value, warp = read(run, chosen), run.warp[place]
        lane = run.in_block[place] % LANES
        sums = np.bincount(
            warp,
            weights=value * 2.0 ** (lane if mode == "ballot" else 0),
            minlength=run.warp[-1] + 1,
        )
        counts = np.bincount(warp, minlength=run.warp[-1] + 1)
        result = {"ballot": sums.astype(np.uint32), "all": sums == counts, "any": sums > 0}[mode]
        run.write(target, result[warp], chosen)

    return step


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
    **dict.fromkeys(("ld", "ldu"), _ld),
    "st": _st,
    **dict.fromkeys(("atom", "red"), _atom),
    "shfl": _shfl,
    "vote": _vote,
    **dict.fromkeys(("membar", "fence", "prefetch", "nanosleep"), _nothing),
    "trap": _trap,
}
