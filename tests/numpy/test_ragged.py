"""Slices with traced bounds, and masks: linear algebra by hand, sizes that depend on data."""

from random import Random

import numpy as np
import pytest
from compiled import agree, same
from hypothesis import given, settings
from hypothesis import strategies as st

from defn import DefnError, jit
from defn.errors import BoundsError, Unsupported


def cholesky(a):
    n = a.shape[0]
    for i in range(n):
        for j in range(i):
            a[i, j] -= a[i, :j] @ a[j, :j]
            a[i, j] /= a[j, j]
        a[i, i] -= a[i, :i] @ a[i, :i]
        a[i, i] = np.sqrt(a[i, i])
    return np.tril(a)


def lu(a):
    n = a.shape[0]
    for k in range(n):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return a


def triangular_solve(low, b):
    x = np.zeros_like(b)
    for i in range(len(b)):
        x[i] = (b[i] - low[i, :i] @ x[:i]) / low[i, i]
    return x


def gram_schmidt(a):
    q, r = np.zeros_like(a), np.zeros((a.shape[1], a.shape[1]))
    for k in range(a.shape[1]):
        r[k, k] = np.sqrt(np.dot(a[:, k], a[:, k]))
        q[:, k] = a[:, k] / r[k, k]
        for j in range(k + 1, a.shape[1]):
            r[k, j] = np.dot(q[:, k], a[:, j])
            a[:, j] -= q[:, k] * r[k, j]
    return q, r


def durbin(r):
    y = np.empty_like(r)
    alpha, beta, y[0] = -r[0], 1.0, -r[0]
    for k in range(1, r.shape[0]):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return y


def trmm(a, b):
    for i in range(b.shape[0]):
        for j in range(b.shape[1]):
            b[i, j] += np.dot(a[i + 1 :, i], b[i + 1 :, j])
    return b


def symm(a, b, c):
    for i in range(c.shape[0]):
        for j in range(c.shape[1]):
            c[:i, j] += b[i, j] * a[i, :i]
            c[i, j] += b[i, j] * a[i, i] + (b[:i, j] * a[i, :i]).sum()
    return c


def autocorrelation(x):
    n = len(x)
    out = np.zeros(n)
    for k in range(n):
        out[k] = np.sum(x[: n - k] * x[k:])
    return out


def moving_average(x):
    out = np.zeros(len(x) - 2)
    for k in range(len(x) - 2):
        out[k] = x[k : k + 3].mean()
    return out


def insertion(x):
    for i in range(1, len(x)):
        at = np.sum(x[:i] <= x[i])
        value = x[i]
        x[at + 1 : i + 1] = x[at:i].copy()
        x[at] = value
    return x


random = np.random.default_rng(7)
square = random.random((6, 6))
positive = square @ square.T + 6 * np.eye(6)
KERNELS = {
    cholesky: (positive,),
    lu: (positive,),
    triangular_solve: (positive, square[0]),
    gram_schmidt: (random.random((6, 4)),),
    durbin: (square[0] / 3,),
    trmm: (square, random.random((6, 3))),
    symm: (square, random.random((6, 3)), random.random((6, 3))),
    autocorrelation: (square[1],),
    moving_average: (square[2],),
    insertion: (square[3],),
}


@pytest.mark.parametrize("compiler", ["numpy", "numba", "xla"])
@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k.__name__)
def test_kernels(kernel, compiler):
    agree(kernel, *KERNELS[kernel], compiler=compiler)


def walked(values):
    total = 0.0
    for k, value in enumerate(values):
        total += k * value
    return total


x, y = np.arange(1.0, 13).reshape(3, 4), np.arange(20.0, 26)


