"""Arrays made from nothing, put together, padded and chosen from: equal to NumPy's."""

import functools

import compiled
import numpy as np
import pytest

from defn import jit
from defn.numpy.creation import CREATION
from defn.numpy.grids import GRIDS

x = np.arange(12.0).reshape(3, 4)
row = np.array([3, 1, 2])
numbers = np.array([1.5, -2.0, 0.25, 8.0], "f4")


agree = functools.partial(compiled.agree, rtol=1e-15)


MADE = {
    "zeros": lambda np: np.zeros((2, 3)),
    "zeros of integers": lambda np: np.zeros(4, dtype="i4"),
    "ones": lambda np: np.ones([2, 2], np.float32),
    "full": lambda np: np.full((2,), 7),
    "full of floats": lambda np: np.full((2, 2), 7, dtype=float),
    "full of a row": lambda np: np.full((2, 3), [1, 2, 3]),
    "arange": lambda np: np.arange(5),
    "arange of floats": lambda np: np.arange(0.0, 1.0, 0.1),
    "arange backwards": lambda np: np.arange(10, -3, -4),
    "arange of float32": lambda np: np.arange(1, 7, 0.3, dtype="f4"),
    "arange of small integers": lambda np: np.arange(np.int8(5)),
    "empty arange": lambda np: np.arange(3, 1),
    "linspace": lambda np: np.linspace(0, 1, 7),
    "linspace without end": lambda np: np.linspace(-1, 2.5, 9, endpoint=False),
    "linspace of integers": lambda np: np.linspace(0, 10, 4, dtype=int),
    "linspace with step": lambda np: np.linspace(0, 1, 5, retstep=True),
    "linspace of one": lambda np: np.linspace(2, 3, 1),
    "linspace of none": lambda np: np.linspace(2, 3, 0),
    "linspace of rows": lambda np: np.linspace([0, 1], [5, 7], 4, axis=1),
    "logspace": lambda np: np.logspace(0, 3, 4),
    "geomspace": lambda np: np.geomspace(1, 1000, 4),
    "geomspace below zero": lambda np: np.geomspace(-1, -8, 4),
    "eye": lambda np: np.eye(3, 4, 1),
    "identity": lambda np: np.identity(3, int),
    "tri": lambda np: np.tri(3, 4, -1),
    "array": lambda np: np.array([[1, 2], [3, 4]], "f4"),
    "array of axes": lambda np: np.array([1, 2.5], ndmin=2),
    "array of a number": lambda np: np.array(3),
    "indices": lambda np: np.indices((2, 3)),
    "sparse indices": lambda np: np.indices((2, 3), sparse=True),
    "fromfunction": lambda np: np.fromfunction(lambda i, j: i + 2 * j, (2, 3)),
    "meshgrid": lambda np: np.meshgrid(np.arange(3), np.arange(2.0)),
    "meshgrid by matrix": lambda np: np.meshgrid(
        np.arange(3), np.arange(2), indexing="ij", sparse=True
    ),
    "mgrid": lambda np: np.mgrid[0:3, 1:7:2],
    "ogrid": lambda np: np.ogrid[0:3, 0:1:4j],
    "r_": lambda np: np.r_[0:3, 5, [7, 8]],
    "c_": lambda np: np.c_[np.arange(3), np.arange(3.0)],
}


class Traced:
    """NumPy with the creation functions that a traced function sees."""

    def __getattr__(self, name):
        found = getattr(np, name)
        return (
            GRIDS.get(found)
            if name in ("mgrid", "ogrid", "r_", "c_")
            else CREATION.get(found, found)
        )


@pytest.mark.parametrize("name", MADE)
def test_creation(name):
    made = MADE[name]
    compiled.same(
        jit(lambda: made(Traced()), compiler="numpy", syntax=False)(), made(np), rtol=1e-15
    )


