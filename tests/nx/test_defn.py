"""What Nx's defn_test.exs says of the language of defn: containers, branches, loops, options, errors.

Each behaviour is written as Python has it: a tuple in the signature is taken apart in the body,
keywords are arguments by name, `case` is `match`, `cond` is `if` and `elif`.
"""

import re
from typing import NamedTuple

import numpy as np
import pytest

import defn
from defn import config, errors, jit, nx, tensor
from defn.tensor import is_tensor

COMPILERS = ("numpy", "numba", "xla")
i8, f8 = np.int64, np.float64


def array(*values, dtype=None):
    return np.array(values, dtype)


def same(found, wanted):
    """Equal values, dtypes and structure."""
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        return [same(found[k], wanted[k]) for k in wanted]
    if isinstance(wanted, (tuple, list)):
        assert type(found) is type(wanted) and len(found) == len(wanted)
        return [same(*pair) for pair in zip(found, wanted)]
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.dtype == wanted.dtype and found.shape == wanted.shape
    np.testing.assert_array_equal(found, wanted)


# Containers.


def tuple_taken_apart(pair):
    a, b = pair
    return a + b


def nested_tuples(pair):
    a, (b, c) = pair
    return a + b + c


def keys(m):
    return m["a"] + m["b"]


def returns_a_dict(a, b):
    return {"add": a + b, "subtract": a - b}


def updates_a_dict(m):
    return {**m, "b": m["a"] + m["b"]}


def writes_a_key(m):
    m = dict(m)
    m["b"] = m["a"] + m["b"]
    return m


def calls(function, a, b):
    return function(a, b)


def calls_each(functions, a, b):
    return tuple(f(a, b) for f in functions)


def reduces(function, t):
    return nx.reduce(t, 0, function)


# Values that Python knows: shapes, options, `match`.


def rank(t):
    match np.shape(t):
        case ():
            return 0
        case (_,):
            return 1
        case (_, _):
            return 2


def two_ranks(a, b):
    match (np.shape(a), np.shape(b)):
        case ((), ()):
            return 0
        case ((_,), ()):
            return -1
        case ((), (_,)):
            return 1


def guarded(t):
    match np.shape(t):
        case (x, y) if x == y:
            return 0
        case (x, y) if x > y:
            return -1
        case (x, y) if x < y:
            return 1


def by_class(value=None):
    match value:
        case re.Pattern():
            return 1
        case np.ndarray():
            return 2
        case _:
            return 3


def signed(value=None):
    match value:
        case -2:
            return -1
        case 2:
            return 1


def square_size(t):
    match np.shape(t):
        case (n, m) if n == m:
            return n
        case shape:
            raise ValueError(f"expected a square tensor: {shape}")


def by_rank(a, b):
    if np.ndim(b) != 0:
        return 7
    elif np.ndim(a) == 0:
        return 11
    return 13


def last_size(a):
    return 11 if np.shape(a)[-1] == 1 else 13


# Branches on values.


def three(a, b, c):
    return b if a else c


def one_branch(a, b):
    result = np.zeros_like(b)
    if a:
        result = b
    return result


def branches_of_dicts(a, b, c):
    return {"foo": b} if a else {"foo": c}


def assigns_in_the_test(a, b):
    if c := np.all(a != 0):
        d = b
    else:
        d = -b
    return c + d


def several(a, b, c, d):
    if a > 0:
        return b + 1
    elif a < 0:
        return c - 1
    else:
        return d * 2


def seen_in_the_branch(a):
    if b := np.all(a > 0):
        return a + b
    elif b := np.all(a < 0):
        return a - b
    else:
        return a


def literals(a):
    return 1 if np.any(a) else -1


def empty_dicts(a):
    return {} if np.any(a) else {}


def upcasts(n):
    if n == 1:
        return 1.4
    elif n == 2:
        return 2.0
    else:
        return n


# Loops.


def up_to_ten(x):
    while x < 10:
        x = x + 1
    return x


def to_a_constant(x):
    while x < 10:
        x = 10
    return x


def factorial(x):
    product = 1
    while x > 1:
        product, x = product * x, x - 1
    return product


def last_of(t):
    i, last = 0, 0
    while i <= t:
        i, last = i + 1, i
    return last


def sum_of_parts(t):
    total = t[0] * 0
    for part in t:
        total = total + part
    return total


def sum_of_a_range(total, start=0, stop=0, step=1):
    for part in range(start, stop, step):
        total = total + part
    return total


