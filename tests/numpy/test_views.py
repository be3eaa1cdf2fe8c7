"""Random programs of views and writes: every view sees what NumPy's sees."""

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from defn import jit

VIEWS = {
    "T": lambda x: x.T,
    "flip": lambda x: np.flip(x),
    "flip0": lambda x: np.flip(x, 0) if x.ndim else x,
    "ravel": lambda x: x.ravel(),
    "reshape": lambda x: x.reshape(-1),
    "halves": lambda x: x.reshape(2, -1) if x.size and x.size % 2 == 0 else x,
    "swapaxes": lambda x: np.swapaxes(x, 0, -1) if x.ndim else x,
    "moveaxis": lambda x: np.moveaxis(x, 0, -1) if x.ndim else x,
    "rollaxis": lambda x: np.rollaxis(x, x.ndim - 1) if x.ndim else x,
    "expand_dims": lambda x: np.expand_dims(x, -1),
    "squeeze": lambda x: np.squeeze(x),
    "rot90": lambda x: np.rot90(x) if x.ndim > 1 else x,
    "rot270": lambda x: np.rot90(x, 3) if x.ndim > 1 else x,
    "split": lambda x: np.array_split(x, 2)[1] if x.ndim else x,
    "atleast_2d": lambda x: np.atleast_2d(x),
    "atleast_3d": lambda x: np.atleast_3d(x),
    "view": lambda x: x.view(),
    "same dtype": lambda x: x.astype(x.dtype, copy=False),
    "copy": lambda x: x.copy(),
    "astype": lambda x: x.astype(x.dtype),
    "np.copy": lambda x: np.copy(x, order="K"),
    "flatten": lambda x: x.flatten(),
    "real": lambda x: x.real,
    "add": lambda x: x + 1,
}


def basic_index(random, shape):
    """A basic index of a shape."""
    entries = []
    for size in shape:
        kind = random.choice(["int", "slice", "slice", "slice", "all", "new"])
        if kind == "new":
            entries.append(None)
        if kind == "int" and size:
            entries.append(random.randrange(-size, size))
        elif kind == "slice":
            bounds = [random.choice([None, random.randint(-size - 1, size + 1)]) for _ in "ab"]
            entries.append(slice(*bounds, random.choice([None, 1, 1, 2, -1, -2])))
        else:
            entries.append(slice(None))
    if random.random() < 0.3:
        entries = entries[: random.randint(0, len(entries))]
        entries.append(Ellipsis)
    return tuple(entries)


def array_index(random, shape):
    """An index with arrays of indices, integers, slices, masks and new axes."""
    length, entries = random.randint(1, 3), []
    for size in shape:
        kind = random.choice(["array", "array", "list", "int", "slice", "mask", "column", "new"])
        if kind == "new":
            entries.append(None)
        rows = [random.randrange(-size, size) for _ in range(length)] if size else []
        if not size:
            entries.append(slice(None))
        elif kind == "list":
            entries.append(rows)
        elif kind in ("array", "column"):
            made = np.array(rows, random.choice(["i8", "i4", "u1"]) if min(rows) >= 0 else "i8")
            entries.append(made[:, None] if kind == "column" else made)
        elif kind == "int":
            entries.append(random.randrange(-size, size))
        elif kind == "mask" and size >= length:
            mask = np.zeros(size, bool)
            mask[random.sample(range(size), length)] = True
            entries.append(mask.tolist())
        else:
            entries.append(slice(None, None, random.choice([1, -1, 2])))
    return tuple(entries)


def program(x, seed, steps):
    """Views of an array, and writes into some of them; all of them at the end."""
    random, seen = Random(seed), [x]
    for _ in range(steps):
        target = random.choice(seen)
        if not isinstance(target, np.ndarray):
            continue
        kind = random.choice(
            ["view", "view", "index", "index", "set", "add", "array", "set array", "swap"]
        )
        if kind == "view":
            seen.append(VIEWS[random.choice(sorted(VIEWS))](target))
        elif kind == "index":
            seen.append(target[basic_index(random, target.shape)])
        elif kind == "set":
            target[basic_index(random, target.shape)] = random.randint(-9, 9)
        elif kind == "add":
            target *= 2
            target[basic_index(random, target.shape)] += random.randint(1, 9)
        elif kind == "array" and target.ndim:
            seen.append(target[array_index(random, target.shape)])
        elif kind == "set array" and target.ndim:
            target[array_index(random, target.shape)] = random.randint(-9, 9)
        elif kind == "swap" and target.ndim and len(target) > 1:
            target[0], target[1] = target[1], target[0]
    return tuple(seen[-8:])


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except (IndexError, ValueError, TypeError) as error:
        return error


@settings(max_examples=400)
@given(
    st.integers(0, 10**9),
    st.integers(1, 10),
    st.lists(st.integers(0, 4), max_size=3),
    st.sampled_from(["f8", "i4", "c8", "f4"]),
)
def test_programs_of_views_and_writes(seed, steps, shape, dtype):
    x = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    wanted_x, x = x.copy(), x
    compiled = jit(lambda x: program(x, seed, steps), compiler="numpy", syntax=False)
    wanted = outcome(program, wanted_x, seed, steps)
    got = outcome(compiled, x)
    if isinstance(wanted, Exception):
        assert isinstance(got, Exception), wanted
        return
    if isinstance(got, Exception):
        raise got
    np.testing.assert_array_equal(x, wanted_x)
    for mine, numpys in zip(got, wanted):
        assert type(mine) is type(numpys)
        assert (mine.shape, mine.dtype) == (numpys.shape, numpys.dtype)
        np.testing.assert_array_equal(mine, numpys)


columns_first = np.asfortranarray(np.arange(12.0).reshape(3, 4))


def test_reshapes_of_arrays_from_outside_are_copies_where_numpys_are():
    def write(value):
        row = columns_first.reshape(-1)
        row[0] = value
        return row.sum()

    global columns_first
    compiled = jit(write)
    for kept in (columns_first, columns_first.copy("C"), columns_first.T.copy("F")):
        columns_first, mine = kept.copy("K"), kept.copy("K")
        wanted, after = write(100.0), columns_first
        columns_first = mine
        assert compiled(100.0) == wanted
        np.testing.assert_equal(mine, after)
