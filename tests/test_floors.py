"""The house: a file imports only from its own floor's folder or from lower floors, and nothing hides imports."""

import ast
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[1] / "defn"
# The floors, by the first part of a module's name inside the package; the same number may import each other
# only within one folder or where listed in ORDER (earlier may not import later).
ORDER = [
    ["errors"], ["config"], ["types"], ["labels"], ["pytree"],
    ["ops"], ["naming"],
    ["expr"], ["display"], ["graph"], ["order"], ["check"],
    ["trace"], ["views"], ["promotion"], ["dispatch"], ["backends"], ["tensor"],
    ["numpy"], ["fft"], ["special"], ["reach"], ["changes"], ["same_memory"], ["perhaps"], ["bodies"], ["entrywise"], ["loops"], ["branches"], ["control"], ["along"], ["linalg"], ["hooks"],
    ["transforms"], ["random"], ["nx"], ["nn"],
    ["compilers"],
    ["syntax"], ["builtin_calls"], ["iterators"], ["outside"], ["statements"], ["operators"], ["arguments"], ["donation"], ["watch"], ["draws"], ["specialise"], ["guard"], ["jit"],
    ["transformed"], ["export"], ["inspect"], ["__main__"], [""],
]  # fmt: skip
FLOOR = {name: k for k, names in enumerate(ORDER) for name in names}
# The registries load a compiler or a backend by name.
LOADERS = {"compilers/__init__.py", "backends/__init__.py"}


def modules():
    return sorted(path for path in ROOT.rglob("*.py") if "__pycache__" not in path.parts)


def first(path):
    relative = path.relative_to(ROOT)
    name = relative.parts[0].removesuffix(".py")
    return "" if name == "__init__" else name


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module == "defn":
                yield from ((f"defn.{alias.name}", node) for alias in node.names)
            else:
                yield node.module, node


def test_imports_go_downward():
    wrong = []
    for path in modules():
        for name, node in imported(ast.parse(path.read_text())):
            if name.split(".")[0] != "defn" or name == "defn":
                continue
            target = name.split(".")[1]
            if target in FLOOR and target != first(path) and FLOOR[target] > FLOOR[first(path)]:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_every_module_has_a_floor():
    assert {first(path) for path in modules()} <= set(FLOOR)


def test_no_import_hides_in_a_function():
    hidden = []
    for path in modules():
        if str(path.relative_to(ROOT)) in LOADERS:
            continue
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                hidden += [
                    f"{path.relative_to(ROOT)}:{n.lineno}"
                    for n in ast.walk(function)
                    if isinstance(n, (ast.Import, ast.ImportFrom))
                ]
    assert not hidden, hidden


def test_heavy_packages_load_when_first_used():
    code = "import sys, defn; print([m for m in ('numba', 'llvmlite', 'jax', 'jaxlib', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
