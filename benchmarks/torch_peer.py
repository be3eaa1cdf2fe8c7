"""PyTorch: `torch.compile` of the statement itself, which it takes as NumPy code."""

import numpy as np
import torch

from benchmarks.case import Slopes


def slopes_call(version, arguments):
    """Loss and slopes by autograd, through a compiled loss on tensors."""
    loss = torch.compile(torch.compiler.wrap_numpy(version.loss))
    tensors = [torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in arguments]
    inner = [tensors[i].requires_grad_() for i in version.argnums]

    def call():
        value = loss(*tensors)
        slopes = torch.autograd.grad(value, inner)
        with torch.no_grad():
            return [t.numpy() for t in version.finish((value.detach(), slopes), tensors)]

    return call


def torch_call(version, arguments):
    """The compiled statement on NumPy arrays, which PyTorch takes and gives without copies."""
    if isinstance(version, Slopes):
        return slopes_call(version, arguments)
    function = torch.compile(version)
    return lambda: function(*arguments)
