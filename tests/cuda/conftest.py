"""What the CUDA tests need is looked for once; `DEFN_REQUIRE=cuda_compile,ptx` turns its absence
into a failure.
"""

import os

import pytest
from fake_driver import driver, driver_of  # noqa: F401  (fixtures)
from needed import NEEDED, missing


def pytest_runtest_setup(item):
    required = os.environ.get("DEFN_REQUIRE", "").split(",")
    for marker in NEEDED:
        absent = missing(marker) if item.get_closest_marker(marker) else []
        if absent:
            fail = marker in required
            (pytest.fail if fail else pytest.skip)(f"{marker}: {', '.join(absent)} not found")
