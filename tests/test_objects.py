"""What a function does to Python's objects: those it is given, those it makes, those that were there before."""

import copy
import dataclasses
import functools
import inspect
import pickle
from collections import defaultdict, deque

import numba
import numpy as np
import pytest

from defn import defn, grad, jit, vmap
from defn.errors import EndlessRecursion, TraceError, Unsupported

X = np.array([0.5, 1.5, -1.0, 2.0, 3.0, -0.25])


@pytest.fixture(params=["numpy", "numba", "xla"])
def compiler(request):
    return request.param


def both(function, *arguments, compiler):
    """The undecorated and the compiled function's results, on copies of the arguments, and the copies."""
    plain, compiled = copy.deepcopy(arguments), copy.deepcopy(arguments)
    return function(*plain), jit(function, compiler=compiler)(*compiled), plain, compiled


class Accumulator:
    def __init__(self):
        self.total, self.log, self.state = 0.0, [], np.zeros(2)

    def add(self, value):
        self.total = self.total + value
        return self.total

    def push(self, value):
        self.log.append(value)

    @property
    def positive(self):
        found = 0.0
        for value in self.state:
            if value > 0:
                found = found + value
        return found

    @positive.setter
    def positive(self, scale):
        self.state = self.state * scale

    def __getitem__(self, k):
        return self.state[k] * 2

    def __call__(self, x):
        found = 0.0
        for i in range(len(x)):
            if x[i] > 1:
                found = found + x[i]
        return found + self.state[0]


# What is made in the function and changed in a loop.


def attributes_in_a_loop(x):
    a = Accumulator()
    for i in range(6):
        a.total += x[i]
    return a.total


def a_method_that_assigns(x):
    a, out = Accumulator(), np.zeros(6)
    for i in range(6):
        out[i] = a.add(x[i])
    return out, a.total


def a_list_in_an_object(x):
    a = Accumulator()
    for i in range(6):
        a.push(x[i])
    return np.array(a.log)


def a_list_in_a_closure(x):
    total, out = [0.0], np.zeros(6)

    def add(value):
        total[0] = total[0] + value
        return total[0]

    for i in range(6):
        out[i] = add(x[i])
    return out


def a_nonlocal_name(x):
    total = 0.0

    def add(value):
        nonlocal total
        total += value

    for i in range(6):
        add(x[i])
    return total


def other_containers(x):
    queue, groups, memory, last = deque(maxlen=3), defaultdict(list), {}, 0.0
    for i in range(6):
        queue.append(x[i])
        groups[i % 2].append(x[i])
        memory[i] = x[i] * 2
        last = last + queue[0]
    return last, sum(groups[0]), sum(groups[1]), memory[3]


def left_by_a_known_break(x):
    found = []
    for i in range(6):
        if i == 4:
            break
        found.append(x[i])
    return np.array(found)


LOOPS = [
    attributes_in_a_loop, a_method_that_assigns, a_list_in_an_object, a_list_in_a_closure, a_nonlocal_name,
    other_containers, left_by_a_known_break,
]  # fmt: skip


@pytest.mark.parametrize("function", LOOPS, ids=lambda f: f.__name__)
def test_objects_change_in_every_trip_of_a_loop(function, compiler):
    want, got, *_ = both(function, X, compiler=compiler)
    pairs = zip(want, got) if isinstance(want, tuple) else [(want, got)]
    assert all(np.allclose(w, g, rtol=1e-14) and np.shape(w) == np.shape(g) for w, g in pairs)


def test_a_change_in_a_traced_branch_is_refused_at_its_line():
    def attribute(x):
        a = Accumulator()
        if x[0] > 1:
            a.total = x[1]
        return a.total

    def name(x):
        total = 0.0

        def add(value):
            nonlocal total
            total = total + value

        if x[0] > 1:
            add(x[1])
        return total

    with pytest.raises(TraceError, match=r"attribute `total`.*branch[\s\S]*a.total = x\[1\]"):
        jit(attribute, compiler="numpy")(X)
    with pytest.raises(TraceError, match=r"nonlocal name `total`[\s\S]*add\(x\[1\]\)"):
        jit(name, compiler="numpy")(X)