STRETCHES = {
    "front": lambda x, j: x[0, :j],
    "back": lambda x, j: x[1, j:],
    "steps": lambda x, j: (x[0, j::2], x[0, :j:2], x[0, 1:j:2]),
    "backwards": lambda x, j: (x[0, j::-1], x[0, :j:-1], x[0, j:0:-1], x[0, 3:j:-2]),
    "counted from the end": lambda x, j: (x[0, -j:], x[0, :-j], x[0, -j - 1 : -1]),
    "beyond": lambda x, j: (x[0, : j + 7], x[0, j + 7 :], x[0, j - 9 : 2]),
    "window": lambda x, j: (x[0, j : j + 2], x[j - 1 : j + 1, 0], x[0, j - 1 : j + 2 : 2]),
    "window at the end": lambda x, j: x[0, j : j + 2],
    "block": lambda x, j: (x[:j, j:], x[j:, None, :j], x[..., :j], x[1:, :j]),
    "transpose": lambda x, j: (x[:, :j].T, np.transpose(x[:j]), x[:j].T[1]),
    "sums": lambda x, j: (
        x[:, :j].sum(),
        x[:, :j].sum(0),
        x[:j].sum(axis=0),
        x[:, j:].sum(1, keepdims=True),
    ),
    "means": lambda x, j: (x[0, :j].mean(), x[:, :j].mean(axis=1), x[:j].std(), np.var(x[0, :j])),
    "extremes": lambda x, j: (
        x[0, :j].max(),
        np.min(x[:, j:], 1),
        x[0, :j].prod(),
        np.ptp(x[0, :j]),
    ),
    "places": lambda x, j: (
        x[0, j:].argmax(),
        np.argmin(x[0, j:]),
        np.argmax(x[0, j::-1]),
        (-x[:, j:]).argmin(1),
    ),
    "truths": lambda x, j: (
        np.any(x[0, :j] > 1),
        np.all(x[0, :j] < 3),
        np.count_nonzero(x[0, :j] > 1),
    ),
    "arithmetic": lambda x, j: (
        x[0, :j] + x[1, :j] * 2 - 1,
        x[:, :j] * x[0, :j],
        x[:, :j] / x[:, :1],
    ),
    "moved": lambda x, j: (
        x[0, :j] + x[1, 4 - j :],
        x[0, :j] * x[1, :j][::-1],
        x[0, j:] - x[1, : 4 - j],
    ),
    "functions": lambda x, j: (
        np.sqrt(x[0, :j]),
        np.where(x[0, :j] > 1, x[0, :j], 0),
        np.clip(x[0, :j], 1.5, 2),
    ),
    "comparison": lambda x, j: x[0, :j] > 1,
    "dot": lambda x, j: (
        x[0, :j] @ x[1, :j],
        np.dot(x[:, :j], x[0, :j]),
        x[:j, 0] @ x[:j],
        x[:, :j] @ x[:, :j].T,
    ),
    "matrix product": lambda x, j: (x[:j] @ x.T, x[:, :j] @ x[:j], x[:2, :j] @ x.T[:j]),
    "outer": lambda x, j: (np.outer(x[0, :j], x[1, j:]), np.multiply.outer(x[0, :j], x[1])),
    "elements": lambda x, j: (
        x[0, j:][0],
        x[0, :j][-1],
        x[0, 1:j][0],
        x[:, j:][1, 0],
        x[0, :j][j - 2],
    ),
    "parts": lambda x, j: (
        x[0, j - 1 :][1:],
        x[0, : j + 1][:-1],
        x[0, : j + 1][::2],
        x[0, :j][::-1][1:],
        x[0, :j][:, None],
    ),
    "sizes": lambda x, j: (np.size(x[0, :j]), x[:, :j].size, x[j:].shape[0]),
    "sorted": lambda x, j: (
        np.sort(-x[0, j:]),
        np.cumsum(x[0, j:]),
        x[0, :j].cumsum(),
        np.cumsum(x[0, j::-1]),
    ),
    "norm": lambda x, j: np.linalg.norm(x[0, :j]),
    "copies": lambda x, j: (
        x[0, :j].copy() + 1,
        x[0, :j].astype("f4"),
        np.zeros_like(x[0, :j]),
        np.full_like(x[0, :j], 3),
    ),
    "row": lambda x, j: (
        x[:, :j].ravel(),
        x[:j].flatten(),
        x[:, j::-1].reshape(-1),
        x[:, j:].T.ravel(),
    ),
    "joined": lambda x, j: (
        np.concatenate([x[0, :j], x[1, j:]]),
        np.concatenate([x[:, j:], x[:, :1]], 1),
        np.append(x[0, j::-1], 7),
        np.hstack([x[0, :j], x[1]]),
    ),
    "in order": lambda x, j: (
        np.argsort(-x[0, j:]),
        np.argsort(x[0, j::-1]),
        np.median(x[:, :j]),
        np.diff(x[0, :j]),
    ),
    "python": lambda x, j: (len(x[0, :j]), sum(x[0, :j]), max(x[0, :j]), min(x[0, j:])),
    "walked": lambda x, j: walked(x[0, :j]),
    "chosen": lambda x, j: (x[0, : j + 1][[0, -1]], x[0, :j][x[0, :j] > 1]),
}


@pytest.mark.parametrize("name", STRETCHES)
def test_slices_with_traced_bounds(name):
    for j in (2, 3) if "window" not in name else (1, 2):
        agree_traced(STRETCHES[name], x, j)


def agree_traced(function, x, j):
    """The function with an integer that stays traced: an element of an array is never fixed."""
    at = np.array([j])
    agree(lambda x, at: function(x, at[0]), x, at)


