"""Work that needs Python's lock only now and then, such as LLVM's, in several threads."""

from __future__ import annotations

import threading


def in_threads(function, items, threads):
    """`function` of each item, in order; the calling thread does its share.

    What one raises is raised here, once the others are done.

    >>> in_threads(abs, [-1, 2, -3], threads=2)
    [1, 2, 3]
    """
    results, failures = [None] * len(items), []
    left = iter(range(len(items)))  # a step of it is one step under Python's lock

    def work():
        for k in left:
            try:
                results[k] = function(items[k])
            except BaseException as failure:
                failures.append(failure)
                return

    others = [
        threading.Thread(target=work, name="defn compiles", daemon=True)
        for _ in range(min(threads, len(items)) - 1)
    ]
    for thread in others:
        thread.start()
    work()
    for thread in others:
        thread.join()
    if failures:
        raise failures[0]
    return results
