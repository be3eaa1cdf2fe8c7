"""What the machine code of CUDA kernels does for each element, beside XLA's for the same graph.

    python -m benchmarks.gpu_code --tools PYTHON

No device is needed. `PYTHON` is an interpreter whose packages hold `nvidia-cuda-nvdisasm`, and, for
XLA's columns, `jax`, `jax-cuda13-plugin`, `jax-cuda13-pjrt` and `nvidia-cuda-nvcc`.

Counted are the instructions that one thread executes on the usual path, divided by the elements that
it has: slow paths of divisions and roots are not taken, loops over what is left after fours neither.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from itertools import chain
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np

import defn
from defn.compilers.cuda.build import assemble
from defn.compilers.cuda.product import DEEP

CAPABILITY = (9, 0)
LINE = re.compile(r"/\*[0-9a-f]{4,}\*/\s+(?:(@!?U?P\w+)\s+)?([A-Z][\w.]*)(.*);")
LABEL = re.compile(r"^(\.L_x_\d+):")
MEMORY = re.compile(r"^(LDG|STG|RED|REDG|ATOM|ATOMG)\b")


# --- the cases -----------------------------------------------------------------------------------


def fused(x, y, z):
    return np.sqrt(x * x + y * y) * np.exp(-z)


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def layer_norm(x):
    centred = x - np.mean(x, axis=-1, keepdims=True)
    square = np.mean(centred * centred, axis=-1, keepdims=True)
    return centred / np.sqrt(square + np.float32(1e-5))


def whole_sum(x):
    return np.sum(x)


def product(x, y):
    return x @ y


def scatter_add(x, where, values):
    x = x.copy()
    np.add.at(x, where, values)
    return x


def transpose(x):
    return x.T + np.float32(1)


def cumsum(x):
    return np.cumsum(x, axis=-1)


def column_sum(x):
    return np.sum(x, axis=0)


def argmax(x):
    return np.argmax(x, axis=-1)


def gelu(x):
    inner = np.float32(0.79788456) * (x + np.float32(0.044715) * x * x * x)
    return np.float32(0.5) * x * (1 + np.tanh(inner))


def stencil(u):
    around = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]
    return u[1:-1, 1:-1] + np.float32(0.1) * (around - 4 * u[1:-1, 1:-1])


def add_bias(x, y):
    return np.maximum(x + y, 0)


def small_products(x, y):
    return x @ y


def gather(x, where):
    return x[where]


class Case(NamedTuple):
    """A function, its arguments, how many elements it has, and what in its code counts them."""

    function: object
    arguments: tuple
    elements: int
    unit: str = "STG"
    rounds: int = 1  # of a loop of ours around the one that counts

    @property
    def name(self):
        return self.function.__name__


SINGLE = "float32:"
CASES = (
    Case(fused, (SINGLE + "4194304",) * 3, 1 << 22),
    Case(softmax, (SINGLE + "4096x1024",), 1 << 22),
    Case(layer_norm, (SINGLE + "4096x1024",), 1 << 22),
    Case(whole_sum, (SINGLE + "16777216",), 1 << 24, "LDG"),
    Case(product, (SINGLE + "1024x1024",) * 2, 1 << 30, "FFMA", 1024 // DEEP),
    Case(scatter_add, (SINGLE + "65536", "int32:4194304", SINGLE + "4194304"), 1 << 22, "RED"),
    Case(transpose, (SINGLE + "4096x1024",), 1 << 22),
    Case(column_sum, (SINGLE + "4096x4096",), 1 << 24, "LDG"),
    Case(argmax, (SINGLE + "4096x1024",), 1 << 22, "LDG"),
    Case(cumsum, (SINGLE + "4096x1024",), 1 << 22),
    Case(gelu, (SINGLE + "4194304",), 1 << 22),
    Case(add_bias, (SINGLE + "4096x1024", SINGLE + "1024"), 1 << 22),
    Case(stencil, (SINGLE + "2050x2050",), 1 << 22),
    Case(small_products, (SINGLE + "65536x4x4",) * 2, 1 << 20),
    Case(gather, (SINGLE + "65536", "int32:4194304"), 1 << 22),
)


# --- machine code --------------------------------------------------------------------------------


class Instruction(NamedTuple):
    """One instruction: under which condition, what, and where it goes if it is a branch."""

    guard: str
    name: str
    rest: str

    @property
    def target(self):
        found = re.search(r"\.L_x_\d+", self.rest)
        return found.group() if found and self.name.startswith("BRA") else None

    @property
    def bytes(self):
        """What it moves between the thread and memory."""
        if not MEMORY.match(self.name):
            return 0
        width = re.search(r"\.(64|128|U8|S8|U16|S16)\b", self.name)
        return {"64": 8, "128": 16, "U8": 1, "S8": 1, "U16": 2, "S16": 2}[width[1]] if width else 4

    def units(self, unit):
        """How many elements it stands for."""
        if unit == "FFMA":
            return int(self.name.startswith("FFMA"))
        wanted = ("RED", "ATOM") if unit == "RED" else (unit,)
        return self.bytes // 4 if self.name.startswith(wanted) else 0


def decoded(text):
    """The instructions of the only kernel in a disassembly, and where its labels stand."""
    body = max(re.split(r"^\s*\.section\s+\.text\.", text, flags=re.M)[1:], key=is_kernel)
    code, labels = [], {}
    for line in body.splitlines():
        label, found = LABEL.match(line), LINE.search(line)
        if label:
            labels[label[1]] = len(code)
        elif found:
            code.append(Instruction(found[1] or "", found[2], found[3]))
    return code, labels


def is_kernel(section):
    return "STO_CUDA_ENTRY" in section, len(section)


def path(code, labels):
    """The places of the instructions on the usual way from the start to the end; the loops on it."""
    at, way, loops = 0, [], []
    # Where a loop is behind, what may end does: what follows is for elements left over, or errors.
    while code[at].name != "EXIT" or code[at].guard and not loops:
        way.append(at)
        instruction, target = code[at], labels.get(code[at].target)
        at += 1
        if target is None or instruction.name.startswith("BRA.DIV"):
            continue
        if target < at:
            loops.append((target, at))
        elif not instruction.guard or is_slow(code[at:target]):
            at = target
    return [*way, at], loops


def is_slow(skipped):
    """Does a branch jump over a rare case, which calls functions, and touches no memory?"""
    calls = any(i.name.startswith("CALL") for i in skipped)
    return calls and not any(i.bytes for i in skipped)


class Figures(NamedTuple):
    """Of one kernel, for all of its threads."""

    instructions: float
    bytes: float


def measured(code, labels, threads, elements, unit, rounds=1):
    """What a kernel executes and moves: straight parts once, its widest loops as often as needed."""
    way, loops = path(code, labels)
    inner = [a for a in loops if not any(a != b and a[0] <= b[0] and b[1] <= a[1] for b in loops)]
    units = lambda places: sum(code[k].units(unit) for k in places)
    bodies = [[k for k in way if low <= k < high] for low, high in inner]
    most = max(map(units, bodies), default=0)
    main = [body for body in bodies if most and units(body) == most]
    straight = [k for k in way if not any(k in body for body in bodies)]
    around = [k for k in straight if any(a not in inner and a[0] <= k < a[1] for a in loops)]
    straight += around * (rounds - 1)
    times = max(0.0, elements / threads - units(straight)) / max(1, most)
    total = lambda worth: sum(map(worth, straight)) + times * sum(map(worth, chain(*main)))
    return Figures(total(lambda _: 1) * threads, total(lambda k: code[k].bytes) * threads)


# --- both compilers ------------------------------------------------------------------------------


class Tools:
    """The programs of NVIDIA's packages, found through the Python that has them."""

    def __init__(self, python):
        self.python = python
        show = "import sysconfig; print(sysconfig.get_path('purelib'))"
        root = subprocess.run([python, "-c", show], capture_output=True, text=True, check=True)
        self.bin = Path(root.stdout.strip()) / "nvidia" / "cu13" / "bin"

    def disassembled(self, code):
        """Machine code as text."""
        with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
            file.write(code)
            file.flush()
            command = [self.bin / "nvdisasm", "-c", file.name]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def arrays(case):
    made = []
    for text in case.arguments:
        dtype, _, shape = text.partition(":")
        made.append(np.zeros(tuple(map(int, shape.split("x"))), dtype))
    return made


