"""Statements: `if`, `while` and `for` become calls on functions from state to state."""

from __future__ import annotations

import ast

from defn.syntax.build import Build
from defn.syntax.desugar import Desugar
from defn.syntax.expressions import SPECIAL, Expressions, first_parameter, inner_checks
from defn.syntax.jumps import FLAGS, Jumps, first_line, statement_start
from defn.syntax.liveness import Planner, block, summary
from defn.syntax.obstacles import mark_native, obstacle_of
from defn.syntax.scopes import own, scope_names
from defn.syntax.site import HIDDEN, is_hidden
from defn.syntax.targets import Targets, is_plain


def rewrite_function(node, unit, checked):
    """Rewrite a `def` in place; `checked` are the names around it that may be unbound."""
    if unit.may_hinder:
        mark_native(node)
    scope = scope_names(node)
    docstring = node.body[:1] if ast.get_docstring(node, clean=False) is not None else []
    desugar = Desugar()
    place = Build(
        statement_start(
            node.body[-1] if len(docstring) == len(node.body) else node.body[len(docstring)]
        )
    )
    node.body = desugar.block(node.body[len(docstring) :]) or [place.nothing()]
    jumps = Jumps()
    body = jumps.function(node)
    emit = Functional(node, unit, scope, jumps.used)
    start = emit.prepare(body, checked, place)
    node.body = [*docstring, *desugar.declarations, *start, *emit.block(body)] or [place.nothing()]
    return node


