"""What a cell of the realistic model costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envgen.space import Space


def costs(model: Space) -> NDArray[np.float64]:
    """Invented, but plausible: minutes to build and check a cell, times the price of its runner; from 8 to 240."""
    python, torch, cuda, tensorrt, os, arch, compiler = model.rows.T.astype(float)
    minutes = 8 + torch / 2 + python / 4 + np.array([0, 1, 2, 5])[compiler.astype(int)]
    minutes += np.where(cuda > 0, 14 + 2 * cuda, 0) + np.where(tensorrt > 0, 4 + tensorrt, 0)
    price = np.array([1, 1, 1, 1.2, 2, 10])[os.astype(int)] * np.array([1, 1.6])[arch.astype(int)]
    return np.clip(np.rint(minutes * price), 8, 240)
