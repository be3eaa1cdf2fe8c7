"""Writes docs/files.md: every file of the package with the first sentence of its docstring.

`python docs/make_files.py`
"""

from __future__ import annotations

import ast
import pathlib
import re

DOCS = pathlib.Path(__file__).parent
ROOT = DOCS.parent / "defn"
HEAD = """# Every file, and what it is about

Written by `python docs/make_files.py` from the first sentence of each file; do not edit. [architecture.md](architecture.md)
says how they belong together.
"""


def sentence(path):
    """The first sentence of a file's docstring, in one line."""
    told = ast.get_docstring(ast.parse(path.read_text())) or ""
    first = " ".join(told.split("\n\n")[0].split())
    return re.split(r"(?<=\.) (?=[A-Z])", first)[0]


def folders():
    """The folders of the package, each with its files: the front file first, the others by name."""
    for folder in [ROOT, *sorted(p for p in ROOT.rglob("*") if (p / "__init__.py").exists())]:
        yield folder, sorted(folder.glob("*.py"), key=lambda p: (p.stem != "__init__", p.stem))


def rows(files):
    """A table of files."""
    told = [f"| `{path.name}` | {sentence(path)} |" for path in files]
    return "\n".join(["| file | |", "|---|---|", *told])


def text():
    """The whole document."""
    parts = [f"## {p.relative_to(ROOT.parent)}/\n\n{rows(files)}\n" for p, files in folders()]
    return "\n".join([HEAD, *parts])


if __name__ == "__main__":
    (DOCS / "files.md").write_text(text())
