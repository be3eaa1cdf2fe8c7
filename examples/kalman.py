"""Did the Nile change? A Kalman filter, and its parameters by maximum likelihood.

The level of the river drifts, and each year's flow scatters around it. How much of either is found
by climbing the likelihood, whose gradient runs back through the filter's loop.

    python examples/kalman.py

The flow at Aswan, 1871 to 1970, in 10^8 cubic metres: Cobb (1978). Durbin and Koopman (2001) find
the variances 15099 and 1469.1.
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np
import pictures
from scipy.optimize import minimize

from defn import defn, jit, value_and_grad

FLOW = np.array(
    """
    1120 1160 963 1210 1160 1160 813 1230 1370 1140 995 935 1110 994 1020 960 1180 799 958 1140 1100
    1210 1150 1250 1260 1220 1030 1100 774 840 874 694 940 833 701 916 692 1020 1050 969 831 726 456
    824 702 1120 1100 832 764 821 768 845 864 862 698 845 744 796 1040 759 781 865 845 944 984 897
    822 1010 771 676 649 846 812 742 801 1040 860 874 848 890 744 749 838 1050 918 986 797 923 975
    815 1020 906 901 1170 912 746 919 718 714 740
    """.split(),
    np.float64,
)
YEARS = np.arange(1871, 1971)


@defn
def filtered(logarithms, flow):
    """The level after each year, its variance, and minus the logarithm of the likelihood."""
    scatter, drift = np.exp(logarithms[0]), np.exp(logarithms[1])
    level, variance, surprise = flow[0], scatter, 0.0
    levels, variances = np.zeros_like(flow), np.zeros_like(flow)
    levels[0], variances[0] = level, variance
    for year in range(1, flow.shape[0]):
        variance = variance + drift
        spread = variance + scatter
        error = flow[year] - level
        surprise = surprise + 0.5 * (np.log(2 * np.pi * spread) + error * error / spread)
        gain = variance / spread
        level = level + gain * error
        variance = variance * (1 - gain)
        levels[year], variances[year] = level, variance
    return levels, variances, surprise


@defn
def surprise(logarithms, flow):
    return filtered(logarithms, flow)[2]


def fit(compiler):
    """The logarithms of the two variances under which the flow is the least surprising."""
    slope = jit(value_and_grad(surprise), compiler=compiler)
    start = np.log(np.array([FLOW.var(), FLOW.var() / 10]))
    return minimize(lambda guess: slope(guess, FLOW), start, jac=True, method="BFGS")


def draw(levels, variances):
    wide = 1.645 * np.sqrt(variances)
    plt.figure(figsize=(8, 4))
    plt.plot(YEARS, FLOW, ".", color="grey", label="flow")
    plt.plot(YEARS, levels, color="navy", label="level")
    plt.fill_between(YEARS, levels - wide, levels + wide, alpha=0.2, label="90 %")
    plt.legend()
    pictures.save("kalman")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiler", help="numpy, numba or xla (default: defn's)")
    compiler = parser.parse_args().compiler
    result = fit(compiler)
    scatter, drift = np.exp(result.x)
    print(f"after {result.nit} steps of BFGS, {result.nfev} gradients:")
    print(f"variance of the scatter {scatter:9.1f}   (published: 15099)")
    print(f"variance of the drift   {drift:9.1f}   (published: 1469.1)")
    levels, variances, _ = filtered(result.x, FLOW, compiler=compiler)
    draw(levels, variances)


if __name__ == "__main__":
    main()