# What is given.


@dataclasses.dataclass
class Body:
    position: np.ndarray
    time: float


def test_containers_among_the_arguments_are_changed_as_python_changes_them(compiler):
    def step(state, values, body):
        state["n"] += 1
        state["x"] += 1
        state["x"] = state["x"] * 2
        state["new"] = state["x"].sum()
        values.append(state["new"])
        values[0] = values[0] * 2
        body.position += 1
        body.time += 0.5
        return state["n"]

    given = ({"n": 0, "x": np.ones(2), "inner": [1.0]}, [1.0, 2.0], Body(np.zeros(2), 1.0))
    want, got, plain, compiled = both(step, *given, compiler=compiler)
    assert (want, type(want)) == (got, type(got))
    assert list(plain[0]) == list(compiled[0]) and plain[1] == compiled[1]
    assert plain[2].time == compiled[2].time and np.array_equal(
        plain[2].position, compiled[2].position
    )
    assert np.array_equal(plain[0]["x"], compiled[0]["x"]) and plain[0]["new"] == compiled[0]["new"]


def test_an_array_in_a_container_stays_the_array_it_is():
    given = {"w": np.ones(2), "inner": {"b": np.zeros(2)}}
    array, inner = given["w"], given["inner"]

    @defn(compiler="numpy")
    def step(p):
        p["w"] -= 0.5
        p["inner"]["b"] -= p["w"]
        p["count"] = 1

    step(given)
    assert given["w"] is array and given["inner"] is inner and given["count"] == 1
    assert inner["b"].tolist() == [-0.5, -0.5]


def test_attributes_of_objects_from_outside_are_assigned_at_every_call(compiler):
    a = Accumulator()

    @defn(compiler=compiler)
    def step(x):
        a.state = a.state * 0.5 + x
        a.total += 1.0
        return a.state.sum()

    assert [step(np.ones(2)) for _ in range(3)] == [2.0, 3.0, 3.5]
    assert a.total == 3.0 and type(a.state) is np.ndarray
    assert step(np.ones(2)) == 3.75


def test_an_array_of_an_object_is_written_in_place(compiler):
    a = Accumulator()
    array = a.state

    @defn(compiler=compiler)
    def step(x):
        for _ in range(10):
            a.state += x
            a.state[0] *= 0.5
        return a.state[1]

    assert step(np.ones(2)) == 10.0 and a.state is array and array[1] == 10.0


def test_properties_and_items_of_objects_are_read_anew():
    a = Accumulator()
    a.state = np.array([1.0, 2.0])
    read = jit(lambda x: (a.positive + x, a[1] + x), compiler="numpy")
    assert read(1.0) == (4.0, 5.0)
    a.state = np.array([-1.0, 5.0])
    assert read(1.0) == (6.0, 11.0)

    @defn(compiler="numpy")
    def scale(s):
        a.positive = s

    scale(2.0)
    assert a.state.tolist() == [-2.0, 10.0]


def test_objects_methods_and_partials_are_compiled_like_functions(compiler):
    a = Accumulator()
    for made in (a, a.__call__, functools.partial(Accumulator.__call__, a)):
        a.state = np.zeros(2)
        compiled = jit(made, compiler=compiler)
        assert compiled(X) == 6.5
        a.state = np.ones(2)
        assert compiled(X) == 7.5
    assert repr(jit(a)) == "<defn Accumulator>"
    assert grad(a)(X).tolist() == [0, 1, 0, 1, 1, 0]


def test_traced_values_do_not_leave_by_names_or_containers_from_outside():
    kept, total = [], 0.0

    def keep(x):
        kept.append(x * 2)
        return x

    def assign(x):
        nonlocal total
        total = total + x
        return total

    with pytest.raises(TraceError, match=r"append\(\) of a list from outside[\s\S]*kept.append"):
        jit(keep, compiler="numpy")(1.0)
    with pytest.raises(TraceError, match=r"the name `total`[\s\S]*total = total \+ x"):
        jit(assign, compiler="numpy")(1.0)
    assert kept == [] and total == 0.0


