"""The page on NumPy's namespace says what the tables do, and every absence has a reason."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from defn import jit
from defn.errors import Unsupported

ROOT = Path(__file__).parents[2]


def test_page_is_up_to_date():
    script = ROOT / "docs" / "make_coverage.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert not done.returncode, done.stderr


@pytest.mark.parametrize("call", [np.roots, lambda x: np.polydiv(x, x)])
def test_absences_name_a_way_out(call):
    with pytest.raises(Unsupported, match="np.linalg"):
        jit(call, compiler="numpy")(np.ones(3))
