"""Transforms of Python functions: containers, several arguments, nesting, writes, errors."""

from typing import NamedTuple

import numpy as np
import pytest

from defn import errors, ops
from defn.jit import jit
from defn.numpy import tensor
from defn.transforms.checkpoint import checkpoint_of
from defn.transforms.custom import CustomGrad as custom_grad
from defn.transforms.functions import (
    grad_of,
    hvp_of,
    jvp_of,
    stop_grad,
    value_and_grad_of,
    vjp_of,
)
from defn.transforms.vectorize import hessian_of, jacobian_of, vmap_of


def run(function, *args, **kwargs):
    return jit(function, compiler="numpy", syntax=False)(*args, **kwargs)


class Layer(NamedTuple):
    weight: np.ndarray
    bias: np.ndarray


def loss(layers, x, scale=1.0):
    for layer in layers:
        x = np.tanh(x @ layer.weight + layer.bias)
    return np.sum(x) * scale


def layers():
    draw = np.random.default_rng(0)
    return [
        Layer(draw.normal(size=(3, 4)), draw.normal(size=4)),
        Layer(draw.normal(size=(4, 2)), draw.normal(size=2)),
    ]


X = np.random.default_rng(1).normal(size=(5, 3))


def test_gradient_has_the_structure_of_the_argument():
    found = run(grad_of(loss), layers(), X, scale=2.0)
    assert [type(each) for each in found] == [Layer, Layer]
    step = 1e-6
    for k, name in ((0, "weight"), (1, "bias")):
        low, high = layers(), layers()
        getattr(low[k], name)[..., 0] -= step
        getattr(high[k], name)[..., 0] += step
        wanted = (loss(high, X, 2.0) - loss(low, X, 2.0)) / (2 * step)
        assert np.sum(getattr(found[k], name)[..., 0]) == pytest.approx(wanted, rel=1e-6)


def test_argnums():
    f = lambda x, y: x * y * y
    assert run(grad_of(f, 1), 3.0, 2.0) == 12
    assert run(grad_of(f, -2), 3.0, 2.0) == 4
    assert run(grad_of(f, (1, 0)), 3.0, 2.0) == (12, 4)


def test_integers_have_none():
    found = run(
        grad_of(lambda p: p["x"] ** 2 * p["n"]), {"x": 3.0, "n": 2, "flag": True, "name": "a"}
    )
    assert found == {"x": 12, "n": None, "flag": None, "name": None}


def test_value_and_aux():
    f = lambda x: (np.sum(x * x), {"last": x[-1], "note": "kept"})
    (value, aux), gradient = run(value_and_grad_of(f, has_aux=True), np.array([1.0, 2.0]))
    assert value == 5 and aux == {"last": 2, "note": "kept"} and gradient.tolist() == [2, 4]
    assert run(grad_of(f, has_aux=True), np.array([1.0, 2.0]))[1] == aux


def test_dtype_of_the_gradient_is_the_argument_s():
    for dtype in ("f2", "f4", "f8"):
        assert run(grad_of(lambda x: np.sum(x * 2.0)), np.ones(3, dtype)).dtype == dtype
    assert run(grad_of(lambda x: np.sum(x.astype("f8") * 2)), np.ones(3, "f4")).dtype == np.float32


def test_nested():
    assert run(grad_of(grad_of(lambda x: x**4)), 2.0) == pytest.approx(48)
    inner = lambda y: grad_of(lambda x: x * x * y)(3.0)
    assert (
        run(grad_of(inner), 5.0) == 6
    )  # the inner gradient takes y as constant; the outer one does not
    assert run(grad_of(lambda x: grad_of(lambda y: x * y * y)(x)), 3.0) == 12


def test_writes_stay_inside():
    def running(a):
        for i in range(1, 4):
            a[i] = a[i - 1] * a[i]
        return np.sum(a)

    a = np.arange(1.0, 5)
    assert run(grad_of(running), a).tolist() == [33, 16, 10, 6]
    assert a.tolist() == [1, 2, 3, 4]


