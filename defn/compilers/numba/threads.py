"""Programs: steps that run one after another, each shared between threads when it is worth it.

Results never depend on the number of threads: a step's chunks are what its text and sizes say.
`DEFN_THREADS` sets the number, else the processors this process may use; one call at a time uses
the helpers, another at the same moment runs alone. Helpers start when first needed, sleep when
idle, end with the process, and a forked child starts its own.
"""

from __future__ import annotations

import ctypes
import functools
import operator
import os
import sys
import threading
from pathlib import Path

import numpy as np

from defn.compilers.numba import layout
from defn.compilers.numba.kernels import compile_kernel
from defn.config import environment
from defn.errors import ArgumentError

SOURCE = Path(__file__).with_name("driver.py")


# --- how many ------------------------------------------------------------------------------------


def default_threads():
    """How many threads a call may use: `DEFN_THREADS`, or the processors of this process."""
    given = environment("THREADS")
    return checked(given) if given else available()


def checked(threads):
    """A number of threads, from a setting or an environment variable."""
    try:
        count = int(threads) if isinstance(threads, str) else operator.index(threads)
    except (TypeError, ValueError):
        count = 0
    if count < 1:
        raise ArgumentError(f"threads must be 1 or more, got {threads!r}")
    return count


@functools.cache
def available():
    """The processors that this process may use: its affinity, and its control group's quota."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, int(min(count, quota(Path("/")))))


def quota(root):
    """How many processors the control groups of this process grant, or infinity."""
    return min([float("inf"), *quota_new(root), *quota_old(root)])


def quota_new(root):
    """Version 2: `quota period` in cpu.max, in the group or any above it."""
    for folder in groups(root, "0::", "sys/fs/cgroup"):
        limit, _, period = words_of(folder / "cpu.max").partition(" ")
        if limit.isdigit() and period.isdigit():
            yield int(limit) / int(period)


def quota_old(root):
    """Version 1: two files; -1 is no limit."""
    for folder in groups(root, ":cpu,cpuacct:", "sys/fs/cgroup/cpu,cpuacct"):
        limit, period = (words_of(folder / f"cpu.cfs_{w}_us") for w in ("quota", "period"))
        if limit.isdigit() and period.isdigit():
            yield int(limit) / int(period)


def groups(root, mark, mount):
    """The folders of this process's group and of those above it."""
    top = root / mount
    lines = words_of(root / "proc/self/cgroup").splitlines()
    own = next((line.partition(mark)[2] for line in lines if mark in line), "")
    place = top / own.lstrip("/")
    return (folder for folder in (place, *place.parents) if folder.is_relative_to(top))


def words_of(file):
    try:
        return file.read_text().strip()
    except OSError:
        return ""


# --- the job that helpers wait for ---------------------------------------------------------------


def forever(thing):
    """Keep an object until the process ends: helpers outlive Python's own tidying up."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
    return thing


def aligned(size):
    """Zeroed bytes of ctypes' that begin on a cache line, and their address."""
    memory = forever((ctypes.c_char * (size + 64))())
    start = ctypes.addressof(memory)
    return start + -start % 64


def semaphore():
    """The address or handle of a new semaphore of the platform's, at 0."""
    if sys.platform == "win32":
        create = ctypes.CDLL("kernel32").CreateSemaphoreW
        create.restype = ctypes.c_void_p
        return create(None, 0, 2**31 - 1, None)
    process = ctypes.CDLL(None)
    if sys.platform == "darwin":
        process.dispatch_semaphore_create.restype = ctypes.c_void_p
        return process.dispatch_semaphore_create(ctypes.c_long(0))
    place = aligned(64)
    process.sem_init(ctypes.c_void_p(place), 0, 0)
    return place


