"""Programs with loops, branches and writes in place: each a function of tensors, its types, its
arguments.
"""

import numpy as np
from graph_building import (
    At,
    checkpointed_loop,
    checkpointed_while,
    cond,
    f8,
    get,
    loop,
    put,
    to_float,
    total,
    while_loop,
    zeros,
)

from defn import ops
from defn.transforms.shapes import broadcast, select


def seidel(n, sweeps):
    def cell(i, j, a):
        near = [get(a, (i + di, j + dj)) for di in (-1, 0, 1) for dj in (-1, 0, 1)]
        return put(a, (i, j), sum(near[1:], near[0]) / 9.0)

    def program(a, weight):
        def row(i, a):
            return loop(1, n - 1, lambda j, a: cell(i, j, a), [a])

        (a,) = loop(0, sweeps, lambda t, a: loop(1, n - 1, row, [a]), [a])
        return total(a * weight)

    return program, [f8(n, n), f8(n, n)]


def thomas(n):
    """A tridiagonal system: below, diagonal, above, right side."""

    def program(a, b, c, d, weight):
        def down(i, p, q):
            m = get(b, i) - get(a, i) * get(p, i - 1)
            return put(p, i, get(c, i) / m), put(q, i, (get(d, i) - get(a, i) * get(q, i - 1)) / m)

        p, q = put(zeros(n), 0, get(c, 0) / get(b, 0)), put(zeros(n), 0, get(d, 0) / get(b, 0))
        p, q = loop(1, n, down, [p, q])

        def up(k, x):
            i = (n - 2) - k
            return put(x, i, get(q, i) - get(p, i) * get(x, i + 1))

        (x,) = loop(0, n - 1, up, [put(zeros(n), n - 1, get(q, n - 1))])
        return total(x * weight)

    return program, [f8(n)] * 5


def lu(n, scalar=False):
    """Without pivots, in place; the inner sum in the array, or in a scalar."""

    def program(a, weight):
        def minus(i, j, k, a):
            return put(a, (i, j), get(a, (i, j)) - get(a, (i, k)) * get(a, (k, j)))

        def in_array(i, j, last, a):
            return loop(0, last, lambda k, a: minus(i, j, k, a), [a], extent=n)[0]

        def in_scalar(i, j, last, a):
            step = lambda k, s: s - get(a, (i, k)) * get(a, (k, j))
            return put(a, (i, j), loop(0, last, step, [get(a, (i, j))], extent=n)[0])

        reduced = in_scalar if scalar else in_array

        def lower(i, j, a):
            a = reduced(i, j, j, a)
            return put(a, (i, j), get(a, (i, j)) / get(a, (j, j)))

        def row(i, a):
            (a,) = loop(0, i, lambda j, a: lower(i, j, a), [a], extent=n)
            return loop(i, n, lambda j, a: reduced(i, j, i, a), [a], extent=n)

        (a,) = loop(0, n, row, [a])
        return total(a * weight)

    return program, [f8(n, n)] * 2


def cholesky(n):
    def program(a, weight):
        def reduced(i, j, a):
            step = lambda k, s: s - get(a, (i, k)) * get(a, (j, k))
            return loop(0, j, step, [get(a, (i, j))], extent=n)[0]

        def row(i, a):
            divided = lambda j, a: put(a, (i, j), reduced(i, j, a) / get(a, (j, j)))
            (a,) = loop(0, i, divided, [a], extent=n)
            return put(a, (i, i), np.sqrt(reduced(i, i, a)))

        (a,) = loop(0, n, row, [a])
        return total(a * weight)

    return program, [f8(n, n)] * 2


def leapfrog(bodies, steps, dt):
    """All pairs as arrays."""

    def acceleration(x, m):
        shape = (bodies, bodies, 3)
        d = broadcast(x, shape, (0, 2)) - broadcast(x, shape, (1, 2))
        r2 = total(d * d, (2,)) + 0.01
        w = broadcast(m, (bodies, bodies), (1,)) / (r2 * np.sqrt(r2))
        return -total(broadcast(w, shape, (0, 1)) * d, (1,))

    def program(x, v, m):
        def step(t, x, v):
            v = v + 0.5 * dt * acceleration(x, m)
            x = x + dt * v
            return x, v + 0.5 * dt * acceleration(x, m)

        x, v = loop(0, steps, step, [x, v])
        return total(x * x) + total(v * v)

    return program, [f8(bodies, 3), f8(bodies, 3), f8(bodies)]


