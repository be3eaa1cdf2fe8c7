"""Vectorised axes: every function works on every entry by itself, as if it were called for each."""

import doctest
import pathlib
import pickle

import numpy as np
import pytest
from samples import SAMPLES

import defn
from defn import jit, nx, pytree, random, special, tensor
from defn.errors import ArgumentError, CheckError, ShapeError, TraceError, TypeMismatch, Unsupported

COMPILERS = ("numpy", "numba", "xla")
DOCS = pathlib.Path(__file__).parents[2] / "docs"


def vector(values, *names):
    return tensor(values).vectorize(*names)


def agree(got, vectors, values, names=None):
    assert got.vectors == tuple(vectors.items())
    np.testing.assert_allclose(np.asarray(got), np.asarray(values))
    assert names is None or got.names == names


def compiled(function, compiler):
    return function if compiler is None else jit(function, compiler=compiler)


# The examples of Nx's documentation.


def test_vectorize():
    t = nx.iota((2, 3))
    first = nx.vectorize(t, "first")
    agree(first, {"first": 2}, [[0, 1, 2], [3, 4, 5]])
    assert first.shape == (3,) and first.ndim == 1
    agree(nx.vectorize(first, "second"), {"first": 2, "second": 3}, t)
    for given in (["first", "second"], ["first", ("second", 3)], {"first": 2, "second": 3}):
        agree(nx.vectorize(t, given), {"first": 2, "second": 3}, t)
    agree(t.vectorize(first=2, second=3), {"first": 2, "second": 3}, t)
    agree(vector([4, 3, 2, 1], "x") + [0, 1], {"x": 4}, [[4, 5], [3, 4], [2, 3], [1, 2]])
    a, b = pytree.leaves(nx.vectorize((tensor([1]), {"a": tensor([2])}), x=1))
    agree(a, {"x": 1}, [1])
    agree(b, {"x": 1}, [2])


def test_devectorize():
    t = nx.iota((1, 2, 3)).vectorize("x").vectorize("y")
    assert nx.devectorize(t).names == ("x", "y", None)
    assert nx.devectorize(t, keep_names=False).names == (None,) * 3
    one, (other,) = nx.devectorize((1, [nx.iota((3,), vectorized_axes={"x": 1})]))
    assert one.item() == 1 and other.names == ("x", None) and other.tolist() == [[0, 1, 2]]


def test_reshape_vectors():
    x, xy = vector([1, 2, 3], "x"), vector([[[5]], [[6]]], "y").vectorize("x")
    x, xy = nx.reshape_vectors([x, xy])
    assert (x.vectors, xy.vectors) == ((("x", 3), ("y", 1)), (("x", 1), ("y", 2)))
    x, y = vector([1, 2, 3], "x"), vector([4], "y")
    y, x = nx.reshape_vectors([y, x])
    assert (x.vectors, y.vectors) == ((("y", 1), ("x", 3)), (("y", 1), ("x", 1)))
    y = vector([[[1], [1]], [[2], [2]], [[3], [3]]], "y")
    agree(nx.reshape_vectors([1, y])[0], {"y": 1}, [1])
    agree(nx.reshape_vectors([1, y], align_ranks=True)[0], {"y": 1}, [[[1]]])


def test_broadcast_vectors():
    x, xy = vector([1, 2], "x"), vector([[[5]], [[6]]], "y").vectorize("x")
    one, other = nx.broadcast_vectors([x, xy], align_ranks=True)
    agree(one, {"x": 2, "y": 2}, [[[1], [1]], [[2], [2]]])
    agree(other, {"x": 2, "y": 2}, [[[5], [6]], [[5], [6]]])
    one, other = nx.broadcast_vectors([xy, x])
    agree(other, {"y": 2, "x": 2}, [[1, 2], [1, 2]])
    agree(one, {"y": 2, "x": 2}, [[[5], [5]], [[6], [6]]])


def test_revectorize():
    t = nx.iota((1,), vectorized_axes={"x": 2, "y": 3, "z": 4})
    assert nx.revectorize(t, x=12, y="auto").vectors == (("x", 12), ("y", 2))
    assert nx.revectorize(t, a="auto").vectors == (("a", 24),)
    t = nx.iota((2, 2, 2)).vectorize(x=2, y=2)
    agree(t.revectorize(temp="auto", x=2), {"temp": 2, "x": 2}, nx.iota((2, 2, 2)))
    again = t.revectorize(temp="auto", x=2, target_shape=())
    agree(again, {"temp": 4, "x": 2}, nx.iota((4, 2)))
    last = again.revectorize({"new": 2}, target_shape=(1, 4), target_names=("x", "last"))
    agree(last, {"new": 2}, nx.iota((2, 1, 4)), ("x", "last"))


