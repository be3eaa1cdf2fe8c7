"""Python's integers have no end; a program's have 64 bits. Where one may leave them, the program tests that; and
where one may be divided by zero.

A number counts as Python's if it is made of nothing but integer arguments, indices of loops and constants: what is read
from arrays is NumPy's, and wraps around as it does there. Most numbers are proved to stay inside, and are not tested:
integer arguments are small (others are traced for themselves), and a count that grows by a little in each trip does
not get far in any time that a program may run.
"""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.expr import constant_value, make, serial
from defn.graph import Graph, with_bodies
from defn.order import schedule
from defn.tensor import astype, wrap
from defn.trace import Trace, tracing
from defn.transforms.intervals import ANY, Intervals
from defn.types import FLOAT64, INT64, Type

SMALL = 2**31 - 1  # arguments within this are traced together; see `arguments.py`
FAR = 2**53  # as far as a state of a loop is then thought to go
TRIPS = 2**40  # of all loops together: many hours
LIMIT = 2**62
PATIENCE = 3  # trips that are looked at before a state is thought to go far
INTEGER = Type(INT64)
MADE_OF = {
    ops.add, ops.subtract, ops.multiply, ops.floor_divide, ops.remainder, ops.negative, ops.absolute, ops.maximum,
    ops.minimum, ops.power, ops.left_shift, ops.right_shift, ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor,
}  # fmt: skip
DIVISIONS = {ops.floor_divide, ops.remainder}
GROWING = {ops.add, ops.subtract, ops.multiply, ops.power, ops.left_shift}


def with_integers_checked(graph, small, large=()):
    """The graph with a check of every Python integer that may leave 64 bits, or be divided by zero.

    `small` are the parameters that are Python integers of a moderate size, `large` those of any.
    """
    known = dict.fromkeys(small, (-SMALL, SMALL))
    return _rewritten(graph, Scope(Intervals(known), {*small, *large}))


def _rewritten(graph, scope):
    with tracing(Trace("integers")):
        done, effects = {}, []
        for node in schedule(graph):
            scope.visit(node)
            renewed = node.with_args([done[a] for a in node.args]) if node.args else node
            scopes = iter(scope.bodies.get(node, ()))
            inward = lambda body, scopes=scopes: _rewritten(body, next(scopes))
            done[node] = renewed = with_bodies(renewed, inward)
            inside = renewed.attrs.get("bodies", ())
            if node.op.kind is ops.Kind.EFFECT or any(body.effects for body in inside):
                effects.append(renewed)
            if scope.may_overflow(node):
                effects.append(_check(FITS[node.op], renewed, MESSAGE.format(node.op), "overflow"))
            if scope.may_divide_by_zero(node):
                effects.append(_check(_divides, renewed, DIVISION, ZeroDivisionError))
    if not effects:
        return graph
    outputs = [done[o] for o in graph.outputs]
    return Graph(graph.parameters, outputs, list(dict.fromkeys(effects)), graph.updates)


def _check(holds, node, message, error):
    condition = holds(*map(wrap, node.args), wrap(node))
    attrs = {"message": message, "error": error, "serial": serial()}
    return make(ops.check, (condition.node,), attrs, where=node.where)


def _divides(x, y, out):
    return y != 0


DIVISION = "integer division or modulo by zero"
MESSAGE = (
    "{} of Python integers leaves 64 bits, in which a compiled program keeps them: compute with floats, reduce by a "
    "remainder on the way, or let the integers be arrays of NumPy's, which wrap around"
)


class Scope:
    """What is known of the integers of one closed graph."""

    def __init__(self, intervals, python):
        self.intervals, self.bodies, self.found = intervals, {}, {}
        self.whole = dict.fromkeys(python, True)

    def interval(self, node):
        return self.intervals.interval(node)

    def visit(self, node):
        """Learn of a node, its operands known."""
        if node.op in ops.LEAD:
            self.bodies[node], self.found[node] = STRUCTURES[node.op](self, node)
        if node.op is ops.item and node.args[0] in self.found:
            whole, self.intervals.known[node] = self.found[node.args[0]][node.attrs["index"]]
            self.whole[node] = whole

    def is_python(self, node):
        """Is this an integer of Python's?"""
        if node not in self.whole:
            self.whole[node] = node.type == INTEGER and self._is_made_of_them(node)
        return self.whole[node]

    def _is_made_of_them(self, node):
        if node.op is ops.cast:
            (x,) = node.args
            return x.dtype.kind == "b" or self.is_python(x)
        operands = node.args[1:] if node.op is ops.select else node.args
        made = node.op in MADE_OF or node.op is ops.select
        return node.op is ops.constant or made and all(map(self.is_python, operands))

    def may_overflow(self, node):
        """Is this an operation on integers of Python's whose result may need more than 64 bits?"""
        if node.op not in GROWING or not self.is_python(node):
            return False
        ends = [_whole(self.interval(x)) for x in node.args]
        return not ENDS[node.op](*ends)

    def may_divide_by_zero(self, node):
        """Is this a quotient or rest of integers of Python's, by one that may be zero?"""
        if node.op not in DIVISIONS or not self.is_python(node):
            return False
        low, high = self.interval(node.args[1])
        return low <= 0 <= high

    def read(self, graph):
        """Learn of all nodes of a graph."""
        for node in schedule(graph):
            self.visit(node)
        return self

    def within(self, node, body, states):
        """The scope of a body: what it captures, and its states, each (is it Python's, its interval)."""
        intervals = self.intervals.inside(node, body)
        first = ops.INDEX[node.op]
        parameters = body.parameters[first : first + node.attrs["carries"]]
        captured = body.parameters[first + node.attrs["carries"] :]
        python = {p for p, x in zip(captured, ops.captures(node)) if self.is_python(x)}
        python |= set(body.parameters[:first])
        for parameter, (whole, interval) in zip(parameters, states):
            if whole:
                python.add(parameter)
            intervals.known[parameter] = interval
        return Scope(intervals, python).read(body)

    def drift(self, node, start, once):
        """Between which bounds a node differs from an integer that it is computed from; None if not known.

        With `once`, of loops on the way one trip counts.
        """
        if node is start:
            return 0, 0
        rule = DRIFT.get(node.op)
        return rule and rule(self, node, start, once)


