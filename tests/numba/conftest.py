"""An expression over arrays, computed by a kernel."""

import os

import numpy as np
import pytest

from defn.compilers.numba import symbols

if os.environ.get("DEFN_TEST_PLAIN"):
    # As on a host without libmvec, and without any vector instructions beyond the oldest.
    symbols.libmvec = lambda: None
    symbols.processor = lambda: ("x86-64", "+sse2") if symbols.X86 else ("generic", "")
    symbols.hardware = symbols.processor

from defn.compilers.numba.kernels import compile_kernel  # noqa: E402
from defn.compilers.numba.threads import Program  # noqa: E402


def name_of(dtype):
    return "bool_" if dtype == np.bool_ else dtype.name


def text_of(expression, arrays, out, wide=True):
    """The kernel that sets each element of the result to an expression of x0, x1, ..."""
    inputs = [f"    a{k} = buffer(args, {k}, {name_of(a.dtype)})" for k, a in enumerate(arrays)]
    loads = [f"        x{k} = a{k}[i]" for k in range(len(arrays))]
    lines = [
        "def kernel(start, stop, args):",
        *(["    wide()"] if wide else []),
        *inputs,
        f"    out = buffer(args, {len(arrays)}, {name_of(out)})",
        "    for i in range(start, stop):",
        *loads,
        f"        out[i] = {expression}",
        "    return 0",
    ]
    return "\n".join(lines) + "\n"


def apply_expression(expression, *arrays, out=None, wide=True):
    """The result of an expression of x0, x1, ... for each element of one-dimensional arrays."""
    out = np.dtype(out or arrays[0].dtype)
    arrays = [np.ascontiguousarray(a) for a in arrays]
    result = np.empty(arrays[0].shape, out)
    kernel = compile_kernel(text_of(expression, arrays, out, wide))
    slots = [(k, k, "array") for k in range(len(arrays) + 1)]
    run = Program([(kernel, result.size, max(result.size, 1), False, 0)], [0] * len(slots), slots)
    assert run(*arrays, result) == 0
    return result


@pytest.fixture(scope="session")
def apply():
    return apply_expression
