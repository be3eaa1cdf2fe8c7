"""Every kernel that the samples need, and what its machine code is for each generation."""

import re
import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from on_ptx import launches  # noqa: E402
from samples import ROWS, SAMPLES  # noqa: E402

from defn.compilers import cache as disk  # noqa: E402

GENERATIONS = ((8, 0), (9, 0), (10, 0))
RECORD = Path(__file__).with_name("machine_code.txt")


def samples_of(name):
    """All samples of a row; one of a function that is made of rows."""
    return SAMPLES[name] if name in ROWS else SAMPLES[name][:1]


@cache
def kernels_of(name):
    """The launches of an operation's samples, a text once."""
    found = {}
    for sample in samples_of(name):
        for step in launches(sample, *sample.arguments):
            found[step.text, step.signature] = step
    return list(found.values())


class Code:
    """A kernel's PTX for a generation, and the assembler's figures: kept on disk, as kernels are."""

    def __init__(self, step, generation):
        from defn.compilers.cuda.build import compile_kernel

        self.ptx = compile_kernel(step.text, step.signature, generation).ptx
        self.registers, self.spilled, self.shared = figures(self.ptx, generation)

    @property
    def divides_long(self):
        """Does it divide numbers of 64 bits?"""
        return bool(re.search(r"\b(div|rem)\.[su]64\b", self.ptx))


def figures(ptx, generation):
    """Registers, bytes spilled, bytes of shared memory."""
    from defn.compilers.cuda.build import assemble, identity

    def made():
        machine = assemble(ptx, generation)
        found = machine.registers, machine.spilled, machine.shared
        return found, " ".join(map(str, found)).encode()

    key = disk.key(*identity(), "figures", ptx, repr(generation))
    return disk.once(key, load=lambda data: tuple(map(int, data.split())), make=made)


def needs(name):
    """The most registers in each generation, and the most bytes of shared memory."""
    codes = [[Code(step, g) for step in kernels_of(name)] for g in GENERATIONS]
    registers = [max((c.registers for c in code), default=0) for code in codes]
    return registers, max((c.shared for code in codes for c in code), default=0)


@cache
def recorded():
    """The assembler's version, and by name what was on record."""
    head, *lines = RECORD.read_text().splitlines()
    return head, {name: read(text) for name, text in (line.split(": ") for line in lines)}


def read(text):
    registers, shared = text.split()
    return [int(n) for n in registers.split("/")], int(shared)


def written(name):
    registers, shared = needs(name)
    return f"{name}: {'/'.join(map(str, registers))} {shared}"


def toolkit():
    """The version of the assembler, on which registers depend."""
    from importlib.metadata import version

    return f"nvidia-nvjitlink {version('nvidia-nvjitlink')}"


def main():
    lines = [toolkit(), *map(written, SAMPLES)]
    RECORD.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
