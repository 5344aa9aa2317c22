"""Executable stacks: which libraries ask for one, and since which glibc none is given any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.compat.read import Table
from envgen.compat.verdict import Source


@dataclass(frozen=True)
class Stacks:
    """What is known of executable stacks.

    Attributes:
        refused: the first glibc that loads no library which asks for one.
        tensorrt: releases of the full TensorRT to their library that asks for one.
    """

    refused: tuple[Version, Source]
    tensorrt: tuple[tuple[SpecifierSet, str, Source], ...]

    @classmethod
    def read(cls, table: Table) -> Self:
        """The executable stacks of a data file."""
        (refused, source), *_ = table.rows("refused")
        return cls(
            refused=(Version(refused["glibc"]), source),
            tensorrt=tuple(
                (SpecifierSet(row["versions"]), row["library"], origin) for row, origin in table.rows("tensorrt")
            ),
        )

    def of_tensorrt(self, version: Version) -> tuple[str, Source] | None:
        """The library of a full TensorRT that asks for an executable stack; None when none is known to."""
        rows = ((library, source) for versions, library, source in self.tensorrt if versions.contains(version))
        return next(rows, None)