def reads_what_is_outside(a, b):
    while a < 10:
        a = a + b
    return a


def solves_in_a_loop(a, turned):
    x = a + 1
    for _ in range(3):
        x = np.linalg.solve(x, a) if turned else np.linalg.solve(a, x)
    return x


def two_at_once(a, b):
    while a < 10:
        a, b = a + 1, b * 2.0
    return {"a": a, "b": b}


# Operators, constants, access.

OPERATORS = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
    "&": lambda a, b: a & b, "|": lambda a, b: a | b, "<<": lambda a, b: a << b, ">>": lambda a, b: a >> b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b, "and": lambda a, b: a and b, "or": lambda a, b: a or b,
    "not": lambda a, b: not a, "+x": lambda a, b: +a, "-x": lambda a, b: -a,
    "max": lambda a, b: max(a, b), "min": lambda a, b: min(a, b),
}  # fmt: skip


def first_and_last(t):
    return t[0], t[-1]


def deep(t):
    return t[1][2][3]


def a_range_of(t):
    return t[1][1:3]


def mixed(t):
    return t[:, np.uint32(0)]


def constants(x):
    if x == 0:
        return nx.constants.e(dtype=x.dtype)
    elif x == 1:
        return nx.constants.pi(dtype=x.dtype)
    else:
        return x


def imaginary(x):
    return x * nx.constants.i(dtype=np.result_type(x.dtype, np.complex64))


def all_of_two(l=None, r=None):  # noqa: E741
    return np.stack([l < r, l <= r, l > r, l >= r, l == r, l != r, l and r, l or r, not l, not r])


def with_options(a, **options):
    return nx.sum(a, **options)


def calls_with_defaults(a):
    return with_options(a)


def identity(empty=()):
    return empty


