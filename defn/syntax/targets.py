"""Assignment to anything, in the order of Python: subscripts and attributes become calls."""

from __future__ import annotations

import ast

from defn.syntax.build import Build
from defn.syntax.site import HIDDEN, is_hidden

SIGNS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}


def is_plain(target):
    """Whether a target holds names alone."""
    if isinstance(target, (ast.Name, ast.Subscript, ast.Attribute)):
        return isinstance(target, ast.Name)
    return not any(isinstance(node, (ast.Subscript, ast.Attribute)) for node in ast.walk(target))


class Targets:
    """Makes the statements that assign to targets; `delete` makes those of `del name`."""

    def __init__(self, expressions, delete):
        self.expressions, self.delete = expressions, delete
        self.count = 0

    def fresh(self, base):
        self.count += 1
        return f"{base}{HIDDEN}{self.count}"

    def several(self, targets, value):
        """`a = b[i] = value`, the value already rewritten."""
        build = Build(value)
        if len(targets) == 1:
            return self.assign(targets[0], value)
        name = self.fresh("value")
        rest = [s for target in targets for s in self.assign(target, build.name(name))]
        return [build.assign(name, value), *rest]

    def assign(self, target, value):
        """The statements of `target = value`."""
        build = Build(target)
        if isinstance(target, ast.Subscript):
            container, index = (
                self.expressions.visit(target.value),
                self.expressions.index(target.slice),
            )
            return self.stored(build, "setitem", [container, index], value)
        if isinstance(target, ast.Attribute):
            attribute = build.constant(self.expressions.unit.mangled(target.attr))
            return self.stored(
                build, "setattr_", [self.expressions.visit(target.value), attribute], value
            )
        if is_plain(target):
            return [build.assign(target, value)]
        return self.unpacked(target, value)

    def stored(self, build, operator, place, value):
        # Python evaluates the value first, then the place.
        if isinstance(value, ast.Constant) or (isinstance(value, ast.Name) and is_hidden(value.id)):
            return [build.expression(build.call(operator, *place, value))]
        name = self.fresh("value")
        return [
            Build(value).assign(name, value),
            build.expression(build.call(operator, *place, build.name(name))),
        ]

    def unpacked(self, target, value):
        """`a[i], b = value`: unpacked into names first, then stored from left to right."""
        build = Build(target)
        names = [self.fresh("value") for _ in target.elts]
        starred = [isinstance(item, ast.Starred) for item in target.elts]
        items = [
            ast.Starred(build.target(name), ast.Store(), **build.at) if star else build.target(name)
            for name, star in zip(names, starred)
        ]
        first = build.assign(ast.Tuple(items, ast.Store(), **build.at), value)
        leaves = [item.value if star else item for item, star in zip(target.elts, starred)]
        stores = [
            s for leaf, name in zip(leaves, names) for s in self.assign(leaf, build.name(name))
        ]
        return [first, *stores]

    def augmented(self, node):
        """`target += value`: the place is evaluated once, before the value."""
        build, target = Build(node), node.target
        sign = build.constant(SIGNS[type(node.op)])
        if isinstance(target, ast.Name):
            old = self.expressions.visit(Build(target).name(target.id))
            value = self.expressions.visit(node.value)
            return [build.assign(target, build.call("inplace", sign, old, value))]
        container, load, store, key = self.place(target)
        names = [self.fresh("target"), self.fresh("index")]
        place = [build.name(name) for name in names]
        old = Build(target).call(load, *place)
        new = self.fresh("value")
        changed = build.call("inplace", sign, old, self.expressions.visit(node.value))
        return [
            build.assign(names[0], container),
            build.assign(names[1], key),
            build.assign(new, changed),
            build.expression(
                build.call(store, *[build.name(name) for name in names], build.name(new))
            ),
        ]

    def place(self, target):
        container = self.expressions.visit(target.value)
        if isinstance(target, ast.Subscript):
            return container, "getitem", "setitem", self.expressions.index(target.slice)
        key = Build(target).constant(self.expressions.unit.mangled(target.attr))
        return container, "getattr_", "setattr_", key

    def deleted(self, target):
        """The statements of `del target`."""
        build = Build(target)
        if isinstance(target, (ast.Tuple, ast.List)):
            return [s for item in target.elts for s in self.deleted(item)]
        if isinstance(target, ast.Subscript):
            container, index = (
                self.expressions.visit(target.value),
                self.expressions.index(target.slice),
            )
            return [build.expression(build.call("delitem", container, index))]
        if isinstance(target, ast.Name):
            return self.delete(target)
        return [ast.Delete([self.expressions.visit(target)], **build.at)]
