"""Rarer statements, said with the common ones: simple `match`, `while` with `:=`, annotations."""

from __future__ import annotations

import ast

from defn.syntax.build import Build, header, place_of
from defn.syntax.obstacles import holds_special, obstacle_of
from defn.syntax.scopes import SCOPES
from defn.syntax.site import HIDDEN

BLOCKS = ("body", "orelse", "finalbody")


class Desugar:
    """Rewrites the statements of one function; keeps the declarations that belong at its top."""

    def __init__(self):
        self.declarations = []
        self.count = 0

    def block(self, statements):
        return [new for statement in statements for new in self.statement(statement)]

    def statement(self, node):
        if isinstance(node, SCOPES):
            return [node]
        for field in BLOCKS:
            if getattr(node, field, None):
                setattr(node, field, self.block(getattr(node, field)) or [Build(node).nothing()])
        for inner in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            inner.body = self.block(inner.body) or [Build(inner.body[0]).nothing()]
        return REWRITES.get(type(node), Desugar.unchanged)(self, node)

    def unchanged(self, node):
        return [node]

    def declaration(self, node):
        self.declarations.append(node)
        return []

    def annotated(self, node):
        # Python evaluates no annotation of a local name.
        if node.value is not None:
            return [Build(node).assign(node.target, node.value)]
        return self.declaration(node) if isinstance(node.target, ast.Name) else [node]

    def while_(self, node):
        if obstacle_of(node) or not holds_special([node.test]):
            return [node]
        build = Build(header(node, node.test))
        name = self.fresh("exhausted", node)
        going = build.denied(build.name(name))
        loop = ast.While(
            build.denied(build.name(name)),
            [build.assign(name, build.denied(node.test)), build.branch(going, node.body)],
            node.orelse,
            **Build(node).at,
        )
        loop.runs_once = True
        return [build.assign(name, build.constant(False)), loop]

    def match(self, node):
        if obstacle_of(node) or not all(map(is_simple, node.cases)):
            return [node]
        build = Build(header(node, node.subject))
        name = self.fresh("subject", node)
        return [build.assign(name, node.subject), *self.cases(node.cases, name)]

    def cases(self, cases, name):
        if not cases:
            return []
        case, rest = cases[0], self.cases(cases[1:], name)
        test, bindings = pattern_test(case.pattern, name)
        if case.guard is not None:
            return [*bindings, *self.guarded(case, test, rest)]
        if test is None:
            return bindings + case.body
        return [Build(span(case)).branch(test, bindings + case.body, rest)]

    def guarded(self, case, test, rest):
        if test is not None:
            test = ast.BoolOp(ast.And(), [test, case.guard], **Build(case.pattern).at)
        return [Build(span(case)).branch(test or case.guard, case.body, rest)]

    def fresh(self, base, node):
        self.count += 1
        return f"{base}{HIDDEN}{node.lineno}" + (f"_{self.count}" if self.count > 1 else "")


REWRITES = {
    ast.Global: Desugar.declaration,
    ast.Nonlocal: Desugar.declaration,
    ast.AnnAssign: Desugar.annotated,
    ast.While: Desugar.while_,
    ast.Match: Desugar.match,
}


def span(case):
    return header(case.pattern, case.body[-1])


def is_simple(case):
    """Whether a case compares with values, asks for a class, or names the whole subject."""
    pattern = case.pattern
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        return case.guard is None and is_value(pattern.pattern)
    return isinstance(pattern, ast.MatchAs) or is_value(pattern)


def is_value(pattern):
    if isinstance(pattern, ast.MatchOr):
        return all(map(is_value, pattern.patterns))
    if isinstance(pattern, ast.MatchClass):
        return not (pattern.patterns or pattern.kwd_patterns)
    return isinstance(pattern, (ast.MatchValue, ast.MatchSingleton))


def pattern_test(pattern, name):
    """The test of a simple pattern (None: it always holds) and what it binds."""
    build = Build(place_of(pattern))
    if isinstance(pattern, ast.MatchAs):
        test = pattern_test(pattern.pattern, name)[0] if pattern.pattern is not None else None
        return test, [build.assign(pattern.name, build.name(name))] if pattern.name else []
    if isinstance(pattern, ast.MatchOr):
        tests = [pattern_test(inner, name)[0] for inner in pattern.patterns]
        return ast.BoolOp(ast.Or(), tests, **build.at), []
    if isinstance(pattern, ast.MatchClass):
        asked = [build.name(name), pattern.cls]
        return ast.Call(build.name("isinstance"), asked, [], **build.at), []
    if isinstance(pattern, ast.MatchSingleton):
        value, comparison = build.constant(pattern.value), ast.Is()
    else:
        value, comparison = pattern.value, ast.Eq()
    return ast.Compare(build.name(name), [comparison], [value], **build.at), []
