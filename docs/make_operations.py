"""Writes operations.md: what every operation has under every compiler and for every transform, from
the tables themselves.

python docs/make_operations.py            writes docs/operations.md
python docs/make_operations.py --check    fails where the file does not say what the tables do
"""

from __future__ import annotations

import sys
from pathlib import Path

from defn import ops
from defn.compilers.cuda.sorting import SORTS
from defn.compilers.numba.code import code
from defn.compilers.numba.roots import RUNNING
from defn.compilers.xla.lower import lower
from defn.transforms import in_steps
from defn.transforms.batch import batch
from defn.transforms.jvp import jvp
from defn.transforms.vjp import vjp
from defn.transforms.walk import REVERSE
from defn.transforms.written_out import forms

TARGET = Path(__file__).parent / "operations.md"
Kind = ops.Kind

COMPILERS = ("evaluator", "Numba", "XLA", "CUDA")
TRANSFORMS = {"reverse": vjp, "forward": jvp, "batch": batch}
WALKED = {Kind.STRUCTURE, Kind.EFFECT, Kind.LEAF}
# Families that Numba's loops compute whole; its table is of what is computed of single elements.
LOOPS = {Kind.MOVEMENT, Kind.INDEX, Kind.REDUCTION, Kind.PRODUCT, *WALKED}
# Reasons for a derivative's absence that say it is zero, or that there is nothing to derive.
NO_LOSS = {
    "piecewise constant": "zero",
    "of integers": "zero",
    "that is what it is for": "zero",
    "has no operands": "·",
}
MEANING = """
| cell | meaning |
|---|---|
| yes | has a rule of its own |
| walk | belongs to what the walk over the graph does itself, with the bodies it has |
| formula | becomes simpler operations before the compiler sees it |
| library | LAPACK, a Fourier transform or a sort that is called; inside of loops it is written out as loops |
| steps | becomes steps that work on whole arrays, each of them kernels |
| host | computed by the host between two kernels |
| zero | the derivative is zero wherever there is one |
| · | has no operands: there is nothing to do |
| **no** | absent, for the reason below |
""".strip()


# What an operation has.


def value(op, compiler):
    """How a compiler computes an operation; None where it does not."""
    if compiler == "evaluator":
        return "walk" if op.kind in WALKED else "yes"
    if "formula" in op.traits or op is ops.convolution and compiler != "XLA":
        return "formula"
    if op.kind in WALKED:
        return "walk"
    if compiler == "XLA":
        return "yes" if op in lower else None
    if op.kind is Kind.LIBRARY and op not in RUNNING:
        return "library" if compiler == "Numba" else on_device(op)
    return "yes" if op in code or op.kind in LOOPS or op in RUNNING else None


def on_device(op):
    """How CUDA computes what others call a library for."""
    return "steps" if op in in_steps.forms else "yes" if op in SORTS else "host"


def transform(op, concern):
    """How a transform treats an operation; None where it does not."""
    table = TRANSFORMS[concern]
    if op in table:
        return "yes"
    why = table.absences.get(op)
    if why in NO_LOSS:
        return NO_LOSS[why]
    if op.kind in WALKED or concern == "reverse" and op in REVERSE:
        return "walk"
    return None


def reason(op, column):
    """Why a cell is empty."""
    tables = {"Numba": code, "XLA": lower, "CUDA": code, **TRANSFORMS}
    return tables[column].absences.get(op)


def matrix():
    """For every operation, the text of each column, or None."""
    return {
        op: {
            **{compiler: value(op, compiler) for compiler in COMPILERS},
            **{concern: transform(op, concern) for concern in TRANSFORMS},
        }
        for op in ops.ALL.values()
    }


def absences(table):
    """Operation and column of what is absent."""
    return [(op, column) for op, row in table.items() for column, cell in row.items() if not cell]


def share_absent(table):
    """Of operations × compilers × (value, reverse, forward, batch), the part that is absent."""
    missing = 0
    for row in table.values():
        for compiler in COMPILERS:
            missing += sum(not (row[compiler] and row[c]) for c in (compiler, *TRANSFORMS))
    return missing / (len(table) * len(COMPILERS) * (1 + len(TRANSFORMS)))


# The page.


def page():
    """The text of the page."""
    table = matrix()
    unexplained = [(op.name, column) for op, column in absences(table) if not reason(op, column)]
    if unexplained:
        raise SystemExit(f"absent without a reason: {unexplained}")
    count = len(table) * len(COMPILERS) * (1 + len(TRANSFORMS))
    return "\n".join([
        "# Operations × compilers × transforms", "",
        "Written by `python docs/make_operations.py` from the tables of the code; do not edit.", "",
        "A derivative or a batch of a graph is a graph of the same operations, so a compiler has it "
        "where it has the value and the transform has its rule. Counted so, of "
        f"{len(table)} operations × {len(COMPILERS)} compilers × (value, reverse, forward, batch), "
        f"{count} cells, {share_absent(table):.1%} are absent.", "",
        MEANING, "",
        *(line for kind in Kind for line in section(kind, table)),
        "## Absent", "",
        "| operation | where | why |", "|---|---|---|",
        *(f"| `{op}` | {column} | {reason(op, column)} |" for op, column in absences(table)),
        *(f"| `{op}` | Numba, inside of loops | {why} |" for op, why in forms.absences.items()), "",
    ])  # fmt: skip


def section(kind, table):
    """The rows of a family."""
    columns = (*COMPILERS, *TRANSFORMS)
    rows = [
        f"| `{op}` | " + " | ".join(row[c] or "**no**" for c in columns) + " |"
        for op, row in table.items()
        if op.kind is kind
    ]
    title = kind.value[0].upper() + kind.value[1:]
    head = [f"## {title}", "", f"| operation | {' | '.join(columns)} |"]
    return [*head, "|---" * (1 + len(columns)) + "|", *rows, ""]


if __name__ == "__main__":
    text = page()
    if "--check" in sys.argv:
        if TARGET.read_text() != text:
            raise SystemExit(
                "docs/operations.md is out of date: run python docs/make_operations.py"
            )
    else:
        TARGET.write_text(text)
