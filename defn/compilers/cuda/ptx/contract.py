"""Products and sums that the assembler may fuse into one rounding, fused: what a machine may
give instead.
"""

from __future__ import annotations

import re

FLOATS = ("f32", "f64")
WRITES_NOTHING = ("st", "red", "bra")


def contracted(entry):
    """The code in which a product that is used once, in a sum, is fused with it."""
    code = list(entry.code)
    defined, used = _uses(code)
    borders = sorted(entry.labels.values())
    for k, sum_ in enumerate(code):
        if _is_plain(sum_, ("add", "sub")):
            for side in (2, 1):
                at = _product(code, sum_.operands[side], k, defined, used, borders)
                if at is not None:
                    code[k] = _fused(code[at], sum_, side)
                    break
    return code


def _uses(code):
    defined, used = {}, {}
    for k, instruction in enumerate(code):
        for j, operand in enumerate(instruction.operands):
            table = defined if j == 0 and instruction.name not in WRITES_NOTHING else used
            for name in re.findall(r"%[\w.]+", operand):
                table.setdefault(name, []).append(k)
    return defined, used


def _is_plain(instruction, names):
    """An operation of floats whose rounding is not prescribed."""
    return (
        instruction.name in names
        and instruction.type in FLOATS
        and "rn" not in instruction.modifiers
        and instruction.guard is None
    )


def _product(code, name, k, defined, used, borders):
    """Where the product is that a sum may take in: the only value of its name, used here alone."""
    at = defined.get(name, [])
    if len(at) != 1 or at[0] >= k or used.get(name) != [k]:
        return None
    (at,) = at
    product = code[at]
    if not _is_plain(product, ("mul",)) or product.modifiers != code[k].modifiers:
        return None
    moved = any(at < j < k for factor in product.operands[1:] for j in defined.get(factor, []))
    return None if moved or any(at < b <= k for b in borders) else at


def _fused(product, sum_, side):
    _, x, y = product.operands
    other = sum_.operands[3 - side]
    if sum_.name == "sub":
        x, other = (_negated(x), other) if side == 2 else (x, _negated(other))
    return sum_._replace(
        name="fma", modifiers=("rn", *sum_.modifiers), operands=(sum_.operands[0], x, y, other)
    )


def _negated(operand):
    if operand.startswith("%"):
        return f"-{operand}"
    if operand.startswith("-"):
        return operand[1:]
    digits = 8 if operand[1] in "fF" else 16
    return f"{operand[:2]}{int(operand[2:], 16) ^ 1 << (4 * digits - 1):0{digits}X}"
