"""`defn.numpy` and `Tensor` have what the Array API standard names, callable as it says."""

import inspect
import os
import subprocess
import sys

import array_api_standard as standard
import numpy as np
import pytest

import defn
import defn.numpy as xp
from defn import default_backend, tensor
from defn.errors import TypeMismatch, Unsupported

MODULES = [(xp, standard.FUNCTIONS), (xp.linalg, standard.LINALG), (xp.fft, standard.FFT)]
CALLS = [(module, *call) for module, text in MODULES for call in standard.calls(text)]


@pytest.mark.parametrize(("module", "name", "unnamed", "named"), CALLS, ids=[c[1] for c in CALLS])
def test_every_function_takes_the_arguments_of_the_standard(module, name, unnamed, named):
    signature = inspect.signature(getattr(module, name))
    signature.bind(*[None] * unnamed, **dict.fromkeys(named))


@pytest.mark.parametrize("name", standard.MEMBERS)
def test_every_member_of_arrays_is_there(name):
    assert hasattr(tensor([[1.0]]), name)


def test_constants_and_dtypes_are_numpys():
    assert all(getattr(xp, name) is getattr(np, name) for name in standard.CONSTANTS_AND_DTYPES)
    assert tensor([1.0]).dtype == xp.float64 == np.dtype("float64")


def test_the_namespace_of_a_tensor_is_this_one():
    assert tensor([1.0]).__array_namespace__() is xp
    assert xp.__array_api_version__ == "2024.12"


# What the namespace says of itself.


def test_inspection():
    info = xp.__array_namespace_info__()
    assert info.default_device() in info.devices()
    assert info.capabilities()["boolean indexing"] is True
    assert info.default_dtypes()["real floating"] == xp.float64
    assert list(info.dtypes(kind=("bool", "complex floating"))) == [
        "bool",
        "complex64",
        "complex128",
    ]
    assert len(info.dtypes()) == 13
    with pytest.raises(ValueError, match="no kind of dtype 'floats'"):
        info.dtypes(kind="floats")


def test_limits_of_dtypes_are_python_numbers():
    assert type(xp.finfo(xp.float32).eps) is float
    assert xp.finfo(tensor([1j])).dtype == xp.float64
    assert xp.finfo("bfloat16").bits == 16
    assert xp.iinfo(xp.uint8).max == 255


@pytest.mark.parametrize(
    "dtypes", [("i4", "f4"), (np.dtype("u1"), xp.int8), (np.bool, np.bool), (tensor([1]), 2.0)]
)
def test_result_type_of_anything_with_a_dtype(dtypes):
    plain = [np.asarray(d) if isinstance(d, defn.Tensor) else d for d in dtypes]
    assert xp.result_type(*dtypes) == np.result_type(*plain)


# Devices.


@pytest.fixture
def xla():
    pytest.importorskip("jax")
    return "xla:cpu"


def test_device_says_where_an_array_lives(xla):
    x = xp.ones((2, 3), device=xla)
    assert x.device == xla
    assert xp.zeros_like(x).device == xla
    assert xp.zeros_like(x, device="numpy").device == "numpy"
    assert xp.asarray([1, 2], device=xla).device == xla
    assert xp.asarray(tensor([1, 2]), device=xla).device == xla
    assert xp.arange(3, device=x.device).to_device("cpu").device == "numpy"
    assert xp.from_dlpack(np.arange(3), device=xla).device == xla


def test_numbers_and_arrays_of_the_default_place_go_where_the_others_are(xla):
    x = xp.arange(3.0, device=xla)
    for y in (x + 1, np.arange(3) * x, xp.where(x > 1, x, 0), xp.clip(x, 0, 1), x + tensor([1.0])):
        assert y.device == xla
    x[0] = 5
    x[1:] = tensor([6.0, 7.0])
    assert x.device == xla and x.tolist() == [5.0, 6.0, 7.0]


def test_two_places_that_are_not_the_default_do_not_mix(xla):
    x = xp.ones(2, device="numpy")
    with default_backend(xla):
        y = xp.ones(2, device=xla)
        assert (x + y).device == "numpy"
    with pytest.raises(Unsupported, match="no streams"):
        y.to_device("numpy", stream=1)


