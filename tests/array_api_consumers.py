"""Libraries that take arrays of the Array API, given tensors: they must give NumPy's values.

Run as a program with a library's name: SciPy reads `SCIPY_ARRAY_API` when it is imported.
"""

from __future__ import annotations

import importlib
import sys

import numpy as np

import defn.numpy as xp
from defn import Tensor

SAMPLES = np.random.default_rng(0).normal(size=(20, 4))
LABELS = (SAMPLES[:, 0] > 0).astype(int)


def scipy():
    """Functions of SciPy that dispatch."""
    special, stats, signal, fft, whiten, integrate, optimize, transform = map(
        importlib.import_module,
        "scipy.special scipy.stats scipy.signal scipy.fft scipy.cluster.vq scipy.integrate "
        "scipy.optimize scipy.spatial.transform".split(),
    )
    return {
        "logsumexp": lambda x, y: special.logsumexp(x, axis=1),
        "softmax": lambda x, y: special.softmax(x, axis=0),
        "xlogy": lambda x, y: special.xlogy(abs(x), abs(x)),
        "zscore": lambda x, y: stats.zscore(x),
        "skew": lambda x, y: stats.skew(x),
        "kurtosis": lambda x, y: stats.kurtosis(x),
        "gmean": lambda x, y: stats.gmean(abs(x)),
        "rankdata": lambda x, y: stats.rankdata(x, axis=0),
        "quantile": lambda x, y: stats.quantile(x, 0.3, axis=0),
        "hilbert": lambda x, y: signal.hilbert(x, axis=0),
        "fftconvolve": lambda x, y: signal.fftconvolve(x, x),
        "fft": lambda x, y: fft.fft(x),
        "whiten": lambda x, y: whiten.whiten(x),
        "trapezoid": lambda x, y: integrate.trapezoid(x),
        "cumulative_trapezoid": lambda x, y: integrate.cumulative_trapezoid(x),
        "rosen": lambda x, y: optimize.rosen(x),
        "Rotation": lambda x, y: transform.Rotation.from_quat(x).as_matrix(),
    }


def sklearn():
    """Estimators of scikit-learn that dispatch."""
    preprocessing, decomposition, linear, discriminant, metrics = map(
        importlib.import_module,
        "sklearn.preprocessing sklearn.decomposition sklearn.linear_model "
        "sklearn.discriminant_analysis sklearn.metrics".split(),
    )
    importlib.import_module("sklearn").set_config(array_api_dispatch=True)
    return {
        "MinMaxScaler": lambda x, y: preprocessing.MinMaxScaler().fit_transform(x),
        "StandardScaler": lambda x, y: preprocessing.StandardScaler().fit_transform(x),
        "Normalizer": lambda x, y: preprocessing.Normalizer().fit_transform(x),
        "PCA": lambda x, y: decomposition.PCA(2, svd_solver="full").fit_transform(x),
        "Ridge": lambda x, y: linear.Ridge(solver="svd").fit(x, y).predict(x),
        "LDA": lambda x, y: discriminant.LinearDiscriminantAnalysis().fit(x, y).predict_proba(x),
        "cosine_similarity": lambda x, y: metrics.pairwise.cosine_similarity(x),
    }


def einops():
    """einops, on arrays of the Array API and on those it has a backend for."""
    arrays, plain = map(importlib.import_module, ("einops.array_api", "einops"))
    return {
        "plain rearrange": lambda x, y: plain.rearrange(x, "(a b) c -> a c b", a=2),
        "plain reduce": lambda x, y: plain.reduce(x, "(a b) c -> a c", "mean", a=2),
        "plain repeat": lambda x, y: plain.repeat(x, "a c -> a r (c k)", r=2, k=3),
        "plain einsum": lambda x, y: plain.einsum(x, y, "a c, a -> c"),
        "plain pack": lambda x, y: plain.pack([x, x[:, 0]], "a *")[0],
        "a list": lambda x, y: plain.rearrange([x, x + 1], "n a b -> a n b"),
        "rearrange": lambda x, y: arrays.rearrange(x, "(a b) c -> a c b", a=2),
        "reduce": lambda x, y: arrays.reduce(x, "(a b) c -> a c", "sum", a=2),
        "repeat": lambda x, y: arrays.repeat(x, "a c -> a r c", r=2),
    }


def compare(name, call):
    """Does the call give a tensor of NumPy's values?"""
    found = call(xp.asarray(SAMPLES), xp.asarray(LABELS))
    assert type(found) is Tensor, f"{name} gives a {type(found).__name__}"
    np.testing.assert_allclose(
        np.asarray(found), call(SAMPLES, LABELS), rtol=1e-9, atol=1e-12, err_msg=name
    )


if __name__ == "__main__":
    for name, call in globals()[sys.argv[1]]().items():
        compare(name, call)
