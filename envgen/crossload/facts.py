"""What a cross-load asks of a binary: which ABI it keeps to, and who loads it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from envgen.binary import Binary, Unreadable, read_binary
from envgen.cell import Arch
from envgen.crossload.record import Arm

SHIM = ("aoti_torch_", "torch_")  # the functions of torch's stable ABI


@dataclass(frozen=True)
class BinaryFacts:
    """Facts of the slice for the cell's machine; None where the file cannot be read, and loading it will say so."""

    binary: Binary | None

    @cached_property
    def arm(self) -> Arm:
        names = self.binary.imports if self.binary else frozenset()
        cpp = any(name.startswith("_Z") and ("3c10" in name or "2at" in name) for name in names)
        return Arm.STABLE if any(name.startswith(SHIM) for name in names) and not cpp else Arm.ORDINARY

    @cached_property
    def is_module(self) -> bool:
        """Whether Python imports it, rather than torch loading it by its path."""
        return self.binary is not None and any(name.startswith("PyInit_") for name in self.binary.exports)


def read_facts(folder: Path, file: str, arch: Arch) -> BinaryFacts:
    """Of one file in a built folder."""
    try:
        slices = read_binary(folder / file, file)
    except Unreadable:
        return BinaryFacts(None)
    return BinaryFacts(next((binary for binary in slices if binary.arch is arch), slices[0]))
