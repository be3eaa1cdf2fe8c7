"""Every kernel that the samples and the benchmarks need, and what its machine code is for each
generation.
"""

import re
import sys
from functools import cache
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[k]) for k in (1, 2)]
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
    return once(s for sample in samples_of(name) for s in launches(sample, *sample.arguments))


def once(steps):
    """Launches, a text once."""
    return list({(step.text, step.signature): step for step in steps}.values())


def races():
    """The benchmarks' cases, by name."""
    from benchmarks.case import Race
    from benchmarks.cases import CASES

    return {case.name: case for case in CASES if isinstance(case, Race)}


@cache
def kernels_of_case(name):
    """The launches of a benchmark's case at small sizes."""
    race = races()[name]
    return once(launches(race.statement, *race.arguments(np.random.default_rng(0), True)))


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


def needs(steps):
    """The most registers in each generation, and the most bytes of shared memory."""
    codes = [[Code(step, g) for step in steps] for g in GENERATIONS]
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


def written(name, steps):
    registers, shared = needs(steps)
    return f"{name}: {'/'.join(map(str, registers))} {shared}"


def toolkit():
    """The version of the assembler, on which registers depend."""
    from importlib.metadata import version

    return f"nvidia-nvjitlink {version('nvidia-nvjitlink')}"


def main():
    lines = [toolkit(), *(written(name, kernels_of(name)) for name in SAMPLES)]
    lines += [written(f"benchmark {name}", kernels_of_case(name)) for name in races()]
    RECORD.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