def test_operands_together():
    x, y = vector([1, 2, 3], "x"), vector([10, 20], "y")
    agree(x + y, {"x": 3, "y": 2}, [[11, 21], [12, 22], [13, 23]])
    agree(y + x, {"y": 2, "x": 3}, [[11, 12, 13], [21, 22, 23]])
    agree((x + y) - (y + x), {"x": 3, "y": 2}, np.zeros((3, 2)))
    agree(x + vector([5], "x"), {"x": 3}, [6, 7, 8])


def test_what_is_refused():
    x = vector(np.ones((2, 3)), "x")
    for call, error, text in (
        (lambda: tensor(1).vectorize("x"), ShapeError, "cannot vectorise"),
        (lambda: tensor([1]).vectorize(x=2), ShapeError, "of size 1, not 2"),
        (lambda: x.vectorize("x"), ArgumentError, "the same"),
        (lambda: tensor([[1]], names=("a", "b")).vectorize("b"), ArgumentError, "both called 'b'"),
        (lambda: x + vector([1.0, 2.0, 3.0], "x"), ShapeError, "has size 2 .* and 3"),
        (lambda: x + np.ones(2), ShapeError, "broadcast"),
        (lambda: x.sum("x"), ArgumentError, "not found"),
        (lambda: bool(x[0]), TypeMismatch, r"vectorized\[x: 2\]"),
        (lambda: x[x > 0], Unsupported, "another size"),
        (lambda: tensor([0.0, 0.0]).__setitem__(0, x[0]), TypeMismatch, "broadcast_vectors"),
        (lambda: defn.jacobian(np.sin)(x), Unsupported, "vmap"),
    ):
        with pytest.raises(error, match=text):
            call()


def test_shown_copied_and_pickled():
    x = vector([[1.0, 2.0], [3.0, 4.0]], "row")
    assert "vectorized[row: 2] f64[2]" in repr(x)
    agree(pickle.loads(pickle.dumps(x)), {"row": 2}, [[1.0, 2.0], [3.0, 4.0]])
    y = x.copy()
    y[0] = 7
    agree(y, {"row": 2}, [[7.0, 2.0], [7.0, 4.0]])
    agree(x, {"row": 2}, [[1.0, 2.0], [3.0, 4.0]])
    y[y > 5] = 0
    agree(y, {"row": 2}, [[0.0, 2.0], [0.0, 4.0]])
    assert x.nbytes == 32 and x.size == 2 and len(x) == 2


def test_documentation():
    failed, tried = doctest.testfile(
        str(DOCS / "names-and-vectors.md"), False, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert tried > 10 and not failed


# Every function, against the same for each entry.

# Sizes that would differ from entry to entry; and views, which of eager tensors are copies.
NOT_BY_ENTRY = {"np.piecewise", "np.assign_through_view"}


def backwards(x):
    """Another array of the same type: the elements in reverse."""
    return np.ascontiguousarray(x.reshape(-1)[::-1].reshape(x.shape)) if x.ndim else x


def entries_of(sample):
    """Two lists of arguments, and what the sample gives for each of them."""
    f = jit(sample, compiler="numpy")
    turned = [backwards(x) if isinstance(x, np.ndarray) else x for x in sample.arguments]
    with np.errstate(all="ignore"):
        first = f(*sample.arguments)
        try:
            return turned, first, f(*turned)
        except Exception:  # where order matters, as in sorted arrays, both entries are the same
            return sample.arguments, first, first


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in NOT_BY_ENTRY])
def test_sample(name):
    for sample in SAMPLES[name]:
        if not any(isinstance(x, np.ndarray) for x in sample.arguments):
            continue
        others, first, second = entries_of(sample)
        given = [
            vector(np.stack([x, y]), "v") if isinstance(x, np.ndarray) else x
            for x, y in zip(sample.arguments, others)
        ]
        with np.errstate(all="ignore"):
            got = sample(*given)
        for g, a, b in zip(*map(pytree.leaves, (got, first, second)), strict=True):
            check_entries(g, np.stack([a, b]))


def check_entries(got, wanted):
    vectors = getattr(got, "vectors", ())
    got = np.asarray(got)
    got = got if vectors else np.stack([got, got])
    assert got.shape == wanted.shape and got.dtype == wanted.dtype
    exact = 100 * np.finfo(got.dtype).eps if got.dtype.kind in "fc" else 0
    exact = 1e-2 if got.dtype.itemsize == 1 or got.dtype.kind == "V" else exact
    np.testing.assert_allclose(
        got.astype("c16"), wanted.astype("c16"), max(exact, 1e-9), 1e-9, equal_nan=True
    )


