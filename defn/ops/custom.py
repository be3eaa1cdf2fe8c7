"""Values with a derivative of the user's own."""

from __future__ import annotations

from defn.ops.op import Kind, Op
from defn.types import Type


def _results(*types, results, **attrs):
    return Type(None, (), parts=types[:results])


def _themselves(*values, results, **attrs):
    return values[:results]


# custom(*results, *inputs, *captures; results, inputs, vjp, jvp): the results, as they are. Their derivative by the
# inputs is not that of what computes them, but what the closed graphs say:
# vjp(*cotangents of the results, *results, *inputs, *captures) -> one cotangent per input;
# jvp(*tangents of the inputs, *results, *inputs, *captures) -> one tangent per result. One of them may be None.
custom = Op("custom", Kind.STRUCTURE, _results, _themselves)
