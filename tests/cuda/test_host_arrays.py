"""Arrays of other libraries in a device's memory, in and out without a copy."""

import ctypes
import gc

import numpy as np
import pytest
from lending import ByDlpack, ByInterface
from on_ptx import close

import defn
from defn.compilers.cuda import dlpack
from defn.compilers.cuda.interchange import normal
from defn.errors import ArgumentError, TypeMismatch, Unsupported

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]


def smooth(x):
    return np.exp(-x) + x * 2


def numbers(*shape, dtype="f4"):
    return np.random.default_rng(3).normal(size=shape).astype(dtype)


def transfers(driver):
    return [what[0] for what in driver.asked if what[0] in ("to device", "to host", "on device")]


@pytest.mark.parametrize("kind", [ByInterface, ByDlpack])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "c8"])
def test_they_are_read_where_they_lie(driver, kind, dtype):
    x = numbers(5, 7, dtype=dtype)
    got = defn.jit(smooth)(kind(driver, x))
    assert got.backend.name == "cuda:0" and transfers(driver) == []
    assert x.ctypes.data in driver.launched[-1].values
    close(np.asarray(got), smooth(x), 16)
    assert transfers(driver) == ["to host"]


@pytest.mark.parametrize("kind", [ByInterface, ByDlpack])
def test_they_may_begin_anywhere(driver, kind):
    """A kernel that moves four elements at once is launched only where all of them allow it."""
    size = (1 << 16) + 4
    even, function = numbers(size), defn.jit(smooth)
    odd = numbers(size + 1)[1:]
    for x in (even, odd, even):
        close(np.asarray(function(kind(driver, x))), smooth(x), 16)
    assert ["v4.f32" in launch.ptx for launch in driver.launched[-3:]] == [True, False, True]


def test_a_library_from_before_dlpack_1(driver):
    lent = ByDlpack(driver, numbers(9), old=True)
    close(np.asarray(defn.jit(smooth)(lent)), smooth(lent.array), 16)
    assert [set(settings) for _, settings in lent.asked] == [set()]


def test_the_producer_is_told_the_stream_of_the_call(driver):
    lent = ByDlpack(driver, numbers(9))
    defn.jit(smooth)(lent)
    assert [stream for stream, _ in lent.asked] == [driver.launched[-1].stream]


def test_a_stream_that_an_interface_names_is_waited_for(driver):
    defn.jit(smooth)(ByInterface(driver, numbers(9), stream=7))
    assert (driver.launched[-1].stream, 7) in driver.orders()


@pytest.mark.parametrize(
    "said, error, message",
    [
        ({"version": 1}, ArgumentError, "versions 2 and 3"),
        ({"stream": 0}, ArgumentError, "ambiguous"),
        ({"mask": object()}, TypeMismatch, "its values and its mask"),
        ({"strides": (6,)}, TypeMismatch, "a stride of 6 bytes"),
        ({"typestr": "|O"}, TypeMismatch, "is no dtype"),
    ],
)
def test_what_an_interface_may_not_say(driver, said, error, message):
    with pytest.raises(error, match=message):
        defn.jit(smooth)(ByInterface(driver, numbers(9), **said))


def test_explicit_strides_without_gaps_are_none():
    assert normal((3, 4), (4, 1)) is None
    assert normal((1, 4), (77, 1)) is None
    assert normal((0, 4), (9, 9)) is None
    assert normal((3, 4), (1, 3)) == (1, 3)
    assert normal((), ()) is None


@pytest.mark.parametrize("kind", [ByInterface, ByDlpack])
@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.T,
        lambda x: x[1:, ::2],
        lambda x: x[::-1, 3],
        lambda x: np.broadcast_to(x[0], (3, 6)),
    ],
    ids=["transposed", "stepped", "reversed", "repeated"],
)
def test_gaps_are_closed_on_the_device(driver, kind, view):
    x = view(numbers(5, 6))
    got = defn.jit(smooth)(kind(driver, x))
    assert "to device" not in transfers(driver) and "to host" not in transfers(driver)
    close(np.asarray(got), smooth(x), 16)


@pytest.mark.parametrize("kind", [ByInterface, ByDlpack])
@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_no_elements_and_no_address(driver, kind, shape):
    got = np.asarray(defn.jit(smooth)(kind(driver, numbers(*shape))))
    assert got.shape == shape and got.dtype == np.float32


