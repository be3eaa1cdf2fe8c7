"""Expressions: operations that may meet a traced value become calls of the operators."""

from __future__ import annotations

import ast
import sys

from defn.syntax.build import Build, from_attribute, place_of
from defn.syntax.obstacles import FRAME_READERS, holds_special
from defn.syntax.scopes import scope_names, target_names
from defn.syntax.site import HIDDEN

COMPARISONS = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}

SPECIAL = "it holds `:=`, `yield` or `await`"

# From 3.12 on a comprehension is no function of its own.
COMPREHENSIONS_ARE_FUNCTIONS = sys.version_info < (3, 12)


class Expressions:
    """The expressions of one scope; `checked` are the names that may be unbound: are they free?"""

    def __init__(self, unit, checked, taken, first=None, native=False):
        self.unit, self.checked, self.taken = unit, checked, taken
        self.first, self.native = first, native
        self.renamed, self.count = {}, 0

    def visit(self, node):
        """The rewritten expression."""
        visit = VISITS.get(type(node))
        return self.children(node) if visit is None else visit(self, node)

    def visit_all(self, nodes):
        return [self.visit(node) for node in nodes]

    def children(self, node):
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                value[:] = [
                    self.visit(item) if isinstance(item, ast.AST) else item for item in value
                ]
            elif isinstance(value, ast.AST):
                setattr(node, field, self.visit(value))
        return node

    def leaf(self, node):
        return node

    def name(self, node):
        node.id = self.renamed.get(node.id, node.id)
        if node.id not in self.checked or not isinstance(node.ctx, ast.Load):
            return node
        build = Build(node)
        free = [build.constant(True)] if self.checked[node.id] else []
        return build.call("bound", node, *free)

    def attribute(self, node):
        node.value = self.visit(node.value)
        if not isinstance(node.ctx, ast.Load):
            return node
        build = Build(from_attribute(node, node))
        return build.call("getattr_", node.value, build.constant(self.unit.mangled(node.attr)))

    def subscript(self, node):
        node.value = self.visit(node.value)
        if not isinstance(node.ctx, ast.Load):
            node.slice = self.visit(node.slice)
            return node
        return Build(node).call("getitem", node.value, self.index(node.slice))

    def index(self, node):
        """What stands between brackets, as a value."""
        if isinstance(node, ast.Slice):
            build = Build(node)
            parts = (node.lower, node.upper, node.step)
            return build.call(
                "slice_", *(build.constant(None) if p is None else self.visit(p) for p in parts)
            )
        if isinstance(node, ast.Tuple):
            node.elts = [self.index(item) for item in node.elts]
            return node
        return self.visit(node)

    def call(self, node):
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name == "super" and not node.args and self.first:
            node.args = [Build(node).name("__class__"), Build(node).name(self.first)]
            return node
        if name in FRAME_READERS:
            return self.children(node)
        build = Build(
            from_attribute(node.func, node) if isinstance(node.func, ast.Attribute) else node
        )
        function = self.visit(node.func)
        arguments = self.visit_all(node.args)
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        return ast.Call(build.operator("call"), [function, *arguments], node.keywords, **build.at)

    def logic(self, node):
        operator = "and_" if isinstance(node.op, ast.And) else "or_"
        if self.is_special(*node.values[1:]):
            return self.native_logic(node)
        first, *rest = self.visit_all(node.values)
        return Build(node).call(operator, first, *(Build(value).thunk(value) for value in rest))

    def is_special(self, *nodes):
        """Whether some expressions cannot move into a lambda."""
        return self.native or (self.unit.special and holds_special(nodes))

    def native_logic(self, node):
        """`a and b` as `b if a else a`, for what cannot move into a lambda."""
        first, *rest = node.values
        rest = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest, **Build(node).at)
        return self.native_choice(
            self.visit(first), self.visit(rest), isinstance(node.op, ast.And), node
        )

    def native_choice(self, first, rest, goes_on, node):
        build = Build(node)
        self.count += 1
        name = f"value{HIDDEN}{node.lineno}_{node.col_offset}_{self.count}"
        test = self.test(ast.NamedExpr(build.target(name), first, **build.at), node, SPECIAL)
        body, orelse = (rest, build.name(name)) if goes_on else (build.name(name), rest)
        return ast.IfExp(test, body, orelse, **build.at)

    def test(self, value, node, obstacle, kind="expression"):
        """A value whose truth Python asks itself."""
        return Build(value).call(
            "test", value, Build(value).site(self.unit.site(kind, node, obstacle=obstacle))
        )

    def denial(self, node):
        node.operand = self.visit(node.operand)
        return Build(node).call("not_", node.operand) if isinstance(node.op, ast.Not) else node

    def comparison(self, node):
        if len(node.ops) > 1:
            return self.chain(node)
        node.left, node.comparators[0] = self.visit(node.left), self.visit(node.comparators[0])
        if not isinstance(node.ops[0], (ast.In, ast.NotIn)):
            return node
        build = Build(node)
        found = build.call("in_", node.left, node.comparators[0])
        return found if isinstance(node.ops[0], ast.In) else build.call("not_", found)

    def chain(self, node):
        if self.is_special(*node.comparators[1:]):
            return self.native_chain(node)
        build = Build(node)
        signs = build.tuple(build.constant(COMPARISONS[type(op)]) for op in node.ops)
        left, right, *rest = self.visit_all([node.left, *node.comparators])
        return build.call(
            "compare_chain", signs, left, right, *(Build(value).thunk(value) for value in rest)
        )

    def native_chain(self, node):
        """`a < b < c` as `b < c if a < b else a < b`, every part evaluated once."""
        build = Build(node)
        self.count += 1
        name = f"middle{HIDDEN}{node.lineno}_{node.col_offset}_{self.count}"
        middle = ast.NamedExpr(build.target(name), node.comparators[0], **build.at)
        first = ast.Compare(node.left, node.ops[:1], [middle], **build.at)
        rest = ast.Compare(build.name(name), node.ops[1:], node.comparators[1:], **build.at)
        return self.native_choice(self.visit(first), self.visit(rest), True, node)

    def choice(self, node):
        if self.is_special(node.body, node.orelse):
            node.test = self.test(self.visit(node.test), node, SPECIAL)
            node.body, node.orelse = self.visit(node.body), self.visit(node.orelse)
            return node
        test, body, orelse = self.visit_all([node.test, node.body, node.orelse])
        return Build(node).call(
            "if_expression", test, Build(body).thunk(body), Build(orelse).thunk(orelse)
        )

    def lambda_(self, node):
        arguments = node.args
        arguments.defaults = self.visit_all(arguments.defaults)
        arguments.kw_defaults = [d and self.visit(d) for d in arguments.kw_defaults]
        self.unit.lambdas.add(place_of(node.body))
        # What `:=` assigns in a lambda is the lambda's own, out of reach for lambdas inside.
        native, scope = self.is_special(node.body), scope_names(node)
        checked, taken = inner_checks(self.checked, scope.locals), scope.locals | scope.free
        inner = Expressions(self.unit, checked, taken, first_parameter(node), native)
        inner.renamed = {old: new for old, new in self.renamed.items() if old not in scope.locals}
        node.body = inner.visit(node.body)
        return node

    def comprehension(self, node):
        """A comprehension runs in Python; its parts are rewritten."""
        first = node.generators[0]
        first.iter = self.iterate(self.visit(first.iter), node, first)
        outside = self.checked, self.renamed
        bound = target_names(node)
        self.renamed = {**self.renamed, **{name: name for name in bound}, **self.own_names(bound)}
        function = COMPREHENSIONS_ARE_FUNCTIONS or isinstance(node, ast.GeneratorExp)
        self.checked = {
            name: free or function for name, free in outside[0].items() if name not in bound
        }
        for generator in node.generators:
            generator.target = self.visit(generator.target)
            if generator is not first:
                generator.iter = self.iterate(self.visit(generator.iter), node, generator)
            generator.ifs = [
                self.test(self.visit(test), node, LENGTH, "comprehension") for test in generator.ifs
            ]
        for field in ("key", "value", "elt"):
            if hasattr(node, field):
                setattr(node, field, self.visit(getattr(node, field)))
        self.checked, self.renamed = outside
        return node

    def own_names(self, bound):
        """New names for those of a comprehension that its function has too.

        From 3.12 on, CPython lets such a name out of the comprehension if a lambda in it sees the
        name (and the rewriting puts lambdas there) while the function takes it from outside.
        """
        if COMPREHENSIONS_ARE_FUNCTIONS:
            return {}
        return {name: name + HIDDEN for name in bound & self.taken}

    def iterate(self, iterable, node, generator):
        if generator.is_async:
            return iterable
        build = Build(iterable)
        return build.call(
            "iterate", iterable, build.site(self.unit.site("comprehension", node, obstacle=ROUNDS))
        )


ROUNDS = "a comprehension makes a Python list, so its length has to be known while tracing"
LENGTH = "the `if` of a comprehension decides how long a Python list is, while tracing"

VISITS = {
    ast.Constant: Expressions.leaf,
    ast.Name: Expressions.name,
    ast.Attribute: Expressions.attribute,
    ast.Subscript: Expressions.subscript,
    ast.Call: Expressions.call,
    ast.BoolOp: Expressions.logic,
    ast.UnaryOp: Expressions.denial,
    ast.Compare: Expressions.comparison,
    ast.IfExp: Expressions.choice,
    ast.Lambda: Expressions.lambda_,
    ast.ListComp: Expressions.comprehension,
    ast.SetComp: Expressions.comprehension,
    ast.DictComp: Expressions.comprehension,
    ast.GeneratorExp: Expressions.comprehension,
}


def inner_checks(checked, local):
    """The checks inside an inner function, where the outer names are free."""
    return {name: True for name in checked if name not in local}


def first_parameter(function):
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args]
    return named[0].arg if named else None
