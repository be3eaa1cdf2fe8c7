"""Which statements have to stay Python's own, because no function of a state can stand for them."""

from __future__ import annotations

import ast

from defn.syntax.scopes import SCOPES, own

JUMPS = (ast.Return, ast.Break, ast.Continue)
LOOPS = (ast.For, ast.While, ast.AsyncFor)
TRIES = (ast.Try, ast.TryStar)
COMPOUND = (*LOOPS, *TRIES, ast.If, ast.With, ast.AsyncWith, ast.Match)

# What these see or change is the frame of their caller, so they have to be called from the user's
# own scope.
FRAME_READERS = frozenset("locals vars dir eval exec globals super breakpoint".split())

WORDS = {
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield from`",
    ast.Await: "`await`",
    ast.AsyncFor: "`async for`",
    ast.AsyncWith: "`async with`",
}


def mark_native(function):
    """Set `obstacle`, in words, on each compound statement that has to stay Python's own."""
    paths = []
    for statement in function.body:
        visit(statement, [], paths)
    spread(paths)


def visit(node, outside, paths):
    """Collect the jumps with what they leave; hinder the statements that hold an obstacle."""
    word = obstacle_in(node)
    if word:
        for statement in outside:
            hinder(statement, f"it holds {word}, line {node.lineno}")
    if isinstance(node, JUMPS):
        paths.append(path_of(node, outside))
    if isinstance(node, SCOPES):
        return
    inside = [*outside, node] if isinstance(node, COMPOUND) else outside
    if isinstance(node, (ast.AsyncFor, ast.AsyncWith)):
        hinder(node, f"it is {WORDS[type(node)]}, line {node.lineno}")
    for child in ast.iter_child_nodes(node):
        visit(child, inside, paths)


def obstacle_in(node):
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        reads_frame = node.func.id in FRAME_READERS - {"super", "globals"}
        if reads_frame and (not node.args or node.func.id in ("eval", "exec")):
            return f"`{node.func.id}()`"
    if isinstance(node, ast.comprehension) and node.is_async:
        return None
    return WORDS.get(type(node))


def path_of(jump, outside):
    """The jump and the statements around it, up to the loop or function that it leaves."""
    if isinstance(jump, ast.Return):
        return [*outside, jump]
    # A loop's `else` is no part of the loop, and a jump there is one out of the next loop.
    start = len(outside) - 1
    while not (isinstance(outside[start], LOOPS) and inside_body(outside, start, jump)):
        start -= 1
    return [*outside[start:], jump]


def inside_body(outside, position, jump):
    loop = outside[position]
    child = outside[position + 1] if position + 1 < len(outside) else jump
    return any(child is statement for statement in loop.body)


def spread(paths):
    """A jump out of what stays Python's own is Python's own, and so is all that it leaves."""
    for path in paths:
        hinder_finally(path)
    changed = True
    while changed:
        changed = False
        for path in paths:
            reason = next((r for r in map(obstacle_of, path) if r), None)
            if reason and not all(map(obstacle_of, path)):
                changed = True
                for statement in path:
                    hinder(statement, reason)


def hinder_finally(path):
    *outside, jump = path
    for statement, child in zip(path, path[1:]):
        if isinstance(statement, TRIES) and any(child is s for s in statement.finalbody):
            word = type(jump).__name__.lower()
            for each in path:
                hinder(each, f"`finally` holds `{word}`, line {jump.lineno}")


def obstacle_of(statement):
    """Why a statement has to stay Python's own, or None."""
    return getattr(statement, "obstacle", None)


def hinder(statement, reason):
    if obstacle_of(statement) is None:
        statement.obstacle = reason


def holds_special(nodes):
    """Whether some code has `:=`, `yield` or `await`, which cannot move into a lambda."""
    special = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await)
    return any(isinstance(node, special) for node in own(nodes))