cube, square = np.arange(60).reshape(3, 4, 5), array([1, 2], [3, 4])
# The program, its operands, and what it gives.
PROGRAMS = [
    (tuple_taken_apart, ((1, 2.0),), 3.0),
    (nested_tuples, ((1, (2.0, 3.0)),), 6.0),
    (keys, ({"a": 1, "b": 2.0},), 3.0),
    (returns_a_dict, (1, 2.0), {"add": 3.0, "subtract": -1.0}),
    (updates_a_dict, ({"a": 1, "b": 2.0},), {"a": 1, "b": 3.0}),
    (writes_a_key, ({"a": 1, "b": 2.0},), {"a": 1, "b": 3.0}),
    (calls, (np.add, 1, 2.0), 3.0),
    (calls_each, ((np.add, np.subtract), 1, 2.0), (3.0, -1.0)),
    (reduces, (np.add, array(1, 2, 3)), i8(6)),
    (rank, (123,), 0), (rank, (array(1, 2, 3),), 1), (rank, (array([1, 2, 3]),), 2),
    (two_ranks, (0, 0), 0), (two_ranks, (array(1, 2), 0), -1), (two_ranks, (0, array(1, 2)), 1),
    (guarded, (np.ones((2, 2)),), 0), (guarded, (np.ones((3, 2)),), -1), (guarded, (np.ones((2, 3)),), 1),
    (by_class, (re.compile("foo"),), 1), (by_class, (array(1, 2, 3),), 2), (by_class, ("123",), 3),
    (signed, (-2,), -1), (signed, (2,), 1),
    (square_size, (np.ones((4, 4)),), 4),
    (by_rank, (0, array(1, 2)), 7), (by_rank, (0, 0), 11), (by_rank, (array(1, 2), 0), 13),
    (last_size, (np.ones((1, 1)),), 11), (last_size, (np.ones((3, 3)),), 13),
    (three, (True, f8(1), f8(2)), f8(1)), (three, (array(0)[0], f8(1), f8(2)), f8(2)),
    (one_branch, (0, array(1, 2)), array(0, 0)), (one_branch, (1, array(1, 2)), array(1, 2)),
    (branches_of_dicts, (0, i8(1), i8(2)), {"foo": i8(2)}),
    (assigns_in_the_test, (array(1, 2, 3), array(1, 2, 3)), array(2, 3, 4)),
    (assigns_in_the_test, (array(0, 1, 2), array(1, 2, 3)), array(-1, -2, -3)),
    *((several, (a, 1, 2, 3), r) for a, r in ((1, 2), (-1, 1), (0, 6))),
    (seen_in_the_branch, (array(1, 2, 3),), array(2, 3, 4)),
    (seen_in_the_branch, (array(-1, -2, -3),), array(-2, -3, -4)),
    (seen_in_the_branch, (array(-1, 0, 1),), array(-1, 0, 1)),
    (literals, (array(0),), -1), (literals, (array(1),), 1), (empty_dicts, (array(0),), {}),
    (upcasts, (1.0,), 1.4), (upcasts, (2.0,), 2.0), (upcasts, (10.0,), 10.0),
    (up_to_ten, (0,), 10), (to_a_constant, (0,), 10), (factorial, (5,), 120), (last_of, (10,), 10),
    (sum_of_parts, (np.arange(5),), i8(10)), (sum_of_parts, (np.arange(9).reshape(3, 3),), array(9, 12, 15)),
    *((sum_of_a_range, (a, *r), a + sum(range(*r))) for a in (0, 100) for r in ((0, 5), (1, 11), (0, -1), (4, -1, -1), (10, 0, -1))),
    (reads_what_is_outside, (0, 3), 12),
    (solves_in_a_loop, (np.eye(2), False), np.eye(2) + 1),
    (two_at_once, (8, 1.5), {"a": 10, "b": 6.0}),
    *((f, (6, 2), f(6, 2)) for f in OPERATORS.values()),
    (first_and_last, (array(1, 2, 3, 4, 5),), (i8(1), i8(5))), (first_and_last, (cube,), (cube[0], cube[-1])),
    (deep, (cube,), cube[1, 2, 3]), (a_range_of, (cube,), cube[1, 1:3]), (mixed, (cube[0],), cube[0, :, 0]),
    *((constants, (np.dtype(t).type(x),), np.dtype(t).type(r)) for t in ("f2", "f4", "f8") for x, r in ((0, np.e), (1, np.pi), (10, 10))),
    (imaginary, (np.float32(10),), np.complex64(10j)), (imaginary, (np.float64(10),), np.complex64(10j).astype('c16')),
    (with_options, (square,), i8(10)), (calls_with_defaults, (square,), i8(10)),
    (identity, (), ()), (identity, (1,), 1), (identity, ((1,),), (1,)),
]  # fmt: skip


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("case", PROGRAMS, ids=lambda c: getattr(c[0], "__name__", "?"))
def test_programs(case, compiler):
    function, operands, wanted = case
    same(jit(function, compiler=compiler)(*operands), wanted)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_large_dict_keeps_its_order(compiler):
    given = {str(i): np.arange(i) for i in range(1, 51)}

    def looked_at(m):
        assert all(v.shape == (int(k),) for k, v in m.items())
        return m

    found = jit(looked_at, compiler=compiler)(given)
    assert list(found) == list(given) and all(v.shape == (int(k),) for k, v in found.items())


@pytest.mark.parametrize("compiler", COMPILERS)
def test_records(compiler):
    class Pair(NamedTuple):
        a: float
        b: float

    found = jit(lambda p: p._replace(b=p.a + p.b), compiler=compiler)(Pair(1, 2.0))
    assert type(found) is Pair and found == (1, 3.0)


@pytest.mark.parametrize("left", [True, False, 1, 0])
@pytest.mark.parametrize("right", [True, False, 1, 0])
def test_truth_values(left, right):
    wanted = all_of_two(left, right)
    for compiler in COMPILERS:
        np.testing.assert_array_equal(jit(all_of_two, compiler=compiler)(l=left, r=right), wanted)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("function", [np.linalg.qr, np.linalg.svd, defn.linalg.lu])
def test_factors_are_tuples(function, compiler):
    t = np.arange(9.0).reshape(3, 3) + np.eye(3)
    found = jit(lambda x: tuple(function(x)), compiler=compiler)(t)
    for got, wanted in zip(found, function(t), strict=True):
        np.testing.assert_allclose(got, np.asarray(wanted), atol=1e-12)


# Errors.


def raising(good=True):
    if good:
        return 1
    raise ValueError("oops")


def test_what_the_function_raises_is_raised_when_it_is_reached():
    assert jit(raising)(good=True) == 1
    with pytest.raises(ValueError, match="oops"):
        jit(raising)(good=False)
    with pytest.raises(ValueError, match=r"expected a square tensor: \(4, 3\)"):
        jit(square_size)(np.ones((4, 3)))


