"""In place of the package that is on NVIDIA's index only: as its own does, it loads every library beside it."""

import ctypes
from pathlib import Path

import tensorrt_lean_libs

LEAN = Path(tensorrt_lean_libs.__file__).parent

for library in [LEAN / "libnvinfer_lean.so.11", *sorted(Path(__file__).parent.glob("*.so*"))]:
    ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
