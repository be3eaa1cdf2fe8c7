"""IDX files: the format of MNIST, and of the sets that were made to replace it.

Two zero bytes, the code of the element type, the number of axes, the size of every axis as four
bytes, most significant first; then the elements.
"""

import gzip
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

ELEMENT = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


class Images(NamedTuple):
    """Pictures, (n, height, width) uint8, and the class of each, (n,) uint8."""

    pixels: np.ndarray
    labels: np.ndarray


def parse(content, name):
    """The array that the bytes of an IDX file hold."""
    zeros, code, axes = content[:2], content[2], content[3]
    if zeros != b"\0\0" or code not in ELEMENT:
        raise ValueError(f"{name} is no IDX file: it begins with the bytes {content[:4].hex(' ')}")
    start = 4 + 4 * axes
    shape = tuple(int(size) for size in np.frombuffer(content[4:start], ">u4"))
    element = np.dtype(ELEMENT[code])
    promised, present = math.prod(shape) * element.itemsize, len(content) - start
    if promised != present:
        raise ValueError(
            f"{name} promises {promised} bytes of data, shape {shape}, and holds {present}; "
            "the download was probably cut short"
        )
    values = np.frombuffer(content, element, offset=start).reshape(shape)
    return values.astype(element.newbyteorder("="))


def read(path):
    """The array in the IDX file at `path`, gzip-compressed or plain."""
    content = Path(path).read_bytes()
    return parse(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content, path)


def find(directory, split, kind):
    """The file of one split (train, t10k) and kind (images, labels), under any of its names."""
    axes = {"images": "idx3", "labels": "idx1"}[kind]
    names = [f"{split}-{kind}{mark}{axes}-ubyte{end}" for mark in "-." for end in ("", ".gz")]
    for name in names:
        if (Path(directory) / name).is_file():
            return Path(directory) / name
    raise FileNotFoundError(f"{directory} holds none of {', '.join(names)}")


def load(directory, split):
    """The pictures and labels of one split of a data set in MNIST's format."""
    images = Images(*(read(find(directory, split, kind)) for kind in ("images", "labels")))
    if images.pixels.ndim != 3 or images.labels.shape != images.pixels.shape[:1]:
        raise ValueError(
            f"the {split} files of {directory} do not belong together: "
            f"images {images.pixels.shape}, labels {images.labels.shape}"
        )
    return images
