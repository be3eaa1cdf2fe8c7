"""Writes coverage.md: what of NumPy's main namespace means something on traced values, from the
tables themselves.

python docs/make_coverage.py            writes docs/coverage.md
python docs/make_coverage.py --check    fails where the file does not say what the tables do
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import defn.along
import defn.fft
import defn.linalg
import defn.special  # noqa: F401
from defn.dispatch import FUNCTIONS, INSTEAD, UFUNCS
from defn.numpy.creation import CREATION

TARGET = Path(__file__).parent / "coverage.md"

# Functions that ask arrays nothing but their shape or dtype: inside of compiled functions they are NumPy's own.
NUMPYS_OWN = """
base_repr binary_repr broadcast_shapes format_float_positional format_float_scientific isdtype isfortran isscalar
issubdtype iterable mask_indices mintypecode promote_types row_stack typename
""".split()
# Functions that @defn finds where they are called.
CALLED = ["frompyfunc"]

# Why a name has no meaning on traced values, and what to use; every name without a meaning is here.
FILES = "reads a file or text: do it before the compiled function"
SETTING = "is a setting or a question about NumPy itself: as always, it takes no arrays"
REASONS = {
    **INSTEAD,
    **dict.fromkeys("fromfile fromregex genfromtxt load loadtxt fromstring".split(), FILES),
    **dict.fromkeys(
        """get_include get_printoptions getbufsize geterr geterrcall info printoptions
        set_printoptions setbufsize
        seterr seterrcall show_config show_runtime test""".split(),
        SETTING,
    ),
}


def names():
    """The functions of NumPy's main namespace."""
    found = {}
    for name in dir(np):
        function = getattr(np, name)
        if callable(function) and not isinstance(function, type) and not name.startswith("_"):
            found[name] = function
    return found


def is_supported(name, function):
    """Does a table say what the function means, or is it NumPy's own?"""
    if name in NUMPYS_OWN or name in CALLED:
        return True
    if isinstance(function, np.ufunc):
        return function in UFUNCS
    return function in FUNCTIONS or function in CREATION


def rows():
    """For each name: is it supported, and the reason if it is not."""
    return {name: (is_supported(name, f), REASONS.get(name)) for name, f in names().items()}


def page():
    """The text of the page."""
    table = rows()
    missing = [name for name, (supported, reason) in table.items() if not supported and not reason]
    if missing:
        raise SystemExit(f"neither supported nor with a reason: {missing}")
    there = [name for name, (supported, _) in table.items() if supported]
    absent = {name: reason for name, (supported, reason) in table.items() if not supported}
    return "\n".join([
        "# NumPy's main namespace on traced values", "",
        "Written by `python docs/make_coverage.py` from the tables of the code; do not edit.", "",
        f"Of {len(table)} functions {len(there)} are supported, in compiled functions and on "
        f"eager tensors. What a call"
        " does not support (a setting, a dtype, a size that only values tell) it refuses at your "
        "line.", "",
        "## Supported", "", *paragraphs(there), "",
        f"Of these, {', '.join(f'`{name}`' for name in NUMPYS_OWN)} ask arrays nothing but their "
        "shape or dtype: inside of compiled functions they are NumPy's own. Beside functions, "
        "`np.vectorize`, `np.ndindex`, `np.ndenumerate`, `np.nditer`, `np.mgrid`, `np.ogrid`, "
        "`np.r_` and `np.c_` work on traced values.", "",
        "## Not supported", "", "| function | it |", "|---|---|",
        *(f"| `{name}` | {reason} |" for name, reason in absent.items()), "",
    ])  # fmt: skip


def paragraphs(found, width=118):
    """Names in lines, those of one letter in a paragraph."""
    lines, first = [], None
    for name in sorted(found, key=str.lower):
        text = f"`{name}`"
        if name[0].lower() != first:
            lines += ([""] if lines else []) + [text]
        elif len(lines[-1]) + len(text) + 1 > width:
            lines.append(text)
        else:
            lines[-1] += f" {text}"
        first = name[0].lower()
    return lines


if __name__ == "__main__":
    text = page()
    if "--check" in sys.argv:
        if TARGET.read_text() != text:
            raise SystemExit("docs/coverage.md is out of date: run python docs/make_coverage.py")
    else:
        TARGET.write_text(text)