def test_writes_into_other_arrays_happen():
    def f(x, log):
        def inner(x):
            log[0] = x * x
            return x**3

        return grad_of(inner)(x)

    log = np.zeros(2)
    assert run(f, 2.0, log) == 12
    assert log.tolist() == [4, 0]


def test_stop_grad():
    assert run(grad_of(lambda x: x * stop_grad({"y": x})["y"]), 3.0) == 3


def test_jvp_and_vjp_are_transposes():
    f = lambda x, w: {"y": np.tanh(x @ w), "n": 3}
    draw = np.random.default_rng(2)
    x, w, dx, dw = (draw.normal(size=s) for s in ((2, 3), (3, 4), (2, 3), (3, 4)))
    ct = draw.normal(size=(2, 4))
    value, tangent = run(jvp_of(f), (x, w), (dx, dw))
    same, (by_x, by_w) = run(vjp_of(f), (x, w), {"y": ct, "n": None})
    np.testing.assert_allclose(value["y"], np.tanh(x @ w))
    np.testing.assert_allclose(same["y"], value["y"])
    assert tangent["n"] is None and value["n"] == 3
    assert np.sum(tangent["y"] * ct) == pytest.approx(np.sum(by_x * dx) + np.sum(by_w * dw))


def test_jvp_by_some_arguments():
    value, tangent = run(jvp_of(lambda x, y: (x * y, y)), (3.0, 2.0), (1.0, None))
    assert value == (6, 2) and tangent == (2, 0)


def test_jacobian_and_hessian():
    f = lambda x: x[:2] * x[2] * x[0]
    x = np.array([2.0, 3.0, 5.0])
    wanted = [[2 * x[0] * x[2], 0, x[0] ** 2], [x[1] * x[2], x[0] * x[2], x[0] * x[1]]]
    np.testing.assert_allclose(run(jacobian_of(f), x), wanted)
    g = lambda x: x[0] ** 2 * x[1] + np.exp(x[2])
    hessian = [[2 * x[1], 2 * x[0], 0], [2 * x[0], 0, 0], [0, 0, np.exp(x[2])]]
    np.testing.assert_allclose(run(hessian_of(g), x), hessian)
    v = np.array([1.0, -1.0, 0.5])
    np.testing.assert_allclose(run(hvp_of(g), x, v), hessian @ v)


def test_jacobian_of_containers():
    found = run(jacobian_of(lambda p, s: {"y": p["a"] * s, "n": 1}, (0, 1)), {"a": np.ones(2)}, 3.0)
    assert found["y"][0]["a"].tolist() == [[3, 0], [0, 3]] and found["y"][1].tolist() == [1, 1]
    assert found["n"] is None or found["n"] == 1


@pytest.mark.parametrize("sizes", [(2, 5), (5, 2)])
def test_jacobian_by_rows_and_by_columns(sizes):
    matrix = np.random.default_rng(3).normal(size=sizes)
    x = np.linspace(0.1, 1, sizes[1])
    f = lambda x, s: {"y": np.sin(matrix @ x) * s, "constant": np.ones(3), "count": 3}
    by_x, by_s = run(jacobian_of(f, (0, 1)), x, 2.0)["y"]
    np.testing.assert_allclose(by_x, 2 * np.cos(matrix @ x)[:, None] * matrix)
    np.testing.assert_allclose(by_s, np.sin(matrix @ x))


def test_vmap_axes():
    x, y = np.arange(6.0).reshape(2, 3), np.arange(3.0)
    dot = lambda a, b: np.sum(a * b)
    np.testing.assert_allclose(run(vmap_of(dot, (0, None)), x, y), x @ y)
    np.testing.assert_allclose(run(vmap_of(dot, (1, None)), x, np.ones(2)), x.sum(0))
    np.testing.assert_allclose(run(vmap_of(lambda a: a, in_axes=1, out_axes=1), x), x)
    np.testing.assert_allclose(
        run(vmap_of(vmap_of(lambda a, b: a * b, (None, 0)), (0, None)), y, y), np.outer(y, y)
    )
    found = run(
        vmap_of(
            lambda p: {"s": p["a"] + p["b"], "c": 1.0},
            in_axes=({"a": 0, "b": None},),
            out_axes={"s": 0, "c": None},
        ),
        {"a": y, "b": 2.0},
    )
    assert found["s"].tolist() == [2, 3, 4] and found["c"] == 1