def pairs(bodies, steps, dt):
    """The same as loops over pairs, accelerations written in place."""

    def program(x, v, m):
        def pair(i, j, v, x):
            d = [get(x, (i, c)) - get(x, (j, c)) for c in range(3)]
            r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2] + 0.01
            w = dt * get(m, j) / (r2 * np.sqrt(r2))
            for c in range(3):
                v = put(v, (i, c), get(v, (i, c)) - w * d[c])
            return v

        def drift(i, x, v):
            for c in range(3):
                x = put(x, (i, c), get(x, (i, c)) + dt * get(v, (i, c)))
            return x

        def step(t, x, v):
            kick = lambda i, v: loop(0, bodies, lambda j, v: pair(i, j, v, x), [v])
            (v,) = loop(0, bodies, kick, [v])
            (x,) = loop(0, bodies, lambda i, x: drift(i, x, v), [x])
            return x, v

        x, v = loop(0, steps, step, [x, v])
        return total(x * x) + total(v * v)

    return program, [f8(bodies, 3), f8(bodies, 3), f8(bodies)]


def newton(extent=None):
    """A cube root, by a `while` whose length depends on the data."""

    def program(a):
        s = total(a * a)
        far = lambda x: 1e-12 < (x * x * x - s) * (x * x * x - s)
        (x,) = while_loop(far, lambda x: x - (x * x * x - s) / (3.0 * x * x), [s], extent=extent)
        return x

    return program, [f8(10)]


def chain(step, n):
    def program(x):
        return loop(0, n, lambda i, acc: step(acc, x), [x])[0]

    return program, [f8()]


def checkpointed(n, every):
    def program(x):
        return checkpointed_loop(n, every, lambda i, acc: np.sin(acc * x), [x])[0]

    return program, [f8()]


def long_while(every=None, chunks=None):
    def program(x, rate):
        test, step = lambda x: x < 100.0, lambda x: (x + np.sin(x * rate) * 0.01,)
        if every:
            return checkpointed_while(test, step, [x], every, chunks)[0]
        return while_loop(test, step, [x])[0]

    return program, [f8(), f8()]


def branches(n):
    """A branch in a loop that writes, one way or the other."""

    def program(x):
        def step(i, a, s):
            return cond(
                0.0 < get(a, i),
                lambda a, s: (put(a, i, np.sin(get(a, i)) * get(a, i)), s + get(a, i) * get(a, i)),
                lambda a, s: (put(a, i, get(a, i) * s), s - np.exp(get(a, i))),
                [a, s],
            )

        a, s = loop(0, n, step, [x, 1.0 + 0.0 * get(x, 0)])
        return total(a * a) * s

    return program, [f8(n)]


def slices(n):
    """Rows and windows of a matrix."""

    def program(a, w):
        def step(i, a):
            a = put(a, i, np.sin(get(a, i - 1) * w) + 0.5 * get(a, i))
            return put(
                a, (i, At(i - 1, 2)), get(a, (i, At(i - 1, 2))) * get(a, (i - 1, At(i - 1, 2)))
            )

        (a,) = loop(1, n, step, [a])
        return total(a * a)

    return program, [f8(n, n), f8(n)]


# Made to be awkward.


def swapped(n):
    """Two arrays trade places each step, one written, both read."""

    def program(x, y):
        a, b = loop(0, n, lambda i, a, b: (put(b, i, np.sin(get(a, i)) * get(b, i)), a), [x, y])
        return total(a * a) + 2.0 * total(b * a)

    return program, [f8(n), f8(n)]


def shared_start(n):
    """Two states begin as one value, which is read inside and afterwards, too."""

    def program(x):
        z = 2.0 * x

        def step(i, a, b):
            return put(a, i, get(b, i) * get(z, i)), put(b, i, get(a, i) + get(z, i) * get(z, i))

        a, b = loop(0, n, step, [z, z])
        return total(a * b) + total(z * a)

    return program, [f8(n)]