def test_a_view_that_begins_anywhere(driver):
    x = numbers(33)[1:]
    assert x.ctypes.data % 16
    close(np.asarray(defn.jit(smooth)(ByInterface(driver, x))), smooth(x), 16)


# --- written -------------------------------------------------------------------------------------


def doubled(x, y):
    x *= 2
    return x + y


@pytest.mark.parametrize("kind", [ByInterface, ByDlpack])
def test_they_are_written_where_they_lie(driver, kind):
    x, y = numbers(40), numbers(40)
    wanted = doubled(x.copy(), y)
    got = defn.jit(doubled)(kind(driver, x), kind(driver, y))
    close(np.asarray(got), wanted, 4)
    np.testing.assert_array_equal(x, y * 2)
    assert transfers(driver) == ["on device", "to host"]


def test_one_array_twice(driver):
    x = numbers(8)
    lent, before = ByInterface(driver, x), x.copy()
    got = defn.jit(doubled)(lent, lent)
    close(np.asarray(got), before * 4, 4)


def test_arrays_that_overlap_are_not_written(driver):
    x = numbers(9)
    with pytest.raises(ArgumentError, match="shares memory with another argument"):
        defn.jit(doubled)(ByInterface(driver, x[1:]), ByInterface(driver, x[:-1]))


def test_what_is_read_only_is_not_written(driver):
    x = numbers(9)
    for lent in (
        ByDlpack(driver, x, readonly=True),
        ByInterface(driver, x, data=(x.ctypes.data, True)),
    ):
        with pytest.raises(ArgumentError, match="read-only: pass a copy"):
            defn.jit(doubled)(lent, ByInterface(driver, numbers(9)))


def test_what_has_gaps_is_not_written(driver):
    with pytest.raises(ArgumentError, match="pass a contiguous one"):
        defn.jit(doubled)(ByInterface(driver, numbers(18)[::2]), ByInterface(driver, numbers(9)))


def test_a_tensor_is_written(driver):
    t = defn.tensor(numbers(9)).to("cuda:0")
    defn.jit(doubled)(t, t + 0)
    close(np.asarray(t), numbers(9) * 2, 1)


# --- who has what --------------------------------------------------------------------------------


def test_what_is_lent_is_given_back_when_it_was_read(driver):
    lent = ByDlpack(driver, numbers(9))
    function = defn.jit(smooth)
    driver.busy.add(1)
    function(lent)
    gc.collect()
    assert lent.given_back == []  # the kernel may still be reading
    driver.busy.clear()
    function(ByDlpack(driver, numbers(9)))
    gc.collect()
    assert lent.given_back == ["given back"]


def test_numpy_arrays_go_along(driver):
    x, y = numbers(9), numbers(9)
    got = defn.jit(lambda a, b: a + b)(ByInterface(driver, x), y)
    assert got.backend.name == "cuda:0"
    close(np.asarray(got), x + y, 1)


def test_another_compiler_takes_them_by_way_of_the_host(driver):
    x = numbers(9)
    got = defn.jit(smooth, compiler="numpy")(ByInterface(driver, x))
    assert got.backend.name == "cuda:0"
    close(np.asarray(got), smooth(x), 4)


def test_a_hidden_array_and_a_result_that_is_an_argument(driver):
    weights = numbers(9)

    def function(x):
        return x, x * weights, 3

    t = defn.tensor(numbers(9)).to("cuda:0")
    same, made, number = defn.jit(function)(t)
    assert same is t and number == 3
    close(np.asarray(made), numbers(9) * weights, 1)


# --- ours, for others ----------------------------------------------------------------------------


def described(managed):
    array = managed.array
    return (
        array.data,
        tuple(array.shape[k] for k in range(array.rank)),
        (array.device.family, array.device.number),
    )


def test_a_tensor_is_lent_by_dlpack(driver):
    t = defn.tensor(numbers(3, 4)).to("cuda:0")
    assert t.__dlpack_device__() == (2, 0)
    capsule = t.__dlpack__(stream=9, max_version=(1, 0))
    where = dlpack.pointer_in(id(capsule), b"dltensor_versioned")
    managed = dlpack.ManagedVersioned.from_address(where)
    assert described(managed) == (t.buffer.buffer.pointer, (3, 4), (2, 0))
    assert managed.major == 1
    assert (9, t.buffer.buffer.owner.stream.handle) in driver.orders()


