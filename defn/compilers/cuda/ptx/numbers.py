"""Arithmetic of PTX on arrays of NumPy's, bit by bit what the machine computes where it is
exact.
"""

from __future__ import annotations

import numpy as np

from defn.compilers.cuda.ptx.text import BITS

COMPARE = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal, "lo": np.less, "ls": np.less_equal, "hi": np.greater,
    "hs": np.greater_equal,
}  # fmt: skip
ROUND = {"rni": np.rint, "rzi": np.trunc, "rmi": np.floor, "rpi": np.ceil}
TINY = np.float32(1.1754943508222875e-38)


def flushed(x):
    """Denormal float32 as zero of the same sign."""
    return (
        np.where(np.abs(x) < TINY, np.copysign(np.float32(0), x), x) if x.dtype == np.float32 else x
    )


def _sum_and_rest(x, y):
    """x + y as rounded, and exactly what was rounded off."""
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


def fused_single(x, y, z, rounding="rn"):
    """x * y + z of float32, rounded once: the product is exact in float64, the sum goes to odd."""
    total, rest = _sum_and_rest(x.astype(np.float64) * y.astype(np.float64), z.astype(np.float64))
    if rounding == "rn":
        odd = total.view(np.int64) & 1
        moves = (rest != 0) & (odd == 0) & np.isfinite(total)
        toward = np.nextafter(total, np.where(rest > 0, np.inf, -np.inf))
        return np.where(moves, toward, total).astype(np.float32)
    near = total.astype(np.float32)
    above = near.astype(np.float64) - total
    if rounding == "rm":
        return np.where(
            (above > 0) | ((above == 0) & (rest < 0)), np.nextafter(near, np.float32(-np.inf)), near
        )
    if rounding == "rp":
        return np.where(
            (above < 0) | ((above == 0) & (rest > 0)), np.nextafter(near, np.float32(np.inf)), near
        )
    return np.where(
        np.abs(near.astype(np.float64)) > np.abs(total), np.nextafter(near, np.float32(0)), near
    )


def _halves(x):
    scaled = x * 134217729.0
    high = scaled - (scaled - x)
    return high, x - high


def fused_double(x, y, z, rounding="rn"):
    """x * y + z of float64, within one unit in the last place, nearly always rounded once."""
    (a, b), (c, d) = _halves(x), _halves(y)
    product = x * y
    lost = ((a * c - product) + a * d + b * c) + b * d
    total, rest = _sum_and_rest(product, z)
    result = total + (rest + lost)
    return np.where(np.isfinite(result) & np.isfinite(lost), result, x * y + z)


def compare(name, x, y):
    """A comparison; those that end in u are true where a number is not one."""
    if x.dtype.kind != "f":
        return COMPARE[name](x, y)
    odd = np.isnan(x) | np.isnan(y)
    if name in ("num", "nan"):
        return odd if name == "nan" else ~odd
    if name not in COMPARE:
        return COMPARE[name[:-1]](x, y) | odd
    return COMPARE[name](x, y) & ~odd


def converted(x, target, modifiers):
    """`cvt`: rounding by name, integers held in range where a float is outside."""
    rounding = next((m for m in modifiers if m in ROUND), None)
    if x.dtype.kind == "f":
        x = ROUND[rounding](x) if rounding else x
        return _to_integer(x, target) if target.kind in "iu" else _to_float(x, target, modifiers)
    return x.astype(target)


def _to_float(x, target, modifiers):
    if "rz" in modifiers and target.itemsize < x.dtype.itemsize:
        near = x.astype(target)
        over = np.abs(near.astype(x.dtype)) > np.abs(x)
        return np.where(over, np.nextafter(near, target.type(0)), near)
    result = x.astype(target)
    if "sat" in modifiers:
        result = np.where(np.isnan(result), target.type(0), np.clip(result, 0, 1)).astype(target)
    return result


def _to_integer(x, target):
    limits, x = np.iinfo(target), x.astype(np.float64)
    held = np.where(np.isnan(x), 0, np.clip(x, float(limits.min), float(limits.max)))
    top = x >= float(limits.max)
    return np.where(top, limits.max, np.where(top, 0, held).astype(target)).astype(target)


def divided(x, y):
    """The quotient of integers, cut towards zero; all ones by zero."""
    zero = y == 0
    safe = np.where(zero, y.dtype.type(1), y)
    quotient = x // safe
    if x.dtype.kind == "i":
        up = ((x < 0) != (safe < 0)) & (quotient * safe != x)
        quotient = quotient + up.astype(x.dtype)
    return np.where(zero, ~y.dtype.type(0), quotient)


