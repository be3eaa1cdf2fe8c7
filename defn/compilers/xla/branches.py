"""Small branches become choices: both sides run, and what the other side would have written is
written back.

XLA copies an array that a branch writes to. Where the branches are a few operations on numbers and
on elements of arrays, the graph computes both; a write becomes one of the old value where its side
is not taken. Starts are held within the array there, because nobody promised that they are in
range.
"""

from __future__ import annotations

from defn import ops
from defn.expr import constant, constant_value, index, make, sharing, substitute, toposort
from defn.graph import Graph
from defn.numpy.linear import bounds
from defn.trace import Trace, tracing
from defn.types import Type

NODES = 40  # of one side
SMALL = 64  # bytes
PLAIN = {ops.Kind.ELEMENTWISE, ops.Kind.LEAF, ops.Kind.MOVEMENT}
ACCESSES = {ops.get: 1, ops.put: 2, ops.add_at: 2}  # where the starts begin among the operands
WRITES = {ops.put, ops.add_at, ops.push}
# What changes no number that it is added to: 0.0 would change -0.0.
NOTHING = {"b": False, "i": 0, "u": 0, "c": complex(-0.0, -0.0)}


def without_small_branches(graph):
    """The graph with such branches as choices, in the bodies of its structures too."""
    with sharing(), tracing(Trace("branches")) as trace:
        return Flattening(trace).graph(graph)


class Flattening:
    """One pass; `trace` holds what is known of the ranges of indices."""

    def __init__(self, trace):
        self.ranges = trace.ranges
        self.results, self.checks = {}, {}

    def graph(self, graph):
        """The graph, operands first: what is known of operands is known before bodies are seen."""
        new = graph.transform(self.rewritten)
        effects = [each for e in new.effects for each in self.checks.get(e, (e,))]
        return Graph(new.parameters, new.outputs, effects, new.updates)

    def rewritten(self, node):
        if "bodies" in node.attrs:
            bodies = tuple(self.body(node, body) for body in node.attrs["bodies"])
            made = make(node.op, node.args, {**node.attrs, "bodies": bodies}, where=node.where)
            if node.op is ops.cond:
                self.flattened(made)
            return made
        if node.op is ops.item and node.args[0].op is ops.cond:
            found = self.flattened(node.args[0])
            return node if found is None else found[node.attrs["index"]]
        return node

    def body(self, node, body):
        """A body, with what is known of its indices."""
        first = ops.INDEX[node.op]
        body = with_known_captures(node, body)
        fixed = body.parameters[first + node.attrs["carries"] :]
        for parameter, operand in zip(fixed, ops.captures(node)):
            self.learn(parameter, *bounds(operand))
        if first:
            least, greatest = bounds(node.args[0])[0], bounds(node.args[1])[1]
            self.learn(body.parameters[0], least, None if greatest is None else greatest - 1)
        return self.graph(body)

    def learn(self, parameter, least, greatest):
        if parameter.type == Type("int64") and (least is not None or greatest is not None):
            self.ranges[parameter] = least, greatest

    def flattened(self, node):
        """The results of a branch as choices; None where it has to stay one."""
        if node not in self.results:
            fits = all(is_small(node, body) for body in node.attrs["bodies"])
            self.results[node], checks = chosen(node) if fits else (None, (node,))
            self.checks[node] = checks
        return self.results[node]


def with_known_captures(node, body):
    """The body, in which captures that are constants are that: XLA would put them there too."""
    fixed = body.parameters[ops.INDEX[node.op] + node.attrs["carries"] :]
    known = {p: c for p, c in zip(fixed, ops.captures(node)) if constant_value(c) is not None}
    if not known:
        return body
    roots = substitute(body.roots, known)
    count = len(body.outputs)
    return Graph(body.parameters, roots[:count], roots[count:])


# Which branches.


def is_little(type):
    return type.parts is None and not type.tape and type.bytes <= SMALL