ROWS = np.random.default_rng(0).normal(size=(3, 4, 4))
FUNCTIONS = {
    "arithmetic": lambda x: np.exp(-x * x) + x[0],
    "softmax": lambda x: special.softmax(x, axis=-1),
    "statistics": lambda x: (x.mean(0), x.std(), np.median(x, axis=1)),
    "products": lambda x: (x @ x, x @ np.ones(4), np.ones(4) @ x, np.einsum("ij,kj->ik", x, x)),
    "order": lambda x: (np.sort(x, axis=0), np.argmax(x), np.cumsum(x, axis=1)),
    "matrices": lambda x: (np.linalg.inv(x), np.linalg.det(x), np.linalg.solve(x, x[0])),
    "shapes": lambda x: np.concatenate([x.T, x.reshape(2, 8).reshape(4, 4)[::-1]], axis=1),
    "chosen": lambda x: x[np.argmax(x[0])] + x[np.argsort(x[1])][:, np.array([0, 3])].sum(),
    "windows": lambda x: nx.window_sum(x, (2, 2)),
    "fourier": lambda x: np.abs(np.fft.fft(x[0])),
    "vmap": lambda x: defn.vmap(lambda row: row / row.sum())(x),
}  # fmt: skip


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("what", FUNCTIONS)
def test_compiled(what, compiler):
    function = FUNCTIONS[what]
    got = jit(function, compiler=compiler)(vector(ROWS, "entry"))
    plain = jit(function, compiler="numpy")
    wanted = [pytree.leaves(plain(x)) for x in ROWS]
    for g, *each in zip(pytree.leaves(got), *wanted, strict=True):
        agree(g, {"entry": 3}, np.stack(each))


@pytest.mark.parametrize("compiler", COMPILERS)
def test_writing_in_place(compiler):
    @defn.defn(compiler=compiler)
    def f(x):
        y = x.copy()
        part = y[1:]
        part[0] = 5
        y.T[0] += 1
        y[y > 2] = 0
        np.fill_diagonal(y, 9)
        for k in range(4):
            y[k, 0] = k * x[0, 0]
        return y

    def plain(x):
        y = x.copy()
        y[1] = 5
        y[:, 0] += 1
        y[y > 2] = 0
        np.fill_diagonal(y, 9)
        y[:, 0] = np.arange(4) * x[0, 0]
        return y

    agree(f(vector(ROWS, "entry")), {"entry": 3}, np.stack([plain(x) for x in ROWS]))


# Control flow.


def collatz(n):
    count = 0
    while n > 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        count += 1
    return count


def doubled(x, n):
    k = 0
    while k < n:
        x, k = x * 2, k + 1
    return x


def branches(x, y):
    y = y.copy()
    if x > 1:
        y[0] = x
        result = y.sum()
    elif x < -1:
        result = -x
        while result > 0.5:
            result /= 2
    else:
        y *= 3
        result = 0.5
    return result, y


def found(x, limit):
    for k in range(len(x)):
        if x[k] > limit:
            break
    return k


@pytest.mark.parametrize("compiler", COMPILERS)
def test_control_flow(compiler):
    counts = [1, 2, 7, 27]
    got = jit(collatz, compiler=compiler)(vector(counts, "n"))
    agree(got, {"n": 4}, [collatz(n) for n in counts])

    # An example of Nx's tests: the axes of the condition come first.
    got = jit(doubled, compiler=compiler)(vector([1, 2, 3], "init"), vector([4, 5], "pred"))
    agree(got, {"pred": 2, "init": 3}, [[16, 32, 48], [32, 64, 96]])

    x = np.array([-3.0, -1.0, 2.0])
    y = nx.broadcast_vectors([np.ones(2), vector(x, "x")])[0]
    result, written = jit(branches, compiler=compiler)(vector(x, "x"), y)
    wanted = [branches(v, np.ones(2)) for v in x]
    agree(result, {"x": 3}, [r for r, _ in wanted])
    agree(written, {"x": 3}, [w for _, w in wanted])

    rows = np.array([[1.0, 5.0, 2.0, 0.0, 9.0, 1.0], [1.0, 0.0, 0.0, 0.0, 0.0, 8.0]])
    got = jit(found, compiler=compiler)(vector(rows, "row"), 4.0)
    agree(got, {"row": 2}, [1, 5])

    total, steps = jit(lambda x: defn.scan(lambda s, v: (s + v, s * v), 0.0, x), compiler=compiler)(
        vector(rows, "row")
    )
    agree(total, {"row": 2}, rows.sum(1))
    assert steps.vectors == (("row", 2),) and steps.shape == (6,)


