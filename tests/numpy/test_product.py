"""Products of arrays, against NumPy."""

import numpy as np
import pytest
from arrays import DTYPES
from evaluation import agree, traced
from hypothesis import given, settings
from hypothesis import strategies as st

from defn.errors import ShapeError

SHAPES = [
    (),
    (3,),
    (2, 3),
    (3, 2),
    (3, 3),
    (2, 2, 3),
    (2, 3, 2),
    (1, 3),
    (0, 3),
    (3, 0),
    (4, 1, 3, 2),
    (2,),
]
FUNCTIONS = [
    np.matmul, np.dot, np.inner, np.vdot, np.outer, np.kron, np.vecdot, np.matvec, np.vecmat,
    np.tensordot, np.cross,
]  # fmt: skip


def whole(dtype, shape, seed=0):
    """Small whole numbers, so that sums of products are exact in any order."""
    draw = np.random.default_rng(seed)
    low = 0 if np.dtype(dtype).kind in "bu" else -3
    values = draw.integers(low, 4, shape)
    return (
        values + 1j * draw.integers(-3, 4, shape)
        if np.dtype(dtype).kind == "c"
        else np.asarray(values)
    ).astype(dtype)


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors")
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_shapes(function):
    for x in SHAPES:
        for y in SHAPES:
            agree(function, whole("f8", x), whole("f8", y, 1))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_dtypes(function):
    for x in DTYPES:
        for y in DTYPES:
            agree(function, whole(x, (3, 3)), whole(y, (3, 3), 1))


@settings(max_examples=100)
@given(st.data())
def test_tensordot(data):
    x, y = (whole("f8", data.draw(st.lists(st.integers(1, 3), max_size=3)), k) for k in (0, 1))
    axis = st.integers(-3, 2)
    axes = data.draw(
        st.one_of(
            st.integers(0, 2),
            st.tuples(axis, axis),
            st.tuples(st.lists(axis, max_size=2), st.lists(axis, max_size=2)),
        )
    )
    wanted = None
    try:
        wanted = np.tensordot(x, y, axes)
    except (ValueError, IndexError):
        with pytest.raises((ValueError, IndexError)):
            traced(lambda a, b: np.tensordot(a, b, axes), x, y)
    if wanted is not None:
        agree(lambda a, b: np.tensordot(a, b, axes), x, y)


LETTERS = "abcd"


@st.composite
def subscripts(draw):
    """Subscripts of one to three operands, with repeats, and a result of labels that there are."""
    inputs = draw(st.lists(st.text(LETTERS, min_size=1, max_size=3), min_size=1, max_size=3))
    text = ",".join(inputs)
    if draw(st.booleans()):
        text += "->" + "".join(
            draw(st.lists(st.sampled_from("".join(inputs)), unique=True, max_size=3))
        )
    return text


@settings(max_examples=200)
@given(subscripts(), st.sampled_from("dliF?"), st.data())
def test_einsum(text, dtype, data):
    sizes = {letter: data.draw(st.integers(0, 3)) for letter in LETTERS}
    inputs = text.split("->")[0].split(",")
    arrays = [whole(dtype, [sizes[c] for c in labels], k) for k, labels in enumerate(inputs)]
    agree(lambda *operands: np.einsum(text, *operands), *arrays)


@pytest.mark.parametrize(
    "text, shapes",
    [
        ("...i,...i", [(2, 3), (3,)]), ("i...->...i", [(2, 3, 4)]), ("...ii->...i", [(2, 3, 3)]),
        ("ij...,jk...->ik...", [(2, 3, 4), (3, 2, 4)]), ("...->...", [(2, 3)]),
        ("...,...", [(2, 3), (3,)]), ("i,i->i", [(3,), (1,)]), ("ij,jk", [(2, 3), (2, 2)]),
        ("ij", [(2,)]), ("i->j", [(2,)]), ("i,i", [(2,)]), ("ii", [(2, 3)]), ("ij->ii", [(2, 2)]),
        ("i", [(2, 3)]), ("i1", [(2, 3)]), ("i,j->", [(2,), (3,)]),
        ("ab,bc,cd,de,ef->af", [(2, 3), (3, 2), (2, 4), (4, 2), (2, 3)]),
    ],
)  # fmt: skip
def test_einsum_of_awkward_subscripts(text, shapes):
    agree(
        lambda *operands: np.einsum(text, *operands),
        *(whole("f8", s, k) for k, s in enumerate(shapes)),
    )


def test_einsum_of_lists():
    x, y = whole("f8", (2, 3)), whole("f8", (3, 4), 1)
    agree(lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), x, y)
    agree(lambda a, b: np.einsum(a, [0, 1], b, [1, 2]), x, y)
    agree(lambda a: np.einsum(a, [Ellipsis, 0], [0, Ellipsis]), x)


@pytest.mark.parametrize("dtype", ["f4", "f8", "c16", "i4"])
def test_einsum_dtype(dtype):
    agree(
        lambda a, b: np.einsum("ij,jk", a, b, dtype=dtype),
        whole("f8", (2, 3)),
        whole("f8", (3, 4), 1),
    )
    agree(
        lambda a, b: np.einsum("ij,jk", a, b, dtype=dtype, casting="unsafe"),
        whole("f8", (2, 3)),
        whole("f8", (3, 4), 1),
    )


def test_a_diagonal_by_einsum_is_a_view():
    def write(x):
        y = x.copy()
        np.einsum("ii->i", y)[:] = 7
        np.einsum("ij->ji", y)[0, 1] = 9
        return y

    agree(write, whole("f8", (3, 3)))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"offset": 1},
        {"offset": -1},
        {"offset": 9},
        {"axis1": 1, "axis2": 2},
        {"axis1": -1, "axis2": 0},
        {"dtype": "f4"},
        {"axis1": 0, "axis2": 0},
    ],
)
def test_trace(options):
    for dtype in DTYPES:
        agree(np.trace, whole(dtype, (2, 3, 4)), **options)
    agree(np.trace, whole("f8", (3,)), **options)


@pytest.mark.parametrize(
    "axes", [{}, {"axis": 0}, {"axisa": 0, "axisb": 1, "axisc": 0}, {"axis": 5}]
)
def test_cross(axes):
    agree(np.cross, whole("f8", (3, 3)), whole("f8", (3, 3), 1), **axes)


def test_the_error_names_both_sizes_and_the_line():
    with pytest.raises(ShapeError, match=r"size 2 is different from 3\): .*\n  at .*test_product"):
        traced(lambda x, y: x @ y, whole("f8", (2, 3)), whole("f8", (2, 3)))