def test_branches_of_other_shapes_are_refused():
    def shapes(a, b):
        return (b, b) if a else (b,)

    with pytest.raises(errors.DefnError, match="branch"):
        jit(shapes)(np.ones(3).any(), 1.0)

    def words(a):
        return "foo" if np.any(a) else "bar"

    with pytest.raises(errors.DefnError):
        jit(words)(np.ones(3))


def test_a_condition_is_one_truth_value():
    with pytest.raises(ValueError, match="truth value of an array"):
        jit(several)(array(0, 0), 1, 2, 3)
    with pytest.raises(ValueError, match="truth value of an array"):
        jit(up_to_ten)(array(0, 0))


def test_a_state_keeps_its_structure():
    def mixes(a, b):
        state = (a, b)
        while a < 10:
            a = a + 1
            state = {"a": a, "b": b}
        return state

    assert jit(mixes)(1, 2) == {"a": 10, "b": 2}  # an int decides: the loop is written out
    with pytest.raises(errors.DefnError, match="state"):
        jit(mixes)(1.0, 2)


def test_a_fold_gives_a_scalar():
    with pytest.raises(errors.ShapeError, match=r"i64 on one side .* i64\[1, 1\]"):
        jit(lambda t: nx.reduce(t, 0, lambda x, y: np.broadcast_to(x * y, (1, 1))))(array(1, 2))


def test_a_fold_reads_what_is_outside():
    def folded(t, amplifier):
        return nx.reduce(t, 0, lambda x, y: x * amplifier + y)

    for compiler in COMPILERS:
        assert jit(folded, compiler=compiler)(array(1, 2, 3), 2) == 12


def test_unknown_functions_are_pythons_errors():
    def unknown(a, b):
        return np.add_two_unknown(a, b)

    with pytest.raises(AttributeError, match="add_two_unknown"):
        jit(unknown)(1, 2)


# Compilation: options, templates, nesting, captured arrays.


def minus(pair, c):
    a, b = pair
    return a + b - c


@pytest.mark.parametrize("compiler", COMPILERS)
def test_jit(compiler):
    compiled = jit(minus, compiler=compiler)
    assert compiled((4, 5), 3) == 6 and compiled((4, 5), array(3)[0]) == 6
    assert jit(lambda pair: minus(pair, 3), compiler=compiler)((4, 5)) == 6
    summed = jit(np.sum, compiler=compiler)
    same(summed(np.arange(4).reshape(2, 2), axis=1), array(1, 5))
    same(summed(np.arange(4).reshape(2, 2), axis=0), array(2, 4))


@pytest.mark.parametrize("compiler", COMPILERS)
def test_compiled_for_templates(compiler):
    fixed = defn.compile(minus, (4, 5), 3, compiler=compiler)
    assert fixed((4, 5), 3) == 6 and fixed((40, 50), 30) == 60
    same(fixed((np.arange(4), 5), 3), np.arange(4) + 2)  # other types are compiled for as they come
    with pytest.raises(TypeError, match="iteration over a 0-d array"):
        fixed(3, 4)
    with pytest.raises(ValueError, match="too many values"):
        fixed((3, 4, 5), (6, 7, 8))


@pytest.mark.parametrize("compiler", COMPILERS)
def test_compiled_functions_call_each_other(compiler):
    inner = jit(lambda a, b: a * b)

    def outer(x):
        return inner(x, tensor([11.0]).numpy()) + jit(np.negative)(x)

    same(jit(outer, compiler=compiler)(array(11.0)), array(110.0))
    assert jit(jit(minus), compiler=compiler)((1, 2), 3) == 0


@pytest.mark.parametrize("compiler", COMPILERS)
def test_captured_arrays(compiler):
    t, right = array(1.0, 2.0, 3.0, 4.0, 5.0), array(4.0, 3.0)
    matrix = array([4.0, 1.0], [1.0, 3.0])
    put = jit(lambda p: nx.put_slice(t, [1], p), compiler=compiler)
    same(put(array(10.0, 20.0)), array(1.0, 10.0, 20.0, 4.0, 5.0))
    same(jit(lambda low: nx.clip(t, low, 10.0), compiler=compiler)(1.5), np.clip(t, 1.5, 10))
    same(jit(lambda i: nx.gather(t, i[:, None]), compiler=compiler)(array(0, 2, 4)), t[::2])
    found = jit(lambda m: nx.linalg.solve(m, right), compiler=compiler)(matrix)
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right))


