"""Entries survive the process, are whole or absent, and never stop a program."""

import os
import subprocess
import sys
import threading
import warnings

import pytest

from defn.compilers import cache
from defn.compilers.numba import identity, symbols
from defn.compilers.numba.sidebyside import in_threads
from defn.errors import ArgumentError


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("DEFN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("DEFN_CACHE", raising=False)
    monkeypatch.setattr(cache, "_memory", {})
    monkeypatch.setattr(cache, "_warned", set())
    monkeypatch.setattr(cache, "_sizes", {})
    return tmp_path / "cache"


def printed(program):
    """What a new Python prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


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


def test_a_write_looks_at_one_folder(place, monkeypatch):
    asked, entries = [], cache._entries
    monkeypatch.setattr(
        cache, "_entries", lambda folders="??": asked.append(folders) or entries(folders)
    )
    for first in ("ab", "ab", "cd"):
        cache.write(first + 62 * "0", b"something")
    assert asked == ["ab"]


def test_a_limit_of_nothing_keeps_nothing_and_stops_nobody(place, monkeypatch):
    monkeypatch.setenv("DEFN_CACHE_MIB", "0")
    assert cache.once(cache.key("k"), None, lambda: ("made", b"made")) == "made"
    assert entries(place) == []


def test_a_limit_that_is_no_number(place, monkeypatch):
    monkeypatch.setenv("DEFN_CACHE_MIB", "much")
    with pytest.raises(ArgumentError, match="DEFN_CACHE_MIB must be a number of MiB.*'much'"):
        cache.info()


def refused(*args, **kwargs):
    raise PermissionError(13, "Permission denied")


def test_a_cache_that_may_only_be_read(place, monkeypatch):
    cache.write(cache.key("old"), b"old")
    monkeypatch.setattr(os, "utime", refused)
    monkeypatch.setattr(cache.tempfile, "mkstemp", refused)
    assert cache.once(cache.key("old"), bytes.decode, None) == "old"
    with pytest.warns(RuntimeWarning, match="cannot be written"):
        assert cache.once(cache.key("new"), None, lambda: ("new", b"new")) == "new"
    assert len(entries(place)) == 1


FULL_DISK = """
import resource, signal, sys, warnings
from defn.compilers import cache
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    for name in "ab":
        cache.write(cache.key(name), bytes(5000))
print(len(seen), "cannot be written" in str(seen[0].message), cache.read(cache.key("a")))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of files")
def test_a_disk_that_is_full(place):
    assert printed(FULL_DISK) == "1 True None"
    assert [p for p in place.rglob("*") if p.is_file()] == []


KILLED = """
import os, signal
from defn.compilers import cache
os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)
cache.write(cache.key("k"), b"payload")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_process_that_is_killed_while_it_writes(place, monkeypatch):
    assert subprocess.run([sys.executable, "-c", KILLED]).returncode == -9
    (left,) = (p for p in place.rglob("*") if p.is_file())
    assert cache.read(cache.key("k")) is None and cache.info()["entries"] == 0
    cache.write(cache.key("k"), b"payload")
    assert cache.read(cache.key("k")) == b"payload" and left.exists()
    os.utime(left, (1, 1))
    monkeypatch.setenv("DEFN_CACHE_MIB", "0")
    cache.write(cache.key("other"), b"payload")  # makes room
    assert not left.exists()


def test_clear_removes_what_is_half_written(place):
    cache.write(cache.key("k"), b"payload")
    (place / "aa").mkdir(exist_ok=True)
    half = place / "aa" / ".new-abc"
    half.write_bytes(b"half")
    os.utime(half, (1, 1))
    assert cache.clear() == 1
    assert [p for p in place.rglob("*") if p.is_file()] == []


WRITERS = """
import os, sys
from defn.compilers import cache
for turn in range(150):
    key = cache.key(turn % 5)
    data = cache.read(key)
    assert data is None or data == bytes([turn % 5]) * 20_000
    cache.write(key, bytes([turn % 5]) * 20_000)
    if turn % 30 == 29 and sys.argv[1] == "clears":
        cache.clear()
"""


def test_processes_that_read_write_evict_and_clear_at_once(place, monkeypatch):
    monkeypatch.setenv("DEFN_CACHE_MIB", "0.05")
    command = [sys.executable, "-W", "error", "-c", WRITERS]
    running = [subprocess.Popen([*command, what]) for what in ("writes", "writes", "clears")]
    assert [process.wait() for process in running] == [0, 0, 0]


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
    return printed(PROGRAM)


def test_a_second_process_needs_no_numba(place):
    assert run_program() == "True"
    assert run_program() == "False"
    assert len(entries(place)) == 2  # the kernel, and exp


def test_many_processes_at_once(place):
    start = lambda: subprocess.Popen([sys.executable, "-W", "error", "-c", PROGRAM])
    assert [process.wait() for process in [start() for _ in range(3)]] == [0, 0, 0]
    assert run_program() == "False"


@pytest.mark.parametrize("changed", ["hardware", "installed"])
def test_another_processor_or_version_has_other_entries(monkeypatch, changed):
    before = identity.identity.__wrapped__()
    module = symbols if changed == "hardware" else identity
    monkeypatch.setattr(module, changed, lambda *package: ("another", "+its,+features"))
    assert identity.identity.__wrapped__() != before


TEXT = """
def kernel(start, stop, args):
    x = buffer(args, 0, float64)
    for i in range(start, stop):
        x[i] = exp(x[i]) * {}.0
    return 0
"""
SIDE_BY_SIDE = f"""
import ctypes
import numpy as np
from defn.compilers.numba.kernels import compile_kernels
texts = [{TEXT!r}.format(k) for k in range(12)]
kernels = compile_kernels([*texts, texts[0]], threads=THREADS)
run = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
for k, kernel in enumerate(kernels):
    x = np.ones(7)
    assert run(kernel.address)(0, 7, np.array([x.ctypes.data]).ctypes.data) == 0
    assert np.allclose(x, np.e * (k % 12))
print(kernels[0] is kernels[12])
"""


def test_kernels_compiled_side_by_side_are_those_compiled_one_by_one(place, monkeypatch):
    found = []
    for threads in ("4", "1"):
        monkeypatch.setenv("DEFN_CACHE_DIR", str(place / threads))
        assert printed(SIDE_BY_SIDE.replace("THREADS", threads)) == "True"
        found.append({p.name: p.read_bytes() for p in entries(place / threads)})
    assert found[0] == found[1] and len(found[0]) == 13


def test_what_one_thread_raises_is_raised():
    done = []

    def work(k):
        if k == 2:
            raise ZeroDivisionError
        done.append(k)

    with pytest.raises(ZeroDivisionError):
        in_threads(work, range(9), threads=3)
    assert set(done) <= set(range(9)) - {2}
