"""Names of axes: checked, kept by operations, usable for numbers, and never wrong."""

import pickle

import numpy as np
import pytest

import defn
from defn import jit, nx, random, special, tensor
from defn.errors import ArgumentError, ShapeError

COMPILERS = ("numpy", "numba", "xla")
X = tensor(np.arange(6.0).reshape(2, 3), names=("a", "b"))
CUBE = tensor(np.arange(24.0).reshape(2, 3, 4), names=("a", "b", "c"))
ROW = tensor([1.0, 2.0, 3.0])

# What is done to X, and the names that the result has.
KEPT = {
    "element-wise": (lambda x: np.exp(x) + 1, ("a", "b")),
    "comparison": (lambda x: x > 2, ("a", "b")),
    "unnamed operand": (lambda x: x * np.arange(3.0), ("a", "b")),
    "wider operand": (lambda x: np.ones((4, 2, 3)) * x, (None, "a", "b")),
    "where": (lambda x: np.where(x > 2, x, 0.0), ("a", "b")),
    "cast": (lambda x: x.astype("f4"), ("a", "b")),
    "sum": (lambda x: x.sum("a"), ("b",)),
    "sum of both": (lambda x: np.sum(x, axis=("a", "b")), ()),
    "keepdims": (lambda x: np.max(x, axis="a", keepdims=True), ("a", "b")),
    "mean": (lambda x: np.mean(x, axis="b"), ("a",)),
    "std": (lambda x: x.std("b"), ("a",)),
    "median": (lambda x: np.median(x, axis="b"), ("a",)),
    "argmax": (lambda x: np.argmax(x, axis="b"), ("a",)),
    "transpose": (lambda x: x.T, ("b", "a")),
    "transpose by name": (lambda x: x.transpose("b", "a"), ("b", "a")),
    "moveaxis": (lambda x: np.moveaxis(x, "a", -1), ("b", "a")),
    "swapaxes": (lambda x: np.swapaxes(x, "a", "b"), ("b", "a")),
    "flip": (lambda x: np.flip(x, "b"), ("a", "b")),
    "index": (lambda x: x[0], ("b",)),
    "slice": (lambda x: x[:, 1:], ("a", "b")),
    "new axis": (lambda x: x[:, None], ("a", None, "b")),
    "expand_dims": (lambda x: np.expand_dims(x, 0), (None, "a", "b")),
    "squeeze": (lambda x: np.squeeze(x[:1], axis="a"), ("b",)),
    "chosen": (lambda x: x[np.array([1, 0, 1])], (None, "b")),
    "take": (lambda x: np.take(x, np.array([0, 2]), axis="b"), ("a", None)),
    "broadcast_to": (lambda x: np.broadcast_to(x, (5, 2, 3)), (None, "a", "b")),
    "concatenate": (lambda x: np.concatenate([x, x], axis="b"), ("a", "b")),
    "stack": (lambda x: np.stack([x, x]), (None, "a", "b")),
    "sort": (lambda x: np.sort(x, axis="a"), ("a", "b")),
    "argsort": (lambda x: np.argsort(x, axis="a"), ("a", "b")),
    "cumsum": (lambda x: np.cumsum(x, axis="b"), ("a", "b")),
    "diff": (lambda x: np.diff(x, axis="b"), ("a", "b")),
    "pad": (lambda x: np.pad(x, 1), ("a", "b")),
    "fft": (lambda x: np.fft.fft(x, axis=0), ("a", "b")),
    "softmax": (lambda x: special.softmax(x, axis="b"), ("a", "b")),
    "matmul": (lambda x: x @ np.ones((3, 2)), ("a", None)),
    "matrix and vector": (lambda x: x @ np.ones(3), ("a",)),
    "gram": (lambda x: x @ x.T, (None, None)),
    "tensordot": (lambda x: np.tensordot(x, np.ones((3, 4)), axes=(["b"], [0])), ("a", None)),
    "reshape": (lambda x: x.reshape(2, 3), (None, None)),
    "ravel": (lambda x: x.ravel(), (None,)),
    "svd": (lambda x: np.linalg.svd(x, full_matrices=False)[0], (None, None)),
    "nx": (lambda x: nx.sum(x, axes=["a"]), ("b",)),
    "nx transpose": (lambda x: nx.transpose(x, axes=["b", "a"]), ("b", "a")),
    "nx reshape": (lambda x: nx.reshape(x, (3, 2), names=("p", "q")), ("p", "q")),
    "nx new axis": (lambda x: nx.new_axis(x, 1, name="n"), ("a", "n", "b")),
    "nx stack": (lambda x: nx.stack([x, x], axis=1, name="n"), ("a", "n", "b")),
    "nx window": (lambda x: nx.window_sum(x, (1, 2)), ("a", "b")),
    "permutation": (lambda x: random.permutation(random.key(0), x, axis="b"), ("a", None)),
}  # fmt: skip


@pytest.mark.parametrize("compiler", (None, *COMPILERS))
@pytest.mark.parametrize("what", KEPT)
def test_kept(what, compiler):
    function, names = KEPT[what]
    got = (jit(function, compiler=compiler) if compiler else function)(X)
    assert got.names == names
    if "by name" not in what:
        plain = function(X.rename(None)) if not uses_names(function) else None
        if plain is not None:
            np.testing.assert_allclose(np.asarray(got), np.asarray(plain))


def uses_names(function):
    return any(isinstance(c, (str, tuple)) for c in function.__code__.co_consts)


