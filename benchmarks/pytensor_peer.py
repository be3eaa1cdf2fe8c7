"""PyTensor, in its Numba mode: the statement itself, with `pytensor.tensor` in the place of NumPy."""

import types

import numpy as np
import pytensor
import pytensor.tensor as pt

from benchmarks.case import Slopes


def speaking(statement, module):
    """The function with another module where it, and the functions it encloses, mean NumPy."""

    def replaced(cell):
        if cell.cell_contents is np:
            return types.CellType(module)
        if isinstance(cell.cell_contents, types.FunctionType):
            return types.CellType(speaking(cell.cell_contents, module))
        return cell

    return types.FunctionType(
        statement.__code__,
        {**statement.__globals__, "np": module},
        statement.__name__,
        statement.__defaults__,
        tuple(map(replaced, statement.__closure__ or ())),
    )


def outputs(version, variables):
    """What the version computes of symbolic variables; of a loss, it and its slopes."""
    if not isinstance(version, Slopes):
        return speaking(version, pt)(*variables)
    loss = speaking(version.loss, pt)(*variables)
    slopes = pytensor.grad(loss, [variables[i] for i in version.argnums])
    return list(version.finish((loss, slopes), variables))


def pytensor_call(version, arguments):
    """The compiled function on NumPy arrays; numbers are constants."""
    variables = [pt.as_tensor(a).type() if isinstance(a, np.ndarray) else a for a in arguments]
    arrays = [a for a in arguments if isinstance(a, np.ndarray)]
    inputs = [v for v, a in zip(variables, arguments) if isinstance(a, np.ndarray)]
    function = pytensor.function(
        inputs, outputs(version, variables), mode="NUMBA", on_unused_input="ignore"
    )
    return lambda: function(*arrays)
