"""What is the bar made of? Conductivity found from temperatures, through 1000 steps in place.

A bar is heated at both ends. Every so often its temperature is measured; which conductivity, place
by place, explains the measurements? The simulation is a loop that updates an array, and
SciPy's optimiser gets the gradient through all of its steps.

    python examples/heat_inverse.py
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np
import pictures
from scipy.optimize import minimize

from defn import defn, jit, value_and_grad

CELLS = 60
STEPS = 1000
EVERY = 50
TIME_STEP = 0.25
NOISE = 1e-3
SMOOTHNESS = 1e-5


@defn
def simulate(conductivity):
    """The temperatures after every 50 of 1000 steps; `conductivity` has one value per boundary."""
    heat = np.zeros(CELLS)
    heat[0] = 1.0
    heat[-1] = 0.7
    record = np.zeros((STEPS // EVERY, CELLS))
    for step in range(STEPS):
        flux = conductivity * (heat[1:] - heat[:-1])
        heat[1:-1] += TIME_STEP * (flux[1:] - flux[:-1])
        if step % EVERY == EVERY - 1:
            record[step // EVERY] = heat
    return record


@defn
def misfit(logarithm, measured):
    """How far a guess is from the measurements, and how rough it is."""
    error = simulate(np.exp(logarithm)) - measured
    rough = logarithm[1:] - logarithm[:-1]
    return np.mean(error * error) + SMOOTHNESS * np.mean(rough * rough)


def truth():
    """A bar with a thick piece of insulation and a thin one of metal."""
    place = np.arange(CELLS - 1)
    return 0.8 - 0.5 * ((place > 12) & (place < 22)) + 0.7 * ((place > 34) & (place < 40))


def draw(measured, found):
    _, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    left.plot(measured.T, color="firebrick", linewidth=0.5)
    left.set_title("measured temperatures")
    right.step(range(CELLS - 1), truth(), color="grey", label="the bar")
    right.step(range(CELLS - 1), found, color="navy", label="found")
    right.set_title("conductivity")
    right.legend()
    pictures.save("heat-inverse")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiler", help="numpy, numba or xla (default: defn's)")
    compiler = parser.parse_args().compiler
    noise = NOISE * np.random.default_rng(0).standard_normal((STEPS // EVERY, CELLS))
    measured = simulate(truth(), compiler=compiler) + noise
    slope = jit(value_and_grad(misfit), compiler=compiler)
    start = np.full(CELLS - 1, np.log(0.6))
    result = minimize(
        lambda guess: slope(guess, measured), start, jac=True, method="L-BFGS-B", tol=1e-12
    )
    found = np.exp(result.x)
    error = np.median(np.abs(found / truth() - 1))
    print(f"{result.nit} steps of L-BFGS, {result.nfev} gradients of {STEPS} time steps each")
    print(f"misfit {result.fun:.2e} (noise {NOISE**2:.0e}); median error {error:.1%}")
    draw(measured, found)


if __name__ == "__main__":
    main()
