"""Whether there is a CUDA device to run on. The driver is asked before torch is, which cannot tell why it has none."""

import ctypes
import sys
from typing import Optional

import torch

from envgen_reference.checks.outcome import CheckError, NotRun

STUB_LIBRARY, NO_DEVICE = 34, 100  # CUresult values of cuda.h


def require_device() -> None:
    """Return where torch can use a device.

    Raises:
        NotRun: there is no driver, or it has no device.
        CheckError: there is a device, and this torch does not use it.
    """
    reason = absent()
    if reason:
        raise NotRun(reason)
    try:
        torch.cuda.init()
    except (RuntimeError, AssertionError) as error:
        why = (str(error).splitlines() or ["it does not say why"])[0]
        raise CheckError(f"there is a CUDA driver, and torch {torch.__version__} cannot use it: {why}") from error


def absent() -> Optional[str]:
    """Why there is no CUDA device here; None where a driver has one, or fails in another way."""
    driver = _open()
    if driver is None:
        return "there is no CUDA driver here"
    status = driver.cuInit(0)
    if status == STUB_LIBRARY:
        return "there is no CUDA driver here, only the stub of it that a toolkit links with"
    if status == NO_DEVICE:
        return "the CUDA driver has no device here"
    return None


def _open() -> Optional[ctypes.CDLL]:
    for name in ["nvcuda.dll"] if sys.platform == "win32" else ["libcuda.so.1", "libcuda.so"]:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None
