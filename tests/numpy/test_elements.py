"""NumPy's functions that call a function of the user's, and its iterators, in compiled functions."""

import functools

import numpy as np
import pytest

import defn
from defn import pytree
from defn.errors import DefnError

X, Y = np.linspace(-2.1, 2.2, 6), np.array([1.0, 2.0, 3.0, 4.0])


def signed_square(v):
    if v > 0:
        return v * v
    return -v


def steps(v, step):
    total = 0.0
    while total < v:
        total += step * v * v
    return total


def larger(row):
    if row[0] > row[1]:
        return row / 2
    return row[1] * row


AT_MODULE = np.vectorize(signed_square)
FROM_PYTHON = np.frompyfunc(signed_square, 1, 1)


def with_excluded_position(x, y):
    polynomial = np.vectorize(lambda p, a: sum(c * a**i for i, c in enumerate(p)))
    polynomial.excluded.add(0)
    return polynomial(y, x)


def decorated(x, y):
    @np.vectorize(otypes=[complex])
    def turned(v):
        return max(v, 0.5) * 1j

    return turned(x).imag


def by_indices(x, y):
    out = np.zeros((6, 4))
    for i, j in np.ndindex(6, 4):
        out[i, j] = x[i] * y[j] + i
    return out


def by_index(x, y):
    out = np.zeros((6, 4))
    for index in np.ndindex(out.shape):
        if x[index[0]] < 0:
            continue
        out[index] = x[index[0]] * y[index[-1]]
    return out


def until(x, y):
    total = 0.0
    for i, j in np.ndindex(6, 4):
        if x[i] * y[j] > 1:
            break
        total += x[i] * j
    return total


def enumerated(x, y):
    out = np.zeros((6, 4))
    for (i, j), v in np.ndenumerate(np.outer(x, y)):
        out[i, j] = v * i
    return out


def written(x, y):
    out = x.copy()
    with np.nditer(out, op_flags=["readwrite"]) as places:
        for v in places:
            v[...] = 2 * v + 1
    return out


def side_by_side(x, y):
    out = np.zeros((6, 4))
    flags = [["readonly"], ["readonly"], ["writeonly"]]
    for a, b, c in np.nditer([x[:, None], y, out], op_flags=flags):
        c[...] = a * b
    return out


def with_places(x, y):
    total = 0.0
    places = np.nditer(np.outer(x, y), flags=["multi_index", "c_index"])
    for v in places:
        total += v * places.multi_index[0] + places.index
    return total


def in_a_list(x, y):
    found = []
    for i, j in np.ndindex(3, 2):
        found.append(x[i] * y[j])
    return np.array(found)


PROGRAMS = {
    "branch": lambda x, y: np.vectorize(signed_square)(x),
    "at module": lambda x, y: AT_MODULE(x),
    "while": lambda x, y: np.vectorize(steps)(np.abs(x) + 0.1, 0.3),
    "broadcast": lambda x, y: np.vectorize(lambda a, b: np.sin(a) * b if a > b else a - b)(
        x[:, None], y
    ),
    "several results": lambda x, y: np.vectorize(lambda a, b: (a + b, a * a))(x, 1.0),
    "of one number": lambda x, y: np.vectorize(signed_square)(x[0]),
    "keyword": lambda x, y: np.vectorize(lambda a, b=1: a * b)(x, b=x),
    "excluded": lambda x, y: np.vectorize(lambda a, p: np.polyval(p, a), excluded=["p"])(x, p=y),
    "excluded position": with_excluded_position,
    "signature": lambda x, y: np.vectorize(np.convolve, signature="(n),(m)->(k)")(
        np.eye(4) * y, x[:3]
    ),
    "signature, several": lambda x, y: np.vectorize(
        lambda a: (a.sum(), a * 2), signature="(n)->(),(n)"
    )(np.outer(x, y)),
    "decorated": decorated,
    "frompyfunc": lambda x, y: np.frompyfunc(lambda a, b: a * b, 2, 1)(x[:4], y).astype(float),
    "frompyfunc at module": lambda x, y: FROM_PYTHON(x).astype(float),
    "piecewise": lambda x, y: np.piecewise(
        x, [x < 0, x > 1], [lambda v: -v, lambda v: v - v.mean(), 3]
    ),
    "piecewise, arguments": lambda x, y: np.piecewise(
        x, [x < 0], [lambda v, k, s=1: v * k * s, lambda v, k, s: v + k * s], 2.0, s=3.0
    ),
    "piecewise of a number": lambda x, y: np.piecewise(x[0], [x[0] < 0], [signed_square]),
    "piecewise, masked": lambda x, y: np.piecewise(x - x[2], [x > x[2]], [np.sqrt]),
    "along an axis": lambda x, y: np.apply_along_axis(larger, 1, np.outer(x, y)),
    "over axes": lambda x, y: np.apply_over_axes(
        lambda a, axis: np.sum(a * a, axis), np.outer(x, y), (0, 1)
    ),
    "ix_": lambda x, y: np.outer(x, y)[np.ix_([0, 2], [True, False, True, True])],
    "fromfunction": lambda x, y: np.fromfunction(lambda i, j: x[i] * y[j] + i, (6, 4), dtype=int),
    "fromiter": lambda x, y: np.fromiter((v * v for v in x), float),
    "reduce": lambda x, y: functools.reduce(lambda a, b: a + b if a < b else a - b, x),
    "by indices": by_indices,
    "by index": by_index,
    "until": until,
    "enumerated": enumerated,
    "written": written,
    "side by side": side_by_side,
    "with places": with_places,
    "in a list": in_a_list,
    "comprehension": lambda x, y: np.array([x[i] * y[j] for i, j in np.ndindex(3, 2)]),
}


