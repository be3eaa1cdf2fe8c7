"""Which names a piece of code reads and writes, in the order of evaluation."""

from __future__ import annotations

import ast

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
SCOPES = (*FUNCTIONS, ast.ClassDef)

# A generator given to one of these alone has run out when the call returns, so that it reads its
# names at once.
CONSUMERS = frozenset(
    "all any bytearray bytes dict frozenset list max min set sorted sum tuple".split()
)


class Names:
    """The names of some code: `reads` before any write, `every` read, `kills` for certain, `writes`
    perhaps,
    `deferred` reads of inner functions, `rebound` by inner functions, `deleted`, `caught`
    exceptions."""

    def __init__(self):
        self.reads, self.kills, self.writes, self.every = set(), set(), set(), set()
        self.deferred, self.rebound, self.deleted, self.caught = set(), set(), set(), set()
        self.globals, self.nonlocals = set(), set()
        self.certain = True

    def visit(self, node):
        VISITS.get(type(node), Names.children)(self, node)

    def visit_all(self, nodes):
        for node in nodes:
            if node is not None:
                self.visit(node)

    def children(self, node):
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST):
                self.visit(value)

    def read(self, name):
        self.every.add(name)
        if name not in self.kills:
            self.reads.add(name)

    def write(self, name):
        self.writes.add(name)
        if self.certain:
            self.kills.add(name)

    def perhaps(self, nodes):
        """Visit what may not be evaluated: nothing it writes is certain."""
        kills, certain = self.kills, self.certain
        self.kills, self.certain = set(kills), False
        self.visit_all(nodes)
        self.kills, self.certain = kills, certain

    def name(self, node):
        if isinstance(node.ctx, ast.Load):
            self.read(node.id)
        elif isinstance(node.ctx, ast.Store):
            self.write(node.id)
        else:
            self.read(node.id)
            self.deleted.add(node.id)
            self.write(node.id)

    def assignment(self, node):
        self.visit(node.value)
        self.visit_all(node.targets)

    def annotated(self, node):
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)
        elif isinstance(node.target, ast.Name):
            self.writes.add(node.target.id)
        else:
            self.visit(node.target)

    def augmented(self, node):
        if isinstance(node.target, ast.Name):
            self.read(node.target.id)
            self.visit(node.value)
            self.write(node.target.id)
        else:
            self.visit_all([node.target, node.value])

    def named(self, node):
        self.visit(node.value)
        self.visit(node.target)

    def choice(self, node):
        self.visit(node.test)
        self.perhaps([node.body])
        self.perhaps([node.orelse])

    def logic(self, node):
        self.visit(node.values[0])
        self.perhaps(node.values[1:])

    def comparison(self, node):
        self.visit_all([node.left, node.comparators[0]])
        self.perhaps(node.comparators[1:])

    def call(self, node):
        self.visit(node.func)
        if consumes(node):
            self.comprehension(node.args[0])
        else:
            self.visit_all([*node.args, *node.keywords])

    def mapping(self, node):
        for pair in zip(node.keys, node.values):
            self.visit_all(pair)

    def comprehension(self, node):
        inner = comprehension_names(node)
        self.visit(node.generators[0].iter)
        self.reads |= inner.reads - self.kills
        self.every |= inner.every
        self.writes |= inner.writes
        self.deferred |= inner.deferred
        self.rebound |= inner.rebound

    def generator(self, node):
        self.comprehension(node)
        self.deferred |= comprehension_names(node).reads

    def function(self, node):
        if isinstance(node, ast.Lambda):
            self.visit_all(defaults(node))
        else:
            self.visit_all([*node.decorator_list, *defaults(node), *annotations(node)])
        inner = scope_names(node)
        self.defer(inner.free, inner.rebinds)
        if not isinstance(node, ast.Lambda):
            self.write(node.name)

    def defer(self, free, rebinds):
        self.reads |= free - self.kills
        self.every |= free
        self.deferred |= free
        self.rebound |= rebinds

    def class_(self, node):
        self.visit_all([*node.decorator_list, *node.bases, *node.keywords])
        body = Names()
        body.visit_all(node.body)
        self.defer(body.every, body.rebound | body.nonlocals)
        self.write(node.name)

    def handler(self, node):
        self.visit_all([node.type])
        if node.name:
            self.write(node.name)
            self.caught.add(node.name)
        self.visit_all(node.body)

    def alias(self, node):
        self.write((node.asname or node.name).partition(".")[0])

    def captured(self, node):
        self.children(node)
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name:
            self.write(name)

    def global_(self, node):
        self.globals.update(node.names)

    def nonlocal_(self, node):
        self.nonlocals.update(node.names)

    def nothing(self, node):
        pass


