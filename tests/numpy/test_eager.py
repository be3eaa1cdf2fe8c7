"""Indexing and writes of eager tensors: values as NumPy's; a view of one is a copy."""

import numpy as np
import pytest

from defn import tensor
from defn.errors import BoundsError, ShapeError

x = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(
    "read",
    [
        lambda x: x[1],
        lambda x: x[1, 2],
        lambda x: x[:, ::-1],
        lambda x: x[[0, 2], 1],
        lambda x: x[x > 5],
        lambda x: x[None, ..., 1:],
        lambda x: x.T.reshape(-1),
        lambda x: np.where(x > 3)[1],
        lambda x: np.take(x, [1], axis=1),
        lambda x: np.pad(x, 1, mode="edge"),
        lambda x: np.concatenate([x, x]),
        lambda x: np.delete(x, [1], 0),
        lambda x: np.diagonal(x),
        lambda x: x.flat[5],
    ],
)
def test_reading(read):
    got, wanted = read(tensor(x)), read(x)
    assert got.shape == wanted.shape and got.dtype == wanted.dtype
    np.testing.assert_array_equal(np.asarray(got), wanted)


def written(x):
    x[0] = 5
    x[1, 1] = 7
    x[[2, 2], [0, 1]] = 9
    x[x > 8] = 0
    x[:, 1:3] += 1
    x[True, 0] = 3
    np.add.at(x, [0, 0], 1)
    np.fill_diagonal(x, 2)
    x.flat[3] = 77
    return x


def test_writing():
    np.testing.assert_array_equal(np.asarray(written(tensor(x))), written(x.copy()))


def test_errors_say_what_was_asked():
    with pytest.raises(BoundsError, match="index 5 is out of bounds for axis 0 with size 3"):
        tensor(x)[5]
    with pytest.raises(BoundsError, match="too many indices"):
        tensor(x)[0, 0, 0]
    with pytest.raises(BoundsError, match="index 7 is out of bounds"):
        tensor(x)[[0, 7]]
    with pytest.raises(BoundsError, match="only integers, slices"):
        tensor(x)["a"]
    with pytest.raises(BoundsError, match="must be of integer"):
        tensor(x)[[0.5]]
    with pytest.raises(ShapeError, match="cannot reshape array of size 12 into shape"):
        np.reshape(tensor(x), (5, -1))
