"""How fast is it, next to what else one would use?

    python -m benchmarks                      # everything
    python -m benchmarks softmax tiny-call    # some cases
    python -m benchmarks --quick --json out.json

A case is a small record: a statement in NumPy, and each peer's own idiomatic version of it. All
must give the same result before any is timed; then they take turns, so that a busy minute of the
machine falls on all of them.

To add one, write the statement and its versions beside their like, and a line in that file's
CASES. To add a peer, write how it is called in `peers.py`, and a line in PREPARE.
"""
