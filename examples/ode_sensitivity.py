"""How do foxes and hares depend on how they meet? Derivatives through an adaptive solver.

The solver chooses its steps in a `while` loop: how many there are depends on the data. Its
derivative is that of the very steps it took.

    python examples/ode_sensitivity.py
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np
import pictures

from defn import defn, grad, jit

NAMES = ("birth of hares", "hunting", "growth of foxes", "death of foxes")
PARAMETERS = np.array([1.0, 0.4, 0.15, 0.8])
START = np.array([4.0, 1.5])
TOLERANCE = 1e-8


def rate(state, parameters):
    """Lotka and Volterra's equations: what changes per year."""
    hares, foxes = state[0], state[1]
    birth, hunting, growth, death = parameters[0], parameters[1], parameters[2], parameters[3]
    return np.stack(
        [birth * hares - hunting * hares * foxes, growth * hares * foxes - death * foxes]
    )


@defn
def solve(end, parameters):
    """The state at time `end`, by the pair of formulas of Bogacki and Shampine (1989)."""
    time, step, state = 0.0, 0.01, np.copy(START)
    while time < end:
        step = np.minimum(step, end - time)
        k1 = rate(state, parameters)
        k2 = rate(state + step / 2 * k1, parameters)
        k3 = rate(state + step * 3 / 4 * k2, parameters)
        third = state + step * (2 / 9 * k1 + 1 / 3 * k2 + 4 / 9 * k3)
        k4 = rate(third, parameters)
        second = state + step * (7 / 24 * k1 + 1 / 4 * k2 + 1 / 3 * k3 + 1 / 8 * k4)
        error = np.max(np.abs(third - second)) / TOLERANCE
        if error <= 1:
            time = time + step
            state = third
        step = step * np.clip(0.9 * (error + 1e-12) ** (-1 / 3), 0.2, 5.0)
    return state


@defn
def hares(end, parameters):
    return solve(end, parameters)[0]


def by_differences(end, index, width=1e-5):
    """The same derivative from two more solutions: a check."""
    shift = np.zeros(4)
    shift[index] = width
    high, low = (solve(end, PARAMETERS + sign * shift)[0] for sign in (1, -1))
    return (high - low) / (2 * width)


def draw(times, states, slopes):
    _, (above, below) = plt.subplots(2, sharex=True, figsize=(8, 6))
    above.plot(times, states, label=("hares", "foxes"))
    above.legend()
    below.plot(times, slopes, label=NAMES)
    below.set_ylabel("d hares / d parameter")
    below.set_xlabel("years")
    below.legend()
    pictures.save("ode-sensitivity")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiler", help="numpy, numba or xla (default: defn's)")
    compiler = parser.parse_args().compiler
    slope = jit(grad(hares, argnums=1), compiler=compiler)
    times = np.linspace(0.1, 20, 100)
    states = np.array([solve(end, PARAMETERS, compiler=compiler) for end in times])
    slopes = np.array([slope(end, PARAMETERS) for end in times])
    print(f"{'after 20 years':20}{'derivative':>14}{'differences':>14}")
    for index, name in enumerate(NAMES):
        print(f"{name:20}{slopes[-1, index]:14.6f}{by_differences(20.0, index):14.6f}")
    draw(times, states, slopes)


if __name__ == "__main__":
    main()
