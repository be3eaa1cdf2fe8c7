"""What kernels may call gives what NumPy gives."""

import itertools

import ml_dtypes
import numpy as np
import pytest

from defn.compilers.numba.kernels import compile_kernel
from defn.compilers.numba.threads import Program

SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
FLOATS = ("float32", "float64")
COMPLEX = ("complex64", "complex128")
NUMBERS = INTEGERS + FLOATS + COMPLEX
HALVES = ("float16", "bfloat16")
DTYPES = ("bool", *INTEGERS, *HALVES, *FLOATS, *COMPLEX)

RANDOM = np.random.default_rng(7)


def dtype_of(name):
    return np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)


def integers(dtype, count=400):
    """The edges of the range, small numbers, powers of two, and numbers from all over."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    powers = [2**k for k in range(64) if 2**k <= high]
    small = [v for v in range(-5, 70) if v >= low]
    chosen = RANDOM.integers(low, high, count, dtype, endpoint=True)
    return np.concatenate(
        [np.array([low, low + 1, high - 1, high, *small, *powers], dtype), chosen]
    )


def floats(dtype, count=400):
    """Special values, subnormals, halves, and numbers of every size."""
    limits = np.finfo(dtype)
    edges = [0.0, np.inf, np.nan, 0.5, 1.0, 1.5, 2.5, 3.0, 7.0, 1e9, 2.0**31, 2.0**63, limits.max]
    edges += [limits.tiny, limits.smallest_subnormal, limits.tiny / 2, 1 + limits.eps]
    sizes = 2.0 ** RANDOM.uniform(limits.minexp, limits.maxexp - 1, count)
    values = np.concatenate([edges, sizes, RANDOM.uniform(0, 100, count), np.arange(0, 20, 0.5)])
    values = values.astype(dtype)
    return np.concatenate([values, -values])


def complexes(dtype, count=400):
    part = np.dtype(dtype.type(0).real.dtype)
    special = np.array([0.0, -0.0, 1, -2, np.inf, -np.inf, np.nan], part)
    pairs = np.array([complex(a, b) for a in special for b in special], dtype)
    return np.concatenate([pairs, RANDOM.normal(0, 10, (count, 2)).astype(part).view(dtype)[:, 0]])


def values(name):
    dtype = dtype_of(name)
    if name == "bool":
        return np.array([False, True] * 20)
    if name in INTEGERS:
        return integers(dtype)
    if name in COMPLEX:
        return complexes(dtype)
    return quietly(floats(np.dtype(np.float32)).astype, dtype) if name in HALVES else floats(dtype)


def every_pair(name, most=300):
    """Operands of two arguments: all pairs of some values."""
    some = values(name)
    some = np.concatenate([some[:60], RANDOM.choice(some, min(most - 60, some.size))])
    return np.repeat(some, some.size), np.tile(some, some.size)


def quietly(function, *args):
    with np.errstate(all="ignore"):
        return function(*args)


def same(result, expected, signed_zero=True):
    """Equal bit for bit, but for which nan it is."""
    assert result.dtype == expected.dtype
    if result.dtype.kind == "V":
        result, expected = result.astype(np.float32), expected.astype(np.float32)
    if result.dtype.kind == "c":
        part = result.real.dtype
        result, expected = result.view(part), expected.view(part)
    np.testing.assert_array_equal(result, expected)
    if signed_zero and result.dtype.kind == "f":
        zero = expected == 0
        np.testing.assert_array_equal(np.signbit(result[zero]), np.signbit(expected[zero]))


# --- memory --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DTYPES)
def test_elements_are_loaded_and_stored(apply, name):
    x = values(name)
    same(apply("x0", x), x)


def test_offsets_and_numbers():
    text = """
def kernel(start, stop, args):
    x = buffer(args, 0, complex64)
    y = buffer(args, 1, complex64)
    for i in range(start, stop):
        for j in range(size(args, 2)):
            y[j * stop + i] = x[i * size(args, 2) + j] * complex64(number(args, 3))
    return 0
