"""How a call behaves: arguments, results, captured values, options, and what is refused."""

import collections
import dataclasses
import functools
import gc
import threading
import weakref

import numpy as np
import pytest

import defn
from defn import jit
from defn.errors import ArgumentError, DefnError, TraceError

COMPILERS = ["numpy", "numba", "xla"]
SCALE = np.array([1.0, 2.0, 3.0])
FACTOR = 2.0
TABLE = {"rate": 0.5, "weights": np.ones(3)}


@pytest.fixture(params=COMPILERS)
def compiler(request):
    return request.param


def same(got, wanted):
    assert type(got) is type(wanted), (type(got), type(wanted))
    if isinstance(wanted, np.ndarray):
        assert got.dtype == wanted.dtype and got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=1e-12)


@pytest.mark.parametrize(
    "arguments",
    [(np.arange(3.0), 2.0), (np.arange(3, dtype="f4"), 2.0), (np.arange(3), 2), (np.float32(2), np.ones(3, "f4")),
     (3.0, 2.0), (3, 2), (np.float64(3), 2), (np.array(3.0), 1), (np.ones((2, 0)), 1.5)],
)  # fmt: skip
def test_results_look_as_numpy_makes_them(compiler, arguments):
    def f(x, y):
        return x * y + 1

    same(jit(f, compiler=compiler)(*arguments), f(*arguments))


def test_containers_go_in_and_out(compiler):
    Point = collections.namedtuple("Point", "x y")

    @dataclasses.dataclass
    class Model:
        w: object
        b: object

    @jit
    def f(model, point, options):
        return {
            "sum": model.w + point.x,
            "parts": [point.y, (options["k"],)],
            "name": options["name"],
            "none": None,
        }

    w = np.arange(3.0)
    out = f(Model(w, 1.0), Point(w, 2.0), {"k": 3, "name": "a"}, compiler=compiler)
    same(out["sum"], w + w)
    assert out["parts"] == [2.0, (3,)] and out["name"] == "a" and out["none"] is None


def test_a_captured_array_is_never_stale(compiler):
    weights = np.ones(3)

    @jit
    def f(x):
        return x * weights + np.sum(weights * 2)

    x = np.arange(3.0)
    same(f(x, compiler=compiler), x + 6)
    weights[:] = 2
    same(f(x, compiler=compiler), x * 2 + 12)
    weights = np.full(3, 5.0)
    same(f(x, compiler=compiler), x * 5 + 30)


def test_globals_and_items_are_watched(monkeypatch):
    @functools.partial(jit, compiler="numpy")
    def f(x):
        return x * FACTOR * TABLE["rate"] + TABLE["weights"]

    x = np.zeros(3)
    same(f(x), np.ones(3))
    monkeypatch.setitem(globals(), "FACTOR", 10.0)
    same(f(np.ones(3)), np.full(3, 6.0))
    monkeypatch.setitem(TABLE, "rate", 1.0)
    same(f(np.ones(3)), np.full(3, 11.0))
    TABLE["weights"][:] = 3
    same(f(x), np.full(3, 3.0))
    TABLE["weights"][:] = 1


def test_attributes_of_self_are_watched():
    class Layer:
        def __init__(self):
            self.w, self.rate = np.ones(3), 2.0

        @defn.defn(compiler="numpy")
        def apply(self, x):
            return x * self.w * self.rate

    layer, x = Layer(), np.arange(3.0)
    same(layer.apply(x), x * 2)
    layer.w = np.full(3, 3.0)
    same(layer.apply(x), x * 6)
    layer.rate = 1.0
    same(layer.apply(x), x * 3)


def test_integers_are_traced_until_their_value_is_needed():
    traces = []

    @functools.partial(jit, compiler="numpy")
    def f(n, x):
        traces.append(1)
        return x * n

    for n in range(5):
        same(f(n, np.ones(2)), np.ones(2) * n)
    assert len(traces) == 1

    @functools.partial(jit, compiler="numpy")
    def shaped(n):
        return np.zeros(n) + 1

    for n in (2, 3, 2):
        same(shaped(n), np.ones(n))


