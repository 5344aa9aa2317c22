"""What loaders and runtime libraries of systems do: dated facts that predictions need and a matrix does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from packaging.version import Version

from envgen.cell import Arch
from envgen.compat.read import Table


@dataclass(frozen=True)
class Systems:
    """The facts of a data file.

    Attributes:
        cxxabi: CXXABI_ version to the GLIBCXX_ version that came with it.
        glibc_named: versions of glibc that no number names, to the first glibc that has them.
        exec_stack: the first glibc that refuses libraries which ask for an executable stack.
        cuda_stems: CUDA's libraries whose file names carry its major.
        debug_runtimes: C runtimes of Windows that only developers' machines have, in lower case.
        signed_only: machines on which macOS loads nothing unsigned.
    """

    cxxabi: Mapping[Version, Version]
    glibc_named: Mapping[str, Version]
    exec_stack: Version
    cuda_stems: frozenset[str]
    debug_runtimes: frozenset[str]
    signed_only: frozenset[Arch]

    @classmethod
    def read(cls, path: Path) -> Self:
        table = Table(path)
        return cls(
            cxxabi={Version(row["cxxabi"]): Version(row["glibcxx"]) for row, _ in table.rows("cxxabi")},
            glibc_named={row["version"]: Version(row["glibc"]) for row, _ in table.rows("glibc_named")},
            exec_stack=next(Version(row["glibc"]) for row, _ in table.rows("exec_stack")),
            cuda_stems=frozenset(stem for row, _ in table.rows("cuda_libraries") for stem in row["stems"]),
            debug_runtimes=frozenset(dll for row, _ in table.rows("debug_runtimes") for dll in row["dlls"]),
            signed_only=frozenset(Arch(row["arch"]) for row, _ in table.rows("signed_only")),
        )
