"""Samples of every operation: what to call, on which arrays, how exact it is, and what has a derivative.

`ROWS` samples the rows of `defn.ops`, `COMPOSITES` NumPy's functions, `SAMPLES` is both. Each sample is a function
of arrays that means the same of NumPy arrays and of tensors. The arrays stay away from kinks and poles where a
derivative is asked for.
"""

# A sample is a line, however long.
# ruff: noqa: E501

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

import defn.along
import defn.numpy  # noqa: F401
from defn import nx, ops, random, special
from defn.tensor import apply, is_tensor


class Sample(NamedTuple):
    """A call: `function(*arguments, **settings)`, within `ulp` of NumPy, differentiable in `wrt`."""

    function: Any
    arguments: tuple
    settings: dict = {}
    ulp: float = 4
    wrt: tuple = ()

    def __call__(self, *arguments):
        """The function of other arrays, with this sample's settings."""
        return self.function(*arguments, **self.settings)


def row(op, **attrs):
    """A row as a function: of arrays what its NumPy meaning gives, of tensors its node."""

    def function(*operands):
        if any(map(is_tensor, operands)):
            return apply(op, *operands, **attrs)
        with np.errstate(all="ignore"):
            return np.asarray(op.numpy(*operands, **attrs))

    function.__name__, function.op, function.attrs = op.name, op, attrs
    return function


# Arrays: of a dtype and shape, between bounds, the same every time.

FLOATS = ("f8", "f4", "f2")
COMPLEX = ("c16", "c8")
INTEGERS = ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")
SHAPE = (3, 4)


def between(low, high, dtype="f8", shape=SHAPE, seed=0):
    """Random numbers of a dtype between two bounds; complex ones have both parts there."""
    draw = np.random.default_rng([seed, *dtype.encode(), *shape])
    kind = np.dtype(dtype).kind
    if kind == "b":
        return draw.integers(0, 2, shape).astype(bool)
    if kind in "iu":
        return draw.integers(low, high, shape).astype(dtype)
    values = draw.uniform(low, high, shape)
    return (values + 1j * draw.uniform(low, high, shape) if kind == "c" else values).astype(dtype)