def shifted(x, by, right):
    """A shift by any count: all bits leave at the width."""
    bits = 8 * x.dtype.itemsize
    count = np.minimum(by, bits - 1).astype(x.dtype)
    if right:
        rest = x >> (bits - 1) if x.dtype.kind == "i" else np.zeros_like(x)
        return np.where(by >= bits, rest, x >> count)
    return np.where(by >= bits, np.zeros_like(x), x << count)


def funnel(low, high, by, modifiers):
    """32 bits out of 64, shifted."""
    by = by & np.uint32(31) if "wrap" in modifiers else np.minimum(by, np.uint32(32))
    both = high.astype(np.uint64) << np.uint64(32) | low
    by = by.astype(np.uint64)
    return (both >> by if "r" in modifiers else (both << by) >> np.uint64(32)).astype(np.uint32)


def high_product(x, y):
    """The upper half of a product."""
    bits = 8 * x.dtype.itemsize
    if bits < 64:
        wide = np.int64 if x.dtype.kind == "i" else np.uint64
        return (x.astype(wide) * y.astype(wide) >> wide(bits)).astype(x.dtype)
    return ((x.astype(object) * y.astype(object)) >> bits).astype(x.dtype)


def looked_up(x, y, z, table):
    """`lop3`: any function of three bits."""
    result = np.zeros_like(x)
    for case in range(8):
        if table >> case & 1:
            result |= (x if case & 4 else ~x) & (y if case & 2 else ~y) & (z if case & 1 else ~z)
    return result


def count_bits(x):
    return np.bitwise_count(x).astype(np.uint32)


def leading_zeros(x):
    bits = 8 * x.dtype.itemsize
    return np.array([bits - int(v).bit_length() for v in x], np.uint32)


def reversed_bits(x):
    bits = 8 * x.dtype.itemsize
    return np.array([int(format(int(v), f"0{bits}b")[::-1], 2) for v in x], x.dtype)


def extracted(x, start, count):
    """`bfe` of unsigned numbers."""
    start, count = start & np.uint32(255), count & np.uint32(255)
    found = [(int(v) >> int(s)) & ((1 << int(n)) - 1) for v, s, n in zip(x, start, count)]
    return np.array(found, BITS[x.dtype.itemsize])


def inserted(x, y, start, count):
    """`bfi`: bits of x in the place of some of y's."""
    whole, found = (1 << 8 * x.dtype.itemsize) - 1, []
    for a, b, s, n in zip(x, y, start, count):
        mask = ((1 << int(n)) - 1) << int(s)
        found.append((int(b) & ~mask | (int(a) << int(s)) & mask) & whole)
    return np.array(found, BITS[x.dtype.itemsize])


def permuted(x, y, choice):
    """`prmt`: four bytes of eight, by number."""
    both = y.astype(np.uint64) << np.uint64(32) | x
    result = np.zeros(len(x), np.uint32)
    for k in range(4):
        pick = choice >> np.uint32(4 * k) & np.uint32(15)
        byte = both >> ((pick & np.uint32(7)).astype(np.uint64) * np.uint64(8)) & np.uint64(255)
        byte = np.where(
            pick & 8, np.where(byte & np.uint64(128), np.uint64(255), np.uint64(0)), byte
        )
        result |= (byte.astype(np.uint32)) << np.uint32(8 * k)
    return result


def extreme(name, x, y, modifiers):
    """`min` and `max`: of a number and none, the number; with NaN, none."""
    if x.dtype.kind != "f":
        return (np.minimum if name == "min" else np.maximum)(x, y)
    if "NaN" in modifiers:
        return (np.minimum if name == "min" else np.maximum)(x, y)
    found = (np.fmin if name == "min" else np.fmax)(x, y)
    tie = (x == 0) & (y == 0)
    signed = np.where(np.signbit(x) == (name == "min"), x, y)
    return np.where(tie, signed, found)


PLAIN = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "and": np.bitwise_and,
         "or": np.bitwise_or, "xor": np.bitwise_xor}  # fmt: skip
# The machine's approximations, computed as exactly as float64 can.
APPROXIMATE = {
    "ex2": np.exp2, "lg2": np.log2, "sin": np.sin, "cos": np.cos, "rcp": lambda x: 1 / x,
    "rsqrt": lambda x: 1 / np.sqrt(x), "sqrt": np.sqrt, "tanh": np.tanh,
}  # fmt: skip