def test_a_borrower_keeps_the_memory(driver):
    gc.collect()
    before = len(dlpack._lent)
    capsule = defn.tensor(numbers(3, 4)).to("cuda:0").__dlpack__(stream=-1)
    lent = dlpack.taken(capsule)
    gc.collect()
    assert lent.shape == (3, 4) and lent.strides == (4, 1) and lent.dtype == np.float32
    np.testing.assert_array_equal(
        driver.at(lent.pointer)[:48].view("f4").reshape(3, 4), numbers(3, 4)
    )
    with pytest.raises(TypeMismatch, match="was taken before"):
        dlpack.taken(capsule)
    del lent
    gc.collect()
    assert len(dlpack._lent) == before


def test_a_capsule_nobody_took_gives_back(driver):
    gc.collect()
    before = len(dlpack._lent)
    capsule = defn.tensor(numbers(3)).to("cuda:0").__dlpack__()
    assert len(dlpack._lent) == before + 1
    del capsule
    gc.collect()
    assert len(dlpack._lent) == before


def test_a_tensor_offers_the_interface(driver):
    t = defn.tensor(numbers(3, 4)).to("cuda:0")
    said = t.__cuda_array_interface__
    assert said["data"] == (t.buffer.buffer.pointer, False) and said["shape"] == (3, 4)
    assert said["version"] == 3 and said["strides"] is None and said["typestr"] == "<f4"
    assert said["stream"] == t.buffer.buffer.owner.stream.handle
    assert not hasattr(defn.tensor(numbers(3)), "__cuda_array_interface__")


def test_our_own_arrays_come_back(driver):
    t = defn.tensor(numbers(3, 4)).to("cuda:0")
    got = defn.jit(smooth)(t.buffer)
    close(np.asarray(got), smooth(numbers(3, 4)), 16)


def test_dlpack_of_the_executor_is_the_hosts():
    t = defn.tensor(numbers(3, 4)).to("cuda:ptx")
    assert t.__dlpack_device__() == (1, 0)
    np.testing.assert_array_equal(np.from_dlpack(t), numbers(3, 4))
    with pytest.raises(Unsupported, match=r"move the tensor with .to\('numpy'\)"):
        t.__dlpack__(dl_device=(2, 0))


@pytest.mark.parametrize("versioned", [True, False])
def test_numpy_reads_our_capsules(versioned):
    x = numbers(2, 3)

    class Lender:
        def __dlpack_device__(self):
            return (1, 0)

        def __dlpack__(self, **settings):
            return dlpack.capsule(x.ctypes.data, x.dtype, x.shape, (1, 0), x, versioned)

    np.testing.assert_array_equal(np.from_dlpack(Lender()), x)


def test_we_read_numpys_capsules():
    x = numbers(4, 6)[::2, ::-1]
    lent = dlpack.taken(x.__dlpack__(max_version=(1, 0)))
    assert lent.pointer == x.ctypes.data and lent.strides == (12, -1)
    low, high = lent.reach
    assert (high - low) % 4 == 0 and low <= lent.pointer < high
    assert ctypes.cast(lent.pointer, ctypes.POINTER(ctypes.c_float))[0] == x[0, 0]


# --- JAX's ---------------------------------------------------------------------------------------


def as_jax(driver, array):
    """JAX's arrays are told by the module of their type."""
    kind = type("ArrayImpl", (ByDlpack,), {"__module__": "jaxlib._jax"})
    return kind(driver, array)


def test_jax_arrays_are_taken_where_the_compiler_is_named(driver):
    x = numbers(9)
    got = defn.jit(smooth, compiler="cuda")(as_jax(driver, x))
    assert got.backend.name == "cuda:0"
    close(np.asarray(got), smooth(x), 16)


def test_jax_arrays_are_never_written(driver):
    with pytest.raises(ArgumentError, match="read-only: pass a copy"):
        defn.jit(doubled, compiler="cuda")(as_jax(driver, numbers(9)), numbers(9))
