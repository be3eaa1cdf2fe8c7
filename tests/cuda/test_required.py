"""`DEFN_REQUIRE` turns a skip for want of a package or a device into a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from needed import device, missing

HERE = Path(__file__).resolve().parent
BLIND = (
    "import importlib.util as u, sys, pytest; find = u.find_spec; "
    "u.find_spec = lambda n, *a: None if n in ('numba_cuda', 'cuda.bindings') else find(n, *a); "
    "sys.exit(pytest.main(sys.argv[1:]))"
)


def outcome(required, *arguments, blind=False):
    """What the last line of a run of pytest says, and its exit code."""
    start = ["-c", BLIND] if blind else ["-m", "pytest"]
    environment = {**os.environ, "DEFN_REQUIRE": required}
    command = [sys.executable, *start, "-q", "-p", "no:cacheprovider", "-n", "0", *arguments]
    done = subprocess.run(
        command, cwd=HERE.parent.parent, env=environment, capture_output=True, text=True
    )
    return done.stdout.strip().splitlines()[-1], done.returncode


@pytest.mark.skipif(device(), reason="there is a device")
def test_a_device():
    path = str(HERE / "test_gpu.py")
    said, code = outcome("", path)
    assert code == 0 and "1 skipped" in said
    said, code = outcome("gpu", path)
    assert "1 error" in said or "1 failed" in said
    assert code == 1


@pytest.mark.skipif(bool(missing("ptx")), reason="the packages are not here anyway")
@pytest.mark.parametrize("required, code", [("", 0), ("cuda_compile,ptx", 1)])
def test_the_packages(required, code):
    path = f"{HERE / 'test_faults.py'}::test_right_kernels_run"
    said, found = outcome(required, path, blind=True)
    assert found == code, said
    assert ("skipped" in said) == (code == 0)
