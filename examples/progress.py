"""A progress bar for the terminal; a line at the end when there is none."""

import sys
import time

WIDTH = 30


def progress(items, label, total=None, note=lambda: ""):
    """The items, one by one, while a bar fills; `note()` is written behind it."""
    total = len(items) if total is None else total
    started = shown = time.perf_counter()
    for done, item in enumerate(items, 1):
        yield item
        now = time.perf_counter()
        # Ten times a second: writing to a terminal costs more than a training step.
        if now - shown > 0.1 and sys.stderr.isatty():
            draw(label, done, total, now - started, note())
            shown = now
    finish(label, total, time.perf_counter() - started, note())


def draw(label, done, total, seconds, note):
    filled = WIDTH * done // total
    bar = "█" * filled + "░" * (WIDTH - filled)
    print(
        f"\r{label} {bar} {done:,}/{total:,} {seconds:5.1f} s {note}\x1b[K", end="", file=sys.stderr
    )


def finish(label, total, seconds, note):
    start = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(f"{start}{label}: {total:,} in {seconds:.1f} s {note}", file=sys.stderr, flush=True)
