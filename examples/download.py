"""Fetch a published data set: with a progress bar, a checksum, and no half-written file."""

import hashlib
import os
import tempfile
import urllib.request
from pathlib import Path

from progress import progress

CHUNK = 1 << 16

# The MD5 sums are the ones that the publishers of the data sets state.
SOURCES = {
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        {
            "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
            "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
            "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
        },
    ),
    "fashion-mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        {
            "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
        },
    ),
}


def cache_directory(name):
    """Where a downloaded data set is kept for the next run."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "defn-examples" / name


def checksum(path):
    """The MD5 sum of a file: against accidents, not against an adversary."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def chunks(response, size):
    """The content of a response, in pieces, while a bar shows how much has come."""
    count = max(1, -(-size // CHUNK))
    for _ in progress(range(count), "64 kB pieces"):
        yield response.read(CHUNK)
    yield response.read()


def fetch(url, path, md5):
    """Download `url` to `path`, unless it is there; it appears whole and verified, or never."""
    if path.is_file() and checksum(path) == md5:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    print(f"fetching {url}")
    with tempfile.TemporaryDirectory(dir=path.parent) as directory:
        partial = Path(directory) / path.name
        with urllib.request.urlopen(url, timeout=30) as response, open(partial, "wb") as file:
            for chunk in chunks(response, int(response.headers.get("Content-Length") or 0)):
                file.write(chunk)
        found = checksum(partial)
        if found != md5:
            raise OSError(
                f"{url} has the MD5 sum {found}, not {md5}; nothing was kept: try again, "
                "or download the files yourself and name their directory with --data"
            )
        os.replace(partial, path)


def download(name, directory=None, sources=SOURCES):
    """The directory that holds the data set `name`, fetched if it is not there yet."""
    directory = Path(directory or cache_directory(name))
    address, files = sources[name]
    for file, md5 in files.items():
        fetch(address + file, directory / file, md5)
    return directory