def number(dtype, shape=SHAPE, seed=0):
    """Random numbers of both signs (of unsigned dtypes, of one), none of them zero."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return between(0, 2, dtype, shape, seed)
    size = (
        between(1, 9, dtype, shape, seed) if kind in "iu" else between(0.2, 2, dtype, shape, seed)
    )
    return size if kind == "u" else np.where(between(0, 2, "b1", shape, seed + 1), size, -size)


SPECIAL = {
    dtype: np.array(
        [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 1e-3, 60000.0, -2.5, 5e-8, 0.5], dtype
    )
    for dtype in FLOATS
}


# Element-wise rows: domain of the derivative, and which other dtypes there are.


def unary(op, low, high, ulp=4, complexes=True, smooth=True):
    """Samples of a floating row of one operand."""
    wrt = (0,) if smooth else ()
    made = [Sample(row(op), (between(low, high, d),), ulp=ulp, wrt=wrt) for d in FLOATS]
    made += [Sample(row(op), (SPECIAL[d],), ulp=ulp) for d in FLOATS]
    if complexes:
        made += [Sample(row(op), (between(low, high, d),), ulp=16, wrt=wrt) for d in COMPLEX]
    return [*made, Sample(row(op), (between(low, high, "f8", ()),), ulp=ulp, wrt=wrt)]


def binary(op, dtypes, smooth=True, ulp=4, make=number):
    """Samples of a row of two operands."""
    return [
        Sample(
            row(op),
            (make(d, SHAPE, 1), make(d, SHAPE, 2)),
            ulp=16 if d in COMPLEX else ulp,
            wrt=(0, 1) if smooth and d in (*FLOATS, *COMPLEX) else (),
        )
        for d in dtypes
    ]


def specials(op):
    """Samples of a row of two operands on special values, every pair of them."""
    return [
        Sample(row(op), tuple(np.ascontiguousarray(v) for v in np.meshgrid(SPECIAL[d], SPECIAL[d])))
        for d in FLOATS
    ]


def shifts(dtype, shape, seed):
    """Numbers of bits, or what is shifted by them."""
    return between(0, 7, dtype, shape, seed)


NUMBERS = (*FLOATS, *COMPLEX, *INTEGERS)
REALS = (*FLOATS, *INTEGERS)

ELEMENTWISE = {
    **{op.name: binary(op, ("?", *NUMBERS)) + specials(op) for op in (ops.add, ops.multiply)},
    "subtract": binary(ops.subtract, NUMBERS) + specials(ops.subtract),
    "divide": binary(ops.divide, (*FLOATS, *COMPLEX)) + specials(ops.divide),
    "floor_divide": binary(ops.floor_divide, REALS, smooth=False) + specials(ops.floor_divide),
    "remainder": binary(ops.remainder, REALS) + specials(ops.remainder),
    "fmod": binary(ops.fmod, REALS) + specials(ops.fmod),
    "power": [
        *(Sample(row(ops.power), (between(0.3, 2, d, seed=1), number(d, seed=2)), ulp=16, wrt=(0, 1))
          for d in (*FLOATS, *COMPLEX)),
        *(Sample(row(ops.power), (number(d, seed=1), between(0, 5, d, seed=2))) for d in INTEGERS),
        *specials(ops.power),
    ],
    **{op.name: binary(op, ("?", *NUMBERS)) + specials(op) for op in (ops.maximum, ops.minimum, ops.fmax, ops.fmin)},
    **{op.name: binary(op, FLOATS) + specials(op) for op in (ops.arctan2, ops.hypot, ops.copysign)},
    "nextafter": binary(ops.nextafter, FLOATS) + specials(ops.nextafter),
    **{op.name: binary(op, ("?", *NUMBERS), smooth=False) + specials(op) for op in ops.COMPARISONS},
    **{op.name: binary(op, ("?",), smooth=False) for op in (ops.logical_and, ops.logical_or, ops.logical_xor)},
    "logical_not": [Sample(row(ops.logical_not), (number("?"),))],
    **{op.name: binary(op, ("?", *INTEGERS), smooth=False) for op in (ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor)},
    "invert": [Sample(row(ops.invert), (number(d),)) for d in ("?", *INTEGERS)],
    **{op.name: binary(op, INTEGERS, smooth=False, make=shifts) for op in (ops.left_shift, ops.right_shift)},
    "bitwise_count": [Sample(row(ops.bitwise_count), (number(d),)) for d in INTEGERS],
    "gcd": binary(ops.gcd, INTEGERS, smooth=False),
    "negative": [Sample(row(ops.negative), (number(d),), wrt=(0,) * (d in (*FLOATS, *COMPLEX))) for d in NUMBERS],
    "absolute": [
        *(Sample(row(ops.absolute), (number(d),), wrt=(0,) * (d in (*FLOATS, *COMPLEX))) for d in NUMBERS),
        *(Sample(row(ops.absolute), (SPECIAL[d],)) for d in FLOATS),
    ],
    "sign": [
        *(Sample(row(ops.sign), (number(d),), wrt=(0,) * (d in (*FLOATS, *COMPLEX))) for d in NUMBERS),
        *(Sample(row(ops.sign), (SPECIAL[d],)) for d in FLOATS),
    ],
    "conjugate": [Sample(row(ops.conjugate), (number(d),), wrt=(0,)) for d in ("f8", *COMPLEX)],
    **{op.name: unary(op, -3, 3, complexes=False, smooth=False) for op in (ops.floor, ops.ceil, ops.trunc, ops.rint)},
    **{op.name: [Sample(row(op), (v,)) for d in FLOATS for v in (SPECIAL[d], number(d))]
       + [Sample(row(op), (number(d),)) for d in COMPLEX] for op in (ops.isnan, ops.isinf, ops.isfinite)},
    "signbit": [Sample(row(ops.signbit), (SPECIAL[d],)) for d in FLOATS],
    **{name: unary(ops.find(name), low, high, complexes=complexes) for name, low, high, complexes in (
        ("sqrt", 0.2, 3, True), ("cbrt", 0.2, 3, False), ("exp", -2, 2, True), ("exp2", -2, 2, True),
        ("expm1", -2, 2, True), ("log", 0.2, 3, True), ("log2", 0.2, 3, True), ("log10", 0.2, 3, True),
        ("log1p", -0.5, 3, True), ("sin", -3, 3, True), ("cos", -3, 3, True), ("tan", -1, 1, True),
        ("arcsin", -0.9, 0.9, True), ("arccos", -0.9, 0.9, True), ("arctan", -3, 3, True),
        ("sinh", -2, 2, True), ("cosh", -2, 2, True), ("tanh", -2, 2, True),
        ("arcsinh", -3, 3, True), ("arccosh", 1.2, 3, True), ("arctanh", -0.9, 0.9, True),
    )},
    "select": [
        Sample(row(ops.select), (number("?"), number(d, seed=1), number(d, seed=2)), wrt=(1, 2) * (d in (*FLOATS, *COMPLEX)))
        for d in ("?", *NUMBERS)
    ],
    "cast": [
        *(Sample(row(ops.cast, dtype=np.dtype(e)), (number(d),), wrt=(0,) if {d, e} <= {*FLOATS, *COMPLEX} else ())
          for d in ("?", "i1", "u1", "i4", "i8", "u8", *FLOATS, *COMPLEX)
          for e in ("?", "i4", "i8", "u8", *FLOATS, *COMPLEX)
          if not (d in COMPLEX and e not in COMPLEX) and not (d[0] in "fi" and e == "u8")),
    ],
    "real": [Sample(row(ops.real_part), (number(d),), wrt=(0,)) for d in COMPLEX],
    "imag": [Sample(row(ops.imag_part), (number(d),), wrt=(0,)) for d in COMPLEX],
    "complex": [Sample(row(ops.complex_of), (number(d), number(d, seed=2)), wrt=(0, 1)) for d in ("f8", "f4")],
    "bitcast": [
        Sample(row(ops.bitcast, dtype=np.dtype(e)), (number(d),))
        for d, e in (("f8", "i8"), ("f4", "u4"), ("f2", "i2"), ("i8", "f8"), ("i4", "u4"), ("u2", "f2"))
    ],
    "stop_grad": [Sample(row(ops.stop_grad), (number("f8"),))],
}  # fmt: skip


# Rows that move elements, read and write them.


def at(op, sizes, steps):
    """A row of the index family; its places are operands."""
    return row(op, sizes=sizes, steps=steps)


def place(k):
    """An index, as such a row takes it."""
    return np.array(k, "i8")


def places(*ks):
    """Indices of one shape."""
    return np.array(ks, "i8")


MOVEMENT = {
    "broadcast": [
        Sample(row(ops.broadcast, shape=(2, 3, 4), axes=(1, 2)), (number("f8"),), wrt=(0,)),
        Sample(row(ops.broadcast, shape=(3, 5), axes=(0, 1)), (number("f4", (3, 1)),), wrt=(0,)),
        Sample(row(ops.broadcast, shape=(2, 2), axes=()), (number("c16", ()),), wrt=(0,)),
        Sample(row(ops.broadcast, shape=(0, 3), axes=(1,)), (number("i4", (3,)),)),
    ],
    "reshape": [
        Sample(row(ops.reshape, shape=(2, 6)), (number("f8"),), wrt=(0,)),
        Sample(row(ops.reshape, shape=()), (number("f4", (1, 1)),), wrt=(0,)),
        Sample(row(ops.reshape, shape=(0, 5)), (number("i4", (3, 0)),)),
    ],
    "transpose": [
        Sample(row(ops.transpose, axes=(2, 0, 1)), (number("f8", (2, 3, 4)),), wrt=(0,)),
        Sample(row(ops.transpose, axes=(1, 0)), (number("u1"),)),
    ],
    "flip": [
        Sample(row(ops.flip, axes=(0,)), (number("f8"),), wrt=(0,)),
        Sample(row(ops.flip, axes=(0, 2)), (number("c8", (2, 3, 2)),), wrt=(0,)),
    ],
    "concatenate": [
        Sample(row(ops.concatenate, axis=1), (number("f8"), number("f8", (3, 2)), number("f8", (3, 0))), wrt=(0, 1, 2)),
        Sample(row(ops.concatenate, axis=0), (number("i2", (2,)), number("i2", (3,)))),
    ],
    "pad": [
        Sample(row(ops.pad, low=(1, 0), high=(0, 2), interior=(0, 0)), (number("f8"), number("f8", ())), wrt=(0, 1)),
        Sample(row(ops.pad, low=(1, 0), high=(2, 2), interior=(1, 2)), (number("f4"), number("f4", ())), wrt=(0, 1)),
        Sample(row(ops.pad, low=(2,), high=(1,), interior=(3,)), (number("i4", (0,)), number("i4", ()))),
    ],
    "get": [
        Sample(at(ops.get, (2, 2), (1, 2)), (number("f8"), place(1), place(0)), wrt=(0,)),
        Sample(at(ops.get, (None, 4), (1, 1)), (number("c16"), place(2), place(0)), wrt=(0,)),
        Sample(at(ops.get, (None, None), (1, 1)), (number("f4"), place(2), place(3)), wrt=(0,)),
        Sample(at(ops.get, (0, 4), (1, 1)), (number("i4"), place(0), place(0))),
    ],
    "put": [
        Sample(at(ops.put, (2, 2), (1, 2)), (number("f8"), number("f8", (2, 2), 2), place(1), place(0)), wrt=(0, 1)),
        Sample(at(ops.put, (None, 4), (1, 1)), (number("f4"), number("f4", (4,), 2), place(2), place(0)), wrt=(0, 1)),
        Sample(at(ops.put, (None, None), (1, 1)), (number("i4"), number("i4", (), 2), place(2), place(3))),
    ],
    "add_at": [
        Sample(at(ops.add_at, (2, 2), (1, 2)), (number("f8"), number("f8", (2, 2), 2), place(1), place(0)), wrt=(0, 1)),
        Sample(at(ops.add_at, (None, 4), (1, 1)), (number("c8"), number("c8", (4,), 2), place(2), place(0)), wrt=(0, 1)),
        Sample(at(ops.add_at, (None, None), (1, 1)), (number("i4"), number("i4", (), 2), place(2), place(3))),
    ],
    "gather": [
        Sample(row(ops.gather, axes=(0,)), (number("f8"), places(2, 0, 2)), wrt=(0,)),
        Sample(row(ops.gather, axes=(1,)), (number("f4"), places([0, 3], [3, 1])), wrt=(0,)),
        Sample(row(ops.gather, axes=(0, 1)), (number("c16"), places(0, 2), places(1, 1)), wrt=(0,)),
        Sample(row(ops.gather, axes=(0, 2)), (number("i4", (2, 3, 4)), places(0, 1), places(3, 0))),
    ],
    "scatter": [
        Sample(row(ops.scatter, axes=(0,)), (number("f8"), number("f8", (2, 4), 2), places(2, 0)), wrt=(0, 1)),
        Sample(row(ops.scatter, axes=(1,)), (number("f4"), number("f4", (2, 3), 2), places(3, 1)), wrt=(0, 1)),
        Sample(row(ops.scatter, axes=(0, 1)), (number("i4"), number("i4", (2,), 2), places(0, 2), places(1, 1))),
    ],
    "scatter_add": [
        Sample(row(ops.scatter_add, axes=(0,)), (number("f8"), number("f8", (3, 4), 2), places(2, 0, 2)), wrt=(0, 1)),
        Sample(row(ops.scatter_add, axes=(1,)), (number("f4"), number("f4", (2, 3), 2), places(3, 3)), wrt=(0, 1)),
        Sample(row(ops.scatter_add, axes=(0, 1)), (number("i4"), number("i4", (2,), 2), places(2, 2), places(1, 1))),
    ],
}  # fmt: skip


# Reductions, running reductions, sorting, products.


def apart(dtype="f8", shape=SHAPE):
    """Numbers that all differ, so that extremes and orders have derivatives."""
    size = int(np.prod(shape))
    order = np.random.default_rng(size).permutation(size)
    return (order.reshape(shape) * 0.37 - size * 0.15).astype(dtype)


EXTREME = (*FLOATS, "i4", "u1", "i8")
REDUCTION = {
    **{op.name: [
        *(Sample(row(op, axes=axes), (number(d, (2, 3, 4)),), ulp=32, wrt=(0,) * (d in ("f8", "f4", *COMPLEX)))
          for d in ("f8", "f4", "f2", *COMPLEX, "i4", "u8") for axes in ((0, 1, 2), (1,), (0, 2))),
        Sample(row(op, axes=(0,)), (number("f8", (0, 3)),)),
    ] for op in (ops.sum, ops.prod)},
    **{op.name: [
        *(Sample(row(op, axes=axes), (apart(d, (2, 3, 4)) if d in FLOATS else number(d, (2, 3, 4)),), wrt=(0,) * (d in ("f8", "f4")))
          for d in EXTREME for axes in ((0, 1, 2), (1,), (0, 2))),
        *(Sample(row(op, axes=(0,)), (SPECIAL[d],)) for d in FLOATS),
    ] for op in (ops.max, ops.min)},
    **{op.name: [Sample(row(op, axes=axes), (number("?", (2, 3, 4)),)) for axes in ((0, 1, 2), (1,), (0, 2))]
       for op in (ops.any, ops.all)},
    **{op.name: [
        *(Sample(row(op, axis=axis), (apart(d, (2, 3, 4)) if d in FLOATS else number(d, (2, 3, 4)),))
          for d in EXTREME for axis in (0, 2)),
        *(Sample(row(op, axis=0), (SPECIAL[d],)) for d in FLOATS),
    ] for op in (ops.argmax, ops.argmin)},
}  # fmt: skip
SCAN = {
    **{op.name: [
        *(Sample(row(op, axis=axis), (number(d),), ulp=32, wrt=(0,) * (d in ("f8", "f4", "c16")))
          for d in ("f8", "f4", "f2", "c16", "i4", "u1") for axis in (0, 1)),
        Sample(row(op, axis=0), (number("f8", (0, 3)),)),
    ] for op in (ops.cumsum, ops.cumprod)},
    **{op.name: [
        *(Sample(row(op, axis=axis), (apart(d) if d in FLOATS else number(d),), wrt=(0,) * (d in ("f8", "f4")))
          for d in ("f8", "f4", "i4", "?") for axis in (0, 1)),
        *(Sample(row(op, axis=0), (SPECIAL[d],)) for d in FLOATS),
    ] for op in (ops.cummax, ops.cummin)},
    "sort": [
        *(Sample(row(ops.sort, axis=axis), (apart(d) if d in FLOATS else number(d),), wrt=(0,) * (d in ("f8", "f4")))
          for d in (*FLOATS, "i4", "u1", "?") for axis in (0, 1)),
        *(Sample(row(ops.sort, axis=0), (SPECIAL[d],)) for d in FLOATS),
    ],
    "argsort": [
        *(Sample(row(ops.argsort, axis=axis), (number(d),)) for d in (*FLOATS, "i4", "u1", "?") for axis in (0, 1)),
        *(Sample(row(ops.argsort, axis=0), (SPECIAL[d],)) for d in FLOATS),
    ],
    # Lines so short are sorted by every compiler.
    "partition": [Sample(row(ops.partition, axis=axis, kth=(1,)), (apart(),), wrt=(0,)) for axis in (0, 1)],
    "argpartition": [Sample(row(ops.argpartition, axis=axis, kth=(1,)), (number(d),)) for d in ("f8", "i4") for axis in (0, 1)],
}  # fmt: skip


def convolution(size, width, dtype="f8", wrt=(0, 1), **settings):
    """A sample of a convolution, with settings other than the plainest."""
    axes = len(size) - 2
    plain = dict.fromkeys(("strides", "input_dilation", "kernel_dilation"), (1,) * axes)
    plain |= {"low": (0,) * axes, "high": (0,) * axes, "groups": 1}
    operands = number(dtype, size, 1), number(dtype, width, 2)
    return Sample(row(ops.convolution, **plain | settings), operands, ulp=64, wrt=wrt)


PRODUCT = {
    "matmul": [
        *(Sample(row(ops.matmul), (number(d, (3, 4)), number(d, (4, 2), 2)), ulp=32, wrt=(0, 1) * (d in ("f8", "f4", *COMPLEX)))
          for d in ("f8", "f4", *COMPLEX, "i4", "u1", "?")),
        Sample(row(ops.matmul), (number("f8", (2, 3, 4)), number("f8", (2, 4, 1), 2)), ulp=32, wrt=(0, 1)),
        Sample(row(ops.matmul), (number("f8", (3, 0)), number("f8", (0, 2), 2))),
    ],
    "convolution": [
        *(convolution((2, 4, 6), (3, 4, 3), d, low=(2,), high=(1,)) for d in ("f8", "f4", "c16")),
        convolution((2, 4, 6), (3, 4, 3), "f2", wrt=()),
        convolution((1, 2, 7, 6), (3, 2, 3, 2), strides=(2, 1), low=(1, 0), high=(1, 2)),
        convolution((2, 2, 4, 3), (3, 2, 2, 3), input_dilation=(2, 3), low=(-1, 2), high=(2, 1)),
        convolution((2, 2, 9), (2, 2, 3), kernel_dilation=(3,), strides=(2,), low=(-1,), high=(2,)),
        convolution((2, 4, 5, 5), (6, 2, 2, 3), groups=2, strides=(2, 2), low=(1, 1), high=(0, 1)),
        convolution((2, 3, 5, 5), (3, 1, 3, 3), groups=3, input_dilation=(2, 1), low=(0, 1), high=(1, 0)),
        convolution((1, 3, 5, 5), (3, 1, 5, 4), groups=3), convolution((2, 3, 5), (2, 3, 4)),
        convolution((1, 1, 2, 3, 4), (2, 1, 2, 2, 1), low=(1, 0, 0), high=(0, 1, 1)),
        convolution((0, 2, 5), (3, 2, 3), wrt=()), convolution((2, 2, 2), (3, 2, 4), wrt=()),
    ],
}  # fmt: skip
SPECIAL_FUNCTIONS = {
    **{op.name: [Sample(row(op), (between(low, high, d),), ulp=16, wrt=(0,)) for d in FLOATS] + [Sample(row(op), (SPECIAL[d],), ulp=16) for d in FLOATS]
       for op, low, high in (
           (ops.erf, -3, 3), (ops.erfc, -3, 3), (ops.erfinv, -0.9, 0.9), (ops.erfcinv, 0.1, 1.9), (ops.lgamma, 0.3, 12),
           (ops.digamma, 0.3, 12), (ops.i0e, 0.5, 12), (ops.i1e, 0.5, 12), (ops.gamma, 0.3, 6), (ops.erfcx, -2, 6),
           (ops.ndtr, -4, 4), (ops.log_ndtr, -6, 4), (ops.dawsn, 0.3, 8), (ops.exp1, 0.2, 6), (ops.expi, 0.6, 9),
           (ops.spence, 0.2, 4),
       )},
    "quick_erfinv": [Sample(row(ops.quick_erfinv), (between(-0.99, 0.99, d),), ulp=64, wrt=(0,)) for d in ("f8", "f4")],
    "threefry": [Sample(row(ops.threefry), tuple(between(0, 2**32, "u8", SHAPE, k).astype("u4") for k in range(4)))],
    "zeta": [Sample(row(ops.zeta), (between(1.5, 4, d), between(0.3, 5, d, seed=2)), ulp=16, wrt=(0, 1)) for d in FLOATS],
    "betaln": [Sample(row(ops.betaln), (between(0.3, 9, d), between(0.3, 5, d, seed=2)), ulp=16, wrt=(0, 1)) for d in FLOATS],
    "expn": [Sample(row(ops.expn), (np.full(SHAPE, 3, d), between(0.3, 5, d)), ulp=16, wrt=(1,)) for d in FLOATS],
    # These formulas are long: one dtype.
    **{op.name: [
        Sample(row(op), (between(0.3, 9), between(0.1, 12, seed=2)), ulp=64, wrt=(0, 1)),
        Sample(row(op), tuple(np.ascontiguousarray(v) for v in np.meshgrid(SPECIAL["f8"], SPECIAL["f8"])), ulp=64),
    ] for op in (ops.gamma_density, ops.gammainc, ops.gammaincc)},
    **{op.name: [
        Sample(row(op), (between(0.3, 9), between(0.3, 5, seed=2), between(0.1, 0.9, seed=3)), ulp=64, wrt=(0, 1, 2)),
    ] for op in (ops.beta_density, ops.betainc, ops.betaincc)},
    **{op.name: [Sample(row(op), (between(0.3, 9), between(0.1, 0.9, seed=2)), ulp=64, wrt=(0, 1))] for op in (ops.gammaincinv, ops.gammainccinv)},
    **{op.name: [
        Sample(row(op), (between(0.3, 9), between(0.3, 5, seed=2), between(0.1, 0.9, seed=3)), ulp=64, wrt=(0, 1, 2)),
    ] for op in (ops.betaincinv, ops.betainccinv)},
}  # fmt: skip
LEAVES = {
    "constant": [Sample(lambda x: x + np.array([1.0, 2.0, 3.0, 4.0]), (number("f8"),), wrt=(0,))],
    "iota": [Sample(lambda x: x * np.indices((3, 4))[1], (number("f8"),), wrt=(0,))],
}

ROWS = {**LEAVES, **ELEMENTWISE, **MOVEMENT, **REDUCTION, **SCAN, **PRODUCT, **SPECIAL_FUNCTIONS}
# Rows that need a program around them: sampled where loops, branches and effects are tested.
WITHIN_PROGRAMS = {
    "parameter", "loop", "while", "cond", "item", "tape", "push", "pop", "check", "hook", "custom",
}  # fmt: skip
# Rows with several results or matrices of a kind: sampled where factorisations and transforms are tested.
ELSEWHERE = {
    op.name
    for module in (ops.linalg, ops.fourier)
    for op in vars(module).values()
    if isinstance(op, ops.Op)
}
WITHOUT_SAMPLES = WITHIN_PROGRAMS | ELSEWHERE


# NumPy's functions, as a user writes them.

f8, f4, c16 = number("f8"), number("f4"), number("c16")
i4, i8, u1, truth = number("i4"), number("i8"), number("u1"), number("?")
vector, cube = number("f8", (4,)), number("f8", (2, 3, 4))
positive = between(0.3, 2)


def one(function, *arrays, wrt=(0,), ulp=4, **settings):
    """A sample of a function of some arrays."""
    return Sample(function, arrays, settings, ulp, wrt)


def of(function, *, real=(f8, f4), plain=(i4, truth), ulp=4, **settings):
    """Samples of a function of one array: differentiable ones, and others."""
    return [
        *(one(function, x, ulp=ulp, **settings) for x in real),
        *(one(function, x, wrt=(), ulp=ulp, **settings) for x in plain),
    ]


def reduced(function, *, real=(f8, f4, cube), plain=(i4, truth), ulp=32):
    """Samples of a reduction: of all, along an axis, along several with axes kept."""
    return [
        sample
        for settings in ({}, {"axis": -1}, {"axis": (0, 1), "keepdims": True})
        for sample in of(function, real=real, plain=plain, ulp=ulp, **settings)
    ]


def pair(function, x=f8, y=None, *, wrt=(0, 1), ulp=4, **settings):
    """A sample of a function of two arrays."""
    return one(function, x, number("f8", seed=7) if y is None else y, wrt=wrt, ulp=ulp, **settings)


ARITHMETIC = {
    "positive": of(np.positive, plain=(i4,)),
    "square": of(np.square, real=(f8, f4, c16)),
    "reciprocal": of(np.reciprocal, real=(f8, f4, c16), plain=(i4,)),
    "fabs": of(np.fabs),
    "deg2rad": of(np.deg2rad),
    "rad2deg": of(np.rad2deg),
    "radians": of(np.radians),
    "degrees": of(np.degrees),
    "logaddexp": [pair(np.logaddexp, ulp=32), pair(np.logaddexp, f4, number("f4", seed=3), ulp=32), pair(np.logaddexp, 1000 * f8, f8, wrt=())],
    "logaddexp2": [pair(np.logaddexp2, ulp=32), pair(np.logaddexp2, f4, number("f4", seed=3), ulp=32)],
    "float_power": [pair(np.float_power, positive, f8, ulp=16), pair(np.float_power, abs(f4), i4, wrt=(0,), ulp=16)],
    "heaviside": [pair(np.heaviside, wrt=())],
    "divmod": [pair(np.divmod, i4, number("i4", seed=3), wrt=()), pair(np.divmod, wrt=())],
    "lcm": [pair(np.lcm, i4, number("i4", seed=3), wrt=())],
    "power_of_constant": [
        one(functools.partial(lambda k, x: x**k, k), x, wrt=(0,), ulp=16)
        for k in (-1, 0, 1, 2, 3, 0.5, 2.5) for x in (positive, positive.astype("f4"))
    ],
    "where": [
        one(np.where, truth, f8, number("f8", seed=3), wrt=(1, 2)),
        one(lambda c, x: np.where(c, x, 0), truth, f4, wrt=(1,)),
        one(np.where, truth, u1, i8, wrt=()),
        one(np.where, number("?", (4,)), number("f8", (3, 1)), f4, wrt=(1, 2)),
    ],
    "clip": [
        one(lambda x: np.clip(x, -0.5, 0.7), f8),
        one(lambda x: np.clip(x, None, 0.7), f4),
        one(lambda x: np.clip(x, 0, 300), u1, wrt=()),
        one(np.clip, f8, number("f8", (4,), 5) - 2, number("f8", (4,), 6) + 2, wrt=(0, 1, 2)),
    ],
    "mixed_comparison": [one(np.less, i8, number("u8"), wrt=()), one(lambda x: x < 300, u1, wrt=()), one(lambda x: -1 == x, u1, wrt=())],
    "promotion": [pair(np.add, i4, f4, wrt=(1,)), pair(np.multiply, u1, number("i1"), wrt=()), pair(np.subtract, c16, f4, wrt=(0, 1))],
    "broadcasting": [pair(np.multiply, vector, number("f8", (3, 1))), pair(np.add, number("f8", ()), f8)],
}  # fmt: skip
ROUNDING = {
    "round": [*of(np.round, real=(), plain=(f8, f4, i4, truth)), one(np.round, f8, wrt=(), decimals=2), one(np.round, 10 * i4, wrt=(), decimals=-1)],
    "fix": of(np.fix, real=(), plain=(f8, f4)),
    "modf": [one(np.modf, x, wrt=()) for x in (f8, f4, SPECIAL["f8"])],
    "frexp": [one(np.frexp, x, wrt=()) for x in (f8, f4, number("f2"), SPECIAL["f8"])],
    "ldexp": [one(np.ldexp, f8, i4, wrt=(0,)), one(np.ldexp, f4, i4, wrt=(0,)), one(np.ldexp, SPECIAL["f8"], np.arange(-6, 6) * 200, wrt=())],
    "spacing": [one(np.spacing, x, wrt=()) for x in (f8, f4, number("f2"), SPECIAL["f8"])],
    "nan_to_num": [one(np.nan_to_num, f8), one(np.nan_to_num, SPECIAL["f4"], wrt=()), one(np.nan_to_num, SPECIAL["f8"], wrt=(), nan=1.0, posinf=2.0)],
}  # fmt: skip
PREDICATES = {
    "isclose": [pair(np.isclose, wrt=()), pair(np.isclose, SPECIAL["f8"], SPECIAL["f8"], wrt=(), equal_nan=True)],
    "allclose": [pair(np.allclose, wrt=()), pair(np.allclose, f8, f8, wrt=())],
    "array_equal": [pair(np.array_equal, wrt=()), pair(np.array_equal, SPECIAL["f8"], SPECIAL["f8"], wrt=(), equal_nan=True)],
    "array_equiv": [pair(np.array_equiv, vector, np.stack([vector, vector]), wrt=())],
    "iscomplex": of(np.iscomplex, real=(), plain=(c16, f8)),
    "isreal": of(np.isreal, real=(), plain=(c16, f8)),
    "isposinf": of(np.isposinf, real=(), plain=tuple(SPECIAL.values())),
    "isneginf": of(np.isneginf, real=(), plain=tuple(SPECIAL.values())),
}  # fmt: skip
ANGLES = {
    "angle": [one(np.angle, c16), one(np.angle, f8, wrt=()), one(np.angle, c16, deg=True)],
    "sinc": of(np.sinc),
    "unwrap": [one(np.unwrap, 4 * f8, axis=1, ulp=64), one(np.unwrap, f4 * 4, axis=0, ulp=64)],
}  # fmt: skip
with_nan = np.where(number("?", (2, 3, 4), 5) & (cube > -1), np.nan, cube)
REDUCING = {
    **{f.__name__: reduced(f, real=(f8, f4, cube, c16)) for f in (np.sum, np.prod, np.mean, np.var, np.std)},
    **{f.__name__: reduced(f, real=(apart(), apart("f4"), apart("f8", (2, 3, 4)))) for f in (np.max, np.min)},
    "ptp": reduced(np.ptp, real=(apart(), apart("f8", (2, 3, 4))), plain=(i4,)),
    **{f.__name__: reduced(f, real=(), plain=(f8, i4, truth, cube)) for f in (np.any, np.all, np.count_nonzero)},
    **{f.__name__: [one(f, x, wrt=(), **s) for x in (f8, f4, i4, truth) for s in ({}, {"axis": 1}, {"axis": 0, "keepdims": True})]
       for f in (np.argmax, np.argmin)},
    **{f.__name__: [one(f, with_nan, ulp=32, wrt=(), **s) for s in ({}, {"axis": 1}, {"axis": (0, 2), "keepdims": True})] + [one(f, cube, ulp=32, wrt=(0,))]
       for f in (np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd, np.nanmax, np.nanmin)},
    **{f.__name__: [one(f, with_nan, wrt=(), axis=2), one(f, i4, wrt=())] for f in (np.nanargmax, np.nanargmin)},
    **{f.__name__: [one(f, with_nan, ulp=32, wrt=(), axis=1)] for f in (np.nancumsum, np.nancumprod)},
    "sum_of_some": [one(np.sum, f8, ulp=32, where=truth, initial=2.0), one(np.sum, u1, wrt=()), one(np.sum, f4, dtype="f8", ulp=32)],
    "max_of_some": [one(np.max, apart(), where=truth, initial=-100.0, axis=1)],
    "mean_of_some": [one(np.mean, f8, where=truth, ulp=32), one(np.mean, number("f2"), wrt=(), ulp=32)],
    "var_with_freedom": [one(np.var, f8, ddof=1, axis=0, ulp=32), one(np.std, f8, correction=1, axis=0, ulp=32)],
    "average": [one(np.average, f8, ulp=32), one(lambda x, w: np.average(x, weights=w, axis=1), f8, between(0.5, 2, shape=(4,)), wrt=(0, 1), ulp=32)],
    "median": [one(np.median, x, axis=a) for x in (apart(), apart("f8", (2, 3, 4))) for a in (None, 0, -1)] + [one(np.median, i4, wrt=()), one(np.median, with_nan, wrt=(), axis=1)],
    "quantile": [one(np.quantile, apart(), q=q, axis=a, ulp=16) for q in (0.3, [0.1, 0.9], 1.0) for a in (None, 1)]
    + [one(np.quantile, apart(), q=0.3, method=m, axis=0, ulp=16) for m in ("lower", "higher", "nearest", "midpoint", "hazen", "inverted_cdf")],
    "percentile": [one(np.percentile, apart("f4"), q=30, axis=0, ulp=16), one(np.percentile, i4, q=[10, 50], wrt=())],
    "nanmedian": [one(np.nanmedian, with_nan, wrt=(), axis=1)],
    "nanquantile": [one(np.nanquantile, with_nan, q=0.4, wrt=(), axis=1, ulp=16)],
    "nanpercentile": [one(np.nanpercentile, with_nan, q=40, wrt=(), axis=1, ulp=16)],
    **{f.__name__: [one(f, x, ulp=32, axis=a) for x in (f8, f4) for a in (None, 0, 1)] + [one(f, u1, wrt=()), one(f, truth, wrt=())] for f in (np.cumsum, np.cumprod)},
    "cumulative_sum": [one(np.cumulative_sum, f8, axis=1, include_initial=True, ulp=32)],
    "cumulative_prod": [one(np.cumulative_prod, f8, axis=1, include_initial=True, ulp=32)],
    "ufunc_reduce": [one(u.reduce, apart(), axis=1, ulp=32) for u in (np.add, np.multiply, np.maximum, np.minimum, np.fmax, np.hypot, np.logaddexp, np.subtract)]
    + [one(u.reduce, i4, wrt=(), axis=0) for u in (np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.gcd, np.logical_xor, np.lcm)],
    "ufunc_accumulate": [one(u.accumulate, apart(), axis=1, ulp=32) for u in (np.add, np.multiply, np.maximum, np.minimum, np.subtract)],
    "ufunc_outer": [one(u.outer, vector, number("f8", (3,), 4), wrt=(0, 1)) for u in (np.add, np.subtract, np.multiply, np.arctan2)],
    "ufunc_reduceat": [one(lambda x: np.add.reduceat(x, [0, 2, 1], axis=1), f8, ulp=32)],
}  # fmt: skip
SORTING = {
    "sort": [one(np.sort, apart(), axis=a) for a in (-1, 0, None)] + [one(np.sort, i4, wrt=()), one(np.sort, with_nan, wrt=())],
    "argsort": [one(np.argsort, x, wrt=(), kind="stable", axis=a) for x in (f8, i4, u1) for a in (-1, 0, None)],
    "lexsort": [one(lambda x, y: np.lexsort((x, y)), i4, number("i4", seed=4), wrt=())],
    "sort_complex": [one(np.sort_complex, f8, wrt=()), one(np.sort_complex, c16, wrt=())],
    "searchsorted": [one(np.searchsorted, np.sort(vector), f8, side=s, wrt=()) for s in ("left", "right")],
    "digitize": [one(np.digitize, f8, np.sort(vector), wrt=()), one(np.digitize, f8, np.sort(vector)[::-1].copy(), wrt=())],
}  # fmt: skip
square = number("f8", (3, 3), 8)


def spelled(subscripts, *shapes, dtype="f8"):
    """A sample of an Einstein sum."""
    arrays = tuple(number(dtype, shape, k) for k, shape in enumerate(shapes))
    return one(
        functools.partial(np.einsum, subscripts), *arrays, wrt=tuple(range(len(shapes))), ulp=64
    )


PRODUCTS = {
    "matmul": [pair(np.matmul, x, y, ulp=64) for x, y in (
        (f8, vector), (vector, number("f8", (4, 2))), (vector, vector), (cube, number("f8", (4, 2), 3)),
        (cube, number("f8", (1, 4, 5), 3)), (f4, number("f4", (4, 2))), (c16, number("c16", (4, 2))),
        (f4, number("f8", (4, 2))),
    )] + [pair(np.matmul, i4, number("i4", (4, 2)), wrt=()), pair(np.matmul, truth, number("?", (4, 2)), wrt=())],
    "dot": [pair(np.dot, x, y, ulp=64) for x, y in ((f8, vector), (vector, vector), (cube, number("f8", (2, 4, 3), 3)), (f8, number("f8", ())))],
    "vdot": [pair(np.vdot, f8, number("f8", seed=3), ulp=64), pair(np.vdot, c16, number("c16", seed=3), ulp=64)],
    "inner": [pair(np.inner, f8, vector, ulp=64), pair(np.inner, cube, f8, ulp=64)],
    "outer": [pair(np.outer, vector, f8), pair(np.outer, u1, i4, wrt=())],
    "vecdot": [pair(np.vecdot, f8, vector, ulp=64), pair(np.vecdot, c16, c16[0], ulp=64)],
    "matvec": [pair(np.matvec, cube, vector, ulp=64)],
    "vecmat": [pair(np.vecmat, number("c16", (2, 3)), number("f8", (3, 4)), ulp=64)],
    "tensordot": [pair(np.tensordot, cube, number("f8", (3, 4, 2), 3), axes=2, ulp=64), pair(np.tensordot, cube, number("f8", (4, 2), 3), axes=([2, 0], [0, 1]), ulp=64), pair(np.tensordot, vector, f8[0], axes=0)],
    "kron": [pair(np.kron, square, number("f8", (2, 2), 3)), pair(np.kron, vector, f8)],
    "cross": [pair(np.cross, number("f8", (2, 3)), number("f8", (2, 3), 3), ulp=16), pair(np.cross, square, square.T.copy(), axisa=0, axisb=1, axisc=0, ulp=16)],
    "trace": [one(np.trace, square, ulp=16), one(np.trace, cube, axis1=2, axis2=0, offset=1, ulp=16), one(np.trace, i4, wrt=(), offset=-1)],
    "einsum": [
        spelled("ij,jk->ik", (3, 4), (4, 2)), spelled("ij,jk->ki", (3, 4), (4, 2)), spelled("i,i->", (3,), (3,)),
        spelled("i,j->ji", (3,), (4,)), spelled("ii->i", (3, 3)), spelled("ii", (3, 3)), spelled("ij->ji", (3, 4)), spelled("ij->j", (3, 4)),
        spelled("bij,bjk->bik", (2, 3, 4), (2, 4, 2)), spelled("...i,...i", (2, 3), (3,)), spelled("ab,bc,cd->ad", (2, 3), (3, 4), (4, 2)),
        spelled("a,a,b->b", (3,), (3,), (2,)), spelled("aab,bc->ac", (2, 2, 3), (3, 4)), spelled("ij,ij->i", (3, 4), (3, 4)),
        spelled("ij,jk->ik", (3, 4), (4, 2), dtype="c16"), spelled("ij,jk->ik", (3, 4), (4, 2), dtype="f4"),
    ],
}  # fmt: skip
scatter_to, picks = places([0, 2], [1, 1]), places(2, 0, 2, 1)


def written(write):
    """A function that copies its first array, writes into the copy, and returns it."""

    def function(x, *others):
        y = np.copy(x)
        write(y, *others)
        return y

    return function


def assign(y, index, value):
    """`y[index] = value`, as an expression."""
    y[index] = value


INDEXING = {
    "index": [one(lambda x, k=k: x[k], cube) for k in (
        0, -1, (0, 1), (0, 1, 2), slice(None, None, -1), (slice(None), slice(1, None, 2)), (Ellipsis, 0), (None, 1),
        ([0, 1, 0],), (slice(None), [2, 0]), ([0, 1], slice(None), [3, 1]), [True, False],
    )],
    "index_array": [one(lambda x, k: x[k], f8, picks, wrt=(0,)), one(lambda x, k: x[:, k], f8, picks, wrt=(0,))],
    "assign": [
        one(written(lambda y, v: assign(y, 1, v)), f8, vector, wrt=(0, 1)),
        one(written(lambda y, v: assign(y, (slice(None), slice(None, None, 2)), v)), f8, number("f8", (3, 2)), wrt=(0, 1)),
        one(written(lambda y, v: assign(y, (slice(None, None, -1), 0), v)), f8, number("f8", (3,)), wrt=(0, 1)),
        one(written(lambda y, v: assign(y, [2, 0], v)), f8, number("f8", (2, 4)), wrt=(0, 1)),
        one(written(lambda y, m: assign(y, m, 0.0)), f8, truth, wrt=(0,)),
    ],
    "assign_through_view": [one(written(lambda y, v: assign(y.T[1:], (0, 1), v)), f8, number("f8", ()), wrt=(0, 1))],
    "assign_add": [one(written(lambda y, v: assign(y, slice(1, None), y[1:] + v)), f8, vector, wrt=(0, 1))],
    "add_at": [one(written(lambda y, k, v: np.add.at(y, k, v)), vector, picks, number("f8", (4,), 3), wrt=(0, 2))],
    "take": [one(np.take, f8, picks, axis=1), one(np.take, f8, places([0, 5], [7, 2]))],
    "take_along_axis": [one(np.take_along_axis, f8, np.argsort(f8, 1), axis=1)],
    "put_along_axis": [one(written(lambda y, k, v: np.put_along_axis(y, k, v, 1)), f8, np.argsort(f8, 1)[:, :2], number("f8", (3, 2)), wrt=(0, 2))],
    "compress": [one(lambda x: np.compress([True, False, True], x, axis=0), f8)],
    "select": [one(lambda x: np.select([x > 1, x < -1], [x, x * x], 0.5), f8)],
    "choose": [one(lambda x, y: np.choose([0, 1, 0, 1], [x, y]), vector, number("f8", (4,), 3), wrt=(0, 1))],
    "diagonal": [one(np.diagonal, square), one(np.diagonal, cube, offset=1, axis1=1, axis2=2)],
    "diag": [one(np.diag, vector), one(np.diag, square, k=1)],
    "tril": [one(np.tril, f8), one(np.tril, f8, k=-1)],
    "triu": [one(np.triu, f8), one(np.triu, f8, k=1)],
    "fill_diagonal": [one(written(lambda y: np.fill_diagonal(y, 3.0)), square)],
}  # fmt: skip
SHAPES = {
    "reshape": [one(np.reshape, f8, shape=(2, -1)), one(lambda x: x.reshape(12), f4)],
    "ravel": [one(np.ravel, f8)],
    "transpose": [one(np.transpose, cube), one(np.transpose, cube, axes=(1, 2, 0)), one(lambda x: x.T, f8)],
    "swapaxes": [one(lambda x: np.swapaxes(x, 0, 2), cube)],
    "moveaxis": [one(lambda x: np.moveaxis(x, 0, -1), cube)],
    "rollaxis": [one(lambda x: np.rollaxis(x, 2), cube)],
    "expand_dims": [one(np.expand_dims, f8, axis=(0, 2))],
    "squeeze": [one(np.squeeze, number("f8", (1, 3, 1))), one(np.squeeze, number("f8", (1, 3, 1)), axis=0)],
    "atleast": [one(np.atleast_1d, number("f8", ())), one(np.atleast_2d, vector), one(np.atleast_3d, f8)],
    "flip": [one(np.flip, f8), one(np.flip, cube, axis=(0, 2)), one(np.fliplr, f8), one(np.flipud, f8)],
    "rot90": [one(np.rot90, f8), one(np.rot90, cube, k=3, axes=(1, 2))],
    "broadcast_to": [one(np.broadcast_to, vector, shape=(2, 3, 4))],
    "broadcast_arrays": [pair(lambda x, y: list(np.broadcast_arrays(x, y)), vector, number("f8", (3, 1)))],
    "roll": [one(np.roll, f8, shift=2), one(np.roll, f8, shift=(1, -1), axis=(0, 1))],
    "split": [one(np.split, f8, indices_or_sections=3), one(np.array_split, f8, indices_or_sections=3, axis=1)],
    "concatenate": [pair(lambda x, y: np.concatenate([x, y]), f8, number("f8", (1, 4))), pair(lambda x, y: np.concatenate([x, y], axis=None), f8, f4)],
    "stack": [pair(lambda x, y: np.stack([x, y], axis=1), f8, f4)],
    "hstack": [pair(lambda x, y: np.hstack([x, y]), f8, number("f8", (3, 1)))],
    "vstack": [pair(lambda x, y: np.vstack([x, y]), f8, vector)],
    "dstack": [pair(lambda x, y: np.dstack([x, y]), f8, f8)],
    "column_stack": [pair(lambda x, y: np.column_stack([x, y]), f8, f8[:, 0].copy())],
    "block": [pair(lambda x, y: np.block([[x, y], [y, x]]), f8, f8)],
    "append": [pair(lambda x, y: np.append(x, y, axis=0), f8, f8)],
    "tile": [one(np.tile, f8, reps=2), one(np.tile, f8, reps=(2, 1, 3))],
    "repeat": [one(np.repeat, f8, repeats=2), one(np.repeat, f8, repeats=[1, 0, 2], axis=0)],
    "pad": [one(lambda x, m=m: np.pad(x, ((1, 2), (0, 1)), mode=m), f8, ulp=16) for m in ("constant", "edge", "reflect", "symmetric", "wrap")],
    "insert": [one(lambda x: np.insert(x, 1, 5.0, axis=1), f8)],
    "delete": [one(lambda x: np.delete(x, 1, axis=1), f8)],
    "meshgrid": [pair(lambda x, y: list(np.meshgrid(x, y)), vector, number("f8", (3,), 4))],
    "real": [one(np.real, c16), one(lambda x: x.imag, c16)],
    "copy": [one(np.copy, f8), one(lambda x: x.astype("f4"), f8), one(lambda x: x.astype("i4"), f8, wrt=())],
    "creation": [
        one(lambda x: np.zeros_like(x) + x, f8), one(lambda x: np.full_like(x, 3) * x, f8), one(lambda x: np.ones_like(x, dtype="f4") * x, f8),
        one(lambda x: np.eye(3) @ x, f8), one(lambda x: np.arange(4) * x, f8), one(lambda x: np.linspace(0, 1, 4) * x, f8),
    ],
}  # fmt: skip

places_of = np.array([-3.0, -1.0, 0.0, 2.0])
CALCULUS = {
    "diff": [one(np.diff, f8), one(np.diff, f4, n=2, axis=0), one(np.diff, i4, wrt=()), one(np.diff, f8, prepend=0.0)],
    "ediff1d": [one(np.ediff1d, f8), one(np.ediff1d, f8, to_end=1.0)],
    "gradient": [one(np.gradient, f8, ulp=32), one(np.gradient, f8, axis=1, edge_order=2, ulp=32), one(lambda x, t: np.gradient(x, t, axis=1), f8, places_of, wrt=(0, 1), ulp=64)],
    "trapezoid": [one(np.trapezoid, f8, ulp=32), one(np.trapezoid, f8, places_of, wrt=(0, 1), ulp=32)],
    "interp": [one(np.interp, f8, places_of, vector, wrt=(0, 2), ulp=32), one(np.interp, f8, places_of, vector, period=4, wrt=(2,), ulp=32)],
    "cov": [one(np.cov, f8, ulp=64), one(np.cov, vector, ulp=64), one(lambda x, w: np.cov(x, aweights=w), f8, between(0.5, 2, shape=(4,)), wrt=(0, 1), ulp=64)],
    "corrcoef": [one(np.corrcoef, f8, wrt=(), ulp=64)],
    "convolve": [pair(np.convolve, vector, number("f8", (3,), 5), mode=m, ulp=32) for m in ("full", "same", "valid")] + [pair(np.convolve, number("f8", (50,)), number("f8", (40,), 5), ulp=64)],
    "correlate": [pair(np.correlate, x, y, mode=m, ulp=32) for m in ("full", "valid") for x, y in ((vector, number("f8", (3,), 5)), (number("c16", (3,)), number("c16", (4,), 5)))],
    "polyval": [one(np.polyval, vector, f8, wrt=(0, 1), ulp=32)],
    "vander": [one(np.vander, vector), one(np.vander, vector, N=3, increasing=True), one(np.vander, places(1, 2, 3), wrt=())],
}  # fmt: skip

share = between(0.1, 0.9)
# SciPy has these functions, not NumPy: called on tensors of arrays, they are their own reference.
SPECIALS = {
    **{f"special.{f.__name__}": [one(f, x, ulp=64), one(f, x.astype("f4"), ulp=64)] for f, x in (
        (special.ndtr, f8), (special.log_ndtr, 4 * f8), (special.ndtri, share), (special.i0, f8), (special.i1, f8), (special.expit, f8),
        (special.log_expit, f8), (special.logit, share), (special.entr, share), (special.logsumexp, f8), (special.softmax, f8), (special.log_softmax, f8),
    )},
    **{f"special.{f.__name__}": [pair(f, x, between(0.2, 3, seed=4), ulp=64)] for f, x in (
        (special.xlogy, f8), (special.xlog1py, f8), (special.rel_entr, positive), (special.kl_div, positive), (special.betaln, positive),
    )},
    "special.along": [one(f, cube, axis=(0, 2), ulp=64) for f in (special.logsumexp, special.softmax, special.log_softmax)],
    "special.polygamma": [one(functools.partial(special.polygamma, n), positive, ulp=64) for n in (0, 1, 2)],
    "special.weighted_logsumexp": [one(lambda x, b: special.logsumexp(x, axis=1, b=b), f8, positive, wrt=(0, 1), ulp=64)],
}  # fmt: skip

steps = np.array([[0, 1, 2, 2], [3, 3, 0, 1], [1, 0, 2, 3]])
COUNTING = {
    "bincount": [one(np.bincount, steps.ravel(), wrt=(), minlength=5), one(lambda x, w: np.bincount(x, w, minlength=4), picks, vector, wrt=(1,), ulp=32)],
    "histogram": [
        one(lambda x: np.histogram(x, 4), f8, wrt=()), one(lambda x: np.histogram(x, 3, (-1, 1), density=True), f4, wrt=(), ulp=32),
        one(lambda x, w: np.histogram(x, [-2.0, -0.5, 0.5, 2.0], weights=w)[0], f8, positive, wrt=(1,), ulp=32),
        one(lambda x: np.histogram(x, 3), i4, wrt=()),
    ],
    "histogram2d": [one(lambda x, y: np.histogram2d(x, y, [2, 3]), vector, number("f8", (4,), 9), wrt=(), ulp=32)],
    "isin": [one(np.isin, i4, np.array([1, -3, 4], "i4"), wrt=()), one(np.isin, SPECIAL["f8"], np.array([0.5, np.nan]), wrt=(), invert=True)],
    "packbits": [one(np.packbits, truth, wrt=()), one(np.packbits, truth, wrt=(), axis=0, bitorder="little")],
    "unpackbits": [one(np.unpackbits, u1, wrt=()), one(np.unpackbits, u1, wrt=(), axis=1, count=-3)],
}  # fmt: skip
POLYNOMIALS = {
    "polyadd": [pair(np.polyadd, vector, number("f8", (2,), 5)), pair(np.polyadd, places(1, 2), places(1, 2, 3), wrt=())],
    "polysub": [pair(np.polysub, vector, number("f8", (5,), 5))],
    "polymul": [pair(np.polymul, vector, number("f8", (3,), 5), ulp=32)],
    "polyder": [one(np.polyder, vector), one(np.polyder, vector, m=2), one(np.polyder, places(1, 2, 3), wrt=())],
    "polyint": [one(np.polyint, vector), one(np.polyint, vector, m=2, k=1.0)],
    "poly": [one(np.poly, vector, ulp=32), one(np.poly, places(1, 2, 3), wrt=(), ulp=32)],
}  # fmt: skip
PIECES = {
    "piecewise": [one(lambda x: np.piecewise(x, [x < -0.5, x > 0.5], [-1.0, lambda v: v * v, np.sin]), f8)],
    "apply_along_axis": [one(lambda x: np.apply_along_axis(lambda row: row * row[0], 1, x), f8), one(lambda x: np.apply_along_axis(np.sum, 0, x), f8, ulp=32)],
    "apply_over_axes": [one(lambda x: np.apply_over_axes(np.sum, x, (0, 2)), cube, ulp=32)],
    "real_if_close": [one(np.real_if_close, f8)],
}  # fmt: skip

image, kernel = number("f8", (2, 4, 5, 6), 3), number("f8", (6, 2, 3, 2), 4)
line, taps = number("f4", (2, 3, 9), 3), number("f4", (4, 3, 3), 4)
grid = apart("f8", (5, 6))
# Nx has these functions, not NumPy: called on tensors of arrays, they are their own reference.
NX = {
    **{f"nx.{f.__name__}": [
        one(f, grid / 4, ulp=64, window=(2, 3)), one(f, grid / 4, ulp=64, window=(3, 5), strides=(2, 1), padding="same"),
        one(f, grid / 4, ulp=64, window=(2, 2), padding=((1, 0), (0, 2)), window_dilations=(2, 3)), one(f, i4, wrt=(), window=(2, 2)),
    ] for f in (nx.window_sum, nx.window_max, nx.window_min, nx.window_mean, nx.window_product)},
    "nx.reduce_window": [one(lambda x: nx.reduce_window(x, 0.0, (2, 3), lambda a, v: a + v * v, strides=2), f8, ulp=32)],
    "nx.window_scatter": [pair(lambda x, s, f=f: f(x, s, 1.0, (2, 3), strides=2), grid, number("f8", (2, 2), 3), wrt=(1,), ulp=32) for f in (nx.window_scatter_max, nx.window_scatter_min)],
    "nx.conv": [
        pair(nx.conv, image, number("f8", (6, 4, 3, 2), 4), ulp=256, padding="same"),
        pair(nx.conv, image, kernel, ulp=256, feature_group_size=2, strides=(2, 1), padding=((1, 1), (0, 2))),
        pair(nx.conv, image, number("f8", (4, 1, 3, 2), 4), ulp=256, feature_group_size=4),
        pair(nx.conv, image, number("f8", (2, 4, 2, 2), 4), ulp=256, batch_group_size=2),
        pair(nx.conv, line, taps, ulp=256, input_dilation=2, kernel_dilation=3, padding=((4, 4),)),
    ],
    "nx.slice": [one(lambda x, k: nx.slice(x, (k, 1), (2, 2), strides=(1, 2)), f8, place(7), wrt=(0,)), one(nx.slice_along_axis, f8, wrt=(0,), start=1, length=2, axis=1)],
    "nx.put_slice": [one(lambda x, v, k: nx.put_slice(x, (k, 0), v), f8, number("f8", (2, 3), 5), place(9), wrt=(0, 1))],
    "nx.gather": [one(nx.gather, f8, places([0, 1], [2, 3])), one(nx.gather, cube, places([3], [-1]), axes=(2,))],
    "nx.indexed_add": [one(nx.indexed_add, f8, places([0, 1], [0, 1], [2, 3]), vector[:3].copy(), wrt=(0, 2))],
    "nx.indexed_put": [one(nx.indexed_put, f8, places([0], [2]), number("f8", (2, 4), 5), wrt=(0, 2))],
    "nx.split": [one(nx.split, f8, at=1), one(nx.split, f8, at=0.5, axis=1)],
    "nx.reduce": [one(lambda x: nx.reduce(x, 1.0, lambda a, v: a * v, axes=(0,)), f8, ulp=32), one(lambda x: nx.map(x, lambda v: v * v), f8)],
    "nx.running": [one(f, apart(), axis=1, reverse=True, ulp=32) for f in (nx.cumulative_sum, nx.cumulative_product, nx.cumulative_max, nx.cumulative_min)],
    "nx.statistics": [
        one(nx.mode, steps, wrt=()), one(nx.mode, steps, wrt=(), axis=1, keepdims=True), one(nx.covariance, f8, ulp=64), one(nx.covariance, c16, wrt=(), ulp=64),
        one(nx.variance, f8, ulp=32, axis=0, ddof=1), one(nx.standard_deviation, f8, ulp=32), pair(nx.weighted_mean, f8, positive, ulp=32),
    ],
    "nx.diagonals": [one(nx.take_diagonal, square, offset=1), one(nx.make_diagonal, vector, offset=-1), pair(nx.put_diagonal, f8, number("f8", (3,), 5))],
    "nx.bits": [one(f, number(d), wrt=()) for f in (nx.population_count, nx.count_leading_zeros) for d in INTEGERS] + [one(nx.bitcast, f8, wrt=(), dtype=np.int64)],
}  # fmt: skip

secret = np.array([7, 42], "u4")
# Random numbers: the same on every compiler; their parameters have derivatives at a fixed key.
RANDOM = {
    "random.keys": [one(random.split, secret, wrt=(), num=3), one(random.fold_in, secret, places(0, 5), wrt=()), one(random.key, place(-5), wrt=())],
    "random.bits": [one(random.bits, secret, wrt=(), shape=(3, 2), dtype=np.dtype(d)) for d in ("u1", "u2", "u4", "u8")],
    "random.uniform": [
        *(one(random.uniform, secret, wrt=(), shape=(3, 2), dtype=np.dtype(d)) for d in FLOATS),
        one(lambda k, low, high: random.uniform(k, (4,), np.float64, low, high), secret, vector, vector + 1, wrt=(1, 2), ulp=16),
    ],
    "random.randint": [one(random.randint, secret, wrt=(), shape=(7,), minval=-5, maxval=99, dtype=np.dtype(d)) for d in ("i1", "i4", "i8")],
    "random.continuous": [one(f, secret, wrt=(), shape=(5,), dtype=np.dtype(d), ulp=256) for f in (random.normal, random.exponential, random.gumbel, random.laplace) for d in ("f8", "f4")],
    "random.truncated_normal": [one(lambda k, low: random.truncated_normal(k, low, low + 2), secret, vector, wrt=(1,), ulp=256)],
    "random.bernoulli": [one(random.bernoulli, secret, share, wrt=())],
    "random.gamma": [one(lambda k, a: random.gamma(k, a), secret, between(0.3, 4, shape=(3,)), wrt=(), ulp=1024)],
    "random.poisson": [one(lambda k, rate: random.poisson(k, rate), secret, np.array([0.0, 0.5, 4.0, 30.0]), wrt=())],
    "random.permutation": [one(random.permutation, secret, wrt=(), x=9), one(random.permutation, secret, f8, wrt=(), axis=1)],
    "random.choice": [one(random.choice, secret, vector, wrt=(), shape=(3,)), one(random.choice, secret, wrt=(), a=9, shape=(3,), replace=False)],
}  # fmt: skip


def regular(dtype="f8", n=3, seed=0):
    """A matrix far from singular."""
    return (number(dtype, (n, n), seed) + 5 * np.eye(n)).astype(dtype)


def positive_definite(dtype="f8", n=3):
    """A Hermitian positive definite matrix."""
    x = number(dtype, (n, n))
    return (x @ np.conj(x.T) + n * np.eye(n)).astype(dtype)


def factored(function, *arrays, **settings):
    """A sample of a function of matrices: rounding grows with the condition."""
    return one(function, *arrays, ulp=4000, wrt=(0,), **settings)


several = np.stack([regular(seed=k) for k in range(2)])
tall, wide = number("f8", (4, 2)), number("f8", (2, 4))
LINEAR_ALGEBRA = {
    "linalg.cholesky": [factored(np.linalg.cholesky, positive_definite(d)) for d in ("f8", "f4", "c16")],
    "linalg.qr": [factored(np.linalg.qr, x) for x in (square, tall, wide, regular("c16"))] + [factored(np.linalg.qr, tall, mode="r")],
    "linalg.svd": [factored(lambda x: np.linalg.svd(x, full_matrices=False)[1], x) for x in (tall, wide, regular("c16"))],
    "linalg.svdvals": [factored(np.linalg.svdvals, several)],
    "linalg.eigh": [factored(lambda x: np.linalg.eigh(x)[0], positive_definite(d)) for d in ("f8", "f4", "c16")],
    "linalg.eigvalsh": [factored(np.linalg.eigvalsh, positive_definite(), UPLO="U")],
    "linalg.solve": [factored(np.linalg.solve, regular(d), number(d, (3, 2))) for d in ("f8", "f4", "c16")] + [factored(np.linalg.solve, several, number("f8", (3,)))],
    "linalg.inv": [factored(np.linalg.inv, x) for x in (regular(), several, regular("c8"), regular("f4", 10))],
    "linalg.det": [factored(np.linalg.det, x) for x in (regular(), several, regular("c16"), regular("f8", 5))],
    "linalg.slogdet": [factored(np.linalg.slogdet, x) for x in (regular(), several, regular("c16"))],
    "linalg.pinv": [factored(np.linalg.pinv, x) for x in (tall, wide, square)],
    "linalg.lstsq": [factored(lambda a, b: np.linalg.lstsq(a, b)[0], tall, f8[0]), factored(lambda a, b: np.linalg.lstsq(a, b)[1], tall, f8.T.copy())],
    "linalg.norm": [
        *(factored(np.linalg.norm, f8, ord=k) for k in (None, "nuc", 1, -1, 2, -2, np.inf, -np.inf)),
        *(factored(np.linalg.norm, f8, ord=k, axis=1) for k in (0, 1, 2, 3, np.inf)),
        factored(np.linalg.norm, c16), factored(np.linalg.vector_norm, cube, axis=(0, 2)), factored(np.linalg.matrix_norm, cube),
    ],
    "linalg.cond": [factored(np.linalg.cond, several), factored(np.linalg.cond, regular(), p=1)],
    "linalg.matrix_rank": [one(np.linalg.matrix_rank, several, wrt=())],
    "linalg.matrix_power": [factored(np.linalg.matrix_power, regular(), n=n) for n in (0, 1, 3, 6, -2)],
    "linalg.multi_dot": [factored(lambda x, y, z: np.linalg.multi_dot([x, y, z, x[0]]), tall, wide, tall)],
    "linalg.tensorsolve": [factored(np.linalg.tensorsolve, number("f8", (2, 3, 6)), number("f8", (2, 3)))],
    "linalg.tensorinv": [factored(np.linalg.tensorinv, number("f8", (2, 3, 6)))],
    **{f"fft.{f.__name__}": [factored(f, x) for x in (number("c16", (2, 6)), number("c8", (3, 5)), f4)] for f in (np.fft.fft, np.fft.ifft, np.fft.fft2, np.fft.ifftn)},
    **{f"fft.{f.__name__}": [factored(f, x, norm="ortho") for x in (f8, number("f4", (3, 5)))] for f in (np.fft.rfft, np.fft.ihfft, np.fft.rfft2)},
    **{f"fft.{f.__name__}": [factored(f, x) for x in (number("c16", (2, 4)), number("c8", (3, 3)))] for f in (np.fft.irfft, np.fft.hfft, np.fft.irfftn)},
    "fft.shifts": [one(np.fft.fftshift, f8), one(np.fft.ifftshift, f8, axes=1)],
}  # fmt: skip

FAMILIES = (
    ARITHMETIC,
    ROUNDING,
    PREDICATES,
    ANGLES,
    REDUCING,
    SORTING,
    PRODUCTS,
    CALCULUS,
    INDEXING,
    SHAPES,
    COUNTING,
    POLYNOMIALS,
    PIECES,
    LINEAR_ALGEBRA,
)
COMPOSITES = {f"np.{name}": samples for family in FAMILIES for name, samples in family.items()}
SPECIALS |= NX | RANDOM
SAMPLES: dict[str, list[Sample]] = {**ROWS, **COMPOSITES, **SPECIALS}