def test_options_are_part_of_what_is_compiled_for():
    compiled = jit(with_options)
    for axes in ([0], [1], [0]):
        same(compiled(square, axes=axes), square.sum(axes[0]))
    with defn.default_options(compiler="numpy"):
        assert config.in_force()["compiler"] == "numpy"
        same(compiled(square, axes=[0]), square.sum(0))


def test_the_graph_can_be_seen(capsys):
    def shown(a, b):
        value = np.tanh(a) + b**3
        print(value)
        return value

    compiled = jit(shown, compiler="numpy")
    assert compiled.graph(1.0, 2.0) is not None
    text = str(compiled.graph(1.0, 2.0))
    assert "tanh" in text and "power" in text or "multiply" in text
    assert compiled(1.0, 2.0) == np.tanh(1.0) + 8
    assert "print" not in capsys.readouterr().err


# Vectorised control flow.


def vector(values, **axes):
    return tensor(values).vectorize(**axes)


def agree(found, vectors, values):
    assert found.vectors == tuple(vectors.items())
    np.testing.assert_array_equal(np.asarray(found), np.asarray(values))


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("a", [-1.0, 0.0, 1.0])
def test_branches_of_vectors(a, compiler):
    # The branches agree in shape; their vectorised axes are brought together.
    b = vector([[[0, 1]], [[0, 1]]], x=2, y=1)
    d = vector([[1, 2], [3, 4]], y=2)
    wanted = {
        -1.0: np.zeros((2, 2, 2)),
        0.0: 2 * np.array([[[1, 2], [3, 4]]] * 2),
        1.0: np.array([[[1, 2]] * 2] * 2),
    }
    found = jit(several, compiler=compiler)(np.float64(a), b, array(1, 1), d)
    assert dict(found.vectors) == {"x": 2, "y": 2} and found.shape == (2,)
    values = np.asarray(found)
    in_order = values if found.vectors[0][0] == "x" else values.swapaxes(0, 1)
    np.testing.assert_array_equal(in_order, wanted[a])


def test_branches_of_other_ranks_of_vectors_are_refused():
    b = vector([[0, 1], [0, 1]], x=2)
    with pytest.raises(errors.ShapeError, match=r"i64\[2\] on one side"):
        jit(three)(np.array(1), b, 2)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_compiled_with_vectors(compiler):
    x = vector([[0, 1], [2, 3]], x=2)
    agree(jit(np.add, compiler=compiler)(x, 1), {"x": 2}, [[1, 2], [3, 4]])
    twice = jit(lambda left, right: right - (left + left), compiler=compiler)
    agree(twice(x, 1), {"x": 2}, [[1, -1], [-3, -5]])


@pytest.mark.parametrize("compiler", COMPILERS)
def test_vectors_are_broadcast(compiler):
    x, y = vector([[[0]], [[1]]], x=2, y=1), vector([[[0], [1]]], x=1, y=2)
    both = jit(lambda x, y: tuple(nx.broadcast_vectors([x, y])), compiler=compiler)
    first, second = both(x, y)
    agree(first, {"x": 2, "y": 2}, [[[0], [0]], [[1], [1]]])
    agree(second, {"x": 2, "y": 2}, [[[0], [1]], [[0], [1]]])


@pytest.mark.parametrize("compiler", COMPILERS)
def test_stopped_gradients_of_vectors(compiler):
    x = vector([[[0, 1], [0, 1]]], x=1, y=2)
    y = vector([[[0, 1]], [[0, 1]]], x=2, y=1)
    stopped = jit(lambda x, y: defn.stop_grad(x) + y, compiler=compiler)
    agree(stopped(x, y), {"x": 2, "y": 2}, [[[0, 2]] * 2] * 2)
    agree(stopped(x, array(1)), {"x": 1, "y": 2}, [[[1, 2]] * 2])
    both = jit(lambda x, y: sum(defn.stop_grad((x, y))), compiler=compiler)
    agree(both(x, y), {"x": 2, "y": 2}, [[[0, 2]] * 2] * 2)


# What a function of Python's does while it is traced is done once: Nx's deftransform.


def test_python_runs_while_tracing():
    seen = []

    def with_options_seen(a, b, c=None, d=None):
        seen.extend((c, d, is_tensor(a)))
        return (a + int(c)) * (b + int(d))

    compiled = jit(with_options_seen, compiler="numpy")
    assert compiled(1.0, 2.0, c="3", d="4") == 24.0
    assert seen[-3:] == ["3", "4", True]