def writes(x, j):
    x[0, :j] = 5
    x[1, j:] += 1
    x[:, :j] *= 2
    x[1:, j:] = x[:2, j:] + 1
    view = x[2, j - 1 :]
    view -= 3
    view[0] = 100
    view[1:] = view[:-1] * 2
    x[:j, 0] = x[0, :j]
    x[0, ::-1][:j] = 7
    x[2, j:] = x[0, j:][::-1]
    x[0, j:] = np.arange(2.0)
    return view.copy()


def test_writes_into_slices_with_traced_bounds():
    agree_traced(writes, x, 2)


def writes_into_a_copy(x, j):
    t = x[:, j:].copy()
    t[0] = 9
    t[:, 0] = 1
    t[1, -1] = 5
    t += x[:, j:]
    return t, t.T @ t


def rounds(x, j):
    s, z, k = x[0, :j], x[x > 3], 0
    for _ in range(20):
        s = s + x[1, :j]
    while z.max() > 1 and k < 50:
        z = z / 2
        k += 1
    return s, z, k


def test_ragged_values_are_copied_and_go_round_loops():
    agree_traced(writes_into_a_copy, x, 2)
    agree_traced(rounds, x, 2)


def test_sizes_that_differ_are_refused_when_the_program_runs():
    with pytest.raises(DefnError, match="their sizes must be equal"):
        jit(lambda x, at: x[0, : at[0]] + x[1, at[0] :], compiler="numpy")(x, np.array([1]))


def blocks(x):
    total = np.zeros(3)
    for k in range(0, 4, 3):
        part = x[0, k : k + 3]
        total[: len(part)] += part
    return total


def test_windows_at_the_end_of_an_axis():
    agree(blocks, x)
    beyond = jit(lambda x, at: x[0, at[0] : at[0] + 3].sum(), compiler="numpy")
    assert beyond(x, np.array([1])) == x[0, 1:4].sum()
    with pytest.raises(BoundsError, match="reaches beyond its axis of size 4"):
        beyond(x, np.array([2]))


MASKS = {
    "elements": lambda x, m: x[m],
    "sums": lambda x, m: (
        x[m].sum(),
        x[m].mean(),
        x[m].max(),
        x[m].min(),
        x[m].prod(),
        x[m].std(),
        x[m].size,
    ),
    "arithmetic": lambda x, m: (x[m] * 2 + x[m], np.sqrt(x[m]), np.where(x[m] > 4, x[m], 0)),
    "two masks": lambda x, m: x[m] + x[~m],
    "rows": lambda x, m: (
        x[m[:, 0]],
        x[m[:, 0]].sum(0),
        x[m[:, 0], 1],
        x[m[:, 0]] * x[0],
        x[m[:, 0]].max(axis=1),
    ),
    "columns": lambda x, m: (x[:, m[0]], x[1, m[0]], x[:, m[0]].sum(0), x[None, :, m[0]]),
    "twice": lambda x, m: (x[m][x[m] > 4], x[m][0], x[m][-1], x[m][1:3], x[m][::-1]),
    "indices": lambda x, m: (
        np.nonzero(m),
        np.where(m),
        np.argwhere(m),
        np.flatnonzero(m),
        np.where(m)[0].size,
    ),
    "chosen by indices": lambda x, m: (
        x[np.where(m)],
        x[np.nonzero(m[:, 0])[0]],
        x[:, np.nonzero(m[0])[0]],
        x[0, np.flatnonzero(m[0])],
    ),
    "functions": lambda x, m: (
        np.sort(-x[m]),
        np.cumsum(x[m]),
        np.argmax(x[m]),
        np.any(x[m] > 5),
        np.dot(x[m], x[m]),
    ),
    "compress": lambda x, m: (
        np.compress(m[0], x, 1),
        np.extract(m, x),
        np.compress(m[:, 0], x, axis=0),
    ),
    "single truth": lambda x, m: (x[m[0, 0]], x[m[0, 1]], x[True], x[False], x[0, True]),
    "joined": lambda x, m: (
        np.concatenate([x[m], x[0]]),
        np.concatenate([x[m[:, 0]], x[:1]]),
        x[:, m[0]].ravel(),
    ),
    "in order": lambda x, m: (np.argsort(-x[m]), np.median(x[m]), np.diff(x[m])),
    "python": lambda x, m: (len(x[m]), sum(x[m]), max(x[m]), walked(x[m])),
    "copy": lambda x, m: (x[m].copy() - 1, x[m].astype(int), np.ones_like(x[m])),
}
mask = np.array([[1, 1, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]], bool)


@pytest.mark.parametrize("name", MASKS)
def test_masks(name):
    chosen = mask.copy()
    if name == "two masks":
        chosen = np.arange(12).reshape(3, 4) % 2 == 0
    agree(MASKS[name], x, chosen)