def old_version(n):
    """A version read after it was replaced."""

    def program(x):
        def step(i, a):
            before = a
            a = put(a, i, get(a, i) * get(a, i))
            a = put(a, i + 1, get(before, i) * get(a, i) + get(before, i + 1))
            return a + 0.1 * before

        (a,) = loop(0, n - 1, step, [x])
        return total(a * a)

    return program, [f8(n)]


def nested_while(n):
    """A `while` in a loop, over an array that the loop writes, too."""

    def program(x):
        def step(i, a):
            s, k = while_loop(
                lambda s, k: s < 3.0,
                lambda s, k: (s + get(a, i) * get(a, i), k + 1),
                [get(a, i), 0],
                extent=40,
            )
            (a,) = loop(
                0, i, lambda j, a: put(a, j, get(a, j) * s / to_float(k + 1)), [a], extent=n
            )
            return put(a, i, s * get(a, i))

        (a,) = loop(0, n, step, [x])
        return total(a * a)

    return program, [f8(n)]


def branch_inside(n):
    """A branch in the inner loop that writes one way; the outer loop reads afterwards."""

    def program(x, w):
        def inner(i, j, a, s):
            return cond(
                get(w, j) < get(a, j),
                lambda a, s: (put(a, j, np.sin(get(a, j)) * get(w, i)), s * get(a, j)),
                lambda a, s: (a, s + get(a, i) * get(a, j)),
                [a, s],
            )

        def step(i, a, s):
            a, s = loop(0, n, lambda j, a, s: inner(i, j, a, s), [a, s])
            return put(a, i, get(a, i) * np.exp(0.1 * get(a, n - 1) * s)), s * 0.5

        a, s = loop(0, n, step, [x, get(x, 0)])
        return total(a * a) + s

    return program, [f8(n), f8(n)]


def local_array(n):
    """An array made anew each step, filled by one loop and read by another."""

    def program(x):
        def step(t, x):
            (y,) = loop(0, n, lambda i, y: put(y, i, get(x, i) * get(x, n - 1 - i)), [zeros(n)])
            (s,) = loop(0, n, lambda i, s: s + get(y, i) * np.sin(get(y, i)), [0.0])
            return x + broadcast(0.1 * s, (n,), ()) * y

        (x,) = loop(0, 3, step, [x])
        return total(x * x)

    return program, [f8(n)]


def data_index(n):
    """Indices computed from the array that is written."""

    def program(x):
        def step(i, a, k):
            a = put(a, k, np.sin(get(a, k)) + get(a, i) * get(a, k))
            back = select(k < 1, k + 1, k - 1)
            return a, select(get(a, k) < 0.9, k + 1, back) + select(n - 2 < k, -1, np.int64(0) * k)

        a, k = loop(0, 2 * n, lambda i, a, k: step(select(i < n, i, i - n), a, k), [x, 0])
        return total(a * a)

    return program, [f8(n)]


def mixed_chain(n):
    """One array written by a loop, then by a branch, then directly, and read by all."""

    def program(x):
        def step(i, a):
            (a,) = loop(0, i, lambda j, a: put(a, j, get(a, j) * get(a, i)), [a], extent=n)
            (a,) = cond(
                1.0 < get(a, i),
                lambda a: put(a, i, np.sqrt(get(a, i))),
                lambda a: put(a, i, 2.0 * get(a, i)),
                [a],
            )
            return put(a, 0, get(a, i) * get(a, 0), ops.add_at)

        (a,) = loop(0, n, step, [x])
        return total(a * a)

    return program, [f8(n)]


def replaced_in_one_branch(n):
    """A branch that writes one way and makes the array anew the other way."""

    def program(x):
        def step(i, a):
            (a,) = cond(
                1.0 < get(a, i),
                lambda a: put(a, i, np.sin(get(a, i))),
                lambda a: np.cos(a) * a,
                [a],
            )
            (s,) = loop(0, n, lambda j, s: s + get(a, j) * get(a, i), [0.0])
            return put(a, i, s * get(a, i))

        (a,) = loop(0, n, step, [x])
        return total(a * a)

    return program, [f8(n)]


def carried_and_captured(n):
    """A loop that writes an array and reads what it was before."""

    def program(x):
        def step(i, a):
            (b,) = loop(0, n, lambda j, b: put(b, j, get(b, j) * get(a, n - 1 - j)), [a])
            return put(b, i, np.sin(get(b, i)) * get(b, 0))

        (a,) = loop(0, n, step, [x])
        return total(a * a)

    return program, [f8(n)]