def first(found):
    return found[0] if isinstance(found, tuple) else found


def numeric_gradient(function, x, step=1e-6):
    ends = [(function(x + step * d), function(x - step * d)) for d in np.eye(x.size)]
    return np.array([(above - below) / (2 * step) for above, below in ends])


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_is_numpys(name, compiler):
    wanted = pytree.leaves(PROGRAMS[name](X, Y))
    got = pytree.leaves(defn.jit(PROGRAMS[name], compiler=compiler)(X, Y))
    for g, w in zip(got, wanted, strict=True):
        assert np.shape(g) == np.shape(w)
        assert g.dtype == w.dtype
        np.testing.assert_allclose(g, w, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradient(name):
    loss = lambda x: np.sum(first(PROGRAMS[name](x, Y)) ** 2)
    np.testing.assert_allclose(defn.grad(loss)(X), numeric_gradient(loss, X), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "i4", "i8", "f2", "f4", "f8", "c8"])
def test_dtypes_are_those_of_the_first_result(dtype):
    x = np.array([0, 1, 1, 3]).astype(dtype)
    for function in (lambda a: a / 3, lambda a: a * 2, lambda a: a + 1.5, lambda a: a):
        wanted = np.vectorize(function)(x)
        got = defn.jit(lambda x, f=function: np.vectorize(f)(x))(x)
        assert got.dtype == wanted.dtype
        np.testing.assert_allclose(got, wanted, rtol=2e-3 if dtype == "f2" else 1e-6)


def test_otypes_decide():
    x = np.zeros((0, 3))
    assert defn.jit(lambda x: np.vectorize(np.sin, otypes=["f4"])(x))(x).dtype == np.float32
    assert defn.jit(lambda x: np.vectorize(lambda v: 1, otypes=[float])(x))(X).dtype == float


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda x: np.vectorize(lambda v: v)(x[:0]), "size 0 inputs"),
        (lambda x: np.vectorize(lambda v: np.arange(3) * v)(x), "signature="),
        (lambda x: np.vectorize(np.dot, signature="(n),(n)->()")(x), "wrong number of positional"),
        (lambda x: np.vectorize(np.dot, signature="(n),(n)->()")(x, x[1:]), "inconsistent size"),
        (lambda x: np.vectorize(lambda a: (a, a), signature="()->()")(x), "wrong number of outputs"),
        (lambda x: list(np.nditer(x, flags=["external_loop"])), "external_loop"),
        (lambda x: list(np.nditer([x, None])), "np.vectorize"),
        (lambda x: list(np.nditer(np.outer(x, x).T)), "order='C'"),
        (lambda x: np.nditer(x).finished, "for x in np.nditer"),
    ],
)  # fmt: skip
def test_what_is_refused_says_what_to_do(call, message):
    with pytest.raises(DefnError, match=message):
        defn.jit(call)(X)


def test_what_has_no_traced_values_is_numpys_own():
    def named(x):
        return x * np.vectorize(len)(["ab", "c"])[0]

    np.testing.assert_array_equal(defn.jit(named)(X), X * 2)


def test_a_batch_of_a_vectorized_function():
    function = lambda x: np.vectorize(signed_square)(x).sum()
    np.testing.assert_allclose(
        defn.vmap(function)(np.outer(X, Y)), [function(row) for row in np.outer(X, Y)]
    )