def test_a_traced_function_takes_the_place_of_its_arguments_and_no_other():
    @defn.defn(compiler="numpy")
    def zeros(x):
        return x + np.ones(2, device="cpu") + xp.zeros(2, device=x.device)

    assert zeros(np.ones(2)).tolist() == [2.0, 2.0]
    with pytest.raises(TypeError, match="its compiler places the values"):
        defn.jit(lambda x: x + xp.zeros(2, device="xla:cpu"))(np.ones(2))


def test_dlpack_both_ways(xla):
    x = xp.arange(6.0, device=xla)
    assert np.from_dlpack(x).tolist() == xp.from_dlpack(x).tolist() == list(range(6))
    assert isinstance(x.__dlpack__(), object)
    assert x.__dlpack_device__() == (1, 0)


def test_the_backend_of_a_process_is_a_variable(xla, tmp_path):
    code = "import defn; assert defn.tensor([1.0]).device == 'xla:cpu'"
    assert run(code, DEFN_BACKEND=xla) == 0


def run(code, **variables):
    return subprocess.run([sys.executable, "-c", code], env={**os.environ, **variables}).returncode


# Values.


def test_distinct_values_are_in_order_and_every_nan_is_one():
    x = tensor([3.0, np.nan, 1.0, np.nan, 3.0])
    found = xp.unique_all(x)
    assert found.values.tolist()[:2] == [1.0, 3.0] and found.counts.tolist() == [1, 2, 1, 1]
    assert xp.unique_values(tensor([9, 1, 5, 1])).tolist() == [1, 5, 9]
    assert xp.unique_counts(x).counts.tolist() == [1, 2, 1, 1]
    assert xp.take(found.values, found.inverse_indices).tolist()[0] == 3.0
    with pytest.raises(Unsupported, match="the size of the result depends on the values"):
        defn.jit(np.unique_values)(np.ones(3))


def test_squares_of_truth_values():
    x = np.array([True, False])
    assert defn.jit(lambda x: x**2)(x).dtype == (x**2).dtype == np.int8
    assert (tensor(x) ** 2).dtype == np.int8
    assert (tensor(x) ** 3).dtype == (x**3).dtype


COMPILERS = ["numpy", "numba", pytest.param("xla", marks=pytest.mark.filterwarnings("ignore"))]


def put(x, n):
    x = x.copy()
    x[1] = n
    return x


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize(
    "change", [lambda x, n: x + n, lambda x, n: np.add(n, x), lambda x, n: put(x, n)]
)
def test_a_python_integer_beyond_the_dtype_is_refused_by_value(compiler, change):
    compiled = defn.jit(change, compiler=compiler)
    x = np.arange(4, dtype="int8")
    assert np.array_equal(compiled(x, 3), change(x, 3))
    for value in (300, -129):
        with pytest.raises(OverflowError):
            change(x, value)
        with pytest.raises(OverflowError, match=f"{value} out of bounds for int8"):
            compiled(x, value)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_sign_of_complex_zeros_and_infinities(compiler):
    parts = [0.0, -0.0, np.inf, -np.inf, np.nan, 3.0, -4.0]
    x = np.array([complex(a, b) for a in parts for b in parts])
    found, wanted = defn.jit(np.sign, compiler=compiler)(x), np.sign(x)
    np.testing.assert_allclose(found, wanted, rtol=1e-15)
    assert not np.signbit(found.real[:2]).any() and not np.signbit(found.imag[:2]).any()


def test_a_comparison_takes_any_integer():
    compiled = defn.jit(lambda x, n: (x < n, x == n))
    for x in (np.arange(3, dtype="int8"), np.arange(3, dtype="uint64")):
        for n in (300, -1, 1):
            assert np.array_equal(compiled(x, n), (x < n, x == n))


def test_an_index_of_known_range_needs_no_check():
    @defn.defn(compiler="numba")
    def count(x):
        for i in range(3):
            x = x + i
        return x

    assert count(np.zeros(2, "int8")).tolist() == [3, 3]


def test_an_unsigned_dtype_takes_no_negative_integer():
    with pytest.raises(OverflowError):
        defn.jit(lambda x, n: x + n)(np.ones(2, "uint64"), -1)


def test_nothing_is_written_where_the_dtype_would_change():
    x = tensor([1, 2])
    with pytest.raises(TypeMismatch):
        x += 0.5
