"""Every operation is lowered for CUDA by JAX; where XLA's CUDA compiler is installed, it is compiled for
an H100 too, with no device.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gpu_lowering import lowered
from samples import ROWS, SAMPLES

import defn
from defn.transforms.passes import prepare

TESTS = Path(__file__).resolve().parent.parent


def graphs(name):
    """The graphs of an operation's first sample."""
    sample = SAMPLES[name][0]
    return prepare(defn.jit(sample, compiler="numpy").graph(*sample.arguments))


@pytest.mark.parametrize("name", ROWS)
def test_every_operation_is_lowered_for_cuda(name):
    assert "func.func public @main" in lowered(graphs(name))


def found(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(
    not (found("jax_cuda13_plugin") and found("nvidia")),
    reason="pip install --no-deps jax-cuda13-plugin jax-cuda13-pjrt, and nvidia-cuda-nvcc",
)
def test_every_operation_compiles_for_an_h100():
    paths = os.pathsep.join([str(TESTS), str(TESTS / "xla"), os.environ.get("PYTHONPATH", "")])
    environment = {
        **os.environ,
        "JAX_PLATFORMS": "cpu",  # the plugin then looks for no device
        "XLA_FLAGS": "--xla_gpu_autotune_level=0",
        "PYTHONPATH": paths,
    }
    command = [sys.executable, __file__]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == list(ROWS)


def main():
    from gpu_lowering import compiled

    for name in ROWS:
        with np.errstate(all="ignore"):
            assert "HloModule" in compiled(graphs(name))
        print(name, flush=True)


if __name__ == "__main__":
    main()
