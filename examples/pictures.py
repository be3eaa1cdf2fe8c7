"""Pictures: in the terminal as characters, and as PNG files."""

import os
import sys
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402 (after the choice of a renderer without a window)

DIRECTORY = Path(os.environ.get("DEFN_PICTURES") or Path(__file__).parent / "pictures")
RAMP = np.array(list(" .:-=+*#%@"))


def save(name):
    """Write the current figure to the directory of pictures, and say where."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    plt.savefig(DIRECTORY / f"{name}.png", dpi=120, bbox_inches="tight")
    plt.close()
    print(f"saved {DIRECTORY / name}.png")


def side_by_side(images, gap=2):
    """The images in one row, as one image, with black between them."""
    return np.hstack([np.pad(image, ((0, image.shape[0] % 2), (0, gap))) for image in images])


def shades(image):
    """An image as text for a file or a plain terminal: a darker character for more ink."""
    levels = image.astype(int) * (len(RAMP) - 1) // 255
    # A character is twice as high as wide, so every other row is left out.
    return "\n".join("".join(row).rstrip() for row in RAMP[levels[::2]])


def blocks(image):
    """An image in 24-bit colour: a half block holds two pixels, one above the other."""
    lines = []
    for upper, lower in zip(image[::2], image[1::2]):
        pairs = zip(upper.tolist(), lower.tolist())
        line = "".join(f"\x1b[38;2;{u};{u};{u}m\x1b[48;2;{v};{v};{v}m▀" for u, v in pairs)
        lines.append(line + "\x1b[0m")
    return "\n".join(lines)


def show(images):
    """Print images (uint8) to the terminal, in colour where there is one."""
    draw = blocks if sys.stdout.isatty() and "NO_COLOR" not in os.environ else shades
    print(draw(side_by_side(images)))


def save_images(images, titles, name, columns=8):
    """A PNG of a grid of images, each with its title."""
    rows = -(-len(images) // columns)
    _, axes = plt.subplots(rows, columns, figsize=(1.3 * columns, 1.6 * rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, title in zip(axes.flat, images, titles):
        axis.imshow(image, cmap="gray")
        axis.set_title(title, fontsize=9)
    save(name)


def save_loss(losses, name, window=50):
    """A PNG of the loss of every step, and of its mean over the last `window` steps."""
    window = min(window, len(losses))
    mean = np.convolve(losses, np.full(window, 1 / window), mode="valid")
    plt.figure(figsize=(7, 4))
    plt.plot(losses, color="lightsteelblue", linewidth=0.6, label="each step")
    plt.plot(np.arange(window - 1, len(losses)), mean, color="navy", label=f"mean of {window}")
    plt.yscale("log")
    plt.xlabel("step")
    plt.ylabel("loss")
    plt.legend()
    save(name)
