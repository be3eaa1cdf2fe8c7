"""A graph on a batch of values: one scope walked forwards, with the batch of each node that differs
between them.

Loops and branches whose course differs between the values run as long as one of them needs, and
each value keeps what it had where it does not take part.
"""

from __future__ import annotations

from defn import ops
from defn.errors import Unsupported
from defn.expr import attribute_to, item, make, parameter
from defn.graph import Graph, structure
from defn.tensor import apply, wrap
from defn.transforms.batch import batch, repeated
from defn.transforms.partaking import masked, partaking
from defn.transforms.shapes import broadcast, select
from defn.transforms.states import Ends, settings
from defn.types import Type


def batched_graph(graph, count, flags, every=True):
    """The outputs and effects of a graph for batches of the parameters that `flags` marks, and
    which are batches.

    With `every`, all outputs are. The nodes are over new parameters, which come first.
    """
    parameters = [
        parameter(_type(p.type, count, f), "p", p.where) for p, f in zip(graph.parameters, flags)
    ]
    walk = Batching(graph, count, parameters, flags).run()
    wanted = [True] * len(graph.outputs) if every is True else every or [False] * len(graph.outputs)
    differs = [w or o in walk.differs for w, o in zip(wanted, graph.outputs)]
    outputs = [walk.as_batch(o) if d else walk.value[o] for o, d in zip(graph.outputs, differs)]
    return Graph(parameters, outputs, walk.effects), differs


def _type(type, count, flag):
    return Type(type.dtype, (count, *type.shape), type.tape) if flag else type


class Batching:
    """The values of one scope; those in `differs` are batches."""

    def __init__(self, graph, count, parameters, flags):
        self.graph, self.count = graph, count
        self.value, self.results = dict(zip(graph.parameters, parameters)), {}
        self.differs = {p for p, f in zip(graph.parameters, flags) if f}
        self.lifted = []  # the checks of branches that both run

    def run(self):
        """Visit every node, operands first."""
        before = attribute_to(None)
        try:
            for node in self.graph.order:
                if node not in self.value:
                    attribute_to(node.where or before)
                    self.value[node] = self.visit(node)
        finally:
            attribute_to(before)
        # A branch whose course differs is none any more: its checks were lifted out of it.
        kept = [e for e in map(self.value.get, self.graph.effects) if has_effect(e)]
        self.effects = [*self.lifted, *kept]
        return self

    def visit(self, node):
        """The node's value, for the whole batch where it differs."""
        values, flags = [self.value[a] for a in node.args], [a in self.differs for a in node.args]
        if node.op in ops.LEAD:
            return self._structure(node, values, flags)
        if node.op is ops.item:
            return self._item(node)
        if not any(flags):
            return node.with_args(values) if values else node
        if node.op.kind is not ops.Kind.EFFECT:
            self.differs.add(node)
        return (
            SPECIAL[node.op](self, node, values, flags)
            if node.op in SPECIAL
            else self._by_rule(node, values, flags)
        )

    def _by_rule(self, node, values, flags):
        try:
            found = batch[node.op](self.count, flags, *map(wrap, values), **node.attrs)
            if node.type.parts is None:
                return found.node
            self.results[node] = [(each.node, True) for each in found]
            return found[0].node
        except Exception as error:
            error.add_note(f"in vmap of {node.op}, written at {node.where}")
            raise

    def as_batch(self, node):
        """The node's value as a batch; the same value repeated where it does not differ."""
        value = self.value[node]
        if node in self.differs:
            return value
        if node.type.tape:
            raise Unsupported("vmap of a tape that is shared by all values")
        return repeated(self.count, wrap(value)).node

    def _item(self, node):
        found = self.results.get(node.args[0])
        if found is None:
            if node.args[0] in self.differs:
                self.differs.add(node)
            return make(ops.item, (self.value[node.args[0]],), node.attrs)
        value, differs = found[node.attrs["index"]]
        if differs:
            self.differs.add(node)
        return value

    def _structure(self, node, values, flags):
        made, results, differs, effects = batched_structure(self.count, node, values, flags)
        self.results[node] = list(zip(results, differs))
        self.lifted += effects
        return made