def _whole(interval):
    """An interval in which what is not known may be anything."""
    low, high = interval
    return -(2**63) if low <= ANY[0] else low, 2**63 - 1 if high >= ANY[1] else high


def _hull(intervals):
    lows, highs = zip(*intervals)
    return min(lows), max(highs)


# Structures: the scopes of their bodies, and what is known of each result.


def _cond(scope, node):
    carried = node.args[1 : 1 + node.attrs["carries"]]
    states = [(scope.is_python(x), scope.interval(x)) for x in carried]
    bodies = node.attrs["bodies"]
    scopes = [scope.within(node, body, states) for body in bodies]
    results = [
        (
            all(s.is_python(x) for s, x in zip(scopes, xs)),
            _hull(s.interval(x) for s, x in zip(scopes, xs)),
        )
        if xs[0].type == INTEGER
        else (False, ANY)
        for xs in zip(*(body.outputs for body in bodies))
    ]
    return scopes, results


def _loop(scope, node):
    """The states of a loop stay within intervals that one more trip does not leave."""
    first, count = ops.LEAD[node.op], node.attrs["carries"]
    initial, bodies = node.args[first : first + count], node.attrs["bodies"]
    states = _settled(scope, node, initial)
    scopes = [scope.within(node, body, states) for body in bodies]
    results = [
        (whole, _hull((interval, scope.interval(x))) if whole else ANY)
        for (whole, interval), x in zip(states, initial)
    ]
    return scopes, results


def _settled(scope, node, initial):
    """What is known of each state: wider guesses until a trip confirms them all."""
    states = [_first_guess(scope, x) for x in initial]
    place = 0
    while any(whole for whole, _ in states):
        inner = scope.within(node, node.attrs["bodies"][-1], states)
        found = [_after_trips(scope, node, inner, k, x, states[k]) for k, x in enumerate(initial)]
        if all(map(_is_within, found, states)):
            return found
        states = [_wider(new, s, place < PATIENCE) for new, s in zip(found, states)]
        place += 1
    return states


def _wider(new, state, patient):
    """The next guess about a state."""
    if _is_within(new, state):
        return state
    low, high = found = _hull((new[1], state[1]))
    far = patient or state[1] != (-FAR, FAR) and -FAR <= low and high <= FAR
    return new[0], ((found if patient else (-FAR, FAR)) if far else ANY)


def _is_within(new, state):
    """Is a guess about a state confirmed by another, which says as much or more?"""
    (low, high), (least, greatest) = new[1], state[1]
    return new[0] == state[0] and least <= low and high <= greatest


def _first_guess(scope, initial):
    if initial.type != INTEGER or not scope.is_python(initial):
        return False, ANY
    return True, scope.interval(initial)


def _after_trips(scope, node, inner, k, initial, state):
    """What a state is, if it is thought to be `state`: that, or less is known of it."""
    output, parameter = node.attrs["bodies"][-1].outputs[k], _state(node, k)
    if not state[0] or not inner.is_python(output):
        return False, ANY
    # Either as far as all trips of this loop and those inside get, or as many trips as there can be in all.
    each, step = (inner.drift(output, parameter, once) for once in (False, True))
    known = _reach(scope, initial, each, _trips(scope, node)), _reach(scope, initial, step, TRIPS)
    for reach in known:
        if reach is not None:
            return True, reach
    return True, _hull((inner.interval(output), scope.interval(initial)))


def _state(node, k):
    return node.attrs["bodies"][-1].parameters[ops.INDEX[node.op] + k]


