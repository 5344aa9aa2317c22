"""Requests for cells against a channel on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from envgen.cell import Cell
from envgen.compat.conda import CondaNames
from envgen.compat.facts import Facts
from envgen.lock.conda import ChannelSettings, CondaLocker, CondaRequest, conda_requests
from envgen.spec.matrix import Build, Conda, Extension, Matrix
from tests.plan.matrices import matrix

FACTS = Facts.bundled()
NAMES = CondaNames.load()
LINUX = "py311-torch2.9-cu129-debian12-x86_64"
WINDOWS = "py311-torch2.9-cu128-windows2022-x86_64"
MACOS = "py311-torch2.9-cpu-macos14-aarch64"
CPU = ("py311-torch2.9-cpu-debian12-x86_64", MACOS, "py311-torch2.9-cpu-windows2022-x86_64")


def spec(channel: Path | str = "conda-forge", extension: Extension | None = None, **parts: object) -> Matrix:
    """A matrix whose conda packages come from one channel."""
    conda = Conda(channels=(str(channel),), requires=tuple(parts.pop("requires", ())), names=_names(parts))  # type: ignore[arg-type]
    return replace(matrix(**parts), conda=conda, extension=extension)  # type: ignore[arg-type]


def _names(parts: dict[str, object]) -> Mapping[str, str]:
    names = parts.pop("names", {})
    assert isinstance(names, Mapping)
    return names


def ask(*cells: str, of: Matrix | None = None) -> tuple[CondaRequest, ...]:
    return conda_requests([Cell.parse(cell) for cell in cells], of or spec(), FACTS, NAMES)


def locker(folder: Path, **options: object) -> CondaLocker:
    return CondaLocker(ChannelSettings(), folder / "conda", folder, **options)  # type: ignore[arg-type]


def extension(build: Build, *requires: str) -> Extension:
    return Extension("mine", Path("csrc"), None, None, requires, build, ("mine",), ())
