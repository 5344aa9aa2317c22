"""What no channel has, resolved by uv beside the conda packages: TensorRT's Python bindings, torch-tensorrt."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from envgen.compat.facts import Facts
from envgen.lock.conda.document import BUILD, MAIN
from envgen.lock.conda.extra import part
from envgen.lock.conda.request import PlatformRequest
from envgen.lock.configuration import IndexConfiguration
from envgen.lock.pep751 import BuildRequirement, Package
from envgen.lock.request import lock_request
from envgen.lock.solver import Solver
from envgen.lock.uv import Uv
from envgen.spec.matrix import Matrix

if TYPE_CHECKING:
    from conda_lock.lockfile.v2prelim.models import LockedDependency

EXCLUDE = "UV_EXCLUDE"  # a file of names that uv leaves out of what it resolves


@dataclass(frozen=True)
class PipPart:
    """Locks the requirements of a platform that pip installs, without what conda has already.

    Attributes:
        names: name on the Python package index to name in the channels, where they differ.
    """

    matrix: Matrix
    facts: Facts
    configuration: IndexConfiguration
    names: dict[str, str]
    _uv: Uv = field(default_factory=Uv)

    def __call__(self, platform: PlatformRequest, conda: Sequence[str]) -> list[LockedDependency]:
        """The entries of a lock; of a category of their own those that only build what is no wheel.

        Args:
            conda: the packages that conda has, by their names there.

        Raises:
            LockError: no solution, or an index that cannot be reached.
        """
        first, *others = platform.pip
        request = replace(
            lock_request(platform.cell, self.matrix, self.facts), torch=first, others=tuple(others), source=None
        )
        with tempfile.TemporaryDirectory(prefix="envgen-conda-") as folder:
            excluded = Path(folder) / "excluded.txt"
            excluded.write_text("".join(f"{name}\n" for name in self._pypi(conda)), encoding="utf-8")
            variables = {**self.configuration.variables, EXCLUDE: str(excluded)}
            solution = Solver(replace(self.configuration, variables=variables), uv=self._uv).solve(request)
        entries = [_entry(package, platform.subdir) for package in solution.document.packages]
        known = {entry.name for entry in entries}  # a lock has one entry of a name
        tools = [_tool(name, each, platform.subdir) for name, each in solution.build.items() if name not in known]
        return entries + tools

    def stop(self) -> None:
        """Ends what runs and begins nothing more."""
        self._uv.stop()

    def _pypi(self, conda: Sequence[str]) -> list[str]:
        pypi = {name: own for own, name in self.names.items()}
        return sorted({canonicalize_name(pypi.get(name, name)) for name in conda if not name.startswith("_")})


def _entry(package: Package, platform: str) -> LockedDependency:
    file = package.installed
    address = file.url or Path(file.path).absolute().as_uri()
    return _locked(package.name, package.version, platform, address, file.hashes.sha256, MAIN)


def _tool(name: str, tool: BuildRequirement, platform: str) -> LockedDependency:
    return _locked(name, tool.version, platform, tool.url, tool.sha256, BUILD)


def _locked(
    name: str, version: str, platform: str, url: str, sha256: str, categories: frozenset[str]
) -> LockedDependency:
    models = part("conda_lock.lockfile.v2prelim.models")
    entry: LockedDependency = models.LockedDependency(
        name=canonicalize_name(name),
        version=version,
        manager="pip",
        platform=platform,
        categories=set(categories),
        dependencies={},
        url=url,
        hash=models.HashModel(sha256=sha256),
    )
    return entry
