"""A closed graph: outputs as functions of parameters, and nothing else."""

from __future__ import annotations

from defn import ops
from defn.display import show
from defn.expr import depending_on, items, make, parameter, sharing, substitute, toposort
from defn.types import Type


class Graph:
    """Outputs computed from parameters, and effects in program order. It reads nothing else.

    `updates[k]`, where not None, is the parameter whose array output k replaces: the caller's array is to
    hold it afterwards, so a compiler may write it in place.
    """

    __slots__ = ("parameters", "outputs", "effects", "updates", "_order", "_operations")

    def __init__(self, parameters, outputs, effects=(), updates=None):
        self.parameters, self.outputs, self.effects = (
            tuple(parameters),
            tuple(outputs),
            tuple(effects),
        )
        self.updates = tuple(updates) if updates else (None,) * len(self.outputs)
        self._order = self._operations = None

    roots = property(lambda self: (*self.outputs, *self.effects))
    types = property(lambda self: tuple(o.type for o in self.outputs))

    @property
    def order(self):
        """The nodes in an order that computes operands first; effects in program order."""
        if self._order is None:
            self._order = toposort(self.roots)
        return self._order

    @property
    def operations(self):
        """The operations that occur, bodies aside: what is not there need not be looked for."""
        if self._operations is None:
            self._operations = {node.op for node in self.order}
        return self._operations

    def __len__(self):
        return len(self.order)

    def with_outputs(self, outputs, updates=None):
        """The same parameters and effects, other outputs."""
        return Graph(self.parameters, outputs, self.effects, updates)

    def transform(self, rule):
        """The graph in which every node, its operands already transformed, is replaced by `rule(node)`."""
        return self.remade(lambda node, args: rule(node.with_args(args) if args else node))

    def remade(self, rule):
        """The graph in which every node is replaced by `rule(node, args)`, `args` its operands' replacements."""
        done, same = {}, True
        for node in self.order:
            done[node] = made = rule(node, tuple([done[a] for a in node.args]))
            same = same and made is node
        if same:
            return self
        return Graph(
            self.parameters,
            [done[o] for o in self.outputs],
            [done[e] for e in self.effects],
            self.updates,
        )

    def replayed(self, arguments, rule):
        """The outputs and effects, with the parameters replaced by these nodes, and every other node by
        `rule(node, args)`."""
        done = dict(zip(self.parameters, arguments))
        for node in self.order:
            if node not in done:
                done[node] = rule(node, [done[a] for a in node.args])
        return [done[o] for o in self.outputs], [done[e] for e in self.effects]

    def map_bodies(self, function):
        """The graph in which the closed graphs inside structures are replaced by `function` of them."""
        if self.operations.isdisjoint(ops.LEAD):
            return self
        return self.transform(lambda node: with_bodies(node, function))

    def inline(self, arguments):
        """The outputs and effects, with the parameters replaced by these nodes."""
        roots = substitute(self.roots, dict(zip(self.parameters, arguments)))
        return roots[: len(self.outputs)], roots[len(self.outputs) :]

    def users(self):
        """For each node, the nodes that read it."""
        found = {node: [] for node in self.order}
        for node in self.order:
            for arg in dict.fromkeys(node.args):
                found[arg].append(node)
        return found

    def __str__(self):
        return show(self)

    def __repr__(self):
        from_ = ", ".join(str(p.type) for p in self.parameters)
        return f"<graph ({from_}) -> {', '.join(map(str, self.types))}, {len(self)} nodes>"


def with_bodies(node, function):
    """The node with its closed graphs replaced by `function` of them; itself where nothing changes."""
    bodies = node.attrs.get("bodies")
    if not bodies:
        return node
    made = tuple(function(body) for body in bodies)
    if all(a is b for a, b in zip(made, bodies)):
        return node
    return make(node.op, node.args, {**node.attrs, "bodies": made}, where=node.where)


def of_one_operation(op, types, attrs):
    """The graph of an operation on operands of these types, all of its results as outputs."""
    with sharing():
        parameters = [parameter(type) for type in types]
        node = make(op, tuple(parameters), attrs)
        return Graph(parameters, [node] if node.type.parts is None else items(node))


def structure(op, lead, carry, captures, bodies, where=None, **attrs):
    """The node of a loop, while or cond."""
    attrs = {"bodies": tuple(bodies), "carries": len(carry), **attrs}
    return make(op, (*lead, *carry, *captures), attrs, where=where)


def free_nodes(roots, parameters):
    """The outermost values that the roots read but that do not depend on the parameters."""
    order = toposort(roots)
    inner = depending_on(order, parameters)
    read = {a for n in order if n in inner for a in n.args} | set(roots)
    return [n for n in order if n in read and n not in inner]


def remade_inside(node):
    """Is this value made again in a body rather than captured: constants, counting, repeats of a constant?"""
    return (
        node.op in (ops.constant, ops.iota)
        or node.op is ops.broadcast
        and node.args[0].op is ops.constant
    )


def without_offset(node):
    """An index less the constants added to it: `i + 1` is made again inside, so that offsets stay in sight."""
    while (
        node.op in (ops.add, ops.subtract)
        and node.type == Type("int64")
        and node.args[1].op is ops.constant
    ):
        node = node.args[0]
    return node


def risky(node):
    """May this fail, or never end, where it would not have been run: a read at a place found while running, a
    quotient of integers, a loop, a call of a library?
    """
    if node.op in (ops.get, ops.put, ops.add_at):
        places = node.args[1:] if node.op is ops.get else node.args[2:]
        return any(p.op is not ops.constant for p in places)
    if node.op in (ops.floor_divide, ops.remainder, ops.fmod):
        return node.type.dtype.kind in "iu"
    return node.op in RISKY or node.op.kind in RISKY


RISKY = {
    ops.gather, ops.scatter, ops.scatter_add, ops.Kind.STRUCTURE, ops.Kind.LIBRARY, ops.Kind.EFFECT,
}  # fmt: skip


def close(parameters, results, effects=None, staying=()):
    """The closed graphs of several results over the same parameters, and what they capture.

    Every value that does not depend on the parameters is captured whole, so loop-invariant work stays outside;
    but for the nodes in `staying`, and what depends on them. `effects[k]` are the effects of the k-th result.
    """
    effects = effects or [()] * len(results)
    roots = [r for outputs in (*results, *effects) for r in outputs]
    # What an effect does, it does in the body: once a trip, or only where the branch is taken.
    inside = (*parameters, *staying, *(e for done in effects for e in done))
    free = [without_offset(n) for n in free_nodes(roots, inside)]
    captured = list(dict.fromkeys(n for n in free if not remade_inside(n)))
    within = [parameter(c.type, "c", c.where) for c in captured]
    new = dict(zip(captured, within))
    return captured, [
        Graph((*parameters, *within), substitute(outputs, new), substitute(done, new))
        for outputs, done in zip(results, effects)
    ]