# Results.


def test_what_an_argument_held_before_it_was_written_is_a_result(compiler):
    def copied(a):
        before = a.copy()
        a += 1
        return before

    def number(a):
        before = float(a[0, 0])
        a[...] = 9
        return before, a.item(0)

    def traded(a, b):
        before = a.copy()
        a[...] = b
        b[...] = before
        return a.T.copy()

    for function, count in ((copied, 1), (number, 1), (traded, 2)):
        given = [np.arange(4.0).reshape(2, 2) + 10 * k for k in range(count)]
        want, got, plain, compiled = both(function, *given, compiler=compiler)
        assert np.array_equal(want, got)
        assert all(np.array_equal(p, c) for p, c in zip(plain, compiled))


def test_results_share_memory_where_numpys_do(compiler):
    def several(a):
        y = a * 2
        return y, y.copy(), y

    def written(a):
        a += 1
        return a.copy(), a

    first, second, third = jit(several, compiler=compiler)(np.ones(3))
    assert first is third and not np.shares_memory(first, second)
    array = np.ones(3)
    result, same = jit(written, compiler=compiler)(array)
    assert same is array and not np.shares_memory(result, array)


# Python's functions of several values.


def test_functions_of_lists_of_traced_values(compiler):
    def f(x):
        pair = [x[0], x[1]]
        return (np.mean(pair), np.linalg.norm(pair), np.exp(pair), np.maximum.reduce([x, -x]), np.dot(pair, [1.0, 2.0]),
                np.linalg.det([[x[0], 1.0], [2.0, x[1]]]), np.add(pair, 1), np.clip(pair, 0, 1))  # fmt: skip

    want, got, *_ = both(f, X, compiler=compiler)
    assert all(
        np.allclose(w, g, rtol=1e-14) and np.shape(w) == np.shape(g) for w, g in zip(want, got)
    )


def test_max_min_any_all_and_sorted_of_traced_values(compiler):
    def f(x, n):
        return (max(v for v in x), min([x[0], x[1]]), max((v for v in x), key=lambda v: -v), any(v > 2.5 for v in x),
                all(v > 0 for v in x), sorted(x), sorted([n, 1]), sorted(x, key=lambda v: v * v, reverse=True),
                max(n, 5), divmod(n, 2), round(x[1], 1))  # fmt: skip

    want, got, *_ = both(f, X, 7, compiler=compiler)
    assert repr(want) == repr(got)


def test_item_and_tolist_are_pythons_numbers(compiler):
    def f(x, m):
        return x[0].item() * 2, m.item(1), m.tolist(), m.sum().item(), np.float32(x[1])

    want, got, *_ = both(f, X, np.arange(4, dtype="i4").reshape(2, 2), compiler=compiler)
    assert repr(want) == repr(got)
    with pytest.raises(ValueError, match="size 1"):
        jit(lambda x: x.item(), compiler="numpy")(X)


# Recursion and dicts.


def factorial(n):
    return 1 if n <= 1 else n * factorial(n - 1)


def fibonacci(n, memory=None):
    memory = {} if memory is None else memory
    if n in memory:
        return memory[n]
    if n < 2:
        return n
    memory[n] = fibonacci(n - 1, memory) + fibonacci(n - 2, memory)
    return memory[n]


def halved(x):
    return x if x < 1e-3 else halved(x / 2)


def test_a_recursion_on_an_integer_argument_ends(compiler):
    assert jit(factorial, compiler=compiler)(5) == 120
    assert jit(fibonacci, compiler=compiler)(12) == 144


def test_an_endless_recursion_says_what_to_do():
    with pytest.raises(EndlessRecursion, match=r"calls itself[\s\S]*loop[\s\S]*halved"):
        jit(halved, compiler="numpy")(2.0)


def test_a_traced_number_as_a_key_is_refused():
    with pytest.raises(TraceError, match="key of a dict"):
        jit(lambda x: {1.0: 2.0}[x], compiler="numpy")(1.0)


# vmap: values that take no part in a branch read nothing.