def test_partial_lambda_method_and_nested():
    inner = jit(lambda x: x + 1, compiler="numpy")
    outer = jit(functools.partial(lambda a, x: inner(x) * a, 3.0), compiler="numpy")
    same(outer(np.ones(2)), np.full(2, 6.0))

    @jit
    def power(x, n):
        return x if n == 1 else x * power(x, n - 1)

    same(jit(lambda x: power(x, 4), compiler="numpy")(np.full(2, 2.0)), np.full(2, 16.0))


def test_options_are_scoped():
    f = jit(lambda x: x + 1)
    with defn.default_options(compiler="numpy"):
        same(f(np.ones(2)), np.full(2, 2.0))
        assert f.trace(np.ones(2)).compiler.name == "numpy"
    with pytest.raises(ArgumentError, match="unknown option"):
        defn.default_options(compilr="numpy")


def test_arguments_that_cannot_be_traced_are_refused():
    f = jit(lambda x, y=None: x, compiler="numpy")
    with pytest.raises(DefnError, match="object"):
        f(np.array([object()]))
    with pytest.raises(DefnError, match="cannot be hashed"):
        f(np.ones(2), {1, 2})
    with pytest.raises(DefnError, match="MaskedArray"):
        f(np.ma.array([1.0]))


def test_strings_as_numbers_are_refused():
    f = jit(lambda x: x + "a", compiler="numpy")
    with pytest.raises(TypeError):
        f(np.ones(2))


def test_questions_that_need_a_value_name_the_line_and_the_way_out():
    with pytest.raises(TraceError, match=r"float\(\).*test_calls.py"):
        jit(
            lambda x: x * {}.get(0, 1) if float(x.sum()).hex() else x,
            compiler="numpy",
            syntax=False,
        )(np.ones(2))
    with pytest.raises(TraceError, match="np.where"):
        jit(lambda x: x if x.sum() > 0 else -x, compiler="numpy", syntax=False)(np.ones(2))


def test_an_escaped_value_says_where_it_was_made():
    kept = []
    f = jit(lambda x: (kept.append(x * 2), x)[1], compiler="numpy", syntax=False)
    f(np.ones(2))
    with pytest.raises(TraceError, match="test_calls.py.*escaped"):
        kept[0] + 1
    with pytest.raises(TraceError, match="escaped"):
        jit(lambda x: x + kept[0], compiler="numpy")(np.ones(2))


def test_arguments_are_written_in_place(compiler):
    def f(a, b):
        a[1:] += b
        a[0] = -1
        return a

    a, b = np.arange(4.0), np.ones(3)
    wanted = a.copy()
    f(wanted, b)
    got = jit(f, compiler=compiler)(a, b)
    assert got is a
    same(a, wanted)


def test_a_read_only_argument_is_refused_where_it_is_written(compiler):
    a = np.arange(3.0)
    a.flags.writeable = False
    same(jit(lambda x: x + 1, compiler=compiler)(a), a + 1)

    def f(x):
        x[0] = 1
        return x

    with pytest.raises(ValueError, match="read-only"):
        jit(f, compiler=compiler)(a)


def test_an_argument_passed_twice_is_one_array():
    def f(a, b):
        for i in range(1, 4):
            a[i] += b[i - 1]
        return a

    q = np.arange(6)
    wanted = q.copy()
    f(wanted, wanted)
    jit(f, compiler="numpy")(q, q)
    np.testing.assert_array_equal(q, wanted)


def test_strides_byte_order_and_alignment(compiler):
    f = jit(lambda x: np.sqrt(x) + 1, compiler=compiler)
    x = np.arange(24.0).reshape(4, 6)
    raw = np.zeros(8 * 6 + 1, np.uint8)[1:].view("f8")
    raw[:] = np.arange(6.0)
    for view in (
        x[::2, ::-1],
        x.T,
        x[1:3, 2:5],
        np.broadcast_to(x[0], (3, 6)),
        x.astype(">f8"),
        raw,
        x[:, :0],
    ):
        same(f(view), np.sqrt(view.astype("f8")) + 1)


def test_results_are_writable_and_the_callers_own(compiler):
    x = np.arange(4.0)
    y = jit(lambda x: x * 1.0, compiler=compiler)(x)
    y[0] = 7
    assert x[0] == 0
    x[:] = 9
    assert y[1] == 1


