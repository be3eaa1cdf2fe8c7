"""Entries survive the process, are whole or absent, and never stop a program."""

import os
import subprocess
import sys
import threading
import warnings

import pytest

from defn.compilers import cache


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("DEFN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("DEFN_CACHE", raising=False)
    monkeypatch.setattr(cache, "_memory", {})
    monkeypatch.setattr(cache, "_warned", set())
    monkeypatch.setattr(cache, "_sizes", {})
    return tmp_path / "cache"


def entries(place):
    return sorted(place.glob("??/*.entry"))


def test_keys_tell_parts_apart():
    assert cache.key("a", "b") != cache.key("ab") != cache.key("a", "b", "")
    assert cache.key("a", b"b") == cache.key("a", "b")


def test_what_is_written_is_read(place):
    key = cache.key("something")
    assert cache.read(key) is None
    cache.write(key, b"\0payload\n")
    assert cache.read(key) == b"\0payload\n"
    assert cache.info()["entries"] == 1
    assert [p.name for p in place.rglob("*") if p.is_file()] == [entries(place)[0].name]


def test_once_makes_once(place):
    made = []

    def make():
        made.append(1)
        return "object", b"bytes"

    key = cache.key("once")
    assert [cache.once(key, bytes.decode, make) for _ in range(3)] == ["object"] * 3
    cache._memory.clear()
    assert cache.once(key, bytes.decode, make) == "bytes"
    assert made == [1]


def test_threads_share_what_is_made(place):
    made, ready = [], threading.Barrier(4)

    def make():
        made.append(object())
        return made[-1], None

    def ask():
        ready.wait()
        results.append(cache.once(cache.key("shared"), None, make))

    results = []
    workers = [threading.Thread(target=ask) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(made) == 1 and set(results) == set(made)


def test_an_error_is_not_kept(place):
    def fail():
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            cache.once(cache.key("fails"), None, fail)


DAMAGES = {
    "cut short": lambda data: data[:-1],
    "empty": lambda data: b"",
    "a bit turned": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "another format": lambda data: b"something else entirely, and longer than a header" * 3,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_made_again(place, damage):
    key = cache.key("damaged")
    cache.write(key, b"payload")
    (entry,) = entries(place)
    entry.write_bytes(damage(entry.read_bytes()))
    with pytest.warns(RuntimeWarning, match="was damaged; it is removed"):
        assert cache.once(key, bytes.decode, lambda: ("again", b"again")) == "again"
    assert cache.read(key) == b"again"


def test_a_warning_comes_once(place):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for name in "abc":
            cache.write(cache.key(name), b"payload")
            cache._path(cache.key(name)).write_bytes(b"")
            cache.read(cache.key(name))
    assert len(seen) == 1


def test_an_entry_that_cannot_be_loaded_is_made_again(place):
    def refuse(data):
        raise ValueError("of another machine")

    key = cache.key("refused")
    cache.write(key, b"old")
    with pytest.warns(RuntimeWarning):
        assert cache.once(key, refuse, lambda: ("new", b"new")) == "new"
    assert cache.read(key) == b"new"


def test_a_place_that_cannot_be_written(place):
    place.parent.mkdir(exist_ok=True)
    place.write_text("a file where the folder should be")
    with pytest.warns(RuntimeWarning, match="cannot be written.*DEFN_CACHE_DIR"):
        assert cache.once(cache.key("k"), None, lambda: ("made", b"made")) == "made"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.write(cache.key("other"), b"payload")
    assert cache.info()["entries"] == 0


def test_the_disk_can_be_turned_off(place, monkeypatch):
    monkeypatch.setenv("DEFN_CACHE", "0")
    assert cache.once(cache.key("k"), None, lambda: ("made", b"made")) == "made"
    assert not place.exists() and not cache.info()["enabled"]


def test_the_oldest_go_first(place, monkeypatch):
    monkeypatch.setenv("DEFN_CACHE_MIB", "0.01")
    keys = [cache.key(k) for k in range(12)]
    for age, key in enumerate(keys[:9]):
        cache.write(key, bytes(1000))
        os.utime(cache._path(key), (age, age))
    cache.read(keys[0])
    for key in keys[9:]:
        cache.write(key, bytes(1000))
    assert cache.info()["bytes"] <= cache.limit()
    assert cache.read(keys[0]) and cache.read(keys[-1])
    assert cache.read(keys[1]) is None and cache.read(keys[2]) is None


def test_clear_removes_everything(place):
    for name in "abc":
        cache.write(cache.key(name), b"payload")
    assert cache.clear() == 3
    assert cache.info()["entries"] == 0 and cache.info()["bytes"] == 0


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "/home/x/.cache/defn"),
        ("linux", {"XDG_CACHE_HOME": "/xdg"}, "/xdg/defn"),
        ("darwin", {}, "/home/x/Library/Caches/defn"),
        ("win32", {}, "/home/x/AppData/Local/defn"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/defn"),
        ("linux", {"DEFN_CACHE_DIR": "~/mine"}, "/home/x/mine"),
    ],
)
def test_the_directory_is_the_platforms(monkeypatch, platform, variables, expected):
    for name in ("DEFN_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/x", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache.directory().as_posix() == expected


# --- kernels -------------------------------------------------------------------------------------

PROGRAM = """
import ctypes, sys, time
import numpy as np
begin = time.perf_counter()
from defn.compilers.numba.kernels import compile_kernel
kernel = compile_kernel('''
def kernel(start, stop, args):
    x = buffer(args, 0, float32)
    for i in range(start, stop):
        x[i] = exp(x[i]) + lgamma(x[i])
    return 0
''')
x = np.linspace(1, 2, 100, dtype=np.float32)
table = np.array([x.ctypes.data])
run = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
assert run(kernel.address)(0, 100, table.ctypes.data) == 0
assert np.allclose(x[0], np.e)
print("numba" in sys.modules)
"""


def run_program():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_second_process_needs_no_numba(place):
    assert run_program() == "True"
    assert run_program() == "False"
    assert len(entries(place)) == 2  # the kernel, and exp


def test_many_processes_at_once(place):
    start = lambda: subprocess.Popen([sys.executable, "-W", "error", "-c", PROGRAM])
    assert [process.wait() for process in [start() for _ in range(3)]] == [0, 0, 0]
    assert run_program() == "False"