def test_control_flow_outside_of_a_trace():
    n = vector([3, 10], "n")
    agree(defn.cond(n > 5, lambda x: x, lambda x: -x, n), {"n": 2}, [-3, 10])
    agree(defn.while_loop(lambda k: k < 8, lambda k: k * 2, n), {"n": 2}, [12, 10])
    with pytest.raises(TraceError, match="while loop"):
        jit(lambda n: defn.fori_loop(0, n, lambda k, s: s + k, 0), compiler="numpy")(n)


def test_checks_hold_for_those_that_take_part():
    @defn.defn(compiler="numpy")
    def root(x):
        y = 0.0
        if x > 0:
            defn.check(x < 10, "too much")
            y = np.sqrt(x)
        return y

    agree(root(vector([-20.0, 4.0], "x")), {"x": 2}, [0.0, 2.0])
    with pytest.raises(CheckError, match="too much"):
        root(vector([-20.0, 14.0], "x"))


# Gradients and random numbers.


@pytest.mark.parametrize("compiler", COMPILERS)
def test_gradients(compiler):
    gradient = lambda f, *where: jit(defn.grad(f, *where), compiler=compiler)  # noqa: E731
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    agree(gradient(lambda x: (x**3).sum())(vector(rows, "row")), {"row": 2}, 3 * rows**2)

    # Nx's: derivatives of each entry, not their sum.
    x, y = vector([2.0, 5.0], "x"), vector([3.0, 4.0], "y")
    by_x, by_y = gradient(lambda x, y: x * y, (0, 1))(x, y)
    agree(by_x, {"x": 2, "y": 2}, [[3, 4], [3, 4]])
    agree(by_y, {"x": 2, "y": 2}, [[2, 2], [5, 5]])
    agree(gradient(lambda a, v: a * v)(3.0, x), {"x": 2}, [2, 5])
    agree(gradient(lambda a: a * x)(tensor(3.0)), {"x": 2}, [2, 5])

    def grown(x, limit):
        while x < limit:
            x = x * x
        return x

    agree(gradient(grown)(vector([2.0, 3.0], "x"), 50.0), {"x": 2}, [8 * 2**7, 4 * 3**3])
    value, change = defn.jvp(np.sin, (x,), (1.0,))
    agree(change, {"x": 2}, np.cos([2.0, 5.0]))
    agree(defn.vjp(np.sin, x)[1](2.0)[0], {"x": 2}, 2 * np.cos([2.0, 5.0]))

    @defn.custom_grad
    def scaled(x, w):
        return x * w

    @scaled.def_vjp
    def _(ct, out, x, w):
        return ct * 10, ct * x

    agree(gradient(scaled)(x, 3.0), {"x": 2}, [10, 10])
    agree(gradient(lambda x: defn.checkpoint(np.sin)(x))(x), {"x": 2}, np.cos([2.0, 5.0]))


@pytest.mark.parametrize("compiler", (None, *COMPILERS))
def test_keys(compiler):
    keys = random.split(random.key(7), 3)
    each = nx.vectorize(keys, "k")
    for draw in (
        lambda key: random.normal(key, (4,)),
        lambda key: random.randint(key, (4,), 0, 10),
        lambda key: random.permutation(key, np.arange(5)),
        lambda key: random.gamma(key, 2.5, (2,)),
        lambda key: random.uniform(random.split(key)[1], ()),
    ):
        got = compiled(draw, compiler)(each)
        agree(got, {"k": 3}, np.stack([np.asarray(draw(keys[k])) for k in range(3)]))


# The way into compiled functions and out of them.


def test_vectors_are_part_of_the_signature():
    seen = []

    @defn.defn(compiler="numpy")
    def f(x):
        seen.append((x.vectors, x.shape))
        return x.sum()

    x = tensor(np.ones((2, 3)))
    for each in (x, x.vectorize("a"), x.vectorize("a"), x.vectorize("b"), x.vectorize("a", "b")):
        f(each)
    assert seen == [
        ((), (2, 3)),
        ((("a", 2),), (3,)),
        ((("b", 2),), (3,)),
        ((("a", 2), ("b", 3)), ()),
    ]


@pytest.mark.parametrize("compiler", COMPILERS)
def test_inside_a_function(compiler):
    @defn.defn(compiler=compiler)
    def distances(points):
        return nx.devectorize(
            np.linalg.norm(nx.vectorize(points, "a") - nx.vectorize(points, "b")), keep_names=False
        )

    points = np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    wanted = np.linalg.norm(points[:, None] - points[None], axis=-1)
    got = distances(points)
    assert type(got) is np.ndarray
    np.testing.assert_allclose(got, wanted)
    # What is vectorised when it leaves is a tensor: no array can say so.
    agree(
        jit(lambda x: nx.vectorize(x, "a").sum(), compiler=compiler)(points), {"a": 3}, [0, 7, 14]
    )