def ours(case, tools):
    """The figures of each kernel."""
    executable = defn.jit(case.function, compiler="cuda", executor="ptx").trace(*arrays(case))
    for step in executable.executable.plan.kernels:
        machine = assemble(step.compiled.ptx, CAPABILITY)
        elements = min(case.elements, max(s.size for s in step.storages))
        if case.unit == "FFMA":
            elements = case.elements
        threads = step.grid * step.block
        code = decoded(tools.disassembled(machine.code))
        found = measured(*code, threads, elements, case.unit, case.rounds)
        yield found, machine.registers


def xlas(folder, case, tools):
    """The figures of each of XLA's kernels."""
    (plan,) = Path(folder).glob(f"*jit_{case.name}.thunk_sequence.txt")
    launches = re.findall(r"kCustomKernel.*?\]\s+(\S+) grid: \[(.*?)\] threads: \[(.*?)\]",
                          plan.read_text())  # fmt: skip
    texts = [p.read_text() for p in Path(folder).glob(f"*jit_{case.name}.*.ptx")]
    for name, grid, block in launches:
        (ptx,) = (t for t in texts if re.search(rf"\.entry {name}\(", t))
        machine = assemble(ptx, (9, "0a"))
        threads = prod(map(int, grid.split(","))) * prod(map(int, block.split(",")))
        code = decoded(tools.disassembled(machine.code))
        yield measured(*code, threads, case.elements, case.unit), machine.registers