class Crew:
    """The job's memory and the helpers that look at it."""

    def __init__(self):
        self.job = aligned(layout.JOB_BYTES)
        self.lock = threading.Lock()
        self.reset()

    def reset(self):
        """No helpers, no job: at the start, and in a forked child, which has no threads."""
        ctypes.memset(self.job, 0, layout.JOB_BYTES)
        self.helpers = 0
        self.lock = threading.Lock()
        ctypes.c_int64.from_address(self.job + layout.SEMAPHORE).value = semaphore()

    def grow(self, helpers):
        """Have at least so many helpers."""
        if self.helpers < helpers:
            with self.lock:
                while self.helpers < helpers:
                    threading.Thread(target=self.help_out, name="defn", daemon=True).start()
                    self.helpers += 1

    def help_out(self):
        entry("help_out", 1)(self.job)


@functools.cache
def crew():
    made = Crew()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=made.reset)
    return made


def compiled(name, arity):
    """A function of the driver's, compiled for good."""
    return forever(compile_kernel(SOURCE.read_text(), name, kind=f"words {arity}"))


@functools.cache
def entry(name, arity):
    """A function of the driver's, called through ctypes, which lets other threads run."""
    kind = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * arity)
    return kind(compiled(name, arity).address)


# --- a built-in function of Python ---------------------------------------------------------------


class Method(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


FASTCALL = 0x80


@functools.cache
def launcher():
    """`launch(program, threads, *values)` in machine code: no ctypes, no conversion."""
    method = forever(Method(b"launch", compiled("launch", 3).address, FASTCALL, b""))
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    make.restype = ctypes.py_object
    return forever(make(ctypes.addressof(method), forever(crew().job), None))


@functools.cache
def reads_arrays():
    """Whether an array object keeps its address where the driver looks for it."""
    samples = (np.empty(3), np.empty((2, 3), np.float32)[:, ::2], np.empty(0))
    word = lambda a: ctypes.c_int64.from_address(id(a) + layout.DATA).value
    return sys.implementation.name == "cpython" and all(word(a) == a.ctypes.data for a in samples)


# --- programs ------------------------------------------------------------------------------------


def words(values):
    return np.array(values, np.int64).reshape(-1)


class Program:
    """Steps and the table that they read, ready to run with the arguments of a call.

    A step is (kernel, rows, chunk, parallel, place): rows 0 up to `rows`, in chunks of `chunk`,
    several at once if `parallel`, the kernel's words beginning at `place` in the table. `table`
    holds what is the same in each call; a slot (argument, place, kind) puts the address of an
    array ("array") or a number ("integer", "float") of a call there. `quick` keeps the GIL.
    """

    def __init__(self, steps, table, slots, quick=False):
        self.kernels = [step[0] for step in steps]
        self.parallel = any(step[3] for step in steps)
        kinds = layout.KINDS | ({} if reads_arrays() else {"array": layout.INTEGER})
        self.steps = words([(k.address, n, c, bool(p), at) for k, n, c, p, at in steps])
        self.table = words(table)
        self.slots = words([(argument, place, kinds[kind]) for argument, place, kind in slots])
        held = ((self.steps, 5), (self.table, 1), (self.slots, 3))
        self.record = words([w for a, n in held for w in (a.size // n, a.ctypes.data)] + [quick])
        self.address = self.record.ctypes.data
        self.launch = launcher()

    def __call__(self, *values, threads=None):
        """Run the steps; the first status that is not 0, else 0."""
        threads = default_threads() if threads is None else checked(threads)
        if self.parallel:
            crew().grow(threads - 1)
        if not reads_arrays():
            values = [v.ctypes.data if isinstance(v, np.ndarray) else v for v in values]
        return self.launch(self.address, threads, *values)


def run(steps, table, threads=None):
    """Run steps, as `Program` has them, over a table of words; the first status that is not 0.

    The table is an int64 array, read and written in place by the kernels.
    """
    threads = default_threads() if threads is None else checked(threads)
    crew().grow(threads - 1)
    rows = words([(k.address, n, c, bool(p), at) for k, n, c, p, at in steps])
    place = crew().job, rows.ctypes.data, len(steps), table.ctypes.data, threads
    return entry("run", 5)(*place)
