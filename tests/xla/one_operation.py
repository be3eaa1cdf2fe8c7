"""Graphs of one operation, the values they are tried on, and when a result agrees with NumPy's."""

import numpy as np

from defn import ops
from defn.compilers.xla import compiler
from defn.expr import make, parameter
from defn.graph import Graph
from defn.types import EXTENDED, NUMERIC, Type

UNIQUE = list(dict.fromkeys(np.dtype(d.str) for d in NUMERIC))
EVERY = [*UNIQUE, *EXTENDED[:1]]
ULPS = 4
EPSILON = {2: 2.0**-10, 4: 2.0**-23, 8: 2.0**-52}


def epsilon(dtype):
    """The distance between 1 and the next number (of bfloat16 too)."""
    if dtype.kind == "V":
        return 2.0**-7
    return EPSILON[dtype.itemsize // (2 if dtype.kind == "c" else 1)]


def type_of(array):
    return Type(array.dtype, array.shape)


def run_all(calls):
    """The results of several (operation, arrays, settings), all in one program."""
    calls = [(op, [np.asarray(x) for x in arrays], attrs) for op, arrays, attrs in calls]
    parameters = [[parameter(type_of(x)) for x in arrays] for _, arrays, _ in calls]
    outputs = [make(op, tuple(p), attrs) for (op, _, attrs), p in zip(calls, parameters)]
    graph = Graph([p for each in parameters for p in each], outputs)
    return compiler.compile(graph, {})(*(x for _, arrays, _ in calls for x in arrays))


def run_each(op, calls, **attrs):
    """The operation on each list of arrays."""
    return run_all([(op, arrays, attrs) for arrays in calls])


def run(op, *arrays, **attrs):
    """The operation by XLA."""
    (result,) = run_each(op, [arrays], **attrs)
    return result


def reference(op, *arrays, **attrs):
    """The operation by NumPy."""
    with np.errstate(all="ignore"):
        result = np.asarray(op.numpy(*arrays, **attrs))
    return result.astype(op.type(*map(type_of, arrays), **attrs).dtype)


def values(dtype, count=40, seed=0):
    """Special values of a dtype, then some of many magnitudes; no subnormal numbers."""
    random = np.random.default_rng(seed)
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        special = [0, 1, 2, 3, 7, 8, 9, limits.max, limits.max - 1, limits.min, limits.min + 1]
        special += [-1, -2, -3, -8] if dtype.kind == "i" else []
        any_bits = random.integers(limits.min, limits.max, count, dtype, endpoint=True)
        return np.concatenate([np.array(special, dtype), any_bits])
    if dtype.kind == "c":
        part = values(np.dtype(f"f{dtype.itemsize // 2}"), count // 4)
        return np.array([complex(a, b) for a in part[::2] for b in part[1::2]], dtype)
    special = [0.0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 1.5, 2.5, -2.5, 3, 10, np.inf, -np.inf, np.nan]
    many = random.normal(size=count) * np.exp(random.normal(size=count) * 2)
    return np.concatenate([special, many]).astype(dtype)


def pairs(dtype, count=12):
    """Every value with every other."""
    x = values(dtype, count)
    a, b = np.meshgrid(x, x)
    return a.ravel(), b.ravel()


def plain(dtype, shape, seed=0):
    """Numbers of ordinary size."""
    random = np.random.default_rng(seed)
    if dtype.kind in "biu":
        return random.integers(0, 2 if dtype.kind == "b" else 5, shape).astype(dtype)
    if dtype.kind == "c":
        return (random.normal(size=shape) + 1j * random.normal(size=shape)).astype(dtype)
    return random.normal(size=shape).astype(dtype)


def mixed(dtype, shape, seed=0):
    """Special values at random places."""
    return np.random.default_rng(seed).choice(values(dtype), shape)


def wide(x):
    """In double precision, so that errors can be measured."""
    return x.astype(
        np.complex128 if x.dtype.kind == "c" else np.float64 if x.dtype.kind in "fV" else x.dtype
    )


def agree(got, expected, ulps=ULPS):
    """Where a result agrees: exactly, both nan, or within some ulp; and a zero of a real number has
    its sign.
    """
    if expected.dtype.kind not in "fcV":
        return got == expected
    g, e = wide(got), wide(expected)
    with np.errstate(all="ignore"):
        close = (g == e) | (np.isnan(g) & np.isnan(e))
        close |= np.abs(g - e) <= ulps * epsilon(expected.dtype) * np.abs(e)
        if expected.dtype.kind != "c":
            close &= (np.signbit(g) == np.signbit(e)) | (e != 0)
            # On the CPU XLA replaces subnormal numbers by zero.
            tiny = {2: 2.0**-24, 4: 2.0**-126, 8: 2.0**-1022}[expected.dtype.itemsize]
            close |= (np.abs(g) <= tiny) & (np.abs(e) <= tiny) & (e != 0)
    return close


def assert_agree(got, expected, *operands, ulps=ULPS, what=""):
    """Shape, dtype and values are NumPy's."""
    assert got.dtype == expected.dtype, (what, got.dtype, expected.dtype)
    assert got.shape == expected.shape, (what, got.shape, expected.shape)
    wrong = np.argwhere(~np.atleast_1d(agree(got, expected, ulps)))
    if len(wrong):
        place = tuple(wrong[0])
        shown = [np.atleast_1d(x)[place] for x in (*operands, got, expected)]
        raise AssertionError(f"{what}: {len(wrong)} differ; operands, got, expected: {shown}")


def domains(op):
    """The dtypes for which the ufunc of an operation has a loop of its own."""
    arity = op.ufunc.nin
    found = []
    for dtype in EVERY:
        try:
            resolved = op.ufunc.resolve_dtypes((*[dtype] * arity, *[None] * op.ufunc.nout))
        except TypeError:
            continue
        if all(d == dtype for d in resolved[:arity]):
            found.append(dtype)
    return found


UFUNCS = [op for op in ops.of_kind(ops.Kind.ELEMENTWISE) if op.ufunc is not None]


def trials(*calls):
    """Each (operation, arrays, settings) gives what NumPy gives."""
    for (op, arrays, attrs), got in zip(calls, run_all(calls)):
        assert_agree(
            got, reference(op, *arrays, **attrs), what=(op, attrs, [x.dtype for x in arrays])
        )
