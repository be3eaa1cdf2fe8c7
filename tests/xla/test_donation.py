"""Tensors that a function writes into: the old buffer is given up to the program."""

import gc
import warnings

import jax
import numpy as np
import pytest

import defn
from defn.compilers.xla import compiler, device
from defn.errors import ArgumentError, CheckError, CompilerError
from defn.hooks import check


@pytest.fixture(autouse=True)
def no_warnings():
    """JAX warns of a buffer that it was given and could not use."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def numbers(seed=0):
    return np.random.default_rng(seed).normal(size=(40, 100))


def there(array):
    return defn.tensor(array).to("xla:cpu")


def doubled(x, y):
    x *= 2
    return x + y


def test_the_old_buffer_is_given_up():
    t, u = there(numbers()), there(numbers(1))
    old = t.buffer
    got = defn.jit(doubled)(t, u)
    assert old.is_deleted() and not u.buffer.is_deleted()
    np.testing.assert_array_equal(t.numpy(), numbers() * 2)
    np.testing.assert_array_equal(got.numpy(), numbers() * 2 + numbers(1))


def test_the_program_says_so():
    t, u = there(numbers()), there(numbers(1))
    made = defn.jit(doubled).trace(t, u).executable
    made.call_native(t.buffer, u.buffer)
    assert "tf.aliasing_output" in made.donating.text or "buffer_donor" in made.donating.text
    assert "input_output_alias" in made.donating.compiled.as_text()


def test_values_that_numpy_sees_stay():
    t, u = there(numbers()), there(numbers(1))
    seen = np.asarray(t)
    defn.jit(doubled)(t, u)
    np.testing.assert_array_equal(seen, numbers())


def test_a_copy_stays():
    t, u = there(numbers()), there(numbers(1))
    copies = [t.copy(), defn.jit(np.copy)(t), defn.tensor(t)]
    defn.jit(doubled)(t, u)
    for copy in copies:
        np.testing.assert_array_equal(copy.numpy(), numbers())


def test_one_tensor_twice_and_two_over_one_buffer():
    from defn.tensor import eager

    t = there(numbers())
    np.testing.assert_array_equal(defn.jit(doubled)(t, t).numpy(), numbers() * 4)
    u = there(numbers())
    defn.jit(doubled)(eager(u.buffer, u.backend), u)
    np.testing.assert_array_equal(u.numpy(), numbers())


def test_many_steps_in_place():
    def step(x):
        x += 1

    t, function = there(numbers()), defn.jit(step)
    for _ in range(5):
        function(t)
    np.testing.assert_allclose(t.numpy(), numbers() + 5, rtol=1e-12, atol=1e-12)


def test_a_failed_check_leaves_the_tensor():
    def checked(x):
        check(np.all(x < 0), "not negative")
        x *= 2

    t = there(np.ones(5))
    with pytest.raises(CheckError, match="not negative"):
        defn.jit(checked)(t)
    np.testing.assert_array_equal(t.numpy(), np.ones(5))


def test_numpy_arrays_are_written_as_ever():
    x = numbers()
    defn.jit(doubled, compiler="xla")(x, numbers(1))
    np.testing.assert_array_equal(x, numbers() * 2)


def test_jax_arrays_are_never_given_up():
    x = jax.numpy.asarray(np.ones(5, "f4"))
    defn.jit(lambda x: x * 2, compiler="xla")(x)
    gc.collect()
    assert not x.is_deleted()


# --- devices -------------------------------------------------------------------------------------


def test_devices_are_found_by_name():
    assert device.find("cpu:0").platform == "cpu"
    assert device.find("xla:cpu").platform == "cpu"
    assert (
        compiler.compile(defn.jit(np.sin).graph(np.ones(3)), {"device": "cpu"}).device.platform
        == "cpu"
    )


@pytest.mark.skipif(any(d.platform == "gpu" for d in jax.devices()), reason="there is a GPU")
@pytest.mark.parametrize("name", ["cuda:0", "gpu", "gpu:1", "tpu:0"])
def test_a_device_that_jax_does_not_have(name):
    with pytest.raises(CompilerError, match=f"JAX has no device '{name}' here.*install the JAX"):
        defn.jit(np.sin, compiler="xla", device=name)(np.ones(3))


def test_a_number_that_is_not_there():
    with pytest.raises(ArgumentError, match="no device 'cpu:99': there are"):
        defn.jit(np.sin, compiler="xla", device="cpu:99")(np.ones(3))
