"""PTX, executed on the CPU."""
import sys
sys.path.insert(0, "/work/shared/tools")
import ptxnp
import numpy as np
class Machine:
    capability = (9, 0)
    def empty(self, dtype, size):
        return np.full(max(1, size)*dtype.itemsize, 0xC5, np.uint8).view(dtype)
    def upload(self, array):
        return np.array(array).reshape(-1) if array.size else np.zeros(1, array.dtype)
    def download(self, buffer, dtype, shape):
        n = int(np.prod(shape))
        return buffer[:n].reshape(shape).copy()
    def copy(self, buffer):
        return buffer.copy()
    def launch(self, compiled, grid, block, arguments):
        k = ptxnp.Kernel(compiled.ptx)
        k((grid,), (block,), arguments)
