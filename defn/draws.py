"""Random numbers drawn while tracing: found out afterwards, where the source could not be rewritten."""

from __future__ import annotations

import random
import sys

import numpy as np

from defn.errors import TraceError
from defn.watch import reads_of

NUMPYS = (
    "numpy.random"  # takes longer to load than a cached kernel, so it is looked at where loaded
)
FRESH = 624  # where NumPy's global generator stands that nobody drew from


def generators_of(function):
    """The generators that a function can draw from: the global ones, and those among its globals and cells."""
    kind = getattr(sys.modules.get(NUMPYS), "Generator", ())
    own = [read.value for read in reads_of(function) if isinstance(read.value, kind)]
    return [NUMPYS, random, *own]


def states_of(generators):
    """Where each generator stands."""
    return [_state(g) for g in generators]


def _state(generator):
    if generator is random:
        return hash(random.getstate())
    if generator is NUMPYS:
        return _numpys_state()
    return repr(generator.bit_generator.state)


def _numpys_state():
    if NUMPYS not in sys.modules:
        return FRESH, None
    state = np.random.get_state()
    return state[2], state[1].tobytes()


def demand_untouched(generators, before):
    """Refuse a trace in which numbers were drawn: they would be the same at every call."""
    now = states_of(generators)
    if before[0] == (FRESH, None):
        now[0] = now[0][0], None
    if now != before:
        raise TraceError(
            "random numbers were drawn while tracing, and would be the same at every call: draw them outside and pass "
            "them in, or use defn.random with a key"
        )
