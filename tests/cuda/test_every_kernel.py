"""Every kernel of every operation's samples: no spills, nothing wider than asked, and as many
registers as on record (`python tests/cuda/kernels_of.py` writes the record anew).
"""

import re

import pytest
from kernels_of import GENERATIONS, Code, kernels_of, needs, recorded, toolkit
from samples import SAMPLES

pytestmark = [pytest.mark.cuda_compile, pytest.mark.ptx]

# Where the graph has float64: as the dtype of an array, or of a value in between. Of complex64 some
# functions are computed in it, and libdevice's turns of large angles are.
WIDE = re.compile(r"float64|complex64|complex128|\b(sin|cos|tan)\(")
# Elements of 64 bits that are divided, as the text says; indices are not.
DIVISIONS = re.compile(r"\b(floor_divide|remainder|fmod|gcd|mod)\w*\(|//|%")


def check(step, generation):
    code = Code(step, generation)
    assert code.spilled == 0, step.text
    if not WIDE.search(f"{step.signature} {step.text}"):
        assert ".f64" not in code.ptx, step.text
    if not DIVISIONS.search(step.text):
        assert not code.divides_long, step.text


@pytest.mark.parametrize("name", SAMPLES)
def test_machine_code(name):
    for step in kernels_of(name):
        check(step, (9, 0))


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_other_generations_and_the_record(name):
    check_against_record(name, kernels_of(name))


def check_against_record(name, steps):
    """In each generation no spills and nothing wide; no more registers than on record."""
    for step in steps:
        for generation in GENERATIONS:
            check(step, generation)
    version, known = recorded()
    if version != toolkit():
        pytest.skip(f"registers are recorded for {version}, here is {toolkit()}")
    assert name in known, "not on record: run python tests/cuda/kernels_of.py"
    (registers, shared), (most, room) = needs(steps), known[name]
    assert shared <= room
    # The machine gives registers by eights.
    assert all(n <= m + 8 for n, m in zip(registers, most, strict=True)), (registers, most)
