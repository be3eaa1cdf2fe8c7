"""Results as a table for people and as JSON for machines."""

import importlib.metadata
import math
import os
import platform
import sys

PACKAGES = ("defn", "numpy", "numba", "llvmlite", "jax", "jaxlib", "numexpr", "pytensor", "torch")


def duration(seconds):
    """Seconds, in the unit that suits them; nothing where there are none."""
    if math.isnan(seconds):
        return ""
    for unit, scale in (("s ", 1), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:8.2f} {unit}"
    return f"{seconds / 1e-9:8.0f} ns"


def ratio(result, results):
    """How many times as long as defn on Numba, best against best."""
    ours = next((r.seconds for r in results if r.name == "defn numba"), math.nan)
    return result.seconds / ours


def race_table(name, results):
    lines = [f"\n{name}", f"  {'':20}{'best':>11}{'x defn':>9}{'spread':>9}{'first call':>13}"]
    for result in results:
        if result.problem:
            lines.append(f"  {result.name:20}  {result.problem}")
            continue
        lines.append(
            f"  {result.name:20}{duration(result.seconds)}{ratio(result, results):9.2f}"
            f"{result.spread:9.0%}{duration(result.first):>13}"
        )
    return "\n".join(lines)


def probe_table(name, readings):
    lines = [f"\n{name}"]
    lines += [f"  {r.what:46}{r.value:12.4g} {r.unit:8}{r.note}" for r in readings]
    return "\n".join(lines)


def race_record(name, results):
    """A race as plain data; a contender without a time has its problem instead."""
    rows = [
        {"name": result.name, "problem": result.problem}
        if result.problem
        else {**result._asdict(), "ratio": ratio(result, results), "spread": result.spread}
        for result in results
    ]
    return {"case": name, "contenders": rows}


def probe_record(name, readings):
    return {"case": name, "readings": [reading._asdict() for reading in readings]}


def geometric_means(records):
    """Per contender: how many times as long as defn on Numba, over the cases where both ran."""
    logs = {}
    for record in records:
        for row in record.get("contenders", ()):
            if row.get("ratio", math.nan) > 0:
                logs.setdefault(row["name"], []).append(math.log(row["ratio"]))
    lines = ["\ngeometric means", f"  {'':20}{'x defn':>9}{'cases':>9}{'least':>9}"]
    for name, values in logs.items():
        mean, least = math.exp(sum(values) / len(values)), math.exp(min(values))
        lines.append(f"  {name:20}{mean:9.2f}{len(values):9}{least:9.2f}")
    return "\n".join(lines)


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def machine():
    """What the figures were measured on."""
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "packages": {package: version(package) for package in PACKAGES},
    }


def processor():
    """The processor's name, where the system tells it."""
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(": ")[1].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor()