class Functional:
    """Rewrites the statements of one function."""

    def __init__(self, node, unit, scope, used):
        self.node, self.unit, self.scope, self.used = node, unit, scope, used

    def prepare(self, body, checked, place):
        """Plan the states; the statements that mark the names which may be read too early."""
        scope, total = self.scope, block(body)
        planner = Planner(scope, scope.captured)
        entry = planner.block(body, frozenset())
        # What stood after a `return` is gone, but its names stay local.
        lost = (scope.locals - scope.parameters - total.writes) & total.reads
        shared = scope.rebound & total.writes
        caught = scope.caught & (planner.states | entry | stored(body, scope.caught))
        local = {name for name in entry if name in scope.locals or is_hidden(name)}
        unsure = (local - scope.parameters) | scope.deleted | lost | shared | caught
        self.managed = unsure | (planner.states & scope.captured)
        unsure = {name for name in unsure if not is_hidden(name)}
        self.checked = inner_checks(checked, scope.locals) | dict.fromkeys(unsure, False)
        names = scope.locals | scope.free
        self.expressions = Expressions(self.unit, self.checked, names, first_parameter(self.node))
        self.targets = Targets(self.expressions, self.delete)
        fresh = sorted(self.managed - scope.parameters)
        self.managed |= scope.unset_outside & self.checked.keys()
        return [place.assign(name, place.call("unbound", place.constant(name))) for name in fresh]

    def block(self, statements):
        new = []
        for statement in statements:
            new += self.statement(statement)
            # What is never reached must not make its names local to the new functions.
            if summary(statement).ends:
                break
        return new

    def statement(self, node):
        return STATEMENTS.get(type(node), Functional.plain)(self, node)

    def plain(self, node):
        return [self.expressions.children(node)]

    def untouched(self, node):
        return [node]

    def assignment(self, node):
        if isinstance(node.targets[0], ast.Name) and self.is_idle(node.targets[0].id):
            return [Build(node).nothing()]
        value = self.expressions.visit(node.value)
        if all(map(is_plain, node.targets)):
            node.value = value
            return [node]
        return self.targets.several(node.targets, value)

    def is_idle(self, name):
        """Whether a name is a flag that nothing asks."""
        return name.startswith(FLAGS) and name not in self.used

    def augmented(self, node):
        return self.targets.augmented(node)

    def deletion(self, node):
        return [new for target in node.targets for new in self.targets.deleted(target)]

    def delete(self, target):
        build = Build(target)
        if target.id not in self.managed:
            return [ast.Delete([target], **build.at)]
        free = [build.constant(True)] if self.checked.get(target.id) else []
        name = build.name(target.id)
        return [
            build.assign(target.id, build.call("deleted", name, build.constant(target.id), *free))
        ]

    def assertion(self, node):
        if not __debug__:
            return []
        if node.msg is not None and self.expressions.is_special(node.msg):
            node.test = self.expressions.test(
                self.expressions.visit(node.test), node, SPECIAL, "assert"
            )
            node.msg = self.expressions.visit(node.msg)
            return [node]
        build = Build(node)
        site = build.site(self.unit.site("assert", node))
        text = build.constant(self.unit.text(node.test))
        message = build.constant(None)
        if node.msg is not None:
            message = Build(node.msg).thunk(self.expressions.visit(node.msg))
        return [
            build.expression(
                build.call("assert_", self.expressions.visit(node.test), message, text, site)
            )
        ]

    def definition(self, node):
        node.decorator_list = self.expressions.visit_all(node.decorator_list)
        node.args.defaults = self.expressions.visit_all(node.args.defaults)
        node.args.kw_defaults = [d and self.expressions.visit(d) for d in node.args.kw_defaults]
        return [rewrite_function(node, self.unit, self.checked)]

    def branch(self, node):
        if obstacle_of(node):
            node.test = self.expressions.test(
                self.expressions.visit(node.test), node, obstacle_of(node), "if"
            )
            node.body, node.orelse = self.block(node.body), self.block(node.orelse)
            return [node]
        build, names = Build(first_line(node)), node.plan.state
        kind = getattr(node, "kind", "if")
        site = self.site(kind, node, raises=(ends_in_raise(node.body), ends_in_raise(node.orelse)))
        then, orelse = f"then{HIDDEN}{node.lineno}", f"else{HIDDEN}{node.lineno}"
        before, test = self.early(node)
        functions = [*before, self.branch_function(build, then, node.body, node.plan, 0)]
        other = build.thunk(build.tuple(map(build.name, names)), names)
        if node.orelse:
            functions.append(self.branch_function(build, orelse, node.orelse, node.plan, 1))
            other = build.name(orelse)
        call = build.call(
            "if_", test, build.name(then), other, self.entering(build, node.plan), site
        )
        return [*functions, self.result(build, names, call)]

    def early(self, node):
        """The test of an `if`, made first if it may assign what the branches take as defaults."""
        test = self.expressions.visit(node.test)
        if not (self.unit.special and any(node.plan.inputs)):
            return [], test
        name = self.targets.fresh("test")
        return [Build(node.test).assign(name, test)], Build(node.test).name(name)

    def branch_function(self, build, name, statements, plan, side):
        function = self.function(build, name, (), statements, plan)
        names = plan.inputs[side]
        function.args.args += build.parameters(names).args
        function.args.defaults = [build.name(name) for name in names]
        return function

    def while_(self, node):
        obstacle = obstacle_of(node)
        if obstacle:
            node.test = self.expressions.test(
                self.expressions.visit(node.test), node, obstacle, "while"
            )
            node.body, node.orelse = self.block(node.body), self.block(node.orelse)
            return [node]
        build, plan = Build(first_line(node)), node.plan
        site = self.site("while", node)
        body, test = f"body{HIDDEN}{node.lineno}", f"test{HIDDEN}{node.lineno}"
        value = self.expressions.visit(going(node, build))
        if plan.cells:
            functions = [self.wrapped(build, test, (), [build.returns(value)], plan)]
            asked = build.name(test)
        else:
            functions, asked = [], build.thunk(value, plan.state)
        functions.append(self.function(build, body, (), node.body, plan))
        call = build.call("while_", asked, build.name(body), self.entering(build, plan), site)
        return [*functions, self.result(build, plan.state, call)]

    def for_(self, node):
        if obstacle_of(node):
            return self.native_for(node)
        build, plan = Build(first_line(node)), node.plan
        site = self.site("for", node)
        body, item = f"body{HIDDEN}{node.lineno}", f"item{HIDDEN}{node.lineno}"
        target = self.targets.assign(node.target, Build(node.target).name(item))
        function = self.function(build, body, (item,), node.body, plan, target)
        stop = build.constant(None)
        if node.stops:
            stop = build.thunk(self.expressions.visit(build.any(node.stops)), plan.state)
        iterable = self.expressions.visit(node.iter)
        call = build.call(
            "for_", iterable, build.name(body), stop, self.entering(build, plan), site
        )
        return [function, self.result(build, plan.state, call)]

    def native_for(self, node):
        build = Build(node.iter)
        node.iter = self.expressions.visit(node.iter)
        if isinstance(node, ast.For):
            site = self.unit.site("for", first_line(node), obstacle=obstacle_of(node))
            node.iter = build.call("iterate", node.iter, build.site(site))
        node.target, target = self.simplified(node.target)
        node.body, node.orelse = target + self.block(node.body), self.block(node.orelse)
        return [node]

    def simplified(self, target):
        """A target of names alone, and the statements that store from it as the user wrote."""
        if is_plain(target):
            return target, []
        name = self.targets.fresh("value")
        return Build(target).target(name), self.targets.assign(target, Build(target).name(name))

    def with_(self, node):
        stores = []
        for item in node.items:
            item.context_expr = self.expressions.visit(item.context_expr)
            if item.optional_vars is not None:
                item.optional_vars, store = self.simplified(item.optional_vars)
                stores += store
        node.body = stores + self.block(node.body)
        return [node]

    def try_(self, node):
        reads = sorted(block(node.body).reads & (self.scope.locals - self.scope.caught))
        build = Build(first_line(node))
        # The `else` of a body that never ends is never reached.
        node.orelse = [] if block(node.body).ends else self.block(node.orelse)
        node.body = self.block(node.body)
        if node.handlers:
            site = build.site(self.unit.site("try", first_line(node)))
            node.body.insert(
                0, build.expression(build.call("try_", build.tuple(map(build.name, reads)), site))
            )
        for handler in node.handlers:
            self.handler(handler)
        node.finalbody = self.block(node.finalbody)
        return [node]

    def handler(self, node):
        if node.type is not None:
            node.type = self.expressions.visit(node.type)
        node.body = self.block(node.body)
        if node.name in self.managed:
            # Python unbinds the name at the end of the handler; here it is marked instead.
            build, name, node.name = Build(node), node.name, self.targets.fresh("error")
            last = build.assign(name, build.call("unbound", build.constant(name)))
            whole = ast.Try(node.body, [], [], [last], **build.at)
            node.body = [build.assign(name, build.name(node.name)), whole]

    def match(self, node):
        obstacle = obstacle_of(node) or "its patterns look inside the subject"
        build = Build(node.subject)
        site = build.site(self.unit.site("match", first_line(node), obstacle=obstacle))
        node.subject = build.call("match_", self.expressions.visit(node.subject), site)
        for case in node.cases:
            if case.guard is not None:
                case.guard = self.expressions.test(
                    self.expressions.visit(case.guard), case.pattern, obstacle, "match"
                )
            case.body = self.block(case.body)
        return [node]

    def function(self, build, name, parameters, statements, plan, before=()):
        """A function from the state to the state after some statements."""
        body = [
            *before,
            *self.block(statements),
            build.returns(build.tuple(map(build.name, plan.state))),
        ]
        return self.wrapped(build, name, parameters, body, plan)

    def wrapped(self, build, name, parameters, body, plan):
        """A function of the state whose cells are those of the enclosing function."""
        state = [name + HIDDEN if name in plan.cells else name for name in plan.state]
        globals_ = [name for name in plan.outer if name in self.scope.globals]
        nonlocals = [name for name in (*plan.outer, *sorted(plan.cells)) if name not in globals_]
        cells = [build.assign(name, build.name(name + HIDDEN)) for name in sorted(plan.cells)]
        outer = [*build.outer(ast.Global, globals_), *build.outer(ast.Nonlocal, nonlocals)]
        return build.function(name, [*parameters, *state], [*outer, *cells, *body])

    def entering(self, build, plan):
        """The state before a statement: values, and markers where no value matters."""
        return build.tuple(
            build.name(name)
            if name in plan.entering
            else build.call("unbound", build.constant(name))
            for name in plan.state
        )

    def result(self, build, names, call):
        return build.assign(build.targets(names), call) if names else build.expression(call)

    def site(self, kind, node, **more):
        plan = node.plan
        outer = plan.outer and f"it assigns the outer variable `{plan.outer[0]}`"
        index = self.unit.site(
            kind,
            first_line(node),
            names=plan.state,
            reads=plan.reads,
            captured=plan.captured,
            obstacle=outer or None,
            **more,
        )
        return Build(first_line(node)).site(index)


STATEMENTS = {
    ast.If: Functional.branch,
    ast.While: Functional.while_,
    ast.For: Functional.for_,
    ast.AsyncFor: Functional.native_for,
    ast.With: Functional.with_,
    ast.AsyncWith: Functional.with_,
    ast.Try: Functional.try_,
    ast.TryStar: Functional.try_,
    ast.Match: Functional.match,
    ast.Assign: Functional.assignment,
    ast.AugAssign: Functional.augmented,
    ast.Delete: Functional.deletion,
    ast.Assert: Functional.assertion,
    ast.FunctionDef: Functional.definition,
    ast.AsyncFunctionDef: Functional.definition,
    ast.ClassDef: Functional.untouched,
}


def going(node, build):
    """The test of a `while`, its flags asked first."""
    if not node.stops:
        return node.test
    stay = build.denied(build.any(node.stops))
    if isinstance(node.test, ast.Constant) and node.test.value:
        return stay
    return ast.BoolOp(ast.And(), [stay, node.test], **build.at)


def ends_in_raise(statements):
    return bool(statements) and isinstance(statements[-1], ast.Raise)


def stored(statements, names):
    """Those of `names` that some statement stores to."""
    if not names:
        return names
    return {
        node.id
        for node in own(statements)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    } & names
