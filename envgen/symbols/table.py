"""One platform's symbols: which library of which release exports which name.

Every name is a 64-bit hash. All names of all releases stand in one ascending column; beside each stands the number of
its row in a small table of patterns, for names of the same history share one: a mask of libraries for each release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from packaging.version import Version

from envgen.compat.records import Platform
from envgen.symbols.container import read_arrays, write_arrays
from envgen.symbols.names import Hashes, hashes_of, is_torch_name

Masks = NDArray[np.uint16]


@dataclass(frozen=True)
class Column:
    """A release whose libraries were read.

    Attributes:
        wheel: the file they were read from.
        sha256: of that file, as its index states it; empty where it states none.
        cuda: the CUDA of the wheel: `13.0`; empty for one without.
        taken: the day on which it was read.
    """

    release: Version
    wheel: str
    sha256: str
    cuda: str
    taken: date


@dataclass(frozen=True)
class SymbolTable:
    """The symbols of one platform.

    Attributes:
        columns: ascending by release.
        libraries: `c10`, `torch_cpu`, ...; bit i of a mask stands for the i-th.
        hashes: of all names, ascending.
        rows: for each of them, its row in `patterns`.
        patterns: for each column, the mask of the libraries that export a name.
    """

    platform: Platform
    columns: tuple[Column, ...]
    libraries: tuple[str, ...]
    hashes: Hashes
    rows: NDArray[np.uint32]
    patterns: Masks

    @classmethod
    def of(cls, platform: Platform, column: Column, exports: Mapping[str, Iterable[str]]) -> Self:
        """The table of one release.

        Args:
            exports: library to the names that it exports; those that are not torch's are left out.
        """
        libraries = tuple(sorted(exports))
        by_library = [np.unique(hashes_of(filter(is_torch_name, exports[library]))) for library in libraries]
        hashes = np.unique(np.concatenate([np.zeros(0, np.uint64), *by_library]))
        masks = np.zeros((len(hashes), 1), np.uint16)
        for bit, exported in enumerate(by_library):
            masks[np.searchsorted(hashes, exported), 0] |= np.uint16(1 << bit)
        return cls._packed(platform, (column,), libraries, hashes, masks)

    @classmethod
    def merged(cls, tables: Sequence[SymbolTable]) -> Self:
        """The table of all releases of several; where two have the same release, the later one counts.

        Raises:
            ValueError: they are of several platforms, or there is none.
        """
        (platform,) = {table.platform for table in tables}
        libraries = tuple(sorted({name for table in tables for name in table.libraries}))
        hashes = np.unique(np.concatenate([table.hashes for table in tables]))
        by_release: dict[Version, tuple[Column, Masks]] = {}
        for table in tables:
            at = np.searchsorted(hashes, table.hashes)
            own = _moved_bits(table.patterns, table.libraries, libraries)[table.rows]
            for number, column in enumerate(table.columns):
                masks = np.zeros(len(hashes), np.uint16)
                masks[at] = own[:, number]
                by_release[column.release] = (column, masks)
        ordered = [by_release[release] for release in sorted(by_release)]
        stacked = np.stack([masks for _, masks in ordered], axis=1)
        return cls._packed(platform, tuple(column for column, _ in ordered), libraries, hashes, stacked)

    @classmethod
    def read(cls, path: Path) -> Self:
        """A table from its file.

        Raises:
            IndexDamaged: it cannot be read, or is not what was written.
        """
        header, arrays = read_arrays(path)
        columns = tuple(
            Column(
                Version(each["release"]), each["wheel"], each["sha256"], each["cuda"], date.fromisoformat(each["taken"])
            )
            for each in header["columns"]
        )
        return cls(
            Platform(header["platform"]),
            columns,
            tuple(header["libraries"]),
            np.cumsum(arrays["steps"], dtype=np.uint64),
            arrays["rows"],
            np.bitwise_xor.accumulate(arrays["changes"], axis=1),
        )

    def write(self, path: Path) -> None:
        """Writes it: hashes as steps from one to the next, patterns as changes from release to release.

        Raises:
            WriteError: the system refuses.
        """
        header: dict[str, Any] = {
            "platform": str(self.platform),
            "libraries": list(self.libraries),
            "columns": [
                {
                    "release": str(column.release),
                    "wheel": column.wheel,
                    "sha256": column.sha256,
                    "cuda": column.cuda,
                    "taken": str(column.taken),
                }
                for column in self.columns
            ],
        }
        changes = self.patterns.copy()
        changes[:, 1:] ^= self.patterns[:, :-1]
        steps = np.diff(self.hashes, prepend=np.uint64(0))
        write_arrays(path, header, {"steps": steps, "rows": self.rows, "changes": changes})

    def masks(self, names: Sequence[str]) -> Masks:
        """For each name a row, for each release a mask of the libraries that export it; 0 where none does."""
        found = np.zeros((len(names), len(self.columns)), np.uint16)
        if not len(self.hashes):
            return found
        wanted = hashes_of(names)
        at = np.minimum(np.searchsorted(self.hashes, wanted), len(self.hashes) - 1)
        there = self.hashes[at] == wanted
        found[there] = self.patterns[self.rows[at[there]]]
        return found

    def bits(self, *, with_cuda: bool) -> np.uint16:
        """The mask of the libraries that a build with or without CUDA has."""
        chosen = (1 << bit for bit, name in enumerate(self.libraries) if with_cuda or not is_cuda_library(name))
        return np.uint16(sum(chosen))

    @classmethod
    def _packed(
        cls, platform: Platform, columns: tuple[Column, ...], libraries: tuple[str, ...], hashes: Hashes, masks: Masks
    ) -> Self:
        patterns, rows = np.unique(masks, axis=0, return_inverse=True)
        kind = np.uint16 if len(patterns) <= 1 << 16 else np.uint32
        return cls(platform, columns, libraries, hashes, rows.reshape(-1).astype(kind), patterns)


def is_cuda_library(name: str) -> bool:
    """Whether only builds with CUDA have a library: `torch_cuda`, `c10_cuda`, `torch_nvshmem`."""
    return "cuda" in name or "nvshmem" in name


def _moved_bits(masks: Masks, old: Sequence[str], new: Sequence[str]) -> Masks:
    moved = np.zeros_like(masks)
    for bit, name in enumerate(old):
        moved |= ((masks >> np.uint16(bit)) & np.uint16(1)) << np.uint16(new.index(name))
    return moved
