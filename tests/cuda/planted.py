"""Kernels of ours with one of their barriers left out."""

import numpy as np


def without_a_barrier(step, grid=None):
    """The lines of a launch's barriers that may be left out without the executor's noticing; with
    fewer blocks, each of them does more.
    """
    lines = step.text.splitlines()
    assert runs(lines, step, grid)
    barriers = [k for k, line in enumerate(lines) if line.strip() == "barrier()"]
    return [k + 1 for k in barriers if runs([*lines[:k], *lines[k + 1 :]], step, grid)]


def runs(lines, step, grid):
    """Does the executor run a launch with another text to its end?"""
    from defn.compilers.cuda.build import compile_kernel
    from defn.compilers.cuda.ptx import Machine, PtxError

    machine = Machine()
    text = "\n".join(lines) + "\n"
    compiled = compile_kernel(text, step.signature, machine.capability)
    draw = np.random.default_rng(0)
    buffers = [machine.upload(draw.integers(0, 9, s.size).astype(s.dtype)) for s in step.storages]
    try:
        machine.launch(compiled, grid or step.grid, step.block, [*buffers, *step.sizes])
    except PtxError:
        return False
    return True