CHOSEN = {
    "like": lambda x: (
        np.zeros_like(x),
        np.ones_like(x, dtype=int),
        np.full_like(x, 3),
        np.empty_like(x) * 0,
    ),
    "zeros(like=)": lambda x: np.zeros((2, 2), dtype="f4", like=x),
    "concatenate": lambda x: np.concatenate([x, x[:1]], 0),
    "concatenate in a row": lambda x: (
        np.concatenate([x, x[0]], None) if x.ndim == 1 else np.concatenate((x, x), None)
    ),
    "concatenate dtypes": lambda x: np.concatenate([x.astype("f4"), x.astype("i8")], 1),
    "stack": lambda x: np.stack([x, x + 1], -1),
    "vstack": lambda x: np.vstack([x, x[0]]),
    "hstack": lambda x: np.hstack([x, x[:, :1]]),
    "dstack": lambda x: np.dstack([x, x]),
    "column_stack": lambda x: np.column_stack([x[:, 0], x]),
    "block": lambda x: np.block([[x, x[:, :1]], [x[:1], np.ones_like(x[:1, :1])]]),
    "append": lambda x: (np.append(x, x[0]), np.append(x, x[:1], 0)),
    "insert": lambda x: (
        np.insert(x, 1, 5),
        np.insert(x, 1, 5, axis=1),
        np.insert(x, [0, 2], x[:, :2], axis=1),
    ),
    "insert a row": lambda x: np.insert(x, 1, x[0] * 2, axis=0),
    "insert by slice": lambda x: np.insert(x, slice(0, 3, 2), 7, axis=0),
    "delete": lambda x: (np.delete(x, 1), np.delete(x, [0, -1], 1), np.delete(x, slice(0, 2), 0)),
    "repeat": lambda x: (np.repeat(x, 2), x.repeat(3, axis=1), np.repeat(x, [1, 0, 2], 0)),
    "tile": lambda x: (np.tile(x, 2), np.tile(x, (2, 1)), np.tile(x[0], (2, 1, 2))),
    "roll": lambda x: (np.roll(x, 2), np.roll(x, -1, 1), np.roll(x, (1, 2), (0, 1))),
    "resize": lambda x: np.resize(x, (5, 3)),
    "take": lambda x: (
        np.take(x, [1, -1]),
        x.take([[0, 1], [2, 0]], axis=0),
        np.take(x, 1, axis=1),
        np.take(x, 2),
    ),
    "take by mode": lambda x: (
        np.take(x, [5, -7], 0, mode="wrap"),
        np.take(x, [5, -7], 1, mode="clip"),
    ),
    "take_along_axis": lambda x: np.take_along_axis(x, np.argsort(-x, 1)[:, :2], 1),
    "compress": lambda x: (np.compress([True, False, True], x, 0), x.compress([False, True])),
    "extract": lambda x: np.extract(x > 4, x),
    "choose": lambda x: np.choose(np.array([[0, 1, 2, 0]]), [x, x + 100, 7.0]),
    "select": lambda x: np.select([x < 3, x < 8], [x, x * 2], 9),
    "select by default": lambda x: np.select([x < 3], [x.astype("f4")]),
    "diagonal": lambda x: (
        np.diagonal(x),
        x.diagonal(1),
        np.diagonal(x, -1),
        np.diag(x, 2),
        np.linalg.diagonal(x),
    ),
    "diag": lambda x: (np.diag(x[0]), np.diag(x[0], 1), np.diag(x[0], -2), np.diagflat(x[:2, :2])),
    "diagonal of axes": lambda x: np.diagonal(x.reshape(2, 3, 2), 0, 0, 2),
    "tril": lambda x: (np.tril(x), np.triu(x, 1), np.tril(x, -1), np.triu(x[0])),
    "ix_": lambda x: x[np.ix_([0, 2], [1, 3])],
    "unravel_index": lambda x: np.unravel_index(np.argmax(x), x.shape),
    "nonzero": lambda x: (
        np.nonzero(x > 5),
        np.where(x > 5),
        np.argwhere(x > 5),
        np.flatnonzero(x > 5),
    ),
    "fliplr": lambda x: (np.fliplr(x), np.flipud(x), np.rot90(x, 2), np.rot90(x, -1)),
    "splits": lambda x: (
        np.split(x, 3),
        np.hsplit(x, 2),
        np.vsplit(x, [1]),
        np.array_split(x, 3, 1),
        np.split(x, [1, 3], 1),
    ),
    "unstack": lambda x: np.unstack(x, axis=1),
    "broadcast": lambda x: (np.broadcast_to(x[0], (2, 4)), np.broadcast_arrays(x, x[:, :1])),
    "window": lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 2)),
    "window along an axis": lambda x: np.lib.stride_tricks.sliding_window_view(x, 3, axis=1),
    "astype": lambda x: (x.astype("i4"), x.astype(bool), x.view("i8"), x.astype(complex).real),
    "flat": lambda x: (x.flat[3], x.T.flat[2:5], len(x.flat)),
    "strides": lambda x: np.asarray(x.T.strides),
    "ravel_multi_index": lambda x: np.ravel_multi_index(
        (x[0].astype(int) % 3, x[0].astype(int) % 4), (3, 4)
    ),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_functions_of_an_array(name):
    agree(CHOSEN[name], x)