VISITS = {
    ast.Name: Names.name,
    ast.Constant: Names.nothing,
    ast.Assign: Names.assignment,
    ast.AnnAssign: Names.annotated,
    ast.AugAssign: Names.augmented,
    ast.NamedExpr: Names.named,
    ast.IfExp: Names.choice,
    ast.BoolOp: Names.logic,
    ast.Compare: Names.comparison,
    ast.Call: Names.call,
    ast.Dict: Names.mapping,
    ast.ListComp: Names.comprehension,
    ast.SetComp: Names.comprehension,
    ast.DictComp: Names.comprehension,
    ast.GeneratorExp: Names.generator,
    ast.Lambda: Names.function,
    ast.FunctionDef: Names.function,
    ast.AsyncFunctionDef: Names.function,
    ast.ClassDef: Names.class_,
    ast.ExceptHandler: Names.handler,
    ast.alias: Names.alias,
    ast.MatchAs: Names.captured,
    ast.MatchStar: Names.captured,
    ast.MatchMapping: Names.captured,
    ast.Global: Names.global_,
    ast.Nonlocal: Names.nonlocal_,
}


def names_of(*nodes):
    """The names of expressions or statements, evaluated one after the other."""
    names = Names()
    names.visit_all(nodes)
    return names


def consumes(call):
    """Whether a call runs its generator to the end before it returns."""
    return (
        isinstance(call.func, ast.Name)
        and call.func.id in CONSUMERS
        and len(call.args) == 1
        and not call.keywords
        and isinstance(call.args[0], ast.GeneratorExp)
    )


def comprehension_names(node):
    """The names of a comprehension but for its first iterable, seen from outside."""
    names = Names()
    for number, generator in enumerate(node.generators):
        names.visit_all([generator.iter] if number else [])
        names.visit(generator.target)
        names.visit_all(generator.ifs)
    bound = target_names(node)
    element = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    names.perhaps(element)
    names.reads -= bound
    names.every -= bound
    names.writes -= bound
    names.deferred -= bound
    return names


def target_names(comprehension):
    """The names that a comprehension binds in its own scope."""
    return names_of(*(generator.target for generator in comprehension.generators)).writes


class Scope:
    """The names of a function: what it binds, what it takes from outside, what it rebinds there."""

    def __init__(self, node):
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        names = names_of(*body)
        self.parameters = parameter_names(node)
        self.globals, self.nonlocals = names.globals, names.nonlocals
        self.locals = (self.parameters | names.writes) - self.globals - self.nonlocals
        self.free = (names.every - self.locals - self.globals) | self.nonlocals
        self.rebinds = (self.nonlocals | names.rebound) - self.locals
        self.captured = names.deferred & self.locals
        self.rebound = names.rebound & self.locals
        self.deleted, self.caught = names.deleted & self.locals, names.caught & self.locals
        self.unset_outside = (names.deleted | names.caught) & self.nonlocals


def scope_names(node):
    """The `Scope` of a function node, kept on the node."""
    if not hasattr(node, "scope"):
        node.scope = Scope(node)
    return node.scope


def parameter_names(node):
    arguments = node.args
    names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    return names | {a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None}


def defaults(node):
    return [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]


def annotations(node):
    arguments = node.args
    everyone = (
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    )
    notes = [a.annotation for a in everyone if a is not None and a.annotation is not None]
    return notes + ([node.returns] if node.returns is not None else [])


def own(nodes):
    """The nodes of some code, without those of inner functions and classes."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, SCOPES):
            stack.extend(ast.iter_child_nodes(node))