BY_NAME = [
    (np.sum, {}), (np.prod, {}), (np.max, {}), (np.mean, {}), (np.var, {}), (np.argmin, {}), (np.any, {}),
    (np.cumprod, {}), (np.sort, {}), (np.median, {}), (np.flip, {}), (np.ptp, {}), (np.count_nonzero, {}),
    (np.nanmax, {}), (np.linalg.norm, {}), (special.logsumexp, {}), (special.log_softmax, {}), (nx.reduce_max, {}),
    (nx.argsort, {}), (nx.cumulative_sum, {}), (nx.axis_size, {}), (nx.axis_index, {}),
]  # fmt: skip


@pytest.mark.parametrize("function, settings", BY_NAME)
def test_a_name_stands_for_its_number(function, settings):
    got, wanted = function(X, axis="b", **settings), function(X, axis=1, **settings)
    np.testing.assert_array_equal(np.asarray(got), np.asarray(wanted))


def test_several_arrays():
    y = tensor(np.ones((3, 4)), names=("b", "d"))
    assert (X @ y).names == ("a", "d")
    assert np.tensordot(X, y, axes=(["b"], ["b"])).names == ("a", "d")
    assert np.outer(tensor([1.0], names=("p",)), tensor([2.0, 3.0], names=("q",))).names == (
        None,
        "q",
    )
    assert np.outer(tensor([1.0, 4.0], names=("p",)), tensor([2.0], names=("q",))).shape == (2, 1)
    index = tensor([1, 0], names=("k",))
    assert X[index].names == ("k", "b")
    assert CUBE.sum("b").names == ("a", "c") and CUBE.transpose("c", "a", "b").shape == (4, 2, 3)


@pytest.mark.parametrize("compiler", (None, *COMPILERS))
def test_names_are_merged_or_refused(compiler):
    add = lambda x, y: x + y  # noqa: E731
    add = jit(add, compiler=compiler) if compiler else add
    assert add(X, ROW).names == ("a", "b") and add(ROW, X).names == ("a", "b")
    assert add(X, ROW.rename("b")).names == ("a", "b")
    with pytest.raises(ShapeError, match=r"name 'b' on axis 1 with name 'z'") as caught:
        add(X, ROW.rename("z"))
    assert "test_axis_names.py" in str(caught.value)


def test_what_is_refused():
    with pytest.raises(ShapeError, match="2 axes"):
        tensor([[1.0]], names=("a",))
    with pytest.raises(ArgumentError, match="the same"):
        X.rename("a", "a")
    with pytest.raises(ArgumentError, match="string or None"):
        X.rename(1, 2)
    with pytest.raises(ArgumentError, match=r"'z' not found .*'a', 'b'"):
        X.sum("z")
    with pytest.raises(ArgumentError, match="vectorised axis"):
        X.vectorize("rows").rename("rows")


def test_shown_copied_and_pickled():
    assert repr(X.sum("a")) == "tensor([3.0, 5.0, 7.0], f64[b: 3] on numpy)"
    assert pickle.loads(pickle.dumps(X)).names == X.copy().names == ("a", "b")
    assert X.rename("p", None).names == ("p", None) and X.rename(None).names == (None, None)
    assert nx.rename({"x": X}, ("p", "q"))["x"].names == ("p", "q")
    assert X.names == ("a", "b")


def test_names_are_part_of_the_signature():
    seen = []

    @defn.defn(compiler="numpy")
    def f(x):
        seen.append(x.names)
        return x * 2

    for x in (X, X, X.rename("p", "q"), X.rename(None), np.asarray(X)):
        f(x)
    assert seen == [("a", "b"), ("p", "q"), (None, None), (None, None)]


def test_a_captured_tensor_is_looked_at_anew():
    held = {"x": X}
    f = jit(lambda y: (held["x"] * y).T, compiler="numpy")
    one = tensor(1.0)
    assert f(one).names == ("b", "a")
    held["x"] = X.rename("p", "q")
    assert f(one).names == ("q", "p")


@pytest.mark.parametrize("compiler", COMPILERS)
def test_through_loops_branches_and_derivatives(compiler):
    @defn.defn(compiler=compiler)
    def f(x):
        y = np.zeros((2, 3))
        for k in range(10):
            y = y + k * x
        if y.sum() > 3:
            y = y / 2
        y[0] = 1
        while y.sum() > 10:
            y = y / 2
        return y, defn.scan(lambda s, row: (s + row, row), np.zeros(3), x)[0]

    y, total = f(X)
    assert y.names == ("a", "b") and total.names == ("b",)
    gradient, value = defn.grad(lambda x, w: (x @ w).sum(), argnums=(0, 1))(X, ROW.rename("k"))
    assert gradient.names == ("a", "b") and value.names == ("k",)
    assert defn.vmap(lambda row: row * 2)(X).names == (None, "b")
    assert defn.vmap(lambda row: row * 2, out_axes=1)(X).names == ("b", None)

    with pytest.raises(ShapeError, match="cannot merge name"):
        turned = defn.defn(lambda x: defn.fori_loop(0, 9, lambda k, y: y.T, x), compiler=compiler)
        turned(tensor(np.ones((2, 2)), names=("a", "b")))


def test_arrays_stay_arrays():
    f = jit(lambda x: nx.rename(x, ("a", "b")).sum("a"), compiler="numpy")
    got = f(np.ones((2, 3)))
    assert type(got) is np.ndarray and got.tolist() == [2.0, 2.0, 2.0]