def written(x):
    np.put(x, [0, -1], [7, 8])
    np.put_along_axis(x, np.argmax(x, 1)[:, None], -5.0, 1)
    np.fill_diagonal(x, [1, 2])
    np.copyto(x[0], x[1], where=x[0] > 2)
    np.putmask(x, x > 8, [1.5, 2.5])
    np.place(x, x < 2, [50, 60])
    x.T.flat[1:3] = [70, 71]
    x[1].fill(3)
    return x


def sums(x, at):
    np.add.at(x, (at, slice(None)), 1.5)
    np.add.at(x[:, 0], at, x[:, 1])
    np.subtract.at(x, (at, at), [1.0, 2.0, 3.0])
    np.multiply.at(x, ([0, 0, 1], [1, 1, 2]), 2.0)
    np.maximum.at(x[0], [1, 1], [100.0, 5.0])
    np.negative.at(x, ([0, 0, 1], [0, 0, 1]))
    return x


def test_writing_functions():
    agree(written, x)
    agree(sums, x, np.array([0, 2, 0]))


PADS = [
    {"mode": "constant"},
    {"mode": "constant", "constant_values": 5},
    {"mode": "constant", "constant_values": (1, 2)},
    {"mode": "constant", "constant_values": ((1, 2), (3, 4))},
    {"mode": "edge"},
    {"mode": "reflect"},
    {"mode": "symmetric"},
    {"mode": "wrap"},
    {"mode": "reflect", "reflect_type": "odd"},
    {"mode": "linear_ramp", "end_values": (5, -4)},
    {"mode": "mean"},
    {"mode": "maximum", "stat_length": 2},
    {"mode": "minimum", "stat_length": ((1, 2), (2, 1))},
    {"mode": "median"},
]


@pytest.mark.parametrize("dtype", ["f8", "i4"])
@pytest.mark.parametrize("width", [1, (1, 2), ((0, 1), (2, 0))])
@pytest.mark.parametrize("settings", PADS, ids=str)
def test_pad(settings, width, dtype):
    agree(lambda x: np.pad(x, width, **settings), x.astype(dtype))


def test_traced_parts_of_creation():
    agree(lambda x: np.array([x[0, 0], 2.0, x[1, 1] * 2]), x)
    agree(lambda x: np.array([[x[0], x[1]], [x[1], x[2]]]), x)
    agree(lambda a, b: np.linspace(a, b, 5), 1.0, 3.0)
    agree(lambda x, k: np.roll(x, k, 1), x, 3)
    agree(lambda n: np.zeros(n), 4)


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
def test_arrays_by_their_memory(compiler):
    x = np.array([[1.5, -2.0], [0.25, np.inf]])

    def read(x):
        shared = np.from_dlpack(x)
        shared[0, 0] = 7.0
        bits = np.frombuffer(x, np.int64, count=2, offset=8)
        return (
            x * 1,
            np.from_dlpack(x, copy=True),
            bits,
            np.frombuffer(b"\x01\x02", np.uint8) + x.size,
        )

    wanted = read(x.copy())
    for got, each in zip(jit(read, compiler=compiler)(x.copy()), wanted, strict=True):
        np.testing.assert_array_equal(got, each)
    with pytest.raises(ValueError, match="3 elements from byte 16"):
        jit(lambda x: np.frombuffer(x, float, 3, 16), compiler=compiler)(x)