"""
    x = np.arange(12, dtype=np.complex64).reshape(3, 4) * (1 + 2j)
    y = np.empty((4, 3), np.complex64)
    slots = [(0, 0, "array"), (1, 1, "array"), (2, 2, "integer"), (3, 3, "float")]
    run = Program([(compile_kernel(text), 3, 3, False, 0)], [0] * 4, slots)
    assert run(x, y, 4, 0.5) == 0
    assert (y == (x * 0.5).T).all()


@pytest.mark.parametrize("scope", ["", ", 5", ", -1"])
def test_buffers_that_overlap_share_a_scope(scope):
    """The shift of an array over itself, one element at a time."""
    scope = scope or ", 0"
    text = f"""
def kernel(start, stop, args):
    x = buffer(args, 0, int64{scope})
    y = buffer(args, 1, int64{scope})
    for i in range(start, stop):
        y[i] = x[i] + 1
    return 0
"""
    memory = np.zeros(1000, np.int64)
    run = Program(
        [(compile_kernel(text), 999, 999, False, 0)], [0, 0], [(0, 0, "array"), (1, 1, "array")]
    )
    run(memory[:-1], memory[1:])
    assert (memory == np.arange(1000)).all()


def test_many_buffers():
    count = 80
    lines = ["def kernel(start, stop, args):"]
    lines += [f"    x{k} = buffer(args, {k}, int32)" for k in range(count)]
    lines += ["    for i in range(start, stop):"]
    lines += [f"        x{k}[i] = x{k - 1}[i] + int32(1)" for k in range(1, count)]
    arrays = [np.zeros(50, np.int32) for _ in range(count)]
    slots = [(k, k, "array") for k in range(count)]
    run = Program([(compile_kernel("\n".join(lines)), 50, 50, False, 0)], [0] * count, slots)
    assert run(*arrays) == 0
    assert all((a == k).all() for k, a in enumerate(arrays))


# --- casts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "target"), list(itertools.product(DTYPES, DTYPES)))
def test_casts(apply, source, target):
    x, dtype = values(source), dtype_of(target)
    if target == "uint32" and x.dtype.kind in "fcV":
        # Outside of this range NumPy's vector loop and its scalar loop differ.
        real = x.real.astype(np.float64)
        x = x[(-(2.0**31) <= real) & (real < 2.0**32)]
    parts = x.real if x.dtype.kind == "c" and dtype.kind not in "cb" else x
    name = "bool_" if target == "bool" else target
    same(apply(f"cast(x0, {name})", x, out=dtype), quietly(parts.astype, dtype))


def test_a_float64_is_rounded_once_to_float16(apply):
    near = np.float64(1 + 2**-11)
    x = np.array([near, np.nextafter(near, 2), np.nextafter(near, 0), 65519.99999999999, 65520.0])
    x = np.concatenate([x, -x, x * 2.0**-20, 2.0**-25 * np.array([1, 1 + 1e-12, 3, 1 - 1e-12])])
    same(apply("cast(x0, float16)", x, out=np.float16), quietly(x.astype, np.float16))


ALL_HALVES = np.arange(2**16, dtype=np.uint16)


@pytest.mark.parametrize("name", HALVES)
def test_every_half(apply, name):
    x = ALL_HALVES.view(dtype_of(name))
    same(apply("cast(x0, float32)", x, out=np.float32), x.astype(np.float32))
    same(apply("x0", x), x)


@pytest.mark.parametrize("name", HALVES)
def test_rounding_to_halves(apply, name):
    bits = RANDOM.integers(0, 2**32, 100_000, np.uint32)
    x = np.concatenate([bits.view(np.float32), floats(np.dtype(np.float32))])
    same(apply("x0", x, out=dtype_of(name)), quietly(x.astype, dtype_of(name)))
    once = quietly(x.astype, dtype_of(name)).astype(np.float32)
    same(apply(f"round_{name}(x0)", x), once)


def test_float16_without_instructions(apply, monkeypatch):
    from defn.compilers.numba import halves

    monkeypatch.setattr(halves, "converts_halves", lambda: False)
    # A text of its own, or the kernel would come from the cache.
    x = ALL_HALVES.view(np.float16)
    same(apply("cast(x0, float32) if True else x0", x, out=np.float32), x.astype(np.float32))
    y = np.concatenate(
        [RANDOM.integers(0, 2**32, 100_000, np.uint32).view(np.float32), floats(np.dtype("f4"))]
    )
    same(apply("x0 if True else x0", y, out=np.float16), quietly(y.astype, np.float16))


# --- arithmetic ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("operation", ["add", "subtract"])
def test_sums_keep_their_type(apply, operation, name):
    x, y = every_pair(name)
    same(apply(f"{operation}(x0, x1)", x, y), quietly(getattr(np, operation), x, y))


@pytest.mark.parametrize("name", INTEGERS + FLOATS)
def test_products_keep_their_type(apply, name):
    x, y = every_pair(name)
    same(apply("multiply(x0, x1)", x, y), quietly(np.multiply, x, y))


@pytest.mark.parametrize("name", FLOATS)
def test_quotients(apply, name):
    x, y = every_pair(name)
    same(apply("divide(x0, x1)", x, y), quietly(np.divide, x, y))


def near(result, expected, ulps):
    """Parts of complex numbers within some ulps of the larger part; the same nan and inf."""
    part = result.real.dtype
    size = np.maximum(abs(expected.real), abs(expected.imag))
    finite = np.isfinite(expected)
    for a, b in ((result.real, expected.real), (result.imag, expected.imag)):
        same(a[~finite], b[~finite])
        assert (abs(a[finite] - b[finite]) <= ulps * np.finfo(part).eps * size[finite]).all()


@pytest.mark.parametrize("name", COMPLEX)
@pytest.mark.parametrize("operation", ["multiply", "divide"])
def test_complex_products(apply, operation, name):
    x, y = every_pair(name)
    result = apply(f"{operation}(x0, x1)", x, y)
    near(result, quietly(getattr(np, operation), x, y), 4)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("operation", ["negative", "absolute"])
def test_signs(apply, operation, name):
    if name in COMPLEX and operation == "absolute":
        pytest.skip("the modulus is hypot's")
    x = values(name)
    same(apply(f"{operation}(x0)", x), quietly(getattr(np, operation), x))


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize(
    "operation",
    [
        "bitwise_and",
        "bitwise_or",
        "bitwise_xor",
        "left_shift",
        "right_shift",
        "floor_divide",
        "remainder",
        "fmod",
    ],
)
def test_integers(apply, operation, name):
    x, y = every_pair(name)
    same(apply(f"{operation}(x0, x1)", x, y), quietly(getattr(np, operation), x, y))


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("divisor", [1, 2, 3, 7, 10, 0, -1, -3])
def test_division_by_a_constant(apply, divisor, name):
    if divisor < 0 and name in UNSIGNED:
        pytest.skip("no such constant")
    x, y = values(name), np.array(divisor, name)
    same(apply(f"floor_divide(x0, {name}({divisor}))", x), quietly(np.floor_divide, x, y))
    same(apply(f"remainder(x0, {name}({divisor}))", x), quietly(np.remainder, x, y))


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("operation", ["floor_divide", "remainder", "fmod"])
def test_float_division(apply, operation, name):
    x, y = every_pair(name)
    same(apply(f"{operation}(x0, x1)", x, y), quietly(getattr(np, operation), x, y))


def test_bools(apply):
    x, y = np.array([False, False, True, True]), np.array([False, True, False, True])
    for name, function in {
        "bitwise_and": "logical_and",
        "bitwise_or": "logical_or",
        "bitwise_xor": "logical_xor",
        "multiply": "multiply",
        "add": "add",
    }.items():
        same(apply(f"{name}(x0, x1)", x, y), getattr(np, function)(x, y))
    same(apply("invert(x0)", x), ~x)


# --- order ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ("bool", *NUMBERS))
@pytest.mark.parametrize(
    "operation", ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"]
)
def test_comparisons(apply, operation, name):
    x, y = every_pair(name)
    same(apply(f"{operation}(x0, x1)", x, y, out=bool), quietly(getattr(np, operation), x, y))


@pytest.mark.parametrize("name", ("bool", *NUMBERS))
@pytest.mark.parametrize("operation", ["maximum", "minimum", "fmax", "fmin"])
def test_extremes(apply, operation, name):
    x, y = every_pair(name)
    expected = quietly(getattr(np, operation), x, y)
    # Which of two zeros, and what lies beside a nan, depends on NumPy's build.
    if name in COMPLEX:
        nan = np.isnan(expected)
        result = apply(f"{operation}(x0, x1)", x, y)
        assert (np.isnan(result) == nan).all() and (result[~nan] == expected[~nan]).all()
    else:
        same(apply(f"{operation}(x0, x1)", x, y), expected, signed_zero=False)


@pytest.mark.parametrize("name", INTEGERS + FLOATS)
def test_extremes_of_numbers(apply, name):
    x, y = every_pair(name)
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = x[known], y[known]
    same(apply("max_any(x0, x1)", x, y), np.maximum(x, y), signed_zero=False)
    same(apply("min_any(x0, x1)", x, y), np.minimum(x, y), signed_zero=False)


@pytest.mark.parametrize("name", ("bool", *NUMBERS, *HALVES))
def test_where(apply, name):
    x, y = every_pair(name)
    test = RANDOM.integers(0, 2, x.size).astype(bool)
    same(apply("where(x0, x1, x2)", test, x, y, out=x.dtype), np.where(test, x, y))


# --- reductions ----------------------------------------------------------------------------------


def reduced(operation, x, start):
    name = x.dtype.name
    text = f"""