def _reach(scope, initial, drift, trips):
    """How far a state gets that drifts by so much in each trip; None if that may be too far."""
    if drift is None or trips is None:
        return None
    low, high = scope.interval(initial)
    low, high = low + trips * min(drift[0], 0), high + trips * max(drift[1], 0)
    return (low, high) if -LIMIT < low and high < LIMIT else None


def _trips(scope, node):
    """How many trips a loop runs at most; None if that is not known."""
    if node.op is not ops.loop:
        return None
    (low, _), (_, high) = (scope.interval(x) for x in node.args[:2])
    return None if low <= ANY[0] or high >= ANY[1] else max(high - low, 0)


STRUCTURES = {ops.cond: _cond, ops.loop: _loop, ops.while_: _loop}


# How far a result lies from an operand.


def _sum_drift(scope, node, start, once):
    for x, y in (node.args, node.args[::-1]):
        found = scope.drift(x, start, once)
        if found is not None:
            low, high = scope.interval(y)
            return found[0] + low, found[1] + high
    return None


def _difference_drift(scope, node, start, once):
    found = scope.drift(node.args[0], start, once)
    low, high = scope.interval(node.args[1])
    return found and (found[0] - high, found[1] - low)


def _select_drift(scope, node, start, once):
    found = [scope.drift(x, start, once) for x in node.args[1:]]
    return None if None in found else _hull(found)


def _item_drift(scope, item, start, once):
    node, k = item.args[0], item.attrs["index"]
    if node not in scope.bodies:
        return None
    rule = _drift_of_branches if node.op is ops.cond else _drift_of_trips
    return rule(scope, node, start, once, k)


def _drift_of_branches(scope, node, start, once, k):
    found = []
    for inner, body in zip(scope.bodies[node], node.attrs["bodies"]):
        inside = [p for p, x in zip(body.parameters, node.args[1:]) if x is start]
        drifts = [inner.drift(body.outputs[k], p, once) for p in inside]
        found += [next((d for d in drifts if d is not None), None)]
    return None if None in found else _hull(found)


def _drift_of_trips(scope, node, start, once, k):
    before = scope.drift(node.args[ops.LEAD[node.op] + k], start, once)
    body, inner = node.attrs["bodies"][-1], scope.bodies[node][-1]
    each = inner.drift(body.outputs[k], _state(node, k), once)
    trips = 1 if once else _trips(scope, node)
    if before is None or each is None or trips is None:
        return None
    return before[0] + trips * min(each[0], 0), before[1] + trips * max(each[1], 0)


DRIFT = {
    ops.add: _sum_drift, ops.subtract: _difference_drift, ops.select: _select_drift, ops.item: _item_drift,
}  # fmt: skip


# Does a result surely have 64 bits, of operands between these ends? Did it have them, of these operands?


def _of_ends(function):
    def surely(*intervals):
        (a, b), (c, d) = intervals
        ends = [function(x, y) for x in (a, b) for y in (c, d)]
        return -(2**63) <= min(ends) and max(ends) < 2**63

    return surely


def _power_surely(base, exponent):
    (a, b), (_, d) = base, exponent
    largest = max(abs(a), abs(b))
    return largest <= 1 or d <= 0 or d < 64 and largest**d < 2**63


def _shift_surely(x, by):
    (a, b), (_, d) = x, by
    return d < 64 and max(abs(a), abs(b)) << max(d, 0) < 2**63


ENDS = {
    ops.add: _of_ends(lambda x, y: x + y),
    ops.subtract: _of_ends(lambda x, y: x - y),
    ops.multiply: _of_ends(lambda x, y: x * y),
    ops.power: _power_surely,
    ops.left_shift: _shift_surely,
}

LARGEST = 9.2233720368547e18  # a product of floats is this near to that of the integers


def _near(function):
    """Is the result of floats within 64 bits? It costs less than to divide a product."""
    return lambda x, y, out: np.abs(function(astype(x, FLOAT64), astype(y, FLOAT64))) < LARGEST


def _with_number(of_number, of_two):
    """With a known number the operand itself is tested, which is quicker still."""

    def fits(x, y, out):
        for one, other in ((x, y), (y, x)):
            known = constant_value(other.node)
            if known is not None and int(known):
                return of_number(one, int(known))
        return of_two(x, y, out)

    return fits


def _sum_fits(x, number):
    return x <= 2**63 - 1 - number if number > 0 else x >= -(2**63) - number


def _product_fits(x, number):
    most = (2**63 - 1) // abs(number)
    return (x <= most) & (x >= -most)


FITS = {
    ops.add: _with_number(_sum_fits, lambda x, y, out: ((x ^ out) & (y ^ out)) >= 0),
    ops.subtract: lambda x, y, out: ((x ^ y) & (x ^ out)) >= 0,
    ops.multiply: _with_number(_product_fits, _near(np.multiply)),
    ops.power: _near(np.power),
    ops.left_shift: lambda x, y, out: (y < 64) & ((out >> y) == x),
}
