"""Which dtypes the machine treats in ways of its own."""

import numpy as np

# Those whose addition the machine makes in memory; of a complex number each part is one.
ADDABLE = frozenset(np.dtype(d) for d in ("f4", "f8", "c8", "c16", "i4", "u4", "i8", "u8"))
# Those whose products are made tile by tile.
TILED = frozenset(np.dtype(d) for d in ("f4", "f8", "c8", "c16"))
