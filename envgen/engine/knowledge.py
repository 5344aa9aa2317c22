"""What is known of engine files and of who reads them: dated facts from data/engines.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.cell import SmArch
from envgen.compat.read import Table
from envgen.compat.records import Platform
from envgen.compat.verdict import Source

_FILE = Path(__file__).with_name("data") / "engines.yaml"


@dataclass(frozen=True)
class Abi:
    """A format of torch-tensorrt's modules.

    Attributes:
        words: the releases that write and read it.
        fields: how many texts a record has.
    """

    number: int
    releases: SpecifierSet
    words: str
    fields: int


@dataclass(frozen=True)
class Knowledge:
    """The facts of the data file.

    Attributes:
        crashes: releases of torch-tensorrt that crash on records with fewer fields than the number.
        platforms: torch-tensorrt's name of a system to ours.
        tags: the tag in a plan's head to the system that was seen to write it.
        serialization: number in a plan's body to the minor of TensorRT that was seen to write it.
        compatible_since: the first TensorRT with version compatibility.
        majors: from which major of TensorRT to which other one it reaches.
        oldest_gpu: that a hardware-compatible engine is built on and runs on.
        rules: the id of a rule to where it is from.
    """

    abis: Mapping[int, Abi]
    crashes: tuple[tuple[SpecifierSet, int], ...]
    platforms: Mapping[str, Platform]
    tags: Mapping[str, Platform]
    serialization: Mapping[int, str]
    compatible_since: Version
    majors: frozenset[tuple[int, int]]
    oldest_gpu: SmArch
    rules: Mapping[str, Source]

    @classmethod
    @cache
    def current(cls) -> Self:
        """As shipped; read once."""
        table = Table(_FILE)
        compatibility = next(row for row, _ in table.rows("version_compatibility"))
        return cls(
            abis={
                row["abi"]: Abi(row["abi"], SpecifierSet(row["releases"]), row["words"], row["fields"])
                for row, _ in table.rows("torch_tensorrt_abi")
            },
            crashes=tuple((SpecifierSet(row["releases"]), row["fields"]) for row, _ in table.rows("crashes")),
            platforms={row["name"]: Platform(row["platform"]) for row, _ in table.rows("platforms")},
            tags={row["tag"]: Platform(row["platform"]) for row, _ in table.rows("platform_tags")},
            serialization={row["number"]: row["release"] for row, _ in table.rows("serialization")},
            compatible_since=Version(compatibility["since"]),
            majors=frozenset((old, new) for old, new in compatibility["majors"]),
            oldest_gpu=max(SmArch.parse(row["oldest"]) for row, _ in table.rows("hardware_compatibility")),
            rules={row["rule"]: source for row, source in table.rows("rules")},
        )

    def abi_of(self, torch_tensorrt: Version) -> Abi | None:
        """The format that a release writes and reads; None when the release is newer than the facts."""
        return next((abi for abi in self.abis.values() if abi.releases.contains(torch_tensorrt)), None)

    def crashes_on(self, torch_tensorrt: Version, fields: int) -> bool:
        """Whether a release crashes on a record of so many fields."""
        return any(releases.contains(torch_tensorrt) and fields < least for releases, least in self.crashes)

    def reaches(self, built: Version, runs: Version) -> bool:
        """Whether a version-compatible engine of one TensorRT runs in another, newer one."""
        if built < self.compatible_since or runs < built:
            return False
        return built.major == runs.major or (built.major, runs.major) in self.majors