def test_vmap_of_grad_and_grad_of_vmap():
    x = np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_allclose(run(vmap_of(grad_of(lambda x: np.sum(x**3))), x), 3 * x**2)
    np.testing.assert_allclose(
        run(grad_of(lambda x: np.sum(vmap_of(lambda r: np.prod(r))(x))), x)[0, 0], x[0, 1] * x[0, 2]
    )


def test_custom_grad_in_both_modes():
    @custom_grad
    def clipped(x):
        return np.clip(x, -1, 1)

    @clipped.def_vjp
    def straight(ct, out, x):
        return (ct * 3,)

    assert run(clipped, 5.0) == 1
    assert run(grad_of(clipped), 5.0) == 3
    assert run(jvp_of(clipped), (5.0,), (2.0,)) == (1, 6)
    np.testing.assert_allclose(run(vmap_of(grad_of(clipped)), np.arange(3.0)), [3, 3, 3])


def test_custom_grad_by_tangents():
    @custom_grad
    def length(x, y):
        return np.sqrt(x * x + y * y)

    @length.def_jvp
    def tangent(moves, out, x, y):
        return (x * moves[0] + y * moves[1]) / out

    assert run(grad_of(length, (0, 1)), 3.0, 4.0) == pytest.approx((0.6, 0.8))
    assert run(jvp_of(length), (3.0, 4.0), (1.0, 0.0))[1] == pytest.approx(0.6)
    assert run(grad_of(grad_of(length)), 3.0, 4.0) == pytest.approx(16 / 125)


def test_custom_grad_of_arguments_by_name():
    @custom_grad
    def power(x, n=2):
        return x**n

    power.def_vjp(lambda ct, out, x, n: (ct * n, None))
    assert run(grad_of(lambda x: power(n=3, x=x)), 5.0) == 3
    assert run(grad_of(lambda x: power(x=x)), 5.0) == 2


@custom_grad
def _by_name_alone(x, *, n):
    return x**n


_by_name_alone.def_vjp(lambda ct, out, x, n: (ct, None))


def test_custom_grad_of_containers():
    @custom_grad
    def both(p, n):
        return {"a": p["x"] * n, "b": p["x"] ** 2}

    @both.def_vjp
    def rule(ct, out, p, n):
        return {"x": ct["a"] * 10 + ct["b"] * 100}, None

    f = lambda x: (lambda r: r["a"] + 2 * r["b"])(both({"x": x}, 3))
    assert run(grad_of(f), 2.0) == 210


def test_checkpoint_changes_memory_only():
    block = lambda x: np.sin(np.exp(x) * x)
    plain, kept = (
        (lambda x: np.sum(block(block(x)))),
        (lambda x: np.sum(checkpoint_of(block)(checkpoint_of(block)(x)))),
    )
    x = np.linspace(0.1, 1, 5)
    for f in (lambda g: g, grad_of, lambda g: lambda x: np.sum(grad_of(g)(x) ** 2)):
        np.testing.assert_allclose(run(f(kept), x), run(f(plain), x))
    np.testing.assert_allclose(
        run(grad_of(lambda x: np.sum(grad_of(kept)(x) ** 2)), x),
        run(grad_of(lambda x: np.sum(grad_of(plain)(x) ** 2)), x),
    )


