"""Kernels as machine code for three generations: no spills, registers and shared memory as
recorded.
"""

import numpy as np
import pytest
from on_ptx import launches
from test_kernels import normalised, single, smooth, softmax, spread_out

pytestmark = pytest.mark.cuda_compile

GENERATIONS = [(8, 0), (9, 0), (10, 0)]
CASES = {
    "fused": (smooth, (257,), (257,), (257,)),
    "fused by fours": (smooth, (65536,), (65536,), (65536,)),
    "softmax": (softmax, (4, 300)),
    "softmax by fours": (softmax, (4, 1024)),
    "layer norm by fours": (normalised, (4, 1024)),
    "turned by fours": (lambda x, y: x.T * y, (128, 160), (160, 128)),
    "layer norm": (normalised, (4, 300)),
    "column sum": (lambda x: np.sum(x, axis=0), (40, 2000)),
    "whole sum": (lambda x: np.sum(x), (40_000,)),
    "product": (lambda a, b: a @ b, (33, 40), (40, 20)),
    "large product": (lambda a, b: a @ b, (70, 40), (40, 80)),
}
# The most registers and bytes of shared memory of any kernel of a case, with room for another
# assembler.
MOST = {
    "fused": (40, 0), "fused by fours": (64, 0), "softmax by fours": (64, 256),
    "layer norm by fours": (64, 256), "turned by fours": (64, 4480), "softmax": (64, 256), "layer norm": (64, 256), "column sum": (40, 1024),
    "whole sum": (64, 64), "product": (64, 2304), "large product": (96, 8448),
}  # fmt: skip


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("case", CASES)
def test_machine_code(case, generation):
    from defn.compilers.cuda.build import assemble, compile_kernel

    function, *shapes = CASES[case]
    steps = launches(function, *(single(*s) for s in shapes))
    for step in (*steps, *(s.plain() for s in steps if s.plain)):
        signature = step.signature
        compiled = compile_kernel(step.text, signature, generation)
        machine = assemble(compiled.ptx, generation)
        assert machine.spilled == 0
        registers, shared = MOST[case]
        assert machine.registers <= registers and machine.shared <= shared, machine[1:]


def test_scattered_additions_are_atomic():
    (step,) = [
        s
        for s in launches(spread_out, single(9), np.arange(5), single(5))
        if "atomic_add" in s.text
    ]
    assert "atom.global.add.f32" in step.compiled.ptx or "red.global.add.f32" in step.compiled.ptx
