"""A matrix product from its foundations: loops, broadcasting, outer products, and what each costs.

python examples/matmul_from_foundations.py
"""

import time
from pathlib import Path

import idx
import numpy as np

from defn import jit, tensor
from defn.errors import ShapeError

DIGITS = Path(__file__).parent / "data" / "digits"


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}")


# ---------------------------------------------------------------------------- element by element


def element_wise():
    heading("Element by element")
    a, b = tensor([10.0, 6.0, -4.0]), tensor([2.0, 8.0, 7.0])
    print("a + b                ", a + b)
    print("a < b                ", a < b)
    print("share where a < b    ", np.mean(a < b))


def frobenius(m):
    """The Frobenius norm: the root of the sum of the squares of all elements."""
    return np.sqrt(np.sum(m * m))


def norms():
    heading("A norm is element-wise work and a sum")
    m = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    print("sqrt(sum(m * m))     ", frobenius(m))
    print("NumPy's norm         ", np.linalg.norm(np.asarray(m)))


# ---------------------------------------------------------------------------------- broadcasting


def broadcasting():
    heading("Broadcasting: shapes are compared from the right; an axis of one repeats")
    row, m = tensor([10.0, 20.0, 30.0]), tensor(np.arange(9.0).reshape(3, 3))
    column = row[:, None]
    print("(3, 3) + ()     ", (m + 1).shape, " a number is added everywhere")
    print("(3, 3) + (3,)   ", (m + row).shape, " the row is added to every row")
    print("(3, 3) + (3, 1) ", (m + column).shape, " the column is added to every column")
    print("(3, 1) + (3,)   ", (column + row).shape, " every pair")
    try:
        m + tensor([1.0, 2.0])
    except ShapeError as error:
        print(f"(3, 3) + (2,)    refused: {error.message}")


def outer_products():
    heading("An outer product is a column times a row")
    a, b = tensor([1.0, 2.0, 3.0]), tensor([1.0, 10.0, 100.0])
    print(a[:, None] * b[None, :])


# --------------------------------------------------------------- one product, written six times


def three_loops(x, w):
    """By definition: every element is a sum of products."""
    rows, columns, inner = len(x), len(w[0]), len(w)
    out = [[0.0] * columns for _ in range(rows)]
    for i in range(rows):
        for j in range(columns):
            for k in range(inner):
                out[i][j] += x[i][k] * w[k][j]
    return out


def row_times_column(x, w):
    """The inner loop becomes element-wise work and a sum."""
    rows, columns = x.shape[0], w.shape[1]
    out = np.zeros((rows, columns), x.dtype)
    for i in range(rows):
        for j in range(columns):
            out[i, j] = np.sum(x[i, :] * w[:, j])
    return out


def row_times_matrix(x, w):
    """Broadcasting takes the loop over columns: a row, as a column, scales the rows of `w`."""
    out = np.zeros((x.shape[0], w.shape[1]), x.dtype)
    for i in range(x.shape[0]):
        out[i] = np.sum(x[i][:, None] * w, axis=0)
    return out


def sum_of_outer_products(x, w):
    """And the loop over rows: column k of `x` times row k of `w`, summed over k."""
    return np.sum(x.T[:, :, None] * w[:, None, :], axis=0)


def einstein(x, w):
    """The index that is repeated is summed over."""
    return np.einsum("ik,kj->ij", x, w)


def operator(x, w):
    return x @ w


def best(function, *arguments, least=0.05):
    """The result, and the shortest time of the calls that fit into `least` seconds."""
    result, times = function(*arguments), []  # the first call may compile
    while sum(times) < least or len(times) < 3:
        start = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - start)
    return result, min(times)


def rewrites(x, w):
    heading(f"One product, {x.shape} @ {w.shape}, written six times: microseconds")
    expected, slow = best(three_loops, x.tolist(), w.tolist())
    print(f"{'':24}{'as it stands':>14}{'with defn':>12}{'speed-up':>12}")
    print(f"{'three_loops (lists)':24}{slow * 1e6:14.1f}")
    for function in (
        row_times_column,
        row_times_matrix,
        sum_of_outer_products,
        einstein,
        operator,
    ):
        plain, numpy_time = best(function, x, w)
        compiled, our_time = best(jit(function), x, w)
        np.testing.assert_allclose(plain, expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(compiled, expected, rtol=1e-4, atol=1e-4)
        print(
            f"{function.__name__:24}{numpy_time * 1e6:14.1f}{our_time * 1e6:12.1f}"
            f"{slow / our_time:11.0f}x"
        )
    print("The speed-up is against the three loops; a call of a few microseconds is mostly call.")


# ---------------------------------------------------------- argmax: which template fits the best?


def nearest(images, templates):
    """For each image, the template at the least distance.

    |x - t|^2 = |x|^2 - 2 x.t + |t|^2: the first term is the same for all templates.
    """
    return np.argmax(2 * (images @ templates.T) - np.sum(templates * templates, axis=1), axis=1)


def classify(training, test):
    heading("argmax turns scores into answers")
    x, x_test = (s.pixels.reshape(len(s.pixels), -1) / np.float32(255) for s in (training, test))
    templates = np.stack([x[training.labels == digit].mean(axis=0) for digit in range(10)])
    answers = jit(nearest)(x_test, templates)
    print("first answers        ", answers[:15])
    print("the truth            ", test.labels[:15])
    print(f"right                 {np.mean(answers == test.labels):.1%} of {len(answers)} digits")
    return x, templates


def main():
    training, test = (idx.load(DIGITS, split) for split in ("train", "t10k"))
    element_wise()
    norms()
    broadcasting()
    outer_products()
    x, templates = classify(training, test)
    rewrites(x[:5], np.ascontiguousarray(templates.T))


if __name__ == "__main__":
    main()
