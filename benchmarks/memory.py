"""How much memory a call takes at its peak, in a process of its own: `python -m benchmarks.memory SUBJECT CASE`.

Prints bytes as JSON. All is compiled and the arguments are made before the peak is taken: what is
counted is what the call itself maps, tapes and results among it. Linux only.
"""

import json
import sys

import numpy as np

from benchmarks import slopes
from benchmarks.case import Probe, Reading
from benchmarks.peers import defn_traced, jax_call
from benchmarks.processes import python

GRADIENTS = (
    "lu-gradient", "cholesky-gradient", "durbin-gradient", "floyd-warshall-gradient", "adi-gradient",
    "bodies-gradient", "cavity-flow-gradient", "jacobi-2d-gradient",
)  # fmt: skip
SUBJECTS = ("defn", "jax")
NOTHING = 1 << 20  # bytes below which a ratio says nothing: pages of code and of the C library


def prepared(subject, race, arguments):
    """The call, compiled."""
    if subject == "defn":
        return defn_traced(race.statement, arguments)
    return jax_call(race.peers["jax"], arguments)


def status(field):
    """Bytes of a field of the process's status."""
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith(field + ":"))
    return 1024 * int(line.split()[1])


def forget_peak():
    """Let the peak be what is mapped now."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def peak(subject, name, quick):
    """Bytes that one call takes beyond what the process had before it."""
    race = next(race for race in slopes.CASES if race.name == name)
    arguments = race.arguments(np.random.default_rng(0), quick)
    run = prepared(subject, race, arguments)
    forget_peak()
    before = status("VmRSS")
    run()
    return status("VmHWM") - before


def peaks(quick):
    """What gradients of loops take: ours, and the peer's as a multiple."""
    readings = []
    for name in GRADIENTS:
        command = ("-m", "benchmarks.memory")
        found = [
            json.loads(python(*command, s, name, *["quick"] * quick, cache=None)) for s in SUBJECTS
        ]
        ratio = f"{found[1] / found[0]:.2f} x" if min(found) > NOTHING else ""
        for subject, size, note in zip(SUBJECTS, found, ("", ratio)):
            readings.append(Reading(f"{name}, {subject}", size / 1e6, "MB", note))
    return readings


CASES = (Probe("gradient-memory", peaks),)


if __name__ == "__main__":
    subject, name, *rest = sys.argv[1:]
    print(json.dumps(peak(subject, name, bool(rest))))