def kernel(start, stop, args):
    wide()
    x = buffer(args, 0, {name})
    y = buffer(args, 1, {name})
    total = {name}({start})
    for i in range(start, stop):
        total = {operation}(total, x[i])
    y[0] = total
    return 0
"""
    y = np.empty(1, x.dtype)
    Program(
        [(compile_kernel(text), x.size, x.size, False, 0)],
        [0, 0],
        [(0, 0, "array"), (1, 1, "array")],
    )(x, y)
    return y[0]


@pytest.mark.parametrize("name", NUMBERS)
def test_reductions(name):
    dtype = np.dtype(name)
    x = RANDOM.integers(1, 4, 1000).astype(dtype)
    assert reduced("add_any", x, 0) == x.sum(dtype=dtype)
    assert reduced("multiply_any", x[:12], 1) == np.multiply.reduce(x[:12], dtype=dtype)
    if dtype.kind != "c":
        assert reduced("maximum", x, 0) == x.max() and reduced("minimum", x, 9) == x.min()


def test_nan_reaches_the_extreme():
    x = np.arange(1000, dtype=np.float32)
    x[637] = np.nan
    assert np.isnan(reduced("maximum", x, 0)) and np.isnan(reduced("minimum", x, 0))


# --- kernels -------------------------------------------------------------------------------------


def test_one_text_is_one_kernel():
    text = "def kernel(start, stop, args):\n    return start\n"
    assert compile_kernel(text) is compile_kernel(text)


def test_names_of_a_text():
    text = "def kernel(start, stop, args):\n    return answer\n"
    one, two = (
        compile_kernel(text, names={"answer": 42}),
        compile_kernel(text, names={"answer": 43}),
    )
    assert one is not two
    assert [Program([(k, 1, 1, False, 0)], [], [])() for k in (one, two)] == [42, 43]
