"""Learn to read images: look at them, multiply matrices, train a network.

    python examples/mnist.py                                      # 1797 digits that come with defn
    python examples/mnist.py --data /usr/share/datasets/fashion-mnist
    python examples/mnist.py --download mnist --compiler xla

Any directory with the four files of MNIST's format will do, compressed or not.
"""

import argparse
import shutil
from itertools import pairwise
from pathlib import Path

import idx
import numpy as np
import pictures
import products
from download import SOURCES, download
from progress import progress

from defn import defn, value_and_grad

DIGITS = Path(__file__).parent / "data" / "digits"
CLOTHES = "T-shirt trousers pullover dress coat sandal shirt sneaker bag boot".split()
HIDDEN = (256, 128)
BATCH = 32
RATE = 0.01
MOMENTUM = 0.9


# ------------------------------------------------------------------- first look, then multiply


def names_of(directory):
    """What the ten classes are called: Fashion-MNIST shows clothes, the others digits."""
    return CLOTHES if "fashion" in str(directory) else list("0123456789")


def look(images, names):
    """A few images in the terminal, more of them as a PNG."""
    width = images.pixels.shape[2] + 2
    few = max(1, min(8, shutil.get_terminal_size().columns // width))
    pictures.show(images.pixels[:few])
    print("  ".join(names[label] for label in images.labels[:few]), "\n")
    titles = [names[label] for label in images.labels[:32]]
    pictures.save_images(images.pixels[:32], titles, "mnist-images")


def multiply(pixels, generator):
    """(10 000, 784) times (784, 10): every image against a first, random guess of ten templates."""
    x = np.resize(pixels, (10_000, 784)).astype(np.float32) / 255
    w = generator.standard_normal((784, 10)).astype(np.float32)
    print("\n(10 000, 784) @ (784, 10), float32: the best of seven runs")
    print(products.table(products.race(x, w)), "\n")


# ------------------------------------------------------------------------------ then a network


def network(generator, sizes):
    """Random weights and zero biases, alternating, for layers of these sizes."""
    parameters = []
    for inputs, outputs in pairwise(sizes):
        # Kaiming He's scale: the signal keeps its size from layer to layer.
        weights = generator.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs)
        parameters += [weights.astype(np.float32), np.zeros(outputs, np.float32)]
    return parameters


@defn
def scores(parameters, x):
    """Ten scores an image: a matrix product and a kink, a few times over."""
    *hidden, weights, biases = parameters
    for w, b in zip(hidden[::2], hidden[1::2]):
        x = np.maximum(x @ w + b, 0)
    return x @ weights + biases


@defn
def loss(parameters, x, labels):
    """How surprised the network is by the true labels: the mean cross entropy."""
    s = scores(parameters, x)
    s = s - np.max(s, axis=1, keepdims=True)
    truth = s[np.arange(s.shape[0]), labels]
    return np.mean(np.log(np.sum(np.exp(s), axis=1)) - truth)


@defn
def step(parameters, velocity, x, labels, rate):
    """One step of gradient descent with momentum."""
    value, slopes = value_and_grad(loss)(parameters, x, labels)
    velocity = [MOMENTUM * v + slope for v, slope in zip(velocity, slopes)]
    parameters = [p - rate * v for p, v in zip(parameters, velocity)]
    return parameters, velocity, value


def batches(x, labels, epochs, generator):
    """Every image once an epoch, in a new order, a batch at a time."""
    for _ in range(epochs):
        order = generator.permutation(len(x))
        for start in range(0, len(x) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            yield x[chosen], labels[chosen]


def train(x, labels, epochs, compiler, generator):
    """The trained parameters, and the loss of every step."""
    parameters = network(generator, (x.shape[1], *HIDDEN, 10))
    velocity = [np.zeros_like(p) for p in parameters]
    steps, losses = epochs * (len(x) // BATCH), []
    run = progress(
        batches(x, labels, epochs, generator),
        f"training steps, {compiler or 'default compiler'}",
        steps,
        lambda: f"loss {np.mean(losses[-100:]):.3f}",
    )
    for batch, answers in run:
        # The steps shrink to nothing, so that the end does not depend on the last few batches.
        rate = np.float32(RATE * (1 - len(losses) / steps))
        parameters, velocity, value = step(
            parameters, velocity, batch, answers, rate, compiler=compiler
        )
        losses.append(float(value))
    return parameters, losses


def accuracy(parameters, x, labels, compiler):
    """The share of images whose highest score is the right one."""
    return np.mean(np.argmax(scores(parameters, x, compiler=compiler), axis=1) == labels)


# ---------------------------------------------------------------------------- the whole story


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", metavar="DIR", help="a directory of files in MNIST's format")
    parser.add_argument("--download", nargs="?", const="mnist", choices=sorted(SOURCES))
    parser.add_argument("--compiler", help="numpy, numba, xla, or a plug-in (default: defn's)")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--no-race", action="store_true", help="skip the matrix product")
    return parser.parse_args()


def main():
    options = arguments()
    directory = options.data or DIGITS
    if options.download:
        directory = download(options.download, options.data)
    training, test = (idx.load(directory, split) for split in ("train", "t10k"))
    print(f"{len(training.labels):,} images to learn from, {len(test.labels):,} to test on\n")
    look(training, names_of(directory))

    generator = np.random.default_rng(2024)
    if not options.no_race:
        multiply(training.pixels, generator)

    # Pixels with mean zero and deviation one: the network learns faster from such numbers.
    mean, deviation = np.float32(training.pixels.mean()), np.float32(training.pixels.std())
    x, x_test = ((s.pixels.reshape(len(s.pixels), -1) - mean) / deviation for s in (training, test))
    parameters, losses = train(x, training.labels, options.epochs, options.compiler, generator)
    pictures.save_loss(losses, "mnist-loss")
    share = accuracy(parameters, x_test, test.labels, options.compiler)
    print(f"test accuracy: {share:.2%}")


if __name__ == "__main__":
    main()
