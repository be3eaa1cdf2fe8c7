"""SciPy, scikit-learn and einops accept tensors where they accept arrays of the Array API."""

import os
import pathlib
import subprocess
import sys

import pytest

PROGRAM = pathlib.Path(__file__).parents[1] / "array_api_consumers.py"


@pytest.mark.parametrize("library", ["scipy", "sklearn", "einops"])
def test_a_library_of_the_array_api_gives_tensors(library):
    pytest.importorskip(library)
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    run = subprocess.run(
        [sys.executable, PROGRAM, library], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
