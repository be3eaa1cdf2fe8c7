"""Arrays that are not in C order: what NumPy gives, read where they lie."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from defn import jit
from defn.compilers.numba import across, layouts


@pytest.fixture(autouse=True)
def no_copies(monkeypatch):
    """Small arrays are read where they lie, too."""
    monkeypatch.setattr(layouts, "SMALL", 0)


def taken(draw, base):
    """A view of an array: axes in some order, every so many elements, backwards, repeated."""
    view = base.transpose(draw(st.permutations(range(base.ndim))))
    steps = draw(
        st.lists(st.sampled_from([1, 1, 2, 3, -1, -2]), min_size=view.ndim, max_size=view.ndim)
    )
    starts = draw(st.lists(st.integers(0, 2), min_size=view.ndim, max_size=view.ndim))
    view = view[tuple(slice(None, None, k) for k in steps)]
    view = view[tuple(slice(s, None) for s in starts)]
    again = draw(st.sampled_from([None, "front", "axis"]))
    if again == "front":
        return np.broadcast_to(view, (2, *view.shape))
    if again == "axis" and view.ndim and view.shape[0]:
        return np.broadcast_to(view[:1], (3, *view.shape[1:]))
    return view


@st.composite
def views(draw, dtypes=("f8", "f4", "i4", "?", "c16", "f2", ">f8"), dimensions=(1, 3)):
    """Arrays in any layout; some misaligned, some read-only."""
    shape = draw(st.lists(st.integers(0, 7), min_size=dimensions[0], max_size=dimensions[1]))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    count = int(np.prod(shape))
    values = np.random.default_rng(count).integers(-9, 10, count).astype(dtype)
    base = values.reshape(shape)
    if draw(st.booleans()) and dtype.itemsize > 1:
        raw = np.zeros(base.nbytes + 1, np.uint8)[1:]
        base = raw.view(dtype).reshape(shape)
        base[...] = values.reshape(shape)
    view = taken(draw, base)
    if draw(st.booleans()) and view.flags.writeable:
        view.flags.writeable = False
    return view


def add(x):
    return x + x


def sums(x):
    return (
        x.sum(axis=0),
        x.sum(axis=-1),
        x.max(initial=-20) if x.dtype.kind not in "cb" else x.sum(),
    )


def moved(x):
    return np.flip(x, 0).T, x.reshape(-1), np.concatenate([x, x[:1]], axis=0), np.pad(x, 1)


def places(x):
    return np.cumsum(x, axis=0), np.argmax(x, axis=-1) if x.shape[-1] and x.dtype.kind != "c" else 0


PROGRAMS = {f.__name__: (f, jit(f)) for f in (add, sums, moved, places)}


def same(found, wanted):
    assert type(found) is type(wanted) or np.ndim(found) == np.ndim(wanted) == 0
    if isinstance(wanted, tuple):
        for one, other in zip(found, wanted, strict=True):
            same(one, other)
        return
    assert np.shape(found) == np.shape(wanted)
    assert np.asarray(found).dtype == np.asarray(wanted).dtype.newbyteorder("=")
    np.testing.assert_allclose(
        found, wanted, rtol=1e-2 if np.asarray(wanted).dtype == "f2" else 1e-6
    )


@pytest.mark.parametrize("name", PROGRAMS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(x=views())
def test_any_layout_gives_what_numpy_gives(name, x):
    function, compiled = PROGRAMS[name]
    before = x.copy()
    same(compiled(x), function(x))
    np.testing.assert_array_equal(x, before)


both = jit(lambda x, y: (x * y - x, np.sum(x * y, axis=0), np.sum(x + y)))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(x=views(dtypes=("f8",), dimensions=(2, 3)), y=views(dtypes=("f8", "f4"), dimensions=(1, 3)))
def test_two_layouts_at_once(x, y):
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        return
    same(both(x, y), both.__wrapped__(x, y))


# --- what is read how ----------------------------------------------------------------------------


def programs(function, *arrays):
    """The executables for other layouts that calls with these arrays have made."""
    return list(function.trace(*arrays).executable.layouts.programs.values())


def program(function, *arrays):
    compiled = jit(function, compiler="numba")
    same(compiled(*arrays), function(*arrays))
    (made,) = programs(compiled, *arrays)
    return made


def loops(text):
    return [line.strip() for line in text.splitlines() if line.strip().startswith("for ")]


GRID = np.random.default_rng(0).random((90, 100))


def test_turned_arguments_cost_nothing():
    made = program(lambda x, y: x * y + x, GRID.T, GRID.T)
    assert loops(made.source) == ["for i in range(start, stop):"]
    assert not made.kept


def test_turned_results_are_turned_views():
    f = jit(lambda x: x * 2 + 1, compiler="numba")
    assert f(GRID.T).flags.f_contiguous and f(GRID).flags.c_contiguous
    g = jit(lambda x: np.sum(x, axis=1), compiler="numba")
    same(g(GRID.T), GRID.T.sum(axis=1))


@pytest.mark.parametrize("function", [lambda x: (x * 2).copy(), lambda x: np.ascontiguousarray(x.T * 2),
                                      lambda x: np.array((x * 2).T, order="C")])  # fmt: skip
def test_c_order_that_is_asked_for_is_given(function):
    f = jit(function, compiler="numba")
    for x in (GRID, GRID.T, GRID[::2]):
        same(f(x), function(x))
        assert f(x).flags.c_contiguous


@pytest.mark.parametrize(
    "cut", [np.s_[:, :60], np.s_[::2], np.s_[:, ::2], np.s_[::-1, ::-1], np.s_[3:, 1::3]]
)
def test_arrays_with_gaps_are_read_in_place(cut):
    made = program(lambda x: np.sqrt(x) + x, GRID[cut])
    assert len(made.plan.texts) == 1 and not made.kept
    made = program(lambda x: np.sum(x * x, axis=1), GRID[cut])
    assert len(made.plan.texts) == 1 and not made.kept


def test_sums_follow_the_memory():
    made = program(lambda x: np.sum(x, axis=0), np.ones((100, 200)).T)
    assert "y1[i]" in made.source and loops(made.source)[-1] == "for j in range(0, n0):"


def test_repeats_are_read_once():
    made = program(lambda x: np.exp(x), np.broadcast_to(GRID[:, :1], (90, 100)))
    assert made.source.count("exp(") == 1 and loops(made.source)[1].startswith("for j")


def test_products_take_turned_matrices_as_they_lie():
    x = np.random.default_rng(1).random((60, 50))
    made = program(lambda x, y: x @ y, x.T, x)
    assert not made.kept and not made.plan.texts or "tile" in made.source


def test_strides_are_arguments_of_one_text():
    f = jit(lambda x: x * 2 + 1, compiler="numba")
    texts = set()
    for n in range(30, 60):
        x = np.ones((n, 3 * n))[:, : n + 17]
        f(x)
        texts |= {p.source for p in programs(f, x)}
    assert len(texts) == 1


def test_many_layouts_end_in_copies(monkeypatch):
    monkeypatch.setattr(layouts, "MOST", 2)
    f = jit(lambda x: x + 1, compiler="numba")
    for wide in range(41, 50):
        x = np.random.default_rng(wide).random((40, wide))[:, :40]
        same(f(x), x + 1)
    assert len(programs(f, x)) == 2


def test_small_arrays_are_copied(monkeypatch):
    monkeypatch.setattr(layouts, "SMALL", 10**6)
    f = jit(lambda x: x + 1, compiler="numba")
    same(f(GRID.T), GRID.T + 1)
    assert not programs(f, GRID.T)


def test_explain_tells_of_layouts():
    f = jit(lambda x: x + 1, compiler="numba")
    f(GRID[:, ::2])
    assert "where arguments lie (100, 2) apart:" in f.explain()


# --- arrays that lie across each other -----------------------------------------------------------

SIDES = [(64, 64), (65, 200), (130, 71), (300, 66), (1000, 64)]


@pytest.mark.parametrize("dtype", ["f8", "f4", "i2", "?", "c8", "c16", "f2"])
@pytest.mark.parametrize("sides", SIDES)
def test_blocks_are_turned(sides, dtype):
    x = np.random.default_rng(0).integers(-50, 50, sides).astype(dtype)
    y = np.random.default_rng(1).integers(-50, 50, sides[::-1]).astype(dtype)
    f = jit(lambda x, y: x + y, compiler="numba", threads=1)
    same(f(x, y.T), x + y.T)
    same(f(y.T, x), x + y.T)
    assert ("turn(" in f.source(x, y.T)) == (x.itemsize <= 8)


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("sides", [(150, 170), (301, 90), (1000, 64)])
def test_rows_are_turned(sides, axis):
    x = np.random.default_rng(0).random(sides)
    y = np.random.default_rng(1).random(sides[::-1])
    f = jit(lambda x, y: np.sum(x * y.T, axis=axis), compiler="numba")
    same(f(x, y), np.sum(x * y.T, axis=axis))
    assert "turn(" in f.source(x, y)


def test_rows_of_several_passes_are_turned_once():
    def softmax(x, y):
        z = x + y.T
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    x, y = np.random.default_rng(0).random((2, 150, 150))
    f = jit(softmax, compiler="numba")
    same(f(x, y), softmax(x, y))
    assert f.source(x, y).count("turn(") == 1


def test_blocks_inside_of_other_axes():
    x = np.random.default_rng(0).random((3, 70, 80))
    y = np.random.default_rng(1).random((3, 80, 70))
    f = jit(lambda x, y: x - y.swapaxes(1, 2), compiler="numba")
    same(f(x, y), x - y.swapaxes(1, 2))
    assert "turn(" in f.source(x, y)
    z = np.random.default_rng(1).random((80, 3, 70))
    g = jit(lambda x, z: x - z.transpose(1, 2, 0), compiler="numba")
    same(g(x, z), x - z.transpose(1, 2, 0))
    h = jit(lambda x, z: x - z.transpose(2, 1, 0), compiler="numba")
    x, z = x.transpose(1, 0, 2).copy(), z.transpose(0, 1, 2).copy()
    same(h(x, z), x - z.transpose(2, 1, 0))


def test_an_array_and_its_transpose():
    x = np.random.default_rng(0).random((200, 200))
    f = jit(lambda x: (x + x.T) / 2, compiler="numba")
    same(f(x), (x + x.T) / 2)
    small = np.ones((across.FEWEST - 1,) * 2)
    assert "turn(" in f.source(x) and "turn(" not in f.source(small)