def merged(left, right):
    i = j = 0
    out = np.zeros(6)
    for k in range(6):
        if j >= 3 or (i < 3 and left[i] <= right[j]):
            out[k] = left[i]
            i += 1
        else:
            out[k] = right[j]
            j += 1
    return out


def test_vmap_of_a_branch_that_keeps_an_index_inside(compiler):
    left = np.arange(12.0).reshape(4, 3)
    got = jit(vmap(merged), compiler=compiler)(left, left[::-1].copy())
    assert np.array_equal(got, [merged(*pair) for pair in zip(left, left[::-1])])


# Pickles, copies, classes, changing globals.


@defn
def doubled(x):
    return x * 2


FACTOR = np.arange(3.0)


def test_a_function_is_pickled_by_its_name_and_copied_as_itself():
    assert pickle.loads(pickle.dumps(doubled)) is doubled and copy.deepcopy(doubled) is doubled
    other = pickle.loads(pickle.dumps(jit(doubled, compiler="numpy")))
    assert other(2.0) == 4.0 and other._options == {"compiler": "numpy"}


def test_a_transform_is_pickled_with_its_function_and_options():
    slope = pickle.loads(pickle.dumps(jit(vmap(grad(doubled)), compiler="numpy")))
    assert slope(np.ones(2)).tolist() == [2, 2] and slope._options == {"compiler": "numpy"}


def test_a_transform_has_the_arguments_of_its_function():
    power = lambda x, threads=2: x**threads
    assert list(inspect.signature(vmap(grad(power))).parameters) == ["x", "threads"]
    assert grad(power)(3.0, threads=3) == 27.0  # its own argument, no option


def test_errors_are_pickled_with_their_line():
    with pytest.raises(ValueError) as caught:
        jit(lambda a, b: a + b, compiler="numpy")(np.ones(2), np.ones(3))
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and again.where == caught.value.where


def test_a_class_is_refused():
    with pytest.raises(Unsupported, match="Accumulator is a class"):
        defn(Accumulator)


def test_a_global_array_may_become_something_else(monkeypatch, compiler):
    scaled = jit(lambda x: x * FACTOR, compiler=compiler)
    assert scaled(2.0).tolist() == [0, 2, 4]
    monkeypatch.setitem(globals(), "FACTOR", 3)
    assert scaled(2.0) == 6.0
    monkeypatch.setitem(globals(), "FACTOR", None)
    with pytest.raises(TypeError, match="NoneType"):
        scaled(2.0)


def test_a_function_without_source_says_so():
    space = {"np": np, "defn": defn}
    exec(
        "@defn(compiler='numpy')\ndef f(x):\n    y = np.zeros(3)\n    y[0] = x[0]\n    return y\n",
        space,
    )
    with pytest.raises((TypeError, ValueError)) as caught:
        space["f"](np.ones(2))
    assert "source of f cannot be read" in caught.value.__notes__[0]


@numba.njit
def squared_by_numba(x):
    return x * x


@numba.njit(parallel=True)
def sum_above_one(x):
    total = 0.0
    for i in numba.prange(len(x)):
        if x[i] > 1:
            total += squared_by_numba(x[i])
    return total


@numba.vectorize
def larger_or_negative(x, y):
    return x if x > y else -y


def test_functions_of_numbas_are_followed(compiler):
    assert jit(sum_above_one, compiler=compiler)(X) == sum_above_one(X)
    wanted = np.where(X > 1, 2 * X, 0)
    assert jit(grad(sum_above_one), compiler=compiler)(X).tolist() == wanted.tolist()
    wanted = larger_or_negative(X, 1.0).tolist()
    assert jit(larger_or_negative, compiler=compiler)(X, 1.0).tolist() == wanted
    assert jit(lambda x: larger_or_negative(x, 1.0), compiler=compiler)(X).tolist() == wanted


def test_np_vectorize_is_compiled_as_it_is(compiler):
    assert (
        jit(np.vectorize(lambda v: v if v > 0 else -v), compiler=compiler)(X).tolist()
        == abs(X).tolist()
    )