def test_views_of_arguments_are_views():
    x = np.arange(6.0)
    f = jit(lambda x: (x[1:], x.reshape(2, 3), x), compiler="numpy")
    tail, square, whole = f(x)
    assert whole is x and np.shares_memory(tail, x) and np.shares_memory(square, x)


def test_threads_may_call_one_function(compiler):
    f, results = jit(lambda x: np.sin(x) * 2, compiler=compiler), {}

    def work(n):
        results[n] = f(np.full(n, 1.0))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 9)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for n in range(1, 9):
        same(results[n], np.sin(np.full(n, 1.0)) * 2)


@pytest.mark.parametrize("captured", [False, True])
def test_an_argument_is_not_kept_alive(compiler, captured):
    offset = np.ones(3)
    f = jit((lambda x: x * 2 + offset) if captured else (lambda x: x * 2), compiler=compiler)
    x = np.ones(3)
    f(x)
    kept = weakref.ref(x)
    del x
    gc.collect()
    assert kept() is None


def flat_then_rows(q):
    flat = q.reshape(-1)
    flat[0] = 100
    q[1] += 1
    return flat.sum(), q


def through_the_transpose(q):
    flat = q.T.ravel()
    flat[1] = 50
    return flat, q


@pytest.mark.parametrize("function", [flat_then_rows, through_the_transpose])
def test_whether_a_reshape_is_a_view_depends_on_the_layout(function, compiler):
    compiled = jit(function, compiler=compiler)
    for _ in range(3):
        for array in (np.arange(24), np.arange(24, 48)):
            gaps = np.lib.stride_tricks.as_strided(np.arange(96), (4, 6), (192, 16))
            for made in (array.reshape(4, 6), array.reshape(6, 4).T, gaps):
                plain, traced = made.copy("K"), made.copy("K")
                for got, wanted in zip(compiled(traced), function(plain)):
                    np.testing.assert_array_equal(got, wanted)
                np.testing.assert_array_equal(traced, plain)
    assert sum(map(len, compiled._specialisations.values())) <= 3


def test_a_layout_that_decides_nothing_is_not_asked_for():
    compiled = jit(lambda q: q.T.reshape(-1) * 2)
    for array in (np.ones((3, 4)), np.ones((4, 3)).T, np.ones((6, 4))[::2]):
        compiled(array)
    assert sum(map(len, compiled._specialisations.values())) == 1


def test_an_integer_that_repeats_a_list(compiler):
    repeated = jit(lambda x, n: x + np.array([1.0, 2.0] * n) + len(n * [0]), compiler=compiler)
    same(repeated(np.ones(6), 3), np.ones(6) + np.array([1.0, 2.0] * 3) + 3)
    same(repeated(np.ones(4), 2), np.ones(4) + np.array([1.0, 2.0] * 2) + 2)


def test_a_comprehension_over_an_integer_argument(compiler):
    listed = jit(lambda x, n: [x[k] if x[k] > 1 else x[0] for k in range(n)], compiler=compiler)
    assert listed(np.arange(4.0), 3) == [0.0, 0.0, 2.0]


@pytest.mark.parametrize("bad", ["two", 0, -1, 1.5])
def test_a_number_of_threads_that_is_none(bad):
    with pytest.raises(ArgumentError, match="threads must be 1 or more"):
        jit(np.sin, threads=bad)(np.ones(3))


def test_what_other_libraries_arrays_have_names_the_way_here():
    with pytest.raises(AttributeError, match=r"'at': arrays are written in place, x\[i\] = v"):
        jit(lambda x: x.at[0].set(1.0), compiler="numpy")(np.ones(2))


def test_a_keyword_that_is_no_option_is_refused_with_the_nearest():
    def scaled(x, scale=2):
        return x * scale

    for given, close in ({"compilr": "numba"}, "compiler"), ({"scal": 3}, "scale"):
        with pytest.raises(TypeError, match=rf"did you mean '{close}'\? The options of a call are"):
            jit(scaled)(np.arange(3.0), **given)


def test_strides_by_hand_are_refused_with_what_to_use():
    with pytest.raises(NotImplementedError, match="sliding_window_view"):
        jit(lambda x: np.lib.stride_tricks.as_strided(x, (2, 2), (8, 8)))(np.arange(3.0))