def mask_writes(x, m):
    x[m] = 5
    x[x > 5] += 1
    x[m] = np.sqrt(x[m])
    x[~m] = x[~m] * 2
    chosen = x[m]
    chosen += 1
    x[m[:, 0]] = x[0]
    x[m[:, 0], 1] = 77
    x[:, m[0]] -= 1
    x[0, m[0]] = -1
    x[np.where(m)] = 9
    x[np.nonzero(m[:, 1])[0], 0] = 3
    np.add.at(x, np.where(m), 0.5)
    return chosen


def assigned(x, m, values):
    x[m] = values
    return x


def test_writes_under_masks():
    agree(mask_writes, x, mask)
    agree(assigned, x, mask, np.arange(float(mask.sum())))


def test_wrong_number_of_values_is_refused_when_the_program_runs():
    with pytest.raises(DefnError, match="their sizes must be equal"):
        jit(assigned, compiler="numpy")(x.copy(), mask, np.arange(3.0))


def mandelbrot(z, steps=12):
    c, count = z.copy(), np.zeros(z.shape, int)
    for _ in range(steps):
        near = np.abs(z) < 2
        z[near] = z[near] ** 2 + c[near]
        count[near] += 1
    return count


def test_mandelbrot_by_masks():
    grid = np.linspace(-2, 1, 9) + 1j * np.linspace(-1, 1, 5)[:, None]
    agree(mandelbrot, grid)


# Random programs: slices with traced bounds, masks, writes into them, and functions of them.


def some_slice(random, size):
    """The text of a slice whose bounds may be traced."""
    bound = ["None", str(random.randint(-size - 1, size + 1)), "j", "k", f"{size} - j"]
    step = random.choice([None, None, 1, 2, -1, -2])
    return f"slice({random.choice(bound)}, {random.choice(bound)}, {step})"


def some_value(random, depth):
    """The text of a value made of slices and masks."""
    if not depth:
        return random.choice(
            [
                f"x[{random.randint(0, 3)}, {some_slice(random, 5)}]",
                f"x[{some_slice(random, 4)}, {random.randint(0, 4)}]",
                f"x[{some_slice(random, 4)}, {some_slice(random, 5)}]",
                "x[m]",
            ]
        )
    e = some_value(random, depth - 1)
    return random.choice(
        [
            f"({e}) * 2", f"np.sqrt({e})", f"np.flip({e})", f"({e}).T", f"({e}) + ({e})",
            f"({e}) * ({e}).sum()", f"np.where({e} > 3, {e}, 0)", f"({e})[::-1]", f"({e})[1:]",
            f"({e})[:-1]", f"({e})[::2]", f"({e}).copy()", f"({e})[..., None]", f"({e})[None]",
            f"np.cumsum({e}, axis=0)", f"({e}).ravel()", f"({e})[{e} > 4]", f"np.sort({e})",
            f"np.concatenate([{e}, {e}])",
        ]
    )  # fmt: skip


def some_write(random):
    """The text of a statement that writes into slices or under masks."""
    target = random.choice(
        [
            f"x[{random.randint(0, 3)}, {some_slice(random, 5)}]",
            f"x[{some_slice(random, 4)}, {some_slice(random, 5)}]",
            f"x[{some_slice(random, 4)}, 2]",
            "x[m]",
        ]
    )
    return random.choice(
        [
            f"{target} = 7",
            f"{target} += 2",
            f"{target} *= 3",
            f"{target} = {target} + 1",
            f"{target} = {target}[::-1].copy()",
            f"v = {target}; v[...] = v * 2",
        ]
    )


def some_program(random):
    """A function of an array, a mask and two integers, as text."""
    value = some_value(random, random.randint(0, 3))
    ends = [
        "{}",
        "({}).sum()",
        "({}).sum(0)",
        "np.any({} > 5)",
        "({}).shape[0]",
        "({}).size",
        "({}).prod(axis=-1)",
    ]
    lines = [some_write(random) for _ in range(random.randint(0, 2))]
    lines += [f"return {random.choice(ends).format(value)}, x"]
    return "def program(x, m, at):\n    j, k = at\n" + "".join(f"    {line}\n" for line in lines)


@settings(max_examples=300)
@given(st.integers(0, 10**9))
def test_programs_of_ragged_values(seed):
    random, names = Random(seed), {"np": np}
    exec(some_program(random), names)
    values = np.random.default_rng(seed)
    x, m = (
        values.integers(0, 10, (4, 5)).astype(random.choice(["f8", "i8"])),
        values.random((4, 5)) > 0.5,
    )
    at = np.array([random.randint(0, 4), random.randint(0, 4)])
    wanted_x, got_x = x.copy(), x.copy()
    wanted = names["program"](wanted_x, m, at)
    try:
        got = jit(names["program"], compiler="numpy", syntax=False)(got_x, m, at)
    except Unsupported:  # said by name: the parts of this value are not kept
        return
    same(got, wanted)
    same(got_x, wanted_x)