# Structures.


def batched_structure(count, node, values, flags):
    """The structure for a batch, its results, which of these are batches, and the checks that left it."""
    first, n = ops.LEAD[node.op], node.attrs["carries"]
    lead, carry, captures = values[:first], values[first : first + n], values[first + n :]
    lead_flags, carry_flags, capture_flags = (
        flags[:first],
        flags[first : first + n],
        flags[first + n :],
    )
    course = any(lead_flags)
    while True:
        carry_flags = [f or course for f in carry_flags]
        bodies = [
            batched_body(count, node, body, carry_flags, capture_flags, course)
            for body in node.attrs["bodies"]
        ]
        if node.op is ops.while_ and not course and bodies[0][1][0]:
            course = True
            continue
        states = bodies[1:] if node.op is ops.while_ else bodies
        after = [f or any(d[k] for _, d in states) for k, f in enumerate(carry_flags)]
        if after == carry_flags:
            break
        carry_flags = after
    carry = [
        c if f or not d else _lifted(count, c)
        for c, f, d in zip(carry, flags[first : first + n], carry_flags)
    ]
    graphs = [graph for graph, _ in bodies]
    build = {ops.loop: _loop, ops.while_: _while, ops.cond: _cond}[node.op]
    made, results, *effects = build(count, node, lead, lead_flags, carry, captures, graphs, course)
    return made, results, carry_flags, effects


def has_effect(node):
    """May a node stand among a graph's effects?"""
    return node.op.kind is ops.Kind.EFFECT or node.op in ops.LEAD


def _lifted(count, value):
    if value.type.tape:
        return make(ops.tape, (), _wider(count, value))
    return repeated(count, wrap(value)).node


def _wider(count, tape):
    """The settings of a tape for batches. That of a parameter is only asked for until its states
    are known.
    """
    if tape.op not in (ops.tape, ops.parameter):
        raise Unsupported("vmap of a tape that already holds values shared by all")
    attrs = tape.attrs if tape.op is ops.tape else {"capacity": None, "site": -1}
    return {**attrs, "type": Type(tape.dtype, (count, *tape.shape))}


def batched_body(count, node, body, carry_flags, capture_flags, course):
    """A body for a batch, and which of its results are batches; those that the caller has as
    batches, in any case.
    """
    ends = Ends(node, body)
    flags = [False] * len(ends.index) + list(carry_flags) + list(capture_flags)
    is_test = node.op is ops.while_ and body is node.attrs["bodies"][0]
    wanted = [course] if is_test else carry_flags
    return batched_graph(body, count, flags, wanted)


def _structure(node, lead, carry, captures, bodies):
    made = structure(node.op, lead, carry, captures, bodies, node.where, **settings(node))
    return made, [item(made, k) for k in range(len(carry))]


def chosen(count, mask, new, old):
    """Of two batches of states, the new where the mask is on; a tape goes on for all."""
    # Every value pushes and pops in every trip, taking part or not: one tape serves them all.
    if new.type.tape or new is old:
        return new
    wide = broadcast(mask, new.shape, (0,))
    return select(wide, wrap(new), wrap(old)).node


def _loop(count, node, lead, lead_flags, carry, captures, bodies, course):
    if not course:
        return _structure(node, lead, carry, captures, bodies)
    low, high = [wrap(b) if f else repeated(count, wrap(b)) for b, f in zip(lead, lead_flags)]
    return _masked_loop(count, node, low, high, carry, captures, bodies[0])


