"""Programs written directly as graphs: reads and writes at an index, loops, whiles, conds."""

import numpy as np

from defn import ops
from defn.compilers.evaluator import Program
from defn.expr import items, make, parameter
from defn.graph import Graph, close, structure
from defn.tensor import asarray, is_tensor, wrap
from defn.trace import Trace, tracing
from defn.transforms import shapes
from defn.types import Type

F8, I8 = np.dtype("f8"), np.dtype("i8")


def f8(*shape):
    return Type(F8, shape)


def graph_of(function, types):
    """The graph of a function of tensors."""
    trace = Trace(function.__name__)
    with tracing(trace):
        parameters = [parameter(t, "a") for t in types]
        found = function(*map(wrap, parameters))
        outputs = [
            asarray(o).node for o in (found if isinstance(found, (tuple, list)) else [found])
        ]
    return Graph(parameters, outputs, trace.effects)


def run(graph, *arguments):
    return Program(graph)(*[np.array(a) for a in arguments])


def node(value, dtype=I8):
    return value.node if is_tensor(value) else asarray(np.asarray(value, dtype)[()], dtype).node


def located(a, where):
    """An index as starts and sizes: integers, (start, size), or `:`."""
    where = where if isinstance(where, tuple) else (where,)
    where += (slice(None),) * (a.ndim - len(where))
    starts, sizes = [], []
    for n, k in zip(a.shape, where):
        start, size = (
            (0, n)
            if isinstance(k, slice)
            else (k.start, k.size)
            if isinstance(k, At)
            else (k, None)
        )
        starts.append(node(start)), sizes.append(size)
    return starts, {"sizes": tuple(sizes), "steps": (1,) * a.ndim}


class At:
    def __init__(self, start, size):
        self.start, self.size = start, size


def get(a, where):
    starts, attrs = located(a, where)
    return wrap(make(ops.get, (a.node, *starts), attrs))


def put(a, where, value, op=ops.put):
    starts, attrs = located(a, where)
    return wrap(make(op, (a.node, node(value, a.dtype), *starts), attrs))


def zeros(*shape):
    return shapes.zeros(f8(*shape))


def total(x, axes=None):
    return shapes.total(x, tuple(range(x.ndim)) if axes is None else axes)


def to_float(x):
    return shapes.cast(x, F8)


def stated(values):
    return [v if is_tensor(v) else asarray(np.asarray(v)[()]) for v in values]


def closed(functions, parameters):
    results = []
    for function in functions:
        found = function(*map(wrap, parameters))
        results.append(
            [asarray(r).node for r in (found if isinstance(found, (tuple, list)) else [found])]
        )
    return close(parameters, results)


def states(types, name="s"):
    return [parameter(t, name) for t in types]


def results(node):
    return [wrap(each) for each in items(node)]


def loop(low, high, body, init, extent=None, recompute=False):
    init = stated(init)
    if extent is None and not is_tensor(low) and not is_tensor(high):
        extent = max(0, high - low)
    parameters = [parameter(Type(I8), "i"), *states(x.type for x in init)]
    captures, bodies = closed([body], parameters)
    made = structure(
        ops.loop,
        (node(low), node(high)),
        [x.node for x in init],
        captures,
        bodies,
        extent=extent,
        reverse=False,
        recompute=recompute,
    )
    return results(made)


def while_loop(test, body, init, extent=None, recompute=False):
    init = stated(init)
    captures, bodies = closed([test, body], states(x.type for x in init))
    made = structure(
        ops.while_, (), [x.node for x in init], captures, bodies, extent=extent, recompute=recompute
    )
    return results(made)


def cond(p, then, otherwise, init):
    init = stated(init)
    captures, bodies = closed([then, otherwise], states(x.type for x in init))
    return results(structure(ops.cond, (p.node,), [x.node for x in init], captures, bodies))


def checkpointed_loop(n, every, body, init):
    def chunk(k, *s):
        return loop(0, every, lambda i, *s: body(k * every + i, *s), s, recompute=True)

    rest = n // every * every
    return loop(rest, n, body, loop(0, n // every, chunk, init))


def checkpointed_while(test, body, init, every, chunks=None):
    def chunk(*state):
        inner = while_loop(
            lambda k, *s: np.logical_and(k < every, test(*s)),
            lambda k, *s: (k + 1, *body(*s)),
            [0, *state],
            extent=every,
            recompute=True,
        )
        return inner[1:]

    return while_loop(test, chunk, init, extent=chunks)
