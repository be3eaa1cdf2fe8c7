"""The examples run as a reader runs them, and say what they promise."""

import gzip
import http.server
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import download
import idx
import numpy as np
import pictures
import progress
import pytest

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
FASHION = Path("/usr/share/datasets/fashion-mnist")


def run(name, *arguments, pictures):
    """The output of an example that ran to its end."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", *arguments],
        env={**os.environ, "DEFN_PICTURES": str(pictures)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def accuracy(output):
    line = next(line for line in output.splitlines() if line.startswith("test accuracy"))
    return float(line.split()[-1].rstrip("%"))


# -------------------------------------------------------------------------------- the IDX format


def file_of(array, code=8):
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, code, array.ndim]) + sizes + array.tobytes()


@pytest.mark.parametrize(
    ("code", "dtype"), [(8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")]
)
@pytest.mark.parametrize("compressed", [False, True])
def test_every_element_type_is_read(tmp_path, code, dtype, compressed):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    content = file_of(array, code)
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content) if compressed else content)
    read = idx.read(path)
    assert read.dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(read, array)


def test_a_file_cut_short_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(file_of(np.zeros((3, 4), np.uint8))[:-1])
    with pytest.raises(ValueError, match=r"promises 12 bytes .* holds 11"):
        idx.read(path)


def test_another_format_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\x89PNG whatever")
    with pytest.raises(ValueError, match="no IDX file"):
        idx.read(path)


def test_all_names_in_use_are_found(tmp_path):
    images, labels = np.zeros((5, 2, 2), np.uint8), np.arange(5, dtype=np.uint8)
    (tmp_path / "train-images.idx3-ubyte").write_bytes(file_of(images))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(file_of(labels)))
    assert idx.load(tmp_path, "train").labels.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(FileNotFoundError, match="t10k-images-idx3-ubyte"):
        idx.load(tmp_path, "t10k")


def test_files_that_do_not_belong_together_are_refused(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(file_of(np.zeros((5, 2, 2), np.uint8)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(file_of(np.zeros(4, np.uint8)))
    with pytest.raises(ValueError, match="do not belong together"):
        idx.load(tmp_path, "train")


# ------------------------------------------------------------------------------------- downloads


@pytest.fixture
def server(tmp_path):
    """A server of one file, on this machine: its address, and the file's content."""
    content = os.urandom(200_000)
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "file").write_bytes(content)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=tmp_path / "served")

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/", content
        running.shutdown()


def test_a_download_is_verified_and_kept(server, tmp_path):
    address, content = server
    md5 = download.checksum(tmp_path / "served" / "file")
    sources = {"set": (address, {"file": md5})}
    kept = download.download("set", tmp_path / "kept", sources)
    assert (kept / "file").read_bytes() == content
    # The second time nothing is fetched: the address leads nowhere.
    download.download("set", kept, {"set": ("http://127.0.0.1:9/", {"file": md5})})


def test_a_wrong_checksum_leaves_nothing_behind(server, tmp_path):
    address, _ = server
    with pytest.raises(OSError, match="MD5"):
        download.download("set", tmp_path / "kept", {"set": (address, {"file": "0" * 32})})
    assert list((tmp_path / "kept").iterdir()) == []


# -------------------------------------------------------------------------- pictures and progress


def test_pictures_in_characters():
    ramp = pictures.shades(np.array([[0, 128, 255]] * 2, np.uint8))
    assert ramp == " =@"
    assert pictures.blocks(np.zeros((2, 1), np.uint8)) == (
        "\x1b[38;2;0;0;0m\x1b[48;2;0;0;0m▀\x1b[0m"
    )


def test_progress_gives_all_items(capsys):
    assert list(progress.progress(range(5), "steps")) == [0, 1, 2, 3, 4]
    assert "steps: 5 in" in capsys.readouterr().err


# ---------------------------------------------------------------------------------- whole stories


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
def test_mnist_learns_the_digits(compiler, tmp_path):
    output = run("mnist", "--compiler", compiler, "--no-race", pictures=tmp_path)
    assert accuracy(output) >= 93
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "mnist-images.png",
        "mnist-loss.png",
    ]


def test_mnist_compares_every_compiler(tmp_path):
    output = run("mnist", "--epochs", "1", pictures=tmp_path)
    for way in ("Python lists", "NumPy", "compiler numba", "compiler xla", "backend numpy"):
        assert way in output


@pytest.mark.slow
@pytest.mark.skipif(not FASHION.is_dir(), reason="needs Debian's dataset-fashion-mnist")
def test_fashion_mnist_is_learnt_equally_well_by_every_compiler(tmp_path):
    options = ("--data", FASHION, "--no-race", "--compiler")
    shares = [
        accuracy(run("mnist", *options, compiler, pictures=tmp_path))
        for compiler in ("numba", "xla", "numpy")
    ]
    assert min(shares) >= 88
    assert max(shares) - min(shares) <= 1


def test_matmul_from_foundations(tmp_path):
    output = run("matmul_from_foundations", pictures=tmp_path)
    assert "refused" in output
    assert "sum_of_outer_products" in output


# ------------------------------------------------------------------------- loops, and their slopes


def numbers_in(output, label):
    """The numbers on the line that begins with a label."""
    line = next(line for line in output.splitlines() if line.startswith(label))
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", line.removeprefix(label))]


@pytest.mark.parametrize("compiler", ["numba", "xla"])
def test_kalman_finds_the_published_variances(compiler, tmp_path):
    output = run("kalman", "--compiler", compiler, pictures=tmp_path)
    scatter, published_scatter = numbers_in(output, "variance of the scatter")
    drift, published_drift = numbers_in(output, "variance of the drift")
    assert scatter == pytest.approx(published_scatter, rel=1e-4)
    assert drift == pytest.approx(published_drift, rel=1e-3)
    assert (tmp_path / "kalman.png").is_file()


def test_slopes_through_an_adaptive_solver(tmp_path):
    output = run("ode_sensitivity", pictures=tmp_path)
    for label in ("birth of hares", "hunting", "growth of foxes", "death of foxes"):
        slope, difference = numbers_in(output, label)
        assert slope == pytest.approx(difference, rel=1e-4)


def test_conductivity_is_found(tmp_path):
    output = run("heat_inverse", pictures=tmp_path)
    *_, error = numbers_in(output, "misfit")
    assert error < 3


@pytest.mark.parametrize("compiler", ["numba", "xla"])
def test_mandelbrot(compiler, tmp_path):
    output = run("mandelbrot", "--width", "90", "--compiler", compiler, pictures=tmp_path)
    inside = re.search(r"([\d.]+)% never leave", output)
    # The area of the set is 1.5066 of the 6 units that the picture shows.
    assert float(inside[1]) == pytest.approx(100 * 1.5066 / 6, abs=1.5)
