"""The documentation is true: its examples run, its links lead somewhere, the map names every part of the tree."""

import doctest
import pathlib
import re
import runpy
import subprocess
import sys

import numpy as np
import pytest

import defn

ROOT = pathlib.Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)\)")
OPTIONS = doctest.NORMALIZE_WHITESPACE


# What an example takes as given, beside what the examples before it in its document made.
GIVEN = {
    "README.md": {"w": np.ones(2), "x": np.eye(2), "y": np.array([0.0, 1.0])},
    "architecture.md": {"np": np, "defn": defn.defn},
    "control-flow.md": {"np": np, "defn": defn},
    "random.md": {"__name__": "guide"},  # functions of the module `random` are refused
}
NEEDS_DEVICE = "cuda:0"


def run(text, space, name):
    """Run an example: a session is compared with what it shows, a program only runs."""
    if ">>>" not in text:
        exec(compile(text, name, "exec"), space)
        return
    session = doctest.DocTestParser().get_doctest(text, space, name, name, 0)
    found = []
    doctest.DocTestRunner(optionflags=OPTIONS).run(session, out=found.append, clear_globs=False)
    space |= session.globs
    assert not found, "".join(found)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_examples_run(path):
    space = {"__name__": path.stem, **GIVEN.get(path.name, {})}
    for text in FENCE.findall(path.read_text()):
        if NEEDS_DEVICE not in text:
            run(text, space, path.name)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(path):
    missing = [to for to in LINK.findall(path.read_text()) if not (path.parent / to).exists()]
    assert not missing


def test_the_list_of_files_is_that_of_the_tree():
    made = runpy.run_path(str(ROOT / "docs" / "make_files.py"))["text"]()
    assert (ROOT / "docs" / "files.md").read_text() == made, "run python docs/make_files.py"


def test_the_list_of_names_is_that_of_the_package():
    script = ROOT / "docs" / "make_api.py"
    made = subprocess.run(
        [sys.executable, script, "--print"], capture_output=True, text=True, check=True
    ).stdout
    assert (ROOT / "docs" / "api.md").read_text() == made, "run python docs/make_api.py"


def test_every_public_name_has_an_example():
    names = [n for n in defn.__all__ if n not in (*defn.MODULES, "DefnError", "defn")]
    assert not [n for n in names if ">>>" not in (getattr(defn, n).__doc__ or "")]


def test_the_index_names_every_document():
    index = (ROOT / "docs" / "README.md").read_text()
    assert not [p.name for p in DOCUMENTS if p.parent.name == "docs" and p.name not in index]


def test_the_map_names_files_that_exist():
    told = (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"`(\w+\.py)`", told))
    assert not named - {path.name for path in ROOT.rglob("*.py")}


def test_the_map_names_every_part_of_the_tree():
    told = (ROOT / "docs" / "architecture.md").read_text()
    parts = [
        f"{path.name}/" if path.is_dir() else path.name
        for path in sorted((ROOT / "defn").iterdir())
        if path.name not in ("__init__.py", "__pycache__")
    ]
    assert not [part for part in parts if f"`{part}`" not in told]
