"""PTX as data: what an entry takes, its registers, its memory, its instructions and labels.

Calls of device functions are written out where they stand, so that the code is one list.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from defn.errors import CompilerError

BITS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
DTYPE = {
    "pred": np.dtype(bool), "f16": np.dtype("f2"), "f32": np.dtype("f4"), "f64": np.dtype("f8"),
    **{f"{name}{8 * n}": np.dtype(f"{kind}{n}") for n in BITS for name, kind in ("uu", "bu", "si")},
}  # fmt: skip
DEEPEST = 8  # calls within calls
SHARED, LOCAL, GLOBAL = 1 << 40, 2 << 40, 1 << 44  # where the spaces begin among generic addresses
SPECIAL = {"%tid", "%ntid", "%ctaid", "%nctaid", "%laneid", "%warpid"}


class PtxError(CompilerError):
    """What a kernel must not do: an access out of bounds, a race, a barrier that not all reach."""


class Instruction(NamedTuple):
    """`@guard name.modifiers operands`."""

    name: str
    modifiers: tuple
    operands: tuple
    guard: str | None
    negated: bool
    text: str

    @property
    def type(self):
        return self.modifiers[-1] if self.modifiers else ""


class Entry:
    """A kernel: parameters, registers by type, variables by address, instructions, labels."""

    def __init__(self, ptx):
        text = re.sub(r"//[^\n]*|/\*.*?\*/", "", ptx.replace("\0", ""), flags=re.S)
        self.functions = dict(_functions(text))
        head, self.name, declared, body = _entry(text)
        self.parameters = [_parameter(p) for p in declared.split(",") if p.strip()]
        self.calls = 0
        body = self._written_out(body)
        self.passed = set(re.findall(r"\.param\s+(?:\.align\s+\d+\s+)?\.\w+\s+([\w$]+)", body))
        self.shared, self.shared_size = _laid_out(text, "shared", SHARED)
        self.local, self.local_size = _laid_out(body, "local", LOCAL)
        self.constants = dict(_constants(head))
        self.registers = dict(_registers(body))
        self.code, self.labels = _code(body)

    def _written_out(self, text, depth=0):
        """The text with the bodies of the functions that it calls."""
        if depth > DEEPEST:
            raise PtxError("a device function calls itself: that is not executed")

        def body(call):
            results, name, given = call.groups()
            if name not in self.functions:
                raise PtxError(f"{name} is called, but it is not in the text")
            self.calls += 1
            mark = f"c{self.calls}"
            made, taken, text = self.functions[name]
            text = _renamed(self._written_out(text, depth + 1), mark)
            pairs = [*zip(made, _names(results)), *zip(taken, _names(given))]
            for formal, actual in pairs:
                text = re.sub(rf"\b{re.escape(formal)}\b", actual, text)
            end = f"$after{mark}"
            return "\n" + re.sub(r"\bret\s*;", f"bra {end};", text) + f"\n{end}:\n"

        return re.sub(CALL, body, text)


CALL = re.compile(r"call(?:\.uni)?\s*(?:\(([^)]*)\)\s*,)?\s*([\w$]+)\s*(?:,\s*\(([^)]*)\))?\s*;")


def _names(text):
    return re.findall(r"[\w$]+", text or "")


def _renamed(text, mark):
    """The registers and labels of a function under names of their own."""

    def register(found):
        return (
            found.group(0)
            if found.group(1) in SPECIAL
            else f"{found.group(1)}_{mark}_{found.group(2) or ''}"
        )

    text = re.sub(r"(%[a-zA-Z]+)<", rf"\1_{mark}_<", text)
    text = re.sub(r"(%[a-zA-Z]+)(\d+)?(?![\w.<])", register, text)
    return text.replace("$L__BB", f"$L{mark}__BB")


def _block(text, start):
    """The text between the brace at or after a place and its partner."""
    begin = text.index("{", start) + 1
    depth, at = 1, begin
    while depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return text[begin : at - 1]


def _functions(text):
    """(name, (results, parameters, body)) of each device function."""
    last = lambda declared: [
        p.split()[-1].split("[")[0] for p in (declared or "").split(",") if p.strip()
    ]
    for found in re.finditer(
        r"\.func\s*(?:\(([^)]*)\))?\s*([\w$]+)\s*\(([^)]*)\)([^;{]*)([;{])", text
    ):
        results, name, taken, _, ending = found.groups()
        if ending == "{":
            yield name, (last(results), last(taken), _block(text, found.end() - 1))


def _entry(text):
    found = re.search(r"\.entry\s+([\w$]+)\s*\((.*?)\)\s*(\.\w+[^{]*)?\{", text, re.S)
    if not found:
        raise PtxError("the text has no entry")
    return text[: found.start()], found.group(1), found.group(2), _block(text, found.end() - 1)


def _parameter(text):
    """The name and the type of a parameter."""
    kind = re.search(r"\.(b8|[busf]\d\d)\b", text).group(1)
    return text.split()[-1].split("[")[0], kind


def _laid_out(text, space, base):
    """The addresses of the variables of a space, and how many bytes they take."""
    found, size = {}, 0
    pattern = rf"\.{space}\s+(?:\.align\s+(\d+)\s+)?\.(\w+)\s+([\w$]+)(?:\[(\d*)\])?\s*;"
    for align, kind, name, count in re.findall(pattern, text):
        step = int(align or 16)
        size = -(-size // step) * step
        found[name] = base + size
        size += DTYPE[kind].itemsize * int(count or 1)
    return found, size


def _constants(text):
    """(name, array) of each variable in global or constant memory."""
    pattern = (
        r"\.(?:global|const)\s+\.align\s+\d+\s+\.(\w+)\s+([\w$]+)(?:\[(\d+)\])?"
        r"\s*(?:=\s*\{?([^;}]*)\}?)?\s*;"
    )
    for kind, name, count, values in re.findall(pattern, text):
        array = np.zeros(int(count or 1), DTYPE[kind])
        known = [int(v, 0) for v in values.split(",")] if values else []
        array[: len(known)] = np.array(known).astype(array.dtype)
        yield name, array


def _registers(body):
    """(name, type) of each register; scopes are merged, for the names' types agree."""
    for kind, declared in re.findall(r"\.reg\s+\.(\w+)\s+([^;]+);", body):
        for item in declared.split(","):
            many = re.match(r"\s*(%?[\w$]+?)<(\d+)>\s*$", item)
            names = (
                [f"{many.group(1)}{k}" for k in range(int(many.group(2)))]
                if many
                else [item.strip()]
            )
            yield from ((name, kind) for name in names)


def _code(body):
    """The instructions in order, and the place of each label."""
    body = re.sub(r"^\s*\.loc[^\n]*$", "", body, flags=re.M)
    code, labels = [], {}
    for part in re.split(r";|(?<=:)\s", re.sub(r"([\w$]+):\s", r"\1: ", body)):
        statement = " ".join(part.split())
        while statement[:1] in ("{", "}"):
            statement = statement[1:].strip()
        if statement.endswith(":"):
            labels[statement[:-1]] = len(code)
        elif statement and not statement.startswith("."):
            code.append(_instruction(statement))
    return code, labels


def _instruction(statement):
    found = re.match(r"(?:@(!?)([%\w$]+)\s+)?([\w.:]+)\s*(.*)$", statement, re.S)
    negated, guard, name, rest = found.groups()
    name, *modifiers = name.replace("::", "").split(".")
    operands = re.findall(r"\{[^}]*\}|\[[^\]]*\]|\([^)]*\)|[^,\s][^,]*", rest)
    return Instruction(
        name, tuple(modifiers), tuple(o.strip() for o in operands), guard, negated == "!", statement
    )
