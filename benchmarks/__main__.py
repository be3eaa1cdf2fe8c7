"""The command line: choose cases, run them, print a table, write JSON."""

import argparse
import fnmatch
import json
import math
import os
import sys
import tempfile

from benchmarks import report
from benchmarks.case import Race, Reading
from benchmarks.cases import CASES, SWEEPS
from benchmarks.run import afresh, run_race


def arguments():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", help="names or patterns (default: all but sweeps)")
    parser.add_argument("--quick", action="store_true", help="small inputs, two rounds")
    parser.add_argument("--json", metavar="FILE", help="write the results to FILE as well")
    parser.add_argument("--cores", type=int, help="use only so many cores")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    return parser.parse_args()


def chosen(patterns):
    """The cases whose name fits one of the patterns; a pattern that fits none is an error."""
    every = (*CASES, *SWEEPS)
    for pattern in patterns:
        if not any(fnmatch.fnmatch(case.name, pattern) for case in every):
            names = ", ".join(case.name for case in every)
            sys.exit(f"no case is called {pattern!r}; there are {names}")
    return [c for c in every if any(fnmatch.fnmatch(c.name, p) for p in patterns)]


def keep_to(cores):
    """Start again on the first `cores` cores: libraries count them once, when imported."""
    allowed = sorted(os.sched_getaffinity(0))
    if cores and len(allowed) > cores:
        os.sched_setaffinity(0, allowed[:cores])
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks", *sys.argv[1:]])


def run(case, quick):
    """Run one case and print its table; its record."""
    afresh()
    if isinstance(case, Race):
        results = run_race(case, quick)
        print(report.race_table(case.name, results), flush=True)
        return report.race_record(case.name, results)
    readings = probe(case, quick)
    print(report.probe_table(case.name, readings), flush=True)
    return report.probe_record(case.name, readings)


def probe(case, quick):
    """What a probe reads; a failure is a reading too, and the other cases still run."""
    try:
        return case.measure(quick)
    except Exception as error:
        problem = f"{type(error).__name__}: {str(error).splitlines()[0][:160]}"
        return [Reading("failed", math.nan, "", problem)]


def main():
    options = arguments()
    if options.list:
        return print("\n".join(case.name for case in (*CASES, *SWEEPS)))
    keep_to(options.cores)
    cases = chosen(options.cases) if options.cases else CASES
    with tempfile.TemporaryDirectory() as cache:
        os.environ["DEFN_CACHE_DIR"] = cache  # what an earlier run compiled is no first call
        records = [run(case, options.quick) for case in cases]
    print(report.geometric_means(records))
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"machine": report.machine(), "cases": records}, file, indent=1)


if __name__ == "__main__":
    main()