ERRORS = {
    "no scalar": (
        lambda: run(grad_of(lambda x: x), np.ones(3)),
        errors.ShapeError,
        "sum it or take its mean",
    ),
    "several results": (
        lambda: run(grad_of(lambda x: (x, x)), 3.0),
        errors.TypeMismatch,
        "has_aux=True",
    ),
    "complex": (lambda: run(grad_of(lambda x: 1j * x), 3.0), errors.TypeMismatch, "real part"),
    "integer result": (
        lambda: run(grad_of(lambda x: np.argmax(x)), np.ones(3)),
        errors.TypeMismatch,
        "cast it",
    ),
    "integer argument": (
        lambda: run(grad_of(lambda x: x * x), 3),
        errors.TypeMismatch,
        "pass a float",
    ),
    "no such argument": (
        lambda: run(grad_of(lambda x: x, 1), 3.0),
        errors.ArgumentError,
        "argnums counts from 0",
    ),
    "no argnums": (
        lambda: run(grad_of(lambda x: x, ()), 3.0),
        errors.ArgumentError,
        "argnums is empty",
    ),
    "constant": (
        lambda: run(grad_of(lambda x: 3.0), 3.0),
        errors.TypeMismatch,
        "computed from its arguments",
    ),
    "no aux": (
        lambda: run(grad_of(lambda x: x, has_aux=True), 3.0),
        errors.TypeMismatch,
        "(value, anything else)",
    ),
    "cotangent's shape": (
        lambda: run(vjp_of(lambda x: x), (np.ones(3),), np.ones(2)),
        errors.ShapeError,
        "must be f64[3]",
    ),
    "tangent missing": (
        lambda: run(jvp_of(lambda x, y: x), (1.0, 2.0), (1.0,)),
        errors.ArgumentError,
        "for each of 2",
    ),
    "vmap without axis": (
        lambda: run(vmap_of(lambda x: x), 1.0),
        errors.ShapeError,
        "no such axis",
    ),
    "vmap of two sizes": (
        lambda: run(vmap_of(lambda x, y: x), np.ones(2), np.ones(3)),
        errors.ShapeError,
        "different sizes",
    ),
    "vmap with None alone": (
        lambda: run(vmap_of(lambda x: x, None), np.ones(2)),
        errors.ArgumentError,
        "all of in_axes are None",
    ),
    "result differs": (
        lambda: run(vmap_of(lambda x: x, 0, None), np.ones(2)),
        errors.ArgumentError,
        "give it an axis",
    ),
    "jvp of bare arrays": (
        lambda: run(jvp_of(lambda x: x), np.ones(2), np.ones(2)),
        errors.ArgumentError,
        "as a tuple, one for each argument, not f64[2]: write (x,)",
    ),
    "custom_grad by name alone": (
        lambda: run(grad_of(lambda x: _by_name_alone(x, n=3)), 1.0),
        errors.ArgumentError,
        "given by name alone, n",
    ),
    "no derivative given": (
        lambda: run(grad_of(custom_grad(lambda x: x)), 1.0),
        errors.ArgumentError,
        ".def_vjp",
    ),
    "outside": (lambda: grad_of(lambda x: x)(1.0), errors.TraceError, "@defn or jit"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_what_to_do(name):
    call, kind, text = ERRORS[name]
    with pytest.raises(
        kind, match=text.replace("(", r"\(").replace(")", r"\)").replace("[", r"\[")
    ):
        call()


def test_error_in_a_rule_names_the_line():
    with pytest.raises(Exception) as caught:
        run(grad_of(lambda x: np.sum(_without_rule(x))), np.ones(3))
    assert "gradient of unheard_of, written at" in "".join(caught.value.__notes__)


def _without_rule(x):
    from defn.tensor import apply

    return apply(UNHEARD_OF, x)


UNHEARD_OF = ops.Op("unheard_of", ops.Kind.ELEMENTWISE, lambda x: x, np.copy)
del ops.ALL["unheard_of"]
assert tensor is not None


@pytest.mark.parametrize("mode", ["vjp", "jvp"])
def test_a_custom_derivative_has_the_derivative_of_the_result_that_it_reads(mode):
    # The function itself is constant; by the rule it is its own derivative, to any order.
    own = custom_grad(np.floor)
    if mode == "vjp":
        own.def_vjp(lambda ct, out, x: (ct * out,))
    else:
        own.def_jvp(lambda tangents, out, x: tangents[0] * out)
    assert run(grad_of(own), 3.5) == 3
    assert run(grad_of(grad_of(own)), 3.5) == 3


def test_where_all_values_are_equal_their_deviation_has_the_derivative_zero():
    for function in (np.std, np.nanstd, lambda x: np.std(x[x > 0])):
        assert run(grad_of(function), np.ones(3)).tolist() == [0, 0, 0]
    np.testing.assert_allclose(run(grad_of(np.std), np.array([1.0, 3.0])), [-0.5, 0.5])
