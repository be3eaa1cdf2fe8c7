"""What every test shares: random examples that repeat, and one kernel cache for the checkout."""

import hashlib
import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

CHECKOUT = Path(__file__).resolve().parent.parent


def cache_directory():
    """One directory a checkout: the workers share kernels, two checkouts do not."""
    name = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"defn-tests-{os.getuid()}-{name}"


# Set before defn is imported, and inherited by the processes that tests start.
os.environ.setdefault("DEFN_CACHE_DIR", str(cache_directory()))

# The workers share the cores: threads of BLAS in each of them would spin and wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Compiling makes the first example slow, so a deadline would fail at random.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("repeatable")
