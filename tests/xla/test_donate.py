"""`donate=`: arguments whose memory a call may take over."""

import warnings

import jax
import numpy as np
import pytest

import defn
from defn.errors import ArgumentError, CheckError, TraceError, Unsupported
from defn.hooks import check


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def there(*shape, seed=0):
    return defn.tensor(np.random.default_rng(seed).normal(size=shape)).to("xla:cpu")


def step(weights, x):
    return {name: w - 0.1 * x for name, w in weights.items()}


def gone(tensor, name="step"):
    with pytest.raises(
        TraceError, match=f"given up to an earlier call of {name}.*pass tensor.copy"
    ):
        np.asarray(tensor)
    return True


@pytest.mark.parametrize("donate", ["weights", ("weights",), 0, (0,), -2, ["weights", 0]])
def test_a_dictionary_of_parameters_is_given_up(donate):
    train = defn.jit(step, compiler="xla", donate=donate)
    weights, x = {"a": there(3), "b": there(3, seed=1)}, there(3, seed=2)
    expected = {name: np.asarray(w) - 0.1 * np.asarray(x) for name, w in weights.items()}
    for _ in range(4):  # the long way, a guard, and what stands in its place
        old, weights = weights, train(weights, x)
        assert all(map(gone, old.values()))
        for name in weights:
            np.testing.assert_allclose(np.asarray(weights[name]), expected[name], rtol=1e-14)
            expected[name] = expected[name] - 0.1 * np.asarray(x)
    x.numpy()


def test_the_program_says_so():
    train = defn.jit(step, compiler="xla", donate="weights")
    weights, x = {"a": there(300)}, there(300)
    made = train.trace(weights, x).executable
    train(weights, x)
    assert "input_output_alias" in made.donating.compiled.as_text()


def test_what_is_of_no_use_is_gone_too():
    total = defn.jit(lambda x: np.sum(x), compiler="xla", donate="x")
    x = there(40)
    expected = np.sum(np.asarray(x))
    np.testing.assert_allclose(total(x).numpy(), expected)
    assert gone(x, ".*lambda")
    with pytest.raises(TraceError, match="given up"):
        total(x)
    with pytest.raises(TraceError, match="given up"):
        x + 1


def test_numpy_arrays_stay():
    train = defn.jit(step, compiler="xla", donate="weights")
    weights, x = {"a": np.ones(3)}, np.ones(3)
    for _ in range(3):
        np.testing.assert_allclose(train(weights, x)["a"], 0.9)
    np.testing.assert_array_equal(weights["a"], np.ones(3))


def test_jax_arrays_are_deleted():
    train = defn.jit(step, compiler="xla", donate="weights")
    for _ in range(3):
        w, x = jax.numpy.ones(3, "f4"), jax.numpy.ones(3, "f4")
        train({"a": w}, x)
        assert w.is_deleted() and not x.is_deleted()


def test_one_tensor_in_two_places():
    train = defn.jit(lambda x, y: x * 2 + y, compiler="xla", donate="x")
    x = there(3)
    expected = np.asarray(x) * 3
    np.testing.assert_allclose(train(x, x).numpy(), expected, rtol=1e-14)
    assert gone(x, ".*lambda")


def test_what_is_returned_or_written_stays():
    def function(x, y):
        y += 1
        return x, x + y

    compiled = defn.jit(function, compiler="xla", donate=("x", "y"))
    x, y = there(3), there(3, seed=1)
    expected = np.asarray(x), np.asarray(y) + 1
    same, _ = compiled(x, y)
    assert same is x
    np.testing.assert_array_equal(x.numpy(), expected[0])
    np.testing.assert_array_equal(y.numpy(), expected[1])


def test_arguments_of_a_program_that_may_fail():
    def taken(x, index):
        check(np.all(x < 9), "too large: {}", x)
        return x[index] * 2

    compiled = defn.jit(taken, compiler="xla", donate="x")
    index = defn.tensor(np.array([0, 2])).to("xla:cpu")
    x = there(3)
    expected = np.asarray(x)[[0, 2]] * 2
    np.testing.assert_allclose(compiled(x, index).numpy(), expected)
    assert gone(x, ".*taken")
    for _ in range(3):
        x = defn.tensor(np.full(3, 10.0)).to("xla:cpu")
        with pytest.raises(CheckError, match=r"too large: \[10. 10. 10.\]"):
            compiled(x, index)
        assert gone(x, ".*taken")
    with pytest.raises(IndexError, match="out of bounds"):
        compiled(there(3), defn.tensor(np.array([0, 3])).to("xla:cpu"))


def test_by_keyword_and_among_many():
    compiled = defn.jit(
        lambda *values, scale: [scale * v for v in values], compiler="xla", donate=("scale",)
    )
    x, scale = there(3), there(3)
    compiled(x, x, scale=scale)
    x.numpy()
    assert gone(scale, ".*lambda")
    compiled = defn.jit(lambda x, *values: x + values[0], compiler="xla", donate="values")
    x, y = there(3), there(3)
    compiled(x, y)
    x.numpy()
    assert gone(y, ".*lambda")


def test_at_a_call():
    compiled = defn.jit(step, compiler="xla")
    weights, x = {"a": there(3)}, there(3)
    compiled(weights, x)
    np.asarray(weights["a"])
    compiled(weights, x, donate="weights")
    assert gone(weights["a"])


def test_names_that_are_not_there():
    with pytest.raises(ArgumentError, match="'weight', which is no parameter of step.*'weights'"):
        defn.jit(step, compiler="xla", donate="weight")
    with pytest.raises(ArgumentError, match="names 2, which is no parameter"):
        defn.jit(step, compiler="xla", donate=2)


@pytest.mark.parametrize("compiler", ["numpy", "numba"])
def test_compilers_that_take_nothing_over(compiler):
    with pytest.raises(Unsupported, match=f"donate=, which compiler '{compiler}' does not know"):
        defn.jit(step, compiler=compiler, donate="weights")({"a": np.ones(3)}, np.ones(3))
