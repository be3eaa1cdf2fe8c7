"""What was compiled once is kept: in memory for this process, on disk for the next one.

An entry is named by the hash of everything it depends on, so an entry is never wrong, only absent.
`DEFN_CACHE_DIR` says where, `DEFN_CACHE=0` turns the disk off, `DEFN_CACHE_MIB` limits it.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

from defn.config import environment
from defn.errors import ArgumentError

MAGIC = b"defn cache 1\n"
DIGEST = hashlib.sha256().digest_size
DEFAULT_LIMIT_MIB = 512
SUFFIX = ".entry"
UNFINISHED = ".new-"
FOLDERS = 256  # in which entries lie, by the first two letters of their names
MINUTE, HOUR = 60, 3600  # seconds; nobody is at one entry for so long

_memory: dict = {}
_lock = threading.RLock()
_making: dict = {}
_warned: set = set()
_counts = {"memory": 0, "disk": 0, "made": 0}
_sizes: dict = {}


# --- where ---------------------------------------------------------------------------------------


def enabled():
    """Whether entries go to disk."""
    return environment("CACHE", "1") not in ("0", "no", "off", "false")


def directory():
    """The folder of the entries: `DEFN_CACHE_DIR`, or what the platform sets aside for caches."""
    given = environment("CACHE_DIR")
    return Path(given).expanduser() if given else _caches() / "defn"


def _caches():
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")


def limit():
    """How many bytes the disk may hold; `DEFN_CACHE_MIB` sets it."""
    given = environment("CACHE_MIB", DEFAULT_LIMIT_MIB)
    try:
        return int(float(given) * 2**20)
    except (ValueError, OverflowError):
        raise ArgumentError(
            f"DEFN_CACHE_MIB must be a number of MiB, such as 512, got {given!r}"
        ) from None


def _path(key):
    return directory() / key[:2] / (key[2:] + SUFFIX)


def _warn_once(reason, message):
    if reason not in _warned:
        _warned.add(reason)
        warnings.warn(message, RuntimeWarning, stacklevel=4)


# --- keys ----------------------------------------------------------------------------------------


def key(*parts):
    """The name of what these parts, all of them text, determine.

    >>> key("a", "bc") == key("ab", "c")
    False
    """
    joined = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        joined.update(b"%d:" % len(data))
        joined.update(data)
    return joined.hexdigest()


# --- disk ----------------------------------------------------------------------------------------


def read(key):
    """The bytes stored under a key, or None; a damaged entry is removed."""
    if not enabled():
        return None
    path = _path(key)
    try:
        data = path.read_bytes()
    except OSError:
        return None
    payload = data[len(MAGIC) + DIGEST :]
    if data != _sealed(payload):
        _discard(path)
        return None
    _touch(path)
    return payload


def _sealed(payload):
    return MAGIC + hashlib.sha256(payload).digest() + payload


def _discard(path):
    _warn_once("damaged", f"the cache entry {path} was damaged; it is removed and made again")
    remove(path)


def discard(key):
    """Remove the entry of a key that turned out to be of no use."""
    _discard(_path(key))


def _touch(path):
    try:
        os.utime(path)
    except OSError:
        pass  # a cache that may only be read is still a cache


def write(key, payload):
    """Store bytes under a key, whole or not at all."""
    if not enabled():
        return
    path = _path(key)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(path, _sealed(payload))
    except OSError as error:
        _warn_once(
            "unwritable",
            f"the cache directory {directory()} cannot be written ({error}); what is compiled is "
            "not kept for the next process: set DEFN_CACHE_DIR to another, or DEFN_CACHE=0",
        )
    else:
        _make_room(path.parent, len(payload))


def _replace(path, data):
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        remove(temporary)
        raise


def remove(path):
    try:
        os.unlink(path)
    except OSError:
        pass  # another process was quicker


def _entries(folders="??"):
    """(time of last use, bytes, path) of every entry in folders that fit a pattern."""
    found = []
    for path in directory().glob(f"{folders}/*{SUFFIX}"):
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((status.st_mtime, status.st_size, path))
    return found


def _make_room(folder, added):
    """Once the entries are larger than the limit, remove those used longest ago."""
    place = str(directory())
    with _lock:
        known = _sizes.get(place)
        _sizes[place] = _at_most(folder) if known is None else known + added
        if _sizes[place] > limit():
            _sizes[place] = _evict(limit() * 3 // 4)


def _at_most(folder):
    """What the entries are likely to take at most, by those of one folder: names are spread evenly, and to
    look at thousands of files takes longer than to compile a kernel."""
    sizes = [size for _, size, _ in _entries(folder.name)]
    return int(FOLDERS * sum(sizes) * (1 + 2 / max(len(sizes), 1) ** 0.5))


def _remove_unfinished(age=HOUR):
    """Remove what processes that were killed left half written."""
    for path in directory().glob(f"??/{UNFINISHED}*"):
        try:
            old = time.time() - path.stat().st_mtime >= age
        except OSError:
            continue
        if old:
            remove(path)


def _evict(room):
    _remove_unfinished()
    entries = sorted(_entries(), key=lambda entry: entry[0])
    total = sum(size for _, size, _ in entries)
    if total <= limit():
        return total
    for _, size, path in entries:
        if total <= room:
            break
        remove(path)
        total -= size
    return total


# --- memory --------------------------------------------------------------------------------------


def once(key, load, make):
    """The object of a key: the one in memory, or `load(bytes)` from disk, or `make()`'s.

    `make` returns the object and its bytes (None: not for the disk). Threads that ask for one key
    at once get one object; what `load` refuses with `ValueError` is made again.
    """
    found = _memory.get(key)
    if found is not None:
        _counts["memory"] += 1
        return found
    with _turn(key):
        found = _memory.get(key)
        if found is None:
            found = _memory[key] = _loaded(key, load) or _made(key, make)
    return found


def _turn(key):
    with _lock:
        return _making.setdefault(key, threading.RLock())


def _loaded(key, load):
    data = read(key)
    if data is None:
        return None
    try:
        found = load(data)
    except ValueError:
        discard(key)
        return None
    _counts["disk"] += 1
    return found


def _made(key, make):
    made, data = make()
    _counts["made"] += 1
    if data is not None:
        write(key, data)
    return made


# --- what a person asks --------------------------------------------------------------------------


def info():
    """What the cache holds and did: directory, entries, bytes, limit, and this process's counts.

    >>> sorted(info())
    ['bytes', 'directory', 'disk', 'enabled', 'entries', 'limit', 'made', 'memory']
    """
    entries = _entries()
    return {
        "directory": str(directory()),
        "enabled": enabled(),
        "entries": len(entries),
        "bytes": sum(size for _, size, _ in entries),
        "limit": limit(),
        **_counts,
    }


def clear():
    """Remove every entry, in memory and on disk; return how many were on disk."""
    with _lock:
        _memory.clear()
        _making.clear()
        _sizes.clear()
    entries = _entries()
    for _, _, path in entries:
        remove(path)
    _remove_unfinished(age=MINUTE)
    return len(entries)


def _after_fork():
    # Another thread of the parent may have held a lock at the moment of the fork.
    global _lock
    _lock = threading.RLock()
    _making.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
