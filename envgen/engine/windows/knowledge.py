"""What is known of programs for Windows: dated facts from data/windows.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.compat.read import Table
from envgen.engine.windows.gate import Gate
from envgen.results import Diagnosis

_FILE = Path(__file__).parents[1] / "data" / "windows.yaml"

Setting = bool | int | float | str


@dataclass(frozen=True)
class WayRound:
    """What some releases of torch-tensorrt do wrong, by their own words, and what is done about it."""

    releases: SpecifierSet
    says: tuple[str, ...]
    way: str


@dataclass(frozen=True)
class WindowsKnowledge:
    """The facts of the data file.

    Attributes:
        makers: package to the releases of it that make such programs.
        made_on, runs_on: torch-tensorrt's names of the systems.
        forbidden: settings that torch-tensorrt does not let be set.
        usual: settings that are given unless the matrix says otherwise.
        libraries: name, with `{major}` for TensorRT's, and package of what must be found where a program runs.
        gates: by their ids.
        ways_round: what the probe that compiles does by itself.
    """

    makers: Mapping[str, SpecifierSet]
    made_on: str
    runs_on: str
    forbidden: frozenset[str]
    usual: Mapping[str, Setting]
    libraries: tuple[tuple[str, str], ...]
    gates: Mapping[str, Gate]
    ways_round: tuple[WayRound, ...]

    @classmethod
    @cache
    def current(cls) -> Self:
        """As shipped; read once."""
        table = Table(_FILE)
        target = next(row for row, _ in table.rows("target"))
        return cls(
            makers={row["package"]: SpecifierSet(row["releases"]) for row, _ in table.rows("makers")},
            made_on=target["made_on"],
            runs_on=target["runs_on"],
            forbidden=frozenset(row["setting"] for row, _ in table.rows("forbidden")),
            usual={row["setting"]: row["value"] for row, _ in table.rows("usual")},
            libraries=tuple((row["name"], row["package"]) for row, _ in table.rows("libraries")),
            gates={row["gate"]: Gate.of(row, source) for row, source in table.rows("gates")},
            ways_round=tuple(
                WayRound(SpecifierSet(row["releases"]), tuple(row["says"]), row["way"])
                for row, _ in table.rows("ways_round")
            ),
        )

    def shut(self, gate: str, **evidence: str) -> Diagnosis:
        """What is said at a gate that is shut."""
        return self.gates[gate].shut(evidence)

    def of_settings(self, settings: Iterable[str]) -> Diagnosis | None:
        """What is wrong with settings of the user's own."""
        wrong = next((setting for setting in settings if setting in self.forbidden), None)
        return self.shut("export-setting", setting=wrong) if wrong else None

    def of_releases(self, versions: Mapping[str, str]) -> Diagnosis | None:
        """Which package makes no such programs; one whose version is not known is not judged."""
        for package, releases in self.makers.items():
            found = versions.get(package)
            if found and not releases.contains(Version(found), prereleases=True):
                return self.shut("export-release", package=package, found=found, needed=str(releases))
        return None

    def library_names(self, tensorrt: str) -> dict[str, str]:
        """What must be found where a program runs, to the package that brings it."""
        major = str(Version(tensorrt).major)
        return {name.replace("{major}", major): package for name, package in self.libraries}
