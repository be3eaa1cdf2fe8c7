"""Fourier transforms: all of `numpy.fft`."""

from defn.numpy.fft import *  # noqa: F403
from defn.numpy.fft import __all__  # noqa: F401
