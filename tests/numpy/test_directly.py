"""Functions that NumPy computes as a whole for eager tensors: the same answers, and ours where it has none."""

import numpy as np
import pytest

import defn
from defn import tensor
from defn.errors import DefnError
from defn.numpy.directly import MOVES, WHOLE
from defn.tensor import Tensor

ONE = [
    np.sum,
    np.prod,
    np.max,
    np.min,
    np.any,
    np.all,
    np.argmax,
    np.argmin,
    np.mean,
    np.std,
    np.var,
    np.median,
]


@pytest.mark.parametrize("function", ONE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", ["bool", "int16", "uint8", "float16", "float32", "complex64"])
@pytest.mark.parametrize("settings", [{}, {"axis": 1}, {"axis": 0, "keepdims": True}], ids=str)
def test_types_and_values_are_numpys(function, dtype, settings):
    if dtype == "bool" and function is np.median or dtype == "complex64" and function is np.median:
        pytest.skip("NumPy's median has no such type, or warns of it")
    x = (np.arange(12).reshape(3, 4) % 5).astype(dtype)
    found, wanted = function(tensor(x), **settings), function(x, **settings)
    assert type(found) is Tensor
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    assert found.scalar == isinstance(wanted, np.generic)
    np.testing.assert_array_equal(np.asarray(found), wanted)


@pytest.mark.parametrize("function", WHOLE, ids=lambda f: f.__name__)
def test_traced_it_is_ours(function):
    if function in (
        np.percentile,
        np.quantile,
        np.where,
        np.clip,
        np.dot,
        np.inner,
        np.outer,
        np.vdot,
        np.matmul,
    ):
        pytest.skip("takes more arguments")
    x = np.linspace(0.5, 2, 12).reshape(3, 4)
    graph = defn.jit(lambda x: function(x), compiler="numpy").graph(x)
    assert graph.parameters and graph.outputs[0] is not graph.parameters[0]
    np.testing.assert_allclose(defn.jit(lambda x: function(x), compiler="numpy")(x), function(x))


MORE = {
    np.moveaxis: (0, 2), np.swapaxes: (0, -1), np.reshape: ((4, -1),), np.expand_dims: (1,), np.roll: (2,), np.repeat: (2,),
    np.tile: ((2, 1),), np.partition: (2,), np.argpartition: (1,),
}  # fmt: skip


@pytest.mark.parametrize("function", MOVES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", ["bool", "int16", "float32", "complex64"])
def test_what_moves_elements_is_numpys(function, dtype):
    x = (np.arange(24).reshape(2, 3, 4) * 7 % 11).astype(dtype)
    found, wanted = (function(v, *MORE.get(function, ())) for v in (tensor(x), x))
    assert type(found) is Tensor and (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_array_equal(np.asarray(found), wanted)


METHODS = {
    "T": lambda x: x.T, "transpose": lambda x: x.transpose(1, 0), "reshape": lambda x: x.reshape(4, 3),
    "reshape to one": lambda x: x.reshape((-1,)), "ravel": lambda x: x.ravel(), "swapaxes": lambda x: x.swapaxes(0, 1),
    "astype": lambda x: x.astype("f4"), "concatenate": lambda x: np.concatenate([x, x, x[:1]]),
    "along": lambda x: np.concatenate((x, x), 1), "flat": lambda x: np.concatenate([x, x], axis=None),
    "of other dtypes": lambda x: np.concatenate([x, np.ones((1, 4), "f4")]), "stack": lambda x: np.stack([x, x], axis=-1),
    "vstack": lambda x: np.vstack([x, x[0]]), "hstack": lambda x: np.hstack((x, x)), "rows": lambda x: x[[2, 0]],
    "marked": lambda x: x[x > 3], "by an array": lambda x: x[np.array([[0, 1], [-1, 2]])], "columns": lambda x: x[:, None, 1:],
    "zeros": lambda x: np.zeros_like(x) + x,
}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_moves_by_methods_and_subscripts(name):
    x = np.arange(12).reshape(3, 4)
    found, wanted = METHODS[name](tensor(x)), METHODS[name](x)
    assert type(found) is Tensor and (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_array_equal(np.asarray(found), wanted)


def test_a_scalar_stays_one_and_errors_are_ours():
    x = tensor(np.arange(12.0).reshape(3, 4))
    assert np.transpose(x[0, 0]).scalar and x[0, 0].T.scalar
    for wrong in (lambda: x.reshape(5, 5), lambda: np.concatenate([x, x[:, :2]]), lambda: x[[7]]):
        with pytest.raises(DefnError):
            wrong()
    named = tensor(np.ones((2, 3)), names=("rows", "columns"))
    assert named.T.names == ("columns", "rows")
    assert np.concatenate([named, named]).names == ("rows", "columns")


def test_arithmetic_with_python_numbers_keeps_the_dtype():
    x = tensor(np.ones(3, np.float32))
    assert (x * 2.5).dtype == (2 - x).dtype == np.float32
    assert (x > 0).dtype == bool and np.power(x, 2).dtype == np.float32
    with pytest.raises(OverflowError):
        tensor(np.ones(3, np.uint8)) + 300


def test_no_memory_is_shared():
    x = tensor(np.arange(4.0))
    moved = (x.T, x.reshape(2, 2)[0], np.concatenate([x]), np.ravel(x), x[[0, 1]])
    for made in (np.clip(x, 0, 9), np.sum(x, axis=()), +x, np.where(x > -1, x, x), *moved):
        x[0] = 7.0
        assert made[0].item() == 0
        x[0] = 0.0


def test_of_nothing_it_is_ours():
    with pytest.raises(DefnError):
        np.max(tensor(np.zeros((0, 3))))


def test_other_types_and_labels_are_left_alone():
    half = tensor(np.ones(3)).astype(defn.numpy.bfloat16)
    assert np.sum(half).dtype == np.dtype(defn.numpy.bfloat16)
    named = tensor(np.ones((2, 3)), names=("rows", "columns"))
    assert np.sum(named, axis="rows").names == ("columns",)