def row(case, kernels):
    """Instructions and bytes for each element, summed over the kernels, and the most registers."""
    kernels = list(kernels)
    instructions = sum(f.instructions for f, _ in kernels) / case.elements
    moved = sum(f.bytes for f, _ in kernels) / case.elements
    return instructions, moved, len(kernels), max(r for _, r in kernels)


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu_code", description=__doc__)
    parser.add_argument("--tools", required=True, metavar="PYTHON")
    parser.add_argument("--without-xla", action="store_true")
    chosen = parser.parse_args()
    tools = Tools(chosen.tools)
    with tempfile.TemporaryDirectory() as folder:
        if not chosen.without_xla:
            said = "\n".join(" ".join((case.name, *case.arguments)) for case in CASES)
            script = Path(__file__).with_name("gpu_xla.py")
            subprocess.run([tools.python, script, folder], input=said, text=True, check=True,
                           capture_output=True)  # fmt: skip
        print("| case | instructions | XLA's | ratio | bytes | XLA's | kernels | registers |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for case in CASES:
            report(case, row(case, ours(case, tools)),
                   None if chosen.without_xla else row(case, xlas(folder, case, tools)))  # fmt: skip


def report(case, mine, theirs):
    instructions, moved, kernels, registers = mine
    other = (f"{theirs[0]:.2f}", f"{instructions / theirs[0]:.2f}", f"{theirs[1]:.2f}",
             f"{kernels} / {theirs[2]}", f"{registers} / {theirs[3]}") if theirs else (
                 "", "", "", f"{kernels}", f"{registers}")  # fmt: skip
    print(f"| {case.name} | {instructions:.2f} | {other[0]} | {other[1]} | {moved:.2f} | "
          f"{other[2]} | {other[3]} | {other[4]} |")  # fmt: skip


if __name__ == "__main__":
    main()