def _masked_loop(count, node, low, high, carry, captures, body):
    """From the lowest bound to the highest, each value within its own."""
    ends = Ends(node, body)
    low_inside, high_inside = (parameter(b.type, "bound") for b in (low, high))
    index = broadcast(wrap(ends.index[0]), (count,), ())
    taking_part = (index >= wrap(low_inside)) & (index < wrap(high_inside))
    found, effects = partaking(body, body.parameters, taking_part)
    outputs = [chosen(count, taking_part, new, old) for new, old in zip(found, ends.carry)]
    parameters = (*ends.index, *ends.carry, low_inside, high_inside, *ends.captures)
    graph = Graph(parameters, outputs, masked(effects, taking_part))
    lead = [apply(ops.min, low, axes=(0,)).node, apply(ops.max, high, axes=(0,)).node]
    return _structure(node, lead, carry, (low.node, high.node, *captures), [graph])


def _while(count, node, lead, lead_flags, carry, captures, bodies, course):
    if not course:
        return _structure(node, lead, carry, captures, bodies)
    test, body = bodies
    ends = Ends(node, test)
    goes_on = apply(ops.any, wrap(test.outputs[0]), axes=(0,)).node
    own = Ends(node, body)
    taking_part, _ = Graph((*ends.carry, *ends.captures), test.outputs).inline(
        (*own.carry, *own.captures)
    )
    found, effects = partaking(body, body.parameters, wrap(taking_part[0]))
    outputs = [chosen(count, wrap(taking_part[0]), new, old) for new, old in zip(found, own.carry)]
    effects = masked(effects, wrap(taking_part[0]))
    # What a finished value looked like when its test was last asked, it looks like ever after.
    again = masked(test.effects, wrap(test.outputs[0]) | True)
    return _structure(
        node,
        (),
        carry,
        captures,
        [Graph(test.parameters, [goes_on], again), Graph(body.parameters, outputs, effects)],
    )


def _cond(count, node, lead, lead_flags, carry, captures, bodies, course):
    if not course:
        return _structure(node, lead, carry, captures, bodies)
    chosen_one = wrap(lead[0])
    then, checks = partaking(bodies[0], (*carry, *captures), chosen_one)
    # The tapes go through both branches, one after the other: each pushes and pops its own.
    passed = [t if t.type.tape else c for t, c in zip(then, carry)]
    otherwise, others = partaking(bodies[1], (*passed, *captures), ~chosen_one)
    effects = [*masked(checks, chosen_one), *masked(others, ~chosen_one)]
    results = [
        chosen(count, wrap(lead[0]), t, o) if not t.type.tape else o
        for t, o in zip(then, otherwise)
    ]
    return lead[0], results, *effects


# Tapes, custom gradients, effects.


def _push(walk, node, values, flags):
    tape, value = values
    if not flags[0]:
        tape = make(ops.tape, (), _wider(walk.count, tape))
    value = value if flags[1] else repeated(walk.count, wrap(value)).node
    return make(ops.push, (tape, value))


def _pop(walk, node, values, flags):
    return make(ops.pop, tuple(values))


def _custom(walk, node, values, flags):
    n, m = node.attrs["results"], node.attrs["inputs"]
    values = [walk.as_batch(a) for a in node.args[: n + m]] + values[n + m :]
    rules = {
        k: _batched_rule(walk, rule, n, m, flags)
        for k, rule in node.attrs.items()
        if k in ("vjp", "jvp")
    }
    return make(ops.custom, tuple(values), {**node.attrs, **rules})


def _batched_rule(walk, rule, results, inputs, flags):
    if rule is None:
        return None
    own = len(rule.parameters) - len(flags)
    return batched_graph(
        rule, walk.count, [True] * (own + results + inputs) + flags[results + inputs :]
    )[0]


def _check(walk, node, values, flags):
    condition, *rest = values
    if not flags[0]:
        return make(node.op, (condition, *rest), node.attrs)
    condition = apply(ops.all, wrap(condition), axes=(0,)).node
    return make(node.op, (condition, *rest), {**node.attrs, "every": True})


def _hook(walk, node, values, flags):
    return make(node.op, tuple(values), node.attrs)


SPECIAL = {ops.push: _push, ops.pop: _pop, ops.custom: _custom, ops.check: _check, ops.hook: _hook}
