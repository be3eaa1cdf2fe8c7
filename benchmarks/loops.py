"""Loops and in-place updates in plain Python, and the gradients of some of them."""

from benchmarks import algebra, sequences, slopes, stencils

CASES = (*stencils.CASES, *algebra.CASES, *sequences.CASES, *slopes.CASES)
