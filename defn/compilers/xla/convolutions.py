"""The convolutions that XLA has no quick routine for on the CPU, as sums of products."""

from __future__ import annotations

from defn.transforms.written_out import is_convolution, without_convolutions


def for_platform(graph, platform):
    """The graph with the convolutions that the platform is quick at."""
    return without_convolutions(graph, is_slow) if platform == "cpu" else graph


def is_slow(node):
    """Has every channel a kernel of its own? The CPU's routine takes them one after the other."""
    return is_convolution(node) and node.attrs["groups"] > 1 and node.args[1].shape[1] == 1
