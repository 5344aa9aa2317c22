"""A machine with two GPUs, of which nothing is real but how envgen deals with it; see driver.c."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

LIBRARIES = ("libcuda.so.1", "libnvidia-ml.so.1")
UUIDS = tuple(f"GPU-{0xA0 + device:02x}000000-0000-0000-0000-000000000000" for device in range(2))


@dataclass(frozen=True)
class StandInDriver:
    """The driver's libraries, for a folder of faults that a test breaks and mends devices by."""

    libraries: Path
    faults: Path

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a process that finds it."""
        return {"LD_LIBRARY_PATH": str(self.libraries), "STAND_IN_FAULTS": str(self.faults)}

    def breaks(self, device: int, how: str) -> None:
        """`hangs`, `fails`, `lost`, `taken` or `full`."""
        (self.faults / f"{device}.{how}").touch()

    def mends(self, device: int) -> None:
        for fault in self.faults.glob(f"{device}.*"):
            fault.unlink()


def built(folder: Path) -> Path:
    """Compiles the libraries into a folder."""
    compiler = shutil.which("cc")
    if not compiler or sys.platform != "linux":
        pytest.skip("needs a C compiler and Linux's loader")
    source = Path(__file__).with_name("driver.c")
    for name in LIBRARIES:
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", source, "-o", folder / name], check=True)
    return folder
