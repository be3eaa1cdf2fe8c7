"""The Mandelbrot set: a loop that ends where the data says, for every point of a picture.

python examples/mandelbrot.py
"""

import argparse
import time

import matplotlib.pyplot as plt
import numpy as np
import pictures

from defn import defn

LIMIT = 200


@defn
def escape(x, y):
    """How fast each point of the plane leaves, as a smooth number; LIMIT for those that stay."""
    speed = np.zeros((y.shape[0], x.shape[0]))
    for i in range(y.shape[0]):
        for j in range(x.shape[0]):
            a, b, count = 0.0, 0.0, 0
            while a * a + b * b < 256.0 and count < LIMIT:
                a, b = a * a - b * b + x[j], 2 * a * b + y[i]
                count += 1
            if count < LIMIT:
                # Normalised iteration count: how far past the circle the last step went.
                speed[i, j] = count + 1 - np.log2(np.log2(a * a + b * b) / 2)
            else:
                speed[i, j] = LIMIT
    return speed


def plane(width):
    """The coordinates of a picture three wide and two high."""
    return np.linspace(-2.2, 0.8, width), np.linspace(-1.0, 1.0, width * 2 // 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiler", help="numpy, numba or xla (default: defn's)")
    parser.add_argument("--width", type=int, default=900)
    options = parser.parse_args()
    x, y = plane(options.width)
    escape(x, y, compiler=options.compiler)  # the first call compiles
    start = time.perf_counter()
    speed = escape(x, y, compiler=options.compiler)
    spent = time.perf_counter() - start
    print(f"{speed.size:,} points in {spent:.3f} s; {np.mean(speed == LIMIT):.1%} never leave")
    every = max(1, options.width // 72)
    pictures.show((speed * 255 / LIMIT).astype(np.uint8)[None, ::every, ::every])
    plt.imshow(np.log(speed), cmap="magma", extent=(x[0], x[-1], y[0], y[-1]))
    pictures.save("mandelbrot")


if __name__ == "__main__":
    main()
