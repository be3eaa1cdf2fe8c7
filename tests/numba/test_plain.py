"""The same on a processor without vector instructions and a host without libmvec."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.parametrize("file", ["test_vectormath.py", "test_product.py"])
def test_without_vector_instructions(file):
    command = [sys.executable, "-m", "pytest", "-q", "-x", str(HERE / file)]
    done = subprocess.run(
        command, env={**os.environ, "DEFN_TEST_PLAIN": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:]
