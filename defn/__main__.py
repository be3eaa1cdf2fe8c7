"""`defn cache`: what is kept on disk, and a way to clear it."""

from __future__ import annotations

import argparse

from defn.compilers import cache


def main(arguments=None):
    """The command line: `defn cache [list | size | clear]`."""
    parser = argparse.ArgumentParser(
        prog="defn", description="NumPy functions, compiled and differentiable"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    about = commands.add_parser("cache", help="the compiled kernels kept on disk")
    about.add_argument("action", choices=("list", "size", "clear"), nargs="?", default="size")
    ACTIONS[parser.parse_args(arguments).action]()


def show_size():
    """Print where the cache is, how many entries it has, and how many bytes."""
    for name, value in cache.info().items():
        print(f"{name}: {value}")


def show_entries():
    """Print the entries with their sizes, the newest first."""
    found = sorted(cache.directory().glob("??/*" + cache.SUFFIX), key=lambda p: -p.stat().st_mtime)
    for path in found:
        print(f"{path.stat().st_size:>10,}  {path.parent.name}{path.stem}")
    print(f"{len(found)} entries in {cache.directory()}")


def clear():
    """Remove every entry."""
    cache.clear()
    print(f"cleared {cache.directory()}")


ACTIONS = {"list": show_entries, "size": show_size, "clear": clear}

if __name__ == "__main__":
    main()
