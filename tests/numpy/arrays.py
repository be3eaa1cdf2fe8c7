"""Strategies for arrays: dtypes, shapes, strides, awkward values."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

DTYPES = "?bBhHiIlLefdFD"
SHAPES = arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


def elements(dtype):
    """Values of a dtype: small, extreme, and of floats what is not finite."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return st.booleans()
    if kind in "iu":
        info = np.iinfo(dtype)
        return st.sampled_from(
            [0, 1, 2, 3, 7, info.max, info.min, info.max - 1, max(info.min, -1), max(info.min, -5)]
        )
    values = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -2.5,
        3.0,
        1e-3,
        700.0,
        float("inf"),
        float("-inf"),
        float("nan"),
    ]
    real = st.sampled_from(values)
    return (
        real
        if kind == "f"
        else st.builds(complex, st.sampled_from(values[:-3]), st.sampled_from(values[:-3]))
    )


def arrays(dtypes=DTYPES, shapes=SHAPES, values=None):
    """Arrays of some dtypes, contiguous or a view with steps, transposed or backwards."""
    return st.sampled_from(dtypes).flatmap(
        lambda d: st.builds(
            laid_out,
            arrays_of.arrays(
                d, shapes, elements=values(d) if values else elements(d), fill=st.nothing()
            ),
            st.sampled_from(["C", "F", "steps", "backwards"]),
        )
    )


def laid_out(array, layout):
    """The same values in another layout of memory."""
    if layout == "C" or not array.ndim:
        return array
    if layout == "F":
        return np.asfortranarray(array)
    if layout == "backwards":
        return np.ascontiguousarray(array[..., ::-1])[..., ::-1]
    room = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    room[..., ::2] = array
    return room[..., ::2]


def together(count, dtypes=DTYPES, values=None):
    """Arrays whose shapes broadcast."""
    return arrays_of.mutually_broadcastable_shapes(
        num_shapes=count, max_dims=3, max_side=3, min_side=0
    ).flatmap(
        lambda found: st.tuples(*(arrays(dtypes, st.just(s), values) for s in found.input_shapes))
    )