def tangled(n):
    """Two arrays whose writes are placed and chosen by each other's values."""

    def program(x, y):
        def step(i, a, b):
            (a,) = cond(
                get(b, i) < get(a, i), lambda a: put(a, i, get(a, i) * get(b, 0)), lambda a: a, [a]
            )
            k = select(get(a, i) < 1.0, i, np.int64(0) * i)
            b = put(b, k, get(b, k) * get(a, k))
            (a,) = cond(
                get(b, k) < get(a, k),
                lambda a: put(a, k, np.sin(get(a, i))),
                lambda a: put(a, 0, get(b, i)),
                [a],
            )
            return a, put(b, 0, get(b, 0) * get(a, 0))

        a, b = loop(0, n, step, [x, y])
        return total(a * b) + total(a * a)

    return program, [f8(n), f8(n)]


def recomputed_inside(n):
    """A loop that is run again, in a loop, over an array that both write."""

    def program(x):
        def step(i, a):
            inner = lambda j, a: put(a, j, np.sin(get(a, j)) * get(a, i))
            (a,) = loop(0, n, inner, [a], recompute=True)
            return put(a, i, get(a, i) * get(a, 0))

        (a,) = loop(0, 3, step, [x])
        return total(a * a)

    return program, [f8(n)]


def chained_loops(n):
    """Loops one after the other in one scope, each carrying what the one before left."""

    def program(x):
        a, s = loop(0, n, lambda i, a, s: (put(a, i, get(a, i) * s), s + get(a, i)), [x, 1.0])
        a, s = loop(
            0, n, lambda i, a, s: (put(a, i, np.exp(0.1 * get(a, i)) * s), s * get(a, i)), [a, s]
        )
        (b,) = while_loop(
            lambda b: b < 50.0, lambda b: b * 1.5 + s, [get(a, 1) * get(a, 1) + 1.0], extent=40
        )
        return total(a * a) + b

    return program, [f8(n)]


PROGRAMS = {
    "seidel": seidel(6, 2),
    "thomas": thomas(6),
    "lu": lu(5),
    "lu_scalar": lu(5, scalar=True),
    "cholesky": cholesky(5),
    "leapfrog": leapfrog(3, 4, 0.05),
    "pairs": pairs(3, 4, 0.05),
    "newton": newton(extent=50),
    "newton_unbounded": newton(),
    "branches": branches(5),
    "slices": slices(4),
    "swapped": swapped(4),
    "shared_start": shared_start(4),
    "old_version": old_version(4),
    "nested_while": nested_while(4),
    "branch_inside": branch_inside(4),
    "local_array": local_array(4),
    "data_index": data_index(4),
    "mixed_chain": mixed_chain(5),
    "replaced_in_one_branch": replaced_in_one_branch(4),
    "recomputed_inside": recomputed_inside(4),
    "carried_and_captured": carried_and_captured(4),
    "tangled": tangled(4),
    "chained_loops": chained_loops(4),
    "checkpointed": checkpointed(7, 2),
    "checkpointed_while": long_while(8, 4),
    "long_while": long_while(),
    "acc*x": chain(lambda acc, x: acc * x, 5),
    "acc/x": chain(lambda acc, x: acc / x, 5),
    "sin(acc*x)": chain(lambda acc, x: np.sin(acc * x), 5),
    "acc*acc": chain(lambda acc, x: acc * acc, 5),
}


def arguments(name):
    """Random arguments at which the program has a derivative."""
    draw = np.random.default_rng(0)
    types = PROGRAMS[name][1]
    if name == "branches":
        return [draw.uniform(-1, 1, t.shape) for t in types]
    if name in ("long_while", "checkpointed_while"):
        return [np.array(99.95), np.array(0.01)]
    args = [np.asarray(draw.uniform(0.5, 1.5, t.shape)) for t in types]
    if name.startswith(("lu", "cholesky")):
        n = types[0].shape[0]
        args[0] = args[0] @ args[0].T / n + 2 * n**0.5 * np.eye(n)
    if name == "thomas":
        args[1] += 3.0
    return args