def is_small(node, body):
    """Is this side a few harmless operations, and every large result a state that it may have
    written to?
    """
    inside = [n for n in body.order if n.op is not ops.parameter]
    states = body.parameters[: node.attrs["carries"]]
    results_fit = all(
        is_little(output.type) or written_to(output) is state
        for output, state in zip(body.outputs, states)
    )
    work = toposort(body.outputs)  # a check of what is computed anyway is nearly free
    return len(work) <= NODES and results_fit and all(map(is_harmless, inside))


def written_to(node):
    """The array or tape of which a node is a later version."""
    while node.op in WRITES or node.op is ops.item and node.args[0].op is ops.pop:
        node = node.args[0]
        node = node.args[0] if node.op is ops.pop else node
    return node


def is_harmless(node):
    """May this run where nobody asked for it, at little cost?"""
    if node.op is ops.check:
        return all(is_little(a.type) for a in node.args)
    if node.op in WRITES:
        return is_little(node.args[1].type)
    if node.op is ops.pop or node.op is ops.item and node.args[0].op is ops.pop:
        return True
    loops = node.op in (ops.power, ops.gcd) and node.dtype.kind in "iu"
    return (node.op.kind in PLAIN or node.op is ops.get) and not loops and is_little(node.type)


# Both sides, one after the other.


def chosen(node):
    """The results of both sides, chosen by the predicate, and the checks of both."""
    predicate, *operands = node.args
    carries = node.attrs["carries"]
    states, captured = operands[:carries], operands[carries:]
    then, otherwise = node.attrs["bodies"]
    first, checks = side(then, (*states, *captured), predicate)
    # Where the first side is not taken it changed nothing, so the second may start from it.
    after = [s if is_little(s.type) else x for s, x in zip(states, first)]
    negated = make(ops.logical_not, (predicate,))
    second, more = side(otherwise, (*after, *captured), negated)
    results = [
        either(predicate, x, y) if is_little(s.type) else y
        for s, x, y in zip(states, first, second)
    ]
    return results, (*checks, *more)


def side(body, arguments, taken):
    """The outputs and checks of one side, whose writes happen where it is taken."""
    return body.replayed(arguments, lambda node, args: predicated(node, args, taken))


def predicated(node, args, taken):
    """The operation of these operands, which changes nothing where it is not taken."""
    if node.op is ops.push:
        return make(ops.push, (*args, taken), type=node.type, where=node.where)
    if node.op is ops.pop:
        return make(ops.pop, (*args, taken), type=node.type, where=node.where)
    if node.op is ops.check:
        not_taken = repeated(make(ops.logical_not, (taken,)), args[0].shape)
        return node.with_args((make(ops.logical_or, (args[0], not_taken)), *args[1:]))
    if node.op not in ACCESSES:
        return node.with_args(args) if args else node
    first = ACCESSES[node.op]
    args = [*args[:first], *held(node, args[first:])]
    if node.op is not ops.get:
        args[1] = harmless_value(node, args, taken)
    return make(node.op, tuple(args), node.attrs, where=node.where)


def harmless_value(node, args, taken):
    """What to write: where the side is not taken, what changes nothing."""
    array, value, *starts = args
    if node.op is ops.put:
        return either(taken, value, make(ops.get, (array, *starts), node.attrs))
    zero = constant(NOTHING.get(value.dtype.kind, -0.0), value.dtype)
    return either(taken, value, repeated(zero, value.shape))


def held(node, starts):
    """The starts, within the array."""
    shape, sizes, steps = node.args[0].shape, node.attrs["sizes"], node.attrs["steps"]
    reach = [1 if n is None else max(0, (n - 1) * k + 1) for n, k in zip(sizes, steps)]
    return [within(start, size - r) for start, size, r in zip(starts, shape, reach)]


def within(start, last):
    """The start, not below zero and not above `last`."""
    if constant_value(start) is not None:
        return start
    least, greatest = bounds(start)
    if least is None or least < 0:
        start = make(ops.maximum, (start, index(0)))
    if greatest is None or greatest > last:
        start = make(ops.minimum, (start, index(last)))
    return start


def either(condition, x, y):
    """`x` or `y`; what does not differ is left alone."""
    return x if x is y else make(ops.select, (repeated(condition, x.shape), x, y))


def repeated(x, shape):
    return make(ops.broadcast, (x,), {"shape": shape, "axes": ()}) if shape else x
