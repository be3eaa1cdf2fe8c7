"""Random numbers drawn while tracing: found out afterwards, where the source could not be rewritten."""

from __future__ import annotations

import random

import numpy as np

from defn.errors import TraceError
from defn.watch import reads_of


def generators_of(function):
    """The generators that a function can draw from: the global ones, and those among its globals and cells."""
    own = [read.value for read in reads_of(function) if isinstance(read.value, np.random.Generator)]
    return [np.random, random, *own]


def states_of(generators):
    """Where each generator stands."""
    return [_state(g) for g in generators]


def _state(generator):
    if generator is random:
        return hash(random.getstate())
    if generator is np.random:
        state = np.random.get_state()
        return state[2], state[1].tobytes()
    return repr(generator.bit_generator.state)


def demand_untouched(generators, before):
    """Refuse a trace in which numbers were drawn: they would be the same at every call."""
    if states_of(generators) != before:
        raise TraceError(
            "random numbers were drawn while tracing, and would be the same at every call: draw them outside and pass "
            "them in, or use defn.random with a key"
        )
