"""Compilers are found by name, by registration, or passed as objects; the built-in ones have no privilege."""

import numpy as np
import pytest

import defn
from defn import compilers
from defn.errors import CompilerError


class Counting:
    """A compiler of its own: runs a graph node by node, and counts the nodes."""

    name = "counting"

    def __init__(self):
        self.nodes = 0

    def compile(self, graph, options):
        def run(*arrays):
            values = dict(zip(graph.parameters, arrays))
            for node in graph.order:
                if node not in values:
                    values[node] = node.op.numpy(*(values[a] for a in node.args), **node.attrs)
                    self.nodes += 1
            return tuple(np.asarray(values[o]) for o in graph.outputs)

        return run


def double(x):
    return np.exp(x) * 2


def test_passed_as_an_object():
    counting = Counting()
    x = np.arange(3.0)
    np.testing.assert_array_equal(defn.jit(double, compiler=counting)(x), np.exp(x) * 2)
    assert counting.nodes >= 2


def test_registered_by_name():
    compilers.register(Counting)
    np.testing.assert_array_equal(defn.jit(double)(np.zeros(2), compiler="counting"), [2.0, 2.0])
    assert "counting" in compilers.available()


def test_unknown_name_is_refused_with_a_suggestion():
    with pytest.raises(CompilerError, match="unknown compiler 'numbaa'; did you mean 'numba'"):
        defn.jit(double, compiler="numbaa")
    with pytest.raises(CompilerError, match="unknown compiler"):
        defn.jit(double)(np.zeros(2), compiler="fortran")


def test_an_object_without_compile_is_refused():
    with pytest.raises(CompilerError, match="is no compiler"):
        defn.jit(double)(np.zeros(2), compiler=3.5)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(compilers.BUILT_IN, "absent", "no_such_package:compiler")
    with pytest.raises(CompilerError, match="needs the package 'no_such_package'.*pip install"):
        defn.jit(double)(np.zeros(2), compiler="absent")
